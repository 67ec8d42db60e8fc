"""Traces of a running server arrive at a collector, and lead from there to the log, the answer and PostgreSQL."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fondaco import tracing
from fondaco.monitoring import traces
from fondaco.sql.connection import Pools
from tests import fix_database
from tests.fix_server import serving

PATIENCE_S = 60
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class Collector:
    """Takes spans as OTLP over HTTP brings them."""

    def __init__(self) -> None:
        self.spans: list = []
        spans = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                message = ExportTraceServiceRequest.FromString(body)
                assert self.path == "/v1/traces"
                for resource in message.resource_spans:
                    for scope in resource.scope_spans:
                        spans.extend(scope.spans)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, trace: str) -> list:
        return [span for span in list(self.spans) if span.trace_id.hex() == trace]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture(scope="module")
def traced(config, registries, tmp_path_factory, collector):
    """A server that traces, writes JSON and finds every request slow."""
    name = fix_database.create(registries, ())
    settings = dict(gevent_port=0, workers=1, otlp_endpoint=collector.url, log_format="json", log_slow_requests=0.001)
    with serving(config, name, tmp_path_factory.mktemp("traces"), **settings) as server:
        yield server
    fix_database.databases.drop(registries, name)


def until(true) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.2)


def lines(server) -> list[dict]:
    return [json.loads(line) for line in server.logfile.read_text().splitlines() if line.startswith("{")]


def attributes(span) -> dict[str, object]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def test_a_trace_that_a_caller_began_is_carried_on_into_answer_log_and_collector(traced, collector):
    answer = requests.get(f"{traced.url}/web/login", headers={"traceparent": PARENT}, timeout=30)

    assert answer.headers["X-Trace-Id"] == TRACE
    until(lambda: any(span.name == "GET /web/login" for span in collector.of(TRACE)))
    (span,) = [span for span in collector.of(TRACE) if span.name == "GET /web/login"]
    assert span.parent_span_id.hex() == "00f067aa0ba902b7"
    told = attributes(span)
    assert told["http.route"] == "/web/login"
    assert told["http.response.status_code"] == 200
    assert told["db.namespace"] == traced.database
    assert told["fondaco.sql.count"] > 0
    until(lambda: any(line.get("trace_id") == TRACE and line["logger"] == "werkzeug" for line in lines(traced)))


def test_without_a_caller_each_request_begins_a_trace_of_its_own(traced):
    first, second = (requests.get(f"{traced.url}/web/login", timeout=30).headers["X-Trace-Id"] for _ in range(2))

    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_statements_of_a_request_are_spans_without_values(traced, collector):
    secret = "value-that-nobody-may-read"
    trace = "a" * 31 + "1"
    arguments = [traced.database, 2, fix_database.PASSWORD, "res.partner", "search_count", [[["name", "=", secret]]]]
    body = {"jsonrpc": "2.0", "params": {"service": "object", "method": "execute_kw", "args": arguments}}

    requests.post(
        f"{traced.url}/jsonrpc", json=body, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}, timeout=30
    )

    until(lambda: any(span.name == "POST /jsonrpc" for span in collector.of(trace)))
    spans = collector.of(trace)
    assert secret not in str(spans)
    for span in spans:
        if (statement := attributes(span).get("db.query.text")) is not None:
            assert "'" not in str(statement)
            assert span.parent_span_id


def test_slow_requests_are_logged_with_their_statements_and_without_values(traced):
    secret = "value-that-nobody-may-read"
    arguments = [traced.database, 2, fix_database.PASSWORD, "res.partner", "search_count", [[["name", "=", secret]]]]
    body = {"jsonrpc": "2.0", "params": {"service": "object", "method": "execute_kw", "args": arguments}}

    requests.post(f"{traced.url}/jsonrpc?api_token={secret}", json=body, timeout=30)

    def slow() -> list[dict]:
        return [
            line
            for line in lines(traced)
            if line["logger"] == "fondaco.http.slowlog" and line.get("call") == "res.partner.search_count"
        ]

    until(slow)
    line = slow()[-1]
    assert (line["level"], line["db"], line["route"]) == ("WARNING", traced.database, "/jsonrpc")
    statements = " ".join(one["statement"] for one in line["statements"])
    assert "res_partner" in statements
    assert secret not in traced.logfile.read_text()


def test_the_transaction_carries_the_trace_and_the_connection_nothing_of_it(collector, config, database, pools):
    traces.set_up({"otlp_endpoint": collector.url})
    try:
        with tracing.span("work") as span, pools.cursor(database) as cr:
            cr.execute("SELECT current_setting('application_name'), pg_backend_pid()")
            name, backend = cr.fetchone()
            cr.execute("SELECT pg_sleep(0.01), %s", ["value-that-nobody-may-read"])
        with pools.cursor(database) as cr:
            cr.execute("SELECT application_name FROM pg_stat_activity WHERE pid = %s", [backend])
            (later,) = cr.fetchone()
    finally:
        tracing.close()
        traces.set_up({"otlp_endpoint": ""})

    assert name.endswith(f" {span.trace_id}")
    assert len(name) < 64
    texts = [str(attributes(one).get("db.query.text")) for one in collector.of(span.trace_id)]
    assert "SELECT pg_sleep(?), ?" in texts
    assert span.trace_id not in later


def test_behind_pgbouncer_the_trace_stays_with_its_transaction(collector, database, pooled):
    pools = Pools(pooled(is_direct=False))
    traces.set_up({"otlp_endpoint": collector.url})
    try:
        with tracing.span("work") as span, pools.cursor(database) as cr:
            cr.execute("SELECT current_setting('application_name')")
            (name,) = cr.fetchone()
            cr.commit()
        others = set()
        for _ in range(5):
            with pools.cursor(database) as cr:
                cr.execute("SELECT current_setting('application_name')")
                others.update(cr.fetchone())
    finally:
        tracing.close()
        traces.set_up({"otlp_endpoint": ""})
        pools.close()

    assert name.endswith(f" {span.trace_id}")
    assert not any(span.trace_id in other for other in others)


def test_off_nothing_of_it_is_imported():
    code = (
        "import sys, fondaco.cli.serve, fondaco.wsgi; from fondaco import tracing\n"
        "tracing.set_up('', {})\n"
        "with tracing.span('x') as span: assert span.trace_id == ''\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'prometheus_client', 'psutil'))])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout == "[]\n", done.stderr
