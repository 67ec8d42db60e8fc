"""The page about metrics names those that there are, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import fondaco.cli.serve  # noqa: F401  whatever counts is imported by it
from fondaco import metrics
from fondaco.monitoring.table import TABLE
from fondaco.values.deferred import load_postponed

PAGE = Path(__file__).parents[2] / "docs" / "operator" / "metrics.md"
ROW = re.compile(r"^\| `(fondaco_\w+)` \| (\w+) \| (.*?) \|", re.MULTILINE)


def test_each_metric_has_its_row_and_each_row_its_metric():
    load_postponed()
    counted = {
        name: (metric.kind, metric.labels) for name, metric in metrics._metrics.items() if name.startswith("fondaco_")
    }
    asked = {name: (kind, labels) for name, (kind, _text, labels) in TABLE.items()}

    rows = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in ROW.findall(PAGE.read_text())}

    assert rows == counted | asked
