"""What the page of settings asks."""

from . import main
