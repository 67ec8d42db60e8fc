"""Translations of the records that modules brought, from their PO files into the translated columns.

    load(env, ["product"], ["fr_FR"])

Terms of code are read where they are used (`i18n/catalog.py`); here are those of records: whole values
(`model:res.country,name:base.fr`) and terms inside markup (`model_terms:ir.ui.view,arch_db:base.view_x`).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from fondaco.data import xmlid as xmlids
from fondaco.errors import ModuleError
from fondaco.i18n.catalog import po_paths
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.i18n import po
else:
    po = Postponed("fondaco.i18n.po")

# (model, field) -> xmlid -> language -> source -> translation
Terms = dict[tuple[str, str], dict[str, dict[str, dict[str, str]]]]


def load(env: Any, modules: Iterable[str], langs: Iterable[str], *, overwrite: bool = False) -> int:
    """Fill in the languages of what `modules` brought; the number of values changed.

    Values, and terms inside markup, that exist in a language stay, unless `overwrite`.
    """
    terms: Terms = {}
    for lang in langs:
        for module in modules:
            _collect(terms, module, lang)
    return _apply_all(env, terms, overwrite)


def take(env: Any, entries: "Iterable[po.Entry]", lang: str, *, overwrite: bool = False) -> int:
    """Fill in `lang` from the entries of a file that a user brought; the number of values changed."""
    terms: Terms = {}
    _gather(terms, entries, "", lang)
    return _apply_all(env, terms, overwrite)


def _apply_all(env: Any, terms: Terms, overwrite: bool) -> int:
    env.flush_all()
    changed = sum(_apply(env, model, name, found, overwrite) for (model, name), found in terms.items())
    if changed:
        env.invalidate_all(flush=False)
        env.registry.clear_cache("default", "templates")
    return changed


def _collect(terms: Terms, module: str, lang: str) -> None:
    for path in po_paths(module, lang):
        try:
            entries = list(po.read(path.read_bytes()))
        except ValueError as error:
            raise ModuleError(f"{path}: {error}") from error
        _gather(terms, entries, module, lang)


def _gather(terms: Terms, entries: "Iterable[po.Entry]", module: str, lang: str) -> None:
    for entry in entries:
        if not entry.translation:
            continue
        for place in entry.places:
            model, comma, name = place.name.partition(",")
            if place.kind in ("model", "model_terms") and comma:
                xmlid = xmlids.complete(place.target, module)
                by_xmlid = terms.setdefault((model, name), {})
                by_xmlid.setdefault(xmlid, {}).setdefault(lang, {})[entry.source] = entry.translation


def _apply(env: Any, model: str, name: str, found: Mapping[str, dict[str, dict[str, str]]], overwrite: bool) -> int:
    field = env[model]._fields.get(name) if model in env else None
    if field is None or not field.translate or not field.store or not field.column_type:
        return 0
    targets = {xmlid: target for xmlid, target in xmlids.lookup(env.cr, found).items() if target.model == model}
    xmlid_of = {target.id: xmlid for xmlid, target in targets.items()}
    table, column = SQL.identifier(env[model]._table), SQL.identifier(name)
    rows = env.cr.fetch(SQL("SELECT id, %s FROM %s WHERE id = ANY(%s)", column, table, list(xmlid_of)))
    changed = []
    for id_, value in rows:
        new = _translated(env[model], field, value or {}, found[xmlid_of[id_]], overwrite)
        if new != value:
            changed.append({"id": id_, "value": new})
    if changed:
        env.cr.run(
            SQL(
                """
                UPDATE %(table)s
                   SET %(column)s = new.value
                  FROM json_to_recordset(%(rows)s::json) AS new(id int4, value jsonb)
                 WHERE %(table)s.id = new.id
                """,
                table=table,
                column=column,
                rows=orjson.dumps(changed).decode(),
            )
        )
        _pass_on(env, field, [row["id"] for row in changed])
    return len(changed)


def _pass_on(env: Any, field: Any, ids: list[int]) -> None:
    """Stored fields that are related to a translated one take over its new texts."""
    for model in env.registry.models.values():
        for other in model._fields.values():
            if other.related_field is field and other.is_recomputed and other.translate:
                holders = env[other.model_name].with_context(active_test=False)
                path = other.related.rpartition(".")[0]
                env.add_to_compute(other, holders.search([(path, "in", ids)]))


def _translated(
    model: Any, field: Any, value: Mapping[str, str], by_lang: Mapping[str, Mapping[str, str]], overwrite: bool
) -> dict[str, str]:
    """The texts of one record by language, with those that `by_lang` brings."""
    new = dict(value)
    source = value.get("en_US")
    if not source:
        return new
    for lang, translations in by_lang.items():
        if callable(field.translate):
            known = _known_terms(field, source, new.get(lang))
            if known is None and not overwrite:
                continue
            found = {**(known or {}), **translations} if overwrite else {**translations, **(known or {})}
            text = field.translate(found.get, source)
            if text and text != source:
                new[lang] = field.convert_to_cache(text, model)  # a file may bring any markup
        elif source in translations and (overwrite or lang not in new):
            new[lang] = translations[source]
    return new


def _known_terms(field: Any, source: str, text: str | None) -> dict[str, str] | None:
    """The terms that `text`, a translation of the whole `source`, translates; None where it is built otherwise."""
    if not text:
        return {}
    terms: list[str] = []
    theirs: list[str] = []
    field.translate(terms.append, source)
    field.translate(theirs.append, text)
    if len(terms) != len(theirs):
        return None
    return {term: their for term, their in zip(terms, theirs, strict=True) if their != term}
