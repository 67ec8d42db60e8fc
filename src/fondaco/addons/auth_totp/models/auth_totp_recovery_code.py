"""With which codes does a user come in who has lost his phone? Each serves once."""

from __future__ import annotations

import base64
import secrets

from fondaco.addon import api, fields, models
from fondaco.security.credentials import CryptContext

CODES = 10
CODE_BYTES = 5  # 40 bits, guessed at a handful of times an hour
GROUP = 4  # characters between two hyphens
HASHING = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=6000)


def plain(code):
    """A code as it is kept: however it was typed."""
    return "".join(char for char in code.upper() if char.isalnum())


class RecoveryCode(models.Model):
    _name = "auth_totp.recovery.code"
    _description = "Recovery Code"

    user_id = fields.Many2one("res.users", string="User", required=True, index=True, ondelete="cascade")
    hashed = fields.Char(string="Hash", required=True, groups=".")

    @api.model
    def _renew(self, user):
        """New codes of a user, the old ones are worth nothing; they are shown once and never again."""
        codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode() for _number in range(CODES)]
        self.search([("user_id", "=", user.id)]).unlink()
        self.create([{"user_id": user.id, "hashed": HASHING.hash(code)} for code in codes])
        return [f"{code[:GROUP]}-{code[GROUP:]}" for code in codes]

    @api.model
    def _use(self, user, text):
        """Whether `text` is a code of the user; it is none any more."""
        code = plain(text)
        # every row is looked at, so that the time tells nothing
        right = [row for row in self.search([("user_id", "=", user.id)]) if HASHING.verify(code, row.hashed)]
        for row in right:
            row.unlink()
        return bool(right)


class RecoveryCodeShow(models.AbstractModel):
    _name = "auth_totp.recovery.code.show"
    _description = "Show Recovery Codes"

    id = fields.Integer(string="ID", readonly=True)
    codes = fields.Text(string="Codes", readonly=True)
