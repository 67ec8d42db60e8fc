"""Which stream answers for a file or a picture of a record."""

from __future__ import annotations

import base64
import contextlib
import logging
import mimetypes
import os

from fondaco.addon import _, api, models
from fondaco.errors import AccessError, MissingError, UserError
from fondaco.http.response import Stream
from fondaco.values.images import image_guess_size_from_field_name, image_process
from fondaco.values.mimetypes import get_extension, guess_mimetype

from .addon_files import addon_file

_logger = logging.getLogger(__name__)
LARGEST_ID = 2**31 - 1  # of PostgreSQL; a larger one in an address is no record
DEFAULT_PLACEHOLDER_PATH = "web/static/img/placeholder.png"


class IrBinary(models.AbstractModel):
    _name = "ir.binary"
    _description = "File streaming helper model for controllers"

    def _find_record(self, xmlid=None, res_model="ir.attachment", res_id=None, access_token=None, field=None):
        """The record that a request means, which the user or the token may read."""
        record = None
        if xmlid:
            record = self.env.ref(xmlid, False)
        elif res_id is not None and res_model in self.env and 0 < int(res_id) <= LARGEST_ID:
            record = self.env[res_model].browse(int(res_id)).exists()
        if not record:
            raise MissingError(f"No record found for xmlid={xmlid}, res_model={res_model}, id={res_id}")
        if record._name == "ir.attachment" and (access_token or record.sudo().public):
            return record.validate_access(access_token)
        if record._can_return_content(field, access_token) if hasattr(record, "_can_return_content") else False:
            return record.sudo()
        record.check_access("read")
        return record

    def _record_to_stream(self, record, field_name):
        """The content of a binary field, as a stream."""
        if record._name == "ir.attachment" and field_name in ("raw", "datas", "db_datas"):
            return self._attachment_stream(record)
        field = record._fields.get(field_name)
        if field is None or field.type != "binary":
            raise UserError(_("%(model)s has no file in %(field)s.", model=record._name, field=field_name))
        record.check_field_access_rights("read", [field_name])
        if record._fields[field_name].attachment and record._fields[field_name].store:
            domain = [("res_model", "=", record._name), ("res_id", "=", record.id), ("res_field", "=", field_name)]
            file = self.env["ir.attachment"].sudo().search(domain, limit=1)
            if not file:
                raise MissingError(_("The file behind this field does not exist."))
            return self._attachment_stream(file)
        data = record[field_name] or b""
        with contextlib.suppress(ValueError):
            data = base64.b64decode(data)
        return Stream(type="data", data=data, etag=False, last_modified=record.write_date, size=len(data))

    def _attachment_stream(self, file):
        """The content of an attachment: from disk, from the database, or an address."""
        common = {"download_name": file.name, "mimetype": file.mimetype, "public": file.public}
        if file.store_fname:
            common |= {"etag": file.checksum, "last_modified": file.write_date, "size": file.file_size}
            source = file._store().afar(file.store_fname, file.file_size)
            if source is not None:
                return Stream(type="data", source=source, **common)
            path = file._full_path(file.store_fname)
            if not os.path.isfile(path):
                _logger.warning("attachment file missing db=%s file=%s", self.env.cr.dbname, file.store_fname)
                raise MissingError(_("The content of the file %s is not there any more.", file.name))
            return Stream(type="path", path=path, **common)
        if file.db_datas:
            return Stream(
                type="data",
                data=file.raw,
                etag=file.checksum,
                last_modified=file.write_date,
                size=len(file.raw),
                **common,
            )
        if file.url:
            address = file.url.split("?")[0].lstrip("/")
            path = addon_file(self.env, address) if "/static/" in address else None
            # only what is served anyway: an address must not open the sources of an addon
            if path is not None and "static" in path.parts:
                return Stream.from_path(str(path), public=True)
            return Stream(type="url", url=file.url, **common)
        return Stream(type="data", data=b"", size=0, **common)

    def _get_stream_from(
        self,
        record,
        field_name="raw",
        filename=None,
        filename_field="name",
        mimetype=None,
        default_mimetype="application/octet-stream",
    ):
        """A stream with its type and a name to download it by."""
        stream = self._record_to_stream(record, field_name)
        if stream.type in ("data", "path"):
            if mimetype:
                stream.mimetype = mimetype
            elif not stream.mimetype:
                head = stream.data if stream.type == "data" else _head(stream.path)
                stream.mimetype = guess_mimetype(head, default=default_mimetype)
            if filename:
                stream.download_name = filename
            elif record._name != "ir.attachment" and filename_field in record:
                stream.download_name = record[filename_field]
            if not stream.download_name:
                stream.download_name = f"{record._table}-{record.id}-{field_name}"
            stream.download_name = stream.download_name.replace("\n", "_").replace("\r", "_")
            if not get_extension(stream.download_name) and stream.mimetype != "application/octet-stream":
                stream.download_name += mimetypes.guess_extension(stream.mimetype) or ""
        return stream

    def _get_image_stream_from(
        self,
        record,
        field_name="raw",
        filename=None,
        filename_field="name",
        mimetype=None,
        default_mimetype="image/png",
        placeholder=None,
        width=0,
        height=0,
        crop=False,
        quality=0,
    ):
        """A picture in the size asked for; a placeholder where there is none or it may not be read."""
        stream = None
        try:
            stream = self._get_stream_from(record, field_name, filename, filename_field, mimetype, default_mimetype)
        except (UserError, MissingError, AccessError, KeyError):
            if placeholder is False:
                raise
        if not stream or not stream.size:
            if not placeholder:
                placeholder = record._get_placeholder_filename(field_name)
            stream = self._get_placeholder_stream(placeholder)
        if not (width or height):
            width, height = image_guess_size_from_field_name(field_name)
        return self._resized(stream, width=width, height=height, crop=crop, quality=quality)

    def _resized(self, stream, *, width=0, height=0, crop=False, quality=0):
        """The picture in this size; as it comes where no size is asked for or it has no pixels."""
        if stream.type == "url" or not (width or height) or stream.mimetype == "image/svg+xml":
            return stream
        resized = Stream(
            type="data",
            data=image_process(stream.read(), size=(width, height), crop=crop, quality=quality),
            mimetype=stream.mimetype,
            download_name=stream.download_name,
            last_modified=stream.last_modified,
            etag=f"{stream.etag}-{width}x{height}-crop={crop}-quality={quality}"
            if isinstance(stream.etag, str)
            else stream.etag,
            public=stream.public,
        )
        resized.size = len(resized.data)
        return resized

    def _get_placeholder_stream(self, path=None):
        stream = Stream.from_path(str(addon_file(self.env, path or DEFAULT_PLACEHOLDER_PATH)))
        stream.mimetype = mimetypes.guess_type(stream.path)[0]
        return stream

    def _placeholder(self, path=False):
        """Content of the placeholder picture."""
        file = addon_file(self.env, path or DEFAULT_PLACEHOLDER_PATH)
        return file.read_bytes() if file is not None else b""


def _head(path):
    with open(path, "rb") as file:
        return file.read(1024)
