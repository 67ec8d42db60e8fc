"""How a webhook is called: one POST, and a refusal is told in a way that lets the job be tried again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fondaco.errors import RetryLater, UserError
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import requests
else:
    requests = Deferred("requests")

_logger = logging.getLogger(__name__)
TIMEOUT_S = 10
LONGEST_WAIT_S = 24 * 3600
BUSY = (429, 503)


def post_json(url: str, body: str, key: str) -> str:
    """POST `body` to `url`, with `key` as its Idempotency-Key; what to note of the answer.

    A log or an error names the host alone: the rest of such addresses is often a secret.
    """
    host = urlsplit(url).hostname
    if urlsplit(url).scheme not in ("http", "https"):
        raise UserError("The address of a webhook begins with http:// or https://.")
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    try:
        answer = requests.post(url, data=body.encode(), headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise RetryLater(f"{host} was not reached: {type(error).__name__}") from None  # its text quotes the address
    if answer.status_code in BUSY:
        raise RetryLater(f"{host} answered {answer.status_code}", _wanted_wait(answer))
    if not answer.ok or answer.is_redirect:
        raise RetryLater(f"{host} answered {answer.status_code}; expected 200 to 299")
    _logger.info("webhook called host=%s status=%s", host, answer.status_code)
    return f"{host} answered {answer.status_code}"


def _wanted_wait(answer: requests.Response) -> float | None:
    """Seconds that the other side asks for (dates are not read)."""
    wanted = answer.headers.get("Retry-After", "")
    return min(float(wanted), LONGEST_WAIT_S) if wanted.isdigit() else None
