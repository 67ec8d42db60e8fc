"""`fondaco loadtest` and `fondaco healthcheck` on a running server."""

from __future__ import annotations

import json
import xml.etree.ElementTree as etree

import pytest

from fondaco.cli.command import CommandError
from fondaco.cli.loadtest import check_target
from fondaco.loadtest.report import worse
from fondaco.loadtest.run import percentile
from tests import fix_database
from tests.fix_server import serving

SCENARIOS = {"log-in", "import and export", "report", "search", "write shared"}


@pytest.fixture(scope="module")
def target(config, registries, tmp_path_factory):
    """A server with jobs."""
    name = fix_database.create(registries, ())
    with serving(config, name, tmp_path_factory.mktemp("load"), gevent_port=0, max_cron_threads=1) as server:
        yield server
    fix_database.databases.drop(registries, name)


def partners(registries, database: str) -> int:
    with registries.get(database).cursor() as cr:
        cr.execute("SELECT count(*) FROM res_partner")
        return int(cr.fetchone()[0])


def test_o12_o13_five_scenarios_are_measured_kept_drawn_and_compared(fondaco, registries, target, tmp_path):
    before = partners(registries, target.database)
    arguments = (
        "loadtest", "-d", target.database, "--url", target.url, "--people", "1,2", "--seconds", "0.1",
        "--records", "120",
    )  # fmt: skip
    secret = {"FONDACO_LOADTEST_PASSWORD": fix_database.PASSWORD}

    first = fondaco.run(
        *arguments, "--json", "--keep", str(tmp_path / "base.json"), "--picture", str(tmp_path / "p.svg"), **secret
    )

    assert first.returncode == 0, first.stdout + first.stderr
    document = json.loads(first.stdout)
    assert [step["people"] for step in document["steps"]] == [1, 2]
    for step in document["steps"]:
        assert {one["scenario"] for one in step["figures"]} == SCENARIOS
        assert all(one["number"] >= 1 and 0 < one["p50"] <= one["p95"] <= one["p99"] for one in step["figures"])
        assert step["received"] > 0
        assert {"processor_seconds", "memory_mib", "sql_seconds", "pool_used", "retries"} <= step["server"].keys()
    assert partners(registries, target.database) == before, "what it made is removed"
    drawn = etree.parse(tmp_path / "p.svg").getroot()
    assert len(drawn.findall("{http://www.w3.org/2000/svg}polyline")) == 5
    assert json.loads((tmp_path / "base.json").read_text())["steps"] == document["steps"]

    quick = json.loads((tmp_path / "base.json").read_text())
    for step in quick["steps"]:
        for one in step["figures"]:
            one["p95"] = -1.0
    (tmp_path / "quick.json").write_text(json.dumps(quick))
    again = fondaco.run(
        *arguments, "--people", "1", "--only", "search", "--baseline", str(tmp_path / "quick.json"), **secret
    )
    assert again.returncode == 1
    assert "worse: search with 1 people: p95" in again.stdout
    assert fix_database.PASSWORD not in first.stdout + first.stderr + again.stdout


@pytest.mark.parametrize("url", ["http://erp.example.com", "https://192.0.2.7:8069", "http://127.0.0.1.example.com"])
def test_other_machines_are_loaded_only_when_somebody_says_that_they_are_his(url):
    with pytest.raises(CommandError, match="--this-target-is-mine"):
        check_target(url, "")
    with pytest.raises(CommandError, match="--this-target-is-mine"):
        check_target(url, "other.example.com")

    check_target("http://erp.example.com", "erp.example.com")
    for here in ("http://127.0.0.1:8069", "http://localhost:1", "http://[::1]:8069"):
        check_target(here, "")


def test_what_is_worse_than_the_baseline_is_named():
    def document(p95: float, errors: int = 0) -> dict:
        return {
            "steps": [{"figures": [{"people": 2, "scenario": "search", "number": 9, "p95": p95, "errors": errors}]}]
        }

    assert worse(document(0.2), document(0.2), 0.25) == []
    assert worse(document(0.26), document(0.2), 0.25) == [], "within the tolerance"
    assert worse(document(0.4), document(0.2), 0.25) == ["search with 2 people: p95 400 ms, 200 ms before"]
    assert worse(document(0.2, 3), document(0.2), 0.25) == ["search with 2 people: 3 errors, 0 before"]


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [([], 0.95, 0), ([7], 0.5, 7), ([1, 2, 3, 4], 0.5, 2), (list(range(1, 101)), 0.95, 95), ([1, 2], 0.99, 2)],
)
def test_a_percentile_is_a_time_that_was_measured(times, share, expected):
    assert percentile(times, share) == expected


def test_o11_a_server_that_was_just_installed_is_examined_in_five_lines(fondaco, registries, target):
    before = partners(registries, target.database)

    done = fondaco.run("healthcheck", "-d", target.database, "--url", target.url, FONDACO_MAX_CRON_THREADS="1")

    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[:5].strip() for line in lines] == ["ok"] * 5
    assert [line[5:23].strip() for line in lines] == ["database", "log-in", "modules", "upload", "scheduled actions"]
    assert partners(registries, target.database) == before, "its user is gone"


def test_o11_what_is_not_well_is_said_with_the_next_step(fondaco, registries, target):
    with registries.get(target.database).cursor() as cr:
        cr.execute("UPDATE ir_module_module SET state = 'to upgrade' WHERE name = 'web'")
        cr.commit()
    try:
        done = fondaco.run(
            "healthcheck", "-d", target.database, "--url", "http://127.0.0.1:9", "--json", FONDACO_MAX_CRON_THREADS="0"
        )
        gone = fondaco.run("healthcheck", "-d", "no_such_database", "--url", target.url)
    finally:
        with registries.get(target.database).cursor() as cr:
            cr.execute("UPDATE ir_module_module SET state = 'installed' WHERE name = 'web'")
            cr.commit()

    lines = {line["part"]: line for line in json.loads(done.stdout)}
    assert done.returncode == 1
    assert [part for part, line in lines.items() if line["is_well"]] == ["database"]
    assert "module upgrade" in lines["modules"]["text"]
    assert "max_cron_threads" in lines["scheduled actions"]["text"]
    assert gone.returncode == 1
    assert gone.stdout.count("FAIL") == 5
