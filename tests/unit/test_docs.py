"""Whether the documentation says what is: options, commands, links, code."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from fondaco.checks import reference as go_live
from fondaco.cli.command import Exit
from fondaco.cli.database import ACTIONS
from fondaco.cli.main import COMMANDS
from fondaco.config import reference
from fondaco.config.table import OPTIONS
from tests.pictures import makers

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
SOURCE = ROOT / "src" / "fondaco"
LINK = re.compile(r"!?\[[^]]*\]\((?P<target>[^)\s#]+)(#[^)]*)?\)")
CHOSEN_WHERE_THERE = {
    "fondaco",
    "freezegun",
    "urllib3",
    "argon2",
    "weasyprint",
    "IPython",
    "ptpython",
    "bpython",
    "pytest",
}
"""Ourselves, what comes with a library that is required, and what is used only where somebody installed it"""
PICTURE = re.compile(r"img/([a-z-]+)\.png")
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_reference_of_options_is_the_one_of_the_table() -> None:
    assert (DOCS / "operator/options.md").read_text() == reference.page(), "run `make docs`"


def test_the_go_live_page_is_the_one_of_the_table_of_checks() -> None:
    assert (DOCS / "operator/going_live.md").read_text() == go_live.page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [found["target"] for found in LINK.finditer(page.read_text())]

    dead = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_python_in_pages_is_python(page: Path) -> None:
    for block in PYTHON_BLOCK.findall(page.read_text()):
        ast.parse(block)


@pytest.mark.parametrize("page", [DOCS / "architecture.md", *sorted((DOCS / "contributor").glob("*.md"))], ids=ids)
def test_files_and_folders_that_contributors_are_told_of_are_there(page: Path) -> None:
    """`tests/orm` from the top; `http/worker` and `http/application.prepare`, as the pages say, from the source."""
    named = {name for name in re.findall(r"`([\w./-]+)`", page.read_text()) if "/" in name[1:] and name[0] != "/"}

    def is_there(name: str) -> bool:
        parts = (name, name.rpartition(".")[0] or name)
        return any(path.exists() for part in parts for path in (ROOT / part, SOURCE / part, SOURCE / f"{part}.py"))

    assert [name for name in sorted(named) if not is_there(name)] == []


def test_every_page_can_be_reached() -> None:
    named = {(page.parent / found["target"]).resolve() for page in PAGES for found in LINK.finditer(page.read_text())}

    orphans = [ids(page) for page in PAGES if page.parent != ROOT and page.resolve() not in named]

    assert orphans == []


def test_every_command_is_documented() -> None:
    pages = [*DOCS.glob("operator/*.md"), *DOCS.glob("integrator/*.md"), ROOT / "README.md"]
    text = "".join(page.read_text() for page in pages)

    missing = [name for name in COMMANDS if name not in ("serve", "demo") and f"fondaco {name}" not in text]
    missing += [f"db {action}" for action in ACTIONS if f"fondaco db {action}" not in text]
    page = (DOCS / "operator/configuration.md").read_text()
    missing += [str(code) for code in Exit if f"| {int(code)} |" not in page and code is not Exit.INTERRUPTED]

    assert missing == []


def test_every_library_that_is_imported_is_required() -> None:
    """A library that is only there because something else brought it is missing on a fresh machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    required = [*project["dependencies"], *extras["redis"], *extras["s3"]]
    names = {canonical(re.split(r"[\[<>=;]", requirement)[0]) for requirement in required}
    owners = packages_distributions()
    imported = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                imported.add(node.module.partition(".")[0])
    foreign = {name: owners[name] for name in imported - set(sys.stdlib_module_names) if name in owners}

    missing = {name for name, found in foreign.items() if not names & {canonical(one) for one in found}}
    assert missing - CHOSEN_WHERE_THERE == set()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower().strip()


def test_every_dependency_has_a_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[<>=]", requirement)[0].lower() for requirement in project["dependencies"]]
    decisions = "".join(page.read_text().lower() for page in (DOCS / "decisions").glob("*.md"))

    assert [name for name in names if not re.search(rf"\b{name.split('-')[0]}\b", decisions)] == []


def test_options_without_an_effect_are_marked_as_accepted() -> None:
    """`is_ready` is held against the code: an option that no file outside the table names has no effect."""
    code = "\n".join(
        path.read_text() for path in SOURCE.rglob("*.py") if "config" not in path.parts and "alias" not in path.parts
    )
    code += (SOURCE / "config/sources.py").read_text().split("def _validated")[0]
    used = {option.key for option in OPTIONS if re.search(rf"""["']{re.escape(option.key)}["']""", code)}

    wrong = [
        f"{option.key}: marked ready, used nowhere" for option in OPTIONS if option.is_ready and option.key not in used
    ]

    assert wrong == []


def test_every_picture_is_made_by_a_test_and_shown_on_a_page() -> None:
    """`python -m tests.pictures` makes them; a page for users without one would be words alone."""
    made, there = makers().keys(), {path.stem for path in (DOCS / "img").glob("*.png")}
    shown = {page: set(PICTURE.findall(page.read_text())) for page in PAGES}

    assert sorted(there - made) == [] and sorted(made - there) == []
    assert sorted(there - set().union(*shown.values())) == []
    assert [ids(page) for page in PAGES if page.parent == DOCS / "user" and not shown[page]] == []
