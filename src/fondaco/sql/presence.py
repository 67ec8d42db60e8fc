"""Is whoever took a lease still there?

A lease names a session of PostgreSQL that its holder keeps open. When his process dies, PostgreSQL notices, and the
lease is void at once; where there is no such session (poolers), it is void when it was not renewed for a while.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import psycopg

from fondaco.sql.fragment import SQL

LEASE_S = 60
"""How long a lease is good without being renewed."""
RENEW_S = 15

HELD = SQL(
    """
    lease.expires > clock_timestamp()
    AND (
        lease.session IS NULL
        OR EXISTS (
            SELECT FROM pg_stat_activity AS holder
             WHERE holder.pid = split_part(lease.session, '@', 1)::int
               -- NULL: the session of another role, of which we may know no more than that it is there
               AND COALESCE(extract(epoch FROM holder.backend_start)::text, split_part(lease.session, '@', 2))
                   = split_part(lease.session, '@', 2)
        )
    )
    """
)
"""Whether the row `lease` (its columns `expires` and `session`) is good."""

UNHURRIED = SQL("set_config('synchronous_commit', 'off', true) IS NOT NULL")
"""A condition that is true; the statement in which it is asked does not wait for the disk at its end. A lease that is
taken or given back need not outlive a crash of PostgreSQL: its holder's session does not either."""

SESSION = "SELECT pid || '@' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
"""What names a session of PostgreSQL for as long as there is one."""


@contextlib.contextmanager
def renewed(renew: Callable[[], object], name: str) -> Iterator[None]:
    """Within it, `renew` is called now and then in a thread of that name: the holder is still at it."""
    is_done = threading.Event()

    def work() -> None:
        while not is_done.wait(RENEW_S):
            with contextlib.suppress(psycopg.Error):
                renew()

    threading.Thread(target=work, name=name, daemon=True).start()
    try:
        yield
    finally:
        is_done.set()
