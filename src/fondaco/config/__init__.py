"""Settings: one table of options, read from file, environment and command line into a frozen Config."""

from fondaco.config.sources import load, save
from fondaco.config.settings import Config

__all__ = ["Config", "load", "save"]
