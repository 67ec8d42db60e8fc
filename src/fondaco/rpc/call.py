"""May this method be called from outside, on which records, and what does the caller get?

A public method is a callable of a model whose name does not begin with an underscore. The first positional argument
of a method on records is the ids; methods marked `@api.model` take none. Recordsets that a method marked
`@api.returns` gives become ids.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from fondaco import metrics
from fondaco.errors import AccessError, UserError
from fondaco.i18n.catalog import _
from fondaco.orm.decorators import inherited_mark
from fondaco.orm.environment import Environment

# Methods without underscore that only the core calls.
_CORE_METHODS = frozenset({"init"})
_COLLECTIONS = (list, tuple, dict, bytes)
# Methods that hand out values, or tell records apart by them, and the parameter that says by which. Code calls them on
# records it may read; a client must prove that it may, as computed fields ask nobody.
_VALUE_METHODS = {
    "mapped": "func", "filtered": "func", "grouped": "key", "sorted": "key", "filtered_domain": "domain",
}  # fmt: skip


def check_method_name(name: str) -> None:
    """`AccessError` if the name is that of a private method."""
    if name.startswith("_") or name in _CORE_METHODS:
        raise AccessError(_("Private methods (such as %s) cannot be called remotely.", name))


def get_public_method(model: Any, name: str) -> Any:
    """The method of the model's class that a client may call by this name.

    `AccessError` if it is private, `AttributeError` if the model has none of that name.
    """
    check_method_name(name)
    cls = type(model)
    method = getattr(cls, name, None)
    if not callable(method):
        raise AttributeError(f"The method {name!r} does not exist on the model {model._name!r}")
    if getattr(method, "_api_private", False) or inherited_mark(cls, name, "_api_private", False):
        raise AccessError(_("Private methods (such as %s) cannot be called remotely.", name))
    return method


def execute_cr(cr: Any, uid: int, obj: str, method: str, /, *args: Any, **kw: Any) -> Any:
    """Call `method` of the model `obj` in the name of a user. `UserError` if there is no such model.

    Every call of the service `object` comes through here; addons replace it (`odoo.service.model.execute_cr`).
    """
    check_method_name(method)
    env = Environment(cr, uid, {})
    if obj not in env:
        raise UserError(_("Object %s doesn't exist", obj))
    return call_kw(env[obj], method, args, kw)


def call_kw(model: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call public method `name`; `context` among the keyword arguments becomes the context, the result loses its
    recordsets."""
    method = get_public_method(model, name)
    options = dict(kwargs)
    arguments = list(args)
    # The caller's context is the whole context: nothing of the session's leaks into it.
    model = model.with_context(options.pop("context", None) or {})
    kind = inherited_mark(type(model), name, "_api")
    if kind is None:
        ids = arguments.pop(0) if arguments else options.pop("ids", ())
        model = model.browse(_ids(ids))
        if name in _VALUE_METHODS:
            wanted = arguments[0] if arguments else options.get(_VALUE_METHODS[name])
            _check_values(model, wanted)
    began = time.perf_counter()
    try:
        result = method(model, *arguments, **options)
    finally:
        metrics.CALL_SECONDS.observe(time.perf_counter() - began, model.env.cr.dbname, f"{model._name}.{name}")
    return _downgrade(model, name, kind, result, arguments, options)


def _check_values(records: Any, wanted: Any) -> None:
    """`AccessError` unless the caller may read what `wanted`, a path of fields or a domain, would be told of."""
    records.check_access("read")
    if not isinstance(wanted, str):
        records._search(wanted or [])  # is refused where the domain names what is hidden
        return
    for name in wanted.split("."):
        records.check_access("read")
        records.check_field_access_rights("read", [name])
        if name not in records._fields or not records._fields[name].relational:
            return
        records = records.mapped(name)


def _ids(ids: Any) -> Any:
    """What `browse` takes: an id, or ids; False and None stand for no record. A text is a row of ids, all of them
    wrong."""
    if isinstance(ids, str):
        return tuple(ids)
    if isinstance(ids, list | tuple) and any(id_ is True or isinstance(id_, _COLLECTIONS) for id_ in ids):
        raise ValueError(f"{str(ids)[:100]}: whole numbers are expected as ids")
    return ids or ()


def _downgrade(
    model: Any, name: str, kind: str | None, result: Any, args: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """Ids instead of records, where the method says so."""
    if not hasattr(result, "_ids"):
        return result
    if kind == "model_create":
        values = args[0] if args else next(iter(options.values()), None)
        return result.id if isinstance(values, Mapping) else result.ids
    returns = inherited_mark(type(model), name, "_returns")
    if returns is None:
        return result
    downgrade = returns[1]
    if downgrade is None:
        return result.ids
    return downgrade(model, result, *args, **options)


def is_readonly(model: type[Any], name: str) -> bool:
    """Whether the method of this name is marked as one that writes nothing."""
    return bool(inherited_mark(model, name, "_readonly", False))
