"""News for those who are connected: the models and routes over `fondaco.bus`."""

from . import controllers, models
