"""What do one2many and many2many share: a tuple of ids in the cache, commands, and the records of a form."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.orm.commands import Command
from fondaco.orm.fields.relational import Relational
from fondaco.orm.identity import Id, NewId
from fondaco.orm.recordset import Recordset
from fondaco.values.collections import OrderedSet

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment

Batch = Collection[tuple[Recordset, Sequence[Any]]]


class X2many(Relational):
    """A field whose value is any number of records."""

    write_sequence = 20  # after the plain values, which commands may depend on
    empty = ()
    related_attrs: ClassVar[dict[str, str]] = Relational.related_attrs

    def get_depends(self, model: Any) -> tuple[Iterable[str], Iterable[str]]:
        depends, context = super().get_depends(model)
        names = list(depends)
        if not self.compute and isinstance(self.domain, list | tuple):
            fields = model.env[self.comodel_name]._fields
            for leaf in self.domain:
                if (
                    isinstance(leaf, list | tuple)
                    and len(leaf) == 3
                    and str(leaf[0]).split(".")[0] in fields
                    and leaf[0] != "id"
                ):
                    names.append(f"{self.name}.{leaf[0]}")
        return names, context

    # -- formats -------------------------------------------------------------------------------------------------------
    def convert_to_cache(
        self, value: Any, record: Recordset, validate: bool = True, given: list[Any] | None = None
    ) -> tuple[Id, ...]:
        """`given` gets (fields, line) of the lines of a form whose values the client gave."""
        if isinstance(value, Recordset):
            if validate and value._name != self.comodel_name:
                raise ValueError(f"Wrong value for {self}: {value!r}")
            ids = value._ids
            if record and not record._ids[0]:
                # an unsaved record relates to shadows of the real ones
                ids = tuple(NewId(id_) if type(id_) is int else id_ for id_ in ids)
            return ids
        if type(value) is tuple and all(isinstance(item, int | NewId) for item in value):
            return value
        if isinstance(value, list | tuple):
            return self._ids_after(value, record, validate, [] if given is None else given)
        if not value:
            return ()
        raise ValueError(f"Wrong value for {self}: {value}")

    def _ids_after(
        self, commands: Sequence[Any], record: Recordset, validate: bool, given: list[Any]
    ) -> tuple[Id, ...]:
        """The ids that the one (unsaved) record holds after `commands`."""
        comodel = record.env[self.comodel_name]
        is_new = bool(record) and not record._ids[0]

        def shadow(id_: Any) -> Any:
            return NewId(id_) if is_new and id_ and not isinstance(id_, NewId) else id_

        ids: OrderedSet[Id] = OrderedSet(record[self.name]._ids if validate and record else ())
        if not validate and is_new and getattr(record._ids[0], "origin", None):
            # a form of a saved record: what its commands do not name is there as it is stored
            ids = OrderedSet(shadow(id_) for id_ in record._origin[self.name]._ids)
            self.link_inverses(record, tuple(ids))
        for command in commands:
            values = command if isinstance(command, dict) else None
            if isinstance(command, list | tuple) and command and not isinstance(command[0], NewId):
                kind = command[0]
                if kind == Command.CREATE:
                    values = command[2]
                    line = comodel.new(values, ref=command[1])
                elif kind == Command.UPDATE:
                    values = command[2]
                    line = comodel.browse((shadow(command[1]),))
                    if validate:
                        line.update(values)
                    else:
                        line._update_cache(values, validate=False)
                else:
                    ids = _relinked(ids, command, shadow)
            elif values is not None:
                line = comodel.new(values)
            else:
                ids.add(shadow(command))
            if values is not None:
                ids.add(line._ids[0])
                given.append(([line._fields[name] for name in values], line))
        return tuple(ids)

    def convert_to_record(self, value: Any, record: Recordset) -> Recordset:
        """The records; archived ones only where the context of field or record says active_test=False."""
        corecords = self.corecords(record, value or ())
        active = corecords._active_name
        if active and value and self._active_test(record.env):
            field = corecords._fields[active]
            if field.store or field.compute or field.related:
                kept = tuple(line._ids[0] for line in corecords.sudo() if line[active])
                if len(kept) != len(value):
                    return self.corecords(record, kept)
        return corecords

    def _active_test(self, env: Environment) -> bool:
        context = self.context if isinstance(self.context, dict) else {}
        return bool(context.get("active_test", env.context.get("active_test", True)))

    def load(self, record: Recordset, id_: Id) -> Any:
        value = super().load(record, id_)
        if not id_ and value:
            # lines taken over from the saved record belong to the form, as those that the form makes do
            self.link_inverses(record, value)
        return value

    def convert_to_record_multi(self, values: Any, records: Recordset) -> Any:
        ids = tuple(OrderedSet(id_ for value in values for id_ in value or ()))
        return self.convert_to_record(ids, records)

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        return value.ids

    def convert_to_write(self, value: Any, record: Recordset) -> Any:
        if isinstance(value, tuple) and all(isinstance(item, int | NewId) for item in value):
            value = record.env[self.comodel_name].browse(value)
        if isinstance(value, Recordset) and value._name == self.comodel_name:
            return self._commands_of(value)
        if value is False or value is None:
            return [Command.set([])]
        if isinstance(value, list | tuple):
            return list(value)
        raise ValueError(f"Wrong value for {self}: {value}")

    def _commands_of(self, value: Recordset) -> list[Any]:
        """Commands that make the relation hold `value`."""
        result: list[Any] = [Command.set([])]
        origins: list[int] = []
        for line in value:
            id_ = line._ids[0]
            origin: int | None = id_.origin if isinstance(id_, NewId) else id_
            if not origin:
                result.append(Command.create(self._values_of_new(line)))
                continue
            origins.append(origin)
            if not id_:
                changed = self._changed_of_shadow(line)
                if changed:
                    result.append(Command.update(origin, changed))
        result[0] = Command.set(origins)
        return result

    def _values_of_new(self, line: Recordset) -> dict[str, Any]:
        inverse = getattr(self, "inverse_name", None)
        names = [
            n
            for n in line._cache
            if n not in ("id", inverse)
            and (not line._fields[n].compute or line._fields[n].inverse or line._fields[n].store)
        ]
        values = {
            name: line._fields[name].convert_to_write(line[name], line)
            for name in names
            if not line._fields[name].automatic
        }
        return {name: value for name, value in values.items() if not isinstance(value, NewId)}

    def _changed_of_shadow(self, line: Recordset) -> dict[str, Any]:
        origin = line._origin
        changed = {}
        for name in line._cache:
            field = line._fields[name]
            if field.automatic or name == getattr(self, "inverse_name", None) or not field.store:
                continue
            new = field.convert_to_write(line[name], line)
            if new != field.convert_to_write(origin[name], origin) and not isinstance(new, NewId):
                changed[name] = new
        return changed

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return ",".join(value.mapped("display_name")) if value else ""

    def convert_to_display_name(self, value: Any, record: Recordset) -> Any:
        raise NotImplementedError

    def mapped(self, records: Recordset) -> Recordset:
        if self.is_recomputed and self in records.env.transaction.stale:
            self.recompute(records)
        column = records.env.columns[self]
        ids: dict[Id, None] = {}
        for id_ in records._ids:
            if id_ not in column:
                self.load(records.concat_ids((id_,)), id_)
            ids.update(dict.fromkeys(column[id_]))
        return self.convert_to_record(tuple(ids), records)

    # -- writing -------------------------------------------------------------------------------------------------------
    def create(self, record_values: Collection[tuple[Recordset, Any]]) -> None:
        self.write_batch(record_values, create=True)

    def write(self, records: Recordset, value: Any) -> None:
        self.write_batch([(records, value)])

    def write_batch(self, records_commands_list: Collection[tuple[Recordset, Any]], create: bool = False) -> None:
        """Apply commands (or a recordset, or ids) on records, real and unsaved."""
        if not records_commands_list:
            return
        real, new = [], []
        for records, value in records_commands_list:
            commands = self._normalise(value, records)
            if commands is None:
                continue
            if self.is_recomputed:
                records.env.remove_to_compute(self, records)
            with_row = tuple(id_ for id_ in records._ids if id_)
            if with_row:
                real.append((records.browse(with_row), commands))
            if len(with_row) < len(records._ids):
                new.append((records.browse(tuple(id_ for id_ in records._ids if not id_)), commands))
        if real:
            if self.store:
                self.write_real(real, create)
            else:
                for records, commands in real:
                    self._write_cached(records, commands)
        if new:
            self.write_new(new)

    def _normalise(self, value: Any, records: Recordset) -> list[Any] | None:
        """Any form of value as a list of commands; None where nothing is to be done."""
        if isinstance(value, tuple) and all(isinstance(item, int | NewId) for item in value):
            return [Command.set(value)]
        if isinstance(value, Recordset):
            if value._name != self.comodel_name:
                raise ValueError(f"Wrong value for {self}: {value!r}")
            return [(Command.SET, 0, value._ids)]
        if value is False or value is None:
            return [Command.clear()]
        if isinstance(value, list) and value and not isinstance(value[0], list | tuple):
            return [Command.set(tuple(value))]
        if isinstance(value, list | tuple):
            commands = list(value)
            for command in commands:
                if not isinstance(command, list | tuple):
                    raise ValueError(f"Wrong value for {self}: {value}")
                self._check_ids(command)
            return commands
        raise ValueError(f"Wrong value for {self}: {value}")

    def _check_ids(self, command: Sequence[Any]) -> None:
        """Refuse a command whose ids are none: nothing else may reach the tables in their place."""
        kind = command[0] if command else None
        ids: Any = ()
        if kind in (Command.UPDATE, Command.DELETE, Command.UNLINK, Command.LINK) and len(command) > 1:
            ids = (command[1],)
        elif kind == Command.SET and len(command) > 2:
            ids = command[2]
        if isinstance(ids, str) or not all(type(id_) is int or isinstance(id_, NewId) for id_ in ids):
            raise ValueError(f"Wrong value for {self}: {tuple(command)!r}: whole numbers are expected as ids")
        if kind in (Command.CREATE, Command.UPDATE) and len(command) > 2 and not isinstance(command[2], Mapping):
            raise ValueError(f"Wrong value for {self}: {tuple(command)!r}: values are expected as a dict")

    def _write_cached(self, records: Recordset, commands: Sequence[Any]) -> None:
        """Apply commands on a computed field: its inverse method will see the result."""
        column = records.env.columns[self]
        comodel = records.env[self.comodel_name]
        for record in records:
            ids: OrderedSet[Id] = OrderedSet(record[self.name]._ids)
            for command in commands:
                kind, id_ = command[0], command[1] if len(command) > 1 else 0
                if kind == Command.CREATE:
                    ids.add(comodel.new(command[2], ref=id_)._ids[0])
                elif kind == Command.UPDATE:
                    comodel.browse(id_).write(command[2])
                else:
                    if kind == Command.DELETE:
                        comodel.browse(id_).unlink()
                    ids = _relinked(ids, command, lambda known: known)
            column[record._ids[0]] = tuple(ids)

    def write_real(self, records_commands_list: Batch, create: bool = False) -> None:
        raise NotImplementedError

    def write_new(self, records_commands_list: Batch) -> None:
        raise NotImplementedError

    def new_ids_after(self, record: Recordset, commands: Sequence[Any]) -> tuple[Id, ...]:
        """The ids that an unsaved record holds after `commands`, its present ones being known."""
        comodel = record.env[self.comodel_name]
        ids: OrderedSet[Id] = OrderedSet(record[self.name]._ids)

        def shadow(id_: Any) -> Id:
            return NewId(id_) if id_ and not isinstance(id_, NewId) else id_

        for command in commands:
            kind = command[0]
            if kind == Command.CREATE:
                ids.add(comodel.new(command[2], ref=command[1])._ids[0])
            elif kind == Command.UPDATE:
                comodel.browse((shadow(command[1]),)).update(command[2])
            else:
                ids = _relinked(ids, command, shadow)
        return tuple(ids)


def _relinked(ids: OrderedSet[Id], command: Sequence[Any], known: Callable[[Any], Id]) -> OrderedSet[Id]:
    """`ids` after a command that neither makes nor changes a record; known(id): what stands for a record in `ids`."""
    kind = command[0]
    if kind in (Command.DELETE, Command.UNLINK):
        ids.discard(known(command[1]))
    elif kind == Command.LINK:
        ids.add(known(command[1]))
    elif kind == Command.CLEAR:
        ids.clear()
    elif kind == Command.SET:
        return OrderedSet(known(id_) for id_ in command[2])
    return ids
