"""What processes remember: how much of it is asked for again, and where the operator sees that."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request

from fondaco.modules.cache_report import ASKED, CacheReporter, read_all
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from tests.fix_server import Fondaco, serving
from tests.isolation.conftest import Tenant

PATIENCE_S = 60


def test_w25_views_menus_and_translations_are_remembered_and_the_hit_ratio_is_a_metric(
    config, registries: Registries, tenants: dict[str, Tenant], queries
):
    name = tenants["acme"].name
    process = Registries(config, registries.pools)
    reporter = CacheReporter(process)

    def ask() -> None:
        with contextlib.closing(process.get(name).cursor()) as cr:
            env = Environment(cr, 2, {"lang": "en_US"})
            env["res.partner"].get_views([(False, "form")])
            env["ir.http"].get_translations_for_webclient(["web"], "en_US")
            env["ir.ui.menu"].load_menus(False)

    with queries() as first:
        ask()
    reporter.report()
    hits, misses = (ASKED.value(name, result) for result in ("hits", "misses"))
    with queries() as second:
        ask()
    reporter.report()

    assert misses > 0
    assert len(second) < len(first) / 2
    assert ASKED.value(name, "hits") > hits
    assert ASKED.value(name, "misses") == misses


def test_w24_the_caches_of_a_running_server_are_shown(config, tenants: dict[str, Tenant], fondaco: Fondaco, tmp_path):
    acme = tenants["acme"].name
    settings = config.replace(cache_size=16777216, cache_timeout=3600.0, data_dir=config["data_dir"])

    with serving(settings, acme, tmp_path) as server:
        urllib.request.urlopen(f"{server.url}/web/login", timeout=60).read()
        end = time.monotonic() + PATIENCE_S
        while not (mine := [report for report in read_all(config["data_dir"]) if report["pid"] == server.pid]):
            assert time.monotonic() < end, "the server told nothing"
            time.sleep(0.2)
        shown = fondaco.run("cache", "stats", check=True).stdout
        told = json.loads(fondaco.run("cache", "stats", "--json", check=True).stdout)

    assert mine[0]["size"] == 16777216
    assert 0 < mine[0]["taken"] < 16777216
    assert f"process {server.pid} on" in shown
    assert any(line.startswith(acme) and line.rstrip().endswith("%") for line in shown.splitlines())
    assert server.pid in [report["pid"] for report in told]
    assert server.pid not in [report["pid"] for report in read_all(config["data_dir"])]
