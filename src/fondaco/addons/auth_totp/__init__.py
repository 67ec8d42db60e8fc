"""A second factor at log-in: codes of an app, recovery codes, devices that are trusted."""

from . import controllers, models
