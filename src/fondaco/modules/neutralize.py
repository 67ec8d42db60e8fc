"""How is a copy of a database kept from acting on the world: no mail, no jobs, no calls to other services?

Each installed module may bring `data/neutralize.sql`; the statements of all of them run in the order of the modules'
names, base first. No model is loaded for that, so it works on a database that is not ready to be served.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fondaco.modules.manifest import AddonsPath
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(__name__)

STATEMENTS = Path("data", "neutralize.sql")


def installed_modules(cr: Any) -> list[str]:
    """The modules whose statements count, base first."""
    rows = cr.fetch(
        SQL("SELECT name FROM ir_module_module WHERE state IN ('installed', 'to upgrade', 'to remove') ORDER BY name")
    )
    names = [str(name) for (name,) in rows]
    return sorted(names, key=lambda name: (name != "base", name))


def statements(addons: AddonsPath, modules: Iterable[str]) -> Iterator[str]:
    """The text of each module's file."""
    for module in modules:
        folder = addons.folder_of(module)
        path = Path(folder) / STATEMENTS if folder else None
        if path is not None and path.is_file():
            yield path.read_text(encoding="utf-8").strip()


def neutralize(cr: Any, addons: AddonsPath, modules: Sequence[str] | None = None) -> None:
    """Run the statements; the caller commits."""
    for text in statements(addons, installed_modules(cr) if modules is None else modules):
        if text:
            cr.execute(text)
    _logger.info("database neutralized db=%s", cr.dbname)
