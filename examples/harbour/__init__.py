"""Boats and where they lie."""

from . import models
