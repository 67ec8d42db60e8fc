"""Alerts and dashboard: Prometheus's own program accepts and tries them, and they ask for metrics that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import fondaco.cli.serve  # noqa: F401  whatever counts is imported by it
from fondaco import metrics
from fondaco.monitoring.table import TABLE

METRIC = re.compile(r"\bfondaco_\w+")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


@pytest.fixture(scope="module")
def promtool() -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool here: see tests/programs.sh")
    return program


@pytest.fixture(scope="module")
def rules(kit, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "erp.yml"
    path.write_text(kit["etc/prometheus/rules/erp.yml"].content)
    return path


@pytest.fixture(scope="module")
def queries(kit) -> list[str]:
    """What the panels of the dashboard ask."""
    board = json.loads(kit["etc/grafana/dashboards/erp.json"].content)
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def exposed() -> set[str]:
    return {name for name in metrics._metrics if name.startswith("fondaco_")} | TABLE.keys()


def unknown(text: str) -> set[str]:
    """Metrics in a text that no scrape has."""
    histograms = {name for name, metric in metrics._metrics.items() if metric.kind == "histogram"}
    found = set(METRIC.findall(text))
    return {
        name
        for name in found
        if name in histograms or (name not in exposed() and SUFFIX.sub("", name) not in histograms)
    }


def test_o10_prometheus_accepts_the_configuration_and_the_alerts(kit, promtool, rules, tmp_path):
    settings = kit["etc/prometheus/prometheus.yml"].content.replace("/etc/prometheus/rules/erp.yml", str(rules))
    (tmp_path / "prometheus.yml").write_text(settings)

    done = subprocess.run(
        [promtool, "check", "config", str(tmp_path / "prometheus.yml")], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert "rules found" in done.stdout


def test_o10_alerts_and_panels_ask_only_for_metrics_that_there_are(rules, queries):
    alerts = [rule for group in yaml.safe_load(rules.read_text())["groups"] for rule in group["rules"]]

    assert {alert["alert"]: names for alert in alerts if (names := unknown(alert["expr"]))} == {}
    assert {query: names for query in queries if (names := unknown(query))} == {}
    assert unknown("fondaco_no_such_thing fondaco_call_seconds") == {"fondaco_no_such_thing", "fondaco_call_seconds"}
    assert all(alert["annotations"].keys() == {"summary", "next_step"} for alert in alerts)


def test_o10_prometheus_understands_what_the_panels_ask(promtool, queries, tmp_path):
    said = [query.replace("$__rate_interval", "5m").replace("$database", ".*") for query in queries]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(said)]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    done = subprocess.run([promtool, "check", "rules", str(tmp_path / "panels.yml")], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_o10_the_dashboard_can_be_imported(kit):
    board = json.loads(kit["etc/grafana/dashboards/erp.json"].content)

    assert (board["title"], board["uid"]) == ("Fondaco: erp", "fondaco-erp")
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels), "no panel lies on another"
    assert {variable["name"] for variable in board["templating"]["list"]} == {"datasource", "database"}


def test_w10_the_load_has_its_panel_and_who_is_over_the_aim_is_told(kit, promtool, rules, tmp_path):
    board = json.loads(kit["etc/grafana/dashboards/erp.json"].content)
    (panel,) = [panel for panel in board["panels"] if panel["title"] == "Processor load"]
    assert "7 to 7.5 with 8 processors" in panel["description"]

    series = {"fondaco_host_cpus": "8x60"}
    tried(promtool, rules, tmp_path, {**series, "fondaco_host_load1": "7.3x60"}, "FondacoBusy", None)
    tried(promtool, rules, tmp_path, {**series, "fondaco_host_load1": "7.7x60"}, "FondacoBusy", {})


CASES = {
    "o4 slow": (
        "FondacoSlow",
        {
            'fondaco_http_request_seconds_bucket{database="shop",route="/a",le="2.5"}': "0+80x60",
            'fondaco_http_request_seconds_bucket{database="shop",route="/a",le="5.0"}': "0+100x60",
            'fondaco_http_request_seconds_bucket{database="shop",route="/a",le="+Inf"}': "0+100x60",
        },
        {"database": "shop"},
    ),
    "o4 quick": (
        "FondacoSlow",
        {
            'fondaco_http_request_seconds_bucket{database="shop",route="/a",le="0.5"}': "0+100x60",
            'fondaco_http_request_seconds_bucket{database="shop",route="/a",le="+Inf"}': "0+100x60",
        },
        None,
    ),
    "o5 pool": (
        "FondacoPoolFull",
        {'fondaco_database_pool_waits_total{database="shop",outcome="refused"}': "0x40 1x20"},
        {"database": "shop"},
    ),
    "o5 served": (
        "FondacoPoolFull",
        {'fondaco_database_pool_waits_total{database="shop",outcome="served"}': "0x40 9x20"},
        None,
    ),
    "o5 timeout": (
        "FondacoTimeouts",
        {'fondaco_work_interrupted_total{limit="limit_time_real"}': "0x40 1x20"},
        {"limit": "limit_time_real"},
    ),
    "o6 overlap": ("FondacoCronOverlaps", {'fondaco_cron_overlapping{database="shop"}': "1x60"}, {"database": "shop"}),
    "o6 backlog": (
        "FondacoCronLate",
        {'fondaco_cron_overdue_seconds{database="shop"}': "901x60"},
        {"database": "shop"},
    ),
    "o7 transaction": (
        "FondacoLongTransaction",
        {'fondaco_pg_longest_transaction_seconds{database="shop"}': "700x60"},
        {"database": "shop"},
    ),
    "b5 waiting": (
        "FondacoPgBouncerWaits",
        {'fondaco_pgbouncer_clients{database="shop",state="waiting"}': "4x60"},
        {"database": "shop", "state": "waiting"},
    ),
    "b5 served": ("FondacoPgBouncerWaits", {'fondaco_pgbouncer_clients{database="shop",state="active"}': "9x60"}, None),
    "p19 dead rows": (
        "FondacoDeadRows",
        {'fondaco_pg_table_dead_rows{database="shop",table="res_partner"}': "200000x120"},
        {"database": "shop", "table": "res_partner"},
    ),
    "p19 vacuumed": (
        "FondacoDeadRows",
        {
            'fondaco_pg_table_dead_rows{database="shop",table="res_partner"}': "200000x120",
            'fondaco_pg_table_vacuum_age_seconds{database="shop",table="res_partner"}': "3600x120",
        },
        None,
    ),
    "o8 disk": (
        "FondacoDiskFills",
        {'fondaco_host_disk_bytes{state="free"}': "5x60", 'fondaco_host_disk_bytes{state="total"}': "100x60"},
        {},
    ),
    "o1 old backup": (
        "FondacoBackupOld",
        {'fondaco_backup_last_success_timestamp_seconds{database="shop"}': "-100000x60"},
        {"database": "shop"},
    ),
}


@pytest.mark.parametrize(("alert", "series", "labels"), CASES.values(), ids=CASES)
def test_b5_p19_o4_o5_o6_o7_o8_alerts_come_when_they_should(promtool, rules, tmp_path, alert, series, labels):
    tried(promtool, rules, tmp_path, series, alert, labels)


def tried(
    promtool: str, rules: Path, folder: Path, series: dict[str, str], alert: str, labels: dict[str, str] | None
) -> None:
    """Whether an alert is given, with these labels, when the metrics have gone like that (a value a minute)."""
    document = yaml.safe_load(rules.read_text())
    (rule,) = [rule for group in document["groups"] for rule in group["rules"] if rule["alert"] == alert]
    del rule["annotations"]  # promtool would hold their words against ours
    (folder / "alert.yml").write_text(yaml.safe_dump({"groups": [{"name": "tried", "rules": [rule]}]}))
    expected = [] if labels is None else [{"exp_labels": {**rule["labels"], **labels}}]
    moment = "110m" if any("x120" in values for values in series.values()) else "45m"
    test = {
        "rule_files": [str(folder / "alert.yml")],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": [{"eval_time": moment, "alertname": alert, "exp_alerts": expected}],
            }
        ],
    }
    (folder / "tried.yml").write_text(yaml.safe_dump(test))

    done = subprocess.run([promtool, "test", "rules", str(folder / "tried.yml")], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
