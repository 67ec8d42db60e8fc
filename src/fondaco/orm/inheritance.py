"""How do the definitions of a model, from several addons, become its one class in a registry?

The class of a model has as bases, newest first, the definitions that extend it, then the classes of the models that it
inherits from, then the class of `base`. Python's own method resolution is the extension mechanism: `super()` in an
addon meets the addon before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fondaco.errors import FieldError
from fondaco.orm.fields.base import Field
from fondaco.orm.fields.many2one import Many2one
from fondaco.orm.fields.numeric import Id
from fondaco.orm.fields.setup import bind
from fondaco.orm.fields.temporal import Datetime
from fondaco.orm.fields.textual import Char
from fondaco.values.collections import LastOrderedSet, OrderedSet, frozendict

PARENT_PATH = {"string": "Parent Path", "index": True}
AUTOMATIC_LABELS = {
    "create_uid": "Created by",
    "create_date": "Created on",
    "write_uid": "Last Updated by",
    "write_date": "Last Updated on",
}


def build_model(definition: Any, registry: Any) -> Any:
    """Add one definition to `registry`; answers the class of its model."""
    model_class = merge(definition, registry)
    complete(model_class, registry)
    return model_class


def merge(definition: Any, registry: Any) -> Any:
    """Put one definition before those that its model has; answers the class, which `complete` makes fit them."""
    name, parents = definition._name, list(definition._inherit)
    where = f"{definition.__module__}.{definition.__name__}"
    if name in parents:
        model_class = registry.models.get(name)
        if model_class is None:
            raise FieldError(f"{where}: extends model {name!r}, which no installed module defines")
    elif name != "base" and name in registry.models and not definition._inherit:
        raise FieldError(
            f"{definition.__module__}: model {name!r} exists already; say _inherit = {name!r} to extend it"
        )
    else:
        model_class = new_class(name, definition, registry)
    if name != "base" and "base" not in parents:
        parents.append("base")
    bases: LastOrderedSet[Any] = LastOrderedSet([definition])
    for parent in parents:
        if parent not in registry.models:
            raise FieldError(f"{where}: model {name!r} inherits from {parent!r}, which does not exist")
        if parent == name:
            for base in model_class.definition_bases:
                bases.add(base)
        else:
            parent_class = registry.models[parent]
            bases.add(parent_class)
            parent_class._inherit_children.add(name)
    model_class.definition_bases = tuple(bases)
    return model_class


def new_class(name: str, definition: Any, registry: Any) -> Any:
    """An empty class for model `name`; filed in the registry."""
    model_class = type(definition)(
        name,
        (definition,),
        {
            "_name": name,
            "_register": False,
            "__module__": definition.__module__,
            "_original_module": definition._module,
            "_inherit_module": {},
            "_inherit_children": OrderedSet(),
            "_inherits_children": set(),
            "_fields": {},
            "_bound_fields": {},
            "_bound_along": (),
            "_constraint_methods": (),
            "_onchange_methods": frozendict(),
            "_ondelete_methods": (),
            "definition_bases": (),
            "pool": registry,
        },
    )
    registry.models[name] = model_class
    return model_class


def complete(model_class: Any, registry: Any) -> None:
    """Make the class fit its definitions."""
    set_bases(model_class)
    set_attributes(model_class, registry)


def set_bases(model_class: Any) -> None:
    """Give the class its bases, and refresh those that inherit from it."""
    model_class.__bases__ = model_class.definition_bases


def set_attributes(model_class: Any, registry: Any) -> None:
    """Merge the attributes that add up along the inheritance order."""
    model_class._description = model_class._name
    table = model_class._name.replace(".", "_")
    log_access: bool | None = None
    inherits: dict[str, str] = {}
    constraints: dict[str, tuple[str, Any, Any]] = {}
    depends: dict[str, Any] = {}
    for base in reversed(model_class.definition_bases):
        is_model = getattr(base, "pool", None) is not None
        if not is_model:
            model_class._description = base.__dict__.get("_description") or model_class._description
            table = base.__dict__.get("_table") or table
            if "_log_access" in base.__dict__:
                log_access = base._log_access
            model_class._inherit_module.update({model_class._name: base._module})
        inherits.update(base.__dict__.get("_inherits") or {})
        depends.update(base.__dict__.get("_depends") or {})
        for constraint in base.__dict__.get("_sql_constraints") or ():
            constraints[constraint[0]] = constraint
    first = next((base for base in reversed(model_class.definition_bases) if getattr(base, "pool", None) is None), None)
    model_class._table = table
    auto = bool(model_class._auto)
    model_class._log_access = auto if log_access is None else log_access
    model_class._inherits = frozendict(inherits)
    model_class._depends = frozendict(depends)
    model_class._sql_constraints = list(constraints.values())
    if first is not None:
        model_class._abstract, model_class._transient = _kind(model_class)
    for parent in inherits:
        if parent in registry.models:
            registry.models[parent]._inherits_children.add(model_class._name)


def _kind(model_class: Any) -> tuple[bool, bool]:
    """(abstract, transient) by the definitions of the model itself, not of its mixins."""
    for base in reversed(model_class.definition_bases):
        if getattr(base, "pool", None) is None:
            return base._abstract, base._transient
    return model_class._abstract, model_class._transient


def bind_fields(model_class: Any) -> None:
    """Make the bound fields of the class from all definitions along its mro, and the automatic ones. Those of the same
    definitions as the last time stay as they are, unless they take something over from other fields."""
    before = model_class._bound_fields
    along, written = model_class._bound_along, _written(model_class)
    if along and along[0] is model_class.__mro__ and along[1] == written:
        definitions = {name: made_of for name, (made_of, _field) in before.items()}
    else:
        definitions = _definitions(model_class)
    vault = model_class.pool.vault
    bound = {}
    for name, made_of in definitions.items():
        found = before.get(name)
        is_sealed = vault is not None and (model_class._table, name) in vault.names
        if is_sealed or found is None or found[0] != made_of or not _stands_alone(found[1]):
            found = made_of, bind(model_class, name, made_of or [automatic_field(name)])
        bound[name] = found
    fields = {name: field for name, (_made_of, field) in bound.items()}
    own = vars(model_class)
    for name, field in model_class._fields.items():
        if name not in fields and own.get(name) is field:
            delattr(model_class, name)
    for name, field in fields.items():
        if own.get(name) is not field:
            setattr(model_class, name, field)
    model_class._bound_along = (model_class.__mro__, written)
    model_class._bound_fields, model_class._fields = bound, fields


def _written(model_class: Any) -> int:
    """How many fields the classes along the mro define; an addon may give them more while the registry is in use."""
    return sum(len(cls.__dict__.get("_field_definitions", ())) for cls in model_class.__mro__)


def _definitions(model_class: Any) -> dict[str, list[Field[Any]]]:
    """By name, the oldest first; an automatic field has none."""
    definitions: dict[str, list[Field[Any]]] = {}
    for cls in reversed(model_class.__mro__):
        if getattr(cls, "pool", None) is None:
            for field in cls.__dict__.get("_field_definitions", ()):
                definitions.setdefault(field.name, []).append(field)
    for name in automatic_names(model_class):
        definitions.setdefault(name, [])
    return definitions


def _stands_alone(field: Field[Any]) -> bool:
    """Whether a bound field is what it is whatever becomes of other fields, and of what its model and others declare:
    related fields take over from their target, relations ask for tables, one that delegates tells its model so, and one
    that is encrypted looks at its column."""
    return not (field.related or field.encrypted or field.type == "many2many" or getattr(field, "delegate", False))


def add_field(model_class: Any, name: str, field: Field[Any]) -> None:
    """File a field on the class; one that a model makes while it is set up is bound as those of its body are."""
    if not field.model_name:
        field.name = name
        field = bind(model_class, name, [field])
    if name in model_class._fields and name in vars(model_class):
        delattr(model_class, name)
    model_class._fields[name] = field
    setattr(model_class, name, field)


def automatic_names(model_class: Any) -> tuple[str, ...]:
    """The fields that a model has though nobody defined them."""
    return (
        "id",
        "display_name",
        *(("create_uid", "create_date", "write_uid", "write_date") if model_class._log_access else ()),
        *(("parent_path",) if model_class._parent_store else ()),
    )


def automatic_field(name: str) -> Field[Any]:
    """A definition of one of them: who and when, where access is logged, the name of a record, its place in a tree."""
    match name:
        case "id":
            return Id(automatic=True)
        case "display_name":
            return Char(
                string="Display Name",
                automatic=True,
                compute="_compute_display_name",
                search="_search_display_name",
                readonly=True,
            )
        case "parent_path":
            return Char(**PARENT_PATH)
    label = AUTOMATIC_LABELS[name]
    if name.endswith("_uid"):
        return Many2one(comodel_name="res.users", string=label, automatic=True, readonly=True)
    return Datetime(string=label, automatic=True, readonly=True)


def add_inherited_fields(model_class: Any, registry: Any) -> None:
    """Fields of the models delegated to, as related fields."""
    for parent_name, link in model_class._inherits.items():
        parent = registry.models.get(parent_name)
        if parent is None:
            raise FieldError(f"{model_class._name}: _inherits names model {parent_name!r}, which does not exist")
        if link not in model_class._fields:
            raise FieldError(
                f"{model_class._name}: _inherits says {link!r}, but there is no such many2one to {parent_name}"
            )
        for name, field in parent._fields.items():
            if name in model_class._fields:
                continue
            definition = type(field)(
                inherited=True,
                inherited_field=field,
                related=f"{link}.{name}",
                related_sudo=False,
                copy=field.copy,
                readonly=field.readonly,
            )
            definition._module = field._module
            add_field(model_class, name, bind(model_class, name, [definition]))


def rec_name(model_class: Any) -> str | None:
    """The field that names a record."""
    if model_class._rec_name:
        if model_class._rec_name not in model_class._fields:
            raise FieldError(f"{model_class._name}: _rec_name {model_class._rec_name!r} is not a field")
        return str(model_class._rec_name)
    return next((name for name in ("name", "x_name") if name in model_class._fields), None)


def require_parent(model_class: Any) -> None:
    """`FieldError` for a tree without a field that leads up in it."""
    field = model_class._fields.get(model_class._parent_name)
    if model_class._parent_store and not model_class._abstract and (field is None or not field.store):
        raise FieldError(
            f"{model_class._name}: _parent_store needs the stored many2one that its _parent_name says, "
            f"{model_class._parent_name!r}; there is no such field"
        )


def active_name(model_class: Any) -> str | None:
    """The field that tells archived records."""
    if model_class._active_name:
        return str(model_class._active_name)
    return next((name for name in ("active", "x_active") if name in model_class._fields), None)


def marked_methods(model_class: Any, attribute: str) -> Iterable[Any]:
    """The methods of the class whose newest definition, or one below it, carries the mark."""
    for name in dir(model_class):
        if name.startswith("__"):
            continue
        value = getattr(model_class, name, None)
        if callable(value) and hasattr(value, attribute):
            yield value
