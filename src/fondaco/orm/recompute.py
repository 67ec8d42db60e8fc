"""What becomes stale when values change, and how do computed fields get their value again?

`modified` marks, nothing else: stored fields go on the stale pile, others lose their cached value. `_recompute_*`
empties the pile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fondaco.orm.fields.base import Field
from fondaco.orm.fields.methods import call
from fondaco.orm.fields.together import PREFETCH_MAX
from fondaco.orm.identity import Id
from fondaco.orm.recordset import Recordset
from fondaco.sql.fragment import SQL
from fondaco.sql.query import Query

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.triggers import Edge


MOST_SEARCHES = 2000
"""So many searches for the rows that point at deleted ones are remembered."""
Walked = dict[tuple["Field[Any]", tuple["Id", ...]], Recordset]
"""Relations walked back from some records, while one change is followed."""


class Recomputing(Recordset):
    """Facet: dependents of a change, and computation."""

    __slots__ = ()

    def modified(self, fnames: Iterable[str], create: bool = False, before: bool = False) -> None:
        """The fields `fnames` of the records have changed, or (before) are about to.

        before: after the change, relations can no longer be walked back.

        create: the records are new, so that nothing can refer to them yet but through values of their own.
        """
        if not self or not self.pool.field_triggers:
            return
        kind = "changing" if before else "born" if create else "changed"
        spread = self.pool.spread(self._name, tuple(fnames), kind)
        todo: list[tuple[Recordset, Edge]] = [(self, edge) for edge in spread.lasting]
        waiting: Sequence[Edge] = spread.passing
        seen: dict[Field[Any], set[Id]] = {}
        walked: Walked = {}
        while True:
            # walking back may bring values to the cache that the change spoils, too
            if waiting and self.env.cache.holds_any(spread.spoiled):
                todo += [(self, edge) for edge in waiting if self._matters(edge.target)]
                waiting = [edge for edge in waiting if not self._matters(edge.target)]
            if not todo:
                return
            if before and not walked:
                walked.update(_first_steps(self, [edge for _records, edge in todo]))
            self._follow(todo, seen, walked)

    def _follow(self, todo: list[tuple[Recordset, Edge]], seen: dict[Field[Any], set[Id]], walked: Walked) -> None:
        """Mark what the edges of `todo` lead to and what depends on that; empties `todo`."""
        triggers = self.pool.field_triggers
        while todo:
            records, edge = todo.pop()
            targets = self._targets(records, edge, walked) if edge.path else records
            changed = _mark(targets, edge.target, seen) if targets else None
            if changed:
                further = triggers.get(edge.target, ())
                todo.extend((changed, other) for other in further if self._matters(other.target))

    def _matters(self, field: Field[Any]) -> bool:
        """Whether making `field` stale has an effect: something stored depends on it, or some value is cached."""
        reached = self.pool.volatile_closure(field)
        return reached is None or self.env.cache.contains_any(reached)

    def _targets(self, records: Recordset, edge: Edge, walked: Walked) -> Recordset | None:
        """The records on which the edge's target is stale; `walked` keeps the way back for the edges that share it."""
        for field in edge.path:
            key = (field, records._ids)
            found = walked.get(key)
            if found is None:
                found = walked[key] = walk_back(field, records)
            records = found
            if not records:
                return None
        return records

    # -- computing -----------------------------------------------------------------------------------------------------
    def _compute_field_value(self, field: Field[Any]) -> None:
        """Call the compute method of `field` on the records, then check the constraints of what was stored."""
        call(field.compute, self)
        if field.store and any(self._ids) and self._name not in self.env.transaction.unborn:
            names = [other.name for other in self.pool.field_computed[field] if other.store]
            self.filtered("id")._validate_fields(names)

    def _recompute_model(self, fnames: Iterable[str] | None = None) -> None:
        """Compute what is stale of this model."""
        stale = self.env.transaction.stale
        if not stale:
            return
        fields = (
            [self._fields[name] for name in fnames]
            if fnames is not None
            else [f for f in list(stale) if f.model_name == self._name]
        )
        for field in fields:
            if field in stale:
                self._recompute_field(field)

    def _recompute_recordset(self, fnames: Iterable[str] | None = None) -> None:
        """Compute what is stale of these records."""
        stale = self.env.transaction.stale
        for field in [self._fields[name] for name in fnames] if fnames is not None else list(self._fields.values()):
            if field in stale:
                self._recompute_field(field, self._ids)

    def _recompute_field(self, field: Field[Any], ids: Iterable[Id] | None = None) -> None:
        """Compute `field` on those of `ids` (None: all) that are stale."""
        stale = self.env.transaction.stale.get(field)
        if not stale:
            return
        wanted = [id_ for id_ in (stale if ids is None else ids) if id_ in stale]
        real = [id_ for id_ in wanted if id_]
        for start in range(0, len(real), PREFETCH_MAX):
            field.recompute(self.browse(tuple(real[start : start + PREFETCH_MAX])))
        new = [id_ for id_ in wanted if not id_]
        if new and ids is not None:
            field.recompute(self.browse(tuple(new)))
        elif new:
            # values of records in forms are computed when they are read; a flush need not
            remaining = self.env.transaction.stale.get(field)
            if remaining is not None and not any(remaining):
                self.env.transaction.stale.pop(field, None)
                self.env.cache.forget(field, new)


def _mark(records: Recordset, field: Field[Any], seen: dict[Field[Any], set[Id]]) -> Recordset | None:
    """Make `field` stale on `records`; answers those that were not met before."""
    env = records.env
    protected = env.protected_ids(field)
    done = seen.setdefault(field, set())
    ids = [id_ for id_ in records._ids if id_ not in done and id_ not in protected]
    if not ids:
        return None
    done.update(ids)
    marked = records.browse(tuple(ids))
    if field.store and field.is_recomputed:
        env.add_to_compute(field, marked)
    elif field.compute or field.related:
        env.cache.forget(field, ids)
    return marked


def walk_back(field: Field[Any], records: Recordset) -> Recordset:
    """The records whose relation `field` holds one of `records`, in tables and cache."""
    env = records.env(su=True, context={"active_test": False})
    model: Recordset = env[field.model_name]
    records = records.with_env(env)
    found: dict[Id, None] = {}
    new = [id_ for id_ in records._ids if not id_]
    real = tuple(id_ for id_ in records._ids if id_)
    inverse = next(iter(records.pool.field_inverses.get(field, ())), None)
    if field.type == "one2many" and inverse is not None and inverse.type == "many2one":
        for record in records:
            found.update(dict.fromkeys(record[inverse.name]._ids))
    elif field.store:
        if real:
            found.update(dict.fromkeys(_search_back(model, field, records.browse(real), inverse)))
        if new:
            found.update(dict.fromkeys(_cached_back(model, field, records)))
    else:
        if field.search and real and (field.related or field.inherited):
            found.update(dict.fromkeys(model.search([(field.name, "in", list(real))], order="id")._ids))
        found.update(dict.fromkeys(_cached_back(model, field, records)))
    return model.browse(tuple(found))


def _first_steps(records: Recordset, edges: Iterable[Edge]) -> Walked:
    """What lies behind the first relation of `edges`, asked of all tables in one statement: those many2one of which the
    cache knows nothing."""
    env = records.env(su=True, context={"active_test": False})
    real = [id_ for id_ in records._ids if id_]
    cache = env.cache
    asked: list[Field[Any]] = []
    for field in dict.fromkeys(edge.path[0] for edge in edges):
        is_known = cache.contains_any(records.pool.field_inverses.get(field, ()))
        if field.type == "many2one" and field.has_column and field.json_key is None and not is_known:
            asked.append(field)
    if len(asked) < 2 or len(real) < len(records._ids):
        return {}
    known: dict[tuple[Field[Any], ...], list[SQL]] = records.pool.pointer_searches
    searches = known.get(tuple(asked))
    if searches is None:
        searches = [_pointers(env, field, number) for number, field in enumerate(asked)]
        # a model that is a query may be another one in another context
        if len(known) < MOST_SEARCHES and all(env[field.model_name]._table_query is None for field in asked):
            known[tuple(asked)] = searches
    found: list[list[int]] = [[] for _field in asked]
    wanted = SQL("%s", real[0]) if len(real) == 1 else SQL("ANY(%s)", real)  # as in `among`
    statement = SQL(" UNION ALL ").join([SQL.chain(search, wanted) for search in searches])
    for number, id_ in env.execute_query(statement):
        found[number].append(id_)
    return {
        (field, records._ids): env[field.model_name].browse(tuple(sorted(ids)))
        for field, ids in zip(asked, found, strict=True)
    }


def _pointers(env: Environment, field: Field[Any], number: int) -> SQL:
    """SELECT of `number` and the id of rows whose many2one `field` is equal to what the statement goes on to say."""
    model: Any = env[field.model_name]
    query = Query(env, model._table, model._table_sql)
    query.add_where(SQL("%s = ", SQL.identifier(model._table, field.name, to_flush=field)))
    return query.select(SQL(str(number)), SQL.identifier(model._table, "id"))


def _search_back(model: Recordset, field: Field[Any], records: Recordset, inverse: Any) -> Iterable[Id]:
    """Records of `model` whose stored relation holds one of `records` (all with rows)."""
    cache = model.env.cache
    if inverse is not None and inverse.type == "one2many" and not inverse.domain:
        column = model.env.columns[inverse]
        if all(id_ in column for id_ in records._ids):
            return dict.fromkeys(id_ for owner in records._ids for id_ in column[owner])
    if field.type == "many2one" and field in cache.dirty:
        model.flush_model([field.name])
    return dict.fromkeys(model.search([(field.name, "in", list(records._ids))], order="id")._ids)


def _cached_back(model: Recordset, field: Field[Any], records: Recordset) -> Iterable[Id]:
    """Records of `model` whose cached relation holds one of `records`."""
    wanted = set(records._ids)
    for column in model.env.cache.columns(field):
        for id_, value in list(column.items()):
            if value is None:
                continue
            if not wanted.isdisjoint(value) if type(value) is tuple else value in wanted:
                yield id_
