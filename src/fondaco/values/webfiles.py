"""What a browser is told of a static file: its version, its type, and how it may be packed for the way."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes

import brotli

VERSION_LENGTH = 10
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Name of an encoding, best first, and the ending that web servers look for beside a file."""
SMALLEST = 1024  # bytes under which packing gains nothing
QUICK, THOROUGH, BEST = 5, 9, 11  # of brotli: while somebody waits, in advance, in advance where it is soon done
SOON_DONE = 256 * 1024  # bytes
GZIP_QUICK, GZIP_THOROUGH = 6, 9
TEXT_TYPES = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/xml")
PACKABLE = (*TEXT_TYPES, "font/ttf", "font/otf", "application/wasm", "image/vnd.microsoft.icon")

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/json", ".map")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("font/ttf", ".ttf")
mimetypes.add_type("image/webp", ".webp")
mimetypes.add_type("image/vnd.microsoft.icon", ".ico")


def version_of(content: bytes) -> str:
    """A few letters that change when the content does; they make an address that can be kept for ever."""
    return hashlib.sha256(content).hexdigest()[:VERSION_LENGTH]


def type_of(name: str) -> str:
    """The media type of a file, by its name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def is_packable(media_type: str, size: int) -> bool:
    return size >= SMALLEST and media_type.startswith(PACKABLE)


def packed(content: bytes, encoding: str, *, thorough: bool = False) -> bytes:
    """`content` in an encoding of `ENCODINGS`; the same each time."""
    if encoding == "br":
        in_advance = BEST if len(content) <= SOON_DONE else THOROUGH
        done: bytes = brotli.compress(content, quality=in_advance if thorough else QUICK)
        return done
    return gzip.compress(content, GZIP_THOROUGH if thorough else GZIP_QUICK, mtime=0)


def accepted(header: str) -> list[str]:
    """The encodings of `ENCODINGS` that an Accept-Encoding header allows, best first.

    >>> accepted("gzip, deflate, br"), accepted("br;q=0, *"), accepted("")
    (['br', 'gzip'], ['gzip'], [])
    """
    wishes: dict[str, bool] = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        wishes[name.strip()] = weight.replace(" ", "").removeprefix("q=").rstrip("0").rstrip(".") != "" or not weight
    return [name for name in ENCODINGS if wishes.get(name, wishes.get("*", False))]
