"""A plan carried out: each step walks a table of phases.

    Installation(registry, addons, plan, with_demo=False, progress=progress).run()

A step that changes its module ends with a commit, so that what is done stays done when a later one fails. Removals are
not carried out here but in `modules/uninstall.py`, on a registry that has everything loaded.
"""

import logging
import time
from collections.abc import Callable, Sequence, Set
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from fondaco.errors import ModuleError
from fondaco.modules import culprit, datafiles, demo, listing, terms
from fondaco.modules.importing import NAMESPACE, find, import_module, run_hook
from fondaco.modules.manifest import AddonsPath, Manifest, check_dependencies
from fondaco.modules.plan import Action, Plan, Step
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.registry.described import Described
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.modules import bootstrap, handmade, leftovers, migrations, obsolete
    from fondaco.modules.ahead import Ahead
    from fondaco.orm import schema, steps
else:
    # What only a change of modules needs.
    bootstrap, handmade = Postponed("fondaco.modules.bootstrap"), Postponed("fondaco.modules.handmade")
    leftovers, migrations = Postponed("fondaco.modules.leftovers"), Postponed("fondaco.modules.migrations")
    obsolete, schema = Postponed("fondaco.modules.obsolete"), Postponed("fondaco.orm.schema")
    steps = Postponed("fondaco.orm.steps")

log = logging.getLogger(__name__)


class Progress(Protocol):
    """Told before each phase: what, how many steps are done, of how many."""

    def __call__(self, text: str, done: int = 0, total: int | None = None) -> None: ...


def no_progress(text: str, done: int = 0, total: int | None = None) -> None:
    """For those who do not want to know."""


AfterModule = Callable[[Any, str], None]
"""Called with the registry and the name of a module that was just installed or upgraded, before the next one is."""


class Installation:
    """Brings a registry, and the database behind it, through the steps of a plan.

    is_draft: nobody has the database before it is whole. Its commits need not wait for the disk: the last one, which is
    the caller's, waits for all before it.
    """

    def __init__(
        self,
        registry: Any,
        addons: AddonsPath,
        plan: Plan,
        *,
        with_demo: bool = False,
        progress: Progress | None = None,
        after_module: AfterModule | None = None,
        is_draft: bool = False,
        ahead: "Ahead | None" = None,
    ) -> None:
        self.registry = registry
        self.addons = addons
        self.plan = plan
        self.with_demo = with_demo
        self.progress = progress or no_progress
        self.after_module = after_module
        self.is_draft = is_draft
        self.ahead = ahead
        self.cr: Any = None
        self._needs_setup = True
        self._with_demo: set[str] = set()
        self._references: list[steps.Step] = []  # the foreign keys of base, which are made when its data are there
        self._handmade: Set[tuple[str, str, str]] | None = None  # what was in the schema at the end of the last step

    def run(self) -> None:
        """Load every module of the plan and change those that are to be changed."""
        self.registry.loaded_xmlids = set()
        steps = [step for step in self.plan.steps if step.action is not Action.REMOVE]
        changes = [step for step in steps if step.action is not Action.LOAD]
        for step in changes:
            if step.action is Action.INSTALL:
                check_dependencies(self._manifest(step))
        self.registry.described = Described()
        with self.registry.cursor() as cr:
            self.cr = cr
            done = 0
            for step in steps:
                if step.action is Action.LOAD:
                    self._load(step)
                else:
                    self._know(step)
                    self._change(step, done, len(changes))
                    done += 1
            self._finish(changes)
        self.registry.described = None

    # -- one module

    def _load(self, step: Step) -> None:
        """A module that stays as it is: only its code."""
        import_module(self._manifest(step))
        self.registry.add_definitions(self.cr, step.module, more_follow=True)
        self.registry.note_loaded(step.module)
        self._needs_setup = True

    def _know(self, step: Step) -> None:
        """A module that came to the addons path since the list was last made gets its row."""
        if step.module != "base" and step.module not in listing.states(self.cr):
            self._set_up()
            listing.update_list(self._env(), self.addons)
            self._env_flush()

    def _change(self, step: Step, done: int, total: int) -> None:
        started, queries = time.monotonic(), self.cr.sql_count
        manifest = self._manifest(step)
        if self.is_draft:
            self.cr.fetch(SQL("SELECT set_config('synchronous_commit', 'off', true)"))
        # Base is never taken back.
        before = self._handmade_so_far() if step.module != "base" else None
        for name, phase in PHASES:
            self.progress(f"{step.module}: {name}", done, total)
            with culprit.of(manifest, DOING[name]):
                phase(self, step, manifest)
        self._env().flush_all()
        if before is not None:
            self._remember_handmade(step.module, before)
        self.registry.registry_invalidated = True  # the other processes learn it with this commit
        self.cr.commit()
        log.info(
            "module %s module=%s seconds=%.2f queries=%d",
            {Action.INSTALL: "installed", Action.UPGRADE: "upgraded"}[step.action],
            step.module,
            time.monotonic() - started,
            self.cr.sql_count - queries,
        )
        self.progress(step.module, done + 1, total)
        if self.after_module is not None:
            self.registry.described = None  # what it does may be undone
            self.after_module(self.registry, step.module)
            self.cr.reset()
            # It may have changed them, whatever it was.
            self._handmade, self.registry.described = None, Described()

    def _before(self, step: Step, manifest: Manifest) -> None:
        module = import_module(manifest)
        if step.action is Action.UPGRADE:
            self._migrate(step, manifest, "pre")
        elif manifest["pre_init_hook"]:
            self._set_up()
            run_hook(module, manifest, "pre_init_hook", self._env())

    def _models(self, step: Step, manifest: Manifest) -> None:
        """Classes, bound fields, tables and the rows that describe them."""
        names = self.registry.add_definitions(self.cr, step.module)
        self.registry.note_loaded(step.module)
        self._needs_setup = True
        self._set_up()
        is_install = step.action is Action.INSTALL
        is_first = is_install and step.module == "base"
        after_tables = partial(bootstrap.insert, self._env()) if is_first else None
        self.registry.init_models(
            self.cr, names, install=is_install, after_tables=after_tables, of_module=True,
            references=self._references if is_first else None,
        )  # fmt: skip
        self._env().flush_all()

    def _rows(self, step: Step, manifest: Manifest) -> None:
        """With base come the tables that remember modules: fill them before data refers to them."""
        if step.module != "base":
            return
        handmade.set_up(self.cr)
        if step.action is Action.INSTALL:
            bootstrap.complete(self._env())
        listing.update_list(self._env(), self.addons)

    def _data(self, step: Step, manifest: Manifest) -> None:
        mode = "init" if step.action is Action.INSTALL else "update"
        read = self.ahead.files if self.ahead is not None else {}
        datafiles.load(self._env(), self.addons, manifest, manifest.data_files, mode, read=read)
        if self._references:
            steps.apply(self.cr, self._references)
            self._references = []

    def _demo(self, step: Step, manifest: Manifest) -> None:
        """At an upgrade only where they are already: new ones come, those there stay as they are."""
        if step.action is Action.INSTALL:
            is_wanted = self.with_demo and not demo.is_left_out(self.registry.config, step.module)
        else:
            is_wanted = self._env()["ir.module.module"]._get(step.module).demo
        if not is_wanted:
            return
        if demo.load(self._env(), self.addons, manifest, "init" if step.action is Action.INSTALL else "update"):
            self._with_demo.add(step.module)
        else:
            self._needs_setup = True  # custom models or fields may have gone with what failed
            self._set_up()

    def _terms(self, step: Step, manifest: Manifest) -> None:
        """Translations of the module's records, into the languages that are active."""
        if not (manifest.path / "i18n").is_dir():
            return
        env = self._env()
        langs = [code for code, _name in env["res.lang"].get_installed() if code != "en_US"]
        if langs:
            terms.load(env, [step.module], langs)

    def _after(self, step: Step, manifest: Manifest) -> None:
        if step.action is Action.UPGRADE:
            self._migrate(step, manifest, "post")
        elif manifest["post_init_hook"]:
            run_hook(import_module(manifest), manifest, "post_init_hook", self._env())
        self._env_flush()  # what it left to be computed is its doing as well

    def _state(self, step: Step, manifest: Manifest) -> None:
        env = self._env()
        env.flush_all()
        has_demo = step.module in self._with_demo if step.action is Action.INSTALL else None
        listing.set_state(self.cr, [step.module], "installed", manifest.version, has_demo)
        env["ir.module.module"].invalidate_model(flush=False)

    # -- steps of phases

    def _migrate(self, step: Step, manifest: Manifest, stage: str) -> None:
        found = migrations.scripts(manifest, stage, step.found, self.registry.config["upgrade_path"])
        if found and self.registry.models:
            self._set_up()  # a script has the models of the modules before
        for script in found:
            self._env_flush()
            migrations.run(self.cr, manifest, script, step.found or "")

    def _finish(self, changes: Sequence[Step]) -> None:
        """Set up the whole once more, run the last scripts, delete what upgraded modules no longer bring."""
        self._set_up()
        for step in changes:
            if step.action is Action.UPGRADE:
                self._migrate(step, self._manifest(step), "end")
        upgraded = [step.module for step in changes if step.action is Action.UPGRADE]
        if upgraded:
            leftovers.delete(self._env(), upgraded, self.registry.loaded_xmlids)
            obsolete.delete(self._env(), upgraded, self.registry.loaded_xmlids)
            env = self._env()
            schema.allow_empty_leftovers([env[name] for name in self.registry.models])
        self._env_flush()
        self.cr.commit()

    def _handmade_so_far(self) -> Set[tuple[str, str, str]]:
        return handmade.read(self.cr) if self._handmade is None else self._handmade

    def _remember_handmade(self, module: str, before: Set[tuple[str, str, str]]) -> None:
        """What the module's own SQL made goes with it one day; tables of models are described by their models."""
        self._handmade = handmade.read(self.cr)
        new = handmade.made(before, self._handmade)
        if new:
            models = [self._env()[name] for name in self.registry.models]
            handmade.remember(self.cr, module, handmade.undeclared(new, [model for model in models if model._auto]))

    def _set_up(self) -> None:
        if self._needs_setup:
            self._env_flush()
            self.registry.setup_models(self.cr)
            self.cr.reset()
            self._needs_setup = False

    def _env(self) -> Any:
        return Environment(self.cr, SUPERUSER_ID, {})

    def _env_flush(self) -> None:
        if self.cr.transaction is not None:
            self.cr.transaction.flush()

    def _manifest(self, step: Step) -> Manifest:
        manifest = self.addons.manifest(step.module)
        if manifest is None:
            raise ModuleError(f"Module {step.module!r} is not on the addons path ({self.addons!r})")
        return manifest


def register_hooks(registry: Any) -> None:
    """All is loaded: models that have something to do before they are used do it."""
    with registry.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        for name in registry.models:
            model: Any = env[name]
            owner = next(cls for cls in type(model).__mro__ if "_register_hook" in vars(cls))
            manifest = find(owner.__module__.removeprefix(f"{NAMESPACE}.").partition(".")[0])
            if manifest is None:
                model._register_hook()
                continue
            with culprit.of(
                manifest, f"{name}._register_hook", and_then="mend that, the database is not served before"
            ):
                model._register_hook()
        env.flush_all()
        cr.commit()


Phase = Callable[[Installation, Step, Manifest], None]
PHASES: tuple[tuple[str, Phase], ...] = (
    ("before", Installation._before),
    ("models", Installation._models),
    ("rows", Installation._rows),
    ("data", Installation._data),
    ("demo", Installation._demo),
    ("terms", Installation._terms),
    ("after", Installation._after),
    ("state", Installation._state),
)
"""Of an installation and of an upgrade."""
DOING = {
    "before": "what comes before its models",
    "models": "setting up its models",
    "rows": "listing the modules",
    "data": "loading its data",
    "demo": "loading its demo data",
    "terms": "loading its translations",
    "after": "what comes after its data",
    "state": "writing down that it is installed",
}
"""What a phase is called in the sentence about a module that fails in it."""
