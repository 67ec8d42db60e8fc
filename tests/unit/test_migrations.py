"""Which scripts lead from one version to the next."""

from pathlib import Path

import pytest

from fondaco.modules.manifest import normalise
from fondaco.modules.migrations import scripts

FILES = (
    "migrations/18.0.1.1/pre-a.py",
    "migrations/18.0.1.1/post-a.py",
    "migrations/1.10/pre-b.py",
    "migrations/1.9/pre-c.py",
    "upgrades/2.0/pre-d.py",
    "migrations/0.0.0/pre-z.py",
    "migrations/17.0.1.5/pre-other-series.py",
)


@pytest.fixture
def manifest(tmp_path):
    for name in FILES:
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def migrate(cr, version): ...")

    def make(version: str):
        return normalise("shop", Path(tmp_path / "shop"), {"version": version})

    return make


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        ("18.0.1.0", "2.0", ["pre-z", "pre-a", "pre-c", "pre-b", "pre-d"]),
        ("18.0.1.9", "1.10", ["pre-z", "pre-b"]),
        ("18.0.2.0", "2.0", []),
        (None, "2.0", []),
    ],
    ids=["all above", "numbers, not letters", "nothing new", "not installed"],
)
def test_scripts_between_two_versions_run_in_their_order(manifest, found, wanted, expected):
    assert [script.path.stem for script in scripts(manifest(wanted), "pre", found)] == expected


def test_scripts_of_the_upgrade_path_run_among_those_of_the_addon(manifest, tmp_path):
    for name in ("apart/shop/18.0.1.3/pre-e.py", "apart/shop/1.20/post-f.py", "apart/other/1.3/pre-g.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("def migrate(cr, version): ...")

    found = scripts(manifest("1.10"), "pre", "18.0.1.0", [tmp_path / "apart", tmp_path / "none"])

    assert [script.path.stem for script in found] == ["pre-z", "pre-a", "pre-e", "pre-c", "pre-b"]


def test_each_stage_has_its_own(manifest):
    assert [script.path.stem for script in scripts(manifest("1.1"), "post", "18.0.1.0")] == ["post-a"]
    assert scripts(manifest("1.1"), "end", "18.0.1.0") == []
