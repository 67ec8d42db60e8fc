"""Records become a file: at once, for a request that waits, or by a job, for one who is told when it is there."""

import io
import json
import tempfile
from typing import NamedTuple

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError
from fondaco.storage.incoming import Incoming
from fondaco.values.tabular import write_csv

from .export_groups import rows_of, write_grouped_workbook, write_workbook

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv;charset=utf8",
}
CHANNEL = "export"
TRIES = 3
HEAD = 4096  # bytes that tell the type


class Wanted(NamedTuple):
    """What the client asks for."""

    model: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    ids: tuple[int, ...]
    domain: list
    groupby: tuple[str, ...]
    is_compatible: bool
    context: dict

    @classmethod
    def of(cls, data):
        """From the JSON of the form. `KeyError` names what is missing."""
        values = json.loads(data)
        return cls(
            model=values["model"],
            names=tuple(field["name"] for field in values["fields"]),
            labels=tuple((field.get("label") or field["name"]).strip() for field in values["fields"]),
            ids=tuple(values.get("ids") or ()),
            domain=values.get("domain") or [],
            groupby=tuple(values.get("groupby") or ()),
            is_compatible=bool(values.get("import_compat", True)),
            context=values.get("context") or {},
        )

    @property
    def titles(self):
        """The names of the fields where the file is to be imported again, else what people call them."""
        return self.names if self.is_compatible else self.labels

    def records(self, env):
        """The records in the order of their model."""
        model = env[self.model].with_context(**self.context, import_compat=self.is_compatible)
        return model.browse(self.ids) if self.ids else model.search(self.domain)


def exported(env, wanted, kind):
    """(name, file): the file is on the disk, at its beginning, and goes when it is closed."""
    if wanted.groupby and kind == "csv":
        raise UserError(_("A CSV file has no groups: export as XLSX, or without groups."))
    records = wanted.records(env)
    description = env["ir.model"].sudo()._get(wanted.model).name or wanted.model
    file = tempfile.TemporaryFile(prefix="fondaco-export-")  # noqa: SIM115 - whoever sends it closes it
    try:
        if kind == "csv":
            text = io.TextIOWrapper(file, "utf-8", newline="")
            write_csv(text, wanted.titles, rows_of(records, wanted.names))
            text.flush()
            text.detach()
        elif wanted.groupby:
            write_grouped_workbook(file, records, wanted)
        else:
            write_workbook(file, wanted.titles, rows_of(records, wanted.names))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return f"{description} ({wanted.model}).{kind}", file


class WebExport(models.TransientModel):
    """An export that a job makes; its file goes with it after a day."""

    _name = "web.export"
    _description = "Export in the Background"
    _transient_max_hours = 24.0

    kind = fields.Selection([("xlsx", "XLSX"), ("csv", "CSV")], required=True)
    wanted = fields.Text(required=True, help="What the form of /web/export/csv says.")
    attachment_id = fields.Many2one("ir.attachment", ondelete="set null")
    # its user is told how the job went: he is not to name somebody else's
    job_id = fields.Many2one("ir.job", ondelete="set null", groups="base.group_system")

    @api.model
    def start(self, kind, wanted):
        """Let a job make the file; the id to ask `status` of."""
        Wanted.of(wanted)  # what is wrong with it is said now
        export = self.create({"kind": kind, "wanted": wanted})
        export.sudo().job_id = export.in_background(channel=CHANNEL, tries=TRIES)._make().id
        return export.id

    def status(self):
        """{state: waiting, done or failed; url and name of the file; error, in a sentence}."""
        self.ensure_one()
        if file := self.attachment_id:
            return {"state": "done", "url": f"/web/content/{file.id}?download=true", "name": file.name, "error": ""}
        job = self.sudo().job_id
        if job.state in ("waiting", "running"):
            return {"state": "waiting", "url": "", "name": "", "error": ""}
        return {"state": "failed", "url": "", "name": "", "error": job.told()}

    def _make(self):
        name, file = exported(self.env, Wanted.of(self.wanted), self.kind)
        with file:
            self.attachment_id = self.env["ir.attachment"].create({
                "name": name,
                "raw": Incoming(file.read(HEAD), file),
                "mimetype": TYPES[self.kind],
                "res_model": self._name,
                "res_id": self.id,
            })  # fmt: skip
