"""Reports for the browser: shown as a page, sent as a file; pictures of barcodes."""

import html
import json
import logging
import time
from urllib.parse import parse_qsl

import werkzeug.exceptions

from fondaco.addon import http
from fondaco.errors import AccessError, MissingError, UserError
from fondaco.faults import json_error
from fondaco.security.safe_eval import safe_eval

_logger = logging.getLogger(__name__)

CONVERTERS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "text": "text/plain"}
BARCODE_HEADERS = [("Content-Type", "image/png"), ("Cache-Control", "public, max-age=31536000, immutable")]


def ids_of(docids):
    """The numbers in an address: '1,2'."""
    return [int(part) for part in str(docids or "").split(",") if part.isdecimal()]


class ReportController(http.Controller):
    @http.route(
        ["/report/<converter>/<reportname>", "/report/<converter>/<reportname>/<docids>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def report_routes(self, reportname, docids=None, converter=None, **data):
        """One report on records, as page, PDF or text."""
        if converter not in CONVERTERS:
            raise werkzeug.exceptions.HTTPException(description=f"Converter {converter} not implemented.")
        env = http.request.env
        context = dict(env.context)
        if data.get("options"):
            data.update(json.loads(data.pop("options")))
        if data.get("context"):
            context.update(json.loads(data["context"]))
            data["context"] = json.loads(data["context"])
        reports = env["ir.actions.report"].with_context(context)
        try:
            content, _kind = getattr(reports, f"_render_qweb_{converter}")(reportname, ids_of(docids), data=data)
        except (AccessError, MissingError):
            raise  # refused, or not there, as on every other page
        except UserError as error:
            raise werkzeug.exceptions.BadRequest(str(error)) from error
        headers = [("Content-Type", CONVERTERS[converter]), ("Content-Length", str(len(content)))]
        return http.request.make_response(content, headers=headers)

    @http.route(
        ["/report/barcode", "/report/barcode/<barcode_type>/<path:value>"], type="http", auth="public", readonly=True
    )
    def report_barcode(self, barcode_type, value, **kwargs):
        """A barcode as a picture, which a browser may keep."""
        try:
            picture = http.request.env["ir.actions.report"].barcode(barcode_type, value, **kwargs)
        except (ValueError, AttributeError) as error:
            raise werkzeug.exceptions.InternalServerError(description="Cannot convert into barcode.") from error
        return http.request.make_response(picture, headers=BARCODE_HEADERS)

    @http.route(["/report/download"], type="http", auth="user")
    def report_download(self, data, context=None, token=None, readonly=True):
        """A report as a file; `data` is its address and its kind. What fails is told in the envelope of RPC."""
        address, kind = json.loads(data)
        try:
            if kind not in ("qweb-pdf", "qweb-text"):
                return None
            converter = "pdf" if kind == "qweb-pdf" else "text"
            path, _mark, query = address.partition("?")
            reportname, _slash, docids = path.split(f"/report/{converter}/", 1)[1].partition("/")
            if docids:
                response = self.report_routes(reportname, docids=docids, converter=converter, context=context)
            else:
                values = dict(parse_qsl(query))
                if "context" in values:
                    merged = {**json.loads(context or "{}"), **json.loads(values.pop("context"))}
                    context = json.dumps(merged)
                response = self.report_routes(reportname, converter=converter, context=context, **values)
            name = self._file_name(reportname, ids_of(docids), "pdf" if converter == "pdf" else "txt")
            response.headers.add("Content-Disposition", http.content_disposition(name))
            return response
        except Exception as error:  # reports run code of templates and models; the client shows what it is told here
            _logger.warning("report %s failed", address, exc_info=True)
            told = error.__cause__ if isinstance(error.__cause__, UserError) else error
            # An override of this method sees the error; the client gets the response as it is.
            response = http.request.make_response(html.escape(json.dumps(json_error(told))))
            raise werkzeug.exceptions.InternalServerError(response=response) from error

    @staticmethod
    def _file_name(reportname, ids, extension):
        """As the report says for one record; else its own name."""
        env = http.request.env
        report = env["ir.actions.report"]._get_report_from_name(reportname)
        name = report.name or reportname
        if len(ids) == 1 and report.print_report_name:
            name = safe_eval(report.print_report_name, {"object": env[report.model].browse(ids), "time": time})
        return f"{name}.{extension}"

    @http.route(["/report/check_wkhtmltopdf"], type="json", auth="user", readonly=True)
    def check_wkhtmltopdf(self):
        """Whether this server writes PDF, under the name that clients know."""
        return http.request.env["ir.actions.report"].get_wkhtmltopdf_state()
