"""Are spans sent, and do the statements of work become some?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fondaco import tracing
from fondaco.sql import watching
from fondaco.sql.scrub import without_values

LONGEST = 1500  # characters of a statement


def set_up(config: Mapping[str, Any]) -> None:
    """As the options say. `ConfigError` where the libraries are not there."""
    tracing.set_up(config["otlp_endpoint"])
    if tracing.is_on():
        watching.watch(_note)
    else:
        watching.unwatch(_note)


def _note(database: str, statement: str, seconds: float) -> None:
    if seconds >= tracing.SHORTEST_S and tracing.trace_id():
        tracing.note_statement(database, without_values(statement[:LONGEST]), seconds)
