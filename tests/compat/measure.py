"""How many tests of an addon pass here, beside how many pass on stock Odoo?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from tests.compat.development_set import Addon, fetch

TIMEOUT_S = 900
WORDS_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an addon."""

    addon: str
    tier: int
    expected: int
    passed: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[str] = ()
    """One line a test that failed, or what kept the tests from running."""
    waits_for: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether it installs, no test of it fails, and at least as many pass as on stock Odoo."""
        return not self.waits_for and not self.problems and self.passed >= self.expected

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "is_clean": self.is_clean}


def measure(addon: Addon, options: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Outcome:
    """Install the addon in a database made for it, and run its tests; nothing stays."""
    if addon.waits_for:
        return Outcome(addon.name, addon.tier, addon.tests, waits_for=addon.waits_for)
    try:
        path = fetch(addon)
    except RuntimeError as error:
        return Outcome(addon.name, addon.tier, addon.tests, problems=[str(error)])
    command = [sys.executable, "-m", "fondaco", "test", addon.name, "--json", "--with-demo", f"--addons-path={path}"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        env=dict(os.environ if environ is None else environ),
    )  # fmt: skip
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return Outcome(addon.name, addon.tier, addon.tests, problems=[done.stderr.strip()[-WORDS_KEPT:]])
    problems = [f"{problem['test']}: {problem['text'].strip().splitlines()[-1]}" for problem in report["problems"]]
    return Outcome(
        addon.name, addon.tier, addon.tests, report["passed"], report["skipped"], problems, (), report["seconds"]
    )
