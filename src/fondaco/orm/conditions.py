"""Which SQL expression is a field, and which condition is `expression operator value`, by family of field types?

Only fields with a column come here; paths, relations and search methods are resolved before (where.py, linked.py). An
empty number counts as 0 and an empty text as '', as they do in records; a negated operator also keeps rows without a
value. Values are parameters and lists are one array parameter, so that domains of one shape share one prepared
statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from fondaco.domain.moments import date_text, datetime_text
from fondaco.domain.tree import known_operators
from fondaco.errors import UserError
from fondaco.orm.fields.encrypted import index_expression
from fondaco.sql.fragment import SQL
from fondaco.sql.query import Query

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.fields.base import Field

FALSE_SQL = SQL("FALSE")
TRUE_SQL = SQL("TRUE")


class OperatorTable(dict[str, SQL]):
    """How PostgreSQL writes an operator of domains. An addon may add one of its own: domains know it from then on."""

    def __init__(self, operators: dict[str, SQL]) -> None:
        super().__init__(operators)
        self.added: set[str] = set()

    def __setitem__(self, operator: str, sql: SQL) -> None:
        super().__setitem__(operator, sql)
        known_operators.add(operator)
        self.added.add(operator)

    def update(self, *tables: Any, **operators: SQL) -> None:
        for operator, sql in dict(*tables, **operators).items():
            self[operator] = sql


OPERATOR_SQL = OperatorTable({
    "=": SQL("="), "!=": SQL("!="), "<": SQL("<"), "<=": SQL("<="), ">": SQL(">"), ">=": SQL(">="),
    "like": SQL("LIKE"), "not like": SQL("NOT LIKE"), "ilike": SQL("ILIKE"), "not ilike": SQL("NOT ILIKE"),
    "=like": SQL("LIKE"), "=ilike": SQL("ILIKE"), "in": SQL("IN"), "not in": SQL("NOT IN"),
})  # fmt: skip


class AddedCondition(SQL):
    """`column ->> language operator value` with an operator that an addon added.

    PostgreSQL binds some operators (%) closer than ->>, so it runs with the column in parentheses. `code` alone is the
    text of Odoo 18, which lacks them: addons compare it.
    """

    __slots__ = ("_told",)

    def __init__(self, column: SQL, lang: str, operator: SQL, value: Any) -> None:
        super().__init__("((%s->>%s) %s %s)", column, lang, operator, value)
        self._told = SQL("(%s->>%s %s %s)", column, lang, operator, value).code

    @property
    def code(self) -> str:
        return self._told


LIKE_OPERATORS = ("like", "not like", "ilike", "not ilike", "=like", "=ilike")
NEGATIVE_OPERATORS = ("!=", "not in", "not like", "not ilike", "not any")

JSON_CASTS = {
    "integer": SQL("::int4"), "float": SQL("::float8"), "monetary": SQL("::float8"), "boolean": SQL("::bool"),
    "date": SQL("::date"), "datetime": SQL("::timestamp"), "many2one": SQL("::int4"),
}  # fmt: skip
"""Casts of the text found under a company's key in the jsonb column of a company-dependent field."""


class Plain(NamedTuple):
    """What a family needs to know of an expression that is no field: a part of a date, a property."""

    type: str
    name: str
    column_type: tuple[str, str] = ("", "")
    unaccent: bool = False


# -- expressions ----------------------------------------
def column_sql(model: Any, alias: str, field: Field[Any], *, flush: bool = True) -> SQL:
    """The value of a stored field of the row `alias`, in the language and company of `model`."""
    if not field.store or not field.column_type:
        raise ValueError(f"Cannot convert {field} to SQL because it is not stored")
    column = SQL.identifier(alias, field.name, to_flush=field if flush else None)
    if field.company_dependent:
        cast = JSON_CASTS.get(field.type, SQL("::text"))
        value = SQL("(%s->>%s)%s", column, str(model.env.company.id), cast)
        fallback = field.get_company_dependent_fallback(model)
        fallback = field.convert_to_column(fallback, model) if fallback else None
        if fallback in (None, False):
            return value
        # null under the company's key: somebody emptied it there
        key = str(model.env.company.id)
        return SQL("(CASE WHEN (%s->%s) IS NULL THEN %s%s ELSE %s END)", column, key, fallback, cast, value)
    if field.translate and field.json_key is not None:
        lang = model.env.lang or "en_US"
        if lang == "en_US" or model.env.context.get("prefetch_langs"):
            return SQL("(%s->>'en_US')", column)
        return SQL("COALESCE(%s->>%s, %s->>'en_US')", column, lang, column)
    return column


# -- conditions ----------------------------------------
def condition_sql(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """`column operator value` for a field with a column; each family knows what an empty value is."""
    if operator in OPERATOR_SQL.added:
        return SQL("(%s %s %s)", column, OPERATOR_SQL[operator], value)
    if operator in ("in", "not in"):
        if isinstance(value, SQL | Query):
            return _in_subselect(column, operator, value)
        value = value_list(field.name, operator, value)
    if operator in LIKE_OPERATORS and field.type not in TEXT_TYPES:
        return text_condition(model, field, SQL("%s::text", column), operator, value)
    if isinstance(value, SQL):
        return SQL("%s %s %s", column, OPERATOR_SQL[operator], value)
    return FAMILIES.get(field.type, text_condition)(model, field, column, operator, value)


def value_list(fname: str, operator: str, value: Any) -> list[Any]:
    """The values of `in`, as a list."""
    if isinstance(value, list):
        return value
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise ValueError(f"Invalid domain term {(fname, operator, value)!r}")
    return list(getattr(value, "_ids", value))


def _in_subselect(column: SQL, operator: str, value: SQL | Query) -> SQL:
    sql = value.subselect() if isinstance(value, Query) else SQL("(%s)", value)
    if operator == "in":
        return SQL("%s IN %s", column, sql)
    return SQL("(%s NOT IN %s OR %s IS NULL)", column, sql, column)


def with_null(column: SQL, condition: SQL) -> SQL:
    return SQL("(%s OR %s IS NULL)", condition, column)


def without_null(column: SQL, condition: SQL) -> SQL:
    return SQL("(%s AND %s IS NOT NULL)", condition, column)


def equality(column: SQL, operator: str, values: list[Any], *, has_empty: bool, cast: SQL) -> SQL:
    """`column` is (is not) among `values`, or empty; `values` are ready for the driver, without empty ones."""
    negative = operator in NEGATIVE_OPERATORS
    if not values:
        if not has_empty:
            return TRUE_SQL if negative else FALSE_SQL
        return SQL("%s IS NOT NULL", column) if negative else SQL("%s IS NULL", column)
    array_cast = SQL("%s[]", cast) if cast else cast
    if len(values) == 1:  # as in `among`
        found = SQL("%s %s %s%s", column, OPERATOR_SQL["!=" if negative else "="], values[0], cast)
    elif negative:
        found = SQL("%s != ALL(%s%s)", column, values, array_cast)
    else:
        found = SQL("%s = ANY(%s%s)", column, values, array_cast)
    if negative:
        return without_null(column, found) if has_empty else with_null(column, found)
    return with_null(column, found) if has_empty else found


def text_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """char, text, html, selection, reference: no value is the same as ''."""
    if operator in LIKE_OPERATORS:
        return like_condition(model, field, column, operator, value)
    if operator in ("=", "!=", "in", "not in"):
        values = value if operator in ("in", "not in") else [value]
        full = [
            item if isinstance(item, str) else as_text(item)
            for item in values
            if item is not False and item is not None
        ]
        has_empty = len(full) < len(values) or "" in full
        if has_empty and field.type != "selection":
            full = [*(item for item in full if item), ""]
            # `= False` becomes: IS NULL OR = ''
            operator = "not in" if operator in NEGATIVE_OPERATORS else "in"
        return equality(column, operator, full, has_empty=has_empty, cast=SQL("::text"))
    if value is False or value is None:
        return FALSE_SQL
    return SQL("%s %s %s", column, OPERATOR_SQL[operator], as_text(value))


def as_text(value: Any) -> str:
    """A record stands for its reference, everything else for its text."""
    if hasattr(value, "_ids"):
        return f"{value._name},{value._ids[0]}" if value._ids else ""
    return str(value)


def sealed_condition(env: Environment, field: Field[Any], column: SQL, operator: str, value: Any) -> SQL:
    """An encrypted text: equal to whole values only, by what stands for them in its blind index."""
    if operator not in ("=", "!=", "in", "not in") or isinstance(value, SQL | Query):
        _ = env._
        found = repr(operator) if isinstance(operator, str) else type(operator).__name__
        refuse_encrypted(
            env,
            _(
                "%(field)s is encrypted and cannot be searched with %(operator)s: the database does not see its "
                "values.",
                field=field,
                operator=found,
            ),
        )
    values = value_list(field.name, operator, value) if operator in ("in", "not in") else [value]
    full = [as_text(item) for item in values if item is not False and item is not None]
    has_empty = len(full) < len(values) or "" in full
    wanted = dict.fromkeys([*full, ""] if has_empty else full)
    indexes = [field.index_of(env, text) for text in wanted]  # type: ignore[attr-defined]
    operator = "not in" if operator in NEGATIVE_OPERATORS else "in"
    index = index_expression(column)
    return equality(index, operator, indexes, has_empty=has_empty, cast=SQL("::bytea"))


def refuse_encrypted(env: Environment, why: str) -> NoReturn:
    """UserError: a field cannot do what only the text itself would tell. The value asked for is not repeated."""
    way = env._("Whole values can be looked for with =, !=, in and not in.")
    raise UserError(f"{why} {way}")


def like_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """The like family; `like` and `ilike` look anywhere, `=like` and `=ilike` take the pattern as it is."""
    pattern = "" if value is None or value is False else str(value)
    negative = operator in NEGATIVE_OPERATORS
    if operator in ("like", "not like", "ilike", "not ilike"):
        if not pattern:
            return FALSE_SQL if negative else TRUE_SQL
        pattern = f"%{pattern}%"
    elif (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        pattern += "\\"  # an escape that escapes nothing stands for itself; PostgreSQL would refuse it
    sql_value = SQL("%s", pattern)
    compared = column
    if "ilike" in operator and getattr(field, "unaccent", False) and model.pool.has_unaccent:
        compared, sql_value = model.pool.unaccent(column), model.pool.unaccent(sql_value)
    found = SQL("%s %s %s", compared, OPERATOR_SQL[operator], sql_value)
    return with_null(column, found) if negative or not pattern.replace("%", "") else found


def number_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """integer, float, monetary: no value counts as 0."""
    cast = SQL("::numeric") if field.column_type == ("numeric", "numeric") else SQL("")
    if operator in ("=", "!=", "in", "not in"):
        values = [as_number(field, item) for item in (value if operator in ("in", "not in") else [value])]
        if not cast and operator in ("in", "not in") and any(isinstance(item, float) for item in values):
            cast = SQL("::float8")
        return equality(column, operator, values, has_empty=not all(values), cast=cast)
    number = as_number(field, value)
    found = SQL("%s %s %s%s", column, OPERATOR_SQL[operator], number, cast)
    zero_holds = {"<": number > 0, "<=": number >= 0, ">": number < 0, ">=": number <= 0}[operator]
    return with_null(column, found) if zero_holds else found


def part_condition(field: Plain, column: SQL, operator: str, value: Any) -> SQL:
    """A number of a date (0 is midnight, or a Sunday): only a row without a date has none."""
    if operator in ("=", "!=", "in", "not in"):
        items = value_list(field.name, operator, value) if operator in ("in", "not in") else [value]
        numbers = [as_number(field, item) for item in items if item is not False and item is not None]
        return equality(column, operator, numbers, has_empty=len(numbers) < len(items), cast=SQL(""))
    if operator not in ("<", "<=", ">", ">="):
        raise ValueError(f"Invalid domain term {(field.name, operator, value)!r}: numbers are compared")
    return SQL("%s %s %s", column, OPERATOR_SQL[operator], as_number(field, value))


def as_number(field: Field[Any] | Plain, value: Any) -> int | float:
    """What a number field is compared with; an empty value is 0."""
    if value is None or value is False or value == "":
        return 0
    if isinstance(value, float):
        return value
    return int(value) if field.type in INTEGER_TYPES else float(value)


def boolean_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """boolean: no value is false, and any value has a truth."""
    if operator in ("=", "!=", "in", "not in"):
        wanted = {bool(item) for item in value} if operator in ("in", "not in") else {bool(value)}
        if operator in NEGATIVE_OPERATORS:
            wanted = {True, False} - wanted
        if len(wanted) != 1:
            return TRUE_SQL if wanted else FALSE_SQL
        return SQL("%s IS TRUE", column) if True in wanted else SQL("%s IS NOT TRUE", column)
    return SQL("COALESCE(%s, FALSE) %s %s", column, OPERATOR_SQL[operator], bool(value))


def date_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """date, datetime: compared with a moment; nothing is before or after no value."""
    cast = SQL("::date") if field.type == "date" else SQL("::timestamp")

    def text(item: Any) -> str:
        return date_text(item) if field.type == "date" else datetime_text(operator, item)

    if operator in ("=", "!=", "in", "not in"):
        values = value if operator in ("in", "not in") else [value]
        full = [text(item) for item in values if item]
        return equality(column, operator, full, has_empty=len(full) < len(values), cast=cast)
    if value is False or value is None:
        return FALSE_SQL
    return SQL("%s %s %s%s", column, OPERATOR_SQL[operator], text(value), cast)


def id_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """id, many2one by id."""
    if operator in ("=", "!=", "in", "not in"):
        values = value if operator in ("in", "not in") else [value]
        full = [as_id(item) for item in values if item]
        if len(full) > 1 and any(item is True for item in full):
            raise ValueError(f"Invalid domain term {(field.name, operator, value)!r}: True is no id")
        return equality(column, operator, full, has_empty=len(full) < len(values), cast=SQL(""))
    if isinstance(value, list | tuple | dict):
        raise ValueError(f"Invalid domain term {(field.name, operator, value)!r}: one id is expected")
    if value is False or value is None:
        return FALSE_SQL
    return SQL("%s %s %s", column, OPERATOR_SQL[operator], value)


def as_id(value: Any) -> Any:
    if hasattr(value, "_ids"):
        return value.id
    if isinstance(value, list | tuple | dict | bytes):
        raise ValueError(f"{str(value)[:100]}: an id is expected")
    return int(value) if isinstance(value, str) else value


def presence_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """binary: only its presence can be asked."""
    if operator in ("in", "not in"):
        value = any(value)
    if operator in ("=", "!=", "in", "not in"):
        wants_value = bool(value) is (operator not in NEGATIVE_OPERATORS)
        return SQL("%s IS NOT NULL", column) if wants_value else SQL("%s IS NULL", column)
    raise ValueError(
        f"Invalid domain term {(field.name, operator, value)!r}: {field} holds bytes, only = and != False apply"
    )


def json_condition(model: Any, field: Field[Any] | Plain, column: SQL, operator: str, value: Any) -> SQL:
    """json, properties, their definition: equality with a whole value."""
    if operator not in ("=", "!=", "in", "not in"):
        raise ValueError(
            f"Invalid domain term {(field.name, operator, value)!r}: a json field knows =, !=, in and not in"
        )
    values = value if operator in ("in", "not in") else [value]
    full = [json.dumps(item) for item in values if item is not False and item is not None]
    return equality(column, operator, full, has_empty=len(full) < len(values), cast=SQL("::jsonb"))


INTEGER_TYPES = ("integer", "many2one_reference")
TEXT_TYPES = ("char", "text", "html", "selection", "reference")
Family = Callable[[Any, "Field[Any] | Plain", SQL, str, Any], SQL]
FAMILIES: dict[str, Family] = {
    **dict.fromkeys(TEXT_TYPES, text_condition),
    **dict.fromkeys((*INTEGER_TYPES, "float", "monetary"), number_condition),
    "boolean": boolean_condition,
    "date": date_condition,
    "datetime": date_condition,
    "many2one": id_condition,
    "id": id_condition,
    "binary": presence_condition,
    "image": presence_condition,
    "json": json_condition,
    "properties": json_condition,
    "properties_definition": json_condition,
}
