"""In whose name, on which cursor and in which context do records answer?

An environment is immutable and interned: the same (user, su, context) on a transaction is the same object. Behind all
environments of a cursor stands one `Transaction`: the cache, the stale pile (what must be recomputed) and the records
created but not yet inserted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fondaco.errors import AccessError, UserError
from fondaco.i18n.catalog import get_translated_module, get_translation
from fondaco.orm.cache import Cache, Column
from fondaco.values.collections import OrderedSet, frozendict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fondaco.orm.fields.base import Field
    from fondaco.orm.identity import Id
    from fondaco.orm.recordset import Recordset
    from fondaco.sql.cursor import Cursor
    from fondaco.sql.fragment import SQL

SUPERUSER_ID = 1
MAX_FLUSH_ROUNDS = 100


class Transaction:
    """What the environments of one cursor share. Owned by the cursor (`cr.transaction`), which flushes and clears
    it."""

    __slots__ = ("_default_env", "_protected", "cache", "envs", "registry", "stale", "unborn")

    def __init__(self, registry: Any) -> None:
        self.registry = registry
        self.envs: dict[tuple[Any, ...], Environment] = {}
        self.cache = Cache()
        self.stale: dict[Field[Any], OrderedSet[Id]] = {}
        self.unborn: dict[str, dict[int, None]] = {}
        self._protected: list[dict[Field[Any], frozenset[Id]]] = []
        self._default_env: Environment | None = None

    def __repr__(self) -> str:
        return f"<Transaction {self.registry!r} stale={len(self.stale)} {self.cache!r}>"

    @property
    def default_env(self) -> Environment | None:
        """The environment in which pending computations run: that of the first real user met."""
        return self._default_env

    def flush(self) -> None:
        """Bring every pending computation and write to the tables."""
        if self._default_env is not None:
            self._default_env.flush_all()

    def before_commit(self, cr: Any) -> None:
        """What other processes must learn goes into the same commit."""
        self.registry.announce_changes(cr)

    def after_commit(self, cr: Any) -> None:
        self.registry.changes_committed(cr)

    def after_rollback(self, cr: Any) -> None:
        self.registry.changes_undone(cr)

    def clear(self) -> None:
        """Forget cache and piles: the tables have gone back to an earlier state."""
        self.cache.invalidate()
        self.stale.clear()
        self.unborn.clear()
        self.registry.part_undone()

    def reset(self) -> None:
        """Start over, with the registry as it is now."""
        self.registry = type(self.registry).current(self.registry)
        for env in list(self.envs.values()):
            env.registry = self.registry
            env.forget_memo()
        self.clear()
        self.cache = Cache()
        for env in self.envs.values():
            env.forget_memo()


class _Columns(dict["Field[Any]", Column]):
    """Memo of an environment: field -> its column of the cache."""

    __slots__ = ("env",)

    def __init__(self, env: Environment) -> None:
        self.env = env

    def __missing__(self, field: Field[Any]) -> Column:
        cache = self.env.transaction.cache
        if field.context_keys:
            column = cache.column(self.env, field)
        elif (known := cache.plain.get(field)) is not None:
            column = known
        else:
            column = cache.plain[field] = {}
        self[field] = column
        return column


class Environment(Mapping[str, Any]):
    """Maps a model name to its empty recordset; carries cursor, user, superuser flag and context."""

    __slots__ = (
        "_companies",
        "_company",
        "_keys",
        "_user",
        "columns",
        "context",
        "cr",
        "registry",
        "su",
        "transaction",
        "uid",
    )

    cr: Cursor
    uid: int | None
    context: frozendict[str, Any]
    su: bool
    registry: Any
    transaction: Transaction
    columns: _Columns
    _keys: dict[Field[Any], object]
    _user: Any
    _company: Any
    _companies: Any

    def __new__(
        cls, cr: Cursor, uid: int | None, context: Mapping[str, Any], su: bool = False, uid_origin: int | None = None
    ) -> Environment:
        assert context is not None
        transaction = cr.transaction
        if transaction is None:
            transaction = cr.transaction = Transaction(_registry_of(cr))
        if uid == SUPERUSER_ID:
            su = True
        context = context if type(context) is frozendict else frozendict(context)
        key: tuple[Any, ...] = (uid, su, context)
        try:
            env: Environment | None = transaction.envs.get(key)
        except TypeError:  # an unhashable value in the context
            key = (uid, su, id(context))
            env = None
        if env is not None:
            return env
        self = object.__new__(cls)
        self.cr, self.uid, self.su, self.context = cr, uid, su, context
        self.transaction, self.registry = transaction, transaction.registry
        self.columns = _Columns(self)
        self._keys = {}
        self._user = self._company = self._companies = None
        transaction.envs[key] = transaction.envs[uid, su, id(context)] = self
        default = transaction._default_env
        if default is None or (default.uid is None and uid is not None):
            transaction._default_env = self
        return self

    # -- models --------------------------------------------------------------------------------------------------------
    def __getitem__(self, model_name: str) -> Any:
        try:
            return self.registry.models[model_name](self, (), ())
        except KeyError:
            raise KeyError(model_name) from None

    def __contains__(self, model_name: object) -> bool:
        return model_name in self.registry.models

    def __iter__(self) -> Iterator[str]:
        return iter(self.registry.models)

    def __len__(self) -> int:
        return len(self.registry.models)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Environment uid={self.uid} su={self.su} context={dict(self.context)!r}>"

    def __call__(
        self,
        cr: Cursor | None = None,
        user: Any = None,
        context: Mapping[str, Any] | None = None,
        su: bool | None = None,
    ) -> Environment:
        """The environment that differs from this one in what is given."""
        cr = self.cr if cr is None else cr
        uid = self.uid if user is None else int(user)
        if context is None:
            context = self.context
        su = (user is None and self.su) if su is None else su
        # By the context itself, as it nearly always is the same: to look for an equal one it must be hashed.
        transaction = cr.transaction
        known = transaction.envs.get((uid, su, id(context))) if transaction is not None else None
        return Environment(cr, uid, context, su) if known is None else known

    def ref(self, xml_id: str, raise_if_not_found: bool = True) -> Any:
        """The record of an xmlid; None if unknown and `raise_if_not_found` is false, else `ValueError`."""
        res_model, res_id = self["ir.model.data"]._xmlid_to_res_model_res_id(
            xml_id, raise_if_not_found=raise_if_not_found
        )
        if res_model and res_id:
            record = self[res_model].browse(res_id)
            if record.exists():
                return record
            if raise_if_not_found:
                raise ValueError(f"xmlid {xml_id!r}: its record is gone")
        return None

    # -- user ----------------------------------------------------------------------------------------------------------
    def is_superuser(self) -> bool:
        return self.su

    def is_admin(self) -> bool:
        return self.su or self.user._is_admin()

    def is_system(self) -> bool:
        return self.su or self.user._is_system()

    @property
    def user(self) -> Any:
        """The current user, as superuser."""
        if self._user is None:
            self._user = self(su=True)["res.users"].browse(self.uid)
        return self._user

    @property
    def company(self) -> Any:
        """The company in force: the first of `allowed_company_ids` that the user may use, else the user's own."""
        if self._company is None:
            company_ids = self.context.get("allowed_company_ids", ())
            if company_ids:
                self._require_companies(company_ids)
                self._company = self["res.company"].browse(company_ids[0])
            else:
                self._company = self["res.company"].browse(self.user._get_company_id() or ())
        return self._company

    @property
    def companies(self) -> Any:
        """The companies whose data the user works with."""
        if self._companies is None:
            company_ids = self.context.get("allowed_company_ids", ())
            if company_ids:
                self._require_companies(company_ids)
                self._companies = self["res.company"].browse(company_ids)
            else:
                self._companies = self["res.company"].browse(self.user._get_company_ids())
        return self._companies

    def _require_companies(self, company_ids: Collection[int]) -> None:
        if not self.su:
            allowed = self.user._get_company_ids()
            if any(company_id not in allowed for company_id in company_ids):
                raise AccessError(self._("You do not work in one of the companies that were asked for."))

    @property
    def lang(self) -> str | None:
        """The language of the context, if it is installed; None stands for the source language."""
        lang = self.context.get("lang")
        if lang and lang != "en_US" and not self["res.lang"]._get_data(code=lang):
            raise UserError(f"Invalid language code: {lang}")
        return lang or None

    @property
    def _lang(self) -> str:
        return (self.lang or "en_US") if not self.context.get("edit_translations") else "_" + (self.lang or "en_US")

    def _(self, source: str, *args: Any, **kwargs: Any) -> str:
        """`source` in the language of this environment, with its `%s` filled."""
        return get_translation(get_translated_module(1), self.lang, source, args or kwargs)

    # -- cache ---------------------------------------------------------------------------------------------------------
    @property
    def cache(self) -> Cache:
        return self.transaction.cache

    def cache_key(self, field: Field[Any]) -> object:
        """The part of the context on which the value of `field` depends."""
        key = self._keys.get(field)
        if key is None:
            key = self._keys[field] = tuple(self._context_part(name) for name in field.context_keys)
        return key

    def _context_part(self, name: str) -> object:
        special = CONTEXT_PARTS.get(name)
        if special is not None:
            return special(self)
        value = self.context.get(name)
        if isinstance(value, list):
            return tuple(value)
        try:
            hash(value)
        except TypeError:
            raise TypeError(
                f"context key {name!r}: unhashable value {value!r}; a computed field depends on it"
            ) from None
        return value

    def forget_memo(self) -> None:
        """Drop what is remembered of registry and cache (after a reset)."""
        self.columns.clear()
        self._keys.clear()
        self._user = self._company = self._companies = None

    def clear(self) -> None:
        """Drop cache and pending work of the transaction."""
        self.transaction.clear()

    def reset(self) -> None:
        self.transaction.reset()

    def invalidate_all(self, flush: bool = True) -> None:
        """Forget the cache; pending writes are flushed first unless told."""
        if flush:
            self.flush_all()
        self.transaction.cache.invalidate()

    def flush_all(self) -> None:
        """Recompute what is stale and write what is dirty, of every model."""
        transaction = self.transaction
        if not (transaction.stale or transaction.unborn or transaction.cache.dirty):
            return  # as after each request that only read
        for _round in range(MAX_FLUSH_ROUNDS):
            self._recompute_all()
            names = OrderedSet(transaction.unborn)
            names.update(field.model_name for field in transaction.cache.dirty)
            if not names:
                return
            for name in names:
                self[name].flush_model()
        raise RecursionError(f"flush: still pending after {MAX_FLUSH_ROUNDS} rounds: {list(transaction.stale)!r}")

    def flush_query(self, query: SQL) -> None:
        """Bring to the tables the fields that `query` reads."""
        by_model: dict[str, list[str]] = {}
        for field in query.to_flush:
            by_model.setdefault(field.model_name, []).append(field.name)
        for model_name, names in by_model.items():
            self[model_name].flush_model(names)

    def execute_query(self, query: SQL) -> list[tuple[Any, ...]]:
        """Flush what `query` reads, run it, and answer its rows."""
        self.flush_query(query)
        return self.cr.fetch(query)

    def read_query(self, query: SQL) -> list[tuple[Any, ...]]:
        """As `execute_query`, for what changes and locks nothing (`Cursor.read`)."""
        self.flush_query(query)
        return self.cr.read(query)

    def execute_query_dict(self, query: SQL) -> list[dict[str, Any]]:
        """As `execute_query`, each row a dict."""
        self.flush_query(query)
        self.cr.execute(query)
        return self.cr.dictfetchall()

    # -- the stale pile ------------------------------------------------------------------------------------------------
    def is_to_compute(self, field: Field[Any], record: Recordset) -> bool:
        return record._ids[0] in self.transaction.stale.get(field, ())

    def not_to_compute(self, field: Field[Any], records: Recordset) -> Recordset:
        ids = self.transaction.stale.get(field, ())
        return records.browse(id_ for id_ in records._ids if id_ not in ids)

    def records_to_compute(self, field: Field[Any]) -> Recordset:
        records: Recordset = self[field.model_name].browse(self.transaction.stale.get(field, ()))
        return records

    def fields_to_compute(self) -> Collection[Field[Any]]:
        return self.transaction.stale.keys()

    def add_to_compute(self, field: Field[Any], records: Recordset) -> None:
        if records._ids:
            stale = self.transaction.stale
            ids = stale.get(field)
            if ids is None:
                ids = stale[field] = OrderedSet()
            ids.update(records._ids)

    def remove_to_compute(self, field: Field[Any], records: Recordset) -> None:
        ids = self.transaction.stale.get(field)
        if ids is not None:
            ids.difference_update(records._ids)
            if not ids:
                self.transaction.stale.pop(field, None)

    def _recompute_all(self) -> None:
        stale = self.transaction.stale
        while stale:
            for field in list(stale):
                self[field.model_name]._recompute_field(field)

    # -- protection ----------------------------------------------------------------------------------------------------
    def is_protected(self, field: Field[Any], record: Recordset) -> bool:
        """Whether the record's value is being computed or assigned, so that it is set and nothing else happens."""
        id_ = record._ids[0]
        return any(id_ in level.get(field, ()) for level in self.transaction._protected)

    def protected(self, field: Field[Any]) -> Recordset:
        ids = OrderedSet(id_ for level in self.transaction._protected for id_ in level.get(field, ()))
        records: Recordset = self[field.model_name].browse(ids)
        return records

    def protected_ids(self, field: Field[Any]) -> frozenset[Id]:
        levels = [level[field] for level in self.transaction._protected if field in level]
        if not levels:
            return frozenset()
        return levels[0] if len(levels) == 1 else frozenset().union(*levels)

    def protecting(self, what: Iterable[Any], records: Recordset | None = None) -> Protecting:
        """Within: the fields `what` of `records` are not recomputed. `what` may also be pairs (fields, records)."""
        return Protecting(self.transaction._protected, what, records)

    @contextmanager
    def norecompute(self) -> Iterator[None]:
        """Nothing is recomputed before it is needed anyway; kept for addons that say so."""
        yield


class Protecting:
    """The block of `Environment.protecting`."""

    __slots__ = ("_levels", "_records", "_what")

    def __init__(
        self, levels: list[dict[Field[Any], frozenset[Id]]], what: Iterable[Any], records: Recordset | None
    ) -> None:
        self._levels = levels
        self._what = what
        self._records = records

    def __enter__(self) -> None:
        level: dict[Field[Any], frozenset[Id]] = {}
        if self._records is not None:
            level = dict.fromkeys(self._what, frozenset(self._records._ids))
        else:
            for fields, records in self._what:
                for field in fields:
                    level[field] = level.get(field, frozenset()) | frozenset(records._ids)
        self._levels.append(level)

    def __exit__(self, *_raised: object) -> None:
        self._levels.pop()


def _registry_of(cr: Cursor) -> Any:
    opener: Callable[[str], Any] | None = getattr(cr, "registry_opener", None)
    if opener is None:
        raise RuntimeError(f"cursor on {cr.dbname!r}: no registry behind it; take cursors from a registry")
    return opener(cr.dbname)


CONTEXT_PARTS: dict[str, Callable[[Environment], object]] = {
    "company": lambda env: env.company.id,
    "uid": lambda env: env.uid if not env.su else (env.uid, True),
    "lang": lambda env: env.context.get("lang") or "en_US",
    "bin_size": lambda env: bool(env.context.get("bin_size")),
    "active_test": lambda env: env.context.get("active_test", True),
}
