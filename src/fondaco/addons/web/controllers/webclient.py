"""What the client asks once: its terms, the version, the files of a bundle."""

import platform
from functools import lru_cache

from fondaco import VERSION as VERSION_OF_FONDACO
from fondaco.addon import http
from fondaco.sql.fragment import SQL
from fondaco.values.webfiles import accepted, packed

from . import pages
from .frontend import plan_of

APART = "debug"
"""Stands for a version in the address of what is asked for anew each time, each file by itself."""
TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js.map": "application/json",
    "css.map": "application/json",
}

VERSION = {
    "server_version": "18.0",
    "server_version_info": [18, 0, 0, "final", 0, ""],
    "server_serie": "18.0",
    "protocol_version": 1,
}


class WebClient(http.Controller):
    @http.route("/web/webclient/bootstrap_translations", type="json", auth="none", readonly=True)
    def bootstrap_translations(self, mods=None):
        """Terms of pages before log-in; ours are written by the server in the visitor's language."""
        return {"modules": {}, "lang_parameters": None}

    @http.route("/web/webclient/translations/<string:unique>", type="http", auth="public", cors="*", readonly=True)
    def translations(self, unique, mods=None, lang=None):
        """Terms of the client's texts in a language; `unique` changes with them, so the answer may be kept."""
        request = http.request
        modules = mods.split(",") if mods else None
        terms, parameters = request.env["ir.http"].sudo().get_translations_for_webclient(modules, lang)
        answer = {
            "lang": lang,
            "lang_parameters": parameters,
            "modules": terms,
            "multi_lang": len(request.env["res.lang"].sudo().get_installed()) > 1,
        }
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Cache-Control", f"public, max-age={http.STATIC_CACHE_LONG}"),
        ]
        return request.make_response(pages.dumps(answer), headers)

    @http.route("/web/webclient/version_info", type="json", auth="none", readonly=True)
    def version_info(self):
        return VERSION

    @http.route("/web/about", type="json", auth="user", readonly=True)
    def about(self):
        """What this program is, for those who are logged in: versions, and how many modules are installed."""
        env = http.request.env
        return {
            "version": VERSION_OF_FONDACO,
            "modules": len(env.registry.loaded_modules),
            "postgresql": env.execute_query(SQL("SHOW server_version"))[0][0],
            "python": platform.python_version(),
        }

    @http.route("/web/bundle/<string:bundle_name>", type="http", auth="public", methods=["GET"], readonly=True)
    def bundle(self, bundle_name, **bundle_params):
        """The addresses of the files of a bundle, for what is loaded later."""
        plan = plan_of(bundle_name)
        if not (plan.styles or plan.modules or plan.scripts):
            raise http.request.not_found()
        answer = [{"type": "link", "src": url} for url in plan.styles]
        urls = dict.fromkeys([*plan.scripts, *(plan.imports[name] for name in plan.modules)])
        answer += [{"type": "script", "src": url} for url in urls]
        return http.request.make_json_response(answer)


def bundle_entry(unique, filename):
    """A file made for a bundle: the module that loads it, a sheet that imports its own, a joined file or its map.

    Kept as long as its address is right.
    """
    request = http.request
    name = filename.replace(".min.", ".")
    if ".joined." in name:
        return _joined_file(unique, name)
    bundle, _, suffix = name.rpartition(".")
    plan = plan_of(bundle, is_joined=unique != APART)
    if suffix not in ("js", "css") or not (plan.styles or plan.modules):
        raise request.not_found()
    if unique not in (plan.version, APART):
        return request.redirect(f"/web/assets/{plan.version}/{filename}", 303)
    if suffix == "js":
        body, kind = plan.entry("@web/boot"), TYPES["js"]
    else:
        body, kind = "".join(f'@import url("{url}");\n' for url in plan.styles), TYPES["css"]
    return request.make_response(body, [("Content-Type", kind), ("Cache-Control", _age(unique != APART))])


def _joined_file(unique, name):
    """Joined modules or style sheets, packed as the browser likes it."""
    request = http.request
    bundle, _, ending = name.partition(".joined.")
    made = plan_of(bundle).made.get(f"{bundle}.joined.{ending.removesuffix('.map')}")
    if made is None or ending not in TYPES:
        raise request.not_found()
    if unique != made.version:
        return request.redirect(f"/web/assets/{made.version}/{name}", 303)
    headers = [("Content-Type", TYPES[ending]), ("Cache-Control", _age(True)), ("Vary", "Accept-Encoding")]
    body = made.source_map if ending.endswith(".map") else made.content
    encoding = next(iter(accepted(request.httprequest.headers.get("Accept-Encoding", ""))), "")
    if encoding:
        headers.append(("Content-Encoding", encoding))
        body = _packed(body, encoding)
    return request.make_response(body, headers)


@lru_cache(maxsize=32)
def _packed(content, encoding):
    return packed(content, encoding)


def _age(is_kept):
    return f"public, max-age={http.STATIC_CACHE_LONG}, immutable" if is_kept else "no-store"
