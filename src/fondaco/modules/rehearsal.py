"""What an installation, an upgrade or a removal would do to a database - a value to print - found without doing it.

The registry is built as the change would build it and compared with the tables there are; nothing is written. What
only running code can tell is named, not guessed: hooks and migration scripts by their names, data files by theirs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fondaco.errors import ModuleError
from fondaco.modules import migrations
from fondaco.modules.databases import ALWAYS
from fondaco.modules.importing import import_module
from fondaco.modules.manifest import AddonsPath, Manifest, check_dependencies
from fondaco.modules.plan import Action, Plan, Request, Step, make_plan
from fondaco.modules.registries import Registries
from fondaco.modules.uninstall import Removal, plan_removal
from fondaco.orm import schema, steps
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.registry.registry import Registry
from fondaco.sql import databases
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.sql.tables import Catalog


@dataclass(frozen=True, slots=True)
class ModuleChange:
    """One step of the plan with the files and functions that it would run, in their order."""

    step: Step
    data: tuple[str, ...] = ()
    demo: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [str(self.step)]
        for word, names in (("data", self.data), ("demo", self.demo), ("hook", self.hooks), ("script", self.scripts)):
            lines += [f"  {word:6} {name}" for name in names]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        step = self.step
        return {
            "module": step.module,
            "action": step.action.value,
            "found": step.found,
            "wanted": step.wanted,
            "why": step.why,
            "data": list(self.data),
            "demo": list(self.demo),
            "hooks": list(self.hooks),
            "scripts": list(self.scripts),
        }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The whole: modules in order, then what happens to tables, then what is taken back."""

    database: str
    is_new: bool
    changes: tuple[ModuleChange, ...]
    tables: tuple[steps.Step, ...]
    removals: tuple[Removal, ...]
    lost_rows: Mapping[str, int]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"database {self.database}{' (to be created)' if self.is_new else ''}"]
        lines += [str(change) for change in self.changes] or ["nothing to do"]
        lines += _tables_in_words(self.tables)
        lines += [str(removal) for removal in self.removals]
        lines += [f"lost: {number} rows of {table}" for table, number in self.lost_rows.items() if number]
        return "\n".join([*lines, *self.notes])

    def as_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "is_new": self.is_new,
            "steps": [change.as_json() for change in self.changes],
            "tables": [
                {
                    "table": step.table,
                    "action": step.action,
                    "details": list(step.details),
                    "sql": [statement.code % () for statement in step.statements],
                }
                for step in self.tables
            ],
            "removals": [
                {
                    "module": removal.module,
                    "records": dict(Counter(model for model, _id in removal.records)),
                    "tables": [*removal.relations, *removal.tables],
                    "columns": [f"{table}.{column}" for table, column in removal.columns],
                    "constraints": [f"{table}.{name}" for table, name in removal.constraints],
                    "made_by_sql": [{"kind": t.kind, "table": t.table, "name": t.name} for t in removal.handmade],
                    "xmlids": len(removal.xmlids),
                }
                for removal in self.removals
            ],
            "lost_rows": dict(self.lost_rows),
            "notes": list(self.notes),
        }


def rehearse(
    registries: Registries,
    db: str,
    install: Iterable[str] = (),
    upgrade: Iterable[str] = (),
    uninstall: Iterable[str] = (),
    *,
    with_demo: bool = False,
) -> Rehearsal:
    """What creating `db` with these modules, or `registries.update`, would do."""
    is_new = not databases.exists(registries.pools, db)
    if is_new:
        request = Request.of(install=[*ALWAYS, *install])
        plan = make_plan(registries.addons.manifests(), {}, request)
    else:
        plan = registries.plan(db, install, upgrade, uninstall)
    # A database that is not there yet looks like one without tables.
    registry = registries.new(databases.MAINTENANCE if is_new else db)
    with closing(registry.cursor()) as cr:
        changes, models = _loaded(registry, registries.addons, plan, cr, with_demo)
        env, catalog = Environment(cr, SUPERUSER_ID, {}), Catalog.read(cr)
        tables = schema.plan([env[name] for name in models], catalog)
        removals = tuple(plan_removal(env, step.module) for step in plan.removals)
        dropped = [table for removal in removals for table in removal.lost_tables if table in catalog.tables]
        lost = {table: cr.fetch(SQL("SELECT count(*) FROM %s", SQL.identifier(table)))[0][0] for table in dropped}
        return Rehearsal(db, is_new, tuple(changes), tuple(tables), removals, lost, plan.notes)


def _loaded(
    registry: Registry, addons: AddonsPath, plan: Plan, cr: Cursor, with_demo: bool
) -> tuple[list[ModuleChange], list[str]]:
    """Load everything into the registry; the changes, and the models whose tables may change."""
    changes = []
    models: dict[str, None] = {}
    for step in plan.steps:
        manifest = addons.manifest(step.module)
        if step.action is Action.REMOVE:
            hook = manifest["uninstall_hook"] if manifest is not None else ""
            changes.append(ModuleChange(step, hooks=(hook,) if hook else ()))
            continue
        if manifest is None:
            raise ModuleError(f"Module {step.module!r} is not on the addons path ({addons!r})")
        if step.action is Action.INSTALL:
            check_dependencies(manifest)
        import_module(manifest)
        names = registry.add_definitions(cr, step.module)
        registry.note_loaded(step.module)
        if step.action is not Action.LOAD:
            models.update(dict.fromkeys(names))
            changes.append(_change(step, manifest, with_demo, registry.config["upgrade_path"]))
    registry.setup_models(cr)
    return changes, list(models)


def _change(step: Step, manifest: Manifest, with_demo: bool, upgrade_path: Sequence[str]) -> ModuleChange:
    is_install = step.action is Action.INSTALL
    names = ("pre_init_hook", "post_init_hook") if is_install else ()
    stages = () if is_install else migrations.STAGES
    scripts = [script for stage in stages for script in migrations.scripts(manifest, stage, step.found, upgrade_path)]
    return ModuleChange(
        step,
        data=tuple(manifest.data_files),
        demo=tuple(manifest.demo_files) if with_demo and is_install else (),
        hooks=tuple(manifest[name] for name in names if manifest[name]),
        scripts=tuple(_within(script.path, manifest.path) for script in scripts),
    )


def _within(path: Path, folder: Path) -> str:
    """The path as seen from the folder, if it lies there."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _tables_in_words(changes: Sequence[steps.Step]) -> list[str]:
    """New tables in a line each, changed ones with each change; indexes and the like are counted."""
    lines = []
    for step in changes:
        if step.action == steps.CREATE:
            lines.append(f"create table {step.table} ({len(step.details)} columns)")
        else:
            lines += [f"{step.table}: {detail}" for detail in step.details]
    others = Counter(step.action for step in changes if not step.details and step.action != steps.CREATE)
    lines += [f"{WORDS.get(action, action)}: {number} tables" for action, number in sorted(others.items())]
    return lines


WORDS = {"index": "indexes", "constrain": "constraints", "refer": "foreign keys"}
