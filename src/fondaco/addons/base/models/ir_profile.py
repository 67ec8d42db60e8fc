"""What a profiled request did: its stacks and statements."""

from __future__ import annotations

import datetime

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError

KEPT_DAYS = 30


class IrProfile(models.Model):
    _name = "ir.profile"
    _description = "Profiling results"
    _order = "session desc, id desc"
    _log_access = False

    create_date = fields.Datetime(string="Creation Date")
    session = fields.Char(string="Session", index=True)
    name = fields.Char(string="Description")
    duration = fields.Float(string="Duration")
    init_stack_trace = fields.Text(string="Initial stack trace")
    sql = fields.Text(string="Sql")
    sql_count = fields.Integer(string="Queries Count")
    traces_async = fields.Text(string="Traces Async")
    traces_sync = fields.Text(string="Traces Sync")
    qweb = fields.Text(string="Qweb")
    entry_count = fields.Integer(string="Entry count")
    speedscope = fields.Binary(string="Speedscope", compute="_compute_speedscope")
    speedscope_url = fields.Text(string="Open", compute="_compute_speedscope_url")

    @api.depends()
    def _compute_speedscope(self):
        for profile in self:
            profile.speedscope = False

    @api.depends()
    def _compute_speedscope_url(self):
        for profile in self:
            profile.speedscope_url = f"/web/speedscope/{profile.id}" if profile.id else False

    @api.autovacuum
    def _gc_profile(self):
        limit = fields.Datetime.now() - datetime.timedelta(days=KEPT_DAYS)
        return self.sudo().search([("create_date", "<", limit)]).unlink()

    def _enabled_until(self):
        """Until when profiling is allowed, as text; None when it is not."""
        limit = self.env["ir.config_parameter"].sudo().get_param("base.profiling_enabled_until", "")
        return limit if str(fields.Datetime.now()) < limit else None

    @api.model
    def set_profiling(self, profile=None, collectors=None, params=None):
        """Switch profiling of the session on or off; a wizard when it is not allowed at present."""
        limit = self._enabled_until()
        if profile and not limit:
            if self.env.user._is_system():
                return {
                    "type": "ir.actions.act_window",
                    "view_mode": "form",
                    "res_model": "base.enable.profiling.wizard",
                    "target": "new",
                    "views": [[False, "form"]],
                }
            raise UserError(_("Profiling is off: ask an administrator."))
        return {"session": bool(profile), "collectors": collectors or [], "params": params or {}}


class EnableProfilingWizard(models.TransientModel):
    _name = "base.enable.profiling.wizard"
    _description = "Enable profiling for some time"

    duration = fields.Selection(
        selection=[
            ("minutes_5", "5 Minutes"),
            ("hours_1", "1 Hour"),
            ("days_1", "1 Day"),
            ("months_1", "1 Month"),
        ],
        string="Enable profiling for",
    )
    expiration = fields.Datetime(
        string="Enable profiling until",
        compute="_compute_expiration",
        store=True,
        readonly=False,
    )

    @api.depends("duration")
    def _compute_expiration(self):
        for wizard in self:
            unit, _sep, amount = (wizard.duration or "days_0").partition("_")
            days = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "months": 30}[unit] * int(amount)
            wizard.expiration = fields.Datetime.now() + datetime.timedelta(days=days)

    def submit(self):
        self.env["ir.config_parameter"].set_param("base.profiling_enabled_until", self.expiration)
        return False
