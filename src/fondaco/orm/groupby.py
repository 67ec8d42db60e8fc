"""Which SQL expression is a group or an aggregate, and what does its value mean in records?

A group is named by a spec: `field`, `date_field:granularity`, `properties.name`; an aggregate by `field:function`, or
`__count`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytz

from fondaco.domain.moments import NUMBER_GRANULARITIES
from fondaco.errors import AccessError
from fondaco.orm.conditions import refuse_encrypted
from fondaco.sql.fragment import SQL
from fondaco.values.dates import GRANULARITIES

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field
    from fondaco.sql.query import Query

DATES = ("date", "datetime")
RELATIONS = ("many2one", "one2many", "many2many")
DAYS_OF_WEEK = 7

AGGREGATES: dict[str, Callable[[SQL, SQL], SQL]] = {
    "sum": lambda _id, column: SQL("SUM(%s)", column),
    "avg": lambda _id, column: SQL("AVG(%s)", column),
    "max": lambda _id, column: SQL("MAX(%s)", column),
    "min": lambda _id, column: SQL("MIN(%s)", column),
    "bool_and": lambda _id, column: SQL("BOOL_AND(%s)", column),
    "bool_or": lambda _id, column: SQL("BOOL_OR(%s)", column),
    "count": lambda _id, column: SQL("COUNT(%s)", column),
    "count_distinct": lambda _id, column: SQL("COUNT(DISTINCT %s)", column),
    "array_agg": lambda row_id, column: SQL("ARRAY_AGG(%s ORDER BY %s)", column, row_id),
    "recordset": lambda row_id, column: SQL("ARRAY_AGG(%s ORDER BY %s)", column, row_id),
}
EMPTY_AGGREGATES: dict[str, Callable[[], Any]] = {"count": int, "count_distinct": int, "array_agg": list}


def parse_spec(spec: str) -> tuple[str, str, str]:
    """(field, rest of a dotted path, granularity or function) of a group or an aggregate."""
    path, _, function = spec.partition(":")
    name, _, rest = path.partition(".")
    if not name or not path.replace("_", "").replace(".", "").isalnum():
        raise ValueError(
            f"Invalid group or aggregate {spec!r}: expected 'field', 'field:function' or 'properties.name'"
        )
    return name, rest, function


def known_field(model: Any, name: str) -> Field[Any]:
    """The field `name`, which the user must be allowed to see."""
    field: Field[Any] | None = model._fields.get(name)
    if field is None:
        raise ValueError(f"Invalid field {name!r} on model {model._name!r}")
    if field.column_field.encrypted:
        _ = model.env._
        refuse_encrypted(
            model.env,
            _(
                "%s is encrypted and cannot be grouped by or summed up: the database does not see its values.",
                field.column_field,
            ),
        )
    if field.groups and not field.is_accessible(model.env):
        raise AccessError(model.env._("You do not have enough rights to group by the field “%s”.", name))
    return field


# -- aggregates ----------------------------------------
def aggregate_sql(model: Any, spec: str, query: Query) -> SQL:
    if spec == "__count":
        return SQL("COUNT(*)")
    name, rest, function = parse_spec(spec)
    field = known_field(model, name)
    if not function:
        raise ValueError(f"Aggregate method is mandatory for {name!r}")
    if function not in AGGREGATES:
        raise ValueError(f"Invalid aggregate method {function!r} for {spec!r}.")
    if function == "recordset" and field.name != "id" and not field.comodel_name:
        raise ValueError(f"Aggregate method 'recordset' can be only used on relational field (or id) (for {spec!r}).")
    column = model._field_to_sql(model._table, f"{name}.{rest}" if rest else name, query)
    if field.type == "boolean" and function in ("bool_and", "bool_or"):
        column = SQL("COALESCE(%s, FALSE)", column)
    return AGGREGATES[function](SQL.identifier(model._table, "id"), column)


def aggregate_value(model: Any, spec: str, value: Any) -> Any:
    """What an aggregate answers, in record format."""
    function = spec.partition(":")[2]
    if function == "recordset":
        name = parse_spec(spec)[0]
        records = model.env[model._fields[name].comodel_name] if name != "id" else model
        return records.browse(dict.fromkeys(id_ for id_ in value or () if id_))
    if value is None:
        return empty_value(model, spec)
    return value


def empty_value(model: Any, spec: str) -> Any:
    """What a group or an aggregate is where there are no rows."""
    if spec == "__count":
        return 0
    name, _rest, function = parse_spec(spec)
    if function == "recordset" or (not function and model._fields[name].relational):
        return model.env[model._fields[name].comodel_name].browse() if name != "id" else model.browse()
    make = EMPTY_AGGREGATES.get(function)
    return make() if make else False


# -- groups ----------------------------------------
def group_sql(model: Any, spec: str, query: Query) -> SQL:
    name, rest, granularity = parse_spec(spec)
    field = known_field(model, name)
    if rest:
        if field.type != "properties":
            raise ValueError(f"Property name {rest!r} has to be used on a property field.")
        fname = f"{name}:{granularity}" if granularity else name
        property_sql: SQL = model._read_group_groupby_properties(fname, rest, query)
        return property_sql
    if field.type == "many2many":
        return many2many_sql(model, field, query)
    column: SQL = model._field_to_sql(model._table, name, query)
    if field.type in DATES:
        return moment_sql(model, name, field.type, granularity, column)
    if field.type == "boolean":
        return SQL("COALESCE(%s, FALSE)", column)
    if granularity:
        raise ValueError(f"Granularity set on a no-datetime field or property: {spec!r}")
    return column


def many2many_sql(model: Any, field: Field[Any], query: Query) -> SQL:
    """The far ids of a many2many: a row counts in each group it is linked to, once more in none if it has no link."""
    alias = model._table
    if field.related and not field.store:
        model, field, alias = model._traverse_related_sql(alias, field, query)
    if not field.store:
        raise ValueError(f"Group by non-stored many2many field: {field}")
    relation, column1, column2 = field.relation, field.column1, field.column2  # type: ignore[attr-defined]
    rel_alias = query.make_alias(alias, field.name)
    far_id = SQL.identifier(rel_alias, column2)
    condition = SQL("%s = %s", SQL.identifier(alias, "id"), SQL.identifier(rel_alias, column1, to_flush=field))
    comodel = model.env[field.comodel_name].with_context(**getattr(field, "context", {}))
    visible = comodel._where_calc(field.get_domain_list(model))  # type: ignore[attr-defined]
    comodel._apply_ir_rules(visible, "read")
    if visible.where_clause:
        condition = SQL("%s AND %s IN %s", condition, far_id, visible.subselect())
    query.add_join("LEFT JOIN", rel_alias, SQL.identifier(relation), condition)
    return far_id


def moment_sql(model: Any, name: str, kind: str, granularity: str, column: SQL) -> SQL:
    """The period, in the user's time zone, that a date lies in; or the number of a part of it."""
    if not granularity:
        raise ValueError(f"Granularity not set on a date(time) field: {name!r}")
    if granularity not in GRANULARITIES and granularity not in NUMBER_GRANULARITIES:
        raise ValueError(f"Granularity specification isn't correct: {granularity!r}")
    zone = time_zone(model.env)
    if kind == "datetime" and zone is not None:
        column = SQL("timezone(%s, timezone('UTC', %s))", zone, column)
    moment = column if kind == "datetime" else SQL("%s::timestamp", column)
    if granularity in NUMBER_GRANULARITIES:
        return SQL("date_part(%s, %s)::int4", NUMBER_GRANULARITIES[granularity], moment)
    if granularity == "week":
        # PostgreSQL's weeks begin on Monday: move the first day of the language's week there and back
        shift = f"{(DAYS_OF_WEEK + 1 - week_start(model.env)) % DAYS_OF_WEEK} days"
        period = SQL("date_trunc('week', %s + %s::interval) - %s::interval", moment, shift, shift)
    else:
        period = SQL("date_trunc(%s, %s)", granularity, moment)
    return SQL("(%s)::date", period) if kind == "date" else period


def time_zone(env: Any) -> str | None:
    """The user's time zone, if it is one."""
    zone = env.context.get("tz")
    return zone if zone in pytz.all_timezones_set else None


def week_start(env: Any) -> int:
    """The first day of the week in the user's language: 1 is Monday, 7 Sunday."""
    languages = env["res.lang"]
    data = languages._get_data(code=env.context.get("lang")) or languages._get_data(code="en_US")
    return int(data.week_start or DAYS_OF_WEEK)


def group_value(model: Any, spec: str, value: Any) -> Any:
    """What a group is, in record format: a record, a date, a plain value; False for none."""
    name, rest, _granularity = parse_spec(spec)
    field = model._fields[name]
    if field.relational and not rest:
        comodel = model.env[field.comodel_name]
        return comodel.browse(value) if value else comodel.browse()
    if value is None:
        return False
    return value
