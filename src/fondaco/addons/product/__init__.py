"""Products, their variants and their prices."""

from . import models
