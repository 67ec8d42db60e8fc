"""Which groups has a new user?"""

from fondaco.addon import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _default_groups(self):
        """Those of the template, or an employee's alone where the settings say that rights are given one by one."""
        if self.env["ir.config_parameter"].sudo().get_param("base_setup.default_user_rights"):
            return super()._default_groups()
        return self.env.ref("base.group_user").ids
