"""Boats, and the kind of view that shows them along the quay."""

from . import boat, views
