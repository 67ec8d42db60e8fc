"""Processes that serve: how they are started, watched and stopped. Knows no HTTP."""
