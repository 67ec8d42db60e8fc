"""What are the texts of a translated field in each language, and how are they set?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fondaco.errors import UserError
from fondaco.orm.fields.base import Field
from fondaco.orm.identity import Id
from fondaco.orm.recordset import Recordset
from fondaco.sql.fragment import SQL


class Translating(Recordset):
    """Facet: translations of a field."""

    __slots__ = ()

    def update_field_translations(
        self, field_name: str, translations: Mapping[str, Any], source_lang: str | None = None
    ) -> bool:
        """Set the texts of a translated field of the one record.

        translations: {lang: text, or False to fall back to the source}; for fields translated by term {lang: {term:
          text, or False}}, the term in `source_lang` (English if nothing is said) or as it is translated now.
        """
        return self._update_field_translations(field_name, translations, source_lang=source_lang)

    def _update_field_translations(
        self, field_name: str, translations: Mapping[str, Any], digest: Any = None, source_lang: str | None = None
    ) -> bool:
        self.ensure_one()
        self.check_access("write")
        if not self.env.su:
            self.check_field_access_rights("write", [field_name])
        field = self._fields[field_name]
        if not field.translate or not field.store:
            return False
        known = {code for code, _name in self.env["res.lang"].get_installed()} | {"en_US"}
        unknown = [lang for lang in translations if lang not in known]
        if unknown:
            raise UserError(
                self.env._(
                    "The following languages are not activated: %(missing_names)s", missing_names=", ".join(unknown)
                )
            )
        _check_form(field, translations)
        if field.translate is True:
            for lang, text in sorted(translations.items(), key=lambda item: item[0] != "en_US"):
                record = self.with_context(lang=lang)
                if text or text == "":
                    record.write({field_name: text})
                else:
                    self._drop_translation(field, lang)
            self.flush_recordset([field_name])
        else:
            self._translate_terms(field, translations, digest, source_lang or "en_US")
        self.modified([field_name])
        return True

    def _drop_translation(self, field: Field[Any], lang: str) -> None:
        self.flush_recordset([field.name])
        table, column = SQL.identifier(self._table), SQL.identifier(field.name)
        self.env.cr.run(
            SQL("UPDATE %s SET %s = %s - %s::text WHERE id = %s", table, column, column, lang, self._ids[0])
        )
        self.env.cache.forget(field, self._ids)

    def _translate_terms(
        self, field: Any, translations: Mapping[str, Mapping[str, str]], digest: Any, source_lang: str
    ) -> None:
        stored = self.get_stored_translations(field.name)
        source = stored.get("en_US") or next(iter(stored.values()), None)
        if not source:
            return
        text_of_source = stored.get(source_lang) or source
        sources = field.get_trans_terms(text_of_source)
        for lang, terms in translations.items():
            base = stored.get(lang, source)
            own = field.get_trans_terms(base)
            if len(own) != len(sources):
                # A translation that holds no term, or two, came before: nothing tells any more what stands for what.
                known, current = ({(digest or str)(term) for term in found} for found in (sources, own))
                if lang != "en_US" and terms.keys() & (known - current):
                    base, own = text_of_source, sources
            wanted = _new_terms(sources if len(sources) == len(own) else own, own, terms, digest or str)
            text = field.translate(lambda term, wanted=wanted: wanted[term].pop(0) if wanted.get(term) else None, base)
            # Cleaned as a whole, as a text that is written: a term is any markup.
            stored[lang] = field.convert_to_cache(text, self.with_context(lang=lang))
        env = self.env
        env.columns[field][self._ids[0]] = stored.get(env.context.get("lang") or "en_US", source)
        env.cache.mark_dirty(env, field, self._ids)
        env.cache.keyed[field][self._ids[0]] = stored
        self.flush_recordset([field.name])
        env.cache.forget(field, self._ids)

    def get_stored_translations(self, field_name: str) -> dict[str, str]:
        """{lang: text} as stored for the one record; nothing for a field without translations."""
        field = self._fields[field_name]
        if not field.translate or not field.store:
            return {}
        if not self.env.su:
            self.check_access("read")
            self.check_field_access_rights("read", [field_name])
        return self._stored_texts(field_name).get(self._ids[0], {})

    def _stored_texts(self, field_name: str) -> dict[Id, dict[str, str]]:
        """{id: {lang: text}} of the translated field, for those of the records that have rows."""
        self.flush_recordset([field_name])
        rows = self.env.cr.fetch(self._select_rows(self._table_columns([field_name], raw=True), self._ids))
        return {row[0]: dict(row[1] or {}) for row in rows}

    def get_field_translations(self, field_name: str, langs: Any = None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """([{lang, source, value}], {translation_type, translation_show_source}) of one record's field."""
        self.ensure_one()
        field: Any = self._fields[field_name]
        langs = list(langs or [code for code, _name in self.env["res.lang"].get_installed()])
        self_lang = self.with_context(check_translations=True, prefetch_langs=True)
        stored = self_lang.get_stored_translations(field_name)
        source = stored.get("en_US") or ""
        rows = []
        if callable(field.translate):
            others = {lang: stored.get(lang, source) for lang in langs}
            dictionary = field.get_translation_dictionary(source, others)
            for term, by_lang in dictionary.items():
                for lang, text in by_lang.items():
                    rows.append({"lang": lang, "source": term, "value": "" if text == term else text})
        else:
            for lang in langs:
                rows.append({"lang": lang, "source": source, "value": stored.get(lang, "")})
        kind = "text" if field.type in ("text", "html") else "char"
        return rows, {"translation_type": kind, "translation_show_source": callable(field.translate)}


def _check_form(field: Field[Any], translations: Mapping[str, Any]) -> None:
    """A text for a text, and terms for terms."""
    for lang, given in translations.items():
        if isinstance(given, Mapping) is (field.translate is True):
            expected = "a text, or False" if field.translate is True else "{term: its translation}"
            raise ValueError(
                f"{field}: its translation into {lang} is {given!r}; expected {expected}. What there is now, "
                "get_field_translations tells"
            )


def _new_terms(
    sources: list[str], own: list[str], terms: Mapping[str, str], digest: Callable[[str], str]
) -> dict[str, list[str]]:
    """Term of a text -> what stands in its places, in order; keys of `terms` are sources, or terms as they are now.

    No text for a term is its source.
    """
    known = {digest(source) for source in sources}
    new: dict[str, list[str]] = {}
    for source, term in zip(sources, own, strict=True):
        key = digest(source)
        if key not in terms and digest(term) not in known:
            key = digest(term)
        new.setdefault(term, []).append((terms[key] or source) if key in terms else term)
    return new
