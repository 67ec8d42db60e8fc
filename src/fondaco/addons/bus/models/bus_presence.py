"""Who is there: said by the client of a user now and then, and by the end of his last connection."""

from __future__ import annotations

from datetime import timedelta

from fondaco.addon import api, fields, models

DISCONNECTED_AFTER = timedelta(minutes=2)
"""Without a word for so long, a user is not there."""
AWAY_AFTER = timedelta(minutes=30)
SAME_FOR = timedelta(seconds=30)
"""A presence that only grows older is written so often."""


class BusPresence(models.Model):
    _name = "bus.presence"
    _description = "User Presence"
    _log_access = False

    user_id = fields.Many2one("res.users", string="Users", ondelete="cascade")
    last_poll = fields.Datetime(string="Last Poll", default=lambda self: fields.Datetime.now())
    last_presence = fields.Datetime(string="Last Presence", default=lambda self: fields.Datetime.now())
    status = fields.Selection(
        selection=[("online", "Online"), ("away", "Away"), ("offline", "Offline")],
        string="IM Status",
        default="offline",
    )

    def init(self):
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS bus_presence_user_unique ON bus_presence (user_id) "
            "WHERE user_id IS NOT NULL"
        )

    @api.model
    def _update_presence(self, inactivity_period):
        """The user of this environment is there; `inactivity_period` is how many milliseconds ago he did something."""
        now = fields.Datetime.now()
        active_at = now - timedelta(milliseconds=max(0, inactivity_period))
        status = "away" if now - active_at > AWAY_AFTER else "online"
        presence = self.sudo().search([("user_id", "=", self.env.uid)], limit=1)
        if not presence:
            presence = self.sudo().create({"user_id": self.env.uid, "status": "offline"})
        elif presence.status == status and presence.last_poll and now - presence.last_poll < SAME_FOR:
            return
        presence._set_status(status, last_poll=now, last_presence=active_at)

    def _set_status(self, status, **values):
        """Note a status and tell, if it is another."""
        self.ensure_one()
        changed = self.status != status
        self.write({"status": status, **values})
        if changed:
            partner = self.user_id.partner_id
            news = {"partner_id": partner.id, "im_status": status}
            partner._bus_send("bus.bus/im_status_updated", news, subchannel="presence")

    def _status_now(self):
        """{user id: status}: of what was said last, and how long ago."""
        limit = fields.Datetime.now() - DISCONNECTED_AFTER
        return {
            presence.user_id.id: presence.status if presence.last_poll and presence.last_poll > limit else "offline"
            for presence in self
        }

    @api.autovacuum
    def _gc_bus_presence(self):
        self.search([("user_id.active", "=", False)]).unlink()
