"""One thing to do to one table, and how a list of them is done. Made by `schema`, printed by rehearsals."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from fondaco.sql.fragment import SQL, quote_name

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger(__name__)

CREATE = "create table"
"""The action of a step that makes its table."""
Work = Callable[["Cursor"], None]
Fill = Callable[[str, str], None]
"""Give the rows of (model, field) their value in a new column."""


@dataclass(frozen=True)
class Step:
    """One thing to do to one table.

    columns: (model, field) of columns that are new on a table with rows, perhaps.
    is_optional: data may stand against it; then it is reported and left undone.
    is_change: columns that were there are changed, which a view on them can forbid.
    unless: rows for which the step cannot be done; it is left out while there are any.
    work: what no statement can say; it comes after the statements.
    details: what it does, for people.
    of: what in the code asked for it, where that is the addon's own SQL.
    """

    table: str
    action: str
    statements: tuple[SQL, ...]
    columns: tuple[tuple[str, str], ...] = ()
    is_optional: bool = False
    is_change: bool = False
    unless: SQL | None = None
    work: Work | None = None
    details: tuple[str, ...] = ()
    of: str = ""

    def __str__(self) -> str:
        return f"{self.action} {self.table}: " + "; ".join(statement.code % () for statement in self.statements)


def apply(cr: Cursor, steps: Iterable[Step], fill: Fill | None = None) -> list[tuple[str, str]]:
    """Carry out a plan; (model, field) of the columns that are new on tables that were there before."""
    new: list[tuple[str, str]] = []
    filled = 0
    for group in _grouped(steps):
        step = group[0]
        if step.unless is not None:
            # NOT NULL comes after all columns are there: now old rows get their values.
            for model_name, field_name in new[filled:]:
                if fill is not None:
                    fill(model_name, field_name)
            filled = len(new)
            if cr.fetch(step.unless):
                _logger.info("%s: left out, some rows have no value yet", step)
                continue
        _carry_out(cr, group)
        if step.work is not None:
            step.work(cr)
        # A statement prepared before would answer columns of their old type.
        cr.link.forget_statements()
        new += [column for step in group for column in step.columns]
    for model_name, field_name in new[filled:]:
        if fill is not None:
            fill(model_name, field_name)
    return new


def _grouped(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """The steps, those together that go to PostgreSQL as one text: if one of them fails, all shall fail, or it is soon
    done to try each by itself, as the table is new."""
    steps = list(steps)
    new = {step.table for step in steps if step.action == CREATE}
    together: list[Step] = []
    for step in steps:
        if not (step.is_change or step.unless or step.work or (step.is_optional and step.table not in new)):
            together.append(step)
            continue
        if together:
            yield together
            together = []
        yield [step]
    if together:
        yield together


def _carry_out(cr: Cursor, steps: Sequence[Step]) -> None:
    code = ";\n".join(statement.code % () for step in steps for statement in step.statements)
    if not code:
        return
    if steps[0].is_change:
        change(cr, steps[0].table, code)
    elif any(step.is_optional for step in steps):
        _attempt(cr, steps, code)
    else:
        cr.execute(code)


def change(cr: Cursor, table: str, code: str) -> None:
    """Change columns of `table`, for which views on them may have to go."""
    try:
        with cr.savepoint(flush=False):
            cr.execute(code, log_exceptions=False)
    except psycopg.errors.FeatureNotSupported:
        # A view stands on a column whose type changes. Its module makes it anew when it is upgraded.
        _drop_views_on(cr, table)
        cr.execute(code)


def _report(step: Step, error: psycopg.Error) -> None:
    """What is left undone, and whose fault that is: of rows that are there, or of SQL that cannot be."""
    told = "; ".join(filter(None, (error.diag.message_primary or str(error), error.diag.message_detail)))
    if isinstance(error, psycopg.errors.IntegrityError):
        why, and_then = "rows that are there break it", "mend them, then upgrade the module"
    else:
        why, and_then = "PostgreSQL cannot make it", "mend its definition, then upgrade the module"
    where = f"{step.of} is not in force, " if step.of else ""
    _logger.warning("%s%s: %s; %s (%s)", where, why, told, and_then, step)


def _attempt(cr: Cursor, steps: Sequence[Step], code: str) -> None:
    try:
        with cr.savepoint(flush=False):
            cr.execute(code, log_exceptions=False)
    except psycopg.Error as error:
        if len(steps) == 1:
            _report(steps[0], error)
            return
        for step in steps:
            _carry_out(cr, [step])


def _drop_views_on(cr: Cursor, table: str) -> None:
    views = cr.fetch(
        SQL(
            """
            SELECT DISTINCT v.relname::text, v.relkind::text
              FROM pg_depend d
              JOIN pg_rewrite r ON r.oid = d.objid
              JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
             WHERE d.refobjid = %s::regclass
            """,
            quote_name(table),
        )
    )
    for name, kind in views:
        _logger.warning(
            "view dropped name=%s table=%s: a column under it changes; its module's upgrade makes it anew", name, table
        )
        cr.run(
            SQL(
                "DROP %s IF EXISTS %s CASCADE",
                SQL("VIEW" if kind == "v" else "MATERIALIZED VIEW"),
                SQL.identifier(name),
            )
        )
