"""One request through the application: what threads and processes share.

`Server` knows the application and what every environ says about the server; `serve_request` never raises.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

from fondaco.errors import WorkInterrupted
from fondaco.http.answer import Answer, FileWrapper, failure
from fondaco.http.handover import KEEPER
from fondaco.http.sizes import Limits
from fondaco.http.wire import Request
from fondaco.server import deadlines
from fondaco.server.deadlines import Deadlines

_logger = logging.getLogger("odoo.http")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

READ_SIZE = 64 * 1024  # bytes per read
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
KEEP_ALIVE = 75.0  # seconds a connection may be idle between requests
HEAD_TIMEOUT = 20.0  # seconds for a whole head
BODY_IDLE = 30.0  # seconds without a byte of the body
WRITE_IDLE = 60.0  # seconds in which the client takes nothing
SWEEP = 1.0  # seconds between two looks at the deadlines
PIPELINED = 32  # requests served in a row on one connection, before others get their turn


class Server:
    """What every request's environ says about the server; `deadlines` has the time and memory that a request may
    take."""

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        threads: bool,
        processes: bool,
        limits: Limits,
        has_keeper: bool = False,
    ) -> None:
        self.application = application
        self.limits = limits
        self.deadlines = Deadlines(deadlines.Limits())
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
            KEEPER: has_keeper,
        }

    def serve_request(self, request: Request, address: tuple[str, int], fd: int) -> Answer | None:
        """Have the application answer. None: the connection can only be closed."""
        environ = request.environ
        environ.update(self._base)
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = address[0], str(address[1])
        environ["wsgi.input"] = request.body if request.body is not None else _NO_BODY
        answer = Answer(request)
        work = self.deadlines.begin(
            {
                "request": environ["fondaco.request_id"],
                "method": environ["REQUEST_METHOD"],
                "path": environ["PATH_INFO"],
                "address": address[0],
            }
        )
        try:
            answer.run(self.application, fd)
        except WorkInterrupted as error:
            # Outside of any transaction; what is inside becomes an answer of the application.
            text = failure(answer, 503, "Service Unavailable", str(deadlines.explained(error)))
            if text is None:
                return None
            answer.pending.segments.append(text)
            answer.keep_alive = False
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
            self.deadlines.end(work)
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
