"""Stock, journal, letters and calls of a small trading house, for data that is exchanged with other systems."""

from . import controllers, models
