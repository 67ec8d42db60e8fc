"""What does a server leave to the one that takes its place in the same process?

A reload executes the program anew: the same process id, new code, new configuration. Listening sockets, connections
between two requests and the processes of the generation that still serves are handed down by descriptor; a file in
memory, whose descriptor stands in an environment variable, says which is which.

    found = inheritance.found(os.environ)       # None at an ordinary start
    ...                                         # may fail: what was found stays as it is
    found.accept()

From the execution until the new server has handlers, signals that would end the process wait.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

_logger = logging.getLogger("odoo.service.server")

VARIABLE = "FONDACO_INHERITED"
VERSION = 1  # of what dispatchers say to each other; one of another version is only asked to finish
WAITING_SIGNALS = frozenset({signal.SIGHUP, signal.SIGTERM, signal.SIGINT})
RETRY_S = 5  # before a start that failed is tried again


class Ancestor(NamedTuple):
    """A worker process of an earlier generation. channel: its end is its sign to end, where the supervisor holds it.
    time_limit: seconds that its last request or job may take; 0: no limit."""

    pid: int
    name: str
    time_limit: float
    channel: socket.socket | None = None


@dataclass(slots=True)
class Inheritance:
    """What is handed down.

    is_activated: the listeners are systemd's, whatever the options say. connections: those of a server without a
    dispatcher, with the addresses of the clients. dispatcher, control: who holds the connections of the generation that
    serves, and the way to tell it.
    """

    listeners: list[socket.socket] = field(default_factory=list)
    is_activated: bool = False
    connections: list[tuple[socket.socket, str]] = field(default_factory=list)
    dispatcher: int | None = None
    control: socket.socket | None = None
    ancestors: list[Ancestor] = field(default_factory=list)
    version: int = VERSION
    _originals: tuple[int, ...] = ()

    def accept(self) -> None:
        """The new server is up: nobody else will take this up."""
        for descriptor in self._originals:
            os.close(descriptor)
        self._originals = ()
        os.environ.pop(VARIABLE, None)

    def close_channels(self) -> None:
        """Close the ways to the processes of the generation before."""
        for channel in (self.control, *(ancestor.channel for ancestor in self.ancestors)):
            if channel is not None:
                channel.close()

    def dismiss(self) -> None:
        """Have the processes of the generation before finish what they are at and end; returns at once."""
        if self.dispatcher is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.dispatcher, signal.SIGTERM)
        self.close_channels()
        pids = [ancestor.pid for ancestor in self.ancestors]
        pids += [self.dispatcher] if self.dispatcher is not None else []
        threading.Thread(target=_wait_for, args=(pids,), name="odoo.service.ancestors", daemon=True).start()

    def close_connections(self) -> None:
        """Let go of the connections, which somebody else has by now."""
        for sock, _address in self.connections:
            sock.close()
        self.connections.clear()

    def hand_down(self) -> NoReturn:
        """Execute the program anew with this as what it finds; does not return."""
        document = {
            "pid": os.getpid(),
            "version": VERSION,
            "listeners": [listener.fileno() for listener in self.listeners],
            "is_activated": self.is_activated,
            "connections": [[sock.fileno(), address] for sock, address in self.connections],
            "dispatcher": self.dispatcher,
            "control": self.control.fileno() if self.control is not None else None,
            "ancestors": [
                [old.pid, old.name, old.time_limit, old.channel.fileno() if old.channel is not None else None]
                for old in self.ancestors
            ],
        }
        for descriptor in _descriptors(document):
            os.set_inheritable(descriptor, True)
        memory = os.memfd_create("fondaco-inheritance", 0)
        os.write(memory, json.dumps(document).encode())
        os.environ[VARIABLE] = str(memory)
        _execute()


def found(environ: MutableMapping[str, str]) -> Inheritance | None:
    """What the server before us in this process left, with descriptors of its own; None if there was none."""
    document = _document(environ)
    if document is None:
        return None
    return Inheritance(
        listeners=[_opened(descriptor) for descriptor in document["listeners"]],
        is_activated=document["is_activated"],
        connections=[(_opened(descriptor), address) for descriptor, address in document["connections"]],
        dispatcher=document["dispatcher"],
        control=_opened(document["control"]) if document["control"] is not None else None,
        ancestors=[
            Ancestor(pid, name, limit, _opened(channel) if channel is not None else None)
            for pid, name, limit, channel in document["ancestors"]
        ],
        version=document["version"],
        _originals=(*_descriptors(document), int(environ[VARIABLE])),
    )


def is_present(environ: Mapping[str, str]) -> bool:
    """Whether this start takes the place of a server that still serves."""
    return _document(environ) is not None


def try_again() -> NoReturn:
    """After a start that failed while the generation before still serves: wait a little, then execute anew. A signal
    to stop ends that generation and this process."""
    asked = signal.sigtimedwait(WAITING_SIGNALS, RETRY_S)
    if asked is None or asked.si_signo == signal.SIGHUP:
        _execute()
    # Without us the control ends, and with it, in order, everybody.
    sys.exit(128 + asked.si_signo)


def _wait_for(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _execute() -> NoReturn:
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITING_SIGNALS)
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _document(environ: Mapping[str, str]) -> dict[str, Any] | None:
    descriptor = environ.get(VARIABLE)
    if descriptor is None:
        return None
    size = os.fstat(int(descriptor)).st_size
    document: dict[str, Any] = json.loads(os.pread(int(descriptor), size, 0))
    return document if document["pid"] == os.getpid() else None


def _descriptors(document: Mapping[str, Any]) -> list[int]:
    """All that the document names."""
    named = [
        *document["listeners"],
        *(descriptor for descriptor, _address in document["connections"]),
        document["control"],
        *(channel for *_rest, channel in document["ancestors"]),
    ]
    return [descriptor for descriptor in named if descriptor is not None]


def _opened(descriptor: int) -> socket.socket:
    """The socket by a descriptor of its own: should this start fail, the next finds the original."""
    return socket.socket(fileno=os.dup(descriptor))
