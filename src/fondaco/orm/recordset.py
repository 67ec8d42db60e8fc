"""Which records are these, and what can be asked of an ordered set of them?

Identity, iteration, set algebra, mapping, and the change of environment. A recordset is immutable: a class (of the
registry's model), an environment, a tuple of ids, and the ids with which it is fetched. The class declares the calls
that the other facets make on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Reversible, Sequence
from contextlib import nullcontext
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.domain.predicate import filtered as ids_matching
from fondaco.errors import MissingError
from fondaco.orm.decorators import model
from fondaco.orm.environment import Environment
from fondaco.orm.identity import Id, NewId, origin_ids
from fondaco.values.collections import OrderedSet, frozendict

if TYPE_CHECKING:
    from typing import Self

    from fondaco.orm.fields.base import Field
    from fondaco.sql.cursor import Cursor
    from fondaco.sql.fragment import SQL

X2MANY = ("one2many", "many2many")


class Recordset:
    """An ordered set of records of one model, in an environment."""

    __slots__ = ("_ids", "_prefetch_ids", "env")

    env: Environment
    _ids: tuple[Id, ...]
    _prefetch_ids: Reversible[Id]

    # set by registry/build on the class of each model
    pool: ClassVar[Any] = None
    _name: ClassVar[str] = ""
    _table: ClassVar[str] = ""
    _description: ClassVar[str] = ""
    _fields: ClassVar[dict[str, Field[Any]]] = {}
    _order: ClassVar[str] = "id"
    _rec_name: ClassVar[str | None] = None
    _active_name: ClassVar[str | None] = None
    _log_access: ClassVar[bool] = False
    _inherits: ClassVar[Mapping[str, str]] = frozendict()

    def __init__(self, env: Environment, ids: tuple[Id, ...], prefetch_ids: Reversible[Id]) -> None:
        self.env = env
        self._ids = ids
        self._prefetch_ids = prefetch_ids

    # -- making --------------------------------------------------------------------------------------------------------
    def browse(self, ids: Any = ()) -> Self:
        """The records `ids` (one id, or an iterable), whether they exist or not."""
        if type(ids) is int or type(ids) is NewId:
            ids = (ids,)
        elif not ids:
            ids = ()
        elif type(ids) is not tuple:
            if isinstance(ids, str):
                raise TypeError(f"{self._name}.browse({ids!r}): expected ids")
            ids = (ids,) if isinstance(ids, int | NewId) else tuple(ids)
        return self.__class__(self.env, ids, ids)

    def with_env(self, env: Environment) -> Self:
        return self.__class__(env, self._ids, self._prefetch_ids)

    def sudo(self, flag: bool = True) -> Self:
        """The same records with (`flag`) or without the rights of the superuser; the user stays."""
        assert isinstance(flag, bool)
        return self if flag == self.env.su else self.with_env(self.env(su=flag))

    def with_user(self, user: Any) -> Self:
        """The same records in the name of another user, without superuser rights."""
        return self.with_env(self.env(user=user, su=False)) if user else self

    def with_company(self, company: Any) -> Self:
        """The same records with another main company (falsy: no change)."""
        if not company:
            return self
        company_id = int(company)
        allowed = self.env.context.get("allowed_company_ids") or []
        if allowed and company_id == allowed[0]:
            return self
        ids = [company_id, *(id_ for id_ in allowed if id_ != company_id)]
        return self.with_context(allowed_company_ids=ids)

    def with_context(self, *args: Any, **kwargs: Any) -> Self:
        """The same records with the context given, or with keys added to theirs."""
        context = dict(args[0] if args else self.env.context, **kwargs)
        if "force_company" in context:
            context.pop("force_company")
        if "allowed_company_ids" not in context and "allowed_company_ids" in self.env.context:
            context["allowed_company_ids"] = self.env.context["allowed_company_ids"]
        if context == self.env.context:
            return self  # as the environment of an equal context is the same
        return self.with_env(self.env(context=context))

    def with_prefetch(self, prefetch_ids: Any = None) -> Self:
        """The same records, fetched together with `prefetch_ids` (default: themselves)."""
        return self.__class__(self.env, self._ids, self._ids if prefetch_ids is None else prefetch_ids)

    # -- identity ------------------------------------------------------------------------------------------------------
    @property
    def ids(self) -> list[int]:
        """Database ids of the records, or of those they shadow."""
        return list(origin_ids(self._ids))

    @property
    def _origin(self) -> Self:
        """The records with rows behind these."""
        ids = origin_ids(self._ids)
        return self if ids == self._ids else self.browse(ids)

    @property
    def _cr(self) -> Cursor:
        return self.env.cr

    @property
    def _uid(self) -> int | None:
        return self.env.uid

    @property
    def _context(self) -> frozendict[str, Any]:
        return self.env.context

    @property
    def _cache(self) -> RecordCache:
        return RecordCache(self)

    def ensure_one(self) -> Self:
        """Return self if it is one record; `ValueError` otherwise."""
        if len(self._ids) == 1:
            return self
        raise ValueError(f"Expected singleton: {self}")

    def __bool__(self) -> bool:
        return bool(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Self]:
        cls, env, ids = self.__class__, self.env, self._ids
        if len(ids) == 1:
            yield self
            return
        prefetch = self._prefetch_ids
        for id_ in ids:
            yield cls(env, (id_,), prefetch)

    def __reversed__(self) -> Iterator[Self]:
        cls, env = self.__class__, self.env
        for id_ in reversed(self._ids):
            yield cls(env, (id_,), self._prefetch_ids)

    def __contains__(self, item: object) -> bool:
        if isinstance(item, Recordset):
            if item._name == self._name:
                return len(item) == 1 and item._ids[0] in self._ids
            raise TypeError(f"inconsistent models in: {item} in {self}")
        if isinstance(item, str):
            return item in self._fields
        raise TypeError(f"unsupported operand types in: {item!r} in {self}")

    def __int__(self) -> int:
        return int(self.id or 0)

    def __repr__(self) -> str:
        return f"{self._name}{self._ids!r}"

    def __hash__(self) -> int:
        return hash((self._name, frozenset(self._ids)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Recordset):
            return self._name == other._name and (self._ids == other._ids or set(self._ids) == set(other._ids))
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        if isinstance(other, Recordset) and other._name == self._name:
            return set(self._ids) < set(other._ids)
        return NotImplemented

    def __le__(self, other: object) -> bool:
        if isinstance(other, Recordset) and other._name == self._name:
            # an empty set is below all: spares a common pattern the comparison
            return not self or self in other if len(self) <= 1 else set(self._ids) <= set(other._ids)
        return NotImplemented

    def __gt__(self, other: object) -> bool:
        if isinstance(other, Recordset) and other._name == self._name:
            return set(self._ids) > set(other._ids)
        return NotImplemented

    def __ge__(self, other: object) -> bool:
        if isinstance(other, Recordset) and other._name == self._name:
            return set(self._ids) >= set(other._ids)
        return NotImplemented

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._fields[key].__get__(self, type(self))
        if isinstance(key, slice):
            return self.browse(self._ids[key])
        return self.browse((self._ids[key],))

    def __setitem__(self, key: str, value: Any) -> None:
        self._fields[key].__set__(self, value)

    # -- set algebra ---------------------------------------------------------------------------------------------------
    def _same_model(self, others: Iterable[Any], operation: str) -> None:
        for other in others:
            if not isinstance(other, Recordset):
                raise TypeError(f"unsupported operand types in: {self} {operation} {other!r}")
            if other._name != self._name:
                raise TypeError(f"inconsistent models in: {self} {operation} {other}")

    def concat(self, *args: Any) -> Self:
        """Self followed by `args`, ids as often as they come."""
        self._same_model(args, "+")
        ids = list(self._ids)
        for arg in args:
            ids.extend(arg._ids)
        return self.browse(tuple(ids))

    def union(self, *args: Any) -> Self:
        """Self followed by `args`, each id once."""
        self._same_model(args, "|")
        ids: OrderedSet[Id] = OrderedSet(self._ids)
        for arg in args:
            ids.update(arg._ids)
        return self.browse(tuple(ids))

    def __add__(self, other: Any) -> Self:
        return self.concat(other)

    def __or__(self, other: Any) -> Self:
        return self.union(other)

    def __sub__(self, other: Any) -> Self:
        self._same_model((other,), "-")
        without = set(other._ids)
        return self.browse(tuple(id_ for id_ in self._ids if id_ not in without))

    def __and__(self, other: Any) -> Self:
        self._same_model((other,), "&")
        within = set(other._ids)
        return self.browse(tuple(OrderedSet(id_ for id_ in self._ids if id_ in within)))

    # -- mapping -------------------------------------------------------------------------------------------------------
    def mapped(self, func: str | Callable[[Any], Any] | None) -> Any:
        """The values of a dotted field path, or of a function, on the records; a union for recordsets."""
        if not func:
            return self
        if isinstance(func, str):
            records: Any = self
            for name in func.split("."):
                records = records._fields[name].mapped(records)
            return records
        return self._mapped_func(func)

    def _mapped_func(self, func: Callable[[Any], Any]) -> Any:
        if not self:
            values = func(self)
            return values if isinstance(values, Recordset) else []
        values = [func(record) for record in self]
        if isinstance(values[0], Recordset):
            return next(iter(values)).union(*values)
        return values

    def filtered(self, func: str | Callable[[Any], Any]) -> Self:
        """The records for which the function, or the dotted field path, is true."""
        if isinstance(func, str):
            if "." in func:
                *path, last = func.split(".")
                dotted = ".".join(path)
                return self.browse(tuple(r._ids[0] for r in self if any(value[last] for value in r.mapped(dotted))))
            func = itemgetter(func)
        return self.browse(tuple(record._ids[0] for record in self if func(record)))

    def filtered_domain(self, domain: Any) -> Self:
        """The records that satisfy `domain`, in memory."""
        if not domain or not self:
            return self
        return self.concat_ids(tuple(ids_matching(domain, self)))

    def grouped(self, key: str | Callable[[Any], Any]) -> dict[Any, Self]:
        """{value: its records}, values being those of a field or a function."""
        if isinstance(key, str):
            key = itemgetter(key)
        groups: dict[Any, list[Id]] = defaultdict(list)
        for record in self:
            groups[key(record)].append(record._ids[0])
        return {value: self.__class__(self.env, tuple(ids), self._prefetch_ids) for value, ids in groups.items()}

    def sorted(self, key: Any = None, reverse: bool = False) -> Self:
        """The records ordered by a function or a field; without key by the model's `_order`."""
        if len(self._ids) < 2:
            return self
        if key is None:
            if any(self._ids):
                ids = self.search([("id", "in", self.ids)])._ids
                by_id: dict[Any, int] = {id_: position for position, id_ in enumerate(ids)}
                ordered = tuple(
                    sorted(self._ids, key=lambda id_: by_id.get(id_ or getattr(id_, "origin", 0), len(by_id)))
                )
            else:
                ordered = self._ids
            return self.browse(ordered[::-1] if reverse else ordered)
        if isinstance(key, str):
            key = itemgetter(key)
        return self.concat_ids(tuple(record._ids[0] for record in sorted(self, key=key, reverse=reverse)))

    def concat_ids(self, ids: tuple[Id, ...]) -> Self:
        """Records `ids` that keep the prefetch of these."""
        return self.__class__(self.env, ids, self._prefetch_ids)

    def update(self, values: Mapping[str, Any]) -> None:
        """Assign each of `values` on the records."""
        for name, value in values.items():
            self[name] = value

    @model
    def new(self, values: Mapping[str, Any] | None = None, origin: Any = None, ref: object = None) -> Self:
        """A record without row, with `values`; `origin`: the record it shadows."""
        if origin is not None:
            origin = origin.id
        record = self.browse((NewId(origin, ref),))
        record._update_cache(values or {}, validate=False, is_born=origin is None)
        return record

    def _update_cache(self, values: Mapping[str, Any], validate: bool = True, is_born: bool = False) -> None:
        """Put `values` into the cache of the one record, as a client gave them; inverse relations follow.

        is_born: it was made just now and shadows nothing, so that nothing of its own can be stale.
        """
        self.ensure_one()
        items = []
        for name, value in values.items():
            field = self._fields.get(name)
            if field is None:
                raise ValueError(f"Invalid field {name!r} on model {self._name!r}")
            items.append((field, value))
        env = self.env
        own = [field for field, _value in items]
        id_, columns = self._ids[0], env.columns
        relations: list[tuple[Any, Any]] = []
        for field, value in sorted(items, key=lambda item: item[0].write_sequence):
            if field.type in X2MANY:
                relations.append((field, value))
                continue
            cached = columns[field][id_] = field.convert_to_cache(value, self, validate)
            if field.relational and (validate or not id_):
                relation: Any = field
                relation.link_inverses(self, cached)
        for field, _value in relations if validate else ():
            self[field.name]  # known before it is protected: computing it would leave it empty
        given: list[tuple[Any, Recordset]] = []
        with env.protecting(own, self):
            for relation, value in relations:
                cached = columns[relation][id_] = relation.convert_to_cache(value, self, validate, given)
                if cached and (validate or not id_):
                    relation.link_inverses(self, cached)
                    is_born = False  # its lines point at it
            # what the client says of lines is not computed from what it says of the form
            with env.protecting(given) if given else nullcontext():
                self.modified([field.name for field in own], create=is_born)

    def user_has_groups(self, groups: str) -> bool:
        """Whether the current user is in one of `groups` (comma separated xmlids)."""
        return bool(self.env.user.has_groups(groups))

    def _convert_to_write(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values in cache or record format -> what `write` takes."""
        fields = self._fields
        return {
            name: fields[name].convert_to_write(value, self)
            for name, value in values.items()
            if name in fields and (fields[name].type != "many2one" or not isinstance(value, NewId))
        }

    def _convert_to_record(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values in cache format -> record format."""
        return {name: self._fields[name].convert_to_record(value, self) for name, value in values.items()}

    # -- calls that facets make on one another -------------------------------------------------------------------------
    if TYPE_CHECKING:
        id: Any
        display_name: Any
        _abstract: ClassVar[bool]
        _auto: ClassVar[bool]
        _parent_name: ClassVar[str]
        _depends: ClassVar[Mapping[str, Sequence[str]]]
        _rec_names_search: ClassVar[Sequence[str] | None]
        _parent_store: ClassVar[bool]
        _check_company_auto: ClassVar[bool]
        _constraint_methods: ClassVar[Any]
        _ondelete_methods: ClassVar[Any]

        @property
        def _table_sql(self) -> SQL: ...
        def _flush_what_it_reads(self) -> None: ...
        def search_fetch(
            self, domain: Any, field_names: Any, offset: int = 0, limit: int | None = None, order: str | None = None
        ) -> Self: ...
        def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> Self: ...
        def exists(self) -> Self: ...
        def modified(self, fnames: Iterable[str], create: bool = False, before: bool = False) -> None: ...
        def write(self, vals: Any) -> Any: ...
        def create(self, vals_list: Any) -> Self: ...
        def unlink(self) -> Any: ...
        def default_get(self, fields_list: Any) -> dict[str, Any]: ...
        def _defaults_for(self, names: Any) -> dict[str, Any]: ...
        def flush_model(self, fnames: Any = None) -> None: ...
        def flush_recordset(self, fnames: Any = None) -> None: ...
        def check_access(self, operation: str) -> None: ...
        def has_access(self, operation: str) -> bool: ...
        def _filtered_access(self, operation: str) -> Self: ...
        def _check_access(self, operation: str) -> Any: ...
        def check_field_access_rights(self, operation: str, field_names: Any) -> Any: ...
        def get_stored_translations(self, field_name: str) -> dict[str, str]: ...
        def _stored_texts(self, field_name: str) -> dict[Id, dict[str, str]]: ...
        def _insert_unborn(self) -> None: ...
        def _recompute_model(self, fnames: Iterable[str] | None = None) -> None: ...
        def _recompute_recordset(self, fnames: Iterable[str] | None = None) -> None: ...
        def _check_company(self, fnames: Iterable[str] | None = None) -> None: ...
        def _parent_store_create(self) -> None: ...
        def _parent_store_update(self) -> None: ...
        def _parent_store_update_prepare(self, vals_list: Any) -> Self: ...
        def _determine_fields_to_fetch(self, field_names: Any, ignore_when_in_cache: bool = False) -> Any: ...
        def _fetch_field(self, field: Any) -> None: ...
        def _fetch_query(self, query: Any, fields: Any) -> Self: ...
        def _compute_field_value(self, field: Any) -> None: ...
        def _recompute_field(self, field: Any, ids: Any = None) -> None: ...
        def _validate_fields(self, field_names: Iterable[str], excluded_names: Iterable[str] = ()) -> None: ...
        def _table_columns(self, names: Iterable[str], raw: bool = False) -> Any: ...
        def _select_rows(self, columns: Any, ids: Any) -> Any: ...
        def _search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> Any: ...
        def _field_to_sql(self, alias: str, fname: str, query: Any = None, flush: bool = True) -> Any: ...
        def _apply_ir_rules(self, query: Any, mode: str = "read") -> None: ...
        def _rule_sql(self, domain: Any, query: Any) -> Any: ...
        def _valid_field_parameter(self, field: Any, name: str) -> bool: ...


class RecordCache(Mapping[str, Any]):
    """The cached values of one record, in cache format, by field name."""

    __slots__ = ("_record",)

    def __init__(self, record: Recordset) -> None:
        assert len(record) == 1, f"Unexpected RecordCache({record})"
        self._record = record

    def __contains__(self, name: object) -> bool:
        field = self._record._fields[name]  # type: ignore[index]
        return self._record.env.cache.contains(self._record, field)

    def __getitem__(self, name: str) -> Any:
        field = self._record._fields[name]
        return self._record.env.cache.get(self._record, field)

    def __iter__(self) -> Iterator[str]:
        return (field.name for field in self._record.env.cache.get_fields(self._record))

    def __len__(self) -> int:
        return sum(1 for _name in self)


def missing_error(records: Recordset) -> MissingError:
    """What a user is told of records that have no row."""
    _ = records.env._
    return MissingError(
        _("Record does not exist or has been deleted.")
        + "\n"
        + _("(Record: %(record)s, User: %(user)s)", record=str(records), user=records.env.uid)
    )
