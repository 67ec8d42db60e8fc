"""How do records come into being: defaults, rows, and what follows from them?

Ids are taken from the sequence first, values go into the cache, stored computed fields that can be known are computed,
and then one INSERT writes the rows. Until that INSERT the records are *unborn*; whoever must read the table flushes
them first (`flush`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fondaco.errors import UserError
from fondaco.orm.commands import Command
from fondaco.orm.constraints import translate_integrity_error
from fondaco.orm.decorators import model, model_create_multi
from fondaco.orm.fields.base import DEFAULT, Field
from fondaco.orm.flush import is_same, parameter, plain_parameter, rows_from_json, without_idle
from fondaco.orm.inverses import run_inverses
from fondaco.orm.recordset import Recordset
from fondaco.orm.verdicts import PLAIN_TYPES
from fondaco.sql.fragment import SQL
from fondaco.values.collections import OrderedSet

if TYPE_CHECKING:
    from typing import Self

Given = frozenset[Field[Any]]
MOST_ROW_SHAPES = 2000
"""So many INSERT statements of one row are remembered."""


class Creating(Recordset):
    """Facet: default_get, create."""

    __slots__ = ()

    # -- defaults ------------------------------------------------------------------------------------------------------
    @model
    def default_get(self, fields_list: Sequence[str]) -> dict[str, Any]:
        """{name: default in write format} of those of `fields_list` that have one and that the user may see."""
        defaults: dict[str, Any] = {}
        parents: dict[str, list[str]] = {}
        context = self.env.context
        user_defaults = self.env["ir.default"]._get_model_defaults(self._name)
        in_context = {key.removeprefix("default_") for key in context if key.startswith("default_")}
        possible = self.pool.names_with_default(self._name)
        if in_context or user_defaults:
            possible = possible | in_context | user_defaults.keys()
        for name in [name for name in fields_list if name in possible]:
            field = self._fields.get(name)
            if field is not None and field.groups and self._is_hidden(name):
                continue
            if name in in_context:
                value = context["default_" + name]
            elif field is None:
                continue
            elif name in user_defaults and not field.company_dependent:
                value = user_defaults[name]
            elif field.default is not None:
                if field.default_constant is not DEFAULT and field.type in PLAIN_TYPES:
                    defaults[name] = self.pool.constant_default(field, self)
                    continue
                value = field.default(self) if field.default_constant is DEFAULT else field.default_constant
            else:
                if field.inherited:
                    parents.setdefault(field.related.split(".")[0], []).append(field.related.split(".")[1])
                continue
            # values of clients may have any shape: pass them through the field
            if field is not None:
                value = field.convert_to_write(field.convert_to_cache(value, self, validate=False), self)
            defaults[name] = value
        for link, names in parents.items():
            defaults.update(self.env[self._fields[link].comodel_name].default_get(names))
        return defaults

    def _add_missing_default_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """`values` with the defaults of the fields that they do not give."""
        result = dict(self._defaults_for(list(self.pool.names_to_complete(self._name, frozenset(values)))))
        for name, value in result.items():
            field = self._fields[name]
            if field.type == "many2many" and value and not isinstance(value[0], list | tuple):
                result[name] = [(6, 0, list(value))]
            elif field.type == "one2many" and value and isinstance(value[0], dict):
                result[name] = [(0, 0, vals) for vals in value]
        result.update(values)
        return result

    def _defaults_for(self, names: Sequence[str]) -> dict[str, Any]:
        """Defaults of a new record; those of hidden fields too, but never as the caller's context wants them."""
        defaults = self.default_get(names) if names else {}
        grouped = self.pool.names_with_groups(self._name).intersection(names)
        hidden = [name for name in names if name in grouped and name not in defaults and self._is_hidden(name)]
        if hidden:
            wanted = {f"default_{name}" for name in hidden}
            context = {key: value for key, value in self.env.context.items() if key not in wanted}
            defaults.update(self.with_context(context).sudo().default_get(hidden))
        return defaults

    def _is_hidden(self, name: str) -> bool:
        """Whether only other groups than those of the user may see the field."""
        field = self._fields.get(name)
        return field is not None and bool(field.groups) and not field.is_accessible(self.env)

    # -- create --------------------------------------------------------------------------------------------------------
    @model_create_multi
    def create(self, vals_list: Sequence[Mapping[str, Any]]) -> Self:
        """Create a record for each dict; answers them in the same order."""
        if not vals_list:
            return self.browse()
        self = self.browse()  # only the model matters
        self.check_access("create")
        prepared = self._prepare_create_values(vals_list)
        if not self.env.su:
            self._check_given_fields(vals_list)
        batch = [self._sorted_out(vals) for vals in prepared]
        self._create_parents(batch)
        records = self._create(batch)
        self._after_insert(records, batch)
        return records

    def _prepare_create_values(self, vals_list: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The dicts without what users may not set, and with defaults."""
        bad = {"id", "parent_path"}
        if self._log_access and not (self.env.uid == 1 and not self.pool.ready):
            bad.update(("create_uid", "create_date", "write_uid", "write_date"))
        result = []
        for given in vals_list:
            vals = self._add_missing_default_values(given)
            for name in bad & vals.keys():
                del vals[name]
            result.append(vals)
        return result

    def _check_given_fields(self, vals_list: Sequence[Mapping[str, Any]]) -> None:
        names = OrderedSet(name for vals in vals_list for name in vals)
        if any(self._fields[name].groups for name in names if name in self._fields):
            self.check_field_access_rights("create", list(names))

    def _sorted_out(self, vals: Mapping[str, Any]) -> CreateValues:
        """Part the values of one record by what is done with them."""
        parts = CreateValues()
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None:
                raise ValueError(f"Invalid field {name!r} on model {self._name!r}")
            parts.given[field] = value
            if field.inherited:
                parts.inherited.setdefault(field.related_field.model_name, {})[field.related.split(".")[1]] = value  # type: ignore[union-attr]
            elif field.has_column:
                parts.columns[field] = value
            elif field.store and not (field.relational and not field.compute and _links_nothing(value)):
                parts.others[field] = value
            if field.inverse and not field.inherited:
                parts.inverses.append(field)
        return parts

    def _create_parents(self, batch: Sequence[CreateValues]) -> None:
        """Create, or write on, the records that these delegate to."""
        for parent_name, link in self._inherits.items():
            field = self._fields[link]
            to_create = []
            for parts in batch:
                values = parts.inherited.get(parent_name, {})
                parent_id = parts.columns.get(field)
                if parent_id:
                    if values:
                        self.env[parent_name].browse(parent_id).write(values)
                else:
                    to_create.append((parts, values))
            if to_create:
                parents = self.env[parent_name].create([values for _parts, values in to_create])
                for (parts, _values), parent in zip(to_create, parents, strict=True):
                    parts.columns[field] = parent.id
                    parts.given[field] = parent.id

    def _create(self, data_list: Sequence[CreateValues]) -> Self:
        """Ids, values in the cache, computations that are possible, one INSERT."""
        env = self.env
        if not self._auto and self._abstract:
            raise UserError(f"{self._name}: an abstract model has no records to create")
        ids = self._take_ids(len(data_list))
        records = self.browse(ids)
        values = self._column_values(records, data_list)
        for field, column in values.items():
            env.columns[field].update(zip(ids, column, strict=True))
        self._fill_empty(records, data_list)
        env.transaction.unborn.setdefault(self._name, {}).update(dict.fromkeys(ids))
        self._compute_early(records, _given(data_list))
        self._insert_unborn()
        return records

    def _fill_empty(self, records: Self, data_list: Sequence[CreateValues]) -> None:
        """What lies outside the table is known to be empty: no relation, no file, no value of a company's own."""
        env, ids = self.env, records._ids
        for field in self._fields.values():
            if not field.store:
                continue
            if field.company_dependent:
                self._fill_company_dependent(field, records, data_list)
            elif field.has_column:
                continue
            elif field.relational:
                env.columns[field].update(dict.fromkeys(ids, ()))
            elif field.type == "binary":
                env.columns[field].update(dict.fromkeys(ids))

    def _fill_company_dependent(self, field: Field[Any], records: Self, data_list: Sequence[CreateValues]) -> None:
        """Given values go to the company in force; the others answer the default set for it."""
        env = self.env
        given = [id_ for id_, parts in zip(records._ids, data_list, strict=True) if field in parts.columns]
        if given:
            env.cache.mark_dirty(env, field, given)
        if len(given) < len(records._ids) and self.pool.ready:
            fallback = field.get_company_dependent_fallback(self)
            cached = field.convert_to_cache(fallback, self, validate=False)
            column = env.columns[field]
            for id_ in records._ids:
                if id_ not in given:
                    column[id_] = cached

    def _take_ids(self, count: int) -> tuple[int, ...]:
        """`count` new ids, ascending."""
        # Tables that share their ids (the actions) take them from one sequence.
        sequence = f"{getattr(self, '_table_parent', None) or self._table}_id_seq"
        if count == 1:
            rows = self.env.cr.fetch(SQL("SELECT nextval(%s::text::regclass)", f'"{sequence}"'))
        else:
            rows = self.env.cr.fetch(
                SQL("SELECT nextval(%s::text::regclass) FROM generate_series(1, %s)", f'"{sequence}"', count)
            )
        return tuple(row[0] for row in rows)

    def _column_values(self, records: Self, data_list: Sequence[CreateValues]) -> dict[Field[Any], list[Any]]:
        """{field: cache values in order of the records} for every column of the table."""
        env = self.env
        now, uid = env.cr.now(), env.uid
        magic = {"create_uid": uid, "write_uid": uid, "create_date": now, "write_date": now} if self._log_access else {}
        given = {field for parts in data_list for field in parts.columns}
        result: dict[Field[Any], list[Any]] = {}
        late = []
        for name, field in self._fields.items():
            if not field.has_column or name == "id":
                continue
            if name in magic:
                overrides = [parts.columns.get(field, magic[name]) for parts in data_list]
                result[field] = [field.convert_to_cache(value, records, validate=False) for value in overrides]
            elif field not in given:
                # of a company's own, the default of each company holds; the first company itself has none to ask
                if not field.company_dependent:
                    result[field] = [None] * len(data_list)
            elif field.needs_row:
                late.append(field)
            else:
                result[field] = self._convert_column(field, records, data_list)
        if late:
            for field, column in result.items():
                env.columns[field].update(zip(records._ids, column, strict=True))
            for field in late:
                result[field] = [
                    field.convert_at_creation(parts.columns[field], record) if field in parts.columns else None
                    for record, parts in zip(records, data_list, strict=True)
                ]
        return result

    def _convert_column(self, field: Field[Any], records: Self, data_list: Sequence[CreateValues]) -> list[Any]:
        convert = field.convert_to_cache
        model = self
        if field.type in ("reference", "many2one_reference"):
            return [
                convert(parts.columns[field], record) if field in parts.columns else None
                for record, parts in zip(records, data_list, strict=True)
            ]
        if field.type == "selection":
            values = [parts.columns.get(field) for parts in data_list]
            # few words, and which of them are allowed may have to be asked for
            words = {value: convert(value, model) for value in {value for value in values if isinstance(value, str)}}
            return [words[value] if isinstance(value, str) else convert(value, model) for value in values]
        return [convert(parts.columns[field], model) if field in parts.columns else None for parts in data_list]

    def _compute_early(self, records: Self, given: Sequence[Given]) -> None:
        """Compute the stored fields that nobody gave, before the rows are written, so that they are written once."""
        env = self.env
        stale = []
        for field in self._early_fields(given):
            if todo := _not_given(records, field, given):
                env.add_to_compute(field, todo)
                stale.append(field)
        if not stale:
            return
        # Required ones first: should a computation have to read the table, the rows can be written.
        stale.sort(key=lambda field: not field.required)
        with env.protecting(self._given_pairs(records, given)):
            for field in stale:
                self._recompute_field(field, records._ids)

    def _early_fields(self, given: Sequence[Given]) -> list[Field[Any]]:
        """Stored computed fields that the values at hand decide: they need no relation or file that is still to be
        set."""
        coming = set().union(*given)
        return [
            field
            for field, needs in self.pool.computed_at_creation(self._name).items()
            if field.has_column and needs.isdisjoint(coming)
        ]

    def _stays_empty(self, field: Field[Any], needs: frozenset[Field[Any]], given: Sequence[Given]) -> bool:
        """Whether a file derived from another has none to be derived from."""
        return bool(field.type == "binary" and field.related and needs and needs.isdisjoint(set().union(*given)))

    def _given_pairs(self, records: Self, given: Sequence[Given]) -> Iterable[tuple[Iterable[Field[Any]], Self]]:
        """(fields, records) to protect: computed fields whose value the caller gave."""
        by_fields: dict[Given, list[Any]] = {}
        computed = {names: frozenset(f for f in names if f.compute and f.store) for names in dict.fromkeys(given)}
        for id_, names in zip(records._ids, given, strict=True):
            if computed[names]:
                by_fields.setdefault(computed[names], []).append(id_)
        return [(fields, records.browse(tuple(ids))) for fields, ids in by_fields.items()]

    def _insert_unborn(self) -> None:
        """INSERT the rows of the model's unborn records, with what the cache has of them."""
        env = self.env
        ids = tuple(env.transaction.unborn.pop(self._name, ()))
        if not ids:
            return
        fields = [f for f in self._fields.values() if f.has_column and f.name != "id"]
        columns, filled = [], []
        for field in fields:
            if field.company_dependent:
                if not (keyed := env.cache.keyed.get(field)):
                    continue
                values = without_idle(env, field, [keyed.get(id_) for id_ in ids])
            else:
                column = env.columns[field]
                if len(ids) == 1 and column.get(ids[0]) is None:
                    continue
                values = field.to_columns(column, ids, env)
                if field.json_key is not None:
                    texts = env.cache.keyed.get(field, {})
                    values = [_keyed(env, field, value, texts.get(id_)) for id_, value in zip(ids, values, strict=True)]
            columns.append(values)
            filled.append(field)
        used = [i for i, values in enumerate(columns) if values.count(None) < len(values)]
        fields, columns = [filled[i] for i in used], [columns[i] for i in used]
        if len(ids) == 1:
            code = _row_code(self._table, tuple([(field.name, field.column_cast) for field in fields]))
            statement = SQL(code, ids[0], *map(plain_parameter, fields, [column[0] for column in columns]))
        else:
            names = SQL(", ").join([SQL.identifier("id"), *(SQL.identifier(field.name) for field in fields)])
            table = SQL.identifier(self._table)
            varying = [field for field, column in zip(fields, columns, strict=True) if not is_same(column)]
            terms = [SQL.identifier("id")]
            terms += [
                SQL.identifier(f.name) if f in varying else parameter(f, column[0])
                for f, column in zip(fields, columns, strict=True)
            ]
            rows = rows_from_json(varying, ids, [columns[fields.index(field)] for field in varying], "_new")
            statement = SQL("INSERT INTO %s (%s) SELECT %s FROM %s", table, names, SQL(", ").join(terms), rows)
        with translate_integrity_error(self):
            env.cr.run(statement)
        for field in fields:
            env.cache.undirty(field, ids)

    def _after_insert(self, records: Self, batch: Sequence[CreateValues]) -> None:
        """x2many values, inverses of computed fields, dependents, constraints, rights."""
        env = self.env
        given = _given(batch)
        protected = list(self._given_pairs(records, given))
        with env.protecting(protected):
            records.modified(self.pool.created_names(self._name), create=True)
            self._mark_uncomputed(records, given)
            self._link_inverses(records, batch)
            self._create_others(records, batch)
            if self._parent_store:
                records._parent_store_create()
            run_inverses(records, batch)
        names = OrderedSet(field.name for names in dict.fromkeys(given) for field in names)
        records._validate_fields(self._fields)  # a missing value may be what is wrong
        if self._check_company_auto:
            records._check_company(list(names))
        if not env.su:
            records.check_access("create")

    def _mark_uncomputed(self, records: Self, given: Sequence[Given]) -> None:
        """Stored computed fields that could not be computed before the INSERT are stale now."""
        early = set(self._early_fields(given))
        for field, needs in self.pool.computed_at_creation(self._name).items():
            if field in early or self._stays_empty(field, needs, given):
                continue
            self.env.add_to_compute(field, _not_given(records, field, given))

    def _link_inverses(self, records: Self, batch: Sequence[CreateValues]) -> None:
        """Add the records to the cached one2many values of the records that they point to."""
        env = self.env
        field_inverses = self.pool.field_inverses
        for field in OrderedSet(field for parts in batch for field in parts.columns if field in field_inverses):
            for inverse in field_inverses[field]:
                column = env.columns[field]
                targets = env.cache.column(env, inverse)
                for id_ in records._ids:
                    owner = column.get(id_)
                    if owner is not None and owner in targets:
                        inverse.add_to_cached(targets, owner, self.browse(id_))

    def _create_others(self, records: Self, batch: Sequence[CreateValues]) -> None:
        """x2many and other fields without column."""
        fields = OrderedSet(field for parts in batch for field in parts.others)
        for field in sorted(fields, key=lambda f: f.write_sequence):
            pairs = [
                (record, parts.others[field])
                for record, parts in zip(records, batch, strict=True)
                if field in parts.others
            ]
            field.create(pairs)
            done = self.browse(tuple(record._ids[0] for record, _value in pairs))
            done.modified([field.name], create=False)

    # -- create by other means -----------------------------------------------------------------------------------------
    @model
    def name_create(self, name: str) -> tuple[int, str] | bool:
        """Create a record with only its name; (id, name)."""
        if not self._rec_name:
            return False
        record = self.create([{self._rec_name: name}])
        return record.id, record.display_name


class CreateValues:
    """The values of one record to create, parted by what is done with them."""

    __slots__ = ("columns", "given", "inherited", "inverses", "others")

    def __init__(self) -> None:
        self.given: dict[Field[Any], Any] = {}
        self.columns: dict[Field[Any], Any] = {}
        self.others: dict[Field[Any], Any] = {}
        self.inherited: dict[str, dict[str, Any]] = {}
        self.inverses: list[Field[Any]] = []


def _given(batch: Sequence[CreateValues]) -> list[Given]:
    """The fields that have a value, for each record; rows of one shape share one set."""
    shapes: dict[tuple[Field[Any], ...], Given] = {}
    return [shapes.setdefault(shape, frozenset(shape)) for shape in (tuple(parts.given) for parts in batch)]


def _not_given(records: Any, field: Field[Any], given: Sequence[Given]) -> Any:
    return records.browse(tuple([id_ for id_, names in zip(records._ids, given, strict=True) if field not in names]))


@lru_cache(MOST_ROW_SHAPES)
def _row_code(table: str, columns: tuple[tuple[str, str], ...]) -> str:
    """INSERT of one row: its id and the values of `columns`, pairs of name and type."""
    names = SQL(", ").join(SQL.identifier(name) for name in ("id", *(name for name, _type in columns)))
    marks = ", ".join(["%s", *(f"%s::{type_}" for _name, type_ in columns)])
    return f"INSERT INTO {SQL.identifier(table).code} ({names.code}) VALUES ({marks})"


def _links_nothing(value: Any) -> bool:
    """Whether a new record that is given this as its x2many value is linked to nothing."""
    if isinstance(value, list | tuple):
        return all(
            isinstance(command, list | tuple)
            and (command[0] == Command.CLEAR or (command[0] == Command.SET and not any(command[2:])))
            for command in value
        )
    return not value


def _keyed(env: Any, field: Field[Any], value: Any, texts: dict[str, Any] | None) -> Any:
    """A jsonb value by language, from the value of the current one and what is known of others."""
    if value is None:
        return None
    assert field.json_key is not None
    return {"en_US": value, field.json_key(env): value, **(texts or {})}
