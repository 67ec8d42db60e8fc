"""By which address a message finds its contact."""

from fondaco.addon import api, fields, models
from fondaco.email.address import email_normalize


class Partner(models.Model):
    _inherit = "res.partner"

    emporium_address = fields.Char(
        string="Address of Messages", compute="_compute_emporium_address", store=True, index=True
    )

    @api.depends("email")
    def _compute_emporium_address(self):
        for partner in self:
            partner.emporium_address = email_normalize(partner.email, strict=False)
