"""Fixtures for every test; each file of them has a subject."""

from __future__ import annotations

pytest_plugins = ["tests.fix_postgresql", "tests.fix_database", "tests.fix_server", "tests.fix_redis"]
