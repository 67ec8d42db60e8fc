"""Who blocks whom: the sessions of PostgreSQL on this database, as administrators see and end them."""

from __future__ import annotations

import logging

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessError
from fondaco.server import telling
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Postponed

locks, works_of = Postponed("fondaco.sql.locks"), Postponed("fondaco.monitoring.works")

_logger = logging.getLogger(__name__)

STATES = [
    ("active", "At work"),
    ("idle in transaction", "Transaction open, idle"),
    ("idle in transaction (aborted)", "Transaction failed, idle"),
    ("fastpath function call", "At work (function)"),
    ("disabled", "Unknown"),
]


class IrLock(models.Model):
    """There is no table: each look asks PostgreSQL."""

    _name = "ir.lock"
    _description = "Database Session"
    _auto = False
    _log_access = False
    _order = "transaction_s desc, id"
    _rec_name = "work"

    state = fields.Selection(selection=STATES, string="State", readonly=True)
    transaction_s = fields.Float(string="Transaction (s)", readonly=True, digits=(16, 1), aggregator=None)
    statement_s = fields.Float(string="Statement or Pause (s)", readonly=True, digits=(16, 1), aggregator=None)
    waits_for = fields.Char(string="Waits for", readonly=True)
    is_waiting = fields.Boolean(string="Waits", readonly=True)
    blocked_by = fields.Char(string="Blocked by Session", readonly=True)
    blocking = fields.Integer(string="Keeps Waiting", readonly=True, aggregator=None)
    application = fields.Char(string="Program", readonly=True)
    work = fields.Char(string="Request or Job", compute="_compute_work")
    statement = fields.Text(string="Statement", compute="_compute_work")

    @property
    def _table_query(self):
        return SQL(
            """
            WITH session AS (
                SELECT *, CASE wait_event_type WHEN 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS blockers
                  FROM pg_stat_activity
                 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                   AND (state <> 'idle' OR xact_start IS NOT NULL)
            )
            SELECT pid AS id, state, application_name AS application,
                   round(COALESCE(extract(epoch FROM clock_timestamp() - xact_start), 0), 1) AS transaction_s,
                   round(COALESCE(extract(epoch FROM clock_timestamp() - CASE state WHEN 'active' THEN query_start
                                                                         ELSE state_change END), 0), 1) AS statement_s,
                   CASE wait_event_type WHEN 'Lock' THEN wait_event END AS waits_for,
                   cardinality(blockers) > 0 AS is_waiting,
                   array_to_string(blockers, ', ') AS blocked_by,
                   (SELECT count(*) FROM session AS other WHERE session.pid = ANY(other.blockers)) AS blocking
              FROM session
            """
        )

    def _compute_work(self):
        found = {one.pid: one for one in locks.sessions(self.env.cr, [self.env.cr.dbname])}
        works = works_of.by_session(list(found.values()), telling.read(self.env.registry.config["data_dir"]).processes)
        for record in self:
            session = found.get(record.id)
            record.work = works_of.described(works.get(record.id)) or record.application
            record.statement = session.statement if session else False

    def action_cancel(self):
        """End the statements of these sessions: what waits for them goes on, and their transactions are undone."""
        if not self.env.is_system():
            raise AccessError(_("Only administrators may end what others are at."))
        told = []
        for pid in self.ids:
            outcome = locks.cancel(self.env.cr, [self.env.cr.dbname], pid)
            _logger.warning("statement of a session is to end pid=%d by=%s outcome=%s", pid, self.env.uid, outcome.name)
            told.append(self._told(pid, outcome))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": "\n".join(told),
                "type": "info",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _told(self, pid, outcome):
        words = {
            locks.Cancelled.DONE: _("Session %s: its statement is being cancelled and its transaction undone.", pid),
            locks.Cancelled.GONE: _("Session %s has come to its end by itself.", pid),
            locks.Cancelled.FOREIGN: _("Session %s belongs to another program and is not ours to end.", pid),
            locks.Cancelled.IDLE: _(
                "Session %s runs no statement that could be cancelled: its transaction is open and idle. It ends "
                "with its request, or by the setting idle_in_transaction_session_timeout.",
                pid,
            ),
        }
        return words[outcome]
