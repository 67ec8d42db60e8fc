"""Who calls the application? Threads that share one epoll, or a process that is handed one readable connection at a
time.

In both, a connection that has nothing to say, brings its request slowly or takes its answer slowly holds nobody: it
is parked with what has come or what is left to send. `serve_request` is the part they share.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from fondaco.http.answer import Answer, FileWrapper, Pending, failure, refusal
from fondaco.http.wire import Limits, Reader, Refused, Request
from fondaco.server.dispatcher import CLOSED, HEADER, INLINE, KEPT, LEAVING, MESSAGE_SIZE, PARTIAL, RANGE, UNSENT

_logger = logging.getLogger("odoo.http")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

READ_SIZE = 64 * 1024  # bytes per read
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
KEEP_ALIVE = 75.0  # seconds a connection may be idle between requests
HEAD_TIMEOUT = 20.0  # seconds for a whole head
BODY_IDLE = 30.0  # seconds without a byte of the body
WRITE_IDLE = 60.0  # seconds in which the client takes nothing
SWEEP = 1.0  # seconds between two looks at the deadlines
ACCEPTS = 16  # connections taken at once, before other events are looked at
SLOW_FROM = 256 * 1024  # bytes of a request after which a worker process leaves the gathering to the dispatcher
BLOCK = 1024 * 1024  # bytes of a gathered request taken at a time
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
PIPELINED = 32  # requests served in a row on one connection, before others get their turn


class Server:
    """What every request's environ says about the server."""

    def __init__(
        self, application: Application, host: str, port: int, *, threads: bool, processes: bool, limits: Limits
    ) -> None:
        self.application = application
        self.limits = limits
        self._base: dict[str, Any] = {
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_SOFTWARE": "fondaco",
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": threads,
            "wsgi.multiprocess": processes,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.input_terminated": True,
        }

    def serve_request(self, request: Request, address: tuple[str, int], fd: int) -> Answer | None:
        """Have the application answer. None: the connection can only be closed."""
        environ = request.environ
        environ.update(self._base)
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = address[0], str(address[1])
        environ["wsgi.input"] = request.body if request.body is not None else _NO_BODY
        answer = Answer(request)
        try:
            answer.run(self.application, fd)
        except OSError as error:
            # The client went away while a long answer was being sent.
            answer.pending.close()
            if answer.pending is not None and isinstance(error, BrokenPipeError | ConnectionResetError):
                return None
            _logger.exception("answer failed path=%s", environ["PATH_INFO"])
            return None
        except Exception:
            _logger.exception("answer failed path=%s", environ["PATH_INFO"])
            text = failure(answer)
            if text is None:
                return None
            answer.pending.segments.append(text)
            answer.keep_alive = False
        finally:
            if request.body is not None:
                request.body.close()
        return answer


class _Empty:
    """The input of a request without body; shared, it holds nothing."""

    def read(self, _size: int = -1) -> bytes:
        return b""

    readline = read

    def readlines(self, _hint: int = -1) -> list[bytes]:
        return []

    def __iter__(self) -> Any:
        return iter(())


_NO_BODY = _Empty()


class _Connection:
    """One client of the threaded server."""

    __slots__ = ("address", "deadline", "fd", "head_since", "keep_alive", "pending", "reader", "sock")

    def __init__(self, sock: socket.socket, address: tuple[str, int], limits: Limits) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.address = address
        self.reader = Reader(limits)
        self.pending: Pending | None = None
        self.keep_alive = True
        # When the head that is being read began: drops of it do not buy more time.
        self.head_since: float | None = None
        # When the client is given up; None while a thread works for it.
        self.deadline: float | None = time.monotonic() + HEAD_TIMEOUT


class ThreadedLoop:
    """Threads around one epoll: each takes an event, does all it can for that connection, and comes back."""

    def __init__(self, server: Server, listeners: list[socket.socket], threads: int) -> None:
        self.server = server
        self.listeners = {listener.fileno(): listener for listener in listeners}
        self.threads = threads
        self._epoll = select.epoll()
        self._connections: dict[int, _Connection] = {}
        self._is_stopping = False
        self._busy = 0
        self._lock = threading.Lock()
        self._pool: list[threading.Thread] = []

    def __repr__(self) -> str:
        return f"<ThreadedLoop threads={self.threads} connections={len(self._connections)} busy={self._busy}>"

    def start(self) -> None:
        """Begin to serve; returns at once."""
        for fd, listener in self.listeners.items():
            listener.setblocking(False)
            self._epoll.register(fd, select.EPOLLIN | select.EPOLLONESHOT)
        for number in range(self.threads):
            thread = threading.Thread(target=self._run, name=f"odoo.service.http.{number}", daemon=True)
            thread.start()
            self._pool.append(thread)

    def sweep(self) -> None:
        """Give up clients whose time is over. Called about once a second."""
        now = time.monotonic()
        for connection in list(self._connections.values()):
            deadline = connection.deadline
            if deadline is not None and deadline < now:
                # The next event of the socket, read as its end by a thread, closes it: only that thread may.
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def stop(self, timeout: float) -> bool:
        """Take no more requests, wait for those being answered; False if some were not done in time."""
        self._is_stopping = True
        for fd, listener in self.listeners.items():
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)
            listener.close()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            waiting = [c for c in list(self._connections.values()) if c.deadline is None or c.pending is not None]
            if not waiting and self._busy == 0:
                break
            time.sleep(0.02)
        done = self._busy == 0
        for connection in list(self._connections.values()):
            with contextlib.suppress(OSError):
                connection.sock.close()
        return done

    # -- threads -----------------------------------------------------------------------------------------------------
    def _run(self) -> None:
        poll = self._epoll.poll
        while not self._is_stopping:
            try:
                events = poll(1.0, 1)
            except (OSError, ValueError):
                return
            for fd, event in events:
                if fd in self.listeners:
                    self._accept(self.listeners[fd])
                    continue
                connection = self._connections.get(fd)
                if connection is None:
                    continue
                connection.deadline = None
                with self._lock:
                    self._busy += 1
                try:
                    self._advance(connection, event)
                except OSError:
                    self._close(connection)
                except Exception:
                    _logger.exception("connection failed address=%s", connection.address[0])
                    self._close(connection)
                finally:
                    with self._lock:
                        self._busy -= 1

    def _accept(self, listener: socket.socket) -> None:
        try:
            for _ in range(ACCEPTS):
                sock, address = listener.accept()
                sock.setblocking(False)
                if sock.family in (socket.AF_INET, socket.AF_INET6):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    address = (address[0].removeprefix("::ffff:"), address[1])
                else:
                    address = ("127.0.0.1", 0)
                connection = _Connection(sock, address, self.server.limits)
                self._connections[connection.fd] = connection
                self._epoll.register(connection.fd, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT)
        except BlockingIOError:
            pass
        except OSError as error:
            _logger.warning("connection not accepted: %s", error)
            time.sleep(0.05)
        if not self._is_stopping:
            with contextlib.suppress(OSError, ValueError):
                self._epoll.modify(listener.fileno(), select.EPOLLIN | select.EPOLLONESHOT)

    def _advance(self, connection: _Connection, event: int) -> None:
        """Send what is left, then read and answer as far as it goes; park or close at the end."""
        if connection.pending is not None and not self._flush(connection):
            return
        reader = connection.reader
        for _ in range(PIPELINED):
            data = b""
            if not reader.rest:
                try:
                    data = os.read(connection.fd, READ_SIZE)
                except BlockingIOError:
                    break
                if not data:
                    self._close(connection)
                    return
            try:
                request = reader.feed(data)
            except Refused as error:
                self._refuse(connection, error)
                return
            if request is None:
                if reader.awaits_continue:
                    reader.awaits_continue = False
                    os.write(connection.fd, CONTINUE)
                if len(data) < READ_SIZE and not reader.is_in_body:
                    break
                continue
            answer = self.server.serve_request(request, connection.address, connection.fd)
            if answer is None:
                self._close(connection)
                return
            connection.keep_alive = answer.keep_alive and not self._is_stopping
            connection.pending = answer.pending
            if not self._flush(connection):
                return
            if not reader.rest:
                break
        self._park(connection, select.EPOLLIN | select.EPOLLRDHUP)

    def _flush(self, connection: _Connection) -> bool:
        """Send; True if all has gone and the connection goes on."""
        pending = connection.pending
        assert pending is not None
        if not pending.pump(connection.fd):
            self._park(connection, select.EPOLLOUT | select.EPOLLRDHUP)
            return False
        pending.close()
        connection.pending = None
        if not connection.keep_alive:
            self._close(connection)
            return False
        return True

    def _refuse(self, connection: _Connection, error: Refused) -> None:
        _logger.info("request refused address=%s status=%d: %s", connection.address[0], error.status, error)
        with contextlib.suppress(OSError):
            os.write(connection.fd, refusal(error))
        _linger(connection.sock)
        self._close(connection)

    def _park(self, connection: _Connection, events: int) -> None:
        reader = connection.reader
        now = time.monotonic()
        is_in_head = connection.pending is None and not reader.is_idle and not reader.is_in_body
        connection.head_since = (connection.head_since or now) if is_in_head else None
        if connection.head_since is not None:
            connection.deadline = connection.head_since + HEAD_TIMEOUT
        elif connection.pending is not None:
            connection.deadline = now + WRITE_IDLE
        else:
            connection.deadline = now + (KEEP_ALIVE if reader.is_idle else BODY_IDLE)
        if reader.rest and connection.pending is None:
            # More has been read already: ask for a turn that comes at once.
            events |= select.EPOLLOUT
        self._epoll.modify(connection.fd, events | select.EPOLLONESHOT)

    def _close(self, connection: _Connection) -> None:
        self._connections.pop(connection.fd, None)
        if connection.pending is not None:
            connection.pending.close()
            connection.pending = None
        with contextlib.suppress(OSError):
            connection.sock.close()


def _linger(sock: socket.socket) -> None:
    """Let the client read the refusal: closing with unread input would reset the connection and lose it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 0.2
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        while time.monotonic() < deadline and poll.poll(50):
            if not sock.recv(READ_SIZE):
                return


class ProcessLoop:
    """One worker process: takes a connection from the dispatcher, answers what it brings, gives it back."""

    GRACE = 20  # milliseconds to wait for the second packet of a request, or for the client to take more

    def __init__(self, server: Server, child: Any, *, limit_request: int, memory_soft: int) -> None:
        self.server = server
        self.child = child
        self.channel: socket.socket = child.channel
        self.limit_request = limit_request
        self.memory_soft = memory_soft
        self.requests = 0

    def __repr__(self) -> str:
        return f"<ProcessLoop pid={os.getpid()} requests={self.requests}>"

    def run(self) -> None:
        """Serve until the dispatcher closes the channel or a limit is reached."""
        while True:
            try:
                data, descriptors, _flags, _address = socket.recv_fds(self.channel, MESSAGE_SIZE, 2)
            except OSError:
                return
            if not data:
                return
            _kind, number = HEADER.unpack_from(data)
            address, _, received = data[HEADER.size :].partition(b"\0")
            fd = descriptors[0]
            reader = Reader(self.server.limits)
            try:
                if len(descriptors) > 1:
                    self._serve_gathered(number, fd, address.decode(), reader, descriptors[1])
                else:
                    self._serve(number, fd, address.decode(), reader, received)
            except BrokenPipeError:
                return
            finally:
                os.close(fd)
            if self._is_spent():
                return

    def _is_spent(self) -> bool:
        if self.limit_request and self.requests >= self.limit_request:
            _logger.info("Worker (%d) max request (%d) reached.", os.getpid(), self.requests)
        elif self.memory_soft and self.requests % 16 == 0 and resident_memory() > self.memory_soft:
            _logger.info("Worker (%d) memory limit (%d) reached.", os.getpid(), self.memory_soft)
        else:
            return False
        with contextlib.suppress(OSError):
            self.channel.send(HEADER.pack(LEAVING, 0))
        return True

    def _serve_gathered(self, number: int, fd: int, address: str, reader: Reader, descriptor: int) -> None:
        """A long request comes whole, in a file: it is never held in memory as one piece."""
        host, _, port = address.rpartition(":")
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            request = None
            while request is None and (block := file.read(BLOCK)):
                request = reader.feed(block)
            reader.rest += file.read()
        if request is None:
            self._tell(CLOSED, number)
        elif self._answer(request, (host, int(port)), fd, number, has_more=bool(reader.rest)):
            self._tell_partial(number, reader.rest)

    def _serve(self, number: int, fd: int, address: str, reader: Reader, received: bytes) -> None:
        host, _, port = address.rpartition(":")
        poll: Any = None
        for _ in range(PIPELINED):
            request, kept = None, received
            try:
                if received or reader.rest:
                    request = reader.feed(received)
                    received = b""
                while request is None:
                    try:
                        data = os.read(fd, READ_SIZE)
                    except BlockingIOError:
                        if reader.is_idle and not kept:
                            self._tell(KEPT, number)
                            return
                        if poll is None:
                            poll = select.poll()
                            poll.register(fd, select.POLLIN)
                        if not reader.awaits_continue and len(kept) < READ_SIZE and poll.poll(self.GRACE):
                            continue
                        self._tell_partial(number, kept)
                        return
                    if not data:
                        self._tell(CLOSED, number)
                        return
                    kept = kept + data if kept else data
                    request = reader.feed(data)
                    if request is None and (len(kept) > SLOW_FROM or reader.awaits_continue):
                        # A long body is gathered by the dispatcher, which has time.
                        self._tell_partial(number, kept)
                        return
            except Refused as error:
                _logger.info("request refused address=%s status=%d: %s", host, error.status, error)
                with contextlib.suppress(OSError):
                    os.write(fd, refusal(error))
                self._tell(CLOSED, number)
                return
            except OSError:
                self._tell(CLOSED, number)
                return
            if not self._answer(request, (host, int(port)), fd, number, has_more=bool(reader.rest)):
                return
        self._tell_partial(number, reader.rest)

    def _answer(self, request: Request, address: tuple[str, int], fd: int, number: int, *, has_more: bool) -> bool:
        """Answer one request; True if the connection may be read on here."""
        self.requests += 1
        self.child.begin()
        try:
            answer = self.server.serve_request(request, address, fd)
        finally:
            self.child.end()
        if answer is None:
            self._tell(CLOSED, number)
            return False
        pending = answer.pending
        try:
            if not pending.pump(fd):
                self._tell_unsent(number, pending, answer.keep_alive and not has_more)
                return False
        except OSError:
            self._tell(CLOSED, number)
            return False
        finally:
            pending.close()
        if not answer.keep_alive:
            self._tell(CLOSED, number)
            return False
        if not has_more:
            self._tell(KEPT, number)
        return has_more

    # -- to the dispatcher -------------------------------------------------------------------------------------------
    def _tell(self, kind: bytes, number: int) -> None:
        self.channel.send(HEADER.pack(kind, number))

    def _tell_partial(self, number: int, kept: bytes) -> None:
        head = HEADER.pack(PARTIAL, number)
        if len(kept) <= INLINE:
            self.channel.send(head + kept)
            return
        with tempfile.TemporaryFile() as file:
            file.write(kept)
            file.flush()
            socket.send_fds(self.channel, [head], [file.fileno()])

    def _tell_unsent(self, number: int, pending: Pending, keep: bool) -> None:
        file, offset, length = pending.to_file()
        socket.send_fds(self.channel, [HEADER.pack(UNSENT, number), RANGE.pack(offset, length, keep)], [file.fileno()])


def resident_memory() -> int:
    """Bytes of memory this process really uses."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * PAGE_SIZE
