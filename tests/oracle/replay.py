"""Does a running Fondaco answer the recorded exchanges as the recorded server did?

    python -m tests.oracle.replay --server http://127.0.0.1:8069 --db NAME --group 04 [--only 199] [--strict]

The database must be fresh (modules base and web, login admin, password admin). The setup (00) is played first unless
told otherwise; variables bound there are used by the group. Differences are printed as a table; the exit code is 1 if
there are any.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import io
import json
import os
import re
import sys
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlencode, urlsplit

from tests.oracle.answer import Answer, Page, compare_response, decoded
from tests.oracle.compare import Comparison
from tests.oracle.unrecorded import file_content, noted_body

ORACLE = Path(os.environ.get("FONDACO_ORACLE", Path(__file__).resolve().parents[3] / "shared" / "oracle"))
TRANSCRIPTS = ORACLE / "transcripts"
SETUP = "00"
WITHOUT_SETUP = ("01",)
USERS = {"admin": ("admin", "admin"), "demo": ("orc_demo", "orc_demo_pw"), "portal": ("orc_portal", "orc_portal_pw")}
LOGGED_IN = {"j": "admin", "j4": "admin", "d": "demo"}
"""Jars that the recording client filled with a log-in it did not record, told by what their sessions may do."""
PAGE_TOKEN = "{{csrf_token of the page}}"
COOKIE = re.compile(r"\{\{cookie:(\w+):(\w+)\}\}")
VARIABLE = re.compile(r"\{\{(\w+|csrf_token of the page)\}\}")
TIMEOUT_S = 120


class Transport(Protocol):
    """How a request reaches the server."""

    host: str

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer: ...

    def exchange_frames(self, exchange_id: str, frame: Any, expected: list[Any]) -> list[Any]:
        """Send a websocket frame, read as many as are expected."""
        raise NotImplementedError(f"{exchange_id}: no websockets here")


class Network(Transport):
    """A server behind an address."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, merged_headers(response.getheaders()), response.read())
        finally:
            connection.close()


class InProcess(Transport):
    """A WSGI application in this process."""

    def __init__(self, application: Any, host: str = "localhost:8069", client: str = "127.0.0.1") -> None:
        self.application = application
        self.host = host
        self.client = client

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        target, _mark, query = path.partition("#")[0].partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": unquote(target), "QUERY_STRING": query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "8069", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": self.host,
            "REMOTE_ADDR": self.client, "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        started: list[Any] = []
        chunks = self.application(environ, lambda status, head, exc_info=None: started.append((status, head)))
        try:
            content = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        status, head = started[0]
        return Answer(int(status.split()[0]), merged_headers(head), content)


def merged_headers(pairs: list[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class UnboundVariable(LookupError):
    """A request needs a value that no earlier answer gave."""


@dataclass
class Outcome:
    """One exchange, replayed."""

    id: str
    differences: list[str]
    remarks: list[str]

    @property
    def is_equal(self) -> bool:
        return not self.differences


@dataclass
class Player:
    """Plays exchanges in order against one database; keeps variables and cookie jars between them."""

    transport: Transport
    database: str
    variables: dict[str, Any] = field(default_factory=dict)
    jars: dict[str, dict[str, str]] = field(default_factory=dict)
    loose_cookies: dict[str, str] = field(default_factory=dict)
    validators: dict[str, dict[str, str]] = field(default_factory=dict)
    dump: bytes = b""
    """The last zip that came as an answer: what the recording uploads again."""

    def play(self, exchange: dict[str, Any]) -> Outcome:
        self.variables.setdefault("db", self.database)
        self.variables.setdefault("host", self.transport.host)
        request = exchange["request"]
        if "websocket_frame" in request:
            return self._play_frames(exchange)
        try:
            jar_name, headers, body = self._encoded(request)
        except UnboundVariable as error:
            return Outcome(exchange["id"], [str(error)], [])
        answer = self.transport.send(request["method"], self._text(request["path"]), headers, body)
        self._keep_validators(request["path"], answer)
        self._keep_cookies(jar_name, answer)
        comparison = Comparison(self.variables, frozenset(exchange.get("volatile", ())))
        found = decoded(answer, exchange["response"])
        if "zip" in exchange["response"]:
            self.dump = answer.body
            self.variables["backup_b64"] = base64.b64encode(answer.body).decode()
        self._capture(exchange.get("captures", {}), found)
        compare_response(comparison, exchange["response"], found)
        return Outcome(exchange["id"], comparison.differences, comparison.remarks)

    def _play_frames(self, exchange: dict[str, Any]) -> Outcome:
        """What was sent through the websocket that the last handshake opened, and what came back."""
        comparison = Comparison(self.variables, frozenset(exchange.get("volatile") or ()))
        frame = self._filled(exchange["request"]["websocket_frame"])
        expected = exchange["response"]["frames"]
        found = {"frames": self.transport.exchange_frames(exchange["id"], frame, expected)}
        self._capture(exchange.get("captures", {}), found)
        comparison.walk("$.frames", expected, found["frames"])
        return Outcome(exchange["id"], comparison.differences, comparison.remarks)

    # -- sending ----------------------------------------
    def _encoded(self, request: dict[str, Any]) -> tuple[str | None, dict[str, str], bytes]:
        headers = dict(request.get("headers", {}))
        jar_name = None
        if match := COOKIE.search(headers.get("Cookie", "")):
            jar_name = match[1]
        headers = {name: COOKIE.sub(lambda m: self._cookie(m[1], m[2]), value) for name, value in headers.items()}
        self.variables.update(self.validators.get(request["path"], {}))
        headers = {name: self._text(value) for name, value in headers.items()}
        if PAGE_TOKEN in json.dumps(request):
            self.variables["csrf_token of the page"] = self._page_token(headers.get("Cookie", ""))
        if (body := noted_body(request, self.database)) is not None:
            return jar_name, headers, body
        if "json" in request:
            return jar_name, headers, json.dumps(self._filled(request["json"])).encode()
        if "xmlrpc" in request:
            call = self._filled(request["xmlrpc"])
            return (
                jar_name,
                headers,
                xmlrpc.client.dumps(tuple(call["params"]), call["method"], allow_none=True).encode(),
            )
        if "form" in request:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            return jar_name, headers, urlencode(self._filled(request["form"])).encode()
        if "multipart" in request:
            boundary = "----replay"
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            return jar_name, headers, self._multipart(request, boundary)
        if "body_base64" in request:
            return jar_name, headers, base64.b64decode(request["body_base64"])
        return jar_name, headers, self._text(request.get("body", "")).encode()

    def _multipart(self, request: dict[str, Any], boundary: str) -> bytes:
        """A form with files; a recorded file is known by name and length."""
        parts = []
        for name, value in self._filled(request["multipart"]).items():
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode())
        for name, file in request["files"].items():
            head = f'Content-Disposition: form-data; name="{name}"; filename="{file["filename"]}"\r\n'
            head += f"Content-Type: {file['content_type']}\r\n\r\n"
            parts.append(head.encode() + file_content(file, self.dump))
        lines = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
        return lines + b"--" + boundary.encode() + b"--\r\n"

    def _filled(self, value: Any) -> Any:
        """`value` with its variables replaced."""
        if isinstance(value, dict):
            if set(value) == {"$var"}:
                if value["$var"] not in self.variables:
                    raise UnboundVariable(f"not sent: {value['$var']!r} was bound by no earlier answer")
                return self.variables[value["$var"]]
            if set(value) == {"$xmlrpc_datetime"}:
                return xmlrpc.client.DateTime(value["$xmlrpc_datetime"])
            if set(value) == {"$xmlrpc_base64"}:
                return xmlrpc.client.Binary(base64.b64decode(value["$xmlrpc_base64"]))
            return {self._text(key): self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        return VARIABLE.sub(lambda match: str(self.variables.get(match[1], match[0])), text)

    # -- cookies ----------------------------------------
    def _cookie(self, jar_name: str, cookie: str) -> str:
        if jar_name not in self.jars:
            if (user := LOGGED_IN.get(jar_name, jar_name)) in USERS:
                self._log_in(jar_name, user)
            else:
                self.jars[jar_name], self.loose_cookies = self.loose_cookies, {}
        return self.jars[jar_name].get(cookie, "")

    def _page_token(self, cookie: str) -> str:
        """The token of a form of this session, taken from a page that the recording client had open."""
        answer = self.transport.send("GET", "/web/login", {"Cookie": cookie}, b"")
        return Page.of(answer.body.decode(errors="replace")).csrf_token or ""

    def _log_in(self, jar_name: str, user: str) -> None:
        login, password = USERS[user]
        params = {"db": self.database, "login": login, "password": password}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}).encode()
        answer = self.transport.send("POST", "/web/session/authenticate", {"Content-Type": "application/json"}, body)
        self.jars[jar_name] = cookies_of(answer)

    def _keep_cookies(self, jar_name: str | None, answer: Answer) -> None:
        cookies = cookies_of(answer)
        if cookies and jar_name is None:
            self.loose_cookies = cookies
        elif cookies and jar_name is not None:
            self.jars[jar_name].update(cookies)

    # -- binding ----------------------------------------
    def _keep_validators(self, path: str, answer: Answer) -> None:
        """What the recording client sent back to ask for a file again: its tag, its time."""
        lower = {name.lower(): value for name, value in answer.headers.items()}
        kept = self.validators.setdefault(path, {})
        for variable, name in (("etag", "etag"), ("setag", "etag"), ("lastmod", "last-modified")):
            if name in lower:
                kept[variable] = lower[name]

    def _capture(self, captures: dict[str, str], found: dict[str, Any]) -> None:
        for name, path in captures.items():
            value: Any = found
            for step in re.findall(r"\.(\w+)|\[(\d+)\]", path.removeprefix("$")):
                try:
                    value = value[step[0]] if step[0] else value[int(step[1])]
                except (KeyError, IndexError, TypeError):
                    break
            else:
                self.variables[name] = value


def cookies_of(answer: Answer) -> dict[str, str]:
    text = next((value for name, value in answer.headers.items() if name.lower() == "set-cookie"), "")
    return dict(re.findall(r"(?:^|, )(\w+)=([^;,]*)", text))


# -- transcripts ----------------------------------------
def transcript(group: str) -> Iterator[dict[str, Any]]:
    """The exchanges of the transcript whose file name begins with `group`."""
    (path,) = TRANSCRIPTS.glob(f"{group}_*.jsonl")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def report(outcomes: list[Outcome], *, strict: bool) -> str:
    """A table: exchange, what differs."""
    lines = []
    for outcome in outcomes:
        found = outcome.differences + (outcome.remarks if strict else [])
        if found:
            lines.append(outcome.id)
            lines.extend(f"    {line}" for line in found[:6])
            if len(found) > 6:
                lines.append(f"    ... and {len(found) - 6} more")
    equal = sum(outcome.is_equal for outcome in outcomes)
    lines.append(f"{equal} of {len(outcomes)} equal ({100 * equal / max(1, len(outcomes)):.1f} %)")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="address, e.g. http://127.0.0.1:8069")
    parser.add_argument("--db", required=True)
    parser.add_argument("--group", required=True, help="number of the transcript, e.g. 04")
    parser.add_argument(
        "--no-setup", action="store_true", help="the setup was played on this database before (variables: --variables)"
    )
    parser.add_argument("--variables", type=Path, help="file that keeps the variables of the setup")
    parser.add_argument("--only", help="print only exchanges whose id contains this")
    parser.add_argument("--strict", action="store_true", help="print remarks (wording) as well")
    options = parser.parse_args(argv)
    player = Player(Network(options.server), options.db)
    if options.group not in WITHOUT_SETUP and options.group != SETUP:
        if options.no_setup:
            player.variables.update(json.loads(options.variables.read_text()))
        else:
            setup = [player.play(exchange) for exchange in transcript(SETUP)]
            print("setup:", report(setup, strict=options.strict), sep="\n", file=sys.stderr)
            if options.variables:
                options.variables.write_text(json.dumps(player.variables))
    outcomes = [player.play(exchange) for exchange in transcript(options.group)]
    shown = [outcome for outcome in outcomes if not options.only or options.only in outcome.id]
    print(report(shown, strict=options.strict))
    return 0 if all(outcome.is_equal for outcome in shown) else 1


if __name__ == "__main__":
    sys.exit(main())
