"""How a file arrives."""

from . import main
