"""Which models and fields does a database have, and what depends on what?

A registry is built by steps: definitions are merged into classes (`add_definitions`), fields are bound and the graph of
dependencies is made (`setup_models`), tables are made to fit (`init_models`). What each step does is in `build.py`,
what a registry remembers of the database in `memory.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.orm.environment import Environment, Transaction
from fondaco.registry import build
from fondaco.registry.answers import Budget
from fondaco.registry.memory import Memory
from fondaco.registry.ormcache import GROUPS
from fondaco.registry.sharing import Sharing
from fondaco.sql.fragment import SQL
from fondaco.sql.nested import NestedPools
from fondaco.values.collections import OrderedSet

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field
    from fondaco.orm.steps import Step
    from fondaco.orm.triggers import Edge, Spread
    from fondaco.orm.vault import Vault
    from fondaco.orm.verdicts import Rule
    from fondaco.orm.write import Way
    from fondaco.registry.described import Described
    from fondaco.sql.connection import Pools
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger(__name__)

MOST_SHAPES = 2000
"""So many sets of names of values to create are remembered."""


class Registry(Memory, Mapping[str, Any]):
    """The models of one database; maps a model's name to its class."""

    field_computed: dict[Field[Any], list[Field[Any]]]

    # Code in the sandbox may have a registry, but neither other databases nor the settings of the server.
    closed_to_code: ClassVar[frozenset[str]] = frozenset({"pools", "config", "registries", "vault"})

    def __init__(self, db_name: str, pools: Pools, config: Mapping[str, Any], budget: Budget | None = None) -> None:
        super().__init__(budget or Budget.of(config))
        self.db_name = db_name
        self.pools = pools
        self.config = config
        self.ready = False
        self.registries: Any = None
        self.load_translations: Any = None
        self.models: dict[str, Any] = {}
        self.incomplete: dict[str, Any] = {}
        """Classes that got definitions and do not fit them yet."""
        self.loaded_modules: list[str] = []
        self._init_modules: set[str] = set()
        """The same as a set; controllers of others are not served."""
        self.routes: tuple[int, Any] | None = None
        """The routing map that http keeps here, and the generation of the group `routing` it was made in."""
        self.loaded_xmlids: set[str] = set()
        self.described: Described | None = None
        """What was written of the models while modules are being installed; None at other times."""
        self.sharing: Sharing | None = None
        """How answers are shared with other processes; None where each finds its own."""
        self.vault: Vault | None = None
        """What opens encrypted fields; None where there are none."""
        self.has_unaccent = False
        self.has_own_unaccent = False
        self.may_index_unaccent = False
        self.has_trigram = False
        self.lock = threading.RLock()
        self.forget_graph()
        self._after_init: list[Callable[[], Any]] = []

    def forget_graph(self) -> None:
        """Empty what set-up finds out about fields."""
        self.field_computed = {}
        self.field_inverse_groups: dict[Field[Any], list[Field[Any]]] = {}
        self.field_inverses: dict[Field[Any], OrderedSet[Field[Any]]] = {}
        self.field_dependencies: dict[Field[Any], tuple[Field[Any], ...]] = {}
        self.field_triggers: dict[Field[Any], list[Edge]] = {}
        self.many2one_company_dependents: dict[str, list[Field[Any]]] = {}
        self.encrypted_fields: list[Field[Any]] = []
        self.field_paths: dict[Field[Any], list[tuple[Field[Any], ...]]] = {}
        self._computed_at_creation: dict[str, dict[Field[Any], frozenset[Field[Any]]]] = {}
        self._volatile: dict[Field[Any], tuple[Field[Any], ...] | None] = {}
        self._created_names: dict[str, list[str]] = {}
        self._fetched_with: dict[tuple[str, Any], list[Field[Any]]] = {}
        self.column_lists: dict[tuple[Any, ...], SQL] = {}
        self.rule_conditions: dict[tuple[str, int], tuple[Any, SQL]] = {}
        self.rules_in_memory: dict[tuple[str, int], Rule] = {}
        self.ways_to_write: dict[tuple[str, tuple[str, ...]], Way] = {}
        self.pointer_searches: dict[tuple[Field[Any], ...], list[SQL]] = {}
        self._spreads: dict[tuple[str, tuple[str, ...], str], Spread] = {}
        self._names_with_groups: dict[str, frozenset[str]] = {}
        self._names_to_complete: dict[tuple[str, frozenset[str]], list[str]] = {}
        self._names_with_default: dict[str, frozenset[str]] = {}
        self._constant_defaults: dict[Field[Any], Any] = {}

    def __repr__(self) -> str:
        return f"<Registry {self.db_name!r} models={len(self.models)} ready={self.ready}>"

    # -- models --------------------------------------------------------------------------------------------------------
    def __getitem__(self, model_name: str) -> Any:
        return self.models[model_name]

    def __setitem__(self, model_name: str, model: Any) -> None:
        self.models[model_name] = model

    def __delitem__(self, model_name: str) -> None:
        del self.models[model_name]
        for model in self.models.values():
            model._inherit_children.discard(model_name)

    def __contains__(self, model_name: object) -> bool:
        return model_name in self.models

    def get(self, model_name: str, default: Any = None) -> Any:
        return self.models.get(model_name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)

    def __call__(self, model_name: str) -> Any:
        return self.models[model_name]

    def __bool__(self) -> bool:
        return True

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def descendants(self, model_names: Iterable[str], *kinds: str) -> OrderedSet[str]:
        """`model_names` and the models that extend them ('_inherit') or delegate to them ('_inherits')."""
        result: OrderedSet[str] = OrderedSet()
        todo = list(model_names)
        while todo:
            name = todo.pop()
            model = self.models.get(name)
            if model is None or name in result:
                continue
            result.add(name)
            for kind in kinds:
                todo.extend(getattr(model, kind + "_children"))
        return result

    def is_an_ordinary_table(self, model: Any) -> bool:
        with self.cursor() as cr:
            rows = cr.fetch(SQL("SELECT relkind = 'r' FROM pg_class WHERE oid = to_regclass(%s::text)", model._table))
        return bool(rows and rows[0][0])

    # -- building ------------------------------------------------------------------------------------------------------
    def add_definitions(self, cr: Cursor, module: str, *, more_follow: bool = False) -> list[str]:
        """Merge what importing the module filed; answers the names of the models that it defines or extends.

        more_follow: the models are of use once other modules were added too, or set up.
        """
        return build.add_definitions(self, cr, module, more_follow=more_follow)

    def note_loaded(self, module_name: str) -> None:
        """The module's definitions and controllers count from now on."""
        self.loaded_modules.append(module_name)
        self._init_modules.add(module_name)
        self._invalidate_caches(("routing",))

    def load(self, cr: Cursor, module: Any) -> list[str]:
        """The same for addons, which give an object with the name of the module."""
        return self.add_definitions(cr, getattr(module, "name", module))

    def setup_models(self, cr: Cursor) -> None:
        """Bind the fields of all models and make the graph of dependencies."""
        with self.lock:
            self._invalidate_caches(GROUPS)
            build.set_up(self, cr)

    def init_models(
        self,
        cr: Cursor,
        model_names: Iterable[str],
        context: Any = None,
        install: bool = True,
        *,
        after_tables: Callable[[], None] | None = None,
        of_module: bool = False,
        references: list[Step] | None = None,
    ) -> None:
        """Make the tables of the models fit, describe the models in ir.model, compute new stored fields.

        after_tables: called when the tables are there and nothing is in them yet (the first rows of a new database).
        of_module: these are the models below those that a module extends; it may leave many as they were.
        references: takes the steps that make foreign keys, which the caller carries out when there are rows.
        """
        names = list(dict.fromkeys(model_names))
        build.init_models(self, cr, names, after_tables, of_module=of_module, references=references)

    def post_init(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call `func` when the tables of the models that are being initialised are there."""
        self._after_init.append(partial(func, *args, **kwargs))

    def post_constraint(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """The same for what adds a constraint."""
        self.post_init(func, *args, **kwargs)

    def run_after_init(self) -> None:
        """Call what `post_init` was given; what those calls add is called too."""
        while self._after_init:
            self._after_init.pop(0)()

    @staticmethod
    def current(registry: Registry) -> Registry:
        """The registry that serves the same database now."""
        return registry

    # -- dependents ----------------------------------------------------------------------------------------------------
    def get_dependent_fields(self, field: Field[Any]) -> Iterator[Field[Any]]:
        """The fields that become stale when `field` changes."""
        return build.closure(self.field_triggers, field)

    def is_modifying_relations(self, field: Field[Any]) -> bool:
        """Whether a change of `field` changes a relation along which something is computed."""
        return bool(field in self.field_triggers and (field.relational or self.field_inverses.get(field)))

    def computed_at_creation(self, model_name: str) -> dict[Field[Any], frozenset[Field[Any]]]:
        """{stored computed field: own relations and files that must be set before it is computed}"""
        found = self._computed_at_creation.get(model_name)
        if found is None:
            found = self._computed_at_creation[model_name] = build.computed_at_creation(self, model_name)
        return found

    def volatile_closure(self, field: Field[Any]) -> tuple[Field[Any], ...] | None:
        """`field` and what depends on it, if nothing of that is stored: all that a change can do is spoil the cache."""
        if field not in self._volatile:
            reached = (field, *build.closure(self.field_triggers, field))
            self._volatile[field] = None if any(other.store for other in reached) else reached
        return self._volatile[field]

    def spread(self, model_name: str, names: tuple[str, ...], kind: str) -> Spread:
        """As `build.spread`, remembered."""
        key = model_name, names, kind
        found = self._spreads.get(key)
        if found is None:
            if len(self._spreads) >= MOST_SHAPES:
                self._spreads.clear()
            found = self._spreads[key] = build.spread(self, model_name, names, kind)
        return found

    def created_names(self, model_name: str) -> list[str]:
        """The fields of a new record on which fields of other records may depend."""
        names = self._created_names.get(model_name)
        if names is None:
            names = self._created_names[model_name] = [
                name
                for name, field in self.models[model_name]._fields.items()
                if any(edge.path and edge.path[0].type != "many2one" for edge in self.field_triggers.get(field, ()))
            ]
        return names

    def fetched_with(self, model_name: str, kind: Any) -> list[Field[Any]]:
        """The columns of a model that are fetched when one of them is missed; kind: their `prefetch`."""
        fields = self._fetched_with.get((model_name, kind))
        if fields is None:
            fields = self._fetched_with[model_name, kind] = [
                field
                for field in self.models[model_name]._fields.values()
                if field.prefetch == kind and field.has_column
            ]
        return fields

    def names_to_complete(self, model_name: str, given: frozenset[str]) -> list[str]:
        """The fields of which a new record wants to know the default, `given` being those that have a value."""
        names = self._names_to_complete.get((model_name, given))
        if names is None:
            if len(self._names_to_complete) >= MOST_SHAPES:
                self._names_to_complete.clear()
            model = self.models[model_name]
            links = given.intersection(model._inherits.values())
            names = self._names_to_complete[model_name, given] = [
                name
                for name, field in model._fields.items()
                if name not in given
                and not (field.inherited and field.related.split(".")[0] in links)
                # what is computed and cannot be set has no default
                and not (field.compute and field.readonly and not field.default and not field.inherited)
            ]
        return names

    def names_with_groups(self, model_name: str) -> frozenset[str]:
        """The fields that are for some groups only."""
        names = self._names_with_groups.get(model_name)
        if names is None:
            fields = self.models[model_name]._fields
            names = self._names_with_groups[model_name] = frozenset(name for name in fields if fields[name].groups)
        return names

    def names_with_default(self, model_name: str) -> frozenset[str]:
        """The fields that have a default of their own or that of the record they delegate to."""
        names = self._names_with_default.get(model_name)
        if names is None:
            names = self._names_with_default[model_name] = frozenset(
                name
                for name, field in self.models[model_name]._fields.items()
                if field.default is not None or field.inherited
            )
        return names

    def constant_default(self, field: Field[Any], model: Any) -> Any:
        """The default of a field of a plain type, in write format, where it is written as a value."""
        if field not in self._constant_defaults:
            cached = field.convert_to_cache(field.default_constant, model, validate=False)
            self._constant_defaults[field] = field.convert_to_write(cached, model)
        return self._constant_defaults[field]

    # -- transactions --------------------------------------------------------------------------------------------------
    def cursor(self, readonly: bool = False, *, limited: bool = False, after: str | None = None) -> Cursor:
        """A transaction on the database, with this registry behind it; the rest as for `Pools.cursor`."""
        cr = self.pools.cursor(self.db_name, readonly, limited=limited, after=after)
        cr.transaction = Transaction(self)
        return cr

    def enter_test_mode(self, cr: Cursor, test_readonly_enabled: bool = True) -> None:
        """From here on every cursor of the registry lives inside the transaction of `cr`."""
        pools: Any = NestedPools(self.pools, cr, allow_readonly=test_readonly_enabled)
        self.pools = pools

    def leave_test_mode(self) -> None:
        """Cursors are again transactions of their own."""
        pools: Any = self.pools
        assert isinstance(pools, NestedPools), "leave_test_mode: enter_test_mode was not called before"
        self.pools = pools.outer

    def in_test_mode(self) -> bool:
        return isinstance(self.pools, NestedPools)

    def translate(self, env: Environment, source: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        """`source` in the language of `env`, filled."""
        text = self._translator(env, source) if self._translator is not None else source
        if kwargs:
            return text % kwargs
        return text % args if args else text

    _translator: Any = None

    # -- text ----------------------------------------------------------------------------------------------------------
    def unaccent(self, term: SQL) -> SQL:
        """`term` without accents, if the database can."""
        if self.has_own_unaccent:
            return SQL("fondaco_unaccent(%s)", term)
        return SQL("unaccent(%s)", term) if self.has_unaccent else term
