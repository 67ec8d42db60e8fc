"""What is a property in SQL: a part of a jsonb column, whose type only the containers' definitions know.

A property is looked up by name in the definitions of all containers; names are made unique by the clients that define
them, and the first definition found says the type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fondaco.orm.conditions import Plain, condition_sql, number_condition
from fondaco.orm.fields.properties import stored_value
from fondaco.orm.flush import to_json
from fondaco.orm.groupby import moment_sql
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field
    from fondaco.sql.query import Query

NEGATIVE = ("!=", "not in")
# What a value must look like to be cast: a property whose type was changed has values of the old one.
WHOLE = r"^-?\d{1,18}(\.0+)?$"
DAY = (
    r"(?!0000)(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
MOMENT = DAY + r"(?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?"
ID = r"^[1-9]\d{0,17}$"
FALSE_SQL = SQL("FALSE")
_TEXT = Plain("char", "property")
_NUMBER = Plain("float", "property")


def property_definition(model: Any, field: Field[Any], name: str) -> dict[str, Any]:
    """The definition of the property `name` of `field`; {} if no container has it."""
    link, definitions_name = field.definition_record, field.definition_record_field  # type: ignore[attr-defined]
    if not link:
        return {}
    container = model.env[model._fields[link].comodel_name]
    container.flush_model([definitions_name])
    column = SQL.identifier(container._table, definitions_name)
    wanted = f'[{{"name": {_json(name)}}}]'
    rows = model.env.cr.fetch(
        SQL("SELECT %s FROM %s WHERE %s @> %s::jsonb LIMIT 1", column, container._table_sql, column, wanted)
    )
    definitions = rows[0][0] if rows else ()
    return next((dict(item) for item in definitions if item["name"] == name), {})


# -- conditions ----------------------------------------
def property_condition(column: SQL, operator: str, value: Any) -> SQL:
    """`column operator value`, `column` being the property's jsonb. A list (tags, records) has each of its values."""
    text = SQL("(NULLIF(%s, 'false') #>> '{}')", column)
    if operator in ("=", "!=", "in", "not in"):
        found = _equals(column, text, _values(operator, value))
        return SQL("%s IS NOT TRUE", found) if operator in NEGATIVE else found
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = SQL("CASE WHEN jsonb_typeof(%s) = 'number' THEN %s::float8 END", column, text)
        return number_condition(None, _NUMBER, number, operator, value)
    return condition_sql(None, _TEXT, text, operator, value)


def _values(operator: str, value: Any) -> list[Any]:
    if operator in ("=", "!=") or isinstance(value, str | int):
        return [value]
    return list(value)


def _equals(column: SQL, text: SQL, values: list[Any]) -> SQL:
    full = [_json(item) for item in values if item is not False and item is not None]
    parts = [SQL("%s @> ANY(%s::text[]::jsonb[])", column, full)] if full else []
    if len(full) < len(values):
        parts.append(SQL("(%s IS NULL OR %s IN ('', '[]'))", text, text))
    return SQL("(%s)", SQL(" OR ").join(parts)) if parts else FALSE_SQL


def _json(value: Any) -> str:
    return to_json(stored_value(value))


# -- groups ----------------------------------------
def property_group(model: Any, field: Field[Any], name: str, granularity: str, query: Query) -> SQL:
    """The expression of a group by a property; a list counts in the group of each of its values."""
    column = model._field_to_sql(model._table, f"{field.name}.{name}", query)
    definition = property_definition(model, field, name)
    text = SQL("(%s #>> '{}')", column)
    kind = definition.get("type")
    if granularity and kind not in ("date", "datetime"):
        raise ValueError(f"Granularity set on a no-datetime field or property: {field.name}.{name}:{granularity}")
    match kind:
        case "boolean":
            return SQL("COALESCE(%s = 'true', FALSE)", text)
        case "integer":
            is_whole = SQL("jsonb_typeof(%s) = 'number' AND %s ~ %s", column, text, WHOLE)
            return SQL("CASE WHEN %s THEN %s::numeric::int8 END", is_whole, text)
        case "float":
            return SQL("CASE WHEN jsonb_typeof(%s) = 'number' THEN %s::float8 END", column, text)
        case "date" | "datetime":
            if kind == "date":
                moment = SQL("CASE WHEN %s ~ %s THEN LEFT(%s, 10)::date END", text, f"^{DAY}", text)
            else:
                moment = SQL("CASE WHEN %s ~ %s THEN %s::timestamp END", text, f"^{MOMENT}$", text)
            return moment_sql(model, f"{field.name}.{name}", kind, granularity, moment)
        case "selection":
            options = [option[0] for option in definition.get("selection") or ()]
            return SQL("CASE WHEN %s = ANY(%s::text[]) THEN %s END", text, options, text)
        case "many2one":
            return SQL("CASE WHEN jsonb_typeof(%s) = 'number' THEN %s END", column, _existing(model, definition, text))
        case "tags":
            tags = [tag[0] for tag in definition.get("tags") or ()]
            return _unnested(model, field, name, column, query, lambda item: SQL("%s = ANY(%s::text[])", item, tags))
        case "many2many":
            item = _unnested(
                model, field, name, column, query,
                lambda item: SQL("%s IS NOT NULL", _existing(model, definition, item)),
            )  # fmt: skip
            return _id(item)
    return SQL("NULLIF(NULLIF(%s, 'false'), '')", text)


def _existing(model: Any, definition: dict[str, Any], item: SQL) -> SQL:
    """The id in the text `item` if it is that of a row; NULL otherwise."""
    comodel = definition.get("comodel")
    if comodel not in model.env:
        return SQL("NULL::int4")
    other = model.env[comodel]
    row_id = SQL.identifier("existing", "id")
    return SQL("(SELECT %s FROM %s AS existing WHERE %s = %s)", row_id, other._table_sql, row_id, _id(item))


def _id(item: SQL) -> SQL:
    """The text `item` as an id; NULL if it is none."""
    return SQL("CASE WHEN %s ~ %s THEN %s::int8 END", item, ID, item)


def _unnested(
    model: Any, field: Field[Any], name: str, column: SQL, query: Query, condition: Callable[[SQL], SQL]
) -> SQL:
    """Join the items of a list that meet `condition`; answers the item as text, NULL where there is none."""
    alias = query.make_alias(model._table, f"{field.name}_{name}")
    item = SQL.identifier(alias, "value")
    items = SQL(
        "jsonb_array_elements_text(CASE WHEN jsonb_typeof(%s) = 'array' THEN %s ELSE '[]'::jsonb END)", column, column
    )
    query.add_join("LEFT JOIN", alias, items, condition(item))
    return item
