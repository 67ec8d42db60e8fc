"""Files and pictures of records: sent, taken, shown as a placeholder where there is none."""

import json
import logging

from markupsafe import Markup

from fondaco.addon import _, http
from fondaco.errors import AccessError, UserError
from fondaco.values.images import image_guess_size_from_field_name

from . import pages
from .webclient import bundle_file

_logger = logging.getLogger(__name__)

CONTENT = [
    "/web/content",
    "/web/content/<string:xmlid>",
    "/web/content/<string:xmlid>/<string:filename>",
    "/web/content/<int:id>",
    "/web/content/<int:id>/<string:filename>",
    "/web/content/<string:model>/<int:id>/<string:field>",
    "/web/content/<string:model>/<int:id>/<string:field>/<string:filename>",
]
SIZE = "<int:width>x<int:height>"
IMAGE = [
    "/web/image",
    *(
        f"/web/image/{record}{tail}"
        for record in (
            "<string:xmlid>",
            "<string:model>/<int:id>/<string:field>",
            "<int:id>",
            "<int:id>-<string:unique>",
        )
        for tail in ("", "/<string:filename>", f"/{SIZE}", f"/{SIZE}/<string:filename>")
    ),
]


def number(text):
    """The size in an address; 0, which is as it comes, for what is no number."""
    return int(text) if str(text).isascii() and str(text).isdigit() else 0


def wanted_size(size, field):
    """(width, height) as asked for, else as the name of the field promises."""
    if size["width"] or size["height"]:
        return size["width"], size["height"]
    return image_guess_size_from_field_name(field)


def is_yes(value):
    return str(value).lower() not in ("", "false", "0", "none")


class Binary(http.Controller):
    @http.route("/web/filestore/<path:_path>", type="http", auth="none", readonly=True)
    def content_filestore(self, _path):
        """The web server in front answers this address; here it is nothing."""
        raise http.request.not_found()

    @http.route(CONTENT, type="http", auth="public", readonly=True)
    def content_common(
        self,
        xmlid=None,
        model="ir.attachment",
        id=None,
        field="raw",
        filename=None,
        filename_field="name",
        mimetype=None,  # noqa: A002
        unique=False,
        download=False,
        access_token=None,
        nocache=False,
    ):
        """The file in a binary field."""
        request = http.request
        with http_not_found():
            record = request.env["ir.binary"]._find_record(xmlid, model, id and int(id), access_token, field=field)
            stream = request.env["ir.binary"]._get_stream_from(record, field, filename, filename_field, mimetype)
        options = {"as_attachment": is_yes(download)}
        if is_yes(unique):
            options |= {"immutable": True, "max_age": http.STATIC_CACHE_LONG}
        if is_yes(nocache):
            options["max_age"] = None
        return stream.get_response(**options)

    @http.route("/web/assets/<string:unique>/<string:filename>", type="http", auth="none", readonly=True)
    def content_assets(self, filename=None, unique="_______", nocache=False, assets_params=None):
        return bundle_file(unique, filename)

    @http.route(IMAGE, type="http", auth="public", readonly=True)
    def content_image(
        self,
        xmlid=None,
        model="ir.attachment",
        id=None,
        field="raw",
        filename_field="name",
        filename=None,
        mimetype=None,  # noqa: A002
        unique=False,
        download=False,
        width=0,
        height=0,
        crop=False,
        access_token=None,
        nocache=False,
    ):
        """The picture in a binary field, in the size asked for; a placeholder where there is none."""
        request = http.request
        binary = request.env["ir.binary"]
        size = {"width": number(width), "height": number(height), "crop": crop}
        try:
            record = binary._find_record(xmlid, model, id and int(id), access_token, field=field)
            if record._fields[field].type != "binary":
                raise KeyError(field)
            stream = binary._get_image_stream_from(
                record, field, filename=filename, filename_field=filename_field, mimetype=mimetype, **size
            )
        except (UserError, KeyError, ValueError) as error:
            if is_yes(download):
                raise request.not_found() from error
            size["width"], size["height"] = wanted_size(size, field)
            stream = binary._resized(binary._get_placeholder_stream(), **size)
        if stream.type != "url" and not (stream.mimetype or "").startswith("image/"):
            # An address of pictures must not open pages or scripts that somebody uploaded.
            stream.mimetype = "application/octet-stream"
        options = {"as_attachment": is_yes(download)}
        if is_yes(unique):
            options |= {"immutable": True, "max_age": http.STATIC_CACHE_LONG}
        if is_yes(nocache):
            options["max_age"] = None
        return stream.get_response(**options)

    @http.route("/web/binary/upload_attachment", type="http", auth="user")
    def upload_attachment(self, model, id, ufile, callback=None):  # noqa: A002
        """Take one or several files as attachments of a record."""
        request = http.request
        answer = []
        for file in request.httprequest.files.getlist("ufile"):
            answer.append(self._attach(model, id, file))
        if callback:
            script = Markup("<script>var win = window.top.window; win.jQuery(win).trigger({}, {});</script>")
            return str(script.format(pages.embed(callback), pages.embed(answer)))
        return json.dumps(answer)

    def _attach(self, model, record_id, file):
        attachments = http.request.env["ir.attachment"]
        try:
            values = {"name": file.filename, "res_model": model, "res_id": int(record_id)}
            attachment = attachments.create({**values, "raw": attachments._uploaded(file)})
            attachment._post_add_create() if hasattr(attachment, "_post_add_create") else None
        except AccessError:
            return {"error": _("You are not allowed to upload an attachment here.")}
        except ValueError:
            _logger.info("upload refused model=%s file=%r", model, file.filename)
            return {"error": _("The file could not be kept: choose the record it belongs to, and try again.")}
        return {
            "filename": file.filename,
            "mimetype": attachment.mimetype,
            "id": attachment.id,
            "size": attachment.file_size,
        }

    @http.route(["/web/binary/company_logo", "/logo", "/logo.png"], type="http", auth="none", cors="*", readonly=True)
    def company_logo(self, dbname=None, **kw):
        """The logo of a company; ours where there is none."""
        request = http.request
        ours = http.Stream.from_path(request.app.static.find("/web/static/img/logo.png"), public=True)
        if request.env is None:
            return ours.get_response()
        companies = request.env["res.company"].sudo()
        company = (
            companies.browse(int(kw["company"]))
            if str(kw.get("company", "")).isdigit()
            else companies.search([], limit=1)
        )
        company = company.exists()
        if not company or not company.logo_web:
            return ours.get_response()
        stream = request.env["ir.binary"].sudo()._get_image_stream_from(company, "logo_web")
        return stream.get_response()


class http_not_found:  # noqa: N801  reads as a statement
    """Within: what may not be read or does not exist is a page that does not exist."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _trace):
        if isinstance(error, UserError | KeyError | ValueError):
            raise http.request.not_found() from error
