"""Whether a password may be taken, and whether it still opens the door."""

from __future__ import annotations

import datetime
import unicodedata

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessDenied, UserError

LONGEST_HISTORY = 24  # each former password costs a third of a second when another is chosen


def kinds_of(password):
    """How many of small letters, capitals, digits and other characters there are in a password."""

    def kind(char):
        category = unicodedata.category(char)
        return {"Ll": "small", "Lu": "capital", "Nd": "digit"}.get(category, "other")

    return len({kind(char) for char in password})


class Users(models.Model):
    _inherit = "res.users"

    @api.model
    def _password_policy(self, name):
        """A number of the policy; 0 where nothing is asked."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"auth_password_policy.{name}", "0")
        return int(value) if str(value).isdigit() else 0

    @api.model
    def get_password_policy(self):
        """What is asked of a password, as sentences."""
        length, kinds, history, days = map(self._password_policy, ("minlength", "kinds", "history", "max_days"))
        sentences = [
            _("It has %s characters or more.", length) if length else "",
            _("It mixes %s of small letters, capitals, digits and other characters.", min(kinds, 4))
            if kinds > 1
            else "",
            _("It is none of your last %s.", min(history, LONGEST_HISTORY)) if history else "",
            _("It lasts %s days.", days) if days else "",
        ]
        return [sentence for sentence in sentences if sentence]

    def _set_password(self):
        given = [(user, user.password) for user in self if user.password]
        for user, password in given:
            user._check_password_policy(password)
        super()._set_password()
        for user, _password in given:
            self.env["res.users.password"].sudo()._note(user)

    def _check_password_policy(self, password):
        """Refuse a password that the policy does not allow this user; all that is wrong is told at once."""
        faults = []
        length, kinds = self._password_policy("minlength"), min(self._password_policy("kinds"), 4)
        if len(password) < length:
            faults.append(
                _("It has %(found)s characters: %(length)s or more are needed.", found=len(password), length=length)
            )
        if kinds_of(password) < kinds:
            faults.append(
                _("It mixes too little: %s of small letters, capitals, digits and other characters are needed.", kinds)
            )
        if password.casefold() == (self.sudo().login or "").casefold():
            faults.append(_("It is the login."))
        history = min(self._password_policy("history"), LONGEST_HISTORY)
        if not faults and history and self.env["res.users.password"].sudo()._is_known(self, password, history):
            faults.append(_("It was used before: none of the last %s may come again.", history))
        if faults:
            raise UserError(_("This password is not taken. %s", " ".join(faults)))

    # -- an end of passwords --------------------------------------------------------------------------------------
    def _password_is_expired(self):
        days = self._password_policy("max_days")
        if not days:
            return False
        changed = self.env["res.users.password"].sudo()._last_change(self)
        return changed < fields.Datetime.now() - datetime.timedelta(days=days)

    def _login_step(self, passed):
        is_due = "credential" in passed and "password" not in passed
        return super()._login_step(passed) or (
            "/web/login/password" if is_due and self._password_is_expired() else None
        )

    def _check_credentials(self, credential, env):
        outcome = super()._check_credentials(credential, env)
        if outcome["auth_method"] == "password" and not env["interactive"] and self.env.user._password_is_expired():
            raise AccessDenied(_("Your password is too old: log in with a browser and choose another one."))
        return outcome
