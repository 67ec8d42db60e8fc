"""How a user confirms who he is before something that matters, and how passwords are changed."""

from __future__ import annotations

import functools
import json
import time

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessDenied, UserError, ValidationError
from fondaco.http.current import request

CONFIRMED_FOR_S = 10 * 60


def check_identity(method):
    """Decorator of button methods: the user must have given his password in the last ten minutes."""

    @functools.wraps(method)
    def wrapped(self, *args, **kwargs):
        if not request:
            raise UserError(_("This can be done in the web client only."))
        if request.session.get("identity-check-last", 0) > time.time() - CONFIRMED_FOR_S:
            return method(self, *args, **kwargs)
        context = {name: value for name, value in self.env.context.items() if name != "allowed_company_ids" or value}
        wizard = (
            self.env["res.users.identitycheck"]
            .sudo()
            .create(
                {
                    "request": json.dumps(
                        [context, self._name, self.ids, method.__name__, list(args), kwargs], default=str
                    )
                }
            )
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.identitycheck",
            "res_id": wizard.id,
            "name": _("Is it you?"),
            "target": "new",
            "views": [(False, "form")],
        }

    wrapped._checks_identity = True
    return wrapped


class CheckIdentity(models.TransientModel):
    _name = "res.users.identitycheck"
    _description = "Password Check Wizard"

    request = fields.Char(string="Request", readonly=True, groups=".")
    auth_method = fields.Selection(
        selection=[
            ("password", "Password"),
        ],
        string="Auth Method",
        default=lambda self: self._get_default_auth_method(),
    )
    password = fields.Char(string="Password")

    def _get_default_auth_method(self):
        return "password"

    def _check_identity(self):
        try:
            self.create_uid.with_user(self.create_uid)._confirm(self.env.context.get("password") or self.password)
        except AccessDenied as error:
            if error.args != AccessDenied().args:  # too many attempts: he is told so
                raise UserError(error.args[0]) from error
            raise UserError(_("This is not your password: try again.")) from error

    def run_check(self):
        """Check the password, then do what was asked for."""
        if not request:
            raise UserError(_("This can be done in the web client only."))
        self._check_identity()
        self.password = False
        request.session["identity-check-last"] = time.time()
        if not self.sudo().request:
            return self.env.user._action_revoke_all_devices()
        context, model, ids, name, args, kwargs = json.loads(self.sudo().request)
        method = getattr(self.env(context=context)[model].browse(ids), name)
        if not getattr(method, "_checks_identity", False):
            raise UserError(_("This cannot be confirmed."))
        return method(*args, **kwargs)

    @api.autovacuum
    def _gc_identity_checks(self):
        self.search([]).filtered(
            lambda wizard: (
                wizard.create_date and (fields.Datetime.now() - wizard.create_date).total_seconds() > CONFIRMED_FOR_S
            )
        ).unlink()


class ChangePasswordWizard(models.TransientModel):
    _name = "change.password.wizard"
    _description = "Change Password Wizard"

    user_ids = fields.One2many(
        "change.password.user",
        "wizard_id",
        string="Users",
        default=lambda self: self._default_user_ids(),
    )

    _transient_max_hours = 0.2

    def _default_user_ids(self):
        ids = self.env.context.get("active_model") == "res.users" and self.env.context.get("active_ids") or []
        return [(0, 0, {"user_id": user.id, "user_login": user.login}) for user in self.env["res.users"].browse(ids)]

    def change_password_button(self):
        self.ensure_one()
        self.user_ids.change_password_button()
        if self.env.user in self.user_ids.user_id:
            return {"type": "ir.actions.client", "tag": "reload"}
        return {"type": "ir.actions.act_window_close"}


class ChangePasswordUser(models.TransientModel):
    _name = "change.password.user"
    _description = "User, Change Password Wizard"

    wizard_id = fields.Many2one("change.password.wizard", string="Wizard", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", string="User", required=True, ondelete="cascade")
    user_login = fields.Char(string="User Login", readonly=True)
    new_passwd = fields.Char(string="New Password", default="")

    _transient_max_hours = 0.2

    def change_password_button(self):
        for line in self:
            if line.new_passwd:
                line.user_id._change_password(line.new_passwd)
        self.write({"new_passwd": False})  # nobody needs to read it any more


class ChangePasswordOwn(models.TransientModel):
    _name = "change.password.own"
    _description = "User, change own password wizard"

    new_password = fields.Char(string="New Password")
    confirm_password = fields.Char(string="New Password (Confirmation)")

    _transient_max_hours = 0.1

    @api.constrains("new_password", "confirm_password")
    def _check_password_confirmation(self):
        if self.confirm_password != self.new_password:
            raise ValidationError(_("The two passwords differ: type them again."))

    @check_identity
    def change_password(self):
        self.env.user._change_password(self.new_password)
        self.unlink()
        # the session ends with the old password: the page is loaded anew
        return {"type": "ir.actions.client", "tag": "reload"}
