"""Who is calling: log in and out over JSON, and what the client must know of the session."""

from fondaco.addon import http
from fondaco.errors import AccessError
from fondaco.registry.transact import transact
from fondaco.rpc.places import language_names


class Session(http.Controller):
    @http.route("/web/session/get_session_info", type="json", auth="user", readonly=True)
    def get_session_info(self):
        # the client asks after a while: the session lives on
        http.request.session.touch()
        return http.request.env["ir.http"].session_info()

    @http.route("/web/session/authenticate", type="json", auth="none", readonly=False)
    def authenticate(self, db, login, password, base_location=None):
        """Log in; the answer is the session info."""
        request = http.request
        if not http.db_filter([db]) or db not in request.app.registries.names():
            raise AccessError("Database not found.")
        found = request.session.authenticate(db, {"login": login, "password": password, "type": "password"})
        if found["uid"] != request.session.uid:
            # a second factor is still to come
            return {"uid": None}
        request.session.db = db
        registry = request.app.registries.get(db)
        if request.registry is registry and request.env is not None:
            env = request.env(user=request.session.uid, context=request.session.context)
            return env["ir.http"].session_info()
        request.registry = registry
        return transact(registry, self._info_in, uid=request.session.uid, context=request.session.context)

    def _info_in(self, env):
        request = http.request
        before, request.env = request.env, env
        try:
            if request.session.should_rotate:
                request.app.session_store.rotate(request.session, env)
            return env["ir.http"].session_info()
        finally:
            request.env = before

    @http.route("/web/session/get_lang_list", type="json", auth="none", readonly=True)
    def get_lang_list(self):
        return language_names()

    @http.route("/web/session/modules", type="json", auth="user", readonly=True)
    def modules(self):
        """Names of the installed modules."""
        return list(http.request.env.registry.loaded_modules)

    @http.route("/web/session/check", type="json", auth="user", readonly=True)
    def check(self):
        """Answers nothing; without a session it is an error."""
        return

    @http.route("/web/session/account", type="json", auth="user", readonly=True)
    def account(self):
        """There is no account elsewhere."""
        return "/odoo"

    @http.route("/web/session/destroy", type="json", auth="user", readonly=True)
    def destroy(self):
        http.request.session.logout()

    @http.route("/web/session/logout", type="http", auth="none", readonly=True)
    def logout(self, redirect="/odoo"):
        request = http.request
        request.session.logout(keep_db=True)
        response = request.redirect(redirect, 303)
        response.set_cookie("cids", "", max_age=0)
        return response
