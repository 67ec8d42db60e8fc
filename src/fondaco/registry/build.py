"""How does a registry come from definitions: classes, bound fields, the graph of dependencies, tables?"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from fondaco.errors import FieldError
from fondaco.orm import triggers
from fondaco.orm.decorators import inherited_mark, names_of
from fondaco.orm.definition import Definition
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.orm.fields.setup import Depends, context_keys, dependencies, stands_for_itself
from fondaco.orm.fields.setup import set_up as set_up_field
from fondaco.orm.inheritance import add_inherited_fields, complete, merge
from fondaco.orm.vault import TABLE as VAULT
from fondaco.orm.vault import Vault
from fondaco.registry import signaling
from fondaco.sql.databases import OWN_UNACCENT
from fondaco.sql.fragment import SQL
from fondaco.values.collections import OrderedSet, frozendict
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.orm import schema
    from fondaco.orm.fields.base import Field
    from fondaco.orm.steps import Step
    from fondaco.registry.registry import Registry
    from fondaco.sql.cursor import Cursor
else:
    schema = Postponed("fondaco.orm.schema")

_logger = logging.getLogger(__name__)

closure = triggers.closure


def add_definitions(registry: Registry, cr: Cursor, module_name: str, *, more_follow: bool = False) -> list[str]:
    """Merge the definitions of a module into the registry's classes; those that are merged already stay as they are.

    more_follow: the classes need not be whole before other modules have been added.
    """
    names: OrderedSet[str] = OrderedSet()
    for definition in Definition.module_to_models.get(module_name, ()):
        found = registry.models.get(definition._name)
        if found is None or definition not in found.definition_bases:
            if "_build_model" in vars(
                definition
            ):  # it makes fields of its own, for instance as a file of settings says
                complete_all(registry)
                definition._build_model(registry, cr)
            else:
                registry.incomplete[definition._name] = merge(definition, registry)
        names.add(definition._name)
    if not more_follow:
        complete_all(registry)
    return list(registry.descendants(names, "_inherit", "_inherits"))


def complete_all(registry: Registry) -> None:
    """Make the classes fit their definitions. With the bases of a class Python makes those of all below it anew, hence
    each once, and `base` before the others are put below it."""
    pending, registry.incomplete = registry.incomplete, {}
    for name in sorted(pending, key=lambda name: name != "base"):
        complete(pending[name], registry)


def set_up(registry: Registry, cr: Cursor) -> None:
    """Bind fields, complete them, and make the graph."""
    complete_all(registry)
    registry.forget_graph()
    env = Environment(cr, SUPERUSER_ID, {})
    env.forget_memo()
    env.transaction.cache.clear()
    _look_at_database(registry, cr)
    models = [env[name] for name in registry.models]
    for model in models:
        model._prepare_setup()
    _add_custom(registry, env)
    models = [env[name] for name in registry.models]
    for model in _parents_first(registry, env):
        add_inherited_fields(type(model), registry)
        model._setup_base()
    for model in models:
        for field in list(model._fields.values()):
            set_up_field(field, model)
    _file_inverses(registry, models)
    for model in models:
        model._setup_fields()
        _file_methods(type(model))
    _file_computed(registry, models)
    _make_graph(registry, models)
    _check_encrypted(registry)
    for model in models:
        model._setup_complete()
    for other in list(env.transaction.envs.values()):
        other.forget_memo()


def _look_at_database(registry: Registry, cr: Cursor) -> None:
    names = ["unaccent", OWN_UNACCENT, "word_similarity"]
    rows = cr.fetch(
        SQL(
            "SELECT proname::text, bool_or(provolatile = 'i') FROM pg_proc WHERE proname = ANY(%s) GROUP BY proname"
            " UNION ALL SELECT %s, TRUE WHERE to_regclass(%s) IS NOT NULL",
            names, VAULT, VAULT,
        )
    )  # fmt: skip
    is_immutable: dict[str, bool] = dict(rows)
    registry.vault = Vault.read(cr, registry.config) if VAULT in is_immutable else None
    registry.has_unaccent = "unaccent" in is_immutable and bool(registry.config.get("unaccent"))
    registry.has_own_unaccent = registry.has_unaccent and OWN_UNACCENT in is_immutable and not is_immutable["unaccent"]
    registry.may_index_unaccent = registry.has_own_unaccent or is_immutable.get("unaccent", False)
    registry.has_trigram = "word_similarity" in is_immutable


def _add_custom(registry: Registry, env: Environment) -> None:
    """Models and fields that users made, if the tables that hold them are there."""
    if "ir.model" not in registry.models:
        return
    rows = env.cr.fetch(
        SQL("SELECT to_regclass('ir_model') IS NOT NULL AND to_regclass('ir_model_fields') IS NOT NULL")
    )
    if rows[0][0]:
        env["ir.model"]._add_manual_models()
        for name in list(registry.models):
            env["ir.model.fields"]._add_manual_fields(env[name])


def _parents_first(registry: Registry, env: Environment) -> Iterable[Any]:
    """The models, those delegated to before those that delegate."""
    done: OrderedSet[str] = OrderedSet()

    def visit(name: str) -> None:
        if name in done or name not in registry.models:
            return
        for parent in registry.models[name]._inherits:
            visit(parent)
        done.add(name)

    for name in registry.models:
        visit(name)
    return [env[name] for name in done]


def _file_inverses(registry: Registry, models: Iterable[Any]) -> None:
    """Which relations are two views of one thing: one2many and its many2one, many2many on one table."""
    by_relation: dict[tuple[Any, ...], list[Field[Any]]] = defaultdict(list)
    inverses: dict[Field[Any], OrderedSet[Field[Any]]] = defaultdict(OrderedSet)
    for model in models:
        for field in model._fields.values():
            if field.type == "one2many" and field.inverse_name and field.store:
                other = registry.models[field.comodel_name]._fields[field.inverse_name]
                if other.type == "many2one":
                    if other.comodel_name == model._name:
                        inverses[field].add(other)
                        inverses[other].add(field)
                elif other.type == "many2one_reference":
                    inverses[field].add(other)
                    inverses[other].add(field)
            elif field.type == "many2many" and field.store and field.relation:
                by_relation[field.relation, field.column1, field.column2].append(field)
            elif field.type == "many2one" and field.company_dependent:
                registry.many2one_company_dependents.setdefault(field.comodel_name, []).append(field)
    for (relation, column1, column2), fields in by_relation.items():
        for field in fields:
            for other in by_relation.get((relation, column2, column1), ()):
                inverses[field].add(other)
    registry.field_inverses = dict(inverses)


def _check_encrypted(registry: Registry) -> None:
    for field in registry.encrypted_fields:
        order = registry.models[field.model_name]._order
        if field.name in re.findall(r"\w+", order):
            raise FieldError(
                f"{field.model_name}: _order is {order!r}, but {field.name} is encrypted and nothing can be ordered by "
                "it; give the model another _order"
            )


def _marked_names(cls: type) -> frozenset[str]:
    """The methods in a class body that carry a mark; remembered for definitions, which do not change."""
    names = _marked.get(cls)
    if names is None:
        names = frozenset(
            name
            for name, value in vars(cls).items()
            if callable(value) and any(hasattr(value, mark) for mark in ("_constrains", "_onchange", "_ondelete"))
        )
        if getattr(cls, "pool", None) is None:
            _marked[cls] = names
    return names


_marked: WeakKeyDictionary[type, frozenset[str]] = WeakKeyDictionary()


def _file_methods(cls: Any) -> None:
    """The methods with marks: constraints, onchanges, checks before deletion."""
    constraints, ondeletes = [], []
    onchanges: dict[str, list[Any]] = defaultdict(list)
    for name in sorted({name for base in cls.__mro__ for name in _marked_names(base)}):
        method = getattr(cls, name, None)
        if not callable(method) or isinstance(method, type):
            continue
        if inherited_mark(cls, name, "_constrains") is not None:
            if not hasattr(method, "_constrains"):
                method._constrains = inherited_mark(cls, name, "_constrains")
            constraints.append(method)
        watched = inherited_mark(cls, name, "_onchange")
        if watched:
            for field_name in names_of(watched, cls):
                onchanges[field_name].append(method)
        mark = inherited_mark(cls, name, "_ondelete")
        if mark is not None:
            if not hasattr(method, "_ondelete"):
                method._ondelete = mark
            ondeletes.append(method)
    cls._constraint_methods = tuple(constraints)
    cls._onchange_methods = frozendict({name: tuple(methods) for name, methods in onchanges.items()})
    cls._ondelete_methods = tuple(ondeletes)


def _file_computed(registry: Registry, models: Iterable[Any]) -> None:
    """Fields that one method computes, or one method inverts, together."""
    for model in models:
        by_compute: dict[Any, list[Field[Any]]] = defaultdict(list)
        by_inverse: dict[Any, list[Field[Any]]] = defaultdict(list)
        for field in model._fields.values():
            if field.compute:
                key = field.compute if isinstance(field.compute, str) else field
                by_compute[key].append(field)
                registry.field_computed[field] = by_compute[key]
            if field.inverse:
                key = field.inverse if isinstance(field.inverse, str) else field
                by_inverse[key].append(field)
                registry.field_inverse_groups[field] = by_inverse[key]


def _make_graph(registry: Registry, models: Iterable[Any]) -> None:
    paths: dict[Field[Any], list[tuple[Field[Any], ...]]] = {}
    depends: dict[Field[Any], Depends] = {}
    for model in models:
        if model._abstract:  # a mixin may depend on fields that only its heirs have
            continue
        for field in model._fields.values():
            if stands_for_itself(field):
                continue
            depends[field] = field.get_depends(model)
            # a one2many with a domain has dependencies of its own
            found = list(dependencies(field, model, depends[field][0]))
            if found:
                paths[field] = found
    registry.field_triggers = triggers.build(paths)
    registry.field_dependencies = {
        field: tuple(OrderedSet(path[0] for path in found)) for field, found in paths.items()
    }
    for model in models:
        if model._abstract:
            continue
        for field in model._fields.values():
            field.context_keys = tuple(context_keys(field, model, depends, set()))
    registry.field_paths = paths


def spread(registry: Registry, model_name: str, names: Iterable[str], kind: str) -> triggers.Spread:
    """Where a change of the fields `names` leads; kind: as in `triggers.edges_of`."""
    fields = registry.models[model_name]._fields
    lasting: list[triggers.Edge] = []
    passing: list[triggers.Edge] = []
    spoiled: set[Field[Any]] = set()
    edges = triggers.edges_of(registry.field_triggers, [fields[name] for name in names], kind)
    for edge in dict.fromkeys(edges):
        reached = registry.volatile_closure(edge.target)
        (lasting if reached is None else passing).append(edge)
        spoiled.update(reached or ())
    return triggers.Spread(tuple(lasting), tuple(passing), frozenset(spoiled))


def computed_at_creation(registry: Registry, model_name: str) -> dict[Field[Any], frozenset[Field[Any]]]:
    """{stored computed field: the relations and files of the record itself that must be set before it is computed}"""
    return {
        field: frozenset(_blocking(field, registry.field_paths, set()))
        for field in registry.models[model_name]._fields.values()
        if field.store and field.is_recomputed
    }


def _blocking(
    field: Field[Any], paths: dict[Field[Any], list[tuple[Field[Any], ...]]], seen: set[Field[Any]]
) -> Iterable[Field[Any]]:
    """x2many and binary fields at the head of a dependency, direct or through other computed fields of the model."""
    if field in seen:
        return
    seen.add(field)
    for path in paths.get(field, ()):
        head = path[0]
        if head.type in ("one2many", "many2many", "binary"):
            yield head
        if head.model_name == field.model_name and (head.compute or head.related):
            yield from _blocking(head, paths, seen)


def init_models(
    registry: Registry,
    cr: Cursor,
    model_names: list[str],
    after_tables: Callable[[], None] | None = None,
    *,
    of_module: bool = False,
    references: list[Step] | None = None,
) -> None:
    """Tables, descriptions, and the values of new stored computed fields. of_module: of all models below those that a
    module extends; what it leaves as it was is passed over. `references` takes the steps that make foreign keys."""
    env = Environment(cr, SUPERUSER_ID, {"models_to_check": True})
    if "base" in model_names:
        signaling.set_up(cr)
    known = registry.described
    changed = model_names if known is None else known.changed(registry, model_names)
    if of_module:
        model_names = changed
    models = [env[name] for name in model_names if name in registry.models]
    for model in models:
        if "_auto_init" in _overrides(type(model)):
            model._auto_init()
    new_columns = schema.synchronise(models, references)
    if after_tables is not None:
        after_tables()
    _describe(registry, env, changed)
    for model in models:
        model.init()
    registry.run_after_init()
    env.flush_all()
    _compute_new(env, new_columns)
    schema.tighten(
        [env[name] for name in dict.fromkeys(n for n, field in new_columns if env[n]._fields[field].required)]
    )


def _overrides(cls: Any) -> set[str]:
    """Names of hooks that some addon overrides on the class."""
    return {
        name
        for base in cls.__mro__
        if getattr(base, "_module", None) and getattr(base, "pool", None) is None
        for name in base.__dict__
    }


def _describe(registry: Registry, env: Environment, model_names: list[str]) -> None:
    """Rows of ir.model and its kin, if base defines them."""
    if "ir.model" not in registry.models:
        return
    known = registry.described
    if known is not None:
        known.xmlids = []
    env["ir.model"]._reflect_models(model_names)
    env["ir.model.fields"]._reflect_fields(model_names)
    env["ir.model.fields.selection"]._reflect_selections(model_names)
    env["ir.model.constraint"]._reflect_constraints(model_names)
    if "ir.model.inherit" in registry.models:
        env["ir.model.inherit"]._reflect_inherits(model_names)
    if known is not None:
        xmlids, known.xmlids = known.xmlids, None
        env["ir.model.data"]._write_reflected(xmlids)


def _compute_new(env: Environment, columns: Iterable[tuple[str, str]]) -> None:
    """Compute stored fields whose column is new, on rows that were there before."""
    for model_name, field_name in columns:
        model: Any = env[model_name].with_context(active_test=False)
        field = model._fields[field_name]
        if field.is_recomputed:
            rows = env.cr.fetch(SQL("SELECT id FROM %s", SQL.identifier(model._table)))
            if rows:
                env.add_to_compute(field, model.browse([row[0] for row in rows]))
