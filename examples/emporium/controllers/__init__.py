"""What other systems may call."""

from . import hook
