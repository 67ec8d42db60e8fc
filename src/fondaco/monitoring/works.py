"""Which request or job of ours is behind a session of PostgreSQL?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fondaco.server.telling import Facts
from fondaco.sql.locks import Session

TRACE_LENGTH = 32


def by_session(sessions: Sequence[Session], processes: Sequence[Facts]) -> dict[int, Facts]:
    """The work of each session that a process of ours on this machine is at, by the session's number.

    Behind a pooler a process does not know with whom it speaks; with traces, `application_name` tells.
    """
    works = [work for facts in processes for work in facts.get("works", ())]
    by_backend = {(work["backend"], work.get("db")): work for work in works if work.get("backend")}
    by_trace = {work["trace"]: work for work in works if work.get("trace")}
    found = {}
    for session in sessions:
        work = by_trace.get(session.application[-TRACE_LENGTH:]) or by_backend.get((session.pid, session.database))
        if work is not None:
            found[session.pid] = work
    return found


def described(work: Mapping[str, Any] | None) -> str:
    """A piece of work in one line: a request with its route, or a job; in whose name."""
    if work is None:
        return ""
    what = f"{work.get('method', '')} {work.get('path', '')}" if "path" in work else f"job {work.get('job', '')}"
    uid = work.get("uid") or work.get("user")
    return f"{what.strip()} uid={uid}" if uid else what.strip()
