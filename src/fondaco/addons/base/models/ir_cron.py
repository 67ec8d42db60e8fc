"""Which jobs run by themselves, how often, and what is asked for between: the running itself is fondaco.cron's."""

from __future__ import annotations

import logging
import math
import time
from datetime import datetime, timedelta

from fondaco.addon import _, api, fields, models
from fondaco.cron import lease
from fondaco.errors import LockError, UserError
from fondaco.server import deadlines
from fondaco.sql.announcing import WORK
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(__name__)


def time_left():
    """Seconds until the work of this thread is ended."""
    work = deadlines.current()
    if work is None or not work.limits.real_s:
        return math.inf
    return max(0.0, work.began + work.limits.real_s - time.monotonic())


TRIGGER_KEPT_DAYS = 7
PROGRESS_KEPT_DAYS = 7
VACUUM_BATCH = 100_000


class IrCron(models.Model):
    _name = "ir.cron"
    _description = "Scheduled Actions"
    _order = "cron_name"
    _sql_constraints = [
        (
            "check_strictly_positive_interval",
            "CHECK(interval_number > 0)",
            "Between two runs lies at least one hour, day or what was chosen.",
        ),
    ]

    ir_actions_server_id = fields.Many2one(
        "ir.actions.server",
        string="Server action",
        required=True,
        delegate=True,
        auto_join=True,
    )
    cron_name = fields.Char(string="Name", compute="_compute_cron_name", store=True)
    user_id = fields.Many2one("res.users", string="Scheduler User", required=True, default=lambda self: self.env.user)
    active = fields.Boolean(string="Active", default=True)
    interval_number = fields.Integer(string="Interval Number", required=True, default=1)
    interval_type = fields.Selection(
        selection=[
            ("minutes", "Minutes"),
            ("hours", "Hours"),
            ("days", "Days"),
            ("weeks", "Weeks"),
            ("months", "Months"),
        ],
        string="Interval Unit",
        required=True,
        default="months",
    )
    nextcall = fields.Datetime(string="Next Execution Date", required=True, default=fields.Datetime.now)
    lastcall = fields.Datetime(string="Last Execution Date")
    priority = fields.Integer(string="Priority", default=5)
    failure_count = fields.Integer(string="Failure Count", default=0)
    first_failure_date = fields.Datetime(string="First Failure Date")

    _allow_sudo_commands = False

    @api.depends("ir_actions_server_id.name")
    def _compute_cron_name(self):
        for job in self:
            job.cron_name = job.with_context(lang="en_US").ir_actions_server_id.name

    @api.model
    def default_get(self, fields_list):
        if not self.env.context.get("default_state"):
            self = self.with_context(default_state="code")
        return super().default_get(fields_list)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["usage"] = "ir_cron"
        self._announce_after_commit()
        return super().create(vals_list)

    def write(self, vals):
        self._lock()
        if ("nextcall" in vals or vals.get("active")) and not self.env.context.get("cron_settling"):
            self._announce_after_commit()
        return super().write(vals)

    def unlink(self):
        self._lock()
        actions = self.ir_actions_server_id
        done = super().unlink()
        actions.sudo().exists().unlink()
        return done

    def init(self):
        lease.set_up(self.env.cr)

    def _lock(self):
        """Refuse to change a job that is running; the running job itself may."""
        if not self.ids:
            return
        if set(lease.held(self.env.cr, self.ids)) - {self.env.context.get("cron_id")}:
            raise UserError(_("The action is at work: change it when it is done."))
        rows = self.env.execute_query(
            SQL("SELECT id FROM ir_cron WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED", list(self.ids))
        )
        if len(rows) < len(set(self.ids)):
            raise UserError(_("The action is at work: change it when it is done."))

    def try_write(self, values):
        """Write unless a job is running; whether it was done."""
        try:
            with self.env.cr.savepoint():
                return self.write(values)
        except (UserError, LockError):
            return False

    # -- running --------------------------------------------------------------------------------------------------

    def method_direct_trigger(self):
        """Run the jobs now, in this transaction."""
        self.check_access("write")
        self._lock()
        for job in self:
            _logger.info("job run by hand name=%s uid=%s", job.cron_name, self.env.uid)
            started = fields.Datetime.now()
            job._add_progress()
            job.with_user(job.user_id).with_context({"lastcall": job.lastcall, "cron_id": job.id})._run_action()
            self.env.flush_all()
            job.with_context(cron_settling=True).lastcall = started
        return True

    def _run_action(self):
        """Carry out the server action behind the job."""
        self.ensure_one()
        return self.ir_actions_server_id.run()

    def _callback(self, cron_name, server_action_id):
        """Carry out a job's action in the name of its user."""
        self.env["ir.actions.server"].browse(server_action_id).run()
        self.env.flush_all()

    @api.model
    def toggle(self, model, domain):
        """Switch the jobs on if records of a model satisfy a domain, else off."""
        active = bool(self.env[model].search_count(domain))
        return self.try_write({"active": active})

    def _trigger(self, at=None):
        """Ask for the job to run at once, or at the given moments (naive UTC)."""
        if at is None:
            moments = [fields.Datetime.now()]
        elif isinstance(at, datetime):
            moments = [at]
        else:
            moments = list(at)
        return self._trigger_list(moments)

    def _trigger_list(self, at_list):
        self.ensure_one()
        now = fields.Datetime.now()
        if not self.sudo().active:
            at_list = [at for at in at_list if at > now]
        if not at_list:
            return self.env["ir.cron.trigger"]
        self._announce_after_commit()
        return self.env["ir.cron.trigger"].sudo().create([{"cron_id": self.id, "call_at": at} for at in at_list])

    @api.model
    def _announce_after_commit(self):
        """Wake the workers once this transaction is committed."""
        announcer, dbname = self.env.registry.pools.announcer, self.env.cr.dbname
        self.env.cr.postcommit.add(lambda: announcer.tell(WORK, dbname))

    def _add_progress(self, *, timed_out_counter=None):
        """A row in which the running job tells how far it is; answers (job with it in the context, row)."""
        progress = (
            self.env["ir.cron.progress"]
            .sudo()
            .create(
                {
                    "cron_id": self.id,
                    "remaining": 0,
                    "done": 0,
                    "timed_out_counter": 0 if timed_out_counter is None else timed_out_counter + 1,
                }
            )
        )
        return self.with_context(ir_cron_progress_id=progress.id), progress

    @api.model
    def _notify_progress(self, *, done, remaining, deactivate=False):
        """Tell how much of the running job is done; `remaining` > 0 makes it run again soon."""
        progress_id = self.env.context.get("ir_cron_progress_id")
        if not progress_id:
            return
        if done < 0 or remaining < 0:
            raise ValueError(f"ir.cron: progress needs done and remaining >= 0, got done={done}, remaining={remaining}")
        self.env["ir.cron.progress"].sudo().browse(progress_id).write(
            {"remaining": remaining, "done": done, "deactivate": deactivate}
        )

    @api.model
    def _commit_progress(self, processed=0, *, remaining=None, deactivate=False):
        """A part of the running job is done: keep it whatever happens to the rest. `processed` counts from the last
        call; answers how many seconds the job has left (infinite outside of a job)."""
        progress = self.env["ir.cron.progress"].sudo().browse(self.env.context.get("ir_cron_progress_id") or [])
        if progress:
            left = max(0, progress.remaining - processed) if remaining is None else remaining
            self._notify_progress(done=progress.done + processed, remaining=left, deactivate=deactivate)
        self.env.cr.commit()
        return time_left()


class IrCronTrigger(models.Model):
    _name = "ir.cron.trigger"
    _description = "Triggered actions"
    _rec_name = "cron_id"

    cron_id = fields.Many2one("ir.cron", string="Cron", index=True)
    call_at = fields.Datetime(string="Call At", index=True)

    _allow_sudo_commands = False

    @api.autovacuum
    def _gc_cron_triggers(self):
        limit = fields.Datetime.now() - timedelta(days=TRIGGER_KEPT_DAYS)
        self.search([("call_at", "<", limit)], limit=VACUUM_BATCH).unlink()


class IrCronProgress(models.Model):
    _name = "ir.cron.progress"
    _description = "Progress of Scheduled Actions"
    _rec_name = "cron_id"

    cron_id = fields.Many2one("ir.cron", string="Cron", required=True, index=True, ondelete="cascade")
    remaining = fields.Integer(string="Remaining", default=0)
    done = fields.Integer(string="Done", default=0)
    deactivate = fields.Boolean(string="Deactivate")
    timed_out_counter = fields.Integer(string="Timed Out Counter", default=0)

    @api.autovacuum
    def _gc_cron_progress(self):
        limit = fields.Datetime.now() - timedelta(days=PROGRESS_KEPT_DAYS)
        self.search([("create_date", "<", limit)], limit=VACUUM_BATCH).unlink()
