"""Does the proxy send this file, so that we need not?

Only with `x_sendfile`, and only for requests whose proxy announced it with `X-Sendfile-Type: X-Accel-Redirect`: one
without the internal location would deliver nothing at all. The header says that, never where the files are; so a
client who forges it behind such a proxy spoils his own downloads and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Response

LOCATION = "/web/filestore"  # internal; an alias of <data_dir>/filestore
_ROOT = "fondaco.offload_root"
_BY_THE_PROXY = ("Content-Length", "ETag", "Last-Modified", "Accept-Ranges")


def note(environ: MutableMapping[str, Any], root: str) -> None:
    """Keep what the proxy announced; `root` is the folder that its internal location shows."""
    if environ.get("HTTP_X_SENDFILE_TYPE", "").strip().lower() == "x-accel-redirect":
        environ[_ROOT] = root


def place(path: str | None, environ: Mapping[str, Any]) -> str | None:
    """What the proxy calls the file, or None if it cannot send it."""
    root = environ.get(_ROOT)
    if not root or not path or not os.path.abspath(path).startswith(root + os.sep):
        return None
    return LOCATION + quote(os.path.abspath(path)[len(root) :])


def hand_over(response: Response, location: str) -> None:
    """Name the file instead of sending it; the proxy sees to its length, its validators and ranges of it."""
    response.close()
    response.response = ()
    for header in _BY_THE_PROXY:
        response.headers.pop(header, None)
    response.headers["X-Accel-Redirect"] = location
