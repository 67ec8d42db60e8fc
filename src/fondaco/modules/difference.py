"""What became of a database by an upgrade: modules, tables, numbers of rows, views that do not hold together.

before = take(cr)
...
print(compare(before, take(cr)))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fondaco.errors import ValidationError
from fondaco.modules import listing
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.sql.tables import Catalog, Column

GONE, NEW, CHANGED = "gone", "new", "changed"
SHOWN = 40
"""Lines of one kind for a reader; JSON has all."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A database at one moment. schema: {(kind, name): what it is like}."""

    modules: Mapping[str, str]
    schema: Mapping[tuple[str, str], str]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; before, after: empty where it is not there."""

    kind: str
    name: str
    before: str
    after: str

    @property
    def word(self) -> str:
        return CHANGED if self.before and self.after else NEW if self.after else GONE

    def __str__(self) -> str:
        said = f"{self.before} -> {self.after}" if self.word == CHANGED else self.after or self.before
        return f"{self.word:7} {self.kind:10} {self.name}  {said}".rstrip()


@dataclass(frozen=True, slots=True)
class Difference:
    """What a reader of an upgrade wants to know."""

    modules: tuple[Change, ...] = ()
    schema: tuple[Change, ...] = ()
    rows: tuple[Change, ...] = ()
    broken_views: Mapping[str, str] = field(default_factory=dict)
    """{view: what is wrong with it}"""
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines: list[str] = []
        for title, changes in (("modules", self.modules), ("schema", self.schema), ("rows", self.rows)):
            lines += _under(title, [str(change) for change in changes])
        lines += _under("views that broke", [f"{view}: {text}" for view, text in self.broken_views.items()])
        lines += _under("warnings", list(self.warnings))
        return "\n".join(lines) or "nothing differs"

    def as_json(self) -> dict[str, Any]:
        def told(changes: tuple[Change, ...]) -> list[dict[str, str]]:
            return [
                {"change": c.word, "kind": c.kind, "name": c.name, "before": c.before, "after": c.after}
                for c in changes
            ]

        return {
            "modules": told(self.modules),
            "schema": told(self.schema),
            "rows": told(self.rows),
            "broken_views": dict(self.broken_views),
            "warnings": list(self.warnings),
        }


def take(cr: Cursor) -> Picture:
    """The database as it is now. Every row is counted: not for a database in use that is large."""
    modules = {name: f"{state.state} {state.version or ''}".strip() for name, state in listing.states(cr).items()}
    catalog = Catalog.read(cr)
    tables = sorted(table.name for table in catalog.tables.values() if table.kind == "table")
    counts = [SQL("SELECT %s, count(*) FROM %s", name, SQL.identifier(name)) for name in tables]
    rows: dict[str, int] = dict(cr.fetch(SQL(" UNION ALL ").join(counts))) if counts else {}
    return Picture(modules, dict(_schema(catalog)), rows)


def compare(before: Picture, after: Picture) -> Difference:
    """What is otherwise now."""
    return Difference(
        _changes("module", before.modules, after.modules),
        _only(
            Change(*part, before.schema.get(part, ""), after.schema.get(part, ""))
            for part in before.schema.keys() | after.schema.keys()
        ),
        _changes("rows", before.rows, after.rows),
    )


def broken_views(env: Any) -> dict[str, str]:
    """Active views that do not hold together with their family, or name what is not there."""
    broken = {}
    for view in env["ir.ui.view"].sudo().search([("active", "=", True)], order="id"):
        try:
            view._check_xml()
        except ValidationError as error:
            broken[view.xml_id or f"{view.name} ({view.id})"] = str(error)
    return broken


def _schema(catalog: Catalog) -> Iterator[tuple[tuple[str, str], str]]:
    for table in catalog.tables.values():
        yield (table.kind, table.name), f"{len(table.columns)} columns"
        for column in table.columns.values():
            yield ("column", f"{table.name}.{column.name}"), _column(column)
    for index in catalog.indexes.values():
        yield ("index", index.name), index.definition
    for constraint in catalog.constraints.values():
        yield ("constraint", f"{constraint.table}.{constraint.name}"), constraint.definition
    for keys in catalog.foreign_keys.values():
        for key in keys:
            yield ("reference", f"{key.table}.{key.column}"), f"{key.target}.{key.target_column}, {key.ondelete}"


def _column(column: Column) -> str:
    size = f"({column.size})" if column.size else ""
    return f"{column.type}{size}{' not null' if column.is_required else ''}"


def _changes(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    return _only(
        Change(kind, name, str(before.get(name, "")), str(after.get(name, ""))) for name in before.keys() | after.keys()
    )


def _only(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Those that are some, in the order of their names."""
    return tuple(sorted((c for c in changes if c.before != c.after), key=lambda c: (c.name, c.kind)))


def _under(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    shown = [f"  {line}" for line in lines[:SHOWN]]
    more = [f"  ... and {len(lines) - SHOWN} more (--json has all)"] if len(lines) > SHOWN else []
    return [f"{title}:", *shown, *more]
