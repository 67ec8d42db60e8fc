"""A form in Python: what a user who fills in the form of a view could do, and what would come of it.

    with Form(env["sale.order"]) as form:            # defaults and onchanges run, as in the client
        form.partner_id = partner
        with form.order_line.new() as line:
            line.product_id = product
    order = form.record                              # saved when the block ends

What a user cannot do, a test cannot: write a field that is readonly or invisible, or leave a required one empty.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from fondaco.orm.recordset import Recordset
from fondaco.testing.formvalues import Lines, Values, plain
from fondaco.testing.formview import NEVER_EMPTY, Dotter, View, ViewField, read_view

_onchange_logger = logging.getLogger("odoo.tests.form.onchange")

OWN = frozenset({"_record", "_env", "_view", "_values", "_proxy", "_index"})
"""Attributes of the form itself; all others are fields."""


class Form:
    """A form on a record, or on a new one of an empty recordset. As a context manager, it saves when the block ends.

    view: the id, the xmlid or the record of the form view; nothing: the default one.
    """

    def __init__(self, record: Any, view: Any = None) -> None:
        assert isinstance(record, Recordset), f"Form({record!r}): expected a recordset"
        assert len(record) <= 1, f"Form({record!r}): expected one record, or none for a new one"
        self._record: Any = record
        self._env: Any = record.env
        self._view: View = read_view(record, view)
        self._values = Values(self._view)
        if record:
            record.check_access("read")
            self._read()
        else:
            self._open_new()

    @classmethod
    def from_action(cls, env: Any, action: Mapping[str, Any]) -> Form:
        """The form that a window action opens."""
        assert action.get("type", "ir.actions.act_window") == "ir.actions.act_window", f"not a window: {action!r}"
        context = action.get("context") or {}
        if isinstance(context, str):
            context = ast.literal_eval(context)
        records = env[action["res_model"]].with_context(**context).browse(action.get("res_id") or ())
        views = [id_ for id_, kind in action.get("views") or () if kind == "form"]
        view = action.get("view_id") or (views[0] if views else None)
        return cls(records, view=view[0] if isinstance(view, list | tuple) else view or None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._record!r}>"

    # -- reading and writing fields --------------------------------------------------------------------------------
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        if name == "id":
            return self._record.id
        found = self._field(name)
        value = self._values.by_name[name]
        if found.type == "many2one":
            return self._env[found.comodel].browse(value or ())
        if found.type == "one2many":
            return O2MProxy(self, name)
        if found.type == "many2many":
            return M2MProxy(self, name)
        if found.type == "reference" and value:
            model, _, id_ = value.partition(",")
            return self._env[model].browse(int(id_))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OWN:
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        found = self._writable(name)
        if found.type == "one2many":
            raise AssertionError(f"{name}: lines are changed through {name}.new(), edit() and remove()")
        if found.type == "many2many":
            M2MProxy(self, name).set(value)
            return
        self._values.by_name[name] = self._converted(found, value)
        self._after_change(name)

    def _field(self, name: str) -> ViewField:
        found = self._view.fields.get(name)
        assert found is not None, f"{name!r} is not a field of the view of {self._view.model}"
        return found

    def _writable(self, name: str) -> ViewField:
        found = self._field(name)
        names = self._names()
        assert not found.is_readonly(names), f"{self._view.model}.{name}: can't write on readonly field"
        assert not found.is_invisible(names), f"{self._view.model}.{name}: can't write on invisible field"
        return found

    def _converted(self, found: ViewField, value: Any) -> Any:
        where = f"{self._view.model}.{found.name}"
        if found.type == "many2one":
            assert not value or isinstance(value, Recordset), f"{where}: expected a record, got {value!r}"
            if not value:
                return False
            assert value._name == found.comodel, f"{where}: expected a record of {found.comodel}, got {value!r}"
            return value.id
        if found.type == "reference":
            return f"{value._name},{value.id}" if value else False
        if found.type == "selection" and value:
            keys = [key for key, _label in found.description["selection"]]
            assert value in keys, f"{where}: {value!r} is none of {keys}"
        return plain(found, value)

    def _names(self) -> dict[str, Any]:
        """What expressions of the view may name."""
        env = self._env
        return {
            "uid": env.uid,
            "context": dict(env.context),
            "active_id": env.context.get("active_id", False),
            "active_ids": env.context.get("active_ids", []),
            "active_model": env.context.get("active_model", False),
            "current_company_id": env.company.id,
            "companies": {"active_id": env.company.id, "active_ids": env.companies.ids},
            **self._values.names(),
        }

    # -- what the server does meanwhile ------------------------------------------------------------------------------
    def _read(self) -> None:
        (row,) = self._record.web_read(self._view.specification)
        self._values.load(row)

    def _open_new(self) -> None:
        answer = self._record.onchange({}, [], self._view.specification)
        self._take(answer)

    def _after_change(self, name: str) -> None:
        """A field was changed by the user: let the onchanges that hang on it run."""
        self._values.changed.add(name)
        if self._view.fields[name].has_onchange:
            values = self._values.for_onchange(only_changed=bool(self._record))
            self._take(self._record.onchange(values, [name], self._view.specification))

    def _take(self, answer: Mapping[str, Any]) -> None:
        if warning := answer.get("warning"):
            _onchange_logger.warning("%s %s", warning.get("title"), warning.get("message"))
        self._values.apply(answer.get("value") or {})

    # -- saving ------------------------------------------------------------------------------------------------------
    def save(self) -> Any:
        """Save what was changed; the record. AssertionError if a required field is empty."""
        names = self._names()
        _require_complete(self._view, self._values, names)
        values = self._values.to_save(names, only_changed=bool(self._record))
        if self._record:
            if values:
                self._record.write(values)
        else:
            self._record = self._record.create(values)
        self._values = Values(self._view)
        self._read()
        return self._record

    @property
    def record(self) -> Any:
        """The record; only where nothing is left to save."""
        assert self._record, "the record is not saved yet: call save(), or leave the block of the form"
        assert not self._values.changed, f"not saved yet: {sorted(self._values.changed)}"
        return self._record

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if kind is None:
            self.save()


def _require_complete(view: View, values: Values, names: Mapping[str, Any]) -> None:
    for name, found in view.fields.items():
        value = values.by_name[name]
        is_empty = not value if not isinstance(value, Lines) else not value.items
        if found.type in NEVER_EMPTY or not is_empty or not found.is_required(names):
            continue
        assert found.is_invisible(names) or found.is_readonly(names), f"{view.model}.{name} is a required field"


class O2MForm(Form):
    """The form of a line: saving puts it into the form around, nothing is written yet."""

    def __init__(self, proxy: O2MProxy, index: int | None = None) -> None:
        found = proxy.field
        self._proxy: O2MProxy = proxy
        self._index: int | None = index
        outer = proxy.form
        context = {**outer._env.context, **found.context_of(outer._names())}
        model = outer._env[found.comodel].with_context(**context)
        self._env = model.env
        self._view = proxy.lines.view
        if index is None:
            self._record = model
            self._values = proxy.lines.new()
            self._open_new()
        else:
            line = proxy.lines.items[index]
            self._values = line.copy()
            self._record = model.browse(line.id if isinstance(line.id, int) else ())

    def _names(self) -> dict[str, Any]:
        return {**super()._names(), "parent": Dotter(self._proxy.form._names())}

    def _around(self) -> dict[str, Any]:
        """The form around as the value of the field that leads to it."""
        outer = self._proxy.form
        link = self._proxy.field.description.get("relation_field")
        if not link:
            return {}
        values = outer._values.for_onchange(only_changed=bool(outer._record))
        values.pop(self._proxy.field.name, None)
        record, name = outer._record, self._proxy.field.name
        while len(path := (record._fields[name].related or "").split(".")) == 2:
            # Lines of another record, such as the contact that a user is: it is told what of it was changed.
            through, name = path
            shown = values.get(through) if through in values else record[through].id
            paths = {key: (record._fields[key].related or "").split(".") for key in values}
            values = {paths[key][1]: values[key] for key in values if paths[key][:-1] == [through]}
            record = record.env[record._fields[through].comodel_name].browse(shown or ())
        return {link: {**values, "id": record.id}}

    def _open_new(self) -> None:
        specification = self._view.specification
        self._take(self._record.onchange(self._around(), [], specification))

    def _after_change(self, name: str) -> None:
        self._values.changed.add(name)
        if self._view.fields[name].has_onchange:
            values = {**self._values.for_onchange(only_changed=bool(self._record)), **self._around()}
            self._take(self._record.onchange(values, [name], self._view.specification))

    def save(self) -> None:
        """Put the line into the form around."""
        names = self._names()
        _require_complete(self._view, self._values, names)
        self._proxy.lines.put(self._values)
        self._proxy.has_changed()

    @property
    def record(self) -> Any:
        raise AssertionError("a line has no record before the form around it is saved")


class X2MProxy:
    """The lines of a field of a form."""

    def __init__(self, form: Form, field_name: str) -> None:
        self.form = form
        self.field = form._field(field_name)
        self.lines: Lines = form._values.by_name[field_name]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.field.name} of {self.form!r}: {self.lines.ids}>"

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def ids(self) -> list[Any]:
        """The ids of the lines, names of those that are not saved."""
        return list(self.lines.ids)

    def has_changed(self) -> None:
        """Tell the form."""
        self.form._after_change(self.field.name)

    def _require_writable(self) -> None:
        self.form._writable(self.field.name)


class O2MProxy(X2MProxy):
    """The lines of a one2many: made, edited and removed; changes count when the line's form is saved."""

    def new(self) -> O2MForm:
        """The form of a new line; a context manager that adds it when its block ends."""
        self._require_writable()
        return O2MForm(self)

    def edit(self, index: int) -> O2MForm:
        """The form of a line; a context manager that changes it when its block ends."""
        self._require_writable()
        return O2MForm(self, index)

    def remove(self, index: int) -> None:
        """Take out the line at this position; it is deleted when the form is saved."""
        self._require_writable()
        self.lines.remove(self.lines.items[index].id)
        self.has_changed()


class M2MProxy(X2MProxy, Sequence[Any]):
    """The records of a many2many, in order."""

    def __getitem__(self, index: Any) -> Any:
        return self._records()[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._records())

    def __len__(self) -> int:
        return len(self.lines)

    def _records(self) -> Any:
        return self.form._env[self.field.comodel].browse(self.lines.ids)

    def add(self, record: Any) -> None:
        """Add a record."""
        self._require_writable()
        self._require_comodel(record)
        self.lines.link(record.id)
        self.has_changed()

    def remove(self, id: int | None = None, index: int | None = None) -> None:
        """Take out the record with this id, or the one at this position."""
        self._require_writable()
        assert (id is None) ^ (index is None), "remove: give an id or an index"
        wanted = id if id is not None else self.lines.ids[index or 0]
        assert wanted in self.lines.ids, f"{self.field.name}: {wanted!r} is none of {self.lines.ids}"
        self.lines.remove(wanted)
        self.has_changed()

    def clear(self) -> None:
        """Take out all."""
        self.set(())

    def set(self, records: Any) -> None:
        """Have exactly these records."""
        self._require_writable()
        for record in records or ():
            self._require_comodel(record)
        wanted = [record.id for record in records or ()]
        for other in self.lines.ids:
            if other not in wanted:
                self.lines.remove(other)
        for id_ in wanted:
            if id_ not in self.lines.ids:
                self.lines.link(id_)
        self.has_changed()

    def _require_comodel(self, record: Any) -> None:
        is_right = isinstance(record, Recordset) and record._name == self.field.comodel
        assert is_right, f"{self.field.name}: expected a record of {self.field.comodel}, got {record!r}"
