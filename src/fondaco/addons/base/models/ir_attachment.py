"""What is inside a file that hangs on a record, and who may read it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import logging
import mimetypes
import uuid
from datetime import timedelta

from fondaco.addon import _, api, fields, models
from fondaco.domain.polish import AND
from fondaco.errors import AccessError, StorageAway, StorageError, UserError, ValidationError
from fondaco.storage.incoming import Incoming
from fondaco.storage.location import DB, FILE, LOCATION
from fondaco.storage.stores import store_of
from fondaco.values.deferred import Postponed
from fondaco.values.images import binary_to_image, image_process
from fondaco.values.mimetypes import guess_mimetype

files = Postponed("fondaco.modules.files")

_logger = logging.getLogger(__name__)
# Types that a browser would run: kept only for those who may write templates anyway.
ACTIVE_TYPES = ("ht", "xml", "svg")
INDEXED = 1 << 20
IN_MEMORY = 4 << 20  # bytes up to which an upload is handled in one piece
LISTED_PARAMETER = "ir_attachment.listed_on"
LISTED_EVERY = timedelta(days=7)
AWAY_AGAIN = timedelta(hours=1)  # after which an object store that was away is swept


class IrAttachment(models.Model):
    closed_to_code = frozenset({"_store"})
    _name = "ir.attachment"
    _description = "Attachment"
    _order = "id desc"

    name = fields.Char(string="Name", required=True)
    description = fields.Text(string="Description")
    res_name = fields.Char(string="Resource Name", compute="_compute_res_name")
    res_model = fields.Char(string="Resource Model")
    res_field = fields.Char(string="Resource Field")
    res_id = fields.Many2oneReference(string="Resource ID", model_field="res_model")
    company_id = fields.Many2one(
        "res.company",
        string="Company",
        change_default=True,
        default=lambda self: self.env.company,
    )
    type = fields.Selection(
        selection=[
            ("url", "URL"),
            ("binary", "File"),
        ],
        string="Type",
        required=True,
        default="binary",
        change_default=True,
    )
    url = fields.Char(string="Url", index="btree_not_null", size=1024)
    public = fields.Boolean(string="Is public document")
    access_token = fields.Char(string="Access Token", groups="base.group_user")
    raw = fields.Binary(string="File Content (raw)", compute="_compute_raw", inverse="_inverse_raw")
    datas = fields.Binary(string="File Content (base64)", compute="_compute_datas", inverse="_inverse_datas")
    db_datas = fields.Binary(string="Database Data", attachment=False)
    store_fname = fields.Char(string="Stored Filename", index=True)
    file_size = fields.Integer(string="File Size", readonly=True)
    checksum = fields.Char(string="Checksum/SHA1", readonly=True, size=40)
    mimetype = fields.Char(string="Mime Type", readonly=True)
    index_content = fields.Text(string="Indexed Content", readonly=True)

    def init(self):
        self.env.cr.execute("CREATE INDEX IF NOT EXISTS ir_attachment_res_idx ON ir_attachment (res_model, res_id)")

    def _compute_res_name(self):
        for file in self:
            model = file.res_model and self.env.get(file.res_model)
            if model is not None and model is not False and file.res_id:
                file.res_name = model.browse(file.res_id).display_name
            else:
                file.res_name = False

    # -- storage --------------------------------------------------------------------------------------------------

    @api.model
    def _storage(self):
        """Where contents go: 'db', or 'file' for the store of this database, on disk or in a bucket."""
        configured = DB if self.env.registry.config.get(LOCATION) == DB else FILE
        return self.env["ir.config_parameter"].sudo().get_param(LOCATION, configured)

    @api.model
    def _filestore(self):
        """Folder of the files of this database."""
        return str(self._store().root)

    @api.model
    def _store(self):
        return store_of(self.env.registry.config, self.env.cr.dbname)

    @api.model
    def _get_storage_domain(self):
        elsewhere = "store_fname" if self._storage() == DB else "db_datas"
        return [(elsewhere, "!=", False)]

    @api.model
    def force_storage(self):
        """Move contents to where new ones go."""
        if not self.env.is_admin():
            raise AccessError(_("Only administrators may do this."))
        self.search(
            AND(
                [
                    self._get_storage_domain(),
                    ["&", ("type", "=", "binary"), "|", ("res_field", "=", False), ("res_field", "!=", False)],
                ]
            )
        )._migrate()

    def _migrate(self):
        for file in self:
            file.write({"raw": file.raw, "mimetype": file.mimetype})

    @api.model
    def _full_path(self, path):
        """A file with the content of this name in the store, to be read at once."""
        return str(self._store().local(path))

    @api.model
    def _get_path(self, bin_data, sha):
        """(name in the store, full path) of a content by its checksum."""
        name = f"{sha[:2]}/{sha}"
        return name, str(self._store().path(name))

    @api.model
    def _file_read(self, fname, size=None):
        """Content of a stored file; empty, with a log line, when it is missing."""
        try:
            content = self._store().read(fname)
        except StorageAway:
            raise
        except StorageError as error:
            # a page without a picture is better than no page
            _logger.warning("attachment file missing db=%s file=%s reason=%s", self.env.cr.dbname, fname, error)
            return b""
        return content[:size] if size is not None else content

    @api.model
    def _file_write(self, bin_value, checksum):
        """Store a content, answer its name in the store."""
        files.hold(self.env.cr)
        return self._store().write(bytes(bin_value), checksum)

    @api.model
    def _file_delete(self, fname):
        """Mark a stored file for the sweep; one that is used elsewhere survives it."""
        self._mark_for_gc(fname)

    @api.model
    def _mark_for_gc(self, fname):
        self._store().mark(fname)

    @api.autovacuum
    def _gc_file_store(self):
        """Delete the marked files that no row names any more; now and then, look for unmarked ones.

        Marks stay until their file is gone, and a look that the object store cut short counts as none.
        """
        store, pools, database = self._store(), self.env.registry.pools, self.env.cr.dbname
        parameters = self.env["ir.config_parameter"].sudo()
        today = fields.Date.today()
        is_due = parameters.get_param(LISTED_PARAMETER, "") <= str(today - LISTED_EVERY)
        self.env.cr.commit()  # what this transaction holds would keep the sweep waiting
        try:
            if is_due:
                files.list_unnamed(pools, database, store)
                parameters.set_param(LISTED_PARAMETER, str(today))
                self.env.cr.commit()
            files.sweep(pools, database, store)
        except StorageAway as error:
            _logger.info("files not swept, the object store is away db=%s: %s", database, error)
            self.env.ref("base.autovacuum_job")._trigger(fields.Datetime.now() + AWAY_AGAIN)

    # -- content --------------------------------------------------------------------------------------------------

    @api.depends("store_fname", "db_datas", "file_size")
    @api.depends_context("bin_size")
    def _compute_datas(self):
        if self.env.context.get("bin_size"):
            for file in self:
                file.datas = _human_size(file.file_size)
            return
        for file in self:
            file.datas = base64.b64encode(file.raw or b"")

    @api.depends("store_fname", "db_datas")
    @api.depends_context("bin_size")
    def _compute_raw(self):
        if self.env.context.get("bin_size"):
            for file in self:
                file.raw = _human_size(file.file_size)
            return
        for file in self:
            file.raw = file._file_read(file.store_fname) if file.store_fname else file.db_datas

    def _inverse_raw(self):
        self._set_attachment_data(lambda file: file.raw or b"")

    def _inverse_datas(self):
        self._set_attachment_data(lambda file: base64.b64decode(file.datas or b""))

    def _set_attachment_data(self, asbytes):
        """Store the contents of the records, and mark the former ones for the sweep."""
        former = []
        for file in self:
            content = asbytes(file)
            values = self._get_datas_related_values(content, file.mimetype)
            if file.store_fname:
                former.append(file.store_fname)
            super(IrAttachment, file.sudo()).write(values)
        for name in former:
            self._file_delete(name)

    def _get_datas_related_values(self, data, mimetype):
        """Values that follow from a content, in bytes or as `Incoming`."""
        if isinstance(data, Incoming):
            return self._get_stream_related_values(data, mimetype)
        checksum = self._compute_checksum(data)
        values = {
            "file_size": len(data),
            "checksum": checksum,
            "index_content": self._index(data, mimetype, checksum=checksum),
            "store_fname": False,
            "db_datas": data,
        }
        if data and self._storage() != "db":
            values["store_fname"] = self._file_write(data, checksum)
            values["db_datas"] = False
        return values

    def _get_stream_related_values(self, incoming, mimetype):
        files.hold(self.env.cr)
        name, size = self._store().write_stream(incoming)
        checksum = name.rpartition("/")[2]
        return {
            "file_size": size,
            "checksum": checksum,
            "index_content": self._index(incoming.head, mimetype, checksum=checksum),
            "store_fname": name,
            "db_datas": False,
        }

    def _compute_checksum(self, bin_data):
        return hashlib.sha1(bytes(bin_data or b""), usedforsecurity=False).hexdigest()

    @api.model
    def _index(self, bin_data, file_type, checksum=None):
        """Text of a content to search in."""
        if not file_type or not file_type.startswith("text/"):
            return False
        words = []
        for chunk in bytes(bin_data[:INDEXED]).decode("utf-8", "ignore").splitlines():
            printable = "".join(c for c in chunk if c.isprintable()).strip()
            if len(printable) > 3:
                words.append(printable)
        return "\n".join(words)

    def _compute_mimetype(self, values):
        """Type of a file: as given, else by its name, its address, its content."""
        mimetype = values.get("mimetype") or None
        if not mimetype and values.get("name"):
            mimetype = mimetypes.guess_type(values["name"])[0]
        if not mimetype and values.get("url"):
            mimetype = mimetypes.guess_type(values["url"].split("?")[0])[0]
        if not mimetype or mimetype == "application/octet-stream":
            raw = values.get("raw")
            if raw is None and values.get("datas"):
                raw = base64.b64decode(values["datas"])
            if isinstance(raw, str):
                raw = raw.encode()
            if raw:
                mimetype = guess_mimetype(raw.head if isinstance(raw, Incoming) else raw)
        return (mimetype and mimetype.lower()) or "application/octet-stream"

    def _check_contents(self, values):
        """Type of the file, harmless unless its author may write templates; images shrunk if so configured."""
        mimetype = values["mimetype"] = self._compute_mimetype(values)
        active = any(part in mimetype for part in ACTIVE_TYPES) and "document" not in mimetype
        trusted = (
            self.env.su or self.env.user._is_system() or self.env.context.get("attachments_mime_plainxml") is False
        )
        may_write_views = trusted or self.env["ir.ui.view"].sudo(False).has_access("write")
        if active and (self.env.context.get("attachments_mime_plainxml") or not may_write_views):
            values["mimetype"] = "text/plain"
        if not self.env.context.get("image_no_postprocess"):
            values = self._postprocess_contents(values)
        return values

    def _postprocess_contents(self, values):
        parameter = self.env["ir.config_parameter"].sudo().get_param
        subtypes = parameter("base.image_autoresize_extensions", "png,jpeg,bmp,tiff").split(",")
        kind, _slash, subtype = values["mimetype"].partition("/")
        limit = parameter("base.image_autoresize_max_px", "1920x1920")
        if (
            kind != "image"
            or subtype not in subtypes
            or not _as_bool(limit)
            or not (values.get("datas") or values.get("raw"))
        ):
            return values
        width, height = map(int, limit.split("x"))
        if isinstance(values.get("raw"), Incoming):
            values["raw"] = values["raw"].read()
        content = values["raw"] if values.get("raw") else base64.b64decode(values["datas"])
        with contextlib.suppress(UserError, ValueError, OSError):  # what is no image after all stays as it is
            picture = binary_to_image(content)
            if picture.width > width or picture.height > height:
                quality = int(parameter("base.image_autoresize_quality", 80))
                smaller = image_process(content, size=(width, height), quality=quality)
                values["raw" if values.get("raw") else "datas"] = (
                    smaller if values.get("raw") else base64.b64encode(smaller)
                )
        return values

    @api.constrains("type", "url")
    def _check_serving_attachments(self):
        if self.env.is_admin():
            return
        for file in self:
            if file.type == "binary" and file.url:
                groups = self.get_serving_groups()
                if not any(self.env.user.has_group(group) for group in groups):
                    raise ValidationError(_("You may not make a file answer at an address."))

    @api.model
    def get_serving_groups(self):
        """Groups whose members may make a file answer at an address of their choice."""
        return ["base.group_system"]

    # -- writing --------------------------------------------------------------------------------------------------

    def write(self, vals):
        self.check("write", values=vals)
        for name in ("file_size", "checksum", "store_fname"):
            vals.pop(name, False)
        if "mimetype" in vals or "datas" in vals or "raw" in vals:
            vals = self._check_contents(vals)
        done = super().write(vals)
        if vals.keys() & {"res_model", "res_id", "res_field"}:
            self.check("write")  # half a reference leads to another document too
        return done

    def copy_data(self, default=None):
        default = dict(default or {})
        rows = super().copy_data(default=default)
        for file, vals in zip(self, rows):
            if not default.keys() & {"datas", "db_datas", "raw"}:
                vals["raw"] = file.raw
        return rows

    def unlink(self):
        names = [file.store_fname for file in self.sudo() if file.store_fname]
        done = super().unlink()
        for name in names:
            self._file_delete(name)
        return done

    @api.model_create_multi
    def create(self, vals_list):
        prepared, documents = [], set()
        for values in vals_list:
            # What names a stored file is never given, not even as a default of the context: it would open that file.
            values = {**values, "file_size": 0, "checksum": False, "store_fname": False}
            values = self._check_contents(values)
            raw, datas = values.pop("raw", None), values.pop("datas", None)
            if raw or datas:
                if isinstance(raw, str):
                    raw = raw.encode()
                elif not raw:
                    raw = base64.b64decode(datas or b"")
                values.update(self._get_datas_related_values(raw, values["mimetype"]))
            documents.add((values.get("res_model"), values.get("res_id")))
            prepared.append(values)
        for model, res_id in documents:
            self.browse().check("create", values={"res_model": model, "res_id": res_id})
        return super().create(prepared)

    def _post_add_create(self, **kwargs):
        """Called after a user uploaded the files."""

    def generate_access_token(self):
        """Tokens that let anybody read the files."""
        tokens = []
        for file in self:
            if not file.access_token:
                file.write({"access_token": str(uuid.uuid4())})
            tokens.append(file.access_token)
        return tokens

    def validate_access(self, access_token):
        """This file as superuser if the token or the user allow reading it."""
        self.ensure_one()
        file = self.sudo()
        if access_token and file.access_token and file.access_token == access_token:
            return file
        if access_token:
            raise AccessError(_("The access token is not the one of this file."))
        if not file.public and not self.env.user._is_public() and self.with_user(self.env.uid).has_access("read"):
            return file
        if file.public:
            return file
        self.check("read")
        return file

    @api.model
    def create_unique(self, values_list):
        """Ids of files with the given contents, new ones only where no equal one hangs on the same record."""
        ids = []
        for values in values_list:
            content = base64.b64decode(values["datas"]) if values.get("datas") else values.get("raw") or b""
            checksum = self._compute_checksum(content)
            found = self.sudo().search(
                [
                    ("res_id", "=", values.get("res_id")),
                    ("res_model", "=", values.get("res_model")),
                    ("checksum", "=", checksum),
                ],
                limit=1,
            )
            ids.append(found.id or self.create(values).id)
        return ids

    @api.model
    def action_get(self):
        return self.env["ir.actions.act_window"]._for_xml_id("base.action_attachment")

    @api.model
    def _get_serve_attachment(self, url, extra_domain=None, order=None):
        """The file that answers at an address."""
        domain = AND([[("type", "=", "binary"), ("url", "=", url)], extra_domain or []])
        return self.search(domain, order=order, limit=1)

    @api.model
    def regenerate_assets_bundles(self):
        """Forget the built bundles; the next page builds them anew."""
        self.search(
            [
                ("public", "=", True),
                ("url", "=like", "/web/assets/%"),
                ("res_model", "=", "ir.ui.view"),
                ("res_id", "=", 0),
            ]
        ).unlink()
        self.env.registry.clear_cache("assets")

    def _from_request_file(self, file, *, mimetype, **vals):
        """A file uploaded by a form: `file` has filename and read()."""
        content = self._uploaded(file)
        if mimetype == "GUESS":
            mimetype = guess_mimetype(content.head if isinstance(content, Incoming) else content)
        elif mimetype == "TRUST":
            mimetype = file.content_type
        return self.create({"name": file.filename, "type": "binary", "raw": content, "mimetype": mimetype, **vals})

    @api.model
    def _uploaded(self, file):
        """The content of an uploaded file, for `raw`: a large one is not held in memory."""
        head = file.read(IN_MEMORY)
        if len(head) < IN_MEMORY:
            return head
        incoming = Incoming(head, file)
        return incoming.read() if self._storage() == DB else incoming

    def _to_http_stream(self):
        """What http/response needs to send this file."""
        self.ensure_one()
        return self.env["ir.binary"]._attachment_stream(self)


def _human_size(size):
    """A size as people read it: 5.00 bytes, 1.21 Kb."""
    amount, units = float(size or 0), ("bytes", "Kb", "Mb", "Gb", "Tb")
    index = 0
    while amount >= 1024 and index < len(units) - 1:
        amount /= 1024
        index += 1
    return f"{amount:0.2f} {units[index]}"


def _as_bool(text):
    return str(text).strip().lower() not in ("", "0", "false", "none")
