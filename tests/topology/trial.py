"""Losses of whole machines under load: what was answered, what was not, and how long nobody was served."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fondaco.config import Config
from fondaco.sql.binaries import binaries
from tests import fix_database
from tests.fix_redis import Redis, serving_redis
from tests.fix_s3 import S3, serving_s3
from tests.topology.machines import NET, Machine, Topology, running, wait_until
from tests.topology.network import Network

WRITERS = 3
ANSWER_S = 90
HOST = "erp.example.com"


@dataclass
class Tally:
    """Writes by name, and when the last one was answered."""

    saved: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    longest_gap_s: float = 0.0
    answered_at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, answer: int | None, why: str) -> None:
        with self.lock:
            if answer is None:
                self.unknown[name] = why
                return
            now = time.monotonic()
            self.longest_gap_s = max(self.longest_gap_s, now - self.answered_at)
            self.saved[name], self.answered_at = answer, now

    def gap(self) -> float:
        """The longest time without an answered write since this was asked last."""
        with self.lock:
            found, self.longest_gap_s, self.answered_at = self.longest_gap_s, 0.0, time.monotonic()
            return found


class Writer(threading.Thread):
    """Creates contacts through the front, one after another; one whose fate is unknown is not sent again."""

    def __init__(self, topology: Topology, tally: Tally, prefix: str) -> None:
        super().__init__(daemon=True)
        self.topology, self.tally, self.prefix = topology, tally, prefix
        self.context = ssl.create_default_context()
        topology.authority.configure_trust(self.context)
        self.is_done = threading.Event()

    def run(self) -> None:
        with self.topology.people.here():
            self.write()

    def write(self) -> None:
        """Until it is done."""
        number = 0
        while not self.is_done.is_set():
            number += 1
            name = f"{self.prefix} {number}"
            answer, why = self.call("res.partner", "create", {"name": name})
            self.tally.note(name, answer if isinstance(answer, int) else None, why)
            if answer is None:
                self.is_done.wait(0.2)

    def call(self, model: str, method: str, *args: object) -> tuple[object, str]:
        """(what was answered or None, why not)."""
        me = ["erp", 2, fix_database.PASSWORD]
        params = {"service": "object", "method": "execute_kw", "args": [*me, model, method, list(args)]}
        connection = http.client.HTTPSConnection(
            self.topology.front.address, 443, timeout=ANSWER_S, context=self.context
        )
        try:
            connection._context.check_hostname = False  # type: ignore[attr-defined]  # the address is not the name
            connection.request("POST", "/jsonrpc", json.dumps({"jsonrpc": "2.0", "id": 1, "params": params}),
                               {"Content-Type": "application/json", "Host": HOST})  # fmt: skip
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return None, repr(error)
        finally:
            connection.close()
        if response.status != 200:
            return None, f"{response.status}"
        document = json.loads(body)
        return document.get("result"), document.get("error", {}).get("data", {}).get("name", "")


@dataclass
class Outcome:
    """What a trial found."""

    saved: dict[str, int]
    unknown: dict[str, str]
    rows: list[tuple[int, str]]
    gaps_s: dict[str, float]
    """{loss: the longest time in which no write was answered}"""

    def findings(self) -> Iterator[str]:
        """Each broken promise."""
        there = dict(self.rows)
        for name, id_ in self.saved.items():
            if there.get(id_) != name:
                yield f"answered and not there: {name} ({id_})"
        names = [name for _id, name in self.rows]
        for name in {name for name in names if names.count(name) > 1}:
            yield f"there {names.count(name)} times: {name}"


def dump(config: Config, database: str, path: Path) -> None:
    """Write a database into a file, as pg_dump does."""
    words = ["-h", config["db_host"], "-p", str(config["db_port"] or 5432)]
    words += ["-U", config["db_user"]] if config["db_user"] else []
    environ = {**os.environ, "PGPASSWORD": config["db_password"] or ""}
    command = [binaries() / "pg_dump", "-Fc", "--no-owner", "--no-privileges", "-f", path, *words, database]
    subprocess.run(command, check=True, env=environ, timeout=120)


def _restore(topology: Topology, path: Path) -> None:
    primary = topology.primary()
    assert primary is not None
    read = [binaries() / "pg_restore", "--no-owner", "--role=erp", "-f", "-", path]
    script = subprocess.run(read, check=True, capture_output=True, text=True, timeout=120).stdout
    # A dump of a later PostgreSQL than the kit's sets what that one does not know.
    script = script.replace("SET transaction_timeout = 0;\n", "")
    command = [binaries() / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", primary.folder, "-U", "postgres", "-d", "erp"]
    with topology.superuser("erp") as connection:
        connection.execute("ALTER SCHEMA public OWNER TO erp")
    subprocess.run(command, input=script, check=True, text=True, stdout=subprocess.DEVNULL, timeout=120)


@contextlib.contextmanager
def _stores(network: Network, folder: Path) -> Iterator[tuple[Redis, S3]]:
    """Redis and an object store, on a machine of their own."""
    address = f"{NET}.41"
    place = network.place("stores", address)
    with contextlib.ExitStack() as running:
        with place.here():
            redis = running.enter_context(serving_redis(folder / "redis", address))
            store = running.enter_context(serving_s3(folder / "s3", address))
        yield redis, store


def trial(folder: Path, dumped: Path, *, is_long: bool = False) -> Outcome:
    """Lose a server, then the primary; in the long form, everything that was lost comes back and is lost once more.

    folder: where other accounts may enter.  dumped: a database by `dump`.
    """
    for name in ("redis", "s3", "machines"):
        (folder / name).mkdir()
    with (
        contextlib.closing(Network()) as network,
        _stores(network, folder) as (redis, store),
        running(network, folder / "machines", redis.url, store) as topology,
    ):
        _restore(topology, dumped)
        for machine in topology.servers:
            topology.start_server(machine)
        topology.start_front()
        assert topology.answer_to_a_stranger() == 401
        assert not topology.is_a_stranger_heard_by_a_witness()
        assert not topology.is_postgresql_heard_in_clear_text()
        tally = Tally()
        writers = [Writer(topology, tally, f"writer {number}") for number in range(WRITERS)]
        with topology.people.here():
            wait_until(lambda: writers[0].call("res.users", "search", [])[0] is not None, "the front answers")
        tally.gap()
        for writer in writers:
            writer.start()
        _more(tally)
        assert topology.in_clear_text() == []
        gaps = dict(_losses(topology, tally, is_long))
        for writer in writers:
            writer.is_done.set()
        for writer in writers:
            writer.join(ANSWER_S)
        with topology.superuser("erp") as connection:
            rows = connection.execute("SELECT id, name FROM res_partner WHERE name LIKE 'writer %'").fetchall()
        return Outcome(tally.saved, tally.unknown, rows, gaps)


def _losses(topology: Topology, tally: Tally, is_long: bool) -> Iterator[tuple[str, float]]:
    """(loss, seconds without an answered write), one after another."""
    _more(tally)
    tally.gap()
    lost_server = topology.servers[0]
    lost_server.lose()
    _more(tally)
    yield "a server", tally.gap()

    yield from _cut_primary(topology, tally)
    tally.gap()
    lost_primary = _lose_primary(topology, tally)
    yield "the primary", tally.gap()
    if not is_long:
        return
    topology.start_server(lost_server)
    topology.start_database(lost_primary)
    wait_until(topology.has_replica, "who was primary follows")
    _more(tally)
    tally.gap()
    topology.etcd[0].lose()
    _more(tally)
    yield "a witness", tally.gap()
    _lose_primary(topology, tally)
    yield "the second primary", tally.gap()


def _cut_primary(topology: Topology, tally: Tally) -> Iterator[tuple[str, float]]:
    """The primary runs on and sees nobody: it must stop to be one, though nobody can tell it to."""
    alone = topology.primary()
    assert alone is not None
    alone.place.cut()
    wait_until(lambda: topology.primary() not in (None, alone), "another primary")
    # On a busy machine perhaps after its successor began: till then it answers no commit, for its replica has none.
    wait_until(lambda: not topology.takes_writes(alone), "who was cut off is no primary")
    _more(tally)
    yield "the network of the primary", tally.gap()
    alone.place.mend()
    wait_until(topology.has_replica, "who was cut off follows")
    assert topology.primary() is not alone, "it took the lock from its successor"
    _more(tally)


def _lose_primary(topology: Topology, tally: Tally) -> Machine:
    lost = topology.primary()
    assert lost is not None
    lost.lose()
    wait_until(lambda: topology.primary() not in (None, lost), "another primary")
    _more(tally)
    return lost


def _more(tally: Tally, count: int = 30) -> None:
    """Wait for so many more answered writes."""
    wanted = len(tally.saved) + count
    wait_until(lambda: len(tally.saved) >= wanted, f"{count} more answered writes; the last failures: "
               f"{list(tally.unknown.values())[-3:]}")  # fmt: skip
