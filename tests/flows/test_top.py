"""`fondaco top`: what a server is at, seen from another process."""

from __future__ import annotations

import json

from fondaco.monitoring import process
from fondaco.server.deadlines import Deadlines, Limits
from fondaco.server.telling import Teller


def test_o7_o9_requests_sessions_jobs_and_memory_are_in_one_picture(fondaco, config, registries, database):
    teller = Teller(config["data_dir"], "Server", lambda: process.state(registries))
    teller.start()
    with registries.pools.cursor(database) as cr:
        cr.execute("DROP TABLE IF EXISTS fondaco_cron_lease")  # as in a database whose jobs nobody has run yet
    facts = {"request": "r1", "method": "GET", "path": "/web/slow[/]", "address": "203.0.113.9", "db": database}
    with Deadlines(Limits()).under(facts), registries.get(database).cursor() as cr:
        cr.execute("SELECT 1")
        done = fondaco.run("top", "--json", "-d", database)
        screen = fondaco.run("top", "--once", "-d", database, COLUMNS="200")
    teller.close()

    assert done.returncode == 0, done.stderr
    picture = json.loads(done.stdout)
    (request,) = [one for one in picture["requests"] if one.get("request") == "r1"]
    assert (request["what"], request["db"]) == ("GET /web/slow[/]", database)
    assert any(one["work"] == "GET /web/slow[/]" for one in picture["sessions"])
    assert picture["databases"][database].keys() >= {"cron_due", "cron_running", "jobs_waiting", "lock_waiters"}
    assert any(one["memory"] and one["pid"] == request["pid"] for one in picture["processes"])
    assert picture["host"]["cpus"] >= 1
    assert screen.returncode == 0, screen.stderr
    for words in ("Processes", "Requests and jobs", "PostgreSQL", "Databases", "GET /web/slow[/]", database):
        assert words in screen.stdout


def test_p20_without_the_extension_statements_are_left_out_and_the_screen_says_how_to_count_them(fondaco, database):
    picture = json.loads(fondaco.run("top", "--json", "-d", database).stdout)
    screen = fondaco.run("top", "--once", "-d", database, COLUMNS="250")

    assert picture["statements"][database] is None
    assert "CREATE EXTENSION pg_stat_statements" in screen.stdout


def test_it_needs_a_terminal_for_its_screen(fondaco):
    done = fondaco.run("top")

    assert done.returncode == 2
    assert "--json" in done.stderr
