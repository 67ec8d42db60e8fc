"""A field whose value lies in a table of pairs: Many2many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fondaco.errors import FieldError
from fondaco.orm.commands import Command
from fondaco.orm.fields.base import DEFAULT
from fondaco.orm.fields.x2many import Batch, X2many
from fondaco.orm.identity import Id
from fondaco.orm.recordset import Recordset
from fondaco.sql.fragment import SQL, among
from fondaco.values.collections import OrderedSet

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment

MAX_IDENTIFIER = 63


class Many2many(X2many):
    """Any records of `comodel_name`; the pairs lie in table `relation` (column1: the record, column2: the other)."""

    type = "many2many"
    relation: Any = None
    column1: Any = None
    column2: Any = None
    ondelete: str = "cascade"
    _explicit: bool = False

    def __init__(
        self,
        comodel_name: Any = DEFAULT,
        relation: Any = DEFAULT,
        column1: Any = DEFAULT,
        column2: Any = DEFAULT,
        string: Any = DEFAULT,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            comodel_name=comodel_name, relation=relation, column1=column1, column2=column2, string=string, **kwargs
        )

    def prepare(self, model: Recordset) -> None:
        super().prepare(model)
        if not self.store:
            return
        own, other = model._table, model.pool.models[self.comodel_name]._table
        if not self.relation:
            self.relation = "_".join(sorted((own, other))) + "_rel"
            if not self.column1:
                self.column1 = f"{own}_id"
            if not self.column2:
                self.column2 = f"{other}_id"
            if self.column1 == self.column2 and "column1" not in self.args:
                raise FieldError(f"{self}: a relation of a model to itself needs names: relation, column1 and column2")
        else:
            self._explicit = True
            self.column1 = self.column1 or f"{own}_id"
            self.column2 = self.column2 or f"{other}_id"
        if self.column1 == self.column2:
            raise FieldError(
                f"{self}: column1 and column2 of {self.relation!r} are both {self.column1!r}; expected one for the "
                f"record and another for those of {self.comodel_name}"
            )
        if len(self.relation) > MAX_IDENTIFIER:
            raise FieldError(
                f"{self}: relation table {self.relation!r} is longer than {MAX_IDENTIFIER} characters; give it a name"
            )

    def description_value(self, key: str, env: Environment) -> Any:
        if key == "relation":
            return self.comodel_name
        return super().description_value(key, env)

    # -- reading -------------------------------------------------------------------------------------------------------
    def read(self, records: Recordset) -> None:
        env = records.env
        context = {**(self.context if isinstance(self.context, dict) else {}), "active_test": False}
        comodel: Any = env[self.comodel_name].with_context(**context)
        ids = tuple(id_ for id_ in records._ids if id_)
        query = comodel._search(self.get_domain_list(records), order=comodel._order)
        alias = query.make_alias(comodel._table, self.relation)
        query.add_join(
            "JOIN",
            alias,
            self.relation,
            SQL("%s = %s", SQL.identifier(alias, self.column2), SQL.identifier(comodel._table, "id")),
        )
        query.add_where(among(SQL.identifier(alias, self.column1), list(ids)))
        rows = env.cr.read(query.select(SQL.identifier(alias, self.column1), SQL.identifier(alias, self.column2)))
        group: dict[Id, list[Id]] = defaultdict(list)
        for owner, id_ in rows:
            group[owner].append(id_)
        env.cache.fill(env, self, ids, [tuple(group.get(id_, ())) for id_ in ids])

    def add_to_cached(self, column: dict[Id, Any], owner: Id, record: Recordset) -> None:
        if record._ids[0] not in column[owner]:
            column[owner] = (*column[owner], record._ids[0])

    # -- writing -------------------------------------------------------------------------------------------------------
    def write_real(self, records_commands_list: Batch, create: bool = False) -> None:
        if not self.relation:
            raise FieldError(f"{self}: no relation table, so it cannot be written")
        records = next(iter(records_commands_list))[0]
        context = self.context if isinstance(self.context, dict) else {}
        comodel: Any = records.env[self.comodel_name].with_context(**context)
        all_ids = OrderedSet(id_ for recs, _commands in records_commands_list for id_ in recs._ids)
        everything = records.browse(tuple(all_ids))
        column = records.env.columns[self]
        if not create:
            missing = everything.browse(tuple(id_ for id_ in all_ids if id_ not in column))
            if missing:
                self.read(missing)
        old = {id_: OrderedSet(column.get(id_, ())) for id_ in all_ids}
        new = {id_: OrderedSet(ids) for id_, ids in old.items()}
        to_delete: list[int] = []
        for recs, commands in records_commands_list:
            for command in commands:
                self._take(recs, command, new, comodel, to_delete)
        for id_ in all_ids:
            for gone in to_delete:
                new[id_].discard(gone)
        added = [(id_, other) for id_ in all_ids for other in new[id_] if other not in old[id_]]
        removed = [(id_, other) for id_ in all_ids for other in old[id_] if other not in new[id_]]
        self._check_linkable(comodel, added)
        self._store(records, added, removed)
        for id_ in all_ids:
            column[id_] = tuple(new[id_])
        self._mirror(records, added, removed)
        if to_delete:
            comodel.browse(tuple(OrderedSet(to_delete))).unlink()

    def _take(
        self, recs: Recordset, command: Any, new: dict[Id, OrderedSet[Id]], comodel: Any, to_delete: list[int]
    ) -> None:
        kind = command[0]
        if kind == Command.CREATE:
            lines = comodel.create([command[2]] * len(recs))
            for owner, line in zip(recs._ids, lines._ids, strict=True):
                new[owner].add(line)
        elif kind == Command.UPDATE:
            comodel.browse(command[1]).write(command[2])
        elif kind == Command.DELETE:
            to_delete.append(command[1])
        elif kind == Command.UNLINK:
            for owner in recs._ids:
                new[owner].discard(command[1])
        elif kind == Command.LINK:
            for owner in recs._ids:
                new[owner].add(command[1])
        elif kind in (Command.CLEAR, Command.SET):
            ids = command[2] if kind == Command.SET else ()
            for owner in recs._ids:
                new[owner] = OrderedSet(ids)
        else:
            raise ValueError(f"Wrong value for {self}: unknown command {command!r}")

    def _check_linkable(self, comodel: Any, added: Iterable[tuple[Id, Id]]) -> None:
        """Linking a record that one may not read is refused."""
        others = comodel.browse(tuple(OrderedSet(other for _owner, other in added)))
        if not others or others.env.su:
            return
        others.check_access("read")

    def _store(self, records: Recordset, added: list[tuple[Id, Id]], removed: list[tuple[Id, Id]]) -> None:
        env, cr = records.env, records.env.cr
        if added or removed:
            for name in (self.model_name, self.comodel_name):
                if name in env.transaction.unborn:
                    env[name].flush_model(())
        table, one, two = SQL.identifier(self.relation), SQL.identifier(self.column1), SQL.identifier(self.column2)
        if removed:
            owners, others = map(list, zip(*removed, strict=True))
            cr.run(
                SQL(
                    "DELETE FROM %s AS r USING unnest(%s::int4[], %s::int4[]) AS p(a, b)"
                    " WHERE r.%s = p.a AND r.%s = p.b",
                    table,
                    owners,
                    others,
                    one,
                    two,
                )
            )
        if added:
            owners, others = map(list, zip(*added, strict=True))
            cr.run(
                SQL(
                    "INSERT INTO %s (%s, %s) SELECT a, b FROM unnest(%s::int4[], %s::int4[]) AS p(a, b)"
                    " ON CONFLICT DO NOTHING",
                    table, one, two, owners, others,
                )
            )  # fmt: skip

    def _mirror(self, records: Recordset, added: list[tuple[Id, Id]], removed: list[tuple[Id, Id]]) -> None:
        """Keep the cached values of the inverse many2many true."""
        env = records.env
        for inverse in records.pool.field_inverses.get(self, ()):
            column = env.columns[inverse]
            for owner, other in added:
                if other in column and owner not in column[other]:
                    column[other] = (*column[other], owner)
            for owner, other in removed:
                if other in column:
                    column[other] = tuple(id_ for id_ in column[other] if id_ != owner)
            changed = env[self.comodel_name].browse(tuple(OrderedSet(other for _owner, other in [*added, *removed])))
            if changed:
                changed.modified([inverse.name])

    def write_new(self, records_commands_list: Batch) -> None:
        for records, commands in records_commands_list:
            env = records.env
            column = env.columns[self]
            for record in records:
                before = set(column.get(record._ids[0], ()))
                ids = self.new_ids_after(record, commands)
                column[record._ids[0]] = ids
                for inverse in records.pool.field_inverses.get(self, ()):
                    mirrored = env.columns[inverse]
                    for id_ in ids:
                        if id_ in mirrored and record._ids[0] not in mirrored[id_]:
                            mirrored[id_] = (*mirrored[id_], record._ids[0])
                    for id_ in before - set(ids):
                        if id_ in mirrored:
                            mirrored[id_] = tuple(other for other in mirrored[id_] if other != record._ids[0])
