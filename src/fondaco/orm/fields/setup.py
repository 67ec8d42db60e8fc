"""How do the definitions of one name become the bound field of a registry?

Three steps: `bind` merges arguments along the inheritance order; `set_up` completes the field once all fields of all
models are bound (related fields take over the attributes of their target); `dependencies` gives the paths that triggers
are made of.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fondaco.errors import FieldError
from fondaco.orm.fields.base import DEFAULT, Field
from fondaco.orm.fields.encrypted import type_bound
from fondaco.orm.fields.sparse import require_serialized, sparse_attributes

if TYPE_CHECKING:
    from fondaco.orm.recordset import Recordset

_logger = logging.getLogger(__name__)

Depends = tuple[Iterable[str], Iterable[str]]
"""Field paths and context keys on which a field depends"""

JSON_KEYS = {"translate": lambda env: env.context.get("lang") or "en_US", "company": lambda env: str(env.company.id)}


def bind(model: Any, name: str, definitions: Sequence[Field[Any]]) -> Field[Any]:
    """Return a new field `name` of class `model`, made of `definitions` (the first given is the oldest)."""
    last = definitions[-1]
    args: dict[str, Any] = {}
    modules: list[str] = []
    for definition in definitions:
        if not isinstance(last, type(definition)) and type(definition).type != type(last).type:
            args.clear()  # another type: nothing of the former field applies
        previous = dict(args)
        args.update(definition.args)
        _merge_lists(args, previous, definition.args)
        if definition._module and definition._module not in modules:
            modules.append(definition._module)
    is_sealed = model.pool.vault is not None and (model._table, name) in model.pool.vault.names
    field = type_bound(type(last), args, is_sealed=is_sealed)()
    for definition in definitions:
        _note_values(field, definition)
    field._sequence = definitions[0]._sequence
    field.args = dict(args)
    field.name, field.model_name = name, model._name
    field._module = definitions[0]._module
    field._modules = tuple(modules)
    for key in ("automatic", "inherited", "inherited_field", "manual"):
        if key in last.__dict__:
            setattr(field, key, last.__dict__[key])
    attributes = _attributes(model, field, args)
    for key, value in attributes.items():
        if not hasattr(type(field), key) and not object.__new__(model)._valid_field_parameter(field, key):
            _logger.warning("%s: unknown parameter %r; if addons need it, override _valid_field_parameter", field, key)
        setattr(field, key, value)
    if field.comodel_name and not field.relational:
        _logger.warning("%s: comodel_name=%r ignored, a %s leads to no model", field, field.comodel_name, field.type)
        field.comodel_name = ""
    _complete(model, field)
    return field


def _note_values(field: Field[Any], definition: Field[Any]) -> None:
    """Which modules offer which value of a selection."""
    given, added = definition.args.get("selection"), definition.args.get("selection_add")
    if given is not None:
        field.value_modules = {}
    for item in (*(given if isinstance(given, list | tuple) else ()), *(added or ())):
        if definition._module:
            field.value_modules = field.value_modules or {}
            field.value_modules.setdefault(item[0], set()).add(definition._module)


def _merge_lists(args: dict[str, Any], previous: dict[str, Any], given: dict[str, Any]) -> None:
    """`selection_add` and `ondelete` of several definitions add up, the newest last."""
    if "selection_add" in given:
        args["selection_add"] = [*previous.get("selection_add", ()), given["selection_add"]]
    elif "selection" in given:
        args.pop("selection_add", None)
    if "ondelete" in given and isinstance(given["ondelete"], dict):
        args["ondelete"] = {**(previous.get("ondelete") or {}), **given["ondelete"]}


def _attributes(model: Any, field: Field[Any], args: dict[str, Any]) -> dict[str, Any]:
    """Arguments completed by what they imply."""
    attrs = sparse_attributes(field, args) if args.get("sparse") else dict(args)
    if field.name == "state":
        attrs.setdefault("copy", False)  # a copy begins anew
    computed = bool(attrs.get("compute"))
    related = attrs.get("related")
    if related is not None and not isinstance(related, str):
        attrs["related"] = related = ".".join(related)
    if related and not attrs.get("inherited"):
        computed = False
    if computed:
        attrs.setdefault("store", False)
        stored = attrs["store"]
        attrs.setdefault("compute_sudo", bool(stored))
        if not (stored and not attrs.get("readonly", not attrs.get("inverse"))):
            attrs.setdefault("copy", False)
        attrs.setdefault("readonly", not attrs.get("inverse"))
    if related:
        attrs.setdefault("store", False)
        attrs.setdefault("copy", False)
        attrs.setdefault("readonly", True)
        attrs["compute_sudo"] = attrs.pop("related_sudo", attrs.get("compute_sudo", True))
    if attrs.get("precompute") and (not (computed or related) or not attrs["store"]):
        _logger.warning("%s: precompute is for stored computed fields; ignored", field)
        attrs["precompute"] = False
    if attrs.get("company_dependent"):
        if attrs.get("required"):
            _logger.warning("%s: a company-dependent field cannot be required", field)
        attrs.setdefault("copy", False)
        attrs["prefetch"] = attrs.get("prefetch", "company_dependent")
        attrs["_depends_context"] = ("company",)
    if attrs.pop("group_operator", None) is not None and "aggregator" not in attrs:
        attrs["aggregator"] = args["group_operator"]
    if "default" in attrs:
        default = attrs["default"]
        if default is None or (default is not False and callable(default)):
            attrs["default"] = default
        else:
            attrs["default_constant"] = default
            attrs["default"] = lambda model, value=default: value
    if "depends" in attrs:
        attrs["_depends"] = attrs.pop("depends")
    if "depends_context" in attrs:
        attrs["_depends_context"] = tuple(attrs.pop("depends_context"))
    if attrs.get("translate") and not computed and not related:
        attrs.setdefault("_depends_context", ("lang",))
    return attrs


def _complete(model: Any, field: Field[Any]) -> None:
    """Defaults that depend on other attributes; storage and context keys that need no other field."""
    field.bound(model)
    field.is_recomputed = bool(field.store and (field.compute or field.related))
    if field.translate and field.store and field.column_type:
        field.json_key = JSON_KEYS["translate"]
    elif field.company_dependent:
        field.json_key = JSON_KEYS["company"]
        if isinstance(type(field).column_type, tuple):
            field.column_type = ("jsonb", "jsonb")


def set_up(field: Field[Any], model: Recordset) -> None:
    """Complete `field` of the (empty) recordset `model`; all fields of all models are bound."""
    if field.is_setup:
        return
    field.is_setup = True
    try:
        if field.related:
            _set_up_related(field, model)
        if field.sparse:
            require_serialized(field, model)
        field.prepare(model)
    except FieldError:
        field.is_setup = False  # it may be kept for the next set-up
        raise
    field.has_column = bool(field.store and field.column_type)
    if field.string is None or field.string is DEFAULT:
        field.string = default_label(field)


def default_label(field: Field[Any]) -> str:
    """The label of a field that was given none: its name in words."""
    name = field.name
    for suffix in ("_ids", "_id"):
        if name.endswith(suffix):
            name = name[: -len(suffix)]
            break
    return name.replace("_", " ").title()


def _set_up_related(field: Field[Any], model: Recordset) -> None:
    """Walk the path, take over what the target says, and compute through it."""
    names = field.related.split(".")
    _refuse_ring(field, model)
    current: Any = model
    target: Field[Any] | None = None
    for name in names:
        if target is not None and not target.comodel_name:
            raise FieldError(
                f"{field}: related path {field.related!r}: {target} is not relational, it has no field {name!r}"
            )
        target = current._fields.get(name)
        if target is None:
            raise FieldError(f"{field}: related path {field.related!r}: {current._name} has no field {name!r}")
        set_up(target, current)
        if target.relational:
            current = model.env[target.comodel_name]
    assert target is not None
    if target.type != field.type:
        raise FieldError(f"{field}: type {field.type!r} differs from that of its target {target} ({target.type!r})")
    field.related_field = target
    for attribute, source in type(field).related_attrs.items():
        if attribute not in field.args and hasattr(target, source):
            setattr(field, attribute, getattr(target, source))
    for attribute in target.args:
        if (
            attribute not in field.args
            and not hasattr(type(field), attribute)
            and model._valid_field_parameter(field, attribute)
        ):
            setattr(field, attribute, target.args[attribute])
    if field.inherited:
        field.inherited_field = target
        field.required = field.required or target.required
    from_path = field.related
    field.compute = field.compute or _compute_related(field, names)
    if not field.args.get("readonly", not field.inherited) and not field.inverse:
        field.inverse = _inverse_related(field, names)
    if not field.store and not field.search and not field.args.get("search") and _is_searchable(model, from_path):
        field.search = _search_related(field)
    if field.translate is False and target.translate and "translate" not in field.args:
        field.translate = target.translate
    if field.translate and field.store and field.column_type:
        field.json_key = JSON_KEYS["translate"]  # it keeps the text of each language, as its target does
        field._depends_context = field._depends_context or ("lang",)


def _refuse_ring(field: Field[Any], model: Recordset) -> None:
    """FieldError where fields of one model are related to each other, so that none of them has a value."""
    ring = [field.name]
    following: Field[Any] | None = field
    while following is not None and following.related and "." not in following.related:
        if following.related in ring:
            raise FieldError(
                f"{field}: related in a ring, {' -> '.join([*ring, following.related])}; one needs a value"
            )
        ring.append(following.related)
        following = model._fields.get(following.related)


def _is_searchable(model: Recordset, path: str) -> bool:
    current: Any = model
    for name in path.split("."):
        found = current._fields[name]
        if not (found.store or found.search or found.related):
            return False
        if found.relational:
            current = current.env[found.comodel_name]
    return True


def _compute_related(field: Field[Any], names: Sequence[str]) -> Any:
    *path, last = names

    def compute_related(records: Recordset) -> None:
        if field.store and field.translate and any(records._ids):
            field.write_languages(records, _in_languages(field, records, path, last))  # type: ignore[attr-defined]
            return
        column = records.env.columns[field]
        for record, new in _at_the_end(field, records, path, last).items():
            id_ = record._ids[0]
            if field.store:
                if column.get(id_, DEFAULT) != new or id_ not in column:
                    field.write(record, field.convert_to_record(new, record))
            else:
                column[id_] = new

    compute_related.__name__ = f"_compute_related_{field.name}"
    return compute_related


def _at_the_end(field: Field[Any], records: Recordset, path: Sequence[str], last: str) -> dict[Recordset, Any]:
    """What the cache is to hold for each record."""
    values = list(records)
    for name in path:
        values = [_first(value[name]) for value in values]
    return {
        record: field.convert_to_cache(_own(field, value, last, record), record, validate=False)
        for record, value in zip(records, values, strict=True)
    }


def _in_languages(
    field: Field[Any], records: Recordset, path: Sequence[str], last: str
) -> dict[str, dict[Recordset, Any]]:
    """The same in the language of the records, in that of sources and in all that are installed."""
    env = records.env
    own = env.context.get("lang") or "en_US"
    langs = dict.fromkeys([own, "en_US", *(code for code, _name in env["res.lang"].get_installed())])
    return {lang: _at_the_end(field, records.with_context(lang=lang), path, last) for lang in langs}


def _first(records: Any) -> Any:
    """The first of the records at most; a single one as it is, with those that it is prefetched with."""
    return records if len(records._ids) < 2 else records[:1]


def _own(field: Field[Any], value: Any, last: str, record: Recordset) -> Any:
    """The value at the end of a related path, in the environment of `record`."""
    answer = value[last]
    if field.relational:
        return answer.with_env(record.env)
    return answer


def _inverse_related(field: Field[Any], names: Sequence[str]) -> Any:
    *path, last = names

    def inverse_related(records: Recordset) -> None:
        values = {record: record[field.name] for record in records}
        for record in records:
            target = record
            for name in path:
                target = _first(target[name])
            # a record created in a form has no target to write on
            if target and not (record._ids[0] and not target._ids[0]):
                target[last] = values[record]

    inverse_related.__name__ = f"_inverse_related_{field.name}"
    return inverse_related


def _search_related(field: Field[Any]) -> Any:
    def search_related(records: Recordset, operator: str, value: Any) -> list[Any]:
        return [(field.related, operator, value)]

    search_related.__name__ = f"_search_related_{field.name}"
    return search_related


def stands_for_itself(field: Field[Any]) -> bool:
    """Whether a field depends on no other and on no context, as most do: told without asking it."""
    return type(field).get_depends is Field.get_depends and not (
        field.compute or field.related or field._depends or field._depends_context
    )


def dependencies(field: Field[Any], model: Recordset, names: Iterable[str]) -> Iterator[tuple[Field[Any], ...]]:
    """The paths of fields on which `field` depends, which are those of these names; each prefix of a path is a path
    too."""
    seen: set[tuple[Field[Any], ...]] = set()
    for name in names:
        for path in _paths(field, model, name):
            if path not in seen:
                seen.add(path)
                yield path


def _paths(field: Field[Any], model: Recordset, dotted: str) -> Iterator[tuple[Field[Any], ...]]:
    current: Any = model
    path: list[Field[Any]] = []
    for position, name in enumerate(dotted.split(".")):
        found = current._fields.get(name)
        if found is None:
            raise FieldError(f"{field}: depends on {dotted!r}, but {current._name} has no field {name!r}")
        if found is field and not position and not field.recursive:
            return
        path.append(found)
        if found.type in ("one2many", "many2many"):
            active = model.env[found.comodel_name]._active_name
            if active:
                yield (*path, model.env[found.comodel_name]._fields[active])
        if found.type == "one2many":
            for inverse in model.pool.field_inverses.get(found, ()):
                if inverse.store:
                    yield (*path, inverse)
        yield tuple(path)
        if found.comodel_name:
            current = model.env[found.comodel_name]


def context_keys(
    field: Field[Any], model: Recordset, depends: Mapping[Field[Any], Depends], seen: set[Field[Any]]
) -> Iterable[str]:
    """Context keys on which the cached value of `field` depends, those of its dependencies included; depends: what is
    known of those that do not stand for themselves."""
    if field in seen or stands_for_itself(field):
        return ()
    seen.add(field)
    names, own = depends.get(field) or field.get_depends(model)
    keys = dict.fromkeys(own)
    if field.translate and field.store and field.json_key is not None:
        keys["lang"] = None
    if (field.compute or field.related) and not field.store:
        for name in names:
            for path in _paths(field, model, name):
                for step in path:
                    keys.update(dict.fromkeys(context_keys(step, model.env[step.model_name], depends, seen)))
    return keys
