"""The loaded, fresh registry of a database; and how databases are made and changed.

    registries = Registries(config, pools)
    registries.create("shop", modules=("base", "web"), password="...")
    registry = registries.get("shop")
    registries.update("shop", install=["product"])

One registry per database and process, loaded when it is asked for; what nobody asks for goes (`sweep`). Building one
takes a lock of its own, so that two threads that ask for the same database wait for one build, and others do not wait
at all.
"""

import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from fondaco.config import Config
from fondaco.errors import DatabaseNotFound
from fondaco.modules import demo, fingerprint, idle, listing, terms
from fondaco.modules.first_user import FirstUser
from fondaco.modules.importing import announce, mount
from fondaco.modules.install import AfterModule, Installation, Progress, register_hooks
from fondaco.modules.manifest import AddonsPath
from fondaco.modules.plan import Plan, Request, make_plan
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.registry import signaling
from fondaco.registry.answers import Budget
from fondaco.registry.registry import Registry
from fondaco.registry.sharing import SharedAnswers, Sharing
from fondaco.server import deadlines
from fondaco.sql import databases
from fondaco.sql.connection import Pools
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.modules import ahead, image, uninstall
    from fondaco.orm import schema, sealed_plan, steps
    from fondaco.sql import tables
else:
    ahead, image = Postponed("fondaco.modules.ahead"), Postponed("fondaco.modules.image")
    schema, sealed_plan = Postponed("fondaco.orm.schema"), Postponed("fondaco.orm.sealed_plan")
    steps, tables = Postponed("fondaco.orm.steps"), Postponed("fondaco.sql.tables")
    uninstall = Postponed("fondaco.modules.uninstall")

log = logging.getLogger(__name__)

CHANGE_LOCK = 0x6D6F6475  # "modu": the first half of the advisory lock of who changes modules


class Registries:
    """The registries of this process, by database."""

    def __init__(self, config: Config, pools: Pools) -> None:
        self.config = config
        self.pools = pools
        self.addons = AddonsPath(config["addons_path"] or ())
        self._registries: dict[str, Registry] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()
        self._changing: set[str] = set()
        self._used_at: dict[str, float] = {}
        self._preloaded: set[str] = set()
        self._has_garbage = False
        self.budget = Budget.of(config)
        url = config.get("redis_url")
        self._shared = SharedAnswers(url, float(config.get("cache_timeout") or 0.0)) if url else None
        fingerprint.take_up()
        mount(self.addons)
        announce(self)

    def __repr__(self) -> str:
        return f"<Registries {sorted(self._registries)}>"

    # -- reading

    def get(self, db: str) -> Registry:
        """The registry of `db`, loaded and as fresh as the database says. `DatabaseNotFound` when there is none."""
        registry = self.at_hand(db)
        if registry is not None and registry.check_signaling():
            return registry
        with deadlines.paused(), self._lock(db):
            registry = self.at_hand(db)
            if registry is None or not registry.check_signaling():
                registry = self._load(db)
                self._keep(registry)
                self._evict(idle_s=None)
        return registry

    def at_hand(self, db: str) -> Registry | None:
        """The registry of `db` if this process has one; whether it is fresh, `check_signaling(cr)` tells."""
        registry = self._registries.get(db)
        if registry is not None:
            self._used_at[db] = time.monotonic()
        return registry

    def loaded(self) -> list[Registry]:
        """The registries that this process has now."""
        with self._guard:
            return [*self._registries.values()]

    def names(self) -> list[str]:
        """The databases that this server may serve, sorted."""
        found = databases.list_databases(self.pools)
        wanted = self.config.get("db_name") or ()
        return sorted(name for name in found if not wanted or name in wanted)

    def forget(self, db: str) -> None:
        """Build the registry of `db` anew when it is next asked for."""
        with self._guard:
            self._registries.pop(db, None)
            self._used_at.pop(db, None)
            self._preloaded.discard(db)

    def _keep(self, registry: Registry) -> None:
        with self._guard:
            self._registries[registry.db_name] = registry
            self._used_at[registry.db_name] = time.monotonic()
            self._preloaded.discard(registry.db_name)

    # -- making room

    def preload(self, names: Iterable[str]) -> list[Registry]:
        """Load these before workers are forked, as many as may stay: all workers share them, so they stay."""
        most = self.config["registry_limit"]
        loaded = []
        for name in [*names][: most or None]:
            loaded.append(self.get(name))
            self._preloaded.add(name)
        return loaded

    def sweep(self) -> None:
        """Let go what nobody has used in a while, connections included. Called every few seconds."""
        self._evict(idle_s=self.config["registry_idle_time"] or None)
        self.pools.sweep()
        if self._has_garbage:
            self._has_garbage = False
            gc.collect()  # models, fields and registry name each other: nothing else frees them

    def _evict(self, idle_s: float | None) -> None:
        with self._guard:
            used_at = {db: moment for db, moment in self._used_at.items() if db not in self._preloaded}
            busy = self.pools.busy()
            gone = idle.spent(used_at, time.monotonic(), busy=busy, most=self.config["registry_limit"], idle_s=idle_s)
            for db in gone:
                self._registries.pop(db, None)
                self._used_at.pop(db, None)
        for db in gone:
            self._has_garbage = True
            self.pools.close_database(db)
            log.info("registry let go db=%s left=%d", db, len(self._registries))

    def plan(
        self, db: str, install: Iterable[str] = (), upgrade: Iterable[str] = (), uninstall: Iterable[str] = ()
    ) -> Plan:
        """What `update` would do; print it."""
        with self.pools.cursor(db) as cr:
            states, countries = listing.states(cr), listing.countries(cr)
        self.addons.forget()
        request = _with_pending(states, Request.of(install, upgrade, uninstall, countries))
        return make_plan(self.addons.manifests(), states, request)

    # -- changing

    def create(
        self,
        db: str,
        modules: Sequence[str] = ("base", "web"),
        with_demo: bool = False,
        login: str = "admin",
        password: str = "",
        lang: str = "en_US",
        country: str | None = None,
        progress: Progress | None = None,
        *,
        in_place: bool = False,
        from_image: bool = True,
        when_made: Callable[[], object] | None = None,
    ) -> None:
        """A new database with `modules` installed. Nothing stays of it when that fails.

        in_place: somebody created it and left it empty; when that fails, it stays with what was done so far.
        from_image: that of the package may stand for the steps, where it fits.
        when_made: called when it is there, before anything is installed.
        """
        self.addons.forget()
        request = Request.of(install=["base", *modules], countries=[country] if country else [])
        plan = make_plan(self.addons.manifests(), {}, request)
        first = FirstUser(login, password, lang, country)
        registry = self.new(db)

        def prepare() -> "image.Image | ahead.Ahead":
            fitting = image.fitting(self.config, self.addons, plan, with_demo=with_demo) if from_image else None
            return fitting or ahead.Ahead(registry, self.addons, plan)

        with self._lock(db):
            with ThreadPoolExecutor(1) as thread:
                # What needs no database is done while PostgreSQL makes one.
                done = thread.submit(prepare)
                if in_place:
                    databases.require_unicode(self.pools, db)
                    databases.equip(self.pools, db)
                else:
                    databases.create(self.pools, db)
            if when_made is not None:
                when_made()
            try:
                filled = self._fill(registry, plan, done.result(), first, with_demo, progress, is_draft=not in_place)
            except BaseException:
                self.forget(db)
                self.pools.close_database(db)
                if not in_place:
                    databases.drop(self.pools, db)
                raise
            if filled is not None:
                self._keep(filled)

    def _fill(
        self,
        registry: Registry,
        plan: Plan,
        prepared: "image.Image | ahead.Ahead",
        first: FirstUser,
        with_demo: bool,
        progress: Progress | None,
        *,
        is_draft: bool,
    ) -> Registry | None:
        """Put into an empty database what the plan says, from an image or step by step; its registry, where one came of
        that."""
        db = registry.db_name
        if isinstance(prepared, ahead.Ahead):
            self._carry_out(registry, plan, with_demo, progress, is_draft=is_draft, ahead=prepared)
        elif not image.apply(self.pools, db, store_of(self.config, db), prepared, is_draft=is_draft):
            self._carry_out(registry, plan, with_demo, progress, is_draft=is_draft)
        elif first.is_named_alone and image.knows_all(prepared, self.addons):
            with self.pools.cursor(db) as cr:
                first.take_name(cr)
            return None
        else:
            registry = self._load(db)
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            if isinstance(prepared, image.Image):
                listing.update_list(env, self.addons)
            first.settle(env)
            env.flush_all()
            cr.commit()
        return registry

    def update(
        self,
        db: str,
        install: Iterable[str] = (),
        upgrade: Iterable[str] = (),
        uninstall: Iterable[str] = (),
        progress: Progress | None = None,
        with_demo: bool = False,
        after_module: AfterModule | None = None,
    ) -> Plan:
        """Install, upgrade and uninstall modules; what the database marked to be done is done too."""
        deadlines.unlimited()
        with self._lock(db), self._alone(db):
            registry = self.new(db)
            with registry.cursor() as cr:
                signaling.complete(cr)
                registry.check_signaling(cr)
                with_demo = with_demo or demo.is_demo_database(cr)
            plan = self.plan(db, install, upgrade, uninstall)
            if after_module is not None:
                self._keep(registry)  # what it does asks for the registry as it grows
            try:
                self._carry_out(registry, plan, with_demo, progress, after_module)
                if plan.removals:
                    self._remove(registry, plan, progress)
                    registry = self._load(db)
                if names := self._decrypt(registry):
                    registry = self._load(db)
                    self._synchronise(registry, names)
            except BaseException:
                # Modules before the one at fault are installed: what is loaded is old now.
                self.forget(db)
                raise
            self._keep(registry)
        return plan

    def _load(self, db: str) -> Registry:
        """A registry of everything installed, without changing the database."""
        if not databases.exists(self.pools, db):
            raise DatabaseNotFound(f"database {db!r} does not exist; `fondaco db list` shows those that do")
        started = time.monotonic()
        registry = self.new(db)
        with self.pools.cursor(db) as cr:
            states = listing.states(cr)
            if not states:
                raise DatabaseNotFound(f"database {db!r} has no modules; create it with `fondaco db create {db}`")
            # What changes while the registry is being built shows as not fresh afterwards.
            signaling.complete(cr)
            registry.check_signaling(cr)
        plan = make_plan(self.addons.manifests(), states, Request())
        for note in plan.notes:
            log.warning("%s: %s", db, note)
        self._carry_out(registry, plan, False, None)
        if self._shared is not None:
            registry.sharing = Sharing(self._shared, fingerprint.of_code(self.addons, registry.loaded_modules))
        log.info("registry loaded db=%s modules=%d seconds=%.2f", db, len(plan.steps), time.monotonic() - started)
        return registry

    def new(self, db: str) -> Registry:
        """A registry of `db` with nothing in it yet, known to nobody else."""
        registry = Registry(db, self.pools, self.config, self.budget)
        registry.registries = self
        registry.load_translations = terms.load
        return registry

    def _carry_out(
        self,
        registry: Registry,
        plan: Plan,
        with_demo: bool,
        progress: Progress | None,
        after_module: AfterModule | None = None,
        *,
        is_draft: bool = False,
        ahead: "ahead.Ahead | None" = None,
    ) -> None:
        """Take a new registry through the plan; then it is ready for use."""
        Installation(
            registry,
            self.addons,
            plan,
            with_demo=with_demo,
            progress=progress,
            after_module=after_module,
            is_draft=is_draft,
            ahead=ahead,
        ).run()
        register_hooks(registry)
        registry.ready = True

    def _remove(self, registry: Registry, plan: Plan, progress: Progress | None) -> None:
        for number, step in enumerate(plan.removals):
            if progress is not None:
                progress(f"{step.module}: remove", number, len(plan.removals))
            with registry.cursor() as cr:
                env = Environment(cr, SUPERUSER_ID, {})
                manifest = self.addons.manifest(step.module)
                if manifest is not None:
                    uninstall.call_hook(env, manifest)
                uninstall.remove(env, uninstall.plan_removal(env, step.module))
                registry.registry_invalidated = True
                cr.commit()

    def _decrypt(self, registry: Registry) -> list[str]:
        """Make plain again what no module that is installed wants encrypted; the models concerned."""
        found = sealed_plan.to_be_plain(registry)
        if not found:
            return []
        with registry.cursor() as cr:
            loaded = set(registry.loaded_modules)
            missing = [name for name, state in listing.states(cr).items() if state.is_installed and name not in loaded]
            if missing:
                # One of them may be what wants them encrypted.
                log.warning("columns stay encrypted: module %s is installed and was not found", ", ".join(missing))
                return []
            fields = [field for model_fields in found.values() for field in model_fields]
            catalog = tables.Catalog.read(cr, {registry.models[name]._table for name in found})
            steps.apply(cr, sealed_plan.plain_steps(registry, fields, catalog))
            registry.registry_invalidated = True
            cr.commit()
        return list(found)

    def _synchronise(self, registry: Registry, names: Iterable[str]) -> None:
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            schema.synchronise([env[name] for name in names])
            cr.commit()

    @contextlib.contextmanager
    def _alone(self, db: str) -> Iterator[None]:
        """One process changes the modules of a database at a time; another waits for its turn, and plans then."""
        if db in self._changing:  # a hook or a test of a module that is being installed
            yield
            return
        # In a transaction: behind PgBouncer a lock of a session belongs to whoever gets that session next.
        with self.pools.cursor(db) as cr:
            cr.fetch(SQL("SELECT pg_advisory_xact_lock(%s::int4, 0)", CHANGE_LOCK))
            cr.stay_open()  # modules take minutes, and the lock goes with the transaction
            self._changing.add(db)
            try:
                yield
            finally:
                self._changing.discard(db)

    @contextlib.contextmanager
    def _lock(self, db: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(db, threading.RLock())
        with lock:
            yield


def _with_pending(states: Mapping[str, Any], request: Request) -> Request:
    """What somebody marked in the list of modules is done with whatever is asked for now."""

    def marked(state: str) -> set[str]:
        return {name for name, found in states.items() if found.state == state}

    return Request(
        request.install | marked("to install"),
        request.upgrade | marked("to upgrade"),
        request.remove | marked("to remove"),
        request.countries,
    )
