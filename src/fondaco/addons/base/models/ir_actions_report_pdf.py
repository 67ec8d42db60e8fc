"""How a report becomes PDF: rendered, split into documents, laid out, kept, joined.

    _render_qweb_pdf -> _render_qweb_pdf_prepare_streams -> _prepare_html -> _run_wkhtmltopdf

The names are those that addons override; no other program is started, and nothing is asked over HTTP.
"""

from __future__ import annotations

import io
import logging
from dataclasses import replace

from fondaco.addon import _, models
from fondaco.errors import AccessError, UserError
from fondaco.values.deferred import Postponed

from .printed_resources import PrintedResources

engines, papers = Postponed("fondaco.pdf.engine"), Postponed("fondaco.pdf.paper")
parting, sheeting = Postponed("fondaco.pdf.parts"), Postponed("fondaco.pdf.sheets")
streams_of_pdf = Postponed("fondaco.pdf.streams")
_logger = logging.getLogger(__name__)

CSS_DPI = 96


class ReportAsPdf(models.Model):
    _inherit = "ir.actions.report"

    def _pdf_engine(self):
        """The library that lays out pages."""
        engine = engines.find()
        if engine is None:
            raise UserError(
                _(
                    "This server cannot write PDF: neither PlutoPrint nor WeasyPrint is installed for its Python. "
                    "The document can be shown as a page meanwhile; an administrator adds one of them with "
                    "“pip install plutoprint” or, where that does not exist, “pip install weasyprint”."
                )
            )
        return engine

    def get_wkhtmltopdf_state(self):
        """Whether PDF can be written, under the name of the program that older clients ask about."""
        return "install" if engines.find() is None else "ok"

    # -- the steps ------------------------------------------------------------------------------------------------

    def _render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """(PDF, 'pdf') of a report on records; what the report keeps is kept."""
        report = self._get_report(report_ref)
        ids = [res_ids] if isinstance(res_ids, int) else list(res_ids or ())
        streams = self._render_qweb_pdf_prepare_streams(report_ref, dict(data or {}), res_ids=ids)
        self._keep_streams(report, streams)
        return self._merge_pdfs([found["stream"] for found in streams.values()]).getvalue(), "pdf"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """{record id: {'stream': file, 'attachment': what was kept before}}; one for all under False.

        Records have a stream each when the report keeps what it prints, or when there is one record.
        """
        report = self._get_report(report_ref)
        ids = list(dict.fromkeys(res_ids or ()))
        streams = {id_: {"stream": None, "attachment": None} for id_ in ids}
        if report.attachment:
            self._find_kept(report, streams)
        missing = [id_ for id_ in ids if not streams[id_]["stream"]]
        if ids and not missing:
            return streams
        html, _kind = self._render_qweb_html(report_ref, missing, data={**data, "report_type": "pdf"})
        bodies, found_ids, header, footer, paper = self._prepare_html(html, report_model=report.model)
        options = {"report_ref": report_ref, "specific_paperformat_args": paper}
        if len(missing) == 1:
            documents = {missing[0]: (bodies, header, footer)}
        elif report.attachment and set(found_ids) == set(missing) and len(found_ids) == len(missing):
            above = parting.repeated(header, "header", len(bodies))
            below = parting.repeated(footer, "footer", len(bodies))
            documents = {
                id_: ([body], head, foot) for id_, body, head, foot in zip(found_ids, bodies, above, below, strict=True)
            }
        else:
            if report.attachment:
                _logger.warning("documents not kept: they do not say whose they are report=%s", report.report_name)
            documents = {False: (bodies, header, footer)}
            streams = {id_: found for id_, found in streams.items() if found["stream"]}
            streams[False] = {"stream": None, "attachment": None}
        for id_, (pages, head, foot) in documents.items():
            content = self._run_wkhtmltopdf(pages, header=head, footer=foot, **options)
            streams[id_]["stream"] = io.BytesIO(content)
        return streams

    def _prepare_html(self, html, report_model=False):
        """(pages, ids of their records or None, header, footer, what the page says of its paper)."""
        parts = parting.split(html, report_model or None)
        return parts.bodies, parts.record_ids, parts.header, parts.footer, parts.paper

    def _run_wkhtmltopdf(
        self,
        bodies,
        report_ref=False,
        header=None,
        footer=None,
        landscape=False,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        """PDF of pages, each with its header and footer, on the paper of the report."""
        engine = self._pdf_engine()
        report = self._get_report(report_ref) if report_ref else self.browse()
        paper = self._paper(report.get_paperformat() if report else self.env.company.paperformat_id)
        paper = self._special_paper(paper, specific_paperformat_args or {}, landscape)
        fetch = PrintedResources(self.env)
        sheets = sheeting.lay(
            bodies, header or "", footer or "", paper, lambda page, width: engine.height(page, width, fetch)
        )
        return engine.pdf(sheets, fetch, report.name or "")

    def _merge_pdfs(self, streams):
        """One file of several."""
        try:
            return io.BytesIO(streams_of_pdf.joined(stream.getvalue() for stream in streams))
        except streams_of_pdf.NoPdfError as error:
            raise UserError(_("A document that was kept is damaged and cannot be printed again: %s", error)) from error

    # -- keeping --------------------------------------------------------------------------------------------------

    def _find_kept(self, report, streams):
        """Note what was printed before; it is printed again as it was if the report says so."""
        for record in self.env[report.model].browse(streams):
            kept = report.with_env(self.env).retrieve_attachment(record)
            if not kept:
                continue
            streams[record.id]["attachment"] = kept
            if report.attachment_use and kept.raw:
                streams[record.id]["stream"] = io.BytesIO(
                    kept.raw if streams_of_pdf.is_pdf(kept.raw) else streams_of_pdf.from_picture(kept.raw)
                )

    def _keep_streams(self, report, streams):
        """Attach to each record what was printed of it, as far as the user may."""
        values = []
        for id_, found in streams.items():
            if not report.attachment or not id_ or found["attachment"] or not found["stream"]:
                continue
            name = report._attachment_name(self.env[report.model].browse(id_))
            if name:
                values.append(
                    {"name": name, "raw": found["stream"].getvalue(), "res_model": report.model, "res_id": id_}
                )
        for vals in values:
            try:
                self.env["ir.attachment"].create(vals)
            except AccessError:
                _logger.info("document not kept: not allowed model=%s id=%s", vals["res_model"], vals["res_id"])

    # -- paper ----------------------------------------------------------------------------------------------------

    def _paper(self, paperformat):
        """The sheet that a paper format describes."""
        if not paperformat:
            return papers.Paper()
        return papers.Paper(
            width=paperformat.print_page_width or papers.Paper.width,
            height=paperformat.print_page_height or papers.Paper.height,
            top=paperformat.margin_top,
            right=paperformat.margin_right,
            bottom=paperformat.margin_bottom,
            left=paperformat.margin_left,
            header_at=max(paperformat.margin_top - paperformat.header_spacing, 0),
            has_header_line=paperformat.header_line,
            has_css_margins=paperformat.css_margins,
            scale=CSS_DPI / paperformat.dpi if paperformat.disable_shrinking and paperformat.dpi else 1.0,
        )

    def _special_paper(self, paper, wishes, landscape):
        """The paper with what the page itself (`data-report-*`) and the caller want of it."""
        changes = {}
        for wish, name in (("margin-top", "top"), ("margin-bottom", "bottom")):
            if wishes.get(wish):
                changes[name] = float(wishes[wish])
        if wishes.get("header-spacing"):
            changes["header_at"] = max(changes.get("top", paper.top) - float(wishes["header-spacing"]), 0)
        if (landscape or wishes.get("landscape")) and paper.width < paper.height:
            changes |= {"width": paper.height, "height": paper.width}
        if wishes.get("dpi"):
            changes["scale"] = CSS_DPI / float(wishes["dpi"])
        return replace(paper, **changes)
