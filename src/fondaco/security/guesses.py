"""Who guesses a secret too fast? Counted in the memory of this process, for secrets that belong to no database."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 10  # wrong guesses in a row before one has to wait
WAIT_S = 60.0
MOST = 10_000  # sources that are remembered
IPV6_BITS = 64  # what a provider gives to one customer


def network_of(address: str) -> str | None:
    """The network by which the failures of an address are counted: for IPv6 its neighbours are the same customer."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ipaddress.ip_network((known, IPV6_BITS), strict=False))


class Guesses:
    """How often each source was wrong in a row, and when it was last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Guesses sources={len(self._known)}>"

    def is_too_fast(self, address: str) -> bool:
        """Whether this address has to wait before it may guess again; one that is not known never has."""
        count, last = self._known.get(network_of(address) or "", (0, 0.0))
        return count >= FREE and self._clock() - last < WAIT_S

    def was_wrong(self, address: str) -> None:
        source = network_of(address)
        if source is None:
            return
        with self._lock:
            count, _last = self._known.pop(source, (0, 0.0))
            self._known[source] = (count + 1, self._clock())
            if len(self._known) > MOST:
                self._known.popitem(last=False)

    def was_right(self, address: str) -> None:
        with self._lock:
            self._known.pop(network_of(address) or "", None)
