"""One table: every `odoo.*` name we serve, and the object of ours it stands for. Nobody else knows both vocabularies.

A row is `"odoo module": {"our.module": "name name theirs=ours module: seam!"}`: a name alone is the same on both sides,
`theirs=ours` differs (`ours` may be dotted), `theirs=` is our module itself, `name!` is a seam: who assigns it replaces
ours. `"*"` repeats the rows of other modules of the alias. A key of a row may also be a plain value, under `"="`.
"""

from __future__ import annotations

from typing import Any

from fondaco.alias.names import server, tests, tools
from fondaco.alias.names.target import Target

__all__ = ["NAMES", "Target"]


def _rows_of(text: str, module: str) -> dict[str, Target]:
    rows = {}
    for word in text.split():
        theirs, _equals, ours = word.partition("=")
        if word.endswith("="):
            rows[theirs] = Target(f"{module}.{theirs}", "")
        else:
            theirs = theirs.removesuffix("!")
            rows[theirs] = Target(module, ours or theirs, is_seam=word.endswith("!"))
    return rows


def _expand(table: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """The rows of one module; its own come before the ones it repeats."""
    rows: dict[str, Any] = {}
    content = table[name]
    for other in content.get("*", ()):
        rows.update(_expand(table, other))
    for module, words in content.items():
        if module == "=":
            rows.update(words)
        elif module != "*":
            rows.update(_rows_of(words, module))
    return rows


_ALL = {**server.ROWS, **tests.ROWS, **tools.ROWS}
NAMES: dict[str, dict[str, Any]] = {name: _expand(_ALL, name) for name in _ALL}
"""odoo module -> its name -> `Target`, or the value itself."""
