"""Signatures of webhooks, as Standard Webhooks has them (standardwebhooks.com); most languages have a library for it.

Three headers: `webhook-id`, the same at every try; `webhook-timestamp`, seconds since 1970; `webhook-signature`, one or
several `v1,BASE64` of HMAC-SHA-256 over `id.timestamp.body`. A secret is `whsec_` and base64 of 24 bytes or more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

PREFIX = "whsec_"
LEAST_BYTES = 24
MOMENT = re.compile(r"[0-9]{1,12}")
TOLERANCE_S = 300
"""Who repeats a call that he has overheard has so long"""


def signed(secret: str, key: str, body: bytes, now: float) -> dict[str, str]:
    """The headers of a call. ValueError where the secret is none."""
    moment = str(int(now))
    digest = base64.b64encode(_digest(secret, key, moment, body)).decode()
    return {"webhook-id": key, "webhook-timestamp": moment, "webhook-signature": f"v1,{digest}"}


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """The id of a call that was signed with this secret within the last minutes.

    ValueError says why it cannot be believed; `headers` finds names in any case, as those of a request do.
    """
    key, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not key or not MOMENT.fullmatch(moment):
        raise ValueError("webhook-id or webhook-timestamp is missing or malformed")
    if abs(now - int(moment)) > TOLERANCE_S:
        raise ValueError(f"webhook-timestamp is more than {TOLERANCE_S} s away from now")
    expected = b"v1," + base64.b64encode(_digest(secret, key, moment, body))
    given = headers.get("webhook-signature", "").encode("utf-8", "replace").split()
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise ValueError("webhook-signature is not that of this body")
    return key


def _digest(secret: str, key: str, moment: str, body: bytes) -> bytes:
    try:
        bare = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret of a webhook is whsec_ and base64") from error
    if len(bare) < LEAST_BYTES:
        raise ValueError(f"the secret of a webhook has {LEAST_BYTES} bytes or more")
    return hmac.new(bare, f"{key}.{moment}.".encode() + body, hashlib.sha256).digest()
