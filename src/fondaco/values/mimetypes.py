"""What kind of file some bytes are, and which name and type may be announced for them.

Answers come from the first bytes (magic numbers), not from what a client claims.
"""

from __future__ import annotations

import io
import mimetypes
import os
import re
import zipfile
from typing import Any

DEFAULT_MIMETYPE = "application/octet-stream"

# (offset, bytes, type): first match wins.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "application/pdf"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/x-rar"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"{\\rtf", "application/rtf"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (257, b"ustar", "application/x-tar"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/x-wav", b"AVI ": "video/x-msvideo"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"

_OOXML = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OLE_STREAMS = (
    (b"W\x00o\x00r\x00d\x00D\x00o\x00c\x00u\x00m\x00e\x00n\x00t\x00", "application/msword"),
    (b"W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00", "application/vnd.ms-excel"),
    (b"P\x00o\x00w\x00e\x00r\x00P\x00o\x00i\x00n\x00t\x00", "application/vnd.ms-powerpoint"),
)
_MARKUP = re.compile(rb"<[!?a-z]", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_XML_LIKE = re.compile(r"\b(?:x?html|xml|svg|ht)\b|htm|xml|svg|xhtml", re.IGNORECASE)

EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/gzip": ".gz",
    **dict(zip(_OOXML.values(), (".docx", ".xlsx", ".pptx"), strict=True)),
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
}


def guess_mimetype(bin_data: bytes | bytearray | memoryview | str, default: str = DEFAULT_MIMETYPE) -> str:
    """The MIME type of these bytes; `default` when nothing speaks."""
    data = bin_data.encode() if isinstance(bin_data, str) else bytes(bin_data)
    if not data:
        return "application/x-empty" if default == DEFAULT_MIMETYPE else default
    for offset, magic, mimetype in _MAGIC:
        if data.startswith(magic, offset):
            return mimetype
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12], default)
    if data.startswith((_ZIP, b"PK\x05\x06")):
        return _zip_mimetype(data)
    if data.startswith(_OLE):
        return next((mimetype for stream, mimetype in _OLE_STREAMS if stream in data), "application/x-ole-storage")
    return _text_mimetype(data[:1024], default)


def _zip_mimetype(data: bytes) -> str:
    """A ZIP may be an office document: OOXML by its folders, OpenDocument by its `mimetype` member."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" in names:
                for folder, mimetype in _OOXML.items():
                    if any(name.startswith(folder) for name in names):
                        return mimetype
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                if re.fullmatch(r"application/[a-z0-9.+\-]+", declared):
                    return declared
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError):
        pass
    return "application/zip"


def _text_mimetype(head: bytes, default: str) -> str:
    if _CONTROL.search(head):
        return default
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    lowered = text[:512].lower()
    if lowered.startswith(b"<?xml") or _MARKUP.match(lowered):
        if b"<svg" in lowered:
            return "image/svg+xml"
        if lowered.startswith(b"<!doctype html") or b"<html" in lowered:
            return "text/html"
        if lowered.startswith(b"<?xml"):
            return "application/xml" if default == DEFAULT_MIMETYPE else default
    if default != DEFAULT_MIMETYPE:
        return default
    try:
        # The last bytes may be cut in the middle of a character.
        head[: max(len(head) - 3, 1)].decode() if len(head) >= 1024 else head.decode()
    except UnicodeDecodeError:
        return default
    return "text/plain"


def neuter_mimetype(mimetype: str, user: Any) -> str:
    """`mimetype`, but plain text for what a browser would run, unless `user` is an administrator (`_is_system()`)."""
    if _XML_LIKE.search(mimetype) and not user._is_system():
        return "text/plain"
    return mimetype


def get_extension(filename: str) -> str:
    """The known extension of `filename` in lower case with its dot, else ''."""
    extension = os.path.splitext(filename.strip())[1].lower()
    if not extension or len(extension) > 10 or not re.fullmatch(r"\.[a-z0-9]+", extension):
        return ""
    return extension if mimetypes.guess_type("x" + extension)[0] or extension in EXTENSIONS.values() else ""


def extension_of(mimetype: str) -> str:
    """The usual extension of a MIME type with its dot, or ''."""
    return EXTENSIONS.get(mimetype) or mimetypes.guess_extension(mimetype) or ""


def fix_filename_extension(filename: str, mimetype: str) -> str:
    """`filename`, with the extension of `mimetype` added unless its own fits."""
    known = mimetypes.guess_type(filename)[0]
    extension = extension_of(mimetype)
    if known == mimetype or not extension or filename.lower().endswith(extension):
        return filename
    return filename + extension
