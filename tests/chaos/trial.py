"""One storm from beginning to end: a server with all that belongs to it, users, disasters, and what is found after.

outcome = trial(seconds, directory)
assert outcome.findings() == []
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.disasters import Disasters, memory_mib, plan
from tests.chaos.load import (
    ASK,
    JOB,
    SAY,
    Asker,
    Listener,
    OtherWriter,
    Reader,
    Speaker,
    Tally,
    Uploader,
    User,
    Writer,
    logged_in,
    repeat,
)
from tests.fix_cluster import Cluster
from tests.fix_redis import Redis
from tests.fix_s3 import serving_s3
from tests.fix_server import serving

LISTENERS = 10
SETTLE_S = 90  # for jobs, news and files that still wait when the storm is over
MEMORY_MIB = 400  # that no process may have for itself
GROWTH = 2.0  # of the whole server, from before the storm to after it


@dataclass
class Outcome:
    """What was counted, and what is there in the end."""

    seconds: float
    tally: Tally
    disasters: dict[str, int]
    listeners: list[Listener]
    memory: list[list[float]]  # MiB of each process, a look a second
    logfile: Path
    partners: dict[str, list[int]] = field(default_factory=dict)  # name -> how often a job did it, a number a record
    files: dict[str, int] = field(default_factory=dict)  # name -> how often it is there
    broken_files: list[str] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)

    def reloads(self):
        """How many reloads were carried through."""
        return self.logfile.read_text().count("reload done")

    def findings(self):
        """Every promise that was broken, a sentence each."""
        there = {**{name: len(found) for name, found in self.partners.items()}, **self.files}
        said = {name for name in self.tally.saved if name.startswith("said")}
        saved = set(self.tally.saved) - said
        yield from (f"answered and not there: {name}" for name in sorted(saved) if not there.get(name))
        yield from (f"there {count} times: {name}" for name, count in there.items() if count > 1)
        yield from (f"there and never sent: {name}" for name in there if name not in saved | self.tally.unknown)
        yield from (f"a request without an answer: {what}" for what in self.tally.unanswered)
        for name, done in self.partners.items():
            if name.startswith("asked") and done != [1]:
                yield f"a job was to do it once and did it {done} times: {name}"
        yield from (f"another content came back: {name}" for name in self.broken_files)
        yield from (f"not delivered to the object store: {name}" for name in self.undelivered)
        for number, listener in enumerate(self.listeners):
            yield from self._findings_of(f"listener {number}", listener.heard, said)
        yield from self._findings_of_memory()

    def _findings_of(self, who, heard, said):
        numbers = [int(payload.split()[1]) for payload in heard]
        if sorted(set(numbers)) != numbers:
            yield f"{who} heard news twice or out of order"
        if missing := said - set(heard):
            yield f"{who} missed {len(missing)} news, {min(missing)!r} for one"

    def _findings_of_memory(self):
        peak = max(max(look) for look in self.memory)
        before, after = sum(self.memory[0]), sum(self.memory[-1])
        if peak > MEMORY_MIB:
            yield f"a process had {peak:.0f} MiB"
        if after > GROWTH * before:
            yield f"the server grew from {before:.0f} to {after:.0f} MiB"


def trial(seconds, directory):
    """A storm of so many seconds."""
    with contextlib.ExitStack() as stack:
        cluster = Cluster(directory / "postgresql", ("bus",))
        stack.callback(cluster.embedded.stop)
        (directory / "redis").mkdir()
        (directory / "s3").mkdir()
        redis = Redis(shutil.which("redis-server"), directory / "redis", "127.0.0.1")
        redis.start()
        stack.callback(redis.stop)
        s3 = stack.enter_context(serving_s3(directory / "s3"))
        config = cluster.config.replace(workers=2, max_cron_threads=1, redis_url=redis.url, **s3.settings)
        server = stack.enter_context(serving(config, cluster.database, directory))
        return _storm(seconds, server, Disasters(server, cluster, redis, s3), s3)


def _storm(seconds, server, disasters, s3):
    tally, is_over = Tally(), threading.Event()
    user = User(server, Tally())
    _status, (model,) = user.call("ir.model", "search", [("model", "=", "res.partner")])
    acting = {"model_id": model, "state": "code"}
    job = user.call("ir.cron", "create", {
        "name": "does what is asked", "code": JOB, "interval_number": 1, "interval_type": "days",
        "nextcall": "2090-01-01 00:00:00", "user_id": 2, **acting,
    })[1]  # fmt: skip
    say, ask = (
        user.call("ir.actions.server", "create", {"name": "act", "code": code, **acting})[1] for code in (SAY, ASK)
    )
    users = [
        Reader(server, tally), Reader(server, tally), Writer(server, tally), OtherWriter(server, tally),
        Uploader(server, tally), Speaker(server, tally, say), Asker(server, tally, ask, job),
    ]  # fmt: skip
    cookie = logged_in(server)  # of one browser with many pages
    listeners = [Listener(server, cookie) for _ in range(LISTENERS)]
    for listener in listeners:
        listener.thread.start()
    threads = [repeat(one, is_over) for one in users]
    for thread in threads:
        thread.start()
    _until(lambda: all(listener.is_open.is_set() for listener in listeners))
    _until(lambda: len({name.split()[0] for name in tally.saved}) == 5 and tally.statuses[200] > 200)
    outcome = Outcome(seconds, tally, disasters.done, listeners, [memory_mib(server)], server.logfile)
    began = time.monotonic()
    disasters.carry_out(plan(seconds), lambda: outcome.memory.append(memory_mib(server)))
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    # The last reload may still be on its way; the users go on as long.
    _until(lambda: outcome.reloads())
    is_over.set()
    for thread in threads:
        thread.join(SETTLE_S)
    _look(outcome, user, s3)
    outcome.memory.append(memory_mib(server))
    return outcome


def _look(outcome, user, s3):
    """What is there when all that waits has had its time."""
    said = {name for name in outcome.tally.saved if name.startswith("said")}
    _until(lambda: not user.call("res.partner", "search_count", [("ref", "=", "todo")])[1])
    _until(lambda: all(said <= set(listener.heard) for listener in outcome.listeners))
    for listener in outcome.listeners:
        listener.is_over.set()
    mine = ["|", "|", ("name", "=like", "written %"), ("name", "=like", "also written %"), ("ref", "!=", False)]
    for row in user.call("res.partner", "search_read", mine, ["name", "color", "ref"])[1]:
        if row["name"].partition(" ")[0] in ("written", "also", "asked"):
            outcome.partners.setdefault(row["name"], []).append(row["color"])
    rows = user.call("ir.attachment", "search_read", [("name", "=like", "file %")], ["name", "datas", "store_fname"])[1]
    for row in rows:
        outcome.files[row["name"]] = outcome.files.get(row["name"], 0) + 1
        if hashlib.sha1(base64.b64decode(row["datas"])).hexdigest() != row["name"].split()[2]:
            outcome.broken_files.append(row["name"])
    stored = {row["store_fname"] for row in rows}

    def missing():
        return [name for name in stored if not any(there.endswith(name) for there in s3.names())]

    _until(lambda: not missing())
    outcome.undelivered = missing()


def _until(condition):
    end = time.monotonic() + SETTLE_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.2)
