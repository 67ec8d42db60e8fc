"""What is done after the commit, by workers: the queue as people see it. The running is fondaco.jobs'."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.jobs import queue, wire
from fondaco.sql.announcing import WORK
from fondaco.sql.fragment import SQL

DONE_KEPT_DAYS, FAILED_KEPT_DAYS = 7, 90
VACUUM_BATCH = 10_000
REFUSAL = re.compile(
    r"^fondaco\.errors\.(?:UserError|ValidationError|AccessError|MissingError): (?P<sentence>.*)\Z", re.M | re.S
)
"""The end of a traceback whose error speaks to people."""
TRACEBACK = "\nTraceback (most recent call last):\n"
STATES = [
    ("waiting", "Waiting"),
    ("running", "Running"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]


class IrJob(models.Model):
    _name = "ir.job"
    _description = "Background Job"
    _order = "id desc"

    name = fields.Char(string="Call", required=True, readonly=True)
    key = fields.Char(string="Key", required=True, readonly=True)
    model = fields.Char(string="Model", required=True, readonly=True)
    method = fields.Char(string="Method", required=True, readonly=True)
    record_ids = fields.Json(string="Records", readonly=True)
    arguments = fields.Json(string="Arguments", readonly=True)
    context = fields.Json(string="Context", readonly=True)
    user_id = fields.Many2one("res.users", string="User", required=True, readonly=True, ondelete="cascade", index=True)
    is_superuser = fields.Boolean(string="Without Access Checks", readonly=True)
    is_effect = fields.Boolean(string="Acts on the Outside", readonly=True)
    channel = fields.Char(string="Channel", required=True, readonly=True, default=queue.DEFAULT_CHANNEL)
    priority = fields.Integer(string="Priority", readonly=True, default=queue.PRIORITY, aggregator=None)
    state = fields.Selection(selection=STATES, string="State", required=True, readonly=True, index=True)
    identity_key = fields.Char(string="Identity", readonly=True)
    eta = fields.Datetime(string="Not Before", readonly=True)
    tries = fields.Integer(string="Tries", readonly=True, aggregator=None)
    most_tries = fields.Integer(string="Most Tries", readonly=True, aggregator=None)
    started = fields.Datetime(string="Started", readonly=True)
    ended = fields.Datetime(string="Ended", readonly=True)
    result = fields.Text(string="Result", readonly=True)
    error = fields.Text(string="Error", readonly=True)

    _allow_sudo_commands = False

    def init(self):
        queue.set_up(self.env.cr)

    @api.private
    def told(self):
        """Why this job failed, for whoever waits for it: the sentence of a refusal, else where the reason is found."""
        # of a chain of errors the last one is the reason
        refusal = REFUSAL.search((self.error or "").rpartition(TRACEBACK)[2])
        if refusal:
            return refusal["sentence"].strip()
        if not self.error:
            return _("its job was cancelled.")
        return _(
            "an error that nobody expected. If it happens again, tell whoever looks after the system the number of its "
            "job: %s.",
            self.id,
        )

    # -- asking for jobs ------------------------------------------------------------------------------------------

    @api.private
    @api.model
    def put(self, call):
        """The job of a `queue.Call`: it is there if this transaction is committed, and begins after that."""
        job_id = queue.put(self.env.cr, call)
        self._announce_after_commit()
        return self.browse(job_id).with_context(prefetch_fields=False)

    @api.model
    def _announce_after_commit(self):
        announcer, dbname = self.env.registry.pools.announcer, self.env.cr.dbname
        self.env.cr.postcommit.add(lambda: announcer.tell(WORK, dbname))

    # -- what people do with them ---------------------------------------------------------------------------------

    def action_retry(self):
        """Let jobs that failed or were cancelled wait for their turn again, with all their tries."""
        self._check_administrator()
        query = SQL(
            """
            UPDATE ir_job AS job
               SET state = 'waiting', tries = 0, eta = %(now)s, error = NULL, ended = NULL
             WHERE id = ANY(%(ids)s) AND state IN ('failed', 'cancelled')
               AND (
                   is_effect
                   OR NOT EXISTS (SELECT FROM ir_job AS other WHERE other.identity_key = job.identity_key
                                     AND other.state = 'waiting' AND NOT other.is_effect)
               )
            RETURNING id
            """,
            now=queue.NOW,
            ids=list(self.ids),
        )
        self._changed_by(query, _("Only jobs that failed or were cancelled can be run again, if none like them waits."))

    def action_run_now(self):
        """Do not wait any longer: the job is next as soon as its channel and a worker are free."""
        self._check_administrator()
        query = SQL(
            "UPDATE ir_job SET eta = %s, priority = 0 WHERE id = ANY(%s) AND state = 'waiting' RETURNING id",
            queue.NOW,
            list(self.ids),
        )
        self._changed_by(query, _("Only jobs that wait can be hurried."))

    def action_cancel(self):
        """Do not run the jobs; what one that runs has done so far is undone, unless it acts on the outside."""
        self._check_administrator()
        query = SQL(
            """
            UPDATE ir_job SET state = 'cancelled', ended = %s
             WHERE id = ANY(%s) AND (state IN ('waiting', 'failed') OR state = 'running' AND NOT is_effect)
            RETURNING id
            """,
            queue.NOW,
            list(self.ids),
        )
        self._changed_by(query, _("These jobs are done, or they are acting on the outside at this moment."))

    def _check_administrator(self):
        self.browse().check_access("unlink")

    def _changed_by(self, query, refusal):
        """Carry out the statement on the jobs; refuse if it finds none of them."""
        self.flush_recordset()
        if not self.env.execute_query(query):
            raise UserError(refusal)
        self.invalidate_recordset()
        self._announce_after_commit()

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_running(self):
        if any(job.state == "running" for job in self):
            raise UserError(_("A job that runs cannot be deleted: cancel it first."))

    @api.autovacuum
    def _gc_jobs(self):
        now = fields.Datetime.now()
        self.search(
            [
                "|",
                "&", ("state", "in", ["done", "cancelled"]), ("ended", "<", now - timedelta(days=DONE_KEPT_DAYS)),
                "&", ("state", "=", "failed"), ("ended", "<", now - timedelta(days=FAILED_KEPT_DAYS)),
            ],
            limit=VACUUM_BATCH,
        ).unlink()  # fmt: skip


class IrJobChannel(models.Model):
    _name = "ir.job.channel"
    _description = "Background Job Channel"
    _order = "name"
    _sql_constraints = [
        ("name_unique", "UNIQUE(name)", "There is a channel of this name already."),
        ("capacity_positive", "CHECK(capacity >= 0)", "A capacity is 0 (no limit) or more."),
    ]

    name = fields.Char(string="Name", required=True)
    capacity = fields.Integer(string="Jobs at a Time", default=1, required=True)
    is_paused = fields.Boolean(string="Paused", default=False)

    @api.model_create_multi
    def create(self, vals_list):
        self.env["ir.job"]._announce_after_commit()
        return super().create(vals_list)

    def write(self, vals):
        self.env["ir.job"]._announce_after_commit()
        return super().write(vals)

    def unlink(self):
        self.env["ir.job"]._announce_after_commit()
        return super().unlink()


class Later:
    """Records whose methods are not called but put into the queue: any of them, with what a job can be given."""

    def __init__(self, records, options):
        self._records, self._options = records, options

    def __repr__(self):
        return f"<Later {self._records!r}>"

    def __getattr__(self, method):
        if method.startswith("__") or not callable(getattr(type(self._records), method, None)):
            raise AttributeError(f"{self._records._name}: no method {method!r} that a job could call")

        def put(*args, **kwargs):
            records = self._records
            place = f"{records._name}.{method}"
            arguments = {
                "args": wire.encoded(args, f"{place}: args"),
                "kwargs": wire.encoded(kwargs, f"{place}: kwargs"),
            }
            ids = wire.saved_ids(records, place)
            call = queue.Call(
                name=f"{records._name}({', '.join(map(str, ids[:5]))}{', ...' if ids[5:] else ''}).{method}",
                model=records._name,
                method=method,
                record_ids=ids,
                arguments=arguments,
                context=wire.context_of(records.env),
                user_id=records.env.uid,
                is_superuser=records.env.su,
                **self._options,
            )
            return records.env["ir.job"].sudo().put(call)

        return put


class Base(models.AbstractModel):
    _inherit = "base"

    @api.private
    def in_background(self, *, channel=None, priority=None, delay=None, at=None, identity=None, tries=None):
        """These records, with methods that are called later: `records.in_background().recompute(2026)`.

        The call waits in the transaction: committed with it, undone with it. It is carried out after the commit, as
        this user and in this context, in a transaction that also notes that it is done, so its effect on the database
        is there once. The answer is the job (`ir.job`).

        channel: jobs of a channel share its capacity. priority: lower comes first. delay: seconds or a timedelta;
        at: a moment, naive UTC. identity: while a job with this text waits, no second one is put. tries: after so
        many failures the job is left for a person to look at.
        """
        return Later(self, _options(False, channel, priority, delay, at, identity, tries))

    @api.private
    def outside(self, *, channel=None, priority=None, delay=None, at=None, identity=None, tries=None):
        """The same for what acts on the outside (mail, calls of other programs) and cannot be undone.

        The method prepares: it reads what it needs and answers a function without parameters, which is called when the
        transaction is over. It happens at least once; `env.context["job_key"]` is the same each time, for the other
        side to know it by. identity: of one there is one job, whether it waits or is done.
        """
        return Later(self, _options(True, channel, priority, delay, at, identity, tries))


def _options(is_effect, channel, priority, delay, at, identity, tries):
    if delay is not None and at is not None:
        raise ValueError("a job is given delay or at, not both")
    if delay is not None:
        seconds = delay.total_seconds() if isinstance(delay, timedelta) else float(delay)
        at = datetime.utcnow() + timedelta(seconds=seconds)
    return {
        "is_effect": is_effect,
        "channel": channel or queue.DEFAULT_CHANNEL,
        "priority": queue.PRIORITY if priority is None else int(priority),
        "eta": at,
        "identity": identity or None,
        "tries": int(tries or (queue.EFFECT_TRIES if is_effect else queue.WORK_TRIES)),
    }
