"""Fields whose value is text: Char, Text, Html; translated or not.

A translated column is jsonb, {"en_US": ..., "fr_FR": ...}; the cache holds one text for each language met.
`translate=True` replaces the whole value; a callable cuts the value into terms and translates those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import UserError
from fondaco.i18n.terms import html_translate
from fondaco.orm.fields.base import DEFAULT, Field
from fondaco.values.html import Markup, html_sanitize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fondaco.orm.environment import Environment
    from fondaco.orm.recordset import Recordset


class _String(Field[str]):
    """What the text fields share: translation."""

    related_attrs: ClassVar[dict[str, str]] = {**Field.related_attrs, "translate": "translate"}
    description_attrs = (*Field.description_attrs, "translate")
    _plain_type: ClassVar[tuple[str, str]] = ("text", "text")
    size: int | None = None

    def __init__(self, string: Any = DEFAULT, **kwargs: Any) -> None:
        if kwargs.get("translate") and kwargs["translate"] is not True and not callable(kwargs["translate"]):
            raise ValueError(f"translate={kwargs['translate']!r}: expected True or a callable that cuts into terms")
        super().__init__(string=string, **kwargs)

    @property
    def column_type(self) -> tuple[str, str]:  # type: ignore[override]
        if self.company_dependent or (self.translate and self.store):
            return ("jsonb", "jsonb")
        return self._plain_type

    def description_value(self, key: str, env: Environment) -> Any:
        if key == "translate":
            return bool(self.translate)
        return super().description_value(key, env)

    def read_column(self, records: Recordset) -> list[Any] | None:
        column = records.env.columns[self]
        return [False if column[id_] is None else column[id_] for id_ in records._ids]

    # -- translation ---------------------------------------------------------------------------------------------------
    def get_trans_terms(self, value: Any) -> list[str]:
        """The terms of `value` that are translated on their own."""
        if not callable(self.translate):
            return [value] if value else []
        terms: list[str] = []
        self.translate(terms.append, value)
        return terms

    def get_text_content(self, term: str) -> str:
        """The text of a term without its tags."""
        func = getattr(self.translate, "get_text_content", lambda text: text)
        return str(func(term)).strip()

    def get_translation_fallback_langs(self, env: Environment) -> tuple[str, ...]:
        """The languages asked in turn for a value."""
        lang = env.context.get("lang") or "en_US"
        return ("en_US",) if lang == "en_US" else (lang, "en_US")

    def get_translation_dictionary(
        self, from_lang_value: Any, to_lang_values: dict[str, Any]
    ) -> dict[str, dict[str, str]]:
        """{source term: {lang: term}} by the position of terms in values of the same structure."""
        terms = self.get_trans_terms(from_lang_value)
        dictionary: dict[str, dict[str, str]] = {term: {} for term in terms}
        for lang, value in to_lang_values.items():
            others = self.get_trans_terms(value)
            if len(others) == len(terms):
                for term, other in zip(terms, others, strict=True):
                    dictionary[term][lang] = other
            else:
                for term in terms:
                    dictionary[term][lang] = term
        return dictionary

    def write(self, records: Recordset, value: Any) -> None:
        if self.json_key is None or not self.translate:
            super().write(records, value)
            return
        env = records.env
        env.lang  # noqa: B018  # refuses a language that is not installed
        cached = self.convert_to_cache(value, records)
        if callable(self.translate) and cached is not None and any(records._ids):
            self._write_terms(records, cached)
            return
        super().write(records, value)
        cache = env.cache
        current = env.columns[self]
        for column in cache.columns(self):
            if column is not current:
                for id_ in records._ids:
                    column.pop(id_, None)
        if cached is None:
            for id_ in records.ids:
                cache.keyed.setdefault(self, {})[id_] = None  # type: ignore[assignment]  # the whole column

    def write_languages(self, records: Recordset, values: Mapping[str, Mapping[Recordset, Any]]) -> None:
        """Write the text of each language, a cache value by record: those of the environment's language are seen."""
        env = records.env
        env.remove_to_compute(self, records)
        own = env.context.get("lang") or "en_US"
        current = env.columns[self]
        for column in env.cache.columns(self):
            if column is not current:
                for id_ in records._ids:
                    column.pop(id_, None)
        for record in records:
            id_ = record._ids[0]
            texts = {lang: by_record[record] for lang, by_record in values.items()}
            current[id_] = texts[own]
            env.cache.mark_dirty(env, self, record._ids)
            if id_:
                is_empty = all(text is None for text in texts.values())
                env.cache.keyed[self][id_] = None if is_empty else texts  # type: ignore[assignment]

    def _write_terms(self, records: Recordset, value: str) -> None:
        """Write the value of one language and keep the terms of the others that still occur in it."""
        env = records.env
        lang = env.context.get("lang") or "en_US"
        for record in records:
            if not record._ids[0]:
                super().write(record, value)
                continue
            stored = stored_translations(record, self)
            values = self.merge_terms(stored, lang, value)
            env.columns[self][record._ids[0]] = value
            env.cache.mark_dirty(env, self, record._ids)
            env.cache.keyed[self][record._ids[0]] = values
            for column in env.cache.columns(self):
                if column is not env.columns[self]:
                    column.pop(record._ids[0], None)

    def merge_terms(self, stored: dict[str, str], lang: str, value: str) -> dict[str, str]:
        """The column {lang: value} after `value` was written in `lang` over `stored`."""
        base = stored.get(lang) or stored.get("en_US")
        if not base:
            return {"en_US": value, lang: value}
        old_terms = self.get_trans_terms(base)
        new_terms = self.get_trans_terms(value)
        result = dict(stored)
        result[lang] = value
        for other, text in stored.items():
            if other == lang:
                continue
            theirs = self.get_trans_terms(text)
            known = dict(zip(old_terms, theirs, strict=True)) if len(theirs) == len(old_terms) else {}
            if not known.keys() >= set(new_terms) and len(new_terms) == len(old_terms):
                # same structure: a changed term keeps its translation only where it is the source that was reworded
                known.update({new: known.get(new, new) for new in new_terms})
            if (
                other == "en_US"
                and lang != "en_US"
                and len(new_terms) == len(old_terms)
                and len(theirs) == len(old_terms)
            ):
                positions = dict(zip(new_terms, theirs, strict=True))
                result[other] = self.translate(positions.get, value)
            else:
                result[other] = self.translate(known.get, value)
        result.setdefault("en_US", value)
        return result


def stored_translations(record: Recordset, field: Field[Any]) -> dict[str, Any]:
    """The column {lang: value} of one record, pending writes included."""
    record.flush_recordset([field.name])
    names = record._table_columns([field.name], raw=True)
    row = record.env.cr.fetch(record._select_rows(names, record._ids))
    return dict(row[0][1] or {}) if row else {}


class Char(_String):
    """One line of text. size: most characters; trim: clients cut white space at the ends."""

    type = "char"
    trim: bool = True
    _plain_type = ("varchar", "VARCHAR")
    related_attrs: ClassVar[dict[str, str]] = {**_String.related_attrs, "size": "size", "trim": "trim"}
    description_attrs = (*_String.description_attrs, "size", "trim")

    @property
    def column_type(self) -> tuple[str, str]:  # type: ignore[override]
        kind = super().column_type
        return ("varchar", f"VARCHAR({self.size})") if kind[0] == "varchar" and self.size else kind

    def bound(self, model: Any) -> None:
        if self.size is not None and not isinstance(self.size, int):
            raise TypeError(f"{self}: size {self.size!r} is not a whole number")

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> str | None:
        if value is None or value is False:
            return None
        text: str = value if type(value) is str else str(value)
        return text[: self.size] if self.size else text


class Text(_String):
    """Several lines of text."""

    type = "text"

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> str | None:
        if value is None or value is False:
            return None
        return value if type(value) is str else str(value)


class Html(_String):
    """Text with tags; cleaned of what could harm unless `sanitize` is false. Its record value is Markup."""

    type = "html"
    sanitize: Any = True
    sanitize_overridable: bool = False
    sanitize_tags: bool = True
    sanitize_attributes: bool = True
    sanitize_style: bool = False
    sanitize_form: bool = True
    sanitize_conditional_comments: bool = True
    sanitize_output_method: str = "html"
    strip_style: bool = False
    strip_classes: bool = False
    _own: ClassVar[tuple[str, ...]] = (
        "sanitize", "sanitize_tags", "sanitize_attributes", "sanitize_style", "sanitize_form",
        "sanitize_conditional_comments", "sanitize_output_method", "strip_style", "strip_classes",
    )  # fmt: skip
    related_attrs: ClassVar[dict[str, str]] = {**_String.related_attrs, **{name: name for name in _own}}
    description_attrs = (
        *_String.description_attrs, "sanitize", "sanitize_tags", "sanitize_attributes", "sanitize_style", "strip_style",
        "strip_classes",
    )  # fmt: skip

    def bound(self, model: Any) -> None:
        if self.translate is True and self.sanitize:
            # tags are cleaned as a whole, so what is translated is the text between them
            self.translate = html_translate
        if self.sanitize == "email_outgoing":
            self.sanitize = True
            self.sanitize_output_method = "xml"
            for name, value in (("sanitize_tags", True), ("sanitize_attributes", False), ("sanitize_style", False)):
                if name not in self.args:
                    setattr(self, name, value)

    def _clean(self, value: Any, record: Recordset) -> str:
        options = {
            "silent": True,
            "sanitize_tags": self.sanitize_tags,
            "sanitize_attributes": self.sanitize_attributes,
            "sanitize_style": self.sanitize_style,
            "sanitize_form": self.sanitize_form,
            "sanitize_conditional_comments": self.sanitize_conditional_comments,
            "output_method": self.sanitize_output_method,
            "strip_style": self.strip_style,
            "strip_classes": self.strip_classes,
        }
        if self.sanitize_overridable:
            if record.env.user.has_group("base.group_sanitize_override"):
                return str(value)
            self._refuse_to_strip(record, value, options)
        return str(html_sanitize(value, **options))  # type: ignore[arg-type]

    def _refuse_to_strip(self, record: Recordset, value: Any, options: dict[str, Any]) -> None:
        """A user who may not override must not, by saving, remove what another was allowed to put in."""
        for stored in record.browse(tuple(filter(None, record._ids))):
            original = stored[self.name]
            if original and str(original) != str(value) and str(html_sanitize(original, **options)) != str(original):
                raise UserError(
                    record.env._(
                        "“%(field)s” holds content that only an administrator may keep or change, so your version "
                        "of it was not saved.",
                        field=self.string,
                    )
                )  # fmt: skip

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> str | None:
        if value is None or value is False:
            return None
        if validate and self.sanitize:
            return self._clean(value, record)
        return str(value)

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return False if value is None else Markup(value)

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        return False if value is None or value is False else Markup(value)

    def read_column(self, records: Recordset) -> list[Any] | None:
        return None

    def get_trans_terms(self, value: Any) -> list[str]:
        return super().get_trans_terms(str(value) if value else value)
