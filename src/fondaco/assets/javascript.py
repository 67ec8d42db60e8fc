"""How does the browser find a JavaScript module by its id?

Modules are served as they are written; an import map gives each id (`@web/core/registry`) its address with the version
of its content, so that every file can be cached for ever and nothing is built.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fondaco.assets.bundles import Asset
from fondaco.values.webfiles import version_of

# an `import` or `export` at the beginning of a line makes a module; the rest are classic scripts
_MODULE = re.compile(r"^\s*(?:import\s*[\w{*\"'(]|export\s+[\w{*])|@odoo-module(?!\s+ignore)", re.MULTILINE)
_IGNORED = re.compile(r"@odoo-module\s+ignore")
_ALIAS = re.compile(r"@odoo-module\b[^\n*]*\balias=([^\s*]+)")
_LIBRARIES = {"/web/static/lib/owl/owl.js": "@odoo/owl"}


def module_id(url: str) -> str:
    """The id of the file at `url`: `/sale/static/src/js/line.js` is `@sale/js/line`.

    >>> module_id("/web/static/src/core/registry.js"), module_id("/web/static/lib/luxon.js")
    ('@web/core/registry', '@web/../lib/luxon')
    """
    if url in _LIBRARIES:
        return _LIBRARIES[url]
    _, name, _, rest = url.split("/", 3)
    rest = rest.removesuffix(".js").removesuffix("/index")
    return f"@{name}/{rest.removeprefix('src/')}" if rest.startswith("src/") else f"@{name}/../{rest}"


def is_module(url: str, source: str) -> bool:
    """Is the file at `url` a module, or a classic script that sets globals?"""
    return url in _LIBRARIES or (bool(_MODULE.search(source)) and not _IGNORED.search(source))


def versioned(asset: Asset) -> str:
    return f"{asset.url}?v={version_of(asset.path.read_bytes())}"


def import_map(assets: Sequence[Asset], aliases: dict[str, str]) -> dict[str, str]:
    """Id to address of every module. `aliases`: other ids for some, id to id."""
    addresses: dict[str, str] = {}
    for asset in assets:
        addresses[module_id(asset.url)] = versioned(asset)
        named = _ALIAS.search(asset.path.read_text("utf-8", "replace")[:2000])
        if named:
            addresses[named.group(1)] = versioned(asset)
    for alias, target in aliases.items():
        if target in addresses:
            addresses.setdefault(alias, addresses[target])
    return addresses
