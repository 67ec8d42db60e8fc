"""Whose members must have a second factor?"""

from fondaco.addon import fields, models


class ResGroups(models.Model):
    _inherit = "res.groups"

    totp_required = fields.Boolean(
        string="Second factor required",
        help="Members set up a second factor at their next log-in, and programs in their name need an API key.",
    )
