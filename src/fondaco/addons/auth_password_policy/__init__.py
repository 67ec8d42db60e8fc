"""Which passwords are good enough, which may come again, and how long one lasts."""

from . import controllers, models
