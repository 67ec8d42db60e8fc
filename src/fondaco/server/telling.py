"""What does each process of a server say of itself to the others on this machine: what it counted, what it is at?

    Teller(data_dir, "WorkerHTTP", lambda: {"works": [...]}).start()      # in each process
    for process in read(data_dir).processes: ...                          # who wants to know

Below `data_dir/processes` each process has a socket, on which it answers with one JSON value, and a file with the
answer it gave last, which it renews every few seconds. So what a process counted is not lost with it: the next reader
adds the file of a process that has ended to those that ended before. Numbers never go down while the server lives:
what was told is in the file before anybody reads it.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from fondaco import metrics

_logger = logging.getLogger("odoo.service.server")

FOLDER = "processes"
EVERY_S = 5.0
ANSWER_S = 1.0  # how long a reader waits for a process that is busy with something that cannot be interrupted
READ_SIZE = 256 * 1024
KEPT_S = 24 * 3600  # what a machine left that says nothing any more
READERS = 8  # processes that are asked at the same time
_START_TIME = 19  # place in /proc/PID/stat after the name of the program

Facts = dict[str, Any]


class Told(NamedTuple):
    """What the processes of a server say: those that live, one value each, and the counts of all that ever lived."""

    processes: list[Facts]
    readings: list[metrics.Reading]


class Teller:
    """Answers for this process in a thread of its own. state: what there is to say besides what was counted."""

    def __init__(self, data_dir: str, kind: str, state: Callable[[], Facts]) -> None:
        self.folder = folder_of(data_dir)
        self.kind = kind
        self.state = state
        self.name = _name(os.getpid(), started(os.getpid()))
        self.born = time.time()
        self._written = b""
        self._end = threading.Event()

    def __repr__(self) -> str:
        return f"<Teller {self.kind} {self.name}>"

    def start(self) -> None:
        """Begin to answer; returns at once."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            listener = _bound(self.folder, self.name)
            self._write(self._answer())
        except OSError as error:
            _logger.warning("this process tells nothing of itself: %s", error)
            return
        threading.Thread(target=self._run, args=(listener,), name="fondaco.telling", daemon=True).start()

    def close(self) -> None:
        """The last word of a process that ends in order."""
        self._end.set()
        with contextlib.suppress(OSError):
            (self.folder / f"{self.name}.sock").unlink(missing_ok=True)
            self._write(self._answer())

    def _run(self, listener: socket.socket) -> None:
        listener.settimeout(EVERY_S)
        with listener:
            while not self._end.is_set():
                try:
                    asking: socket.socket | None = listener.accept()[0]
                except TimeoutError:
                    asking = None
                if self._end.is_set():
                    return
                try:
                    self._tell(asking)
                except OSError as error:
                    _logger.warning("%r: %s", self, error)

    def _tell(self, asking: socket.socket | None) -> None:
        answer = self._answer()
        self._write(answer)
        if asking is not None:
            with asking, contextlib.suppress(OSError):
                asking.settimeout(ANSWER_S)
                asking.sendall(answer)

    def _answer(self) -> bytes:
        facts = {"pid": os.getpid(), "kind": self.kind, "born": self.born, **self.state()}
        return orjson.dumps({**facts, "metrics": metrics.snapshot()}, default=str)

    def _write(self, answer: bytes) -> None:
        path = self.folder / f"{self.name}.json"
        if answer == self._written and path.exists():
            os.utime(path)  # its time says that the process lives, also to servers on other machines
        else:
            _write(path, answer)
            self._written = answer


def read(data_dir: str) -> Told:
    """What the processes of a server on this machine say now."""
    folder = folder_of(data_dir)
    if not folder.is_dir():
        return Told([], [])
    with _alone(folder):
        living = []
        for path in sorted(folder.glob(f"{socket.gethostname()}-*-*.json")):
            _host, pid, start = path.stem.rsplit("-", 2)
            if started(int(pid)) == start:
                living.append(path)
            else:
                _bury(folder, path)
        with ThreadPoolExecutor(READERS) as pool:
            processes = [facts for facts in pool.map(_ask, living) if facts is not None]
        ended = _loaded(folder / _ENDED) or {"metrics": []}
    readings = metrics.readings(facts["metrics"] for facts in [ended, *processes])
    return Told(processes, readings)


def named(told: Sequence[Facts]) -> Iterator[tuple[str, Facts]]:
    """Each process with a name that its successor will have too: its kind and its place among those of the kind."""
    places: Counter[str] = Counter()
    for facts in sorted(told, key=lambda one: (one["kind"], one["born"])):
        yield f"{facts['kind']}-{places[facts['kind']]}", facts
        places[facts["kind"]] += 1


def begin_anew(data_dir: str) -> None:
    """A server starts: what an earlier one counted is its own."""
    folder = folder_of(data_dir)
    if not folder.is_dir():
        return
    with _alone(folder):
        paths = list(folder.glob(f"{socket.gethostname()}-*-*.json"))
        if not any(_is_of_a_living(path) for path in paths):
            for path in [*paths, *folder.glob(f"{socket.gethostname()}-*-*.sock"), folder / _ENDED]:
                path.unlink(missing_ok=True)
        for path in _left_behind(folder):
            path.unlink(missing_ok=True)


def _left_behind(folder: Path) -> Iterator[Path]:
    """Files of machines that told nothing for a day, as containers that were replaced; drafts of killed writers."""
    written: dict[str, dict[Path, float]] = {}
    for path in folder.iterdir():
        if path.name == _LOCK:
            continue
        owner = path.stem.rsplit("-", 2)[0] if path.suffix in (".json", ".sock") else path.stem
        with contextlib.suppress(FileNotFoundError):  # a draft that has become a file meanwhile
            written.setdefault(owner, {})[path] = path.stat().st_mtime
    for times in written.values():
        if max(times.values()) < time.time() - KEPT_S:
            yield from times


def folder_of(data_dir: str) -> Path:
    return Path(data_dir) / FOLDER


def started(pid: int) -> str:
    """When a process began, in the system's own count; '' if there is none. With the number it names a process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[_START_TIME].decode()
    except OSError:
        return ""


_LOCK = ".lock"
_ENDED = f"{socket.gethostname()}.ended"


def _name(pid: int, start: str) -> str:
    return f"{socket.gethostname()}-{pid}-{start}"


def _is_of_a_living(path: Path) -> bool:
    _host, pid, start = path.stem.rsplit("-", 2)
    return started(int(pid)) == start


def _bury(folder: Path, path: Path) -> None:
    """Add what a process that has ended counted to those before it. Gauges end with their process."""
    facts = _loaded(path)
    if facts is not None:
        ended = _loaded(folder / _ENDED) or {"metrics": []}
        counted = [one for one in facts["metrics"] if one["kind"] != "gauge"]
        sums = [metrics.as_snapshot(reading) for reading in metrics.readings([ended["metrics"], counted])]
        _write(folder / _ENDED, orjson.dumps({"metrics": sums}))
    path.unlink(missing_ok=True)
    path.with_suffix(".sock").unlink(missing_ok=True)


def _ask(path: Path) -> Facts | None:
    """What a living process says; what it said last, if it is too busy to answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, _short(path.parent) as folder:
            asking.settimeout(ANSWER_S)
            asking.connect(f"{folder}/{path.stem}.sock")
            return _parsed(b"".join(iter(lambda: asking.recv(READ_SIZE), b"")))
    except (OSError, ValueError):
        return _loaded(path)


def _loaded(path: Path) -> Facts | None:
    try:
        return _parsed(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _logger.warning("passed over %s: %s", path, error)
        return None


def _parsed(text: bytes) -> Facts:
    facts = orjson.loads(text)
    if not isinstance(facts, Mapping) or "metrics" not in facts:
        raise ValueError("no report of a process")
    return dict(facts)


def _bound(folder: Path, name: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        (folder / f"{name}.sock").unlink(missing_ok=True)
        with _short(folder) as short:
            listener.bind(f"{short}/{name}.sock")
        listener.listen(READERS)
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A short name of a folder: addresses of sockets have 107 bytes at most."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One reader at a time: a process that has ended is counted once."""
    with open(folder / _LOCK, "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".", delete=False) as draft:
        draft.write(content)
    os.replace(draft.name, path)
