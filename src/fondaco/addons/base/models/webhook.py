"""How a webhook is called: one POST, and a refusal is told in a way that lets the job be tried again.

Whoever may write an action chooses the address. It must not be a way to the machines behind the server: a connection
that reached a private address is closed before anything is sent, whatever name led there.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fondaco.errors import RetryLater, UserError
from fondaco.values import webhooks
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import requests
    import urllib3
else:
    requests = Deferred("requests")
    urllib3 = Deferred("urllib3")

_logger = logging.getLogger(__name__)
SECRET = "webhook.secret"
"""The parameter that signs what a database calls"""
TIMEOUT_S = 10
LONGEST_WAIT_S = 24 * 3600
BUSY = (429, 503)


class Inside(Exception):
    """The connection led to an address that is not public."""


def post_json(url: str, body: str, key: str, networks: Sequence[str] = (), secret: str = "") -> str:
    """POST `body` to `url`, with `key` as its Idempotency-Key; what to note of the answer.

    networks: private ones that may be reached as well. secret: signs the call (values/webhooks). A log or an error
    names the host alone: the rest of such addresses is often a secret.
    """
    host = urlsplit(url).hostname
    if urlsplit(url).scheme not in ("http", "https"):
        raise UserError("The address of a webhook begins with http:// or https://.")
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    if secret:
        try:
            headers |= webhooks.signed(secret, key, body.encode(), time.time())
        except ValueError as error:
            raise UserError(f"{SECRET}: {error}; see docs/integrator/exchange.md") from None
    try:
        with _session(networks) as session:
            answer = session.post(url, data=body.encode(), headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
    except Inside as error:
        raise UserError(
            f"{host} is {error}, an address inside: a webhook reaches public addresses, and those of webhook_networks."
        ) from None
    except requests.RequestException as error:
        raise RetryLater(f"{host} was not reached: {type(error).__name__}") from None  # its text quotes the address
    if answer.status_code in BUSY:
        raise RetryLater(f"{host} answered {answer.status_code}", _wanted_wait(answer))
    if not answer.ok or answer.is_redirect:
        raise RetryLater(f"{host} answered {answer.status_code}; expected 200 to 299")
    _logger.info("webhook called host=%s status=%s", host, answer.status_code)
    return f"{host} answered {answer.status_code}"


def _session(networks: Sequence[str]) -> requests.Session:
    """A session whose connections look where they arrived. No proxy of the environment: it would look for us."""
    allowed = [ipaddress.ip_network(network, strict=False) for network in networks]

    def look(connection: urllib3.connection.HTTPConnection) -> None:
        address = ipaddress.ip_address(connection.sock.getpeername()[0].partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if not address.is_global and not any(address in network for network in allowed):
            connection.close()
            raise Inside(str(address))

    class Plain(urllib3.connection.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            look(self)

    class Secure(urllib3.connection.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            look(self)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        adapter = requests.adapters.HTTPAdapter()
        adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
        session.mount(scheme, adapter)
    return session


def _wanted_wait(answer: requests.Response) -> float | None:
    """Seconds that the other side asks for (dates are not read)."""
    wanted = answer.headers.get("Retry-After", "")
    return min(float(wanted), LONGEST_WAIT_S) if wanted.isdigit() else None
