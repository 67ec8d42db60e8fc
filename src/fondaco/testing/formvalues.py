"""What a form holds while it is edited: values by field, lines of x2many fields, and what of it has changed.

The shapes are those of `web_read` and `onchange`: a many2one is an id or False, lines have an id or the name of a line
that is not saved yet.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from fondaco.testing.formview import X2MANY, View, ViewField

CREATE, UPDATE, DELETE, UNLINK, LINK, CLEAR, SET = range(7)
_unsaved = itertools.count(1)


class Values:
    """The values of one record in a form, or of a line."""

    def __init__(self, view: View, id_: Any = False) -> None:
        self.view = view
        self.id = id_
        self.by_name: dict[str, Any] = {}
        self.changed: set[str] = set()
        for name, found in view.fields.items():
            self.by_name[name] = Lines(found) if found.type in X2MANY else False

    def copy(self) -> Values:
        twin = Values.__new__(Values)
        twin.view, twin.id, twin.changed = self.view, self.id, set(self.changed)
        twin.by_name = {
            name: value.copy() if isinstance(value, Lines) else value for name, value in self.by_name.items()
        }
        return twin

    def load(self, row: Mapping[str, Any]) -> None:
        """Take what `web_read` answered: nothing of it is a change."""
        self.id = row.get("id", self.id)
        for name, found in self.view.fields.items():
            if name in row:
                if found.type in X2MANY:
                    self.by_name[name] = Lines.of_rows(found, row[name])
                else:
                    self.by_name[name] = plain(found, row[name])
        self.changed.clear()

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take what `onchange` answered: all of it is a change."""
        for name, value in values.items():
            found = self.view.fields.get(name)
            if found is None:
                continue
            if found.type in X2MANY:
                self.by_name[name].carry_out(value)
            else:
                self.by_name[name] = plain(found, value)
            self.changed.add(name)

    def names(self) -> dict[str, Any]:
        """The values as expressions of the view see them."""
        shown = {name: value.ids if isinstance(value, Lines) else value for name, value in self.by_name.items()}
        return {**shown, "id": self.id if isinstance(self.id, int) else False}

    def for_onchange(self, *, only_changed: bool) -> dict[str, Any]:
        """What `onchange` is told of the record."""
        return {
            name: value.commands(for_onchange=True) if isinstance(value, Lines) else value
            for name, value in self.by_name.items()
            if not only_changed or name in self.changed
        }

    def to_save(self, names: Mapping[str, Any], *, only_changed: bool) -> dict[str, Any]:
        """What is written: not what may not be written, unless the view has it saved all the same."""
        kept: dict[str, Any] = {}
        for name, value in self.by_name.items():
            found = self.view.fields[name]
            if only_changed and name not in self.changed:
                continue
            if found.is_readonly(names) and not found.is_forced:
                continue
            if isinstance(value, Lines):
                commands = value.commands(names=names)
                if commands or not only_changed:
                    kept[name] = commands
            else:
                kept[name] = value
        return kept


class Lines:
    """The lines of an x2many field, in order; knows which were there when the form was read."""

    def __init__(self, field: ViewField) -> None:
        self.field = field
        self.view = field.lines or View(field.comodel, {})
        self.items: list[Values] = []
        self.stored: set[int] = set()
        self.removed: list[int] = []

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Values]:
        return iter(self.items)

    @property
    def ids(self) -> list[Any]:
        return [line.id for line in self.items]

    @property
    def has_changed(self) -> bool:
        return bool(self.removed or any(line.changed or line.id not in self.stored for line in self.items))

    @classmethod
    def of_rows(cls, field: ViewField, rows: Any) -> Lines:
        """Lines as `web_read` gives them: ids, or dicts with the fields of the lines."""
        lines = cls(field)
        for row in rows or ():
            line = Values(lines.view)
            line.load(row if isinstance(row, Mapping) else {"id": row})
            lines.items.append(line)
            lines.stored.add(line.id)
        return lines

    def copy(self) -> Lines:
        twin = Lines(self.field)
        twin.items = [line.copy() for line in self.items]
        twin.stored, twin.removed = set(self.stored), list(self.removed)
        return twin

    def new(self) -> Values:
        """A line that is not saved and not yet one of these."""
        return Values(self.view, f"virtual_{next(_unsaved)}")

    def find(self, id_: Any) -> Values | None:
        return next((line for line in self.items if line.id == id_), None)

    def put(self, line: Values) -> None:
        """Have the line among these, in place of the one with its id."""
        for position, other in enumerate(self.items):
            if other.id == line.id:
                self.items[position] = line
                return
        self.items.append(line)

    def link(self, id_: int, row: Mapping[str, Any] | None = None) -> None:
        """Have a saved record among the lines."""
        if id_ in self.removed:
            self.removed.remove(id_)
        line = self.find(id_)
        if line is None:
            line = Values(self.view, id_)
            self.items.append(line)
        if row:
            line.load({**row, "id": id_})

    def remove(self, id_: Any) -> None:
        if id_ in self.stored and id_ not in self.removed:
            self.removed.append(id_)
        self.items = [line for line in self.items if line.id != id_]

    def carry_out(self, commands: Any) -> None:
        """Change the lines as an onchange says."""
        for command in commands:
            code, id_, value = (*command, False, False)[:3]
            if code == CREATE:
                line = self.find(id_) if id_ else None
                if line is None:
                    line = self.new()
                    line.id = id_ or line.id
                    self.items.append(line)
                line.apply(value)
            elif code == UPDATE:
                line = self.find(id_)
                if line is not None:
                    line.apply(value)
            elif code in (DELETE, UNLINK):
                self.remove(id_)
            elif code == LINK:
                self.link(id_, value or None)
            else:
                for other in self.ids:
                    if code == CLEAR or other not in value:
                        self.remove(other)
                for other in value or ():
                    self.link(other)

    def commands(self, *, names: Mapping[str, Any] | None = None, for_onchange: bool = False) -> list[Any]:
        """The lines as commands relative to what is stored; `names`: values of the form, for saving."""
        is_owner = self.field.type == "one2many"
        found: list[Any] = [(DELETE if is_owner else UNLINK, id_, 0) for id_ in self.removed]
        for line in self.items:
            is_new = not isinstance(line.id, int)
            values = self._values(line, names, only_changed=not is_new, for_onchange=for_onchange)
            if is_new:
                found.append((CREATE, line.id, values))
                continue
            if line.id not in self.stored:
                found.append((LINK, line.id, 0))
            if values:
                found.append((UPDATE, line.id, values))
        return found

    def _values(
        self, line: Values, names: Mapping[str, Any] | None, *, only_changed: bool, for_onchange: bool
    ) -> dict[str, Any]:
        if for_onchange or names is None:
            return line.for_onchange(only_changed=only_changed)
        return line.to_save({**line.names(), "parent": _Around(names)}, only_changed=only_changed)


class _Around:
    """The form around a line, for its expressions."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.__dict__.update(names)


def plain(field: ViewField, value: Any) -> Any:
    """A value that is no list, in the one form in which the form keeps it."""
    if field.type == "many2one":
        if isinstance(value, Mapping):
            return value.get("id") or False
        return value[0] if isinstance(value, list | tuple) and value else value or False
    if field.type == "date" and isinstance(value, str) and value:
        return date.fromisoformat(value[:10])
    if field.type == "date" and isinstance(value, datetime):
        return value.date()
    if field.type == "datetime" and isinstance(value, str) and value:
        return datetime.fromisoformat(value)
    if field.type == "many2one_reference" and isinstance(value, Mapping):
        return value.get("id") or False
    return False if value is None else value
