"""What the client asks once: its terms, the version, the files of a bundle."""

import platform
from functools import lru_cache

from fondaco import VERSION as VERSION_OF_FONDACO
from fondaco.addon import http
from fondaco.assets.page import made_before
from fondaco.errors import AccessError
from fondaco.sql.fragment import SQL
from fondaco.values.webfiles import accepted, packed

from . import pages
from .frontend import plan_of, plan_of_client

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
        installed = dict(request.env["res.lang"].sudo().get_installed())
        answer = {
            "lang": lang if lang in installed else None,
            "lang_parameters": parameters,
            "modules": terms,
            "multi_lang": len(installed) > 1,
        }
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Cache-Control", f"public, max-age={http.STATIC_CACHE_LONG}"),
        ]
        return request.make_response(pages.dumps(answer), headers)

    @http.route("/web/webclient/version_info", type="json", auth="none", readonly=True)
    def version_info(self):
        return VERSION

    @http.route("/web/takes_changes", type="json", auth="user")
    def takes_changes(self):
        """True; refused as any change is while the database takes none, though this changes nothing."""
        # PostgreSQL refuses the right to lock rows where it refuses changes, before it looks for a row.
        http.request.env.execute_query(SQL("SELECT FROM ir_config_parameter WHERE false FOR UPDATE"))
        return True

    @http.route("/web/about", type="json", auth="user", readonly=True)
    def about(self):
        """What this program is, for those who work in the client: versions, and how many modules are installed."""
        env = http.request.env
        if not env.user._is_internal():
            raise AccessError(env._("This is for those who work in the client."))
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
        # A module that the page has already is the same for what is loaded later: under the page's address.
        page = plan_of_client()
        answer = [{"type": "link", "src": url} for url in plan.styles]
        modules = (page.imports.get(name, plan.imports[name]) for name in plan.modules)
        urls = dict.fromkeys([*plan.scripts, *modules])
        answer += [{"type": "script", "src": url} for url in urls]
        return http.request.make_json_response(answer)


def bundle_file(unique, filename):
    """A file made for a bundle: a sheet that imports those of the bundle, a joined file or its map.

    What is asked for under a version that nobody knows here, as while servers are replaced one after another, is
    answered as it is now and not kept.
    """
    request = http.request
    name = filename.replace(".min.", ".")
    if ".joined." in name:
        return _joined_file(unique, name)
    plan = plan_of(name.removesuffix(".css"))
    if not (name.endswith(".css") and plan.styles):
        raise request.not_found()
    body = "".join(f'@import url("{url}");\n' for url in plan.styles)
    return request.make_response(
        body, [("Content-Type", TYPES["css"]), ("Cache-Control", _age(unique == plan.version))]
    )


def _joined_file(unique, name):
    """Joined modules or style sheets, packed as the browser likes it."""
    request = http.request
    bundle, _, ending = name.partition(".joined.")
    file = f"{bundle}.joined.{ending.removesuffix('.map')}"
    made = made_before(file, unique) or plan_of(bundle).made.get(file)
    if made is None or ending not in TYPES:
        raise request.not_found()
    headers = [
        ("Content-Type", TYPES[ending]),
        ("Cache-Control", _age(unique == made.version)),
        ("Vary", "Accept-Encoding"),
    ]
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
