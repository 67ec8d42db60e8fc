"""What is a field: its attributes, how a record answers for it, and the formats that its value takes.

A field lives twice. A *definition* is the instance written in a class body: it only holds its arguments. Model set-up
merges the definitions of one name along the inheritance order into the *bound* field that a registry uses (`setup.py`).

Formats of one value: column (what the driver is given), cache (what `Cache` holds; None for an empty column), record
(what `record.name` answers), read (`read()`), write (what `write()` takes), export.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from fondaco.orm.fields.description import describe
from fondaco.orm.fields.methods import call, resolve_mro
from fondaco.orm.fields.together import PREFETCH_MAX, compute_existing, compute_for, with_companions
from fondaco.orm.identity import NewId
from fondaco.orm.recordset import missing_error

if TYPE_CHECKING:
    from typing import Self

    from fondaco.orm.environment import Environment
    from fondaco.orm.identity import Id
    from fondaco.orm.recordset import Recordset

T = TypeVar("T")

DEFAULT: Any = type("Default", (), {"__repr__": lambda self: "<default>", "__bool__": lambda self: False})()
"""Stands for an argument that was not given."""


class Field(Generic[T]):
    """A named value of the records of one model.

    Arguments are those of Odoo 18's fields. Unknown keyword arguments become attributes if the model's
    `_valid_field_parameter` accepts them.
    """

    type: str = ""
    value_modules: dict[Any, set[str]] | None = None
    relational: ClassVar[bool] = False
    write_sequence: ClassVar[int] = 0
    needs_row: ClassVar[bool] = False
    """Whether a value given at creation can be converted only once the other values of the record are known."""

    # what a definition may say
    translate: Any = False
    store: bool = True
    index: Any = None
    manual: bool = False
    copy: bool = True
    recursive: bool = False
    compute: Any = None
    compute_sudo: bool = False
    precompute: bool = False
    inverse: Any = None
    search: Any = None
    related: Any = None
    sparse: str = ""
    company_dependent: bool = False
    default: Callable[[Any], Any] | None = None
    string: Any = None
    export_string_translation: bool = True
    help: str | None = None
    readonly: bool = False
    required: bool = False
    groups: str | None = None
    change_default: bool = False
    aggregator: str | bool | None = None
    group_expand: Any = None
    prefetch: Any = True
    default_export_compatible: bool = False
    exportable: bool = True
    states: Any = None
    tracking: Any = None
    unaccent: bool = False
    encrypted: bool = False
    column_type: tuple[str, str] | None = None

    # what set-up finds out
    name: str = ""
    model_name: str = ""
    comodel_name: str = ""
    automatic: bool = False
    inherited: bool = False
    inherited_field: Field[Any] | None = None
    related_field: Field[Any] | None = None
    context_keys: tuple[str, ...] = ()
    default_constant: Any = DEFAULT
    is_recomputed: bool = False
    is_setup: bool = False
    has_column: bool = False
    json_key: Callable[[Environment], str] | None = None
    _module: str | None = None
    _modules: tuple[str, ...] = ()
    _sequence: int = 0

    related_attrs: ClassVar[dict[str, str]] = {
        "string": "string", "help": "help", "groups": "groups", "aggregator": "aggregator",
        "default_export_compatible": "default_export_compatible",
    }  # fmt: skip
    description_attrs: ClassVar[tuple[str, ...]] = (
        "name", "type", "store", "manual", "related", "company_dependent", "readonly", "required", "groups",
        "change_default", "default_export_compatible", "exportable",
    )  # fmt: skip
    empty: Any = None
    """The cache value of a field without value."""

    _counter: ClassVar[int] = 0

    def __init__(self, string: Any = DEFAULT, **kwargs: Any) -> None:
        kwargs["string"] = string
        self.args: dict[str, Any] = {key: value for key, value in kwargs.items() if value is not DEFAULT}
        Field._counter += 1
        self._sequence = Field._counter

    def new(self, **kwargs: Any) -> Self:
        """A definition of the same type."""
        return type(self)(**kwargs)

    def __set_name__(self, owner: Any, name: str) -> None:
        self.name = self.name or name
        if not hasattr(owner, "_field_definitions"):
            return
        owner._field_definitions.append(self)
        self._module = getattr(owner, "_module", None)

    def __repr__(self) -> str:
        return f"{self.model_name or '<definition>'}.{self.name}"

    __str__ = __repr__

    def __lt__(self, other: Field[Any]) -> bool:
        return self._sequence < other._sequence

    @property
    def base_field(self) -> Field[Any]:
        """The field that this one inherits from by `_inherits`, or itself."""
        return self.inherited_field.base_field if self.inherited_field else self

    @property
    def column_field(self) -> Field[Any]:
        """The field whose column tells the value: that at the end of the path of a related one, or itself."""
        return self.related_field.column_field if self.related_field is not None and not self.store else self

    @property
    def column_cast(self) -> str:
        """PostgreSQL type of the column, as written in a row definition."""
        assert self.column_type, self
        return self.column_type[0]

    # -- what a record answers -----------------------------------------------------------------------------------------
    def __get__(self, record: Any, owner: Any = None) -> Any:
        if record is None:
            return self
        ids = record._ids
        if len(ids) != 1:
            if not ids:
                return self.convert_to_record(self.empty, record)
            if self.relational:
                return self.mapped(record)
            record.ensure_one()
        id_ = ids[0]
        env = record.env
        if self.is_recomputed and id_ in env.transaction.stale.get(self, ()):
            self.recompute(record)
        try:
            value = env.columns[self][id_]
        except KeyError:
            value = self.load(record, id_)
        return self.convert_to_record(value, record)

    def load(self, record: Recordset, id_: Id) -> Any:
        """Find the value of one record that has none in the cache; answers the cache value."""
        column = record.env.columns[self]
        if self.store and id_:
            record._fetch_field(self)
            if id_ in column:
                return column[id_]
            if self.type in ("one2many", "many2many"):
                return self.empty  # nothing points at a record that is gone
            if self.column_type is None or not record.exists():
                raise missing_error(record)
            column[id_] = None
            return None
        if self.store and isinstance(id_, NewId) and id_.origin and not (self.compute and self.readonly):
            value = self.convert_to_cache(record._origin[self.name], record, validate=False)
            return column.setdefault(id_, value)
        if self.compute:
            if record.env.is_protected(self, record):
                column[id_] = self.empty
                return self.empty
            records = (
                record
                if self.recursive or not record.env.context.get("prefetch_fields", True)
                else with_companions(record, column)
            )
            compute_for(self, record, records)
            if id_ not in column:
                self.missing_assignment(record)
                return column[id_]
            return column[id_]
        return self.load_default(record, id_)

    def missing_assignment(self, record: Recordset) -> None:
        """The compute method gave `record` no value: an error, but for records without a row."""
        if record._ids[0] or not self.store:
            raise ValueError(
                f"{self}: compute method {getattr(self.compute, '__name__', self.compute)!r} failed to assign {record};"
                " it must assign the field on every record of self"
            )
        record.env.columns[self][record._ids[0]] = self.empty

    def load_default(self, record: Recordset, id_: Id) -> Any:
        """The value of a record without row that nobody has set."""
        column = record.env.columns[self]
        column[id_] = self.empty
        if not id_ and self.default is not None:
            defaults = record.browse()._defaults_for([self.name])
            if self.name in defaults:
                column[id_] = self.convert_to_cache(defaults[self.name], record)
        return column[id_]

    def mapped(self, records: Recordset) -> Any:
        """The values of `records` in record format; a recordset (their union) for relations."""
        if not records._ids:
            return []
        if self.is_recomputed and self in records.env.transaction.stale:
            self.recompute(records)
        column = records.env.columns[self]
        convert = self.convert_to_record
        values = []
        for id_ in records._ids:
            if id_ not in column:
                record = records.browse((id_,)).with_prefetch(records._prefetch_ids)
                self.load(record, id_)
            values.append(convert(column[id_], records))
        return values

    def __set__(self, records: Any, value: Any) -> None:
        env = records.env
        protected = env.protected_ids(self)
        if protected and protected.issuperset(records._ids):
            self.write(records, value)
            return
        real: list[Any] = []
        new: list[Any] = []
        held: list[Any] = []
        for id_ in records._ids:
            (held if id_ in protected else real if id_ else new).append(id_)
        if held:
            self.write(records.browse(held), value)
        if new:
            self._set_new(records.browse(new), value)
        if real:
            records = records.browse(real)
            records.write({self.name: self.convert_to_write(self.convert_to_cache(value, records), records)})

    def _set_new(self, records: Recordset, value: Any) -> None:
        """Assign on records without rows: nothing is checked, dependents become stale."""
        env = records.env
        with env.protecting(records.pool.field_computed.get(self, (self,)), records):
            if self.relational:
                records.modified([self.name], before=True)
            self.write(records, value)
            records.modified([self.name])
        if self.inherited:
            parents = records[self.related.split(".")[0]]
            parents.filtered(lambda parent: not parent.id)[self.name] = value

    # -- computing -----------------------------------------------------------------------------------------------------
    def recompute(self, records: Recordset) -> None:
        """Compute those of `records` that are stale; a single one takes the stale ones of its prefetch along."""
        env = records.env
        stale: Collection[Any] | None = env.transaction.stale.get(self)
        if not stale:
            return
        if self.recursive:
            for record in records:
                if record._ids[0] in env.transaction.stale.get(self, ()):
                    self.compute_value(record)
            return
        for id_ in records._ids:
            stale = env.transaction.stale.get(self)
            if not stale:
                return
            if id_ not in stale:
                continue
            kind = bool(id_)
            # Not together with records that have no row yet: reading what the others need would write these too soon.
            unborn = env.transaction.unborn.get(records._name, ())
            born = id_ not in unborn
            ids = [id_, *[o for o in stale if o != id_ and bool(o) is kind and (o not in unborn) is born]]
            compute_existing(self, records.browse(ids[:PREFETCH_MAX]))

    def compute_value(self, records: Recordset) -> None:
        """Call the compute method on `records`; all fields it computes are protected meanwhile."""
        env = records.env
        if self.compute_sudo:
            records = records.sudo()
        fields = records.pool.field_computed[self]
        for field in fields:
            if field.store:
                env.remove_to_compute(field, records)
        try:
            with env.protecting(fields, records):
                records._compute_field_value(self)
        except BaseException:
            for field in fields:
                if field.store:
                    env.add_to_compute(field, records)
            raise

    def determine_inverse(self, records: Recordset) -> None:
        """Call the inverse method on `records`."""
        call(self.inverse, records)

    def determine_domain(self, records: Recordset, operator: str, value: Any) -> Any:
        """The domain that stands for `(self, operator, value)`, given by the search method."""
        return call(self.search, records, operator, value)

    # -- formats -------------------------------------------------------------------------------------------------------
    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        """From write or record format to cache format; `validate`: refuse what the field does not allow."""
        return None if value is False else value

    def convert_at_creation(self, value: Any, record: Recordset) -> Any:
        """The same for a record that is being created, whose other values are in the cache (if `needs_row`)."""
        return self.convert_to_cache(value, record)

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return False if value is None else value

    def convert_to_record_multi(self, values: Sequence[Any], records: Recordset) -> Sequence[Any]:
        return [self.convert_to_record(value, record) for value, record in zip(values, records, strict=True)]

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        return False if value is None else value

    def convert_to_write(self, value: Any, record: Recordset) -> Any:
        """From cache or record format to what `write` takes."""
        cached = self.convert_to_cache(value, record, validate=False)
        return self.convert_to_read(self.convert_to_record(cached, record), record)

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return value if value else ""

    def convert_to_display_name(self, value: Any, record: Recordset) -> Any:
        return str(value) if value else False

    def convert_to_column(self, value: Any, record: Recordset, values: Any = None, validate: bool = True) -> Any:
        """From write format to what the driver is given."""
        return self.to_column(self.convert_to_cache(value, record, validate), record.env)

    convert_to_column_insert = convert_to_column

    def convert_to_column_update(self, value: Any, record: Recordset) -> Any:
        return self.convert_to_column(value, record)

    def to_column(self, value: Any, env: Environment) -> Any:
        """From cache format to what the driver is given."""
        return value

    def to_columns(self, values: Mapping[Id, Any], ids: Sequence[Any], env: Environment) -> list[Any]:
        """From cache format to what the driver is given, for the rows `ids`; a row without value is empty."""
        convert = self.to_column
        if convert.__func__ is Field.to_column:  # type: ignore[attr-defined]
            return list(map(values.get, ids))
        return [None if (value := values.get(id_)) is None else convert(value, env) for id_ in ids]

    from_column: Callable[[Any], Any] | None = None
    """From what the driver answers to cache format; None if they are the same."""

    def read_column(self, records: Recordset) -> list[Any] | None:
        """Values of `records` in read format, column-wise, all being in the cache; None where one by one is needed."""
        return None

    # -- tables --------------------------------------------------------------------------------------------------------
    def read(self, records: Recordset) -> None:
        """Fetch the values of a stored field that has no column."""
        raise NotImplementedError(f"{self}: a stored field without column must say how it is read")

    def create(self, record_values: Collection[tuple[Recordset, Any]]) -> None:
        """Set the value of a field without column on records just created."""
        for record, value in record_values:
            self.write(record, value)

    def write(self, records: Recordset, value: Any) -> None:
        """Set `value` on `records` in the cache and mark it dirty if it is stored; no checks, no dependents."""
        env = records.env
        if self.is_recomputed and self in env.transaction.stale:
            env.remove_to_compute(self, records)
        cached = self.convert_to_cache(value, records)
        column = env.columns[self]
        ids = [id_ for id_ in records._ids if column.get(id_, DEFAULT) != cached or id_ not in column]
        if ids:
            column.update(dict.fromkeys(ids, cached))
            if self.has_column:
                env.cache.mark_dirty(env, self, ids)

    # -- description ---------------------------------------------------------------------------------------------------
    def is_accessible(self, env: Environment) -> bool:
        """Whether the user of `env` may see the field at all."""
        return not self.groups or env.su or env.user.has_groups(self.groups)

    def bound(self, model: Any) -> None:
        """Called on the bound field once its attributes are set; no other field is ready."""

    def prepare(self, model: Recordset) -> None:
        """Called when all fields are bound, to complete what depends on other fields."""

    def get_description(self, env: Environment, attributes: Collection[str] | None = None) -> dict[str, Any]:
        """What `fields_get` tells of the field."""
        return describe(self, env, attributes)

    def _description_string(self, env: Environment) -> Any:
        return self.get_description(env, ("string",))["string"]

    def _description_help(self, env: Environment) -> Any:
        return self.get_description(env, ("help",)).get("help")

    def description_value(self, key: str, env: Environment) -> Any:
        """One entry of the description; None leaves it out."""
        value = getattr(self, key, None)
        return None if value in (None, "") and key not in ("name", "type") else value

    def is_editable(self) -> bool:
        return not self.readonly

    def get_depends(self, model: Any) -> tuple[Iterable[str], Iterable[str]]:
        """Field paths and context keys on which the value depends."""
        if self._depends is not None:
            return self._depends, self._depends_context or ()
        if self.related:
            return [self.related], ()
        if not self.compute:
            return (), self._depends_context or ()
        if isinstance(self.compute, str):
            functions = resolve_mro(model, self.compute)
        else:
            functions = [self.compute]
        depends: list[str] = []
        context: list[str] = []
        for function in functions:
            names = getattr(function, "_depends", ())
            depends.extend(names(model) if callable(names) else names)
            context.extend(getattr(function, "_depends_context", ()))
        return depends, context

    _depends: Sequence[str] | None = None
    _depends_context: Sequence[str] | None = None

    def get_company_dependent_fallback(self, records: Recordset) -> Any:
        """The value, in record format, for companies that have none: the default set for the company."""
        assert self.company_dependent, self
        fallback = (
            records.env["ir.default"]
            .with_user(1)
            .with_company(records.env.company)
            ._get_model_defaults(records._name)
            .get(self.name)
        )
        return self.convert_to_record(self.convert_to_cache(fallback, records, validate=False), records)

    def traverse_related(self, record: Recordset) -> tuple[Recordset, Field[Any]]:
        """The record at the end of the related path, and the field read there."""
        *path, _last = self.related.split(".")
        for name in path:
            found = record[name]
            record = found if len(found._ids) < 2 else found[:1]  # a single one keeps its prefetch
        assert self.related_field is not None
        return record, self.related_field
