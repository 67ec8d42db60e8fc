"""How does the browser find a JavaScript module by its id?

Modules are served as they are written; an import map gives each id (`@web/core/registry`) its address with the version
of its content, so that every file can be cached for ever and nothing is built.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from fondaco.assets.bundles import Asset
from fondaco.values.webfiles import version_of

# an `import` or `export` at the beginning of a line makes a module; the rest are classic scripts
_MODULE = re.compile(r"^\s*(?:import\s*[\w{*\"'(]|export\s+[\w{*])|@odoo-module(?!\s+ignore)", re.MULTILINE)
_RELATIVE = re.compile(r"""\b(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"'\n]+)["']""")
_IGNORED = re.compile(r"@odoo-module\s+ignore")
_ALIAS = re.compile(r"@odoo-module\b[^\n*]*\balias=([^\s*]+)")
_LIBRARIES = {"/web/static/lib/owl/owl.js": "@odoo/owl"}
OFFERED = "/web/static/src/offered/"
"""Where the modules are that the client itself does without: each has the id under which addons look for it."""


def module_id(url: str) -> str:
    """The id of the file at `url`: `/sale/static/src/js/line.js` is `@sale/js/line`.

    >>> module_id("/web/static/src/core/registry.js"), module_id("/web/static/lib/luxon.js")
    ('@web/core/registry', '@web/../lib/luxon')
    >>> module_id("/web/static/src/offered/core/utils/numbers.js")
    '@web/core/utils/numbers'
    """
    if url in _LIBRARIES:
        return _LIBRARIES[url]
    if url.startswith(OFFERED):
        return f"@web/{url.removeprefix(OFFERED).removesuffix('.js')}"
    _, name, _, rest = url.split("/", 3)
    rest = rest.removesuffix(".js").removesuffix("/index")
    return f"@{name}/{rest.removeprefix('src/')}" if rest.startswith("src/") else f"@{name}/../{rest}"


def is_module(url: str, source: str) -> bool:
    """Is the file at `url` a module, or a classic script that sets globals?"""
    return url in _LIBRARIES or (bool(_MODULE.search(source)) and not _IGNORED.search(source))


def versioned(asset: Asset) -> str:
    return f"{asset.url}?v={version_of(asset.path.read_bytes())}"


def import_map(assets: Sequence[Asset], sources: Mapping[str, str], aliases: Mapping[str, str]) -> dict[str, str]:
    """Id to address of every module, and address as it is written to address with version where one imports another by
    its place (`./line`). sources: text by url. aliases: other ids for some, id to id."""
    addresses: dict[str, str] = {}
    for asset in assets:
        addresses[module_id(asset.url)] = versioned(asset)
        named = _ALIAS.search(sources[asset.url][:2000])
        if named:
            addresses[named.group(1)] = versioned(asset)
    for alias, target in aliases.items():
        if target in addresses:
            addresses.setdefault(alias, addresses[target])
    for asset in assets:
        for place in _RELATIVE.findall(sources[asset.url]):
            url = posixpath.normpath(posixpath.join(posixpath.dirname(asset.url), place))
            for file in (url, f"{url}.js", f"{url}/index.js"):
                if (id_ := module_id(file)) in addresses and file in sources:
                    addresses[url] = addresses[id_]
                    break
    return addresses
