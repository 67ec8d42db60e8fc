"""How do values change on records that exist?

`write` puts values in the cache as dirty and marks dependents stale; `flush` brings them to the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fondaco.errors import MissingError
from fondaco.orm.constraints import translate_integrity_error
from fondaco.orm.fields.base import Field
from fondaco.orm.recordset import Recordset
from fondaco.values.collections import OrderedSet

MOST_WAYS = 2000
"""So many sets of names of values to write are remembered."""


class Way(NamedTuple):
    """How the values of some fields are written."""

    protected: OrderedSet[Field[Any]]
    relational: list[str]
    """On whose present values others may depend."""
    is_logged: bool
    in_turn: list[Field[Any]]
    inverses: list[Field[Any]]
    is_inherited: bool
    """Whether one of them is written on the record that these delegate to."""
    checked: list[str]


class Writing(Recordset):
    """Facet: write, archive."""

    __slots__ = ()

    def write(self, vals: Mapping[str, Any]) -> bool:
        """Set `vals` on all the records."""
        if not self:
            return True
        env = self.env
        self.check_access("write")
        if not env.su and any(self._fields[name].groups for name in vals if name in self._fields):
            self.check_field_access_rights("write", list(vals))
        values = self._writable(vals)
        way = self._way_to_write(tuple(values))
        with env.protecting(way.protected, self):
            if way.relational:
                self.modified(list(way.relational), before=True)
            real = self.browse(tuple(id_ for id_ in self._ids if id_))
            if way.is_logged and real:
                for name, value in (("write_uid", env.uid), ("write_date", env.cr.now())):
                    if name not in values:
                        self._fields[name].write(real, value)
            parent_moves = self._parent_store and self._parent_name in values
            moved = real._parent_store_update_prepare([values] * len(real)) if parent_moves else None
            for field in way.in_turn:
                if field.inverse and not field.store and field.relational:
                    field.write(self, values[field.name])  # keep what commands mean against the present value
                elif not (field.inherited and not self._all_new()):
                    with translate_integrity_error(self):
                        field.write(self, values[field.name])
            self.modified(list(values))
            if moved:
                moved.flush_model([self._parent_name])
                moved._parent_store_update()
            if way.inverses:
                self._write_inverses(way.inverses, values)
        if way.is_inherited:
            self._write_parents(values)
        self._validate_fields(list(way.checked))
        if way.inverses:
            names = [field.name for field in way.inverses]
            self._validate_fields(names, [name for name in values if name not in names])
        if self._check_company_auto:
            self._check_company(list(values))
        return True

    def _way_to_write(self, names: tuple[str, ...]) -> Way:
        """How the fields `names` are written; the same for all records of the model, and remembered."""
        known: dict[tuple[str, tuple[str, ...]], Way] = self.pool.ways_to_write
        way = known.get((self._name, names))
        if way is None:
            fields = [self._fields[name] for name in names]
            way = Way(
                self._computed_with(fields),
                [field.name for field in fields if field.relational or field.name == self._active_name],
                self._log_access and any(field.store for field in fields),
                sorted(fields, key=lambda field: field.write_sequence),
                [f for f in fields if f.inverse and not (f.inherited and f.related_field is None)],
                any(field.inherited for field in fields),
                [field.name for field in fields if not field.inverse or field.store],
            )
            if len(known) >= MOST_WAYS:
                known.clear()
            known[self._name, names] = way
        return way

    def _all_new(self) -> bool:
        return not any(self._ids)

    def _writable(self, vals: Mapping[str, Any]) -> dict[str, Any]:
        """`vals` without what nobody writes; unknown names are refused."""
        bad = {"id", "parent_path"}
        if self._log_access and self.pool.ready:
            bad.update(("create_uid", "create_date", "write_uid", "write_date"))
        values = {}
        for name, value in vals.items():
            if name in bad:
                continue
            if name not in self._fields:
                raise ValueError(f"Invalid field {name!r} on model {self._name!r}")
            values[name] = value
        return values

    def _computed_with(self, fields: Iterable[Field[Any]]) -> OrderedSet[Field[Any]]:
        """The computed fields among `fields`, and those that the same methods compute and that would overwrite them."""
        protected: OrderedSet[Field[Any]] = OrderedSet()
        for field in fields:
            if field.compute:
                protected.update(f for f in self.pool.field_computed.get(field, (field,)) if f.store or f is field)
        return protected

    def _write_parents(self, values: Mapping[str, Any]) -> None:
        """Values of inherited fields go to the records delegated to."""
        if self._all_new():
            return
        by_link: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            field = self._fields[name]
            if field.inherited:
                link, target = field.related.split(".")
                by_link.setdefault(link, {})[target] = value
        for link, parent_values in by_link.items():
            self.mapped(link).write(parent_values)

    def _write_inverses(self, inverses: Iterable[Field[Any]], values: Mapping[str, Any]) -> None:
        """Call the inverse methods of the fields written, each once.

        Protected, so that an inverse may assign its own field (tidied up, say) without being called again.
        """
        env = self.env
        done: set[Any] = set()
        inverses = [field for field in inverses if not field.inherited]
        for field in sorted(inverses, key=lambda f: f.write_sequence):
            if field.inverse in done:
                continue
            if isinstance(field.inverse, str):
                done.add(field.inverse)
            together = [f for f in self.pool.field_inverse_groups.get(field, (field,)) if f in inverses]
            for f in together:
                if not f.store and not f.relational:
                    cached = f.convert_to_cache(values[f.name], self)
                    env.columns[f].update(dict.fromkeys(self._ids, cached))
            with env.protecting(together, self):
                self._call_inverse(field)
            for f in together:
                if not f.store and f.relational:
                    env.cache.forget(f, [id_ for id_ in self._ids if id_])

    def _call_inverse(self, field: Field[Any]) -> None:
        try:
            field.determine_inverse(self)
        except MissingError:
            # the inverse of a record that is gone has nothing to do
            existing = self.exists()
            if existing == self:
                raise
            field.determine_inverse(existing)

    # -- archive -------------------------------------------------------------------------------------------------------
    def toggle_active(self) -> None:
        """Archive the active ones of the records, unarchive the others."""
        assert self._active_name, f"No 'active' field on model {self._name}"
        active = self.filtered(self._active_name)
        active[self._active_name] = False
        (self - active)[self._active_name] = True

    def action_archive(self) -> None:
        """Archive those that are active, through `toggle_active`, which addons extend."""
        name = self._active_name
        assert name, f"No 'active' field on model {self._name}"
        self.filtered(lambda record: record[name]).toggle_active()

    def action_unarchive(self) -> None:
        """Bring back those that are archived."""
        name = self._active_name
        assert name, f"No 'active' field on model {self._name}"
        self.filtered(lambda record: not record[name]).toggle_active()

    # -- tree ----------------------------------------------------------------------------------------------------------
    def _has_cycle(self, field_name: str | None = None) -> bool:
        """Whether following `field_name` (default: the parent) from one of the records comes back to it."""
        name = field_name or self._parent_name
        field = self._fields[name]
        if not field.relational or field.comodel_name != self._name:
            raise ValueError(f"Field must be a relation of the model to itself: {field}")
        if not self:
            return False
        self.flush_model([name])
        model = self.sudo().with_context(active_test=False)
        if not model.mapped(name):
            return False
        for start in self._ids:
            seen: set[Any] = set()
            todo = [start]
            while todo:
                level = model.browse(tuple(todo)).mapped(name)._ids
                if start in level:
                    return True
                todo = [id_ for id_ in level if id_ not in seen]
                seen.update(todo)
        return False

    def _check_recursion(self, parent: str | None = None) -> bool:
        return not self._has_cycle(parent)

    def _check_m2m_recursion(self, field_name: str) -> bool:
        return not self._has_cycle(field_name)
