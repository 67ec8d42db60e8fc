"""Units of measure."""

from . import models
