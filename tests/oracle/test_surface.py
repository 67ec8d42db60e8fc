"""Every recorded name of the framework and of the models is ours too, or docs/compatibility.md says why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import fondaco.alias
from fondaco.modules.registries import Registries
from tests.oracle.surface import Finding, framework_findings, model_findings, signature_differences

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT.parent / "shared/oracle/public_methods.json"
PAGE = ROOT / "docs/compatibility.md"
ROW = re.compile(r"^\| ((?:`[\w.*]+`(?:, )?)+) \| (.+) \|$", re.MULTILINE)
NAME = re.compile(r"`([\w.*]+)`")
MODULES = ("base", "web", "product")

pytestmark = pytest.mark.skipif(not RECORDING.exists(), reason=f"no recorded names in {RECORDING}")


def excused() -> dict[str, str]:
    """{pattern of names: reason}, the tables of the page's chapter "Names"."""
    chapter = PAGE.read_text(encoding="utf-8").partition("\n## Names\n")[2].partition("\n## ")[0]
    return {pattern: reason for names, reason in ROW.findall(chapter) for pattern in NAME.findall(names)}


def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORDING.read_text(encoding="utf-8"))
    return found


def recorded_models(by_module: dict[str, dict[str, list[Any]]]) -> dict[str, list[Any]]:
    """{model: methods} of the modules we have; of a method that two of them declare, the last one's."""
    found: dict[str, dict[str, Any]] = {}
    for module in MODULES:
        for model, methods in by_module[module].items():
            found.setdefault(model, {}).update((method[0], method) for method in methods)
    return {model: list(methods.values()) for model, methods in found.items()}


@pytest.fixture(scope="module")
def findings(registries: Registries, database_with: Callable[..., str]) -> list[Finding]:
    fondaco.alias.install()
    recording = recorded()
    registry = registries.get(database_with("product", "contacts", "uom"))
    found = framework_findings(recording["framework"], registry["base"])
    return found + list(model_findings(recorded_models(recording["models"]), registry))


def unexcused(findings: Iterable[Finding], patterns: Iterable[str]) -> list[str]:
    patterns = list(patterns)
    return sorted(str(item) for item in findings if not any(fnmatch(item.name, pattern) for pattern in patterns))


def test_every_recorded_name_is_offered_or_excused(findings: list[Finding]) -> None:
    missing = unexcused(findings, excused())

    assert missing == [], "\n".join([f"{len(missing)} names:", *missing])


def test_no_excuse_is_older_than_its_reason(findings: list[Finding]) -> None:
    names = [item.name for item in findings]

    assert [pattern for pattern in excused() if not any(fnmatch(name, pattern) for name in names)] == []


@pytest.mark.parametrize(
    ("recorded", "function", "said"),
    [
        ("(self, a, b=1)", lambda self, a, b=1, c=2: 0, []),
        ("(self, a)", lambda self, *args: 0, []),
        ("(self, a)", lambda self, b: 0, ["calls 'a' 'b'"]),
        ("(self, a, b)", lambda self, a: 0, ["has no parameter 'b'"]),
        ("(self, a=1)", lambda self, a: 0, ["has no default for 'a'"]),
        ("(self, a=1)", lambda self, a=2: 0, ["has the default 2 for 'a', recorded 1"]),
        ("(self)", lambda self, a: 0, ["asks for 'a' too"]),
        ("(self, *args, k=0, **kw)", lambda self: 0, ["takes no *args", "takes no k=", "takes no **kw"]),
    ],
    ids=lambda value: "function" if callable(value) else str(value),
)
def test_a_signature_that_differs_is_seen(recorded: str, function: Any, said: list[str]) -> None:
    assert list(signature_differences(recorded, function)) == said
