"""How does one come in: the first page, log-in, the page of the client, health."""

import secrets
import time

from fondaco.addon import _, http
from fondaco.errors import AccessDenied, AccessError
from fondaco.http import stages

from . import pages
from .frontend import FRONTEND, plan_of, plan_of_client
from .utils import ensure_db

LOGIN_PARAMETERS = {
    "db",
    "login",
    "debug",
    "token",
    "message",
    "error",
    "scope",
    "mode",
    "redirect",
    "redirect_hostname",
    "email",
    "name",
    "partner_id",
    "password",
    "confirm_password",
    "city",
    "country_id",
    "lang",
    "signup_email",
}
STEPS_TIME_S = 600  # from the password to the last step
CREDENTIAL_PARAMETERS = ("login", "password", "type")
CLIENT_POLICY = (
    "script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)


def is_internal(uid):
    """Whether the user works in the client, and not only in pages made for outsiders."""
    return http.request.env(user=uid)["res.users"].browse(uid)._is_internal()


class Home(http.Controller):
    @http.route("/", type="http", auth="none", readonly=True)
    def index(self, s_action=None, db=None, **kw):
        request = http.request
        if request.db and request.session.uid and not is_internal(request.session.uid):
            return request.redirect_query("/web/login_successful", query=request.params)
        return request.redirect_query("/odoo", query=request.params)

    def _web_client_readonly(self):
        """The page writes only at a user's first visit (his settings): the request is then served once more."""
        return True

    def _web_login_readonly(self):
        return http.request.method in ("GET", "HEAD")

    @http.route(
        ["/web", "/odoo", "/odoo/<path:subpath>", "/scoped_app/<path:subpath>"],
        type="http",
        auth="none",
        readonly=_web_client_readonly,
    )
    def web_client(self, s_action=None, **kw):
        """The page of the client; whoever is not logged in goes there first."""
        ensure_db()
        request = http.request
        if not request.session.uid:
            query = request.environ.get("QUERY_STRING", "")
            return request.redirect_query("/web/login", query={"redirect": f"{request.path}?{query}"}, code=303)
        if kw.get("redirect"):
            return request.redirect(kw["redirect"], 303)
        if not is_internal(request.session.uid):
            return request.redirect("/web/login_successful", 303)
        request.session.prolong()
        request.update_env(user=request.session.uid)
        try:
            context = request.env["ir.http"].webclient_rendering_context()
        except AccessError:
            return request.redirect("/web/login?error=access")
        return self._client_response(context["session_info"])

    def _client_response(self, session_info):
        request = http.request
        nonce = secrets.token_urlsafe(12)
        lang = session_info["user_context"].get("lang") or "en_US"
        html = pages.client_page(
            plan_of_client(),
            session_info,
            csrf_token=request.csrf_token(),
            nonce=nonce,
            lang=lang.replace("_", "-"),
            direction=(request.env["res.lang"]._get_data(code=lang).direction or "ltr"),
        )
        response = request.make_response(html)
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = CLIENT_POLICY.format(nonce=nonce)
        return response

    @http.route("/web/webclient/load_menus/<string:unique>", type="http", auth="user", methods=["GET"], readonly=True)
    def web_load_menus(self, unique, lang=None):
        """The menus of the user; `unique` changes with them, so the answer may be kept."""
        request = http.request
        if lang:
            request.update_context(lang=lang)
        menus = request.env["ir.ui.menu"].load_web_menus(request.session.debug)
        body = pages.dumps(menus)
        headers = [("Content-Type", "application/json"), ("Cache-Control", f"public, max-age={http.STATIC_CACHE_LONG}")]
        return request.make_response(body, headers)

    def _login_redirect(self, uid, redirect=None):
        if redirect:
            return redirect
        return "/odoo" if is_internal(uid) else "/web/login_successful"

    @http.route("/web/login", type="http", auth="none", readonly=_web_login_readonly)
    def web_login(self, redirect=None, **kw):
        """Ask for name and password; on POST, check them."""
        ensure_db()
        request = http.request
        if request.method == "GET" and redirect and request.session.uid:
            return request.redirect(redirect)
        if request.env is not None and request.env.uid is None:
            if request.session.uid is None:
                stages.auth_public(request)
            else:
                request.update_env(user=request.session.uid)
        values = {name: value for name, value in request.params.items() if name in LOGIN_PARAMETERS}
        error = ""
        if request.method == "POST":
            credential = {
                name: value for name, value in request.params.items() if name in CREDENTIAL_PARAMETERS and value
            }
            credential.setdefault("type", "password")
            if credential["type"] == "password" and not ("login" in credential and "password" in credential):
                raise KeyError("login and password are needed")
            try:
                found = request.session.authenticate(request.db, credential)
                request.params["login_success"] = True
                if request.session.uid is None:
                    return self._next_step(redirect)
                return request.redirect(self._login_redirect(found["uid"], redirect=redirect))
            except AccessDenied as refusal:
                error = _("Wrong login/password") if refusal.args == AccessDenied().args else str(refusal.args[0])
        elif values.get("error") == "access":
            error = _("This database is for employees. Ask an administrator if you are one.")
        return self._login_response(values, redirect, error)

    def _next_step(self, redirect):
        """To what else is asked of the user to be: a second factor, another password."""
        request = http.request
        session = request.session
        step = request.env(user=session["pre_uid"]).user._login_step(session["pre_steps"])
        return request.redirect_query(step, {"redirect": redirect} if redirect else None)

    def _pass_step(self, step, redirect):
        """`step` of logging in is done: on to the next one, or inside."""
        request = http.request
        if request.session.pass_step(request.env, step):
            return self._next_step(redirect)
        request.update_env(user=request.session.uid)
        return request.redirect(self._login_redirect(request.session.uid, redirect=redirect))

    def _step_response(self, title, fields, redirect, *, error="", button=""):
        """The page of a step: `fields` as markup, in a form that comes back to its own address."""
        request = http.request
        html = pages.step_page(
            plan_of(FRONTEND),
            title,
            fields,
            csrf_token=request.csrf_token(),
            redirect=redirect,
            error=error,
            button=button or _("Go on"),
            leave=_("Start over"),
        )
        response = request.make_response(html)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        return response

    def _user_to_be(self):
        """The user who has given his password a moment ago and is not in yet; none if there is no such."""
        session = http.request.session
        env = http.request.env
        is_fresh = time.time() - session.get("pre_since", 0) < STEPS_TIME_S
        is_here = session.get("pre_db") == env.registry.db_name
        return env["res.users"].sudo().browse(session["pre_uid"] if is_fresh and is_here else ()).exists()

    def _login_response(self, values, redirect, error):
        """The template `web.login`; what a controller that overrides `web_login` adds to `qcontext` is known to it."""
        request = http.request
        may_list = bool(request.app.config.get("list_db"))
        told = request.databases  # asked for a moment ago, unless the session said which one is meant
        known = {
            **values,
            "redirect": redirect,
            "error": error,
            "login": values.get("login") or request.session.get("auth_login") or "",
            "message": values.get("message") or "",
            "database": request.db or "",
            "may_switch": may_list and len(http.db_list() if told is None else http.db_filter(told)) > 1,
        }
        response = request.render("web.login", known)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
        return response

    @http.route("/web/login_successful", type="http", auth="user", sitemap=False, website=True)
    def login_successful_external_user(self, **kwargs):
        """Where users without the client arrive."""
        return http.request.render("web.login_successful")

    @http.route("/web/become", type="http", auth="user", sitemap=False, readonly=True)
    def switch_to_admin(self):
        """An administrator goes on as the superuser."""
        request = http.request
        uid = request.env.user.id
        if request.env.user._is_system():
            uid = request.session.uid = 1
            request.env.registry.clear_cache()
            request.session.session_token = (
                request.env["res.users"].browse(uid)._compute_session_token(request.session.sid)
            )
        return request.redirect(self._login_redirect(uid))

    @http.route("/web/health", type="http", auth="none", save_session=False, readonly=True)
    def health(self, db_server_status=False):
        """Is this process alive; on request, does PostgreSQL answer. Neither session nor database is needed."""
        answer, status = {"status": "pass"}, 200
        if db_server_status:
            is_answered = http.request.app.registries.pools.is_answered()
            answer, status = {"status": "pass" if is_answered else "fail"}, 200 if is_answered else 500
            answer["db_server_status"] = is_answered
        return http.request.make_response(
            pages.dumps(answer), [("Content-Type", "application/json"), ("Cache-Control", "no-store")], status=status
        )

    @http.route("/robots.txt", type="http", auth="none", readonly=True)
    def robots(self, **kwargs):
        """Nothing here is for search engines."""
        return "User-agent: *\nDisallow: /\n"
