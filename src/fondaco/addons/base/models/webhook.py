"""How a webhook is called: one POST after the transaction, its failure noted and not repeated."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from urllib.parse import urlsplit

_logger = logging.getLogger(__name__)
TIMEOUT_S = 2


def post_json(url: str, body: str) -> None:
    """POST `body` to `url`; schemes other than http and https are refused.

    The log names the host alone: the rest of such addresses is often a key.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        _logger.warning("webhook refused: neither http nor https scheme=%s", parts.scheme)
        return
    request = urllib.request.Request(url, data=body.encode(), headers={"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
            _logger.info("webhook called host=%s status=%s", parts.hostname, response.status)
    except (urllib.error.URLError, TimeoutError) as error:
        _logger.warning("webhook failed host=%s error=%s", parts.hostname, error)
