"""Fields whose value is a file: Binary and Image; by default kept as an attachment.

The record value is base64 (bytes), as remote callers send and receive it; with `bin_size` in the context it is the size
in words.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import UserError
from fondaco.orm.fields.base import Field
from fondaco.values.images import ImageError, image_process
from fondaco.values.mimetypes import guess_mimetype

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.recordset import Recordset

SVG = b"<svg"
UNITS = ("bytes", "Kb", "Mb", "Gb", "Tb")
SVG_SNIFF = 1024


def human_size(size: float) -> str:
    """A size in bytes as '1.50 Kb'."""
    position = 0
    while size >= 1024 and position < len(UNITS) - 1:
        size /= 1024.0
        position += 1
    return f"{size:0.2f} {UNITS[position]}"


class Binary(Field[bytes]):
    """The content of a file. attachment: kept in the filestore by way of `ir.attachment`; otherwise in a bytea
    column."""

    type = "binary"
    prefetch = False
    attachment: bool = True
    related_attrs: ClassVar[dict[str, str]] = {**Field.related_attrs, "attachment": "attachment"}
    description_attrs = (*Field.description_attrs, "attachment")

    @property
    def column_type(self) -> tuple[str, str] | None:  # type: ignore[override]
        return None if self.attachment else ("bytea", "bytea")

    def bound(self, model: Any) -> None:
        if not self.store:
            self.attachment = bool(self.args.get("attachment", False)) if "attachment" in self.args else self.attachment

    def get_depends(self, model: Any) -> tuple[Iterable[str], Iterable[str]]:
        depends, context = super().get_depends(model)
        return depends, (*context, "bin_size")

    # -- formats -------------------------------------------------------------------------------------------------------
    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if isinstance(value, memoryview):
            return bytes(value)
        if isinstance(value, str):
            return value.encode("ascii")
        if isinstance(value, int) and not isinstance(value, bool) and self._wants_size(record.env):
            return human_size(value) if value else None
        if isinstance(value, bytes | bytearray):
            return value
        if not self.store:
            return value or None  # computed ones carry lists and dicts to clients
        if value:
            raise ValueError(f"Wrong value for {self}: {type(value).__name__} found, base64 expected")
        return None

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        if isinstance(value, memoryview):
            return bytes(value)
        return False if value is None else value

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        if isinstance(value, bytes):
            return value.decode("ascii")
        return False if value is None else value

    def convert_to_write(self, value: Any, record: Recordset) -> Any:
        return self.convert_to_cache(value, record, validate=False) or False

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return self.convert_to_read(value, record) or ""

    def _wants_size(self, env: Environment) -> bool:
        return bool(env.context.get("bin_size"))

    def _checked(self, value: Any, record: Recordset) -> Any:
        """`value` in base64, or an error in a sentence; an SVG needs a user who may change views."""
        if not value:
            return value
        content = value.encode("ascii") if isinstance(value, str) else bytes(value)
        head = content[:SVG_SNIFF]
        try:
            start = base64.b64decode(head[: len(head) // 4 * 4])
        except (binascii.Error, ValueError):
            return content
        if (start.lstrip()[:5] in (b"<?xml", b"<!DOC") or SVG in start) and "svg" in guess_mimetype(
            base64.b64decode(content)
        ):
            if not (record.env.is_system() or record.env.su):
                raise UserError(record.env._("An SVG picture can carry scripts: only administrators may upload one."))
        return content

    def compute_value(self, records: Recordset) -> None:
        """What is stored is computed of contents, also for who asks for sizes."""
        wants_content = self.store and self._wants_size(records.env)
        super().compute_value(records.with_context(bin_size=False) if wants_content else records)

    # -- storing -------------------------------------------------------------------------------------------------------
    def read(self, records: Recordset) -> None:
        env = records.env
        ids = tuple(id_ for id_ in records._ids if id_)
        domain = [("res_model", "=", records._name), ("res_field", "=", self.name), ("res_id", "in", list(ids))]
        attachments: Any = (
            env["ir.attachment"].sudo().with_context(bin_size=self._wants_size(env)).search_fetch(domain, ["res_id"])
        )
        size = self._wants_size(env)
        values = {a.res_id: (human_size(a.file_size) if size else a.datas) for a in attachments}
        env.cache.fill(env, self, ids, [values.get(id_) or None for id_ in ids])

    def create(self, record_values: Collection[tuple[Recordset, Any]]) -> None:
        values = [(record, self._checked(value, record)) for record, value in record_values]
        filled = [(record, value) for record, value in values if value]
        if not filled:
            for record, _value in values:
                record.env.columns[self][record._ids[0]] = None
            return
        env = filled[0][0].env
        self._create_attachments(env, filled)
        for record, value in values:
            env.columns[self][record._ids[0]] = self.convert_to_cache(value, record)

    def _create_attachments(self, env: Environment, values: Iterable[tuple[Recordset, Any]]) -> None:
        env["ir.attachment"].sudo().with_context(binary_field_real_user=env.user).create([
            {
                "name": self.name, "res_model": record._name, "res_field": self.name, "res_id": record._ids[0],
                "type": "binary", "datas": value,
            }
            for record, value in values
        ])  # fmt: skip

    def write(self, records: Recordset, value: Any) -> None:
        if not self.store:
            super().write(records, value)
            return
        value = self._checked(value, records)
        if self.attachment:
            self._write_attachments(records.with_context(bin_size=False), value)
            return
        plain = records.with_context(bin_size=False)
        super().write(plain, value)
        for column in records.env.cache.columns(self):
            if column is not plain.env.columns[self]:
                for id_ in records._ids:
                    column.pop(id_, None)

    def _write_attachments(self, records: Recordset, value: Any) -> None:
        env = records.env
        if self.is_recomputed:
            env.remove_to_compute(self, records)
        cached = self.convert_to_cache(value, records)
        env.cache.forget(self, records._ids)
        env.columns[self].update(dict.fromkeys(records._ids, cached))
        ids = [id_ for id_ in records._ids if id_]
        if not ids:
            return
        domain = [("res_model", "=", records._name), ("res_field", "=", self.name), ("res_id", "in", ids)]
        attachments: Any = env["ir.attachment"].sudo().with_context(active_test=False).search(domain)
        if not value:
            attachments.unlink()
            return
        if attachments:
            attachments.write({"datas": value})
        having = set(attachments.mapped("res_id"))
        missing = [records.browse(id_) for id_ in ids if id_ not in having]
        if missing:
            self._create_attachments(env, [(record, value) for record in missing])


class Image(Binary):
    """A picture, made no larger than `max_width` x `max_height` (pixels; 0: as it is)."""

    max_width: int = 0
    max_height: int = 0
    verify_resolution: bool = True
    related_attrs: ClassVar[dict[str, str]] = {
        **Binary.related_attrs,
        "max_width": "max_width",
        "max_height": "max_height",
    }

    def prepare(self, model: Recordset) -> None:
        if self.related and self.related_field is not None and not self.attachment and not self.store:
            self.attachment = True

    def _resized(self, value: Any, env: Environment) -> Any:
        """The picture in base64, within the limits; `UserError` if it is none."""
        if not value or (not self.max_width and not self.max_height and not self.verify_resolution):
            return value
        content = value.encode("ascii") if isinstance(value, str) else value
        try:
            image = base64.b64decode(content)
        except binascii.Error as error:
            raise UserError(env._("This is no picture: it is not encoded in base64.")) from error
        if image[:1] == b"<" or guess_mimetype(image) == "image/webp":
            return content
        try:
            done = image_process(
                image, size=(self.max_width, self.max_height), verify_resolution=self.verify_resolution
            )
        except ImageError as error:
            raise UserError(str(error)) from error
        return base64.b64encode(done or b"") or False

    def create(self, record_values: Collection[tuple[Recordset, Any]]) -> None:
        super().create([(record, self._resized(value, record.env)) for record, value in record_values])

    def write(self, records: Recordset, value: Any) -> None:
        try:
            resized = self._resized(value, records.env)
        except UserError:
            if any(records._ids):
                raise
            # a form may be left with a broken picture: saving will say so
            resized = value
        super().write(records, resized)

    def compute_value(self, records: Recordset) -> None:
        super().compute_value(records)
        if not self.store and self.related and not self._wants_size(records.env):
            column = records.env.columns[self]
            for id_ in records._ids:
                value = column.get(id_)
                if isinstance(value, bytes) and (self.max_width or self.max_height):
                    column[id_] = self._resized(value, records.env)
