"""For whom the second factor is not a choice."""

from fondaco.addon import fields, models

GROUPS = {"totp_administrators": "base.group_erp_manager", "totp_employees": "base.group_user"}


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    totp_administrators = fields.Boolean(string="Administrators need a second factor")
    totp_employees = fields.Boolean(string="All employees need a second factor")

    def get_values(self):
        values = super().get_values()
        return {**values, **{name: self.env.ref(xmlid).sudo().totp_required for name, xmlid in GROUPS.items()}}

    def set_values(self):
        super().set_values()
        for name, xmlid in GROUPS.items():
            group = self.env.ref(xmlid).sudo()
            if group.totp_required != self[name]:
                group.totp_required = self[name]
