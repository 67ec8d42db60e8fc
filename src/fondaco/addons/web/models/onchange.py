"""What does a form become when the user changes a field?

The form is a record without a row. Its state is taken before and after the onchange methods and computations have
run; the difference goes back to the client, x2many fields as commands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from lxml import etree

from fondaco.addon import api, models
from fondaco.orm.identity import NewId
from fondaco.values.collections import OrderedSet

X2MANY = ("one2many", "many2many")
CREATE, UPDATE, DELETE, UNLINK, LINK = 0, 1, 2, 3, 4
UNKNOWN = object()
"""Stands for what the cache does not hold."""


class Base(models.AbstractModel):
    _inherit = "base"

    def onchange(self, values: dict[str, Any], field_names: list[str], fields_spec: dict[str, Any]) -> dict[str, Any]:
        """{"value": what changes in the form, "warning": ...}; without `field_names` the form is just opened.

        values: the form as the client knows it; field_names: what the user changed; fields_spec: the fields of the
        form, as for `web_read`.
        """
        if any(name not in self._fields for name in field_names):
            return {}
        # what a computation reads with the rights of the superuser lands in the cache: it is no permission
        self.check_access("read")
        self.check_field_access_rights("read", [name for name in fields_spec if name in self._fields])
        self.env.flush_all()
        if self:
            forget_form(self, fields_spec)
        is_opened = not field_names
        values = {name: value for name, value in values.items() if name in self._fields and name != "id"}
        for name, value in values.items():
            if isinstance(value, dict) and self._fields[name].type == "many2one" and isinstance(value.get("id"), int):
                forget_around(self.env[self._fields[name].comodel_name].browse(value["id"]))
        if is_opened:
            field_names = self._onchange_fill_defaults(values, fields_spec)
        record, before = self._onchange_record(values, field_names, fields_spec, is_opened)
        result: dict[str, Any] = {"warnings": OrderedSet()}
        done: set[str] = set()
        touched: Collection[str] = fields_spec
        todo = list(field_names)
        while todo:
            for name in todo:
                if name not in done:
                    done.add(name)
                    record._apply_onchange_methods(name, result)
            if not self.env.context.get("recursive_onchanges", True):
                break
            todo = before.changed(name for name in fields_spec if name not in done)
            if not todo:
                touched = done  # the others were just seen to be what they were
        answer = {"value": before.difference(None if is_opened else touched)}
        if result["warnings"]:
            answer["warning"] = self._onchange_warning(result["warnings"])
        return answer

    @api.model
    def _get_fields_spec(self, view_info: dict[str, Any] | None = None) -> dict[str, Any]:
        """The fields of a form, as `onchange` and `web_read` take them: what addons ask that play a form.

        view_info: what `get_view` answered; None: the model's own form.
        """
        view = self.get_view(view_type="form") if view_info is None else view_info
        return fields_shown(self, etree.fromstring(view["arch"]))

    def _onchange_fill_defaults(self, values: dict[str, Any], fields_spec: dict[str, Any]) -> list[str]:
        """Complete `values` for a form that is opened; answers the fields that were given or have a default."""
        missing = [name for name in fields_spec if name in self._fields and name not in values and name != "id"]
        given = list(values)
        defaults = self.default_get(missing)
        for name in missing:
            if name in defaults:
                values[name] = defaults[name]
                given.append(name)
            elif not self and not self._fields[name].compute:
                values[name] = [] if self._fields[name].type in X2MANY else False
        return given

    def _onchange_record(
        self, values: dict[str, Any], field_names: list[str], fields_spec: dict[str, Any], is_opened: bool
    ) -> Any:
        """The form as a record, with what the user changed, and the state that the client knows."""
        if is_opened:
            record = self.new(values, origin=self or None)
            return record, FormState(record, fields_spec, is_empty=True)
        changed = {name: values[name] for name in field_names if name in values}
        initial = {name: value for name, value in values.items() if name not in changed}
        record = self.new(initial, origin=self or None)
        before = FormState(record, fields_spec)
        record._update_cache(changed)
        before.take(field_names)
        return record, before

    def _onchange_warning(self, warnings: Any) -> dict[str, Any]:
        if len(warnings) == 1:
            title, message, kind = next(iter(warnings))
            return {"title": title, "message": message, "type": kind or "dialog"}
        text = "\n\n".join(f"{title}\n\n{message}" for title, message, _kind in warnings)
        return {"title": self.env._("Warnings"), "message": text, "type": "dialog"}

    def _apply_onchange_methods(self, field_name: str, result: dict[str, Any]) -> None:
        """Run the onchange methods of `field_name` on the form; warnings are collected in `result`."""
        for method in self._onchange_methods.get(field_name, ()):
            answer = method(self)
            if not answer:
                continue
            for name, value in (answer.get("value") or {}).items():
                if name in self._fields and name != "id":
                    self[name] = value
            warning = answer.get("warning")
            if warning:
                title = warning.get("title") or self.env._("Warning")
                result["warnings"].add((title, warning.get("message") or "", warning.get("type") or ""))

    def _has_onchange(self, field: Any, other_fields: Any) -> bool:
        """Whether a change of `field` may change the form: by a method, or as one of `other_fields` depends on it."""
        if field.name in self._onchange_methods:
            return True
        others = set(other_fields)
        return any(edge.target in others for edge in self.pool.field_triggers.get(field, ()))


def fields_shown(model: Any, view: Any) -> dict[str, Any]:
    """{field of a view: {}, with the fields of its own views where it shows lines}; of records the ids are told."""
    shown: dict[str, Any] = {}
    for node in view.xpath(".//field[not(ancestor::field)]"):
        name = node.get("name")
        if name not in model._fields:
            continue
        spec = shown.setdefault(name, {})
        if model._fields[name].type == "many2one":
            spec["fields"] = {}
        if model._fields[name].type in X2MANY:
            for lines in node:
                line = model.env[model._fields[name].comodel_name]
                root = etree.fromstring(etree.tostring(lines, with_tail=False))
                spec.setdefault("fields", {}).update(fields_shown(line, root))
    return shown


def forget_form(origin: Any, spec: dict[str, Any]) -> None:
    """Drop what an earlier form of `origin` left in the cache: forms of one record are equal to one another."""
    env = origin.env
    shadows = [NewId(record.id) for record in origin]
    for name, sub in spec.items():
        field = origin._fields.get(name)
        if field is None or field.type not in X2MANY:
            continue
        for column in env.cache.columns(field):
            for shadow in shadows:
                for line in column.get(shadow, ()):
                    forget(env[field.comodel_name], line)
        lines = origin[name]
        if lines:
            forget_form(lines, (sub or {}).get("fields") or {})
    for shadow in shadows:
        forget(origin, shadow)


def forget_around(origin: Any) -> None:
    """Drop what an earlier form of `origin` left, around a line that is edited: of the lines those that it had."""
    env, shadow = origin.env, NewId(origin.id)
    for field in origin._fields.values():
        if field.type in X2MANY:
            for column in env.cache.columns(field):
                for line in column.get(shadow, ()):
                    if not line:
                        forget(env[field.comodel_name], line)
    forget(origin, shadow)


def forget(model: Any, id_: Any) -> None:
    """Drop all values of a record without row."""
    for field in model._fields.values():
        for column in model.env.cache.columns(field):
            column.pop(id_, None)
        model.env.remove_to_compute(field, model.browse((id_,)))


class FormState:
    """The values of a form, or of one of its lines, at one moment; knows how the record has changed since.

    is_empty: the client knows nothing yet.
    """

    def __init__(self, record: Any, spec: dict[str, Any], *, is_empty: bool = False) -> None:
        self.record = record
        self.spec = {name: sub for name, sub in spec.items() if name in record._fields and name != "id"}
        self.values: dict[str, Any] = {}
        self.cached: dict[str, Any] = {}
        self.lines: dict[str, dict[Any, FormState]] = {}
        if is_empty:
            for name in self.spec:
                field = record._fields[name]
                self.values[name] = record.env[field.comodel_name].browse() if field.relational else None
                self.lines[name] = {}
        else:
            self.take(self.spec)

    def take(self, names: Any) -> None:
        """Remember the present values of `names`."""
        record = self.record
        columns, id_ = record.env.columns, record._ids[0]
        for name in names:
            if name not in self.spec:
                continue
            field = record._fields[name]
            value = self.values[name] = field.__get__(record)
            if field.type in X2MANY:
                sub = (self.spec[name] or {}).get("fields") or {}
                self.lines[name] = {line._ids[0]: FormState(line, sub) for line in value}
            else:
                self.cached[name] = columns[field].get(id_, UNKNOWN)

    def changed(self, names: Iterable[str]) -> list[str]:
        """Those of `names` whose value is another one. Where the cache holds the very value of before, nobody asks."""
        record = self.record
        columns, id_, stale = record.env.columns, record._ids[0], record.env.transaction.stale
        found = []
        for name in names:
            field, known = record._fields.get(name), self.cached.get(name, UNKNOWN)
            is_known = known is not UNKNOWN and columns[field].get(id_, UNKNOWN) is known
            if not (is_known and id_ not in stale.get(field, ())) and self.has_changed(name):
                found.append(name)
        return found

    def has_changed(self, name: str) -> bool:
        if name not in self.spec:
            return False
        value = self.record[name]
        field = self.record._fields[name]
        if field.type in X2MANY:
            lines = self.lines[name]
            if list(value._ids) != list(lines):
                return True
            return any(state.has_changed(sub) for state in lines.values() for sub in state.spec)
        if field.type == "many2one":
            return _client_id(value) != _client_id(self.values[name])
        return bool(value != self.values[name])

    def difference(self, names: Collection[str] | None) -> dict[str, Any]:
        """What the client must change among `names`; None: everything, x2many fields only if they hold something."""
        result = {}
        for name, sub in self.spec.items():
            if names is not None and (name not in names or not self.has_changed(name)):
                continue
            field = self.record._fields[name]
            if field.type in X2MANY:
                commands = self._commands(name, field, (sub or {}).get("fields"))
                if commands:
                    result[name] = commands
            else:
                result[name] = client_value(self.record, name, sub or {})
        return result

    def _commands(self, name: str, field: Any, sub: dict[str, Any] | None) -> list[Any]:
        lines, value = self.lines[name], self.record[name]
        present = set(value._ids)
        commands: list[Any] = []
        for id_ in lines:
            if id_ not in present:
                known = id_ or getattr(id_, "origin", None) or getattr(id_, "ref", None)
                commands.append([DELETE if field.type == "one2many" else UNLINK, known, 0])
        for line in value:
            id_ = line._ids[0]
            real = id_ or id_.origin
            state = lines.get(id_)
            if state is not None:
                changes = state.difference(state.spec)
                if changes:
                    commands.append([UPDATE, real or id_.ref, changes])
            elif real:
                commands.append([LINK, real, line._origin.web_read(sub)[0] if sub else False])
                changes = FormState(line._origin, sub or {}).against(line)
                if changes:
                    commands.append([UPDATE, real, changes])
            else:
                commands.append(created(line, sub or {}))
        return commands

    def against(self, record: Any) -> dict[str, Any]:
        """The changes that lead from this state to `record`, another one of the same form."""
        self.record = record
        changed = {}
        for name, sub in self.spec.items():
            if record._fields[name].type not in X2MANY and self.has_changed(name):
                changed[name] = client_value(record, name, sub or {})
        return changed


def _client_id(record: Any) -> Any:
    """How the client knows a record: its id, the id it shadows, or the name the client gave it."""
    if not record:
        return False
    id_ = record._ids[0]
    return id_ or id_.origin or id_.ref


def created(line: Any, spec: dict[str, Any]) -> list[Any]:
    """The command that makes a line without row known to the client."""
    id_ = line._ids[0]
    values = {name: client_value(line, name, sub or {}) for name, sub in spec.items() if name != "id"}
    return [CREATE, id_.ref or f"virtual_{id(id_):x}", values]


def client_value(record: Any, name: str, spec: dict[str, Any]) -> Any:
    """A value in the form of `web_read`."""
    field, value = record._fields[name], record[name]
    if field.type in X2MANY:
        lines = []
        for line in value:
            id_ = line._ids[0]
            if id_ or id_.origin:
                lines.append([LINK, id_ or id_.origin, False])
            else:
                lines.append(created(line, spec.get("fields") or {}))
        return lines
    if field.type == "many2one":
        id_ = _client_id(value)
        if not id_ or not isinstance(id_, int):
            return False if "fields" not in spec or not id_ else {"id": False, "display_name": value.display_name}
        if "fields" not in spec:
            return id_
        rows = [{name: id_}]
        record._web_read_many2one(rows, name, spec)
        return rows[0][name]
    if field.type == "reference" and value:
        return f"{value._name},{value.id}" if "fields" not in spec else {
            **value.web_read(spec["fields"])[0], "id": {"id": value.id, "model": value._name},
        }  # fmt: skip
    return field.convert_to_read(value, record, False)
