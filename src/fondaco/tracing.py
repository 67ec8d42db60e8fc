"""Where does the time of one request go, seen from outside: spans for OpenTelemetry, sent by OTLP over HTTP.

    tracing.set_up("http://127.0.0.1:4318")          # once, or the OTEL_* variables say it
    with tracing.span("GET", kind="server", carrier=environ) as span:
        span.set(http_route="/web/login")

Off, nothing of it is imported and a span is a constant. A span begins a trace, or carries one on that a caller sent in
W3C's `traceparent`. Its id goes to the log, to the answer, and by `session_name` to PostgreSQL. Statements of the work
become spans of their own, without their values.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Protocol

from fondaco.errors import ConfigError
from fondaco.values.deferred import Deferred

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
TRACES_PATH = "/v1/traces"
SERVICE = "fondaco"
SHORTEST_S = 0.001  # a statement that takes less is counted, and is no span of its own
NANOSECONDS = 1_000_000_000

api = Deferred("opentelemetry.trace")
tracecontext = Deferred("opentelemetry.trace.propagation.tracecontext")
sdk = Deferred("opentelemetry.sdk.trace")
export = Deferred("opentelemetry.sdk.trace.export")
resources = Deferred("opentelemetry.sdk.resources")
otlp = Deferred("opentelemetry.exporter.otlp.proto.http.trace_exporter")

_active: _Tracing | None = None
_trace_id: ContextVar[str] = ContextVar("trace_id", default="")


class Span(Protocol):
    """What is told of a piece of work. Names have an underscore for a dot, two for one: `http_route` is http.route."""

    trace_id: str

    def rename(self, name: str) -> None: ...
    def set(self, **attributes: Any) -> None: ...
    def fail(self, reason: str) -> None: ...


class _Nothing:
    """The span of a process that traces nothing."""

    trace_id = ""

    def rename(self, name: str) -> None:
        pass

    def set(self, **attributes: Any) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass


_NOTHING = _Nothing()


def set_up(endpoint: str, environ: Mapping[str, str] = os.environ) -> None:
    """Trace from now on, if an endpoint is given here or by the variables of OpenTelemetry."""
    global _active
    is_wanted = bool(endpoint or any(environ.get(name) for name in ENDPOINTS))
    if not is_wanted or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        _active = None
        return
    _active = _Tracing(endpoint)


def is_on() -> bool:
    return _active is not None


def close() -> None:
    """Send what has not been sent yet; the last of a process."""
    if _active is not None:
        _active.close()


@contextlib.contextmanager
def span(
    name: str, *, kind: str = "internal", carrier: Mapping[str, Any] | None = None, **attributes: Any
) -> Iterator[Span]:
    """Within it, this thread works at something that is told under this name. carrier: the environ of a request, whose
    headers may name the trace that it belongs to."""
    if _active is None:
        yield _NOTHING
        return
    with _active.span(name, kind, carrier, attributes) as found:
        token = _trace_id.set(found.trace_id)
        try:
            yield found
        except Exception as error:
            found.fail(type(error).__name__)
            raise
        finally:
            _trace_id.reset(token)


def trace_id() -> str:
    """The trace of this thread's work, 32 hexadecimal digits; '' without one."""
    return _trace_id.get()


def note_statement(database: str, statement: str, seconds: float) -> None:
    """A statement of this thread's work has come to its end. statement: without its values."""
    if _active is not None:
        _active.note_statement(database, statement, seconds)


class _Span:
    """A span of OpenTelemetry."""

    def __init__(self, span: Any, error_status: Any) -> None:
        self._span = span
        self._error_status = error_status
        self.trace_id = format(span.get_span_context().trace_id, "032x")

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            if value is not None:
                self._span.set_attribute(_dotted(name), value)

    def fail(self, reason: str) -> None:
        self._span.set_status(self._error_status(reason))


class _Tracing:
    """The tracer of each process: made by its first span, after the fork."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        try:
            self._exporter = otlp.OTLPSpanExporter
            self._propagator = tracecontext.TraceContextTextMapPropagator()
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"otlp_endpoint: traces need {error.name}, which is not installed: pip install 'fondaco[otel]'"
            ) from error
        self._pid = 0
        self._lock = threading.Lock()
        self._provider: Any = None
        self._tracer: Any = None

    def _of_this_process(self) -> Any:
        if self._pid == os.getpid():
            return self._tracer
        with self._lock:
            if self._pid == os.getpid():
                return self._tracer
            # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word, as everywhere.
            name = os.environ.get("OTEL_SERVICE_NAME") or SERVICE
            self._provider = sdk.TracerProvider(resource=resources.Resource.create({"service.name": name}))
            address = f"{self.endpoint.rstrip('/').removesuffix(TRACES_PATH)}{TRACES_PATH}" if self.endpoint else None
            self._provider.add_span_processor(export.BatchSpanProcessor(self._exporter(endpoint=address)))
            self._tracer = self._provider.get_tracer(SERVICE)
            self._pid = os.getpid()
        return self._tracer

    @contextlib.contextmanager
    def span(
        self, name: str, kind: str, carrier: Mapping[str, Any] | None, attributes: Mapping[str, Any]
    ) -> Iterator[_Span]:
        headers = {key: str((carrier or {}).get(f"HTTP_{key.upper()}", "")) for key in ("traceparent", "tracestate")}
        context = self._propagator.extract(headers) if headers["traceparent"] else None
        tracer = self._of_this_process()
        with tracer.start_as_current_span(
            name,
            context=context,
            kind=api.SpanKind[kind.upper()],
            record_exception=False,
            set_status_on_exception=False,
        ) as found:
            span = _Span(found, lambda reason: api.Status(api.StatusCode.ERROR, reason))
            span.set(**attributes)
            yield span

    def note_statement(self, database: str, statement: str, seconds: float) -> None:
        ended = time.time_ns()
        verb = statement.split(None, 1)[0].upper() if statement else "SQL"
        found = self._of_this_process().start_span(
            verb, kind=api.SpanKind.CLIENT, start_time=ended - int(seconds * NANOSECONDS),
            attributes={"db.system.name": "postgresql", "db.namespace": database, "db.query.text": statement},
        )  # fmt: skip
        found.end(ended)

    def close(self) -> None:
        if self._provider is not None and self._pid == os.getpid():
            self._provider.shutdown()


def _dotted(name: str) -> str:
    """`http_response_status__code` -> http.response.status_code, as OpenTelemetry calls it."""
    return "_".join(part.replace("_", ".") for part in name.split("__"))
