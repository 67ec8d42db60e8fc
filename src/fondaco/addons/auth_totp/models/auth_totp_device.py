"""Which browsers a user trusts: there the password is enough."""

from __future__ import annotations

import datetime

from fondaco.addon import fields, models

SCOPE = "browser"
TRUSTED_DAYS = 90


class AuthTotpDevice(models.Model):
    _name = "auth_totp.device"
    _inherit = "res.users.apikeys"
    _description = "Authentication Device"
    _auto = False

    def _check_expiration_date(self, date):
        """Trust always lasts as long as `_trust` says: what a group allows its keys is another matter."""

    def _trust(self, name):
        """A key for the browser at hand, by which it is known again."""
        until = fields.Datetime.now() + datetime.timedelta(days=TRUSTED_DAYS)
        return self._generate(SCOPE, name, until)

    def _is_trusted(self, key, user):
        """Whether `key` is that of a browser which `user` trusts."""
        return bool(key) and self._check_credentials(scope=SCOPE, key=key) == user.id
