"""People who may be there."""

from fondaco.addon import fields, models


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "bus.listener.mixin"]

    im_status = fields.Char(string="IM Status", compute="_compute_im_status")

    def _compute_im_status(self):
        users = self.with_context(active_test=True).sudo().user_ids
        status_by_user = self.env["bus.presence"].sudo().search([("user_id", "in", users.ids)])._status_now()
        for partner in self:
            found = {status_by_user.get(user.id, "offline") for user in partner.sudo().user_ids}
            partner.im_status = next(
                (status for status in ("online", "away", "offline") if status in found), "im_partner"
            )
