"""How do calls arrive and leave? /jsonrpc, /xmlrpc/<service> and /xmlrpc/2/<service> as handlers of a WSGI environ.

They need no session, no route and no addon, and name their database themselves; the application calls them before
anything else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fondaco import faults, log, metrics
from fondaco.config import Config
from fondaco.errors import WorkInterrupted
from fondaco.rpc import services
from fondaco.server import deadlines
from fondaco.values.deferred import Postponed
from fondaco.values.jsontext import dumps, loads

if TYPE_CHECKING:
    from fondaco.rpc import xmlrpc
else:
    xmlrpc = Postponed("fondaco.rpc.xmlrpc")

_logger = logging.getLogger("fondaco.rpc")

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]

OK = "200 OK"
MAX_BODY = 128 * 1024 * 1024  # bytes
JSON_TYPES = ("application/json", "application/json-rpc")
_NOSNIFF = ("X-Content-Type-Options", "nosniff")


Gate = Callable[[str, str], bool]
# Methods that name a database, and that nobody may ask about one that is not served at the host he asks.
NAMING = frozenset({"login", "authenticate", "db_exist"})


def _open_gate(_database: str, _host: str) -> bool:
    return True


class Endpoints:
    """The RPC services behind their URLs. `gate` tells whether a database may be reached at a host."""

    def __init__(self, registries: Any, config: Config, gate: Gate = _open_gate) -> None:
        self.gate = gate
        self.services: dict[str, Any] = {
            "common": services.CommonService(registries),
            "db": services.DatabaseService(registries, config),
            "object": services.ObjectService(registries),
        }

    def handlers(self) -> Mapping[str, Callable[[Environ], Answer]]:
        """Handlers by path; a key that ends in '/' stands for everything below."""
        return {"/jsonrpc": self.jsonrpc, "/xmlrpc/": self.xmlrpc}

    def dispatch_rpc(self, service: str, method: str, params: Any, notes: dict[str, Any] | None = None) -> Any:
        """Call a service; `KeyError` if there is none of that name."""
        if service == "object":
            return self.services[service].dispatch(method, params, notes)
        return self.services[service].dispatch(method, params)

    def dispatch_at(self, environ: Environ, service: str, method: str, params: Any) -> Any:
        """The same for a caller from outside: a database that his host does not reach is none for him."""
        host = str(environ.get("HTTP_HOST") or "")
        if (service, method) == ("db", "list"):
            return [name for name in self.dispatch_rpc(service, method, params) if self.gate(name, host)]
        if (service == "object" or method in NAMING) and params and isinstance(params[0], str):
            if not self.gate(params[0], host):
                _logger.info("call refused database=%s host=%s: dbfilter or db_name keep them apart", params[0], host)
                if method == "db_exist":
                    return False
                raise services.no_database(params[0])
        return self.dispatch_rpc(service, method, params, environ)

    # -- JSON-RPC ----------------------------------------------------------------------------------------------------
    def jsonrpc(self, environ: Environ) -> Answer:
        """One JSON-RPC call: 200 with `result` or `error`; 400 for what is no JSON-RPC call."""
        kind = (environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
        if kind not in JSON_TYPES or environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
            return _page(400, "Bad Request", "This address takes JSON-RPC calls: POST, Content-Type: application/json.")
        request_id = None
        try:
            document = _parse(_body(environ))
            if not isinstance(document, dict):
                return _page(400, "Bad Request", "Invalid JSON-RPC data: the body is no object.")
            request_id = document.get("id")
            params = {
                name: value
                for name, value in dict(document.get("params") or {}).items()
                if name in ("service", "method", "args")
            }
            result = RPC(self, environ).jsonrpc(**params)
        except _NoJson:
            return _page(400, "Bad Request", "Invalid JSON data.")
        except (Exception, WorkInterrupted) as caught:  # noqa: BLE001  every error becomes an envelope
            error = _told(caught)
            _log(error, environ)
            if faults.is_away(error):
                return _away(error)
            return _json_answer({"jsonrpc": "2.0", "id": request_id, "error": faults.json_error(error)}, is_error=True)
        document = {"jsonrpc": "2.0", "id": request_id}
        if result is not None:
            document["result"] = result
        return _json_answer(document)

    # -- XML-RPC -----------------------------------------------------------------------------------------------------
    def xmlrpc(self, environ: Environ) -> Answer:
        """One XML-RPC call, of either version of the protocol: 200 with a result or a fault."""
        service = environ["PATH_INFO"].removeprefix("/xmlrpc/").removesuffix("/")
        is_second = service.startswith("2/")
        service = service.removeprefix("2/")
        if "/" in service or not service:
            return _page(404, "Not Found", "No such service.")
        if environ["REQUEST_METHOD"] != "POST":
            return _page(
                405, "Method Not Allowed", "This address takes XML-RPC calls: POST.", [("Allow", "OPTIONS, POST")]
            )
        try:
            method, params = xmlrpc.loads(_body(environ))
            result = self.dispatch_at(environ, service, method, params)
            body = xmlrpc.dumps_result(result, allow_none=is_second)
        except (Exception, WorkInterrupted) as caught:  # noqa: BLE001  every error becomes a fault
            error = _told(caught)
            _log(error, environ)
            if faults.is_away(error):
                return _away(error)
            code, text = faults.xmlrpc2_fault(error) if is_second else faults.xmlrpc1_fault(error)
            body = xmlrpc.dumps_fault(code, text)
        headers = [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(body))), _NOSNIFF]
        return OK, headers, body


class RPC:
    """Names the parameters of a JSON-RPC call, so that Python itself says which are missing."""

    def __init__(self, endpoints: Endpoints, environ: Environ) -> None:
        self.endpoints = endpoints
        self.environ = environ

    def jsonrpc(self, service: str, method: str, args: Any) -> Any:
        return self.endpoints.dispatch_at(self.environ, service, method, args)


class _NoJson(ValueError):
    """The body is no JSON."""


def _parse(body: bytes) -> Any:
    try:
        return loads(body)
    except ValueError as error:
        raise _NoJson from error


def _body(environ: Environ) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_BODY:
        raise ValueError(f"body of {length} bytes: at most {MAX_BODY} are taken")
    return environ["wsgi.input"].read(length) if length else b""


def _json_answer(document: dict[str, Any], *, is_error: bool = False) -> Answer:
    body = dumps(document)
    headers = [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body)))]
    if not is_error:
        headers.append(_NOSNIFF)
    return OK, headers, body


def _told(caught: BaseException) -> Exception:
    """The error that a client is told: who was stopped on the way out of a transaction is told by what, as within one.
    What stops us for no reason of ours is raised again."""
    error = deadlines.explained(caught)
    if not isinstance(error, Exception):
        raise error
    return error


def _away(error: Exception) -> Answer:
    """Database or object store do not answer: a matter of the server, which passes, and no result of the call."""
    headers = [("Retry-After", str(faults.RETRY_AFTER_S)), ("X-Fondaco-Away", faults.away_reason(error))]
    return _page(503, "Service Unavailable", faults.away_text(error), headers)


def _page(status: int, reason: str, text: str, headers: list[tuple[str, str]] | None = None) -> Answer:
    head = f"<!doctype html>\n<html lang=en>\n<title>{status} {reason}</title>\n"
    body = f"{head}<h1>{reason}</h1>\n<p>{text}</p>\n".encode()
    return (
        f"{status} {reason.upper()}",
        [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))), *(headers or [])],
        body,
    )


def _log(error: Exception, environ: Environ) -> None:
    metrics.ERRORS.count(str(environ.get("fondaco.db") or log.NO_DATABASE), faults.kind(error))
    level = faults.log_level(error)
    with log.about(db=environ.get("fondaco.db")):
        if level >= logging.ERROR:
            _logger.error("call failed path=%s error=%s", environ["PATH_INFO"], type(error).__name__, exc_info=error)
        else:
            _logger.log(level, "call refused path=%s error=%s: %s", environ["PATH_INFO"], type(error).__name__, error)
