"""How does a trigram index help to find a text in one of the languages of a translated field?

The index is on the text of all translations together; a condition on it narrows the rows, the condition on the
language decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field

JSON_SPECIAL = frozenset('"\\/\b\f\n\r\t')
TRIGRAM = 3


def narrowing_sql(alias: str, field: Field[Any], operator: str, value: Any) -> SQL | None:
    """A condition that the index can answer and every row with `operator value` fulfils; None if there is none."""
    if field.index != "trigram" or not field.translate or field.json_key is None or not isinstance(value, str):
        return None
    if operator in ("=", "like", "ilike"):
        pattern = (
            value_to_translated_trigram_pattern(value)
            if operator == "="
            else pattern_to_translated_trigram_pattern(value)
        )
    elif operator in ("=like", "=ilike"):
        pattern = pattern_to_translated_trigram_pattern(value)
    else:
        return None
    if pattern == "%":
        return None
    texts = SQL("jsonb_path_query_array(%s, '$.*')::text", SQL.identifier(alias, field.name))
    return SQL("%s ILIKE %s" if operator in ("ilike", "=ilike") else "%s LIKE %s", texts, pattern)


def value_to_translated_trigram_pattern(value: str) -> str:
    """A LIKE pattern that every jsonb text holding `value` fits: characters that JSON escapes become %."""
    return _joined("".join("\0" if character in JSON_SPECIAL else _escaped(character) for character in value))


def pattern_to_translated_trigram_pattern(pattern: str) -> str:
    """The same for a value that is a LIKE pattern already."""
    characters = iter(pattern)
    parts: list[str] = []
    for character in characters:
        if character == "\\":
            literal = next(characters, "\\")
            parts.append("\0" if literal in JSON_SPECIAL else _escaped(literal))
        else:
            parts.append("\0" if character in JSON_SPECIAL or character in "%_" else character)
    return _joined("".join(parts))


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "%_" else character


def _joined(text: str) -> str:
    """The pieces long enough to have a trigram, anything between them."""
    pieces = [piece for piece in text.split("\0") if len(piece) >= TRIGRAM]
    return f"%{'%'.join(pieces)}%" if pieces else "%"
