"""A field whose value is the records that point back: One2many."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import FieldError
from fondaco.orm.commands import Command
from fondaco.orm.fields.base import DEFAULT
from fondaco.orm.fields.x2many import Batch, X2many
from fondaco.orm.identity import Id
from fondaco.orm.recordset import Recordset
from fondaco.values.collections import OrderedSet

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment


_logger = logging.getLogger(__name__)


class One2many(X2many):
    """The records of `comodel_name` whose many2one `inverse_name` points to the record."""

    type = "one2many"
    inverse_name: str | None = None
    copy = False
    description_attrs = (*X2many.description_attrs, "relation_field")
    related_attrs: ClassVar[dict[str, str]] = {**X2many.related_attrs, "inverse_name": "inverse_name"}

    def __init__(
        self, comodel_name: Any = DEFAULT, inverse_name: Any = DEFAULT, string: Any = DEFAULT, **kwargs: Any
    ) -> None:
        super().__init__(comodel_name=comodel_name, inverse_name=inverse_name, string=string, **kwargs)

    def prepare(self, model: Recordset) -> None:
        super().prepare(model)
        if self.inverse_name:
            comodel = model.pool.models[self.comodel_name]
            if self.inverse_name not in comodel._fields:
                raise FieldError(f"{self}: inverse {self.inverse_name!r} is not a field of {self.comodel_name}")
            if not self.related and not self.compute:
                self._check_inverse(model, comodel._fields[self.inverse_name])
        elif not self.compute and not self.related:
            self.store = False

    def _check_inverse(self, model: Any, inverse: Any) -> None:
        """A field that leads elsewhere gives lines of others, or none: that is told, addons in use have such."""
        if inverse.type not in ("many2one", "many2one_reference", "integer") and not inverse.compute:
            _logger.warning("%s: its inverse %s is a %s; expected a many2one", self, inverse, inverse.type)
        elif inverse.type == "many2one" and not model._abstract and inverse.comodel_name not in _origins(model):
            _logger.warning("%s: its inverse %s leads to %s, not to it", self, inverse, inverse.comodel_name)

    @property
    def relation_field(self) -> str | None:
        return self.inverse_name

    def description_value(self, key: str, env: Environment) -> Any:
        if key == "relation_field":
            return self.inverse_name
        return super().description_value(key, env)

    def inverse_field(self, env: Environment) -> Any:
        return env.registry.models[self.comodel_name]._fields[self.inverse_name]

    def get_domain_list(self, records: Any) -> list[Any]:
        """The domain of the lines; behind an id without a model of its own, it names the model."""
        domain = super().get_domain_list(records)
        inverse = self.inverse_field(records.env) if self.inverse_name else None
        if inverse is not None and inverse.type == "many2one_reference":
            return [*domain, (inverse.model_field, "=", self.model_name)]
        return domain

    # -- reading -------------------------------------------------------------------------------------------------------
    def read(self, records: Recordset) -> None:
        env = records.env
        context = {**(self.context if isinstance(self.context, dict) else {}), "active_test": False}
        comodel: Any = env[self.comodel_name].with_context(**context)
        inverse = self.inverse_field(env)
        ids = tuple(id_ for id_ in records._ids if id_)
        domain = [*self.get_domain_list(records), (self.inverse_name, "in", list(ids))]
        lines = comodel.search_fetch(domain, [self.inverse_name])
        group: dict[Id, list[Id]] = defaultdict(list)
        if inverse.store and inverse.type in ("many2one", "many2one_reference", "integer"):
            column = lines.env.columns[inverse]
            for id_ in lines._ids:
                owner = column.get(id_)
                group[owner].append(id_)
        else:
            for line in lines.sudo():
                owner = line[self.inverse_name]
                group[owner.id if isinstance(owner, Recordset) else owner].append(line._ids[0])
        env.cache.fill(env, self, ids, [tuple(group.get(id_, ())) for id_ in ids])

    def add_to_cached(self, column: dict[Id, Any], owner: Id, record: Recordset) -> None:
        domain = self.get_domain_list(record.env[self.model_name])
        if domain and not record.sudo().filtered_domain(domain):
            return
        if record._ids[0] not in column[owner]:
            column[owner] = (*column[owner], record._ids[0])

    # -- writing -------------------------------------------------------------------------------------------------------
    def write_real(self, records_commands_list: Batch, create: bool = False) -> None:
        records = next(iter(records_commands_list))[0]
        context = self.context if isinstance(self.context, dict) else {}
        comodel: Any = records.env[self.comodel_name].with_context(**context)
        if not self.inverse_name:
            raise FieldError(f"{self}: no inverse field, so it cannot be written")
        inverse = self.inverse_field(records.env)
        work = _Work(self, comodel, inverse)
        for recs, commands in records_commands_list:
            for command in commands:
                work.take(recs, command)
        work.finish()

    def write_new(self, records_commands_list: Batch) -> None:
        for records, commands in records_commands_list:
            env = records.env
            column = env.columns[self]
            for record in records:
                before = column.get(record._ids[0], ())
                ids = self.new_ids_after(record, commands)
                column[record._ids[0]] = ids
                if not self.inverse_name:
                    continue
                inverse = self.inverse_field(env)
                if inverse.type != "many2one":
                    continue
                lines = env.columns[inverse]
                for id_ in ids:
                    lines[id_] = record._ids[0]
                for id_ in before:
                    if id_ not in ids and lines.get(id_) == record._ids[0]:
                        lines[id_] = None


class _Work:
    """What a list of commands asks of the lines: collected, then done in few calls."""

    def __init__(self, field: One2many, comodel: Any, inverse: Any) -> None:
        self.field, self.comodel, self.inverse = field, comodel, inverse
        self.name: str = inverse.name
        is_reference = inverse.type == "many2one_reference"
        self.model: dict[str, Any] = {inverse.model_field: field.model_name} if is_reference else {}
        self.creations: list[dict[str, Any]] = []
        self.deletions: list[int] = []
        self.links: dict[Id, OrderedSet[int]] = defaultdict(OrderedSet)

    def take(self, records: Recordset, command: Any) -> None:
        kind = command[0]
        if kind == Command.CREATE:
            for record in records:
                self.creations.append({**self.model, **command[2], self.name: record.id})
        elif kind == Command.UPDATE:
            self.comodel.browse(command[1]).write(command[2])
        elif kind == Command.DELETE:
            self._forget_link(command[1])
            self.deletions.append(command[1])
        elif kind == Command.UNLINK:
            self._forget_link(command[1])
            self._release(self.comodel.browse(command[1]))
        elif kind == Command.LINK:
            self.links[records._ids[-1]].add(command[1])
        elif kind in (Command.CLEAR, Command.SET):
            self._replace(records, list(command[2]) if kind == Command.SET else [])
        else:
            raise ValueError(f"Wrong value for {self.field}: unknown command {command!r}")

    def _forget_link(self, id_: int) -> None:
        """A line that an earlier command linked goes: what is to be done later must not find it."""
        for ids in self.links.values():
            ids.discard(id_)

    def _release(self, lines: Any) -> None:
        """Take lines out of the relation."""
        if getattr(self.inverse, "ondelete", None) == "cascade":
            self.deletions.extend(lines._ids)
        elif lines:
            lines.write({self.name: False})

    def _replace(self, records: Recordset, ids: list[int]) -> None:
        self.finish()
        target = records._ids[-1]
        present = self.field.get_domain_list(records)
        domain = [*present, (self.name, "in", list(records._ids)), ("id", "not in", ids)]
        self._release(self.comodel.with_context(active_test=False).search(domain))
        self._delete()
        if ids:
            self.links[target].update(ids)
            self._link()

    def _link(self) -> None:
        for owner, ids in self.links.items():
            lines = self.comodel.browse(tuple(ids))
            column = lines.env.columns[self.inverse]
            (lines if lines.env.su else lines.sudo()).fetch([self.name])
            moved = lines.browse(tuple(id_ for id_ in lines._ids if column.get(id_) != owner))
            if moved:
                moved.write({self.name: owner})
        self.links.clear()

    def _delete(self) -> None:
        if self.deletions:
            ids, self.deletions = tuple(OrderedSet(self.deletions)), []
            self.comodel.browse(ids).unlink()

    def finish(self) -> None:
        self._delete()
        self._link()
        if self.creations:
            values, self.creations = self.creations, []
            self.comodel.create(values)


def _origins(model: Any) -> set[str]:
    """The names that a field may know the model by: its own, those of what it is made from, and of what it delegates
    to."""
    found: set[str] = set()
    queue: list[Any] = [type(model)]
    while queue:
        cls = queue.pop()
        names = {base._name for base in cls.__mro__ if getattr(base, "_name", None)}
        queue.extend(model.pool.models[parent] for parent in cls._inherits if parent not in found | names)
        found |= names
    return found
