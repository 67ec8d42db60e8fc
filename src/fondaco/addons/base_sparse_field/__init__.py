"""Fields that share one column, made in code or by hand."""

from . import models
