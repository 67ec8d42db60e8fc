"""Small words of `odoo.models`, `odoo.fields` and `odoo.tools.misc` that have no room in the core."""

from __future__ import annotations

import re
from typing import Any

import babel
import babel.localedata

from fondaco.domain.moments import NUMBER_GRANULARITIES
from fondaco.domain.polish import check_property_field_value_name
from fondaco.errors import AccessError
from fondaco.orm.definition import is_definition
from fondaco.orm.fields.together import PREFETCH_MAX
from fondaco.values.dates import GRANULARITIES

__all__ = ["PREFETCH_MAX", "check_property_field_value_name"]

GC_UNLINK_LIMIT = 100_000
INSERT_BATCH_SIZE = 100
UPDATE_BATCH_SIZE = 100
AUTOINIT_RECALCULATE_STORED_FIELDS = 1000
LOG_ACCESS_COLUMNS = ["create_uid", "create_date", "write_uid", "write_date"]
MAGIC_COLUMNS = ["id", *LOG_ACCESS_COLUMNS]
# The group that nobody belongs to, as a value of `groups`.
NO_ACCESS = "."

READ_GROUP_TIME_GRANULARITY = {name: name for name in GRANULARITIES}
READ_GROUP_NUMBER_GRANULARITY = dict(NUMBER_GRANULARITIES)
READ_GROUP_ALL_TIME_GRANULARITY = {**READ_GROUP_TIME_GRANULARITY, **READ_GROUP_NUMBER_GRANULARITY}
READ_GROUP_AGGREGATE = (
    "sum", "avg", "max", "min", "bool_and", "bool_or", "array_agg", "array_agg_distinct", "recordset", "count",
    "count_distinct",
)  # fmt: skip
READ_GROUP_DISPLAY_FORMAT = {
    "hour": "hh:00 dd MMM", "day": "dd MMM yyyy", "week": "'W'w YYYY", "month": "MMMM yyyy", "quarter": "QQQ yyyy",
    "year": "yyyy",
}  # fmt: skip

SERVER_FORMATS = {"%Y-%m-%d": "yyyy-MM-dd", "%Y-%m-%d %H:%M:%S": "yyyy-MM-dd HH:mm:ss"}

regex_object_name = re.compile(r"^[a-z0-9_.]+$")
regex_private = re.compile(r"^(_.*|init)$")
regex_order = re.compile(
    r"^(\s*(?P<term>((?P<field>[a-z0-9_]+)(\.(?P<property>[a-z0-9_]+))?(:(?P<func>[a-z_]+))?))"
    r"(\s+(?P<direction>desc|asc))?(\s+(?P<nulls>nulls first|nulls last))?\s*(,|$))+(?<!,)$",
    re.IGNORECASE,
)
_PG_NAME = re.compile(r"^[a-z_][a-z0-9_$]*$", re.IGNORECASE)
_GROUP_SPEC = re.compile(r"(\w+)(?:\.([\w.]+))?(?::(\w+))?$")


def first(records: Any) -> Any:
    """The first record in the order of its ids; none of none."""
    return records.sorted("id")[:1] if len(records) > 1 else records


def resolve_mro(model: Any, name: str, predicate: Any) -> list[Any]:
    """The values of an attribute along the class's line, down to the first that fails `predicate`."""
    found = []
    for cls in model._model_classes__ if hasattr(model, "_model_classes__") else type(model).__mro__:
        value = cls.__dict__.get(name, _ABSENT)
        if value is _ABSENT:
            continue
        if not predicate(value):
            break
        found.append(value)
    return found


_ABSENT = object()


def is_registry_class(cls: type) -> bool:
    """Whether `cls` is a model of a registry and no definition of an addon."""
    return getattr(cls, "pool", None) is not None and not is_definition(cls)


def check_object_name(name: str) -> bool:
    """Whether `name` may be a model's name."""
    return regex_object_name.match(name) is not None


def raise_on_invalid_object_name(name: str) -> None:
    if not check_object_name(name):
        raise ValueError(f"The _name attribute {name} is not valid.")


def check_pg_name(name: str) -> None:
    """ValidationError-like refusal of what cannot be the name of a table or column."""
    if not _PG_NAME.match(name):
        raise AccessError(f"Invalid characters in table name {name!r}")
    if len(name) > 63:
        raise AccessError(f"Table name {name!r} is too long")


def to_company_ids(companies: Any) -> list[int]:
    """Ids of companies given as records, a sequence of ids, an id or a text of ids."""
    if isinstance(companies, int):
        return [companies]
    if isinstance(companies, str):
        return [int(part) for part in re.findall(r"\d+", companies)]
    return list(getattr(companies, "ids", companies))


def _with_parents(env: Any, company_ids: list[int]) -> set[int]:
    paths = env["res.company"].sudo().browse(company_ids).mapped("parent_path")
    return {int(part) for path in paths for part in (path or "").split("/") if part}


def check_company_domain_parent_of(self: Any, companies: Any) -> list[Any]:
    """A `_check_company_domain` for models whose records parents of the company may share with it."""
    if isinstance(companies, str):
        return ["|", ("company_id", "=", False), ("company_id", "parent_of", companies)]
    ids = to_company_ids(companies)
    if not ids:
        return [("company_id", "=", False)]
    ancestors = _with_parents(self.env, ids)
    return [("company_id", "in", [*sorted(ancestors), False])]


def check_companies_domain_parent_of(self: Any, companies: Any) -> list[Any]:
    """The same for models with several companies (`company_ids`)."""
    if isinstance(companies, str):
        return [("company_ids", "parent_of", companies)]
    ids = to_company_ids(companies)
    if not ids:
        return []
    ancestors = _with_parents(self.env, ids)
    return [("company_ids", "in", sorted(ancestors))]


def expand_ids(id0: Any, ids: Any) -> Any:
    """`id0`, then the other `ids` of its kind (real or new), each once."""
    yield id0
    seen = {id0}
    is_real = bool(id0)
    for id_ in ids:
        if id_ not in seen and bool(id_) == is_real:
            yield id_
            seen.add(id_)


def fix_import_export_id_paths(fieldname: str) -> list[str]:
    """'partner_id:id/x.id' -> ['partner_id', 'id', 'x', '.id']: the old spellings of paths as one."""
    fixed = re.sub(r"([^/])\.id", r"\1/.id", fieldname)
    fixed = re.sub(r"([^/]):id", r"\1/id", fixed)
    return fixed.split("/")


def parse_read_group_spec(spec: str) -> tuple[str, str | None, str | None]:
    """(field, property or path, function) of 'date:month', 'amount:sum', 'properties.x'."""
    match = _GROUP_SPEC.match(spec)
    if match is None:
        raise ValueError(f"Invalid aggregate/groupby specification {spec!r}.")
    return match[1], match[2], match[3]


def scan_languages() -> list[tuple[str, str]]:
    """(code, name) of the languages the locale data knows, sorted by name."""
    found = []
    for code in babel.localedata.locale_identifiers():
        locale = babel.Locale.parse(code)
        if locale.territory and not locale.script:
            found.append((code, f"{locale.english_name}"))
    return sorted(found, key=lambda pair: pair[1])
