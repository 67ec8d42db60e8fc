"""What documents may load when they are printed: static files and pictures of records, from disk and database.

Nothing is asked over HTTP, neither of this server (which could be busy printing) nor of any other.
"""

from __future__ import annotations

import logging
import mimetypes
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from fondaco.errors import FondacoError, UserError
from fondaco.http.static import StaticFiles

from .addon_files import addons_path

_logger = logging.getLogger(__name__)

_SIZE = "<int:width>x<int:height>"
_RECORDS = ("<int:id>", "<int:id>-<string:unique>", "<string:xmlid>", "<string:model>/<int:id>/<string:field>")
_TAILS = ("", "/<string:filename>", f"/{_SIZE}", f"/{_SIZE}/<string:filename>")


@cache
def _routes():
    """Which method answers which address; made when the first document is printed."""
    pictures = [Rule(f"/web/image/{record}{tail}", endpoint="picture") for record in _RECORDS for tail in _TAILS]
    contents = [Rule(f"/web/content/{record}{tail}", endpoint="content") for record in _RECORDS for tail in _TAILS[:2]]
    rules = [
        Rule("/web/image", endpoint="picture"),
        Rule("/web/content", endpoint="content"),
        *pictures,
        *contents,
        Rule("/report/barcode/<barcode_type>/<path:value>", endpoint="barcode"),
        Rule("/report/barcode", endpoint="barcode"),
        Rule("/web/binary/company_logo", endpoint="logo"),
        Rule("/logo", endpoint="logo"),
        Rule("/logo.png", endpoint="logo"),
    ]
    return Map(rules, strict_slashes=False).bind("fondaco.invalid")


class PrintedResources:
    """Answers addresses with content and media type, with the rights of the environment's user."""

    def __init__(self, env):
        self.env = env
        self._own = (env["ir.config_parameter"].sudo().get_param("web.base.url") or "").rstrip("/")
        self._static = StaticFiles(self._folder)

    def __call__(self, url):
        """(content, type), or None for what is not there, not readable, or not ours."""
        if self._own and url.startswith(f"{self._own}/"):
            url = url.removeprefix(self._own)
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or not parts.path.startswith("/"):
            return None
        file = self._static.find(parts.path)
        if file is not None:
            return Path(file).read_bytes(), mimetypes.guess_type(file)[0] or "application/octet-stream"
        try:
            kind, values = _routes().match(parts.path)
            return getattr(self, f"_{kind}")(**{**dict(parse_qsl(parts.query)), **values})
        except HTTPException:  # no such address, or one that is written otherwise
            return None
        except (FondacoError, UserError, ValueError, KeyError, TypeError, OSError) as error:
            _logger.info("resource of a document refused url=%s reason=%s", url[:200], error)
            return None

    def _folder(self, module):
        manifest = addons_path(self.env).manifest(module)
        return manifest and manifest.path

    def _record(self, xmlid=None, model="ir.attachment", id=None, access_token=None, field="raw", **_rest):  # noqa: A002 - name in the address
        return self.env["ir.binary"]._find_record(xmlid, model, id and int(id), access_token, field=field)

    def _picture(self, field="raw", width=0, height=0, crop=False, **values):
        record = self._record(field=field, **values)
        size = {"width": int(width), "height": int(height), "crop": crop}
        stream = self.env["ir.binary"]._get_image_stream_from(record, field, **size)
        return _sent(stream)

    def _content(self, field="raw", **values):
        return _sent(self.env["ir.binary"]._get_stream_from(self._record(field=field, **values), field))

    def _logo(self, company=None, **_rest):
        record = self.env["res.company"].browse(int(company)) if company else self.env.company
        return _sent(self.env["ir.binary"]._get_image_stream_from(record.sudo(), "logo_web"))

    def _barcode(self, barcode_type, value, **options):
        return self.env["ir.actions.report"].barcode(barcode_type, value, **options), "image/png"


def _sent(stream):
    """What is in a stream; an address elsewhere is not followed."""
    if stream.type == "url":
        return None
    kind = stream.mimetype or mimetypes.guess_type(stream.download_name or "")[0]
    return stream.read(), kind or "application/octet-stream"
