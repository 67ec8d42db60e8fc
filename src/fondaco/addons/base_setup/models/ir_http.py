"""What the client is told of the settings."""

from fondaco.addon import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        info = super().session_info()
        if self.env.user._is_internal():
            parameter = self.env["ir.config_parameter"].sudo().get_param("base_setup.show_effect")
            info["show_effect"] = bool(parameter)
        return info
