"""What the client asks once: its terms, the version, the files of a bundle."""

from fondaco.addon import http

from . import pages
from .frontend import plan_of

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

    @http.route("/web/bundle/<string:bundle_name>", type="http", auth="public", methods=["GET"], readonly=True)
    def bundle(self, bundle_name, **bundle_params):
        """The addresses of the files of a bundle, for what is loaded later."""
        plan = plan_of(bundle_name)
        if not (plan.styles or plan.modules or plan.scripts):
            raise http.request.not_found()
        answer = [{"type": "link", "src": url} for url in plan.styles]
        answer += [
            {"type": "script", "src": url} for url in (*plan.scripts, *(plan.imports[name] for name in plan.modules))
        ]
        return http.request.make_json_response(answer)


def bundle_entry(unique, filename):
    """The module that loads a bundle, or a style sheet that imports all of its own; kept while its address is right."""
    request = http.request
    name = filename.replace(".min.", ".")
    bundle, _, suffix = name.rpartition(".")
    plan = plan_of(bundle)
    if suffix not in ("js", "css") or not (plan.styles or plan.modules):
        raise request.not_found()
    if unique not in (plan.version, "debug"):
        return request.redirect(f"/web/assets/{plan.version}/{filename}", 303)
    if suffix == "js":
        body, kind = plan.entry("@web/boot"), "text/javascript; charset=utf-8"
    else:
        body, kind = "".join(f'@import url("{url}");\n' for url in plan.styles), "text/css; charset=utf-8"
    age = f"public, max-age={http.STATIC_CACHE_LONG}, immutable" if unique != "debug" else "no-store"
    return request.make_response(body, [("Content-Type", kind), ("Cache-Control", age)])
