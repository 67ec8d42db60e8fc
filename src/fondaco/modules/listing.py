"""The rows of `ir.module.module`: what a database knows of the addons on the path, and the state of each."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fondaco.data import xmlid as xmlids
from fondaco.data.xmlid import Naming
from fondaco.modules.manifest import AddonsPath, Manifest
from fondaco.modules.plan import State
from fondaco.sql.fragment import SQL

TABLE = "ir_module_module"


def states(cr: Any) -> dict[str, State]:
    """The state and version of every module the database knows; empty when it has no such table."""
    if not has_modules(cr):
        return {}
    rows = cr.fetch(SQL("SELECT name, state, latest_version FROM ir_module_module"))
    return {name: State(state or "uninstalled", version) for name, state, version in rows}


def has_modules(cr: Any) -> bool:
    """Whether the database was made for us at all."""
    return bool(cr.fetch(SQL("SELECT to_regclass('ir_module_module') IS NOT NULL"))[0][0])


def countries(cr: Any) -> list[str]:
    """The codes of the companies' countries."""
    if not has_modules(cr):
        return []
    rows = cr.fetch(
        SQL(
            """
            SELECT DISTINCT country.code
              FROM res_company company
              JOIN res_partner partner ON partner.id = company.partner_id
              JOIN res_country country ON country.id = partner.country_id
            """
        )
    )
    return [code for (code,) in rows if code]


def set_state(cr: Any, names: Iterable[str], state: str, version: str | None = None, demo: bool | None = None) -> None:
    """Remember what was done. A version of None is kept unless the module is uninstalled."""
    cr.run(
        SQL(
            """
            UPDATE ir_module_module
               SET state = %s,
                   latest_version = CASE WHEN %s = 'uninstalled' THEN NULL ELSE coalesce(%s, latest_version) END,
                   demo = CASE WHEN %s = 'uninstalled' THEN false ELSE coalesce(%s, demo) END,
                   write_date = now() AT TIME ZONE 'UTC'
             WHERE name = ANY(%s)
            """,
            state,
            state,
            version,
            state,
            demo,
            list(names),
        )
    )


def update_list(env: Any, addons: AddonsPath) -> tuple[int, int]:
    """Bring the rows up to the manifests; the numbers of changed and of new ones."""
    addons.forget()
    manifests = {name: manifest for name, manifest in addons.manifests().items() if not manifest.fault}
    model = env["ir.module.module"].with_context(active_test=False).sudo()
    known = {module.name: module for module in model.search([])}
    categories = _categories(env, manifests.values())
    changed = 0
    for name, module in known.items():
        manifest = manifests.get(name)
        if manifest is None:
            continue
        values = _values(manifest, categories)
        if module.state == "uninstallable" and manifest.installable:
            values["state"] = "uninstalled"
        elif module.state == "uninstalled" and not manifest.installable:
            values["state"] = "uninstallable"
        different = {key: value for key, value in values.items() if _plain(module[key]) != (value or False)}
        if different:
            module.write(different)
            changed += 1
    new = [manifest for name, manifest in manifests.items() if name not in known]
    created = model.create(
        [
            {
                "name": manifest.name,
                "state": "uninstalled" if manifest.installable else "uninstallable",
                **_values(manifest, categories),
            }
            for manifest in new
        ]
    )
    xmlids.remember(
        env.cr,
        [Naming(f"base.module_{module.name}", "ir.module.module", module.id, True) for module in created],
        env.uid,
    )
    known.update({module.name: module for module in created})
    _update_links(env, manifests, known)
    _update_countries(env, manifests, known)
    return changed, len(new)


def _values(manifest: Manifest, categories: Mapping[str, int]) -> dict[str, Any]:
    author = manifest["author"]
    return {
        "shortdesc": manifest.title,
        "summary": manifest["summary"] or False,
        "description": manifest["description"] or False,
        "author": ", ".join(author) if isinstance(author, list | tuple) else author or "Unknown",
        "maintainer": manifest.get("maintainer") or False,
        "contributors": ", ".join(manifest.get("contributors") or []) or False,
        "website": manifest["website"] or False,
        "license": manifest["license"],
        "sequence": manifest["sequence"],
        "application": bool(manifest["application"]),
        "auto_install": manifest.required_for_auto_install is not None,
        "icon": manifest["icon"] or False,
        "url": manifest.get("url") or manifest["live_test_url"] or False,
        "to_buy": False,
        "category_id": categories.get(manifest["category"], False),
    }


def _plain(value: Any) -> Any:
    """A field's value as it is written: an id for a record."""
    return value.id if hasattr(value, "_ids") else value


def _categories(env: Any, manifests: Iterable[Manifest]) -> dict[str, int]:
    """`Sales/Point of Sale` -> the id of its category; parents and children are made where they lack."""
    paths = sorted({manifest["category"] for manifest in manifests if manifest["category"]})
    wanted: dict[str, tuple[str, str]] = {}
    for path in paths:
        steps = path.split("/")
        for depth in range(1, len(steps) + 1):
            prefix = "/".join(steps[:depth])
            wanted[prefix] = (f"base.module_category_{_slug(prefix)}", "/".join(steps[: depth - 1]))
    found = xmlids.lookup(env.cr, [name for name, _parent in wanted.values()])
    ids: dict[str, int] = {}
    for path in sorted(wanted, key=lambda path: path.count("/")):
        name, parent = wanted[path]
        if name in found:
            ids[path] = found[name].id
            continue
        values = {"name": path.split("/")[-1], "parent_id": ids.get(parent, False)}
        record = env["ir.module.category"].sudo().create(values)
        ids[path] = record.id
        xmlids.remember(env.cr, [Naming(name, "ir.module.category", record.id, True)], env.uid)
    return ids


def _slug(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", path.lower().replace("&", "and").replace("/", "_")).strip("_")


def _update_links(env: Any, manifests: Mapping[str, Manifest], modules: Mapping[str, Any]) -> None:
    """Dependencies and exclusions, replaced where they differ."""
    env.flush_all()
    rows = env.cr.fetch(SQL("SELECT module_id, name, auto_install_required FROM ir_module_module_dependency"))
    found: dict[int, set[tuple[str, bool]]] = {}
    for module_id, name, is_required in rows:
        found.setdefault(module_id, set()).add((name, bool(is_required)))
    values = []
    stale = []
    for name, manifest in manifests.items():
        module_id = modules[name].id
        required = manifest.required_for_auto_install
        wanted = {(depend, required is not None and depend in required) for depend in manifest.depends}
        if wanted != found.get(module_id, set()):
            stale.append(module_id)
            values += [
                {"module_id": module_id, "name": depend, "auto_install_required": is_required}
                for depend, is_required in sorted(wanted)
            ]
    if stale:
        env["ir.module.module.dependency"].sudo().search([("module_id", "in", stale)]).unlink()
        env["ir.module.module.dependency"].sudo().create(values)
    exclusions = [
        {"module_id": modules[name].id, "name": other}
        for name, manifest in manifests.items()
        for other in manifest.excludes
    ]
    model = env["ir.module.module.exclusion"].sudo()
    known = {(row.module_id.id, row.name) for row in model.search([])}
    model.create([row for row in exclusions if (row["module_id"], row["name"]) not in known])


def _update_countries(env: Any, manifests: Mapping[str, Manifest], modules: Mapping[str, Any]) -> None:
    ids = {country.code.lower(): country.id for country in env["res.country"].search([]) if country.code}
    for name, manifest in manifests.items():
        wanted = {ids[code.lower()] for code in manifest["countries"] if code.lower() in ids}
        if wanted or manifest["countries"]:
            module = modules[name]
            if set(module.country_ids.ids) != wanted:
                module.country_ids = [(6, 0, sorted(wanted))]
