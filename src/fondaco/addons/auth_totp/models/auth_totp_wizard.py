"""How a second factor is set up: a secret that the app scans, and a code that proves it has."""

from __future__ import annotations

import base64
from urllib.parse import quote, urlencode

from odoo.addons.base.models.res_users_identity import check_identity

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.security.credentials import TOTP_DIGITS, TOTP_SECONDS
from fondaco.values.barcode_pictures import barcode_png

QR_PIXELS = 240


def totp_url(issuer, login, secret):
    """What authenticator apps read (the Key URI format)."""
    label = quote(f"{issuer.replace(':', ' ')}:{login}")
    values = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": TOTP_DIGITS, "period": TOTP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def qr_code(url):
    """The picture of an address, as PNG."""
    return barcode_png("QR", url, QR_PIXELS, QR_PIXELS, level="M")


class TotpWizard(models.TransientModel):
    _name = "auth_totp.wizard"
    _description = "2-Factor Setup Wizard"

    user_id = fields.Many2one("res.users", string="User", required=True, readonly=True)
    secret = fields.Char(string="Secret", required=True, readonly=True)
    url = fields.Char(string="Url", compute="_compute_qrcode", compute_sudo=True, store=True)
    qrcode = fields.Binary(string="Qrcode", compute="_compute_qrcode", compute_sudo=True, store=True, attachment=False)
    code = fields.Char(string="Verification Code", size=7)

    _transient_max_hours = 0.2

    @api.depends("user_id.login", "user_id.company_id.display_name", "secret")
    def _compute_qrcode(self):
        for wizard in self:
            if not wizard.secret:
                wizard.url = wizard.qrcode = False
                continue
            wizard.url = totp_url(wizard.user_id.company_id.display_name, wizard.user_id.login, wizard.secret)
            wizard.qrcode = base64.b64encode(qr_code(wizard.url))

    @check_identity
    def enable(self):
        """The code is right: the factor counts from now on, and the recovery codes are shown."""
        if self.user_id != self.env.user:
            raise UserError(_("Everybody sets up the second factor on his own phone."))
        if not self.user_id._totp_set(self.sudo().secret, self.code or ""):
            raise UserError(
                _("This is not the code that your app shows now: check the clock of your phone and try again.")
            )
        self.sudo().write({"secret": "-", "code": False})  # nobody needs to read it any more
        return self.user_id._totp_show_codes()
