"""With which values is a record duplicated?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fondaco.orm.decorators import returns
from fondaco.orm.recordset import Recordset

if TYPE_CHECKING:
    from typing import Self

    from fondaco.orm.fields.base import Field

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
        """Give `new`, a copy of each of the records, the texts that these and their lines have in other languages."""
        for name, field in self._fields.items():
            if not field.copy or field.inherited or name in excluded or not field.is_accessible(self.env):
                continue
            if field.translate and field.store:
                self._copy_texts(field, new)
            elif field.type == "one2many" and _has_texts(self.env[field.comodel_name], set()):
                lines = self.env[field.comodel_name].browse()
                copies = lines
                shown = {"active_test": False}
                for old, copy in zip(self.with_context(**shown), new.with_context(**shown), strict=True):
                    of_old, of_copy = old[name].sorted(key="id"), copy[name].sorted(key="id")
                    if len(of_old) == len(of_copy):  # else the model has its own way to copy them
                        lines, copies = lines.concat(of_old), copies.concat(of_copy)
                if lines:
                    lines.with_env(self.env).copy_translations(copies.with_env(new.env))

    def _copy_texts(self, field: Field[Any], new: Any) -> None:
        """Give the copies the texts of one field in the languages other than that in which they were made."""
        lang = self.env.context.get("lang") or "en_US"
        stored = {id_: texts for id_, texts in self._stored_texts(field.name).items() if texts.keys() - {lang}}
        if not stored:
            return
        env = new.env
        current = new._stored_texts(field.name)
        for old_id, id_ in zip(self._ids, new._ids, strict=True):
            texts, text = stored.get(old_id), current.get(id_, {}).get(lang)
            if texts is not None and text == texts.get(lang, texts.get("en_US")):
                env.columns[field].setdefault(id_, text)
                env.cache.mark_dirty(env, field, (id_,))
                env.cache.keyed[field][id_] = {**texts, lang: text}

    @returns("self")
    def copy(self, default: Mapping[str, Any] | None = None) -> Self:
        """Duplicate the records, with `default` instead of their own values."""
        values = self.with_context(active_test=False).copy_data(default)
        records = self.create(values)
        for old, new in zip(self, records, strict=True):
            if old.id:  # one that is not saved yet has texts in one language
                old.copy_translations(new, excluded=default or ())
        return records


def _has_texts(model: Any, seen: set[str]) -> bool:
    """Whether a copy of a record of the model, or of lines below it, takes translated texts along."""
    if model._name in seen:
        return False
    seen.add(model._name)
    for field in model._fields.values():
        if field.copy and field.translate and field.store:
            return True
        if field.copy and field.type == "one2many" and _has_texts(model.env[field.comodel_name], seen):
            return True
    return False
