"""What does PgBouncer show of itself? Its console, asked as our role, which `stats_users` must name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

NAME = "pgbouncer"
"""The database that is none: whoever connects to it speaks with PgBouncer itself"""
TIMEOUT_S = 3


def shown(settings: Mapping[str, Any], *questions: LiteralString) -> list[list[dict[str, Any]]]:
    """The rows that answer each question, as in shown(pools.settings(NAME), "SHOW POOLS", "SHOW STATS").

    settings: how to connect to NAME, in libpq's names.  psycopg.Error where PgBouncer would not say.
    """
    with psycopg.connect(
        **{**settings, "connect_timeout": TIMEOUT_S},
        autocommit=True,
        prepare_threshold=None,
        row_factory=dict_row,
    ) as console:
        return [console.execute(question).fetchall() for question in questions]
