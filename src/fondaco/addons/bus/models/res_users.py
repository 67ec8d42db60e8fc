"""Users: sent to as the person they are."""

from fondaco.addon import fields, models


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "bus.listener.mixin"]

    im_status = fields.Char(string="IM Status", compute="_compute_im_status")

    def _compute_im_status(self):
        known = self.env["bus.presence"].sudo().search([("user_id", "in", self.ids)])._status_now()
        for user in self:
            user.im_status = known.get(user.id, "offline")

    def _bus_channel(self):
        return self.partner_id
