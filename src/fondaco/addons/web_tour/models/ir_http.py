"""What the client is told of tours."""

from __future__ import annotations

from fondaco.addon import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def _user_fields_for_session(self):
        return [*super()._user_fields_for_session(), "tour_enabled"]

    def session_info(self):
        info = super().session_info()
        info["tour_enabled"] = self.env.user.tour_enabled
        info["current_tour"] = self.env["web_tour.tour"].get_current_tour()
        return info
