"""Which documents a model prints, and what a report renders to."""

from __future__ import annotations

import logging

from fondaco.addon import api, fields, models
from fondaco.security.safe_eval import safe_eval
from fondaco.security.sandbox import MODULES
from fondaco.values.barcode_pictures import FORMATS, MATRIX, auto_format, barcode_png
from fondaco.values.texts import str2bool

_logger = logging.getLogger(__name__)


class IrActionsReport(models.Model):
    _name = "ir.actions.report"
    _inherit = ["ir.actions.actions"]
    _description = "Report Action"
    _table = "ir_act_report_xml"
    _table_parent = "ir_actions"
    _order = "name, id"

    type = fields.Char(string="Action Type", required=True, default="ir.actions.report")
    binding_type = fields.Selection(
        selection=[
            ("action", "Action"),
            ("report", "Report"),
        ],
        string="Binding Type",
        required=True,
        default="report",
    )
    model = fields.Char(string="Model Name", required=True)
    model_id = fields.Many2one("ir.model", string="Model", compute="_compute_model_id", search="_search_model_id")
    report_type = fields.Selection(
        selection=[
            ("qweb-html", "HTML"),
            ("qweb-pdf", "PDF"),
            ("qweb-text", "Text"),
        ],
        string="Report Type",
        required=True,
        default="qweb-pdf",
    )
    report_name = fields.Char(string="Template Name", required=True)
    report_file = fields.Char(string="Report File")
    groups_id = fields.Many2many("res.groups", "res_groups_report_rel", "uid", "gid", string="Groups")
    multi = fields.Boolean(string="On Multiple Doc.")
    paperformat_id = fields.Many2one("report.paperformat", string="Paper Format")
    print_report_name = fields.Char(string="Printed Report Name", translate=True)
    attachment_use = fields.Boolean(string="Reload from Attachment")
    attachment = fields.Char(string="Save as Attachment Prefix")
    domain = fields.Char(string="Filter domain")

    @api.depends("model")
    def _compute_model_id(self):
        for report in self:
            report.model_id = self.env["ir.model"]._get(report.model).id

    def _search_model_id(self, operator, value):
        if isinstance(value, str):
            names = self.env["ir.model"].search([("display_name", operator, value)])
        elif isinstance(value, bool):
            names = self.env["ir.model"].search([])
            return [("model", "not in" if value == (operator == "!=") else "in", names.mapped("model"))]
        else:
            names = self.env["ir.model"].search([("id", operator, value)])
        return [("model", "in", names.mapped("model"))]

    def _get_readable_fields(self):
        return super()._get_readable_fields() | {
            "report_name",
            "report_type",
            "target",
            "context",
            "data",
            "close_on_report_download",
            "domain",
        }

    def associated_view(self):
        """Show the templates of this report."""
        self.ensure_one()
        action = self.env.ref("base.action_ui_view", raise_if_not_found=False)
        if not action or len(self.report_name.split(".")) < 2:
            return False
        values = action.read()[0]
        values["domain"] = [("name", "ilike", self.report_name.split(".")[1]), ("type", "=", "qweb")]
        return values

    def create_action(self):
        """Offer the report in the print menu of its model."""
        for report in self:
            report.write({"binding_model_id": self.env["ir.model"]._get(report.model).id, "binding_type": "report"})
        return True

    def unlink_action(self):
        """Stop offering the report in the print menu."""
        self.check_access("write")
        self.filtered("binding_model_id").write({"binding_model_id": False})
        return True

    # -- finding --------------------------------------------------------------------------------------------------

    @api.model
    def _get_report(self, report_ref):
        """A report by id, record, template name or external id."""
        reports = self.env["ir.actions.report"].sudo()
        if isinstance(report_ref, int):
            return reports.browse(report_ref)
        if isinstance(report_ref, models.BaseModel):
            if report_ref._name != self._name:
                raise ValueError(f"ir.actions.report: {report_ref!r} is no report")
            return report_ref.sudo()
        found = reports.search([("report_name", "=", report_ref)], limit=1)
        if found:
            return found
        record = self.env.ref(report_ref)
        if record._name != self._name:
            raise ValueError(f"ir.actions.report: {report_ref!r} names a {record._name}")
        return record.sudo()

    def _get_report_from_name(self, report_name):
        return (
            self.env["ir.actions.report"]
            .with_context(self.env["res.users"].context_get())
            .search([("report_name", "=", report_name)], limit=1)
        )

    def get_valid_action_reports(self, model, record_ids):
        """Ids of those reports of self whose domain the records satisfy."""
        records = self.env[model].browse(record_ids)
        context = self._get_eval_context()
        return self.filtered(
            lambda report: not report.domain or records.filtered_domain(safe_eval(report.domain, context))
        ).ids

    def get_paperformat(self):
        return self.paperformat_id or self.env.company.paperformat_id

    def get_paperformat_by_xmlid(self, xml_id):
        return self.env.ref(xml_id).get_paperformat() if xml_id else self.env.company.paperformat_id

    @api.model
    def get_available_barcode_masks(self):
        return {}

    @api.model
    def barcode(self, barcode_type, value, **kwargs):
        """A barcode as PNG; a value that its kind cannot hold is written as Code128.

        Options, also as texts of an address: `width`, `height` (pixels), `humanreadable`, `quiet`, `barLevel` (of QR).
        """
        size = int(kwargs.get("width") or 600), int(kwargs.get("height") or 100)
        options = {
            "has_quiet_zone": str2bool(str(kwargs.get("quiet", 1)), True),
            "has_text": str2bool(str(kwargs.get("humanreadable", 0)), False),
            "level": kwargs.get("barLevel") if kwargs.get("barLevel") in ("L", "M", "Q", "H") else "L",
        }
        kind = auto_format(value) if barcode_type == "auto" else barcode_type
        try:
            return barcode_png(kind, value, *size, **options)
        except ValueError as error:
            if kind not in FORMATS or kind == "Code128" or kind in MATRIX:
                raise
            _logger.info("barcode written as Code128 kind=%s reason=%s", kind, error)
            return barcode_png("Code128", value, *size, **options)

    # -- keeping what was printed ---------------------------------------------------------------------------------

    def _attachment_name(self, record):
        """Under which name a print of the record is kept; nothing for one that is not."""
        return safe_eval(self.attachment, {"object": record, "time": MODULES["time"]}) if self.attachment else ""

    def retrieve_attachment(self, record):
        """What was printed of a record before, if the report keeps it."""
        name = self._attachment_name(record)
        if not name:
            return None
        return self.env["ir.attachment"].search(
            [("name", "=", name), ("res_model", "=", self.model), ("res_id", "=", record.id)], limit=1
        )

    # -- rendering ------------------------------------------------------------------------------------------------

    @api.model
    def _render(self, report_ref, res_ids, data=None):
        """(content, extension) of a report on records."""
        report = self._get_report(report_ref)
        render = getattr(self, f"_render_{report.report_type.replace('-', '_')}", None)
        return render(report_ref, res_ids, data=data) if render is not None else None

    @api.model
    def _get_rendering_context_model(self, report):
        name = f"report.{report.report_name}"
        return self.env[name] if name in self.env else None

    @api.model
    def _get_rendering_context(self, report, docids, data):
        """Values of a report's template."""
        values = dict(data or {})
        own = self._get_rendering_context_model(report)
        if own is not None:
            values.update(own._get_report_values(docids, data=data) or {})
        else:
            values.update({"doc_ids": docids, "doc_model": report.model, "docs": self.env[report.model].browse(docids)})
        values.setdefault("is_html_empty", lambda text: not text)
        return values

    @api.model
    def _render_template(self, template, values=None):
        values = dict(values or {})
        values.update(
            user=self.env.user,
            res_company=self.env.company.sudo(),
            website=None,
            web_base_url=self.env["ir.config_parameter"].sudo().get_param("web.base.url", default=""),
            time=MODULES["time"],
            context_timestamp=lambda moment: fields.Datetime.context_timestamp(self, moment),
        )
        return self.env["ir.ui.view"]._render_template(template, values).strip().encode()

    @api.model
    def _render_qweb_html(self, report_ref, docids, data=None):
        data = {"report_type": "html", **(data or {})}
        report = self._get_report(report_ref)
        return self._render_template(report.report_name, self._get_rendering_context(report, docids, data)), "html"

    @api.model
    def _render_qweb_text(self, report_ref, docids, data=None):
        data = {"report_type": "text", **(data or {})}
        report = self._get_report(report_ref)
        return self._render_template(report.report_name, self._get_rendering_context(report, docids, data)), "text"

    def report_action(self, docids, data=None, config=True):
        """The action by which a client prints this report on records."""
        context = dict(self.env.context)
        if docids:
            ids = (
                docids.ids if isinstance(docids, models.BaseModel) else [docids] if isinstance(docids, int) else docids
            )
            context["active_ids"] = ids
        action = {
            "context": context,
            "data": data,
            "type": "ir.actions.report",
            "report_name": self.report_name,
            "report_type": self.report_type,
            "report_file": self.report_file,
            "name": self.name,
        }
        layout = self.env.company.external_report_layout_id
        configure = (
            self.env.context.get("discard_logo_check") is not True and config and not layout and self.env.is_admin()
        )
        wizard = configure and self.env.ref("web.action_base_document_layout_configurator", raise_if_not_found=False)
        if wizard:
            values = wizard.sudo().read()[0]
            return {**values, "context": {"report_action": action}}
        return action
