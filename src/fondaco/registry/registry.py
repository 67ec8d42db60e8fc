"""Which models and fields does a database have, what depends on what, and which answers are remembered?

A registry is built by steps: definitions are merged into classes (`add_definitions`), fields are bound and the graph of
dependencies is made (`setup_models`), tables are made to fit (`init_models`). What each step does is in `build.py`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg.errors

from fondaco.orm.environment import Environment, Transaction
from fondaco.registry import build, signaling
from fondaco.registry.answers import Budget, Group
from fondaco.registry.changes import Changes, Outer
from fondaco.registry.ormcache import CONTAINED, GROUPS, MOST_OWN
from fondaco.registry.sharing import Sharing
from fondaco.sql.fragment import SQL
from fondaco.sql.nested import NestedPools
from fondaco.sql.replica import ReplicaBehind
from fondaco.values.collections import LRU, OrderedSet

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field
    from fondaco.orm.triggers import Edge
    from fondaco.registry.build import EdgesBack
    from fondaco.sql.connection import Pools
    from fondaco.sql.cursor import Cursor

_logger = logging.getLogger(__name__)

MOST_SHAPES = 2000
"""So many sets of names of values to create are remembered."""


class Registry(Mapping[str, Any]):
    """The models of one database; maps a model's name to its class."""

    field_computed: dict[Field[Any], list[Field[Any]]]

    # Code in the sandbox may have a registry, but neither other databases nor the settings of the server.
    closed_to_code: ClassVar[frozenset[str]] = frozenset({"pools", "config", "registries"})

    def __init__(self, db_name: str, pools: Pools, config: Mapping[str, Any], budget: Budget | None = None) -> None:
        budget = budget or Budget.of(config)
        self.db_name = db_name
        self.pools = pools
        self.config = config
        self.ready = False
        self.registries: Any = None
        self.load_translations: Any = None
        self.models: dict[str, Any] = {}
        self.loaded_modules: list[str] = []
        self._init_modules: set[str] = set()
        """The same as a set; controllers of others are not served."""
        self.routes: tuple[int, Any] | None = None
        """The routing map that http keeps here, and the generation of the group `routing` it was made in."""
        self.loaded_xmlids: set[str] = set()
        self.caches = {name: Group(budget) for name in GROUPS}
        self.described: dict[str, Any] | None = None
        """What was written of the models while modules are being installed; None at other times."""
        self.sharing: Sharing | None = None
        """How answers are shared with other processes; None where each finds its own."""
        self.has_unaccent = False
        self.has_own_unaccent = False
        self.may_index_unaccent = False
        self.has_trigram = False
        self.lock = threading.RLock()
        self.forget_graph()
        self._after_init: list[Callable[[], Any]] = []
        self._changes = Changes()
        self._generations = dict.fromkeys(GROUPS, 0)  # {group: how often it was emptied}
        self._answers_lock = threading.Lock()
        self._sums: dict[str, int] | None = None  # {group: the sum of `signaling` that is known here}

    def forget_graph(self) -> None:
        """Empty what set-up finds out about fields."""
        self.field_computed = {}
        self.field_inverse_groups: dict[Field[Any], list[Field[Any]]] = {}
        self.field_inverses: dict[Field[Any], OrderedSet[Field[Any]]] = {}
        self.field_dependencies: dict[Field[Any], tuple[Field[Any], ...]] = {}
        self.field_triggers: dict[Field[Any], list[Edge]] = {}
        self.many2one_company_dependents: dict[str, list[Field[Any]]] = {}
        self.field_paths: dict[Field[Any], list[tuple[Field[Any], ...]]] = {}
        self._computed_at_creation: dict[str, dict[Field[Any], frozenset[Field[Any]]]] = {}
        self._volatile: dict[Field[Any], tuple[Field[Any], ...] | None] = {}
        self._created_names: dict[str, list[str]] = {}
        self._fetched_with: dict[tuple[str, Any], list[Field[Any]]] = {}
        self.column_lists: dict[tuple[Any, ...], SQL] = {}
        self.rule_conditions: dict[tuple[str, int], tuple[Any, SQL]] = {}
        self.pointer_searches: dict[tuple[Field[Any], ...], list[SQL]] = {}
        self._edges_back: dict[tuple[str, tuple[str, ...]], EdgesBack] = {}
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
    def add_definitions(self, cr: Cursor, module: str) -> list[str]:
        """Merge what importing the module filed; answers the names of the models that it defines or extends."""
        return build.add_definitions(self, cr, module)

    def note_loaded(self, module_name: str) -> None:
        """The module's definitions and controllers count from now on."""
        self.loaded_modules.append(module_name)
        self._init_modules.add(module_name)
        self._invalidate_caches(("routing",))

    def generation(self, group: str) -> int:
        """A number that changes when the remembered answers of the group are forgotten."""
        return self._generations[group]

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
    ) -> None:
        """Make the tables of the models fit, describe the models in ir.model, compute new stored fields.

        after_tables: called when the tables are there and nothing is in them yet (the first rows of a new database).
        """
        build.init_models(self, cr, list(dict.fromkeys(model_names)), after_tables)

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

    def edges_back(self, model_name: str, names: tuple[str, ...]) -> EdgesBack:
        """As `build.edges_back`, remembered."""
        key = model_name, names
        found = self._edges_back.get(key)
        if found is None:
            if len(self._edges_back) >= MOST_SHAPES:
                self._edges_back.clear()
            found = self._edges_back[key] = build.edges_back(self, model_name, names)
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
                and not (field.compute and not field.default)
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

    # -- remembered answers --------------------------------------------------------------------------------------------
    def answers(self, cache_name: str) -> Any:
        """Where the answers of a group lie for this thread: in its own hands once it has changed what they say."""
        own = self._changes.own
        return own[cache_name] if own and cache_name in own else self.caches[cache_name]

    def announced_for(self, cr: Cursor, cache_name: str) -> list[int] | None:
        """What was announced for a group as the transaction of `cr` sees it; None if that is not known, or if the
        transaction has changed what the answers of the group say."""
        sums, own = self._changes.sums, self._changes.own
        if sums is None or sums[0] is not cr or (own and cache_name in own):
            return None
        return [number for group, number in sums[1].items() if cache_name in CONTAINED.get(group, (group,))]

    def clear_cache(self, *cache_names: str) -> None:
        """Forget the answers of these groups (none given: 'default'), here now and elsewhere after commit."""
        names = cache_names or ("default",)
        self._invalidate_caches(names, is_own=True)
        self._changes.caches.update(names)
        self._start_own_answers(names)

    def _start_own_answers(self, names: Iterable[str]) -> None:
        own = self._changes.own
        for name in names:
            for contained in CONTAINED.get(name, (name,)):
                own[contained] = LRU(MOST_OWN)

    def clear_all_caches(self) -> None:
        self.clear_cache(*GROUPS)

    def _invalidate_caches(self, names: Iterable[str], is_own: bool = False) -> None:
        seen = self._changes.seen
        with self._answers_lock:
            for name in names:
                for contained in CONTAINED.get(name, (name,)):
                    if is_own and seen is not None and seen[contained] == self._generations[contained]:
                        seen[contained] += 1
                    self._generations[contained] += 1
                    self.caches[contained].clear()

    def remember(self, cache_name: str, key: Any, value: Any) -> None:
        """Keep an answer, unless the group was emptied since this transaction began: what it sees is older then."""
        own, seen = self._changes.own, self._changes.seen
        if own and cache_name in own:
            own[cache_name][key] = value
            return
        with self._answers_lock:
            if seen is None or seen[cache_name] == self._generations[cache_name]:
                self.caches[cache_name][key] = value

    def begin_changes(self, cr: Cursor) -> Outer:
        """A transaction of this thread begins on `cr`; answers what `end_changes` takes when it is over."""
        return self._changes.begin(cr, dict(self._generations))

    def end_changes(self, outer: Outer) -> None:
        """Back to the transaction around this one."""
        self._changes.end(outer)

    @property
    def registry_invalidated(self) -> bool:
        return self._changes.registry

    @registry_invalidated.setter
    def registry_invalidated(self, value: bool) -> None:
        self._changes.registry = value

    def announce_changes(self, cr: Cursor) -> None:
        """`cr` is about to commit: tell the other processes what changed, in its transaction."""
        changes = self._changes
        changes.announced = None
        groups = {name for name in changes.caches if name in signaling.GROUPS}
        if changes.registry:
            groups.add("registry")
        if groups and not cr.readonly:
            changes.announced = signaling.announce(cr, groups)

    def changes_committed(self, cr: Cursor) -> None:
        """`cr` has committed: what it announced is known here, and nobody remembers what was true before."""
        changes = self._changes
        changes.sums = None
        before, changes.announced = changes.announced, None
        if before is None:
            return
        # Between our first clearing and the commit, others may have remembered what was true before.
        self._invalidate_caches(changes.caches, is_own=True)
        if changes.belongs_to(cr):
            changes.clear()
        known = self._sums
        for group, number in before.items():
            # If others changed something in between, the next look shall see that.
            if known is not None and known[group] == number:
                known[group] = number + 1
        if signaling.is_time_to_add_up(before):
            self._add_up_signals()

    def _add_up_signals(self) -> None:
        """Keep the table of announcements short, since every transaction reads it."""
        with contextlib.suppress(psycopg.errors.SerializationFailure), self.pools.cursor(self.db_name) as cr:
            signaling.add_up(cr)  # on failure: another process has just done it

    def signal_changes(self) -> None:
        """Tell the other processes what changed and no commit has told: after work that could only read."""
        changes = self._changes
        if not changes.caches and not changes.registry:
            return
        outer = changes.owner
        try:
            with self.cursor() as changes.owner:
                pass  # its commit carries the announcement
        finally:
            changes.owner = outer

    @contextlib.contextmanager
    def manage_changes(self) -> Iterator[None]:
        """Within: changes of models and remembered answers; told to the other processes at the end, or forgotten."""
        try:
            yield
            self.signal_changes()
        except BaseException:
            self.reset_changes()
            raise

    def reset_changes(self) -> None:
        """Take back what is to be announced; if models changed, build them anew as the database has them."""
        if self._changes.registry:
            with self.cursor() as cr:
                self.setup_models(cr)
        self.forget_changes()

    def forget_changes(self) -> None:
        """What was to be announced was rolled back: what was remembered since may be wrong."""
        changes = self._changes
        if changes.caches:
            self._invalidate_caches(changes.caches, is_own=True)
        changes.clear()
        if changes.seen is not None:
            changes.seen = dict(self._generations)  # what is tried again sees the rows of now

    def changes_undone(self, cr: Cursor) -> None:
        """`cr` was rolled back."""
        self._changes.sums = None
        if self._changes.belongs_to(cr) and (self._changes.caches or self._changes.registry):
            self.forget_changes()

    def part_undone(self) -> None:
        """The transaction went back to a savepoint: what this thread remembered since may be wrong."""
        if self._changes.own:
            self._start_own_answers(self._changes.caches)

    def forget_rolled_back(self) -> None:
        """A transaction whose rows anybody may have remembered is undone: forget every answer, announce nothing."""
        self._changes.clear()
        self._invalidate_caches(GROUPS, is_own=True)

    def check_signaling(self, cr: Cursor | None = None) -> bool:
        """Look whether other processes changed something: forget what is old; False if the models themselves
        changed. `ReplicaBehind` on a replica that does not know yet what is known here."""
        if cr is None:
            with self.pools.cursor(self.db_name) as own:
                return self.check_signaling(own)
        numbers = signaling.read(cr)
        if (
            cr.on_replica
            and self._sums is not None
            and any(numbers.get(group, 0) < number for group, number in self._sums.items())
        ):
            # What is read here must not be remembered as the answer to a question that has a newer one.
            raise ReplicaBehind
        self._changes.sums = (cr, numbers)
        return self._compare(numbers)

    def _compare(self, numbers: Mapping[str, int]) -> bool:
        known = self._sums
        if known is None:
            self._sums = dict(numbers)
            return True
        if known["registry"] != numbers["registry"]:
            return False
        for group, number in numbers.items():
            if known[group] != number:
                self._invalidate_caches((group,))
        self._sums = dict(numbers)
        return True

    # -- text ----------------------------------------------------------------------------------------------------------
    def unaccent(self, term: SQL) -> SQL:
        """`term` without accents, if the database can."""
        if self.has_own_unaccent:
            return SQL("fondaco_unaccent(%s)", term)
        return SQL("unaccent(%s)", term) if self.has_unaccent else term
