"""An import as work of the server: its file becomes parts, and each part is a job that ends by asking for the next.

The rows of a part, the note that it is done and the job for the next one are one transaction. Whatever dies, the part
is imported once, and one may go away and come back.
"""

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.values.tabular import Row, csv_of

PART = 1000  # rows in a transaction
CHANNEL = "import"
TRIES = 4
SHOWN = 100  # problems told to the client; the file has them all
FEW = 5000
"""As many records are named by their ids in a domain."""
OWN = ("allowed_company_ids", "lang", "tz")
"""What of the context belongs to the import, wherever one goes on with it."""
STATES = [("draft", "Being prepared"), ("running", "Running"), ("paused", "Paused"), ("done", "Done")]


class ImportPart(models.TransientModel):
    _name = "base_import.part"
    _description = "Part of an Import"
    _order = "import_id, start"
    _transient_max_hours = 0  # it goes with its import

    import_id = fields.Many2one("base_import.import", required=True, ondelete="cascade", index=True)
    start = fields.Integer(help="The number of its first row in the file, without titles.")
    stop = fields.Integer(help="The number of the row after it.")
    rows = fields.Json(help="Its rows; when it is done, those with problems: [[number, cells, line], ...].")
    is_done = fields.Boolean()
    problems = fields.Json(help="[[number of the row, field, sentence, line], ...]")
    record_ids = fields.Json(help="What came of it.")


class BaseImport(models.TransientModel):
    _inherit = "base_import.import"

    state = fields.Selection(STATES, default="draft", required=True)
    is_trial = fields.Boolean()
    skips_faulty = fields.Boolean(help="Rows with problems are left out; otherwise the import pauses at them.")
    plan = fields.Json(
        help="What the job is to do: fields, columns, options, context; the title that the client shows."
    )
    row_count = fields.Integer()
    faulty_count = fields.Integer(help="Rows with problems.")
    started = fields.Datetime()
    part_ids = fields.One2many("base_import.part", "import_id")
    # its user is told how the job went: he is not to name somebody else's
    job_id = fields.Many2one("ir.job", ondelete="set null", groups="base.group_system")

    # -- what people do -----------------------------------------------------------------------------------------------
    def start_import(self, fields, columns, options, *, dryrun=False, skips_faulty=True, title=""):
        """Import the file in the background, or try it: every part is undone then. The answer is `import_status()`.

        skips_faulty: good rows are kept and those with problems collected; otherwise it pauses at the first part that
        has some.
        """
        self.ensure_one()
        if self.state == "running":
            raise UserError(_("This import is running."))
        if self.imported_to and not self.is_trial:
            raise UserError(_("This import has begun: let it go on, or choose the file again."))
        if not any(fields):
            raise UserError(_("Choose a field for one column at least."))
        self.part_ids.unlink()
        self.write({
            "state": "running",
            "is_trial": dryrun,
            "skips_faulty": skips_faulty or dryrun,
            "plan": {
                "fields": fields, "columns": columns, "options": options, "title": title,
                "context": {key: self.env.context[key] for key in OWN if key in self.env.context},
            },
            "row_count": 0,
            "imported_to": 0,
            "imported_count": 0,
            "faulty_count": 0,
            "started": self.env.cr.now().replace(microsecond=0),
        })  # fmt: skip
        if not dryrun:
            self._remember(fields, columns, options)
        self._put("_cut")
        return self.import_status()

    def stop_import(self):
        """Pause: the part that is on its way is undone or comes to its end, and no further one begins."""
        self.ensure_one()
        if self.state == "running":
            self.state = "paused"
            self._tell()
        return self.import_status()

    def continue_import(self, *, skips_faulty=None):
        """Go on with the first part that is not done."""
        self.ensure_one()
        if not self.plan or self.state == "done" or (self.state == "running" and not self._has_failed()):
            raise UserError(_("There is nothing to go on with: this import is done, or running, or was never begun."))
        self.state = "running"
        if skips_faulty is not None:
            self.skips_faulty = skips_faulty
        self._parts_with_problems().filtered(lambda part: not part.is_done).problems = False
        self._count_problems()
        self._put("_import_part" if self.part_ids else "_cut")
        return self.import_status()

    @api.model
    def last_import(self, model):
        """The status of this user's last import into a model that is not at its end; False if there is none."""
        unfinished = [("state", "in", ["running", "paused"]), ("is_trial", "=", False), ("plan", "!=", False)]
        found = self.search([("create_uid", "=", self.env.uid), ("res_model", "=", model), *unfinished], limit=1)
        return found.import_status() if found else False

    def import_status(self):
        """How far it is, what is wrong with which row, and what the client needs to show it."""
        self.ensure_one()
        problems = []
        for part in self._parts_with_problems():
            problems.extend(part.problems[: SHOWN - len(problems)])
            if len(problems) == SHOWN:
                break
        return {
            **self._progress(),
            "res_model": self.res_model,
            "file_name": self.file_name,
            "plan": self.plan,
            "problems": problems,
            "error": self._failure(),
        }

    def imported_domain(self):
        """A domain of what was imported: by ids, or, where these are too many, by who wrote it and when."""
        self.ensure_one()
        if self.imported_count <= FEW or not self.env[self.res_model]._log_access:
            return [("id", "in", [id_ for part in self.part_ids for id_ in part.record_ids or ()])]
        return [("write_uid", "=", self.env.uid), ("write_date", ">=", fields.Datetime.to_string(self.started))]

    # -- what jobs do -------------------------------------------------------------------------------------------------
    def _cut(self):
        """Cut the file into parts, without having all of it in memory."""
        if self.state != "running":
            return
        options = self.plan["options"]
        paths = self.plan["fields"]
        used = [index for index, path in enumerate(paths) if path]
        own = [used[place] for place in self._own_columns([paths[index] for index in used])]
        left_out = frozenset(options.get("leave_out") or ())
        rows = self._rows(dict(options))
        if options.get("has_headers"):
            next(rows, None)
        count = 0
        for part in _parts(rows, own):
            kept = [[count + place, row, row.line] for place, row in enumerate(part) if count + place not in left_out]
            values = {"import_id": self.id, "start": count, "stop": count + len(part), "rows": kept}
            self.env["base_import.part"].create(values).flush_recordset()
            self.env.invalidate_all()  # a part may be large
            count += len(part)
        self.row_count = count
        self._tell()
        self._put("_import_part")

    def _import_part(self):
        """Import the first part that is not done; a job of its own follows for the next."""
        if self.state != "running":
            return
        part = self.part_ids.search([("import_id", "=", self.id), ("is_done", "=", False)], limit=1)
        if not part:
            self.state = "done"
        elif self._work_on(part):
            self._put("_import_part")
        else:
            self.state = "paused"
        self._tell()

    def _work_on(self, part):
        """Whether the part is done."""
        paths, options = self.plan["fields"], {**self.plan["options"], "import_keeps_good_rows": self.skips_faulty}
        used = [index for index, path in enumerate(paths) if path]
        savepoint = self.env.cr.savepoint()
        result, _data = self._load(part.rows, used, [paths[index] for index in used], options)
        savepoint.close(rollback=self.is_trial)
        errors = [message for message in result["messages"] if message["type"] == "error"]
        part.problems = [self._problem(message) for message in errors] or False
        if errors and not self.skips_faulty:
            self._count_problems()
            return False
        faulty = {number for message in errors if message.get("rows") for number in _lines(message)}
        ids = [] if self.is_trial else result["ids"]
        part.write({
            "is_done": True, "record_ids": ids, "rows": [row for row in part.rows if row[0] in faulty],
        })  # fmt: skip
        self.write({
            "imported_to": part.stop,
            "imported_count": self.imported_count + len(ids),
            "faulty_count": self.faulty_count + len(faulty),
        })  # fmt: skip
        return True

    def _problem(self, message):
        """[number of the row, what the column is, sentence, its line where empty ones stand above it]."""
        path = message.get("field_path") or [message.get("field") or ""]
        number = message["rows"]["from"] if message.get("rows") else None
        return [number, "/".join(path), message["message"], message.get("line")]

    def _count_problems(self):
        """Parts that are not done have told theirs anew."""
        self.faulty_count = len({problem[0] for part in self._parts_with_problems() for problem in part.problems})

    def _parts_with_problems(self):
        """Not all of them: each has its rows."""
        return self.env["base_import.part"].search([("import_id", "=", self.id), ("problems", "!=", False)])

    def _put(self, method):
        """The job for the next step, one at a time; in the company and language of the beginning, also when one goes on
        from elsewhere."""
        context = dict(self.env.context)
        if "context" in self.plan:  # an import that was begun by earlier code noted none
            context = {key: value for key, value in context.items() if key not in OWN} | self.plan["context"]
        later = self.with_context(context).in_background(
            channel=CHANNEL, identity=f"base_import {self.id}", tries=TRIES
        )
        self.sudo().job_id = getattr(later, method)().id

    # -- how far it is ------------------------------------------------------------------------------------------------
    def _progress(self):
        has_failed = self.state == "running" and self._has_failed()
        return {
            "id": self.id,
            "state": "failed" if has_failed else self.state,
            "is_trial": self.is_trial,
            "is_waiting": self.state == "running" and self.sudo().job_id.state == "waiting" and not self.imported_to,
            "skips_faulty": self.skips_faulty,
            "rows": self.row_count,
            "at": self.imported_to,
            "imported": self.imported_count,
            "faulty": self.faulty_count,
        }

    def _tell(self):
        """The client of whoever imports is told when this transaction is committed."""
        self.env.user._bus_send("base_import/progress", self._progress())

    def _has_failed(self):
        return self.sudo().job_id.state in ("failed", "cancelled")

    def _failure(self):
        """What stopped the job, in a sentence; its traceback is with the job."""
        if self.state != "running" or not self._has_failed():
            return ""
        return _("The server could not go on with this import: %s", self.sudo().job_id.told())

    # -- rows with problems -------------------------------------------------------------------------------------------
    def faulty_file(self):
        """A CSV file of the rows with problems, of all parts that are through, with a last column that says why."""
        self.ensure_one()
        return csv_of([*self._titles(), _("Problem")], self._faulty())

    def _titles(self):
        return self.plan["columns"]

    def _faulty(self):
        width = len(self._titles())
        for part in self._parts_with_problems():
            told = {}
            for number, field, sentence, *_line in part.problems:
                told.setdefault(number, []).append(f"{field}: {sentence}" if field else sentence)
            for number, row, *_line in part.rows:
                if number in told:
                    yield [*(row[index] if index < len(row) else "" for index in range(width)), " ".join(told[number])]


def _parts(rows, own):
    """Lists of rows. A part ends where a record ends: rows that fill none of the `own` columns are lines of the record
    above."""
    part = []
    for row in rows:
        row = Row((cell.replace("\0", "") for cell in row), row.line)  # PostgreSQL has no place for it
        if len(part) >= PART and (not own or any(index < len(row) and row[index] for index in own)):
            yield part
            part = []
        part.append(row)
    if part:
        yield part


def _lines(message):
    return range(message["rows"]["from"], message["rows"]["to"] + 1)
