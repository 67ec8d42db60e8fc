"""May be sent to."""

from fondaco.addon import models


class ResUsersSettings(models.Model):
    _name = "res.users.settings"
    _inherit = ["res.users.settings", "bus.listener.mixin"]
