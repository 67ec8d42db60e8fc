"""With which values is a record duplicated?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fondaco.orm.decorators import returns
from fondaco.orm.recordset import Recordset

if TYPE_CHECKING:
    from typing import Self

MAGIC = ("id", "create_uid", "create_date", "write_uid", "write_date", "display_name", "parent_path")


class Copying(Recordset):
    """Facet: copy, copy_data."""

    __slots__ = ()

    def copy_data(self, default: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The values with which each of the records would be duplicated; `default` replaces.

        Fields that the user may not see are not among them: his copy has their defaults.
        """
        default = dict(default or {})
        already: set[Any] = self.env.context.get("__copy_data_seen") or set()
        records = self.with_context(__copy_data_seen=already)
        skipped = {*MAGIC, *default}
        for link, names in self._fields_through_links().items():
            # A copy has parents of its own, with all that comes through them, unless it is told which.
            skipped.update((link, *names) if link in default else (link,))
        fields = [f for n, f in self._fields.items() if f.copy and n not in skipped and f.is_accessible(self.env)]
        result: list[dict[str, Any]] = []
        for record in records:
            key = (self._name, record.id)
            if key in already:
                result.append({})
                continue
            already.add(key)
            values = dict(default)
            for field in fields:
                if field.type == "one2many":
                    lines = record[field.name].sorted(key="id").copy_data()
                    values[field.name] = [(0, 0, line) for line in lines if line]
                elif field.type == "many2many":
                    values[field.name] = [(6, 0, record[field.name].ids)]
                else:
                    values[field.name] = field.convert_to_write(record[field.name], record)
            result.append(values)
        return result

    def _fields_through_links(self) -> dict[str, list[str]]:
        """{link to a parent, or a parent's parent, by `_inherits`: the fields that come through it}"""
        found: dict[str, list[str]] = {link: [] for link in self._inherits.values()}
        for name, field in self._fields.items():
            step: Any = field
            while step.inherited:
                link = step.related.split(".")[0]
                if link in self._inherits.values() or self._fields[link].inherited:
                    found.setdefault(link, []).append(name)
                step = step.inherited_field
        return found

    def copy_translations(self, new: Any, excluded: Iterable[str] = ()) -> None:
        """Give `new` the texts that the record has in other languages."""
        for name, field in self._fields.items():
            if not (field.copy and field.translate and field.store and name not in excluded and not field.inherited):
                continue
            if not field.is_accessible(self.env):
                continue
            stored = self.get_stored_translations(name)
            lang = self.env.context.get("lang") or "en_US"
            if not any(code != lang for code in stored):
                continue
            env = new.env
            current = new.get_stored_translations(name)
            if current.get(lang) == stored.get(lang, stored.get("en_US")):
                env.columns[field].setdefault(new._ids[0], current.get(lang))
                env.cache.mark_dirty(env, field, new._ids)
                env.cache.keyed[field][new._ids[0]] = {**stored, lang: current.get(lang)}

    @returns("self")
    def copy(self, default: Mapping[str, Any] | None = None) -> Self:
        """Duplicate the records, with `default` instead of their own values."""
        values = self.with_context(active_test=False).copy_data(default)
        records = self.create(values)
        for old, new in zip(self, records, strict=True):
            old.copy_translations(new, excluded=default or ())
        return records
