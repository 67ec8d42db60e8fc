"""Settings: one table of options, read from file, environment and command line into a frozen Config."""

from fondaco.config.settings import Config
from fondaco.config.sources import load, save

__all__ = ["Config", "load", "save"]
