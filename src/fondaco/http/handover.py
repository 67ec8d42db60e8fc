"""How does a connection leave HTTP: a websocket, or an answer that somebody else will finish?

The endpoint returns a `Handover`. Its head is sent as that of any answer; then the connection goes, with a parcel of
what its new keeper must know, to the worker that keeps such connections (fondaco.bus).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from fondaco.http.response import Response

PARCEL = "fondaco.handover"  # in the environ: the parcel, once the answer was a handover
KEEPER = "fondaco.has_keeper"  # in the environ: whether this server has somebody to hand over to


class Handover(Response):
    """An answer of which this server sends the head alone. parcel: JSON values."""

    def __init__(self, parcel: Mapping[str, Any], **kw: Any) -> None:
        super().__init__(**kw)
        self.parcel = dict(parcel)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[PARCEL] = orjson.dumps(self.parcel)
        self.headers.remove("Content-Length")
        super().__call__(environ, start_response)
        return ()


def packed(parcel: bytes, rest: bytes) -> bytes:
    """A parcel as it travels, with the bytes that the client sent after its request."""
    return parcel + b"\n" + rest


def unpacked(payload: bytes) -> tuple[dict[str, Any], bytes]:
    """The parcel and those bytes."""
    parcel, _, rest = payload.partition(b"\n")
    return orjson.loads(parcel), rest
