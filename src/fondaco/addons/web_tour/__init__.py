"""Guided tours as records; who has taken which."""

from . import models
