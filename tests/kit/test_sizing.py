"""W7 to W9: the numbers of the documents, and those that a log shows."""

from __future__ import annotations

import json
import logging

import pytest

from fondaco import log
from fondaco.cli.main import main
from fondaco.http import accesslog
from fondaco.kit import sizing
from fondaco.kit.sizing import Request

pytestmark = pytest.mark.usefixtures("restored_logging")


def size(capsys, *words: str) -> dict:
    assert main(["size", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_w7_four_processors_serve_sixty_people_with_eight_workers_and_one_for_jobs(capsys) -> None:
    found = size(capsys, "--cpu", "4", "--users", "60")

    assert (found["workers"], found["max_cron_threads"]) == (8, 1)
    assert (found["wanted_by_people"], found["most_by_processors"]) == (10, 9)


def test_w7_few_people_need_few_workers() -> None:
    assert sizing.by_rule(cpus=16, users=7).workers == 2
    assert sizing.by_rule(cpus=1, users=1).workers == 1
    assert not sizing.by_rule(cpus=4, users=60).has_room


def test_w8_the_rival_rule_is_shown_beside(capsys) -> None:
    assert size(capsys, "--cpu", "4", "--users", "60")["by_the_rival_rule"] == 4


def test_w9_the_memory_of_the_example_is_three_gigabytes(capsys) -> None:
    assert size(capsys, "--cpu", "4", "--users", "60")["memory_mb"] == 2923


def test_b2_pools_add_up_through_the_pooler(capsys) -> None:
    found = size(capsys, "--cpu", "4", "--users", "60", "--databases", "3")

    assert found["default_pool_size"] == 9
    assert found["max_connections"] == (9 + found["reserve_pool_size"]) * 3 + sizing.ADMINISTRATION
    assert found["max_client_conn"] >= (found["workers"] + found["max_cron_threads"] + 1) * 2


def test_the_busiest_minute_of_a_log_decides() -> None:
    quiet = [Request(60.0 * minute + 30, 0.1) for minute in range(100)]
    busy = [Request(6000.0 + second + 1, 1.0) for second in range(60) for _ in range(7)]

    found = sizing.by_measure(quiet + busy)

    assert found.busiest == pytest.approx(7.0)
    assert found.workers == 10  # each busy for 70 %
    assert found.p95_ms == 1000


def test_a_request_counts_in_each_minute_it_lasts() -> None:
    assert sizing.by_measure([Request(180.0, 150.0)]).busiest == pytest.approx(1.0)


def test_our_own_log_can_be_observed(capsys, tmp_path) -> None:
    """What the access log writes in JSON is what `--observe` reads."""
    lines = tmp_path / "fondaco.log"
    handler = logging.FileHandler(lines)
    handler.setFormatter(log.JsonFormatter())
    logger = logging.getLogger("werkzeug")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        accesslog.note({"REQUEST_METHOD": "GET", "PATH_INFO": "/web"}, "200 OK", accesslog.time.perf_counter() - 3)
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        handler.close()
    with lines.open("a") as file:
        file.write("no JSON\n")

    found = size(capsys, "--cpu", "4", "--users", "60", "--observe", str(lines))

    assert found["measured"]["requests"] == 1
    assert 3000 <= found["measured"]["p95_ms"] < 4000


@pytest.mark.parametrize("words", [["--users", "0"], ["--cpu", "0"], ["--observe", "/no/such.log"]])
def test_what_cannot_be_sized_is_said(capsys, words) -> None:
    assert main(["size", *words]) in (2, 3)
    assert "expected" in (said := capsys.readouterr().err) or "cannot be read" in said
