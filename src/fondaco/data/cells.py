"""What one cell of imported text means for its field, and what to say when it means nothing."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from fondaco.data import xmlid as xmlids
from fondaco.data.properties import PropertyColumn
from fondaco.orm.commands import Command

TRUE_WORDS = frozenset({"1", "true", "yes"})
FALSE_WORDS = frozenset({"", "0", "false", "no"})
DATE = "%Y-%m-%d"
DATETIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell cannot be used (`error`), or how it was read all the same (`warning`)."""

    type: str
    field: str
    message: str
    field_name: str
    more: Any = None

    def as_message(self) -> dict[str, Any]:
        message = {"type": self.type, "field": self.field, "message": self.message, "field_name": self.field_name}
        return message if self.more is None else {**message, "moreinfo": self.more}


class Converter:
    """Cells to values. Related records are looked up together (`expect`), then answered from memory."""

    def __init__(self, env: Any, module: str) -> None:
        self.env = env
        self.module = module
        self._found: dict[tuple[str, str], dict[str, list[int]]] = {}
        self._free: set[str] = set()  # xmlids that named nothing before these rows
        self._given: set[str] = set()  # those of them that the rows have named a record with
        self._labels: dict[Any, dict[str, str]] = {}

    @cached_property
    def _zone(self) -> ZoneInfo | None:
        return _zone(self.env)

    # -- scalars

    def scalar(self, field: Any, cell: Any, problems: list[Problem]) -> Any:
        """The value of a cell for a field that is no relation."""
        if cell in ("", None, False):
            return False if field.type != "boolean" or cell in ("", None) else cell
        if not isinstance(cell, str):
            return cell
        method = getattr(self, f"_{field.type}", None)
        return cell if method is None else method(field, cell, problems)

    def _boolean(self, field: Any, cell: str, problems: list[Problem]) -> Any:
        _ = self.env._
        word = cell.strip().lower()
        if word in TRUE_WORDS:
            return True
        if word not in FALSE_WORDS:
            text = _("Unknown value '%(value)s' for boolean field '%(field)s'", value=cell, field=self._label(field))
            problems.append(self._problem(field, text, _("Use '1' for yes and '0' for no")))
        return False

    def _integer(self, field: Any, cell: str, problems: list[Problem]) -> Any:
        try:
            return int(cell)
        except ValueError:
            text = self.env._(
                "'%(value)s' does not seem to be an integer for field '%(field)s'",
                value=cell, field=self._label(field),
            )  # fmt: skip
            problems.append(self._problem(field, text))
            return False

    def _float(self, field: Any, cell: str, problems: list[Problem]) -> Any:
        try:
            return float(cell)
        except ValueError:
            text = self.env._(
                "'%(value)s' does not seem to be a number for field '%(field)s'", value=cell, field=self._label(field)
            )
            problems.append(self._problem(field, text))
            return False

    _monetary = _float

    def _date(self, field: Any, cell: str, problems: list[Problem]) -> Any:
        _ = self.env._
        try:
            return datetime.datetime.strptime(cell[:10], DATE).date()
        except ValueError:
            text = _(
                "'%(value)s' does not seem to be a valid date for field '%(field)s'",
                value=cell, field=self._label(field),
            )  # fmt: skip
            problems.append(self._problem(field, text, _("Use the format '%s'", "2012-12-31")))
            return False

    def _datetime(self, field: Any, cell: str, problems: list[Problem]) -> Any:
        """Local to the user's time zone, as a spreadsheet shows it."""
        _ = self.env._
        try:
            local = datetime.datetime.strptime(cell, DATETIME if len(cell) > 10 else DATE)
        except ValueError:
            text = _(
                "'%(value)s' does not seem to be a valid datetime for field '%(field)s'",
                value=cell, field=self._label(field),
            )  # fmt: skip
            problems.append(self._problem(field, text, _("Use the format '%s'", "2012-12-31 23:59:59")))
            return False
        if self._zone is None:
            return local
        return local.replace(tzinfo=self._zone).astimezone(datetime.UTC).replace(tzinfo=None)

    def _selection(self, field: Any, cell: str, problems: list[Problem]) -> Any:
        by_label = self._labels.get(field)
        if by_label is None:
            pairs = field.get_values_pairs(self.env)
            by_label = {str(label).lower(): value for value, label in reversed(pairs)}
            by_label.update({str(value).lower(): value for value, _label in pairs if value})
            self._labels[field] = by_label
        value = by_label.get(cell.strip().lower())
        if value is None:
            text = self.env._(
                "Value '%(value)s' not found in selection field '%(field)s'", value=cell, field=self._label(field)
            )
            labels = [label or value for value, label in field.get_values_pairs(self.env) if label or value]
            problems.append(self._problem(field, text, labels))
            return False
        return value

    def _tags(self, field: Any, cell: str, problems: list[Problem]) -> Any:
        """Tags of a property, by name, between commas."""
        found = [self._selection(field, word.strip(), problems) for word in cell.split(",") if word.strip()]
        return [tag for tag in found if tag]

    def property(self, column: PropertyColumn, kind: str, cell: Any, problems: list[Problem]) -> Any:
        """The value of a cell for a property, as its field keeps it."""
        if not column.comodel_name:
            return self.scalar(column, cell, problems)
        ids = [id_ for word in self._words(column, cell) if (id_ := self._one(column, kind, word, problems))]
        return ids if column.type == "many2many" else ids[0] if ids else False

    # -- relations

    def misses(self, field: Any, kind: str, cell: Any) -> bool:
        """Whether a cell names a record that was not there when it was looked up."""
        known = self._found.get((field.comodel_name, kind), {})
        return not all(known.get(word) for word in self._words(field, cell))

    def expect(self, field: Any, kind: str, cells: Iterable[Any], *, again: bool = False) -> None:
        """Look up the related records that `cells` of `field` name; `again`: those too that were not found before."""
        known = self._found.setdefault((field.comodel_name, kind), {})
        words = {word for cell in cells for word in self._words(field, cell)}
        words = {word for word in words if word not in known or (again and not known[word])}
        if kind == "xmlid":
            full = {word: xmlids.complete(word, self.module) for word in words}
            targets = xmlids.lookup(self.env.cr, [name for name in full.values() if _is_xmlid(name)])
            for word, name in full.items():
                target = targets.get(name)
                if target is None and _is_xmlid(name):
                    self._free.add(word)
                known[word] = [target.id] if target is not None and target.model == field.comodel_name else []
        elif kind == "database_id":
            ids = {word: int(word) for word in words if word.isdigit()}
            existing = set(self.env[field.comodel_name].browse(ids.values()).exists().ids)
            known.update({word: [ids[word]] if ids.get(word) in existing else [] for word in words})
        else:
            comodel = self.env[field.comodel_name]
            for word in words:
                known[word] = [id_ for id_, _name in comodel.name_search(name=word, operator="=")]

    def reference(self, field: Any, kind: str, cell: Any, problems: list[Problem]) -> Any:
        """An id for a many2one, commands for an x2many."""
        words = self._words(field, cell)
        ids = [self._one(field, kind, word, problems) for word in words]
        if field.type == "many2one":
            return ids[0] if ids else False
        found = [id_ for id_ in ids if id_]
        if field.type == "many2many":
            if self.env.context.get("update_many2many"):
                return [Command.link(id_) for id_ in found]
            return [Command.set(found)]
        return [Command.link(id_) for id_ in found]

    def command(
        self, field: Any, identity: tuple[str, str], values: dict[str, Any], problems: list[Problem]
    ) -> list[Any]:
        """What a nested record of an x2many does: update the one it names, else create; `expect` has looked for it."""
        _ = self.env._
        database_id, xmlid = identity
        for kind, word in (("database_id", database_id), ("xmlid", xmlid)):
            if word and not (kind == "xmlid" and word in self._free):
                id_ = self._one(field, kind, word, problems)
                return [Command.link(id_), Command.update(id_, values)] if id_ else []
        if not self.give(xmlid):
            text = _(
                "External ID '%(xmlid)s' names two records of these rows in field '%(field)s'",
                xmlid=xmlid, field=self._label(field),
            )  # fmt: skip
            problems.append(self._problem(field, text, _("Give each new record an ID of its own")))
            return []
        return [Command.create(values)]

    def give(self, xmlid: str) -> bool:
        """Note that these rows name a record so; False when they did before. No name is no matter."""
        if xmlid and xmlid in self._given:
            return False
        self._given.add(xmlid)
        return True

    def _words(self, field: Any, cell: Any) -> list[str]:
        if cell in ("", None, False):
            return []
        text = str(cell)
        if field.type == "many2one":
            return [text]
        return [word.strip() for word in text.split(",") if word.strip()]

    def _one(self, field: Any, kind: str, word: str, problems: list[Problem]) -> int | None:
        known = self._found[field.comodel_name, kind]
        ids = known.get(word, [])
        if not ids and kind == "name" and self._may_create(field):
            ids = known[word] = [self.env[field.comodel_name].name_create(word)[0]]
        if not ids:
            text = self._no_match(kind, word, self._label(field))
            problems.append(self._problem(field, text, self._possible_values(field, kind)))
            return None
        if len(ids) > 1:
            text = self.env._(
                "Found multiple matches for value '%(value)s' in field '%(field)s' (%(count)s matches)",
                value=word, field=self._label(field), count=len(ids),
            )  # fmt: skip
            problems.append(Problem("warning", field.name, text, self._label(field)))
        return ids[0]

    def _no_match(self, kind: str, word: str, label: str) -> str:
        _ = self.env._
        if kind == "xmlid":
            text = _(
                "No matching record found for external id '%(value)s' in field '%(field)s'", value=word, field=label
            )
        elif kind == "database_id":
            text = _(
                "No matching record found for database id '%(value)s' in field '%(field)s'", value=word, field=label
            )
        else:
            text = _("No matching record found for name '%(value)s' in field '%(field)s'", value=word, field=label)
        return str(text)

    def _may_create(self, field: Any) -> bool:
        return bool((self.env.context.get("name_create_enabled_fields") or {}).get(field.name))

    def _possible_values(self, field: Any, kind: str) -> dict[str, Any]:
        action = {
            "name": self.env._("Possible Values"),
            "type": "ir.actions.act_window",
            "target": "new",
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "context": {"create": False},
            "help": self.env._("See all possible values"),
            "res_model": "ir.model.data" if kind == "xmlid" else field.comodel_name,
        }
        return {**action, "domain": [("model", "=", field.comodel_name)]} if kind == "xmlid" else action

    def _problem(self, field: Any, text: str, more: Any = None) -> Problem:
        return Problem("error", field.name, text, self._label(field), more)

    def _label(self, field: Any) -> str:
        """What the user's screens call the field."""
        if isinstance(field, PropertyColumn):
            return field.string
        return str(field.get_description(self.env, ["string"])["string"])


def _is_xmlid(name: str) -> bool:
    module, dot, rest = name.partition(".")
    return bool(module and dot and rest)


def _zone(env: Any) -> ZoneInfo | None:
    name = env.context.get("tz") or (env.user.tz if env.uid else None)
    return ZoneInfo(name) if name and name != "UTC" else None
