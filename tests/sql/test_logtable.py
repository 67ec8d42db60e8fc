"""Whether log lines become rows, also of work that is rolled back, and never get in the way."""

from __future__ import annotations

import logging

import pytest

from fondaco import log
from fondaco.sql.connection import Pools
from fondaco.sql.fragment import SQL
from fondaco.sql.logtable import TableHandler

_logger = logging.getLogger("fondaco.tests.logtable")


@pytest.mark.parametrize("target", ["name", "%d"])
def test_w23_a_line_becomes_a_row_that_outlives_the_work(pools: Pools, database: str, target: str) -> None:
    handler = TableHandler(pools, database if target == "name" else target, "warning")
    with log.also_to(handler), log.about(db=database):
        _logger.info("too quiet")
        try:
            raise ValueError("wrong")
        except ValueError:
            _logger.warning("lost %s for %s", 3, target, exc_info=True)

    with pools.autocommit(database) as cr:
        rows = list(cr.fetch(SQL("SELECT type, dbname, name, level, message, func FROM ir_logging")))
        cr.run(SQL("DELETE FROM ir_logging"))
    ((kind, dbname, name, level, message, func),) = rows
    assert (kind, dbname, name, level) == ("server", database, "fondaco.tests.logtable", "WARNING")
    assert message.startswith(f"lost 3 for {target}\nTraceback") and message.endswith("ValueError: wrong")
    assert func == "test_w23_a_line_becomes_a_row_that_outlives_the_work"


def test_a_database_that_is_not_there_stops_nothing(pools: Pools, capsys: pytest.CaptureFixture[str]) -> None:
    with log.also_to(TableHandler(pools, "no_such_database_for_logs", "info")):
        _logger.warning("once")
        _logger.warning("twice")

    assert capsys.readouterr().err.count("--- Logging error ---") == 1
