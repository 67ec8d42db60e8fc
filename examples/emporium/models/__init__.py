"""Levels of stock, entries of a journal and their exports, messages, and calls of a shop."""

from . import entry, event, export, level, message, partner
