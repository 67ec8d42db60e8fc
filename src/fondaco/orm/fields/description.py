"""What does `fields_get` tell of a field?"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.fields.base import Field


COMMON = ("depends", "sortable", "searchable", "groupable", "string", "help", "aggregator", "encrypted")


def describe(field: Field[Any], env: Environment, attributes: Collection[str] | None = None) -> dict[str, Any]:
    """Return the description of `field` for the user of `env`; `attributes`: only these.

    What depends on language alone is remembered by the registry; the dict is the caller's to change.
    """
    if not is_static(field):
        return _describe(field, env, attributes)
    answers = env.registry.answers("default")
    key = (describe, field, env.context.get("lang"), None if attributes is None else frozenset(attributes))
    description = answers.get(key)
    if description is None:
        description = _describe(field, env, attributes)
        env.registry.remember("default", key, description)
    return dict(description)


def is_static(field: Field[Any]) -> bool:
    """Whether the description is the same for all users: no list or domain is computed, no lists can be changed."""
    selection = getattr(field, "selection", None)
    domain = getattr(field, "domain", None)
    if callable(selection) or isinstance(selection, str) or callable(domain):
        return False
    return not getattr(field, "check_company", False) and field.type not in ("float", "properties")


def _describe(field: Field[Any], env: Environment, attributes: Collection[str] | None) -> dict[str, Any]:
    description: dict[str, Any] = {}
    for key in (*type(field).description_attrs, *COMMON):
        if attributes is not None and key not in attributes:
            continue
        special = SPECIAL.get(key)
        value = special(field, env) if special else field.description_value(key, env)
        if value is not None:
            description[key] = value
    return description


def is_sortable(field: Field[Any], env: Environment) -> bool:
    if field.inherited_field is not None:
        return is_sortable(field.inherited_field, env)
    if field.related and not field.store and field.related_field is not None:
        return _all_steps(field, env, is_sortable)
    return bool(field.store and field.column_type and not field.encrypted)


def is_searchable(field: Field[Any], env: Environment) -> bool:
    return bool(field.store or field.search)


def is_groupable(field: Field[Any], env: Environment) -> bool:
    if field.related and not field.store and field.related_field is not None:
        return _all_steps(field, env, is_groupable)
    return bool(
        field.store
        and (field.column_type or field.type == "many2many")
        and field.type not in ("json", "binary", "properties")
        and not field.encrypted
    )


def _all_steps(field: Field[Any], env: Environment, rule: Any) -> bool:
    model = env[field.model_name]
    for name in field.related.split("."):
        step = model._fields[name]
        if not rule(step, env):
            return False
        if step.comodel_name:
            model = env[step.comodel_name]
    return True


def _aggregator(field: Field[Any], env: Environment) -> str | bool | None:
    if field.aggregator is False:  # said to have none: clients are told so
        return False
    if not field.aggregator or not (field.store or (field.related and is_groupable(field, env))):
        return None
    return field.aggregator


def _string(field: Field[Any], env: Environment) -> str:
    if not env.context.get("lang") or field._module is None:
        return str(field.string)
    return str(env["ir.model.fields"].get_field_string(field.base_field.model_name).get(field.name, field.string))


def _help(field: Field[Any], env: Environment) -> str | None:
    if not field.help or not env.context.get("lang"):
        return field.help or None
    return env["ir.model.fields"].get_field_help(field.base_field.model_name).get(field.name) or field.help


def _depends(field: Field[Any], env: Environment) -> list[str]:
    names, _context = field.get_depends(env[field.model_name])
    return list(dict.fromkeys(names))


def _encrypted(field: Field[Any], env: Environment) -> bool | None:
    """True where only whole values can be looked for; others are not told."""
    return field.column_field.encrypted or None


SPECIAL = {
    "sortable": is_sortable, "searchable": is_searchable, "groupable": is_groupable, "aggregator": _aggregator,
    "string": _string, "help": _help, "depends": _depends,
    "encrypted": _encrypted,
}  # fmt: skip
