"""Demo data: records to try things with, loaded only where somebody asks for them.

They are a help, not a need: a module whose demo data fail is installed without them, and the failure is kept for the
administrator (`ir.demo_failure`).
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fondaco.modules import datafiles, listing
from fondaco.modules.manifest import AddonsPath, Manifest
from fondaco.modules.plan import load_order
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.data import execute
else:
    execute = Postponed("fondaco.data.execute")

log = logging.getLogger(__name__)


def is_demo_database(cr: Any) -> bool:
    """Whether the database was made with demo data: then new modules bring theirs too."""
    rows = cr.fetch(SQL("SELECT demo FROM ir_module_module WHERE name = 'base'")) if listing.has_modules(cr) else []
    return bool(rows and rows[0][0])


def is_left_out(config: Mapping[str, Any], module: str) -> bool:
    """Whether `without_demo` names the module, or all."""
    named = str(config.get("without_demo") or "").split(",")
    return not {"all", module}.isdisjoint(name.strip() for name in named)


def load(env: Any, addons: AddonsPath, manifest: Manifest, mode: str = "init") -> bool:
    """Load a module's demo data, or none of them; whether that went well."""
    try:
        with env.cr.savepoint():
            datafiles.load(env, addons, manifest, manifest.demo_files, mode, noupdate=True)
    except execute.AT_FAULT as error:
        log.warning("module %s has no demo data, they cannot be loaded: %s", manifest.name, error)
        _keep_failure(env, manifest.name, str(error))
        return False
    return True


def load_missing(env: Any, addons: AddonsPath) -> list[str]:
    """Load the demo data of every installed module that has none; the names of those that have them now."""
    manifests = addons.manifests()
    installed = {name for name, state in listing.states(env.cr).items() if state.is_installed}
    rows = env.cr.fetch(SQL("SELECT name FROM ir_module_module WHERE demo"))
    missing = installed - {name for (name,) in rows}
    loaded = [name for name in load_order(manifests, missing) if load(env, addons, manifests[name])]
    listing.set_state(env.cr, loaded, "installed", demo=True)
    env["ir.module.module"].invalidate_model(flush=False)
    return loaded


def _keep_failure(env: Any, module: str, error: str) -> None:
    """The next administrator who changes modules is shown what failed."""
    todo = env.ref("base.demo_failure_todo", raise_if_not_found=False)
    row = env["ir.module.module"].search([("name", "=", module)])
    if todo and row:
        env["ir.demo_failure"].create({"module_id": row.id, "error": error})
        todo.state = "open"
