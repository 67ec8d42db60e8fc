"""Processes that wait for news of a database are woken by them, and sleep until then."""

from __future__ import annotations

import queue

import psycopg

from fondaco.sql.announcing import WORK, Listener
from fondaco.sql.connection import Pools

PATIENCE_S = 60


def test_a_listener_waits_for_news_in_the_kernel_and_hears_each(pools: Pools, monkeypatch) -> None:
    waited: list[object] = []
    notifies = psycopg.Connection.notifies
    monkeypatch.setattr(
        psycopg.Connection,
        "notifies",
        lambda connection, **options: waited.append(options["timeout"]) or notifies(connection, **options),
    )
    heard: queue.Queue[str] = queue.Queue()
    listener = Listener(pools, f"{WORK}_test", heard.put, lambda: heard.put("again"))
    listener.start()
    try:
        assert heard.get(timeout=PATIENCE_S) == "again"
        with pools.direct("postgres") as connection:
            for name in ("shop", "store"):
                connection.execute("SELECT pg_notify(%s, %s)", [f"{WORK}_test", name])
        assert [heard.get(timeout=PATIENCE_S) for _ in range(2)] == ["shop", "store"]
    finally:
        listener.stop()
        listener.join()

    assert set(waited) == {0}
