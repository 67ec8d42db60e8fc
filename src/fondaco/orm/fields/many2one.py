"""Fields whose value is one record: Many2one; and those that name a model as well: Reference, Many2oneReference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import FieldError
from fondaco.orm.fields.base import DEFAULT, Field
from fondaco.orm.fields.numeric import Integer
from fondaco.orm.fields.relational import Relational, names_by_id
from fondaco.orm.fields.selection import Selection
from fondaco.orm.identity import Id, NewId
from fondaco.orm.recordset import Recordset

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment

ON_DELETE = ("set null", "restrict", "cascade", "no action", "set default")


class Many2one(Relational):
    """A record of `comodel_name`, or none; the column holds its id.

    ondelete: what the database does when that record goes ('set null', 'restrict', 'cascade'). delegate: as an entry of
      `_inherits`.
    """

    type = "many2one"
    ondelete: str | None = None
    delegate: bool = False
    description_attrs = Relational.description_attrs

    def __init__(self, comodel_name: Any = DEFAULT, string: Any = DEFAULT, **kwargs: Any) -> None:
        super().__init__(comodel_name=comodel_name, string=string, **kwargs)

    @property
    def column_type(self) -> tuple[str, str]:  # type: ignore[override]
        return ("jsonb", "jsonb") if self.company_dependent else ("int4", "int4")

    def bound(self, model: Any) -> None:
        super().bound(model)
        if not self.delegate and self.name in model._inherits.values():
            self.delegate = True
        if self.delegate and self.comodel_name not in model._inherits:
            model._inherits = type(model._inherits)({**model._inherits, self.comodel_name: self.name})
        if not self.ondelete and self.comodel_name:
            self.ondelete = (
                "restrict" if self.required and not model._transient else "cascade" if self.required else "set null"
            )
        if self.ondelete and self.ondelete.lower() not in ON_DELETE:
            raise FieldError(f"{self}: ondelete is {self.ondelete!r}; expected one of {', '.join(ON_DELETE)}")
        if self.ondelete == "set null" and self.required:
            raise FieldError(f"{self}: required, so ondelete='set null' cannot be; use 'restrict' or 'cascade'")

    # -- formats -------------------------------------------------------------------------------------------------------
    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Id | None:
        if isinstance(value, Recordset):
            if validate and (value._name != self.comodel_name or len(value) > 1):
                raise ValueError(f"Wrong value for {self}: {value!r}")
            id_: Any = value._ids[0] if value._ids else None
        elif type(value) is int or type(value) is NewId:
            id_ = value
        elif isinstance(value, list | tuple):
            id_ = value[0] if value else None
            if isinstance(id_, list | tuple | dict):
                raise ValueError(f"Wrong value for {self}: {value!r}")
        elif isinstance(value, dict):
            id_ = _form_around(record.env[self.comodel_name], value)._ids[0]
        elif isinstance(value, int) and not isinstance(value, bool):
            id_ = int(value)
        elif not value:
            return None
        else:
            id_ = self._id_of(value, validate)
        if self.delegate and record and not any(record._ids):
            # the parent of an unsaved record is unsaved too
            id_ = id_ if not id_ else NewId(id_)
        return id_ or (id_ if isinstance(id_, NewId) else None)

    def _id_of(self, value: Any, validate: bool) -> Any:
        if validate:
            raise ValueError(f"Wrong value for {self}: {value!r}")
        return None

    def to_column(self, value: Any, env: Environment) -> Any:
        return value or None

    def convert_to_record(self, value: Any, record: Recordset) -> Recordset:
        return self.corecords(record, () if value is None else (value,))

    def convert_to_record_multi(self, values: Any, records: Recordset) -> Any:
        return self.corecords(records, tuple(value for value in values if value is not None))

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        if use_display_name and value:
            return value.id, value.sudo().display_name
        return value.id

    def convert_to_write(self, value: Any, record: Recordset) -> Any:
        if type(value) is int or type(value) is NewId:
            return value
        if not value:
            return False
        if isinstance(value, Recordset) and value._name == self.comodel_name:
            return value.id
        if isinstance(value, tuple | list):
            return value[0] if value else False
        if isinstance(value, dict):
            return record.env[self.comodel_name].new(value).id
        raise ValueError(f"Wrong value for {self}: {value!r}")

    def mapped(self, records: Recordset) -> Recordset:
        self._ensure_cached(records)
        column = records.env.columns[self]
        ids = dict.fromkeys(column[id_] for id_ in records._ids)
        ids.pop(None, None)
        return self.corecords(records, tuple(ids))

    def _ensure_cached(self, records: Recordset) -> None:
        if self.is_recomputed and self in records.env.transaction.stale:
            self.recompute(records)
        column = records.env.columns[self]
        for id_ in records._ids:
            if id_ not in column:
                self.load(records.concat_ids((id_,)), id_)

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [column[id_] or False for id_ in records._ids]

    def read_names(self, records: Recordset) -> list[Any]:
        """[(id, display name) or False] of the records' values; those whose target is gone are False."""
        self._ensure_cached(records)
        column = records.env.columns[self]
        values = [column[id_] for id_ in records._ids]
        ids = tuple(dict.fromkeys(value for value in values if value is not None))
        if not ids:
            return [False] * len(values)
        names = names_by_id(records.env[self.comodel_name].browse(ids))
        return [(value, names[value]) if value in names else False for value in values]

    # -- writing -------------------------------------------------------------------------------------------------------
    def write(self, records: Recordset, value: Any) -> None:
        write_pointer(self, records, value)

    def add_to_cached(self, column: dict[Id, Any], owner: Id, record: Recordset) -> None:
        column[owner] = record._ids[0]


def _form_around(model: Recordset, values: dict[str, Any]) -> Recordset:
    """The form that a line is edited in: what the client changed in it, and else what is stored of the record `id`.

    A client may tell of the form of a record that has this one as its parent by _inherits, by names that are not here.
    """
    if "id" not in values:
        return model.new(values)
    id_ = values["id"]
    changed = {name: value for name, value in values.items() if name != "id" and name in model._fields}
    is_own = len(changed) == len(values) - 1 and type(id_) is int and id_
    return model.new(changed, origin=model.browse((id_,)) if is_own else None)


def write_pointer(field: Field[Any], records: Recordset, value: Any) -> None:
    """Write a field that points to a record: cached one2many values on the other side follow."""
    env = records.env
    if field.is_recomputed:
        env.remove_to_compute(field, records)
    cached = field.convert_to_cache(value, records)
    column = env.columns[field]
    ids = [id_ for id_ in records._ids if column.get(id_, DEFAULT) != cached or id_ not in column]
    if not ids:
        return
    changed = records.browse(tuple(ids)) if field in records.pool.field_inverses else None
    if changed is not None:
        _leave_inverses(field, changed)
    column.update(dict.fromkeys(ids, cached))
    if field.store:
        env.cache.mark_dirty(env, field, ids)
    if changed is not None:
        _join_inverses(field, changed, cached)


def _leave_inverses(field: Field[Any], records: Recordset) -> None:
    """Take the records out of the cached one2many values of the records that they pointed to."""
    env = records.env
    column = env.columns[field]
    for inverse in records.pool.field_inverses.get(field, ()):
        targets = env.columns[inverse]
        for id_ in records._ids:
            old = column.get(id_)
            if old is not None and old in targets and id_ in targets[old]:
                targets[old] = tuple(other for other in targets[old] if other != id_)


def _join_inverses(field: Field[Any], records: Recordset, cached: Id | None) -> None:
    """Put the records into the cached one2many value of the record that they now point to."""
    if cached is None:
        return
    env = records.env
    for inverse in records.pool.field_inverses.get(field, ()):
        targets = env.columns[inverse]
        for record in records:
            if cached in targets and (record._ids[0] or not cached):
                inverse.add_to_cached(targets, cached, record)


class Reference(Selection):
    """A record of one of several models; the column holds 'model,id'."""

    type = "reference"
    column_type = ("varchar", "VARCHAR")
    description_attrs = Selection.description_attrs

    def __init__(self, selection: Any = DEFAULT, string: Any = DEFAULT, **kwargs: Any) -> None:
        super().__init__(selection=selection, string=string, **kwargs)

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if isinstance(value, Recordset):
            if not validate or (value._name in self.get_values(record.env) and len(value) <= 1):
                return (value._name, value._ids[0]) if value else None
        elif isinstance(value, str):
            model_name, _sep, res_id = value.partition(",")
            if res_id and (not validate or model_name in self.get_values(record.env)):
                if model_name not in record.env:
                    raise ValueError(f"Wrong value for {self}: {value!r} (there is no model {model_name!r})")
                found = record.env[model_name].browse(int(res_id))
                return (model_name, int(res_id)) if found.exists() else None
        elif isinstance(value, tuple) and len(value) == 2:
            return value
        elif not value:
            return None
        raise ValueError(f"Wrong value for {self}: {value!r}")

    def to_column(self, value: Any, env: Environment) -> Any:
        return f"{value[0]},{value[1]}"

    @staticmethod
    def _from_column(value: Any) -> Any:
        if not value:
            return None
        model_name, _sep, res_id = value.partition(",")
        return model_name, int(res_id)

    from_column = _from_column

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return value and record.env[value[0]].browse(value[1]) if value else None

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        return f"{value._name},{value.id}" if value else False

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        if record.env.context.get("import_compat", True):
            return self.convert_to_read(value, record) or ""
        return value.display_name if value else ""

    def convert_to_display_name(self, value: Any, record: Recordset) -> Any:
        return value.display_name if value else False

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [f"{column[id_][0]},{column[id_][1]}" if column[id_] else False for id_ in records._ids]


class Many2oneReference(Integer):
    """The id of a record whose model another field (`model_field`) names."""

    type = "many2one_reference"
    write_sequence = 1  # after the model, which says whose lines the record joins
    model_field: str | None = None
    aggregator: str | None = None
    related_attrs: ClassVar[dict[str, str]] = {**Integer.related_attrs, "model_field": "model_field"}
    description_attrs = (*Integer.description_attrs, "model_field")

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if isinstance(value, Recordset):
            value = value._ids[0] if value else None
        return super().convert_to_cache(value, record, validate) or None

    def to_column(self, value: Any, env: Environment) -> Any:
        return value or None

    def write(self, records: Recordset, value: Any) -> None:
        write_pointer(self, records, value)

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return value or 0

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        return value or 0

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [column[id_] or 0 for id_ in records._ids]
