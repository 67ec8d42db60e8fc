"""From which devices users are logged in."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.http.current import request
from fondaco.sql.fragment import SQL

from .res_users_identity import check_identity


class ResDeviceLog(models.Model):
    _name = "res.device.log"
    _description = "Device Log"
    _rec_names_search = ["platform", "browser"]

    session_identifier = fields.Char(string="Session Identifier", required=True, index="btree")
    platform = fields.Char(string="Platform")
    browser = fields.Char(string="Browser")
    ip_address = fields.Char(string="IP Address")
    country = fields.Char(string="Country")
    city = fields.Char(string="City")
    device_type = fields.Selection(selection=[("computer", "Computer"), ("mobile", "Mobile")], string="Device Type")
    user_id = fields.Many2one("res.users", string="User", index="btree")
    first_activity = fields.Datetime(string="First Activity")
    last_activity = fields.Datetime(string="Last Activity", index="btree")
    revoked = fields.Boolean(string="Revoked")
    is_current = fields.Boolean(string="Current Device", compute="_compute_is_current")
    linked_ip_addresses = fields.Text(string="Linked IP address", compute="_compute_linked_ip_addresses")

    def init(self):
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS %s ON %s"
                " (user_id, session_identifier, platform, browser, last_activity, id)"
                " WHERE revoked IS NOT TRUE",
                SQL.identifier(f"{self._table}__composite_idx"),
                SQL.identifier(self._table),
            )
        )

    def _compute_display_name(self):
        for device in self:
            platform, browser = device.platform or _("Unknown"), device.browser or _("Unknown")
            device.display_name = f"{platform.capitalize()} {browser.capitalize()}"

    def _compute_is_current(self):
        for device in self:
            session = device.session_identifier
            device.is_current = bool(request and session) and request.session.sid.startswith(session)

    def _compute_linked_ip_addresses(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT session_identifier, platform, browser, array_agg(DISTINCT ip_address) FROM res_device_log"
                " WHERE session_identifier = ANY(%s) GROUP BY 1, 2, 3",
                [session for session in self.mapped("session_identifier") if session],
            )
        )
        found = {(session, platform, browser): addresses for session, platform, browser, addresses in rows}
        for device in self:
            addresses = found.get((device.session_identifier, device.platform or None, device.browser or None), [])
            device.linked_ip_addresses = "\n".join(address for address in addresses if address)

    @api.model
    def _update_device(self, request):
        """Note that the session of a request is in use; its trace says which lines are new."""
        trace = request.session.update_trace(request)
        if not trace:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO res_device_log (session_identifier, platform, browser, ip_address, device_type, user_id,
                                            first_activity, last_activity, revoked)
                VALUES (%s, %s, %s, %s, %s, %s,
                        to_timestamp(%s) AT TIME ZONE 'UTC', to_timestamp(%s) AT TIME ZONE 'UTC', false)
                """,
                request.session.sid[:42],
                trace["platform"],
                trace["browser"],
                trace["ip_address"],
                "mobile"
                if (trace["platform"] or "").lower() in ("android", "iphone", "ipad", "blackberry")
                else "computer",
                self.env.uid,
                trace["first_activity"],
                trace["last_activity"],
            )
        )

    @api.autovacuum
    def _gc_device_log(self):
        """Of the lines of one device only the last one stays."""
        self.env.cr.execute(
            """
            DELETE FROM res_device_log old
             USING res_device_log new
             WHERE old.session_identifier = new.session_identifier AND old.platform IS NOT DISTINCT FROM new.platform
               AND old.browser IS NOT DISTINCT FROM new.browser AND old.ip_address IS NOT DISTINCT FROM new.ip_address
               AND old.last_activity < new.last_activity
            """
        )


class ResDevice(models.Model):
    _name = "res.device"
    _inherit = ["res.device.log"]
    _description = "Devices"
    _auto = False
    _log_access = True  # the lines behind the view are logged

    @check_identity
    def revoke(self):
        return self._revoke()

    def _revoke(self):
        """End the sessions of the devices."""
        lines = (
            self.env["res.device.log"].sudo().search([("session_identifier", "in", self.mapped("session_identifier"))])
        )
        if request:
            request.app.session_store.delete_from_identifiers(list(set(lines.mapped("session_identifier"))))
        revoking_own = bool(self.filtered("is_current"))
        lines.write({"revoked": True})
        if revoking_own and request:
            request.session.logout()

    def init(self):
        """The newest line of each device that is not revoked."""
        self.env.cr.execute("DROP VIEW IF EXISTS res_device")
        self.env.cr.execute(
            """
            CREATE VIEW res_device AS
            SELECT DISTINCT ON (user_id, session_identifier, platform, browser)
                   id, session_identifier, platform, browser, ip_address, country, city, device_type, user_id,
                   first_activity, last_activity, revoked, create_uid, create_date, write_uid, write_date
              FROM res_device_log
             WHERE revoked IS NOT TRUE
             ORDER BY user_id, session_identifier, platform, browser, last_activity DESC, id DESC
            """
        )
