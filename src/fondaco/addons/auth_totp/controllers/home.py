"""Where a user gives his code, or sets up the second factor that his group must have."""

import base64

from odoo.addons.web.controllers import home

from fondaco.addon import _, http
from fondaco.errors import AccessDenied
from fondaco.security.credentials import totp_secret

from ..models.auth_totp_device import TRUSTED_DAYS
from ..models.auth_totp_wizard import qr_code, totp_url
from .totp_pages import code_fields, codes_fields, setup_fields

COOKIE = "trusted_device"
TRUSTED_S = TRUSTED_DAYS * 24 * 3600


class Home(home.Home):
    @http.route(
        "/web/login/totp",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        sitemap=False,
        website=True,
        multilang=False,
    )
    def web_totp(self, redirect=None, **kwargs):
        """The second factor: a code, or a browser that is trusted."""
        request = http.request
        user = self._user_to_be()
        if not user or not user.totp_enabled:
            return request.redirect("/web/login")
        devices = request.env(user=user.id)["auth_totp.device"].sudo()
        if request.method == "GET":
            if devices._is_trusted(request.httprequest.cookies.get(COOKIE), user):
                return self._pass_step("mfa", redirect)
            return self._totp_page(redirect)
        try:
            user._totp_check(kwargs.get("totp_token") or "")
        except AccessDenied as refusal:
            return self._totp_page(redirect, error=str(refusal))
        response = self._pass_step("mfa", redirect)
        if kwargs.get("remember"):
            agent = request.httprequest.user_agent
            name = f"{(agent.platform or '?').capitalize()} {(agent.browser or '?').capitalize()}"
            response.set_cookie(
                COOKIE,
                devices._trust(name),
                max_age=TRUSTED_S,
                httponly=True,
                samesite="Lax",
                secure=request.environ["wsgi.url_scheme"] == "https",
            )
        return response

    @http.route(
        "/web/login/totp/setup", type="http", auth="public", methods=["GET", "POST"], sitemap=False, website=True
    )
    def web_totp_setup(self, redirect=None, **kwargs):
        """Nobody of the group comes in without a second factor: here it is set up, and the recovery codes are shown."""
        request = http.request
        session, user = request.session, self._user_to_be()
        if user and session.get("pre_totp_is_set") == user.id:
            return self._pass_step("mfa", redirect)
        if not user or user.totp_enabled or not user._totp_is_required():
            return request.redirect("/web/login")
        secret = session.setdefault("pre_totp_setup", totp_secret())
        url = totp_url(user.company_id.display_name, user.login, secret)
        error = ""
        if request.method == "POST":
            if user._totp_set(secret, kwargs.get("totp_token") or ""):
                session.pop("pre_totp_setup")
                session["pre_totp_is_set"] = user.id
                codes = request.env["auth_totp.recovery.code"].sudo()._renew(user)
                return self._step_response(
                    _("Your recovery codes"), codes_fields(codes), redirect, button=_("I have them")
                )
            error = _("This is not the code that your app shows now: check the clock of your phone and try again.")
        picture = base64.b64encode(qr_code(url)).decode()
        return self._step_response(_("Set up a second factor"), setup_fields(picture, secret), redirect, error=error)

    def _totp_page(self, redirect, error=""):
        return self._step_response(_("Second factor"), code_fields(TRUSTED_DAYS), redirect, error=error)
