"""The go-live checklist as administrators see it: what each check saw last, the runs so far, and another one."""

from __future__ import annotations

import datetime
import logging

import orjson

from fondaco import VERSION
from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessError, UserError
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Deferred

# A start loads no check: they are wanted when somebody looks.
history, run = Deferred("fondaco.checks.history"), Deferred("fondaco.checks.run")
state = Deferred("fondaco.backup.state")
sites, table = Deferred("fondaco.checks.site"), Deferred("fondaco.checks.table")

_logger = logging.getLogger(__name__)

VERDICTS = [
    ("FAIL", "Mend before going live"),
    ("WARN", "To be decided"),
    ("PASS", "Holds"),
    ("SKIP", "Nothing to see"),
]
RESULTS_OF_A_RUN = 1000
"""The id of a result is the number of its run times this, and its place in it"""
OUTSIDE = "outside"
"""The area that asks the public address; a server that asks itself would not see what others see."""


def runs_for(env):
    """The runs that this database may see, oldest first. What they tell is of the machine, so tenants see none."""
    config = env.registry.config
    is_open = config["db_name"] == [env.cr.dbname] or env.cr.dbname in config["checklist_databases"]
    return [line for line in history.past(config) if "number" in line] if is_open else None


class IrCheckRun(models.Model):
    """There is no table: each look reads the history that `fondaco check` keeps."""

    _name = "ir.check.run"
    _description = "Run of the Checklist"
    _auto = False
    _log_access = False
    _order = "id desc"
    _rec_name = "moment"

    moment = fields.Datetime(string="When", readonly=True)
    version = fields.Char(string="Version", readonly=True)
    settings = fields.Char(string="Mark of the Settings", readonly=True)
    failed = fields.Integer(string="FAIL", readonly=True, aggregator=None)
    warned = fields.Integer(string="WARN", readonly=True, aggregator=None)
    passed = fields.Integer(string="PASS", readonly=True, aggregator=None)
    skipped = fields.Integer(string="SKIP", readonly=True, aggregator=None)
    result_ids = fields.One2many("ir.check.result", "run_id", string="Results", readonly=True)

    @property
    def _table_query(self):
        rows = [{key: line[key] for key in line if key not in ("checks", "wrong")} for line in runs_for(self.env) or ()]
        return SQL(
            """
            SELECT number AS id, at::timestamptz AT TIME ZONE 'UTC' AS moment, version, settings,
                   "FAIL" AS failed, "WARN" AS warned, "PASS" AS passed, "SKIP" AS skipped
              FROM json_to_recordset(%s::json)
                   AS run(number int, at text, version text, settings text,
                          "FAIL" int, "WARN" int, "PASS" int, "SKIP" int)
            """,
            orjson.dumps(rows).decode(),
        )


class IrCheckResult(models.Model):
    """What one check saw in one run."""

    closed_to_code = frozenset({"_site"})
    _name = "ir.check.result"
    _description = "Result of a Check"
    _auto = False
    _log_access = False
    _order = "run_id desc, place, id"
    _rec_name = "check_id"

    run_id = fields.Many2one("ir.check.run", string="Run of the Checklist", readonly=True)
    moment = fields.Datetime(string="When", readonly=True)
    place = fields.Integer(string="Place", readonly=True, aggregator=None)
    check_id = fields.Char(string="Check", readonly=True)
    area = fields.Char(string="Area", readonly=True)
    verdict = fields.Selection(selection=VERDICTS, string="Verdict", readonly=True)
    evidence = fields.Text(string="Evidence", readonly=True)
    next_step = fields.Text(string="Next Step", readonly=True)
    is_latest = fields.Boolean(string="Latest", readonly=True)
    title = fields.Char(string="What Must Hold", compute="_compute_words")
    why = fields.Text(string="Why", compute="_compute_words")

    @property
    def _table_query(self):
        places = {check.id: place for place, check in enumerate(table.CHECKS)}
        rows = [
            {**result, "run": line["number"], "at": line["at"], "place": places[result["id"]]}
            for line in runs_for(self.env) or ()
            for result in line["checks"]
            if result["id"] in places
        ]
        return SQL(
            """
            SELECT run * %s + place AS id, run AS run_id, at::timestamptz AT TIME ZONE 'UTC' AS moment, place,
                   result.id AS check_id, split_part(result.id, '.', 1) AS area, verdict, evidence, next AS next_step,
                   row_number() OVER (PARTITION BY result.id ORDER BY run DESC) = 1 AS is_latest
              FROM json_to_recordset(%s::json)
                   AS result(run int, at text, place int, id text, verdict text, evidence text, next text)
            """,
            RESULTS_OF_A_RUN,
            orjson.dumps(rows).decode(),
        )

    @api.depends("check_id")
    def _compute_words(self):
        for record in self:
            check = table.BY_ID.get(record.check_id)
            record.title, record.why = (check.title, check.why) if check else (False, False)

    def action_run(self):
        """Look at everything again but from outside; what came of it is remembered as that of `fondaco check` is."""
        if not self.env.is_system():
            raise AccessError(_("Only administrators go through the checklist."))
        if runs_for(self.env) is None:
            raise UserError(
                _(
                    "This server has other databases besides, and the checklist tells of all of them. "
                    "Its operator goes through it with fondaco check, and may name this database in the "
                    "setting checklist_databases."
                )
            )
        site = self._site()
        results = list(run.run(site, [check for check in table.CHECKS if check.area != OUTSIDE]))
        try:
            history.remember(site, results, VERSION)
        except OSError as error:
            _logger.warning("checklist not remembered reason=%s", error)
            raise UserError(_("What was seen could not be written down: %s", error)) from error
        _logger.info("checklist done by=%s", self.env.uid)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _site(self):
        config = self.env.registry.config
        return sites.Site(
            config=config,
            now=datetime.datetime.now(datetime.UTC),
            proxy=sites.usual_proxy(),
            pooler_file=sites.usual_pooler(config),
            backup_state=state.read(config) if config["backup_repository"] else None,
            pools=self.env.registry.pools,
        )
