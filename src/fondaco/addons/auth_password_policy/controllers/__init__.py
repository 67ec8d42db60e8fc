"""The page of those whose password is too old."""

from . import home
