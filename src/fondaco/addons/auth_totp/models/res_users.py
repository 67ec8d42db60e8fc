"""What a user proves besides his password, and what that means for sessions and programs."""

from __future__ import annotations

import binascii
import logging

from odoo.addons.base.models.res_users_identity import check_identity
from odoo.addons.base.models.res_users_login import source_address, told_when_refused
from odoo.addons.base.models.res_users_refusal import attempt

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessDenied, UserError
from fondaco.http.current import request
from fondaco.log import LOGINS, one_word
from fondaco.security.credentials import TOTP_DIGITS, decode_totp_secret, totp_match, totp_secret
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(LOGINS)
FREE_FAILURES = 5
FIRST_WAIT_S = 60
LONGEST_WAIT_S = 3600


def wait_after(failures):
    """Seconds to wait after so many wrong codes in a row: doubled each time, so that guessing leads nowhere."""
    over = failures - FREE_FAILURES
    return min(FIRST_WAIT_S * 2**over, LONGEST_WAIT_S) if over >= 0 else 0


def number_of(text):
    """The code that somebody typed, None if it is none."""
    digits = "".join(text.split())
    return int(digits) if len(digits) == TOTP_DIGITS and digits.isascii() and digits.isdigit() else None


class Users(models.Model):
    _inherit = "res.users"

    totp_secret = fields.Char(
        string="Totp Secret", copy=False, groups=".", compute="_compute_totp_secret", inverse="_inverse_token"
    )
    totp_enabled = fields.Boolean(
        string="Two-factor authentication", compute="_compute_totp_enabled", search="_totp_enable_search"
    )
    totp_trusted_device_ids = fields.One2many("auth_totp.device", "user_id", string="Trusted Devices")
    totp_recovery_count = fields.Integer(string="Recovery codes left", compute="_compute_totp_recovery_count")

    @property
    def SELF_READABLE_FIELDS(self):  # noqa: N802 - documented name
        return [*super().SELF_READABLE_FIELDS, "totp_enabled", "totp_trusted_device_ids", "totp_recovery_count"]

    def init(self):
        """The secret lies in a column that no field shows; beside it the last code that was accepted."""
        super().init()
        self.env.cr.execute(
            "ALTER TABLE res_users ADD COLUMN IF NOT EXISTS totp_secret varchar,"
            " ADD COLUMN IF NOT EXISTS totp_last_counter bigint"
        )

    # -- computed -------------------------------------------------------------------------------------------------
    def _compute_totp_secret(self):
        rows = self.env.execute_query(SQL("SELECT id, totp_secret FROM res_users WHERE id = ANY(%s)", self.ids))
        secrets = dict(rows)
        for user in self:
            user.totp_secret = secrets.get(user.id) or False

    def _inverse_token(self):
        for user in self:
            user._totp_keep(user.totp_secret or None)

    @api.depends("totp_secret")
    def _compute_totp_enabled(self):
        for user, secured in zip(self, self.sudo()):
            user.totp_enabled = bool(secured.totp_secret)

    def _totp_enable_search(self, operator, value):
        found = {bool(item) for item in (value if isinstance(value, list | tuple | set) else (value,))}
        if operator in ("!=", "not in"):
            found = {True, False} - found
        if len(found) != 1:
            return [(1 if found else 0, "=", 1)]
        rows = self.env.execute_query(SQL("SELECT id FROM res_users WHERE totp_secret IS NOT NULL"))
        return [("id", "in" if True in found else "not in", [id_ for (id_,) in rows])]

    def _compute_totp_recovery_count(self):
        codes = self.env["auth_totp.recovery.code"].sudo()
        for user in self:
            user.totp_recovery_count = codes.search_count([("user_id", "=", user.id)])

    # -- logging in -----------------------------------------------------------------------------------------------
    def _mfa_type(self):
        return super()._mfa_type() or ("totp" if self.totp_enabled else None)

    def _mfa_url(self):
        if url := super()._mfa_url():
            return url
        if self.totp_enabled:
            return "/web/login/totp"
        return "/web/login/totp/setup" if self._totp_is_required() else None

    def _rpc_api_keys_only(self):
        return self.totp_enabled or self._totp_is_required() or super()._rpc_api_keys_only()

    def _totp_is_required(self):
        return any(group.totp_required for group in self.sudo().groups_id)

    def _get_session_token_fields(self):
        return super()._get_session_token_fields() | {"totp_secret"}

    def _totp_check(self, text):
        """Refuse unless `text` is what the user's app shows now, or one of his recovery codes; either serves once."""
        user = self.sudo()

        def check(env, failures, last):
            wait = wait_after(failures)
            left = wait - (fields.Datetime.now() - last).total_seconds()
            if wait and left > 0:
                minutes = int(left // 60) + 1
                raise AccessDenied(env._("Too many wrong codes: wait %s minutes, then try again.", minutes))

        with told_when_refused(self.env.cr.dbname, user.login), attempt(self.env.registry, f"totp:{user.id}", check):
            number = number_of(text)
            if number is not None:
                is_right = user._totp_take(number)
            else:
                is_right = self.env["auth_totp.recovery.code"].sudo()._use(user, text)
                if is_right:
                    _logger.info("recovery code used user=%s uid=%d from=%s", *user._totp_who())
            if not is_right:
                raise AccessDenied(_("This code is not right, or was used before."))

    def _totp_take(self, number):
        """Whether `number` is a code of now; it and those before it are not taken again."""
        counter = totp_match(decode_totp_secret(self.totp_secret), number)
        if counter is None:
            return False
        taken = self.env.execute_query(
            SQL(
                "UPDATE res_users SET totp_last_counter = %s WHERE id = %s AND coalesce(totp_last_counter, 0) < %s"
                " RETURNING id",
                counter,
                self.id,
                counter,
            )
        )
        return bool(taken)

    # -- setting up -----------------------------------------------------------------------------------------------
    def _totp_set(self, secret, text):
        """Whether `text` is a code of `secret`: then that is the user's second factor from now on."""
        try:
            number = number_of(text)
            if number is None or totp_match(decode_totp_secret(secret), number) is None:
                return False
        except binascii.Error:
            return False
        self.sudo()._totp_keep(secret)
        self.sudo()._totp_take(number)
        _logger.info("second factor set user=%s uid=%d from=%s", *self._totp_who())
        return True

    def _totp_keep(self, secret):
        self.env.cr.execute(
            SQL("UPDATE res_users SET totp_secret = %s, totp_last_counter = NULL WHERE id = %s", secret, self.id)
        )
        self.invalidate_recordset(["totp_secret", "totp_enabled"])
        self.env.registry.clear_cache("default", "users")
        if request and request.session.uid == self.id:  # the user's other sessions end, this one goes on
            request.session.session_token = self._compute_session_token(request.session.sid)

    def _totp_who(self):
        return one_word(self.sudo().login), self.id, source_address()

    def _totp_show_codes(self):
        codes = self.env["auth_totp.recovery.code"].sudo()._renew(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "auth_totp.recovery.code.show",
            "name": _("Your recovery codes"),
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_codes": "\n".join(codes)},
        }

    @check_identity
    def action_totp_enable_wizard(self):
        if self != self.env.user:
            raise UserError(_("Everybody sets up the second factor on his own phone."))
        if self.totp_enabled:
            raise UserError(_("You have a second factor: switch it off first to set up another."))
        wizard = self.env["auth_totp.wizard"].create({"user_id": self.id, "secret": totp_secret()})
        return {
            "type": "ir.actions.act_window",
            "res_model": "auth_totp.wizard",
            "res_id": wizard.id,
            "name": _("Set up the second factor"),
            "views": [(False, "form")],
            "target": "new",
        }

    @check_identity
    def action_totp_disable(self):
        """Take the second factor away: of oneself, or, as an administrator, of whoever lost his phone."""
        if self != self.env.user and not (self.env.user._is_admin() or self.env.su):
            raise UserError(_("Only administrators switch off the second factor of others."))
        for user in self:
            user.sudo()._totp_keep(None)
            user.sudo().totp_trusted_device_ids._remove()
            self.env["auth_totp.recovery.code"].sudo().search([("user_id", "=", user.id)]).unlink()
            _logger.info(
                "second factor removed user=%s uid=%d from=%s by=%s", *user._totp_who(), one_word(self.env.user.login)
            )
        return {"type": "ir.actions.client", "tag": "reload"}

    @check_identity
    def action_totp_new_codes(self):
        """Other recovery codes in place of those that are lost or used."""
        if self != self.env.user or not self.totp_enabled:
            raise UserError(_("Recovery codes come with the second factor: set it up first."))
        return self._totp_show_codes()

    def _set_password(self):
        super()._set_password()
        self._totp_trust_nobody()

    def _action_revoke_all_devices(self):
        self._totp_trust_nobody()
        return super()._action_revoke_all_devices()

    def _totp_trust_nobody(self):
        """Who changes his password, or ends all sessions, may have lost a browser that is trusted."""
        if devices := self.sudo().totp_trusted_device_ids:
            devices._remove()

    @check_identity
    def revoke_all_devices(self):
        """No browser is trusted any more."""
        return self.totp_trusted_device_ids._remove()
