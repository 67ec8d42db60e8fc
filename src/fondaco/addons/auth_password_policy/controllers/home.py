"""Where a user chooses another password before he comes in."""

from markupsafe import Markup
from odoo.addons.web.controllers import home

from fondaco.addon import _, http
from fondaco.errors import UserError

_FIELD = Markup(
    '<div class="f-control-group"><label for="{0}">{1}</label>'
    '<input class="f-input" type="password" id="{0}" name="{0}" required autocomplete="new-password" maxlength="4096">'
    "</div>"
)


class Home(home.Home):
    @http.route("/web/login/password", type="http", auth="public", methods=["GET", "POST"], sitemap=False, website=True)
    def web_login_password(self, redirect=None, **kwargs):
        """Another password in place of the one that is too old."""
        request = http.request
        user = self._user_to_be()
        if not user or user._login_step(request.session["pre_steps"]) != "/web/login/password":
            return request.redirect("/web/login")
        error = ""
        if request.method == "POST":
            chosen, again = kwargs.get("new_password") or "", kwargs.get("confirm_password") or ""
            if chosen == again:
                try:
                    request.env(user=user.id)["res.users"].browse(user.id).sudo()._change_password(chosen)
                except UserError as refusal:
                    error = str(refusal)
                else:
                    return self._pass_step("password", redirect)
            else:
                error = _("The two passwords differ: type them again.")
        fields = [Markup("<p>{}</p>").format(_("Your password is too old: choose another one."))]
        fields += [Markup("<p>{}</p>").format(sentence) for sentence in user.get_password_policy()]
        fields += [
            _FIELD.format("new_password", _("New password")),
            _FIELD.format("confirm_password", _("The same again")),
        ]
        return self._step_response(_("A new password"), Markup("\n").join(fields), redirect, error=error)
