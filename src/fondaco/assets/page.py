"""What does the head of a page say so that the browser loads a bundle?

The plan of a bundle is plain data that a controller turns into elements. `current_plan` reads the files again when
they changed; their times are looked at once a second at most. The client's own files travel joined (`joined`), unless
somebody wants to see each by itself; those of other addons are what they are.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from lxml import etree

from fondaco.assets.aliases import ALIASES
from fondaco.assets.bundles import Asset, Module, files_of
from fondaco.assets.javascript import OFFERED, import_map, is_module, module_id, versioned
from fondaco.assets.joined import JoinedFile, Source, join_modules, join_styles
from fondaco.errors import ModuleError

_HASH_LENGTH = 10
_NAMED = re.compile(r"""["'](@[\w-]+/[^"'\s]+)["']""")
FOR_ADDONS = "@web/for_addons"  # what theirs may ask for, and ours do not
OUR_ADDONS = Path(__file__).parents[1] / "addons"
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")

LOADED_IF_POSSIBLE = "await import(name).catch((error) => leftOut.push({ name, error }));"


class Plan(NamedTuple):
    """Everything a page needs for one bundle."""

    styles: tuple[str, ...]  # addresses of style sheets
    scripts: tuple[str, ...]  # addresses of classic scripts, before the modules
    modules: tuple[str, ...]  # ids of the modules that are loaded, in the order of the bundle
    imports: dict[str, str]  # the import map
    templates: str  # owl templates of the .xml files, one document
    version: str  # changes when anything above does
    made: Mapping[str, JoinedFile] = MappingProxyType({})  # files made of others, by name

    def entry(self, start: str, failure_id: str) -> str:
        """The script that loads all modules, calls `start` of `start`, and shows the element `failure_id` when the page
        cannot be started.

        Those of the addon that `start` belongs to come first. Those of other addons follow one after another, in their
        order; one that cannot be loaded is left out, so that the page is there all the same, and `start` is told of it.
        It stands in the page, so that it names what the page's import map knows.
        """
        own = f"{start.partition('/')[0]}/"
        first = {self.imports[name]: name for name in reversed(self.modules) if name.startswith((own, "@odoo/"))}
        others = [name for name in self.modules if not name.startswith((own, "@odoo/"))]
        lines = [f"await import({json.dumps(name)});" for name in reversed(first.values())]
        lines.append(f"const {{ start }} = await import({json.dumps(start)});")
        if others:
            if FOR_ADDONS in self.imports:
                lines.append(f"await import({json.dumps(FOR_ADDONS)});")
            lines += [
                "const leftOut = [];",
                f"for (const name of {json.dumps(others)}) {{",
                f"    {LOADED_IF_POSSIBLE}",
                "}",
            ]
        lines.append("await start(leftOut);" if others else "await start();")
        shown = f"document.getElementById({json.dumps(failure_id)}).hidden = false;"
        body = [f"    {line}" for line in lines]
        return "\n".join(["try {", *body, "} catch (error) {", "    console.error(error);", f"    {shown}", "}"])


_LOOK_EVERY_S = 1.0
MOST_PLANS = 128
MOST_MADE = 32
_kept: dict[tuple[str, str, tuple[str, ...]], tuple[float, tuple[object, ...], Plan]] = {}
_made: dict[tuple[str, str], JoinedFile] = {}
"""By name and version, the newest last: pages given a while ago ask for those that are not current any more."""


def current_plan(
    bundle: str, names: tuple[str, ...], modules: Callable[[], Sequence[Module]], *, joined: str = ""
) -> Plan:
    """How the browser gets `bundle` for the modules of these names; `modules()` describes them. `joined`: as for
    `load_plan`."""
    key = (bundle, joined, names)
    kept = _kept.get(key)
    now = time.monotonic()
    if kept is not None and now - kept[0] < _LOOK_EVERY_S:
        return kept[2]
    found = modules()
    assets = [*files_of(bundle, found), *_later(bundle, found)]
    stamp = tuple((asset.url, asset.path.stat().st_mtime_ns) for asset in assets)
    plan = kept[2] if kept is not None and kept[1] == stamp else load_plan(bundle, found, joined=joined)
    if not stamp:
        return plan  # any name may be asked for
    if len(_kept) >= MOST_PLANS and key not in _kept:
        _kept.clear()
    _kept[key] = (now, stamp, plan)
    for name, made in plan.made.items():
        _made[name, made.version] = made
    for oldest in list(_made)[:-MOST_MADE]:
        _made.pop(oldest, None)
    return plan


def made_before(name: str, version: str) -> JoinedFile | None:
    """The file of that name and version, if a page of this process was given it not long ago."""
    return _made.get((name, version))


def load_plan(bundle: str, modules: Sequence[Module], *, joined: str = "") -> Plan:
    """Read the files of `bundle` and say how the browser gets them. The modules and style sheets in `static/src` of the
    addon `joined` travel as one file each. What is only offered to addons, or is in a bundle that the page may ask for
    while it is open, is in the import map and waits for who asks for it."""
    assets = files_of(bundle, modules)
    later = _later(bundle, modules)
    scripts = [asset for asset in assets if asset.suffix == ".js"]
    lazy = [asset for asset in later if asset.suffix == ".js" and asset not in scripts]
    sources = {asset.url: asset.path.read_text("utf-8", "replace") for asset in [*scripts, *lazy]}
    waiting = [asset for asset in lazy if is_module(asset.url, sources[asset.url])]
    found = [asset for asset in scripts if is_module(asset.url, sources[asset.url])]
    loaded = [asset for asset in found if not asset.url.startswith(OFFERED)]
    imports = import_map([*found, *waiting], sources, ALIASES)
    if all(asset.path.is_relative_to(OUR_ADDONS) for asset in [*found, *waiting]):
        imports = _without_what_nobody_names(imports, sources.values())
    templates = _join_templates([asset for asset in dict.fromkeys([*assets, *later]) if asset.suffix == ".xml"])
    styles = tuple(versioned(asset) for asset in assets if asset.suffix == ".css")
    classic = tuple(versioned(asset) for asset in scripts if asset not in found)
    made: dict[str, JoinedFile] = {}
    if joined:
        own = f"/{joined}/static/src/"
        inside = {module_id(a.url): Source(versioned(a), sources[a.url]) for a in loaded if a.url.startswith(own)}
        imports = _with_joined_modules(imports, inside, f"{bundle}.joined.js", made)
        sheets = [asset for asset in assets if asset.suffix == ".css" and asset.url.startswith(own)]
        styles = _with_joined_styles(styles, sheets, f"{bundle}.joined.css", made)
    text = "\n".join([*styles, *classic, *(f"{key} {value}" for key, value in imports.items()), templates])
    return Plan(
        styles=styles,
        scripts=classic,
        modules=tuple(module_id(asset.url) for asset in loaded),
        imports=imports,
        templates=templates,
        version=hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH],
        made=made,
    )


def _without_what_nobody_names(imports: dict[str, str], texts: Iterable[str]) -> dict[str, str]:
    """The import map without the ids that are there for addons of others, but for those that one of ours names: where
    there are none but ours, each page would carry some twenty kilobytes that nobody reads."""
    named = {id_ for text in texts for id_ in _NAMED.findall(text)}
    offered = {id_ for id_, address in imports.items() if address.startswith(OFFERED)}
    return {id_: address for id_, address in imports.items() if id_ in named or not (id_ in ALIASES or id_ in offered)}


CLIENT = "web.assets_backend"


def _later(bundle: str, modules: Sequence[Module]) -> list[Asset]:
    """What the page of the client may be asked to load while it is open: the bundles that addons have of their own.

    Their modules import one another by ids and their components have templates; both have to be in the page by then.
    """
    if bundle != CLIENT:
        return []
    names = dict.fromkeys(name for module in modules for name in module.assets if not name.startswith("web."))
    found: dict[str, Asset] = {}
    for name in names:
        try:
            found |= {asset.url: asset for asset in files_of(name, modules)}
        except ModuleError:
            continue  # told to who asks for it
    return list(found.values())


def _with_joined_modules(
    imports: dict[str, str], sources: Mapping[str, Source], name: str, made: dict[str, JoinedFile]
) -> dict[str, str]:
    """The import map with one address for all of `sources`; the file is put into `made`."""
    if len(sources) < 2:
        return imports
    made[name] = join_modules(sources, name)
    gone = {source.address for source in sources.values()}
    return {id_: _address(name, made) if address in gone else address for id_, address in imports.items()}


def _with_joined_styles(
    styles: tuple[str, ...], sheets: Sequence[Asset], name: str, made: dict[str, JoinedFile]
) -> tuple[str, ...]:
    """The addresses with one for all of `sheets`, if no other stands between them: the order of rules counts."""
    sources = [Source(versioned(sheet), sheet.path.read_text("utf-8")) for sheet in sheets]
    addresses = tuple(source.address for source in sources)
    begin = styles.index(addresses[0]) if addresses else 0
    if len(sheets) < 2 or styles[begin : begin + len(sheets)] != addresses:
        return styles
    made[name] = join_styles(sources, name)
    return (*styles[:begin], _address(name, made), *styles[begin + len(sheets) :])


def _address(name: str, made: Mapping[str, JoinedFile]) -> str:
    return f"/web/assets/{made[name].version}/{name}"


def _join_templates(assets: Sequence[Asset]) -> str:
    """One `<templates>` document with the templates of all files that hold any."""
    parts: list[str] = []
    for asset in assets:
        root = etree.parse(str(asset.path), etree.XMLParser(remove_comments=True, resolve_entities=False)).getroot()
        if root.tag in ("templates", "odoo"):
            parts += [_DECLARATION.sub("", etree.tostring(node, encoding="unicode")) for node in root]
    return f'<templates xml:space="preserve">{"".join(parts)}</templates>' if parts else ""
