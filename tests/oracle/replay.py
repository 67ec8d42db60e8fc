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
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from tests.oracle.compare import Comparison

ORACLE = Path(os.environ.get("FONDACO_ORACLE", Path(__file__).resolve().parents[3] / "shared" / "oracle"))
TRANSCRIPTS = ORACLE / "transcripts"
SETUP = "00"
WITHOUT_SETUP = ("01",)
USERS = {"admin": ("admin", "admin"), "demo": ("orc_demo", "orc_demo_pw"), "portal": ("orc_portal", "orc_portal_pw")}
COOKIE = re.compile(r"\{\{cookie:(\w+):(\w+)\}\}")
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
TIMEOUT_S = 120
LONGEST_GARBAGE = 100  # bytes


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """How a request reaches the server."""

    host: str

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer: ...


class Network:
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


class InProcess:
    """A WSGI application in this process."""

    def __init__(self, application: Any, host: str = "localhost:8069") -> None:
        self.application = application
        self.host = host

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        split = urlsplit(path)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": split.path, "QUERY_STRING": split.query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "8069", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": self.host,
            "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
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
    dump: bytes = b""
    """The last zip that came as an answer: what the recording uploads again."""

    def play(self, exchange: dict[str, Any]) -> Outcome:
        self.variables.setdefault("db", self.database)
        self.variables.setdefault("host", self.transport.host)
        request = exchange["request"]
        try:
            jar_name, headers, body = self._encoded(request)
        except UnboundVariable as error:
            return Outcome(exchange["id"], [str(error)], [])
        answer = self.transport.send(request["method"], self._text(request["path"]), headers, body)
        self._keep_cookies(jar_name, answer)
        comparison = Comparison(self.variables, frozenset(exchange.get("volatile", ())))
        found = decoded(answer, exchange["response"])
        if "zip" in exchange["response"]:
            self.dump = answer.body
            self.variables["backup_b64"] = base64.b64encode(answer.body).decode()
        self._capture(exchange.get("captures", {}), found)
        compare_response(comparison, exchange["response"], found)
        return Outcome(exchange["id"], comparison.differences, comparison.remarks)

    # -- sending ----------------------------------------
    def _encoded(self, request: dict[str, Any]) -> tuple[str | None, dict[str, str], bytes]:
        headers = dict(request.get("headers", {}))
        jar_name = None
        if match := COOKIE.search(headers.get("Cookie", "")):
            jar_name = match[1]
        headers = {
            name: self._text(COOKIE.sub(lambda m: self._cookie(m[1], m[2]), value)) for name, value in headers.items()
        }
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
        """A form with files; a recorded file is known by its length alone: long ones are the dump."""
        parts = []
        for name, value in self._filled(request["multipart"]).items():
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode())
        for name, file in request["files"].items():
            content = self.dump if file["length"] > LONGEST_GARBAGE else b"garbage"
            head = f'Content-Disposition: form-data; name="{name}"; filename="{file["filename"]}"\r\n'
            parts.append(f"{head}Content-Type: {file['content_type']}\r\n\r\n".encode() + content)
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
            if self.loose_cookies:
                self.jars[jar_name], self.loose_cookies = self.loose_cookies, {}
            else:
                self._log_in(jar_name)
        return self.jars[jar_name].get(cookie, "")

    def _log_in(self, jar_name: str) -> None:
        login, password = USERS[jar_name]
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


def decoded(answer: Answer, expected: dict[str, Any]) -> dict[str, Any]:
    """The answer in the form in which the recorded one is kept."""
    found: dict[str, Any] = {"status": answer.status, "headers": answer.headers}
    if "json" in expected or "json_shape" in expected:
        try:
            found["json"] = json.loads(answer.body)
        except ValueError:
            found["text"] = answer.body[:300].decode(errors="replace")
    elif "xmlrpc" in expected or "fault" in expected or "xmlrpc_shape" in expected:
        found["raw_xml"] = answer.body.decode(errors="replace")
        try:
            found["xmlrpc"] = xmlrpc.client.loads(answer.body, use_builtin_types=True)[0][0]
        except xmlrpc.client.Fault as fault:
            found["fault"] = {"faultCode": fault.faultCode, "faultString": fault.faultString}
        except Exception as error:  # noqa: BLE001  (whatever the parser trips over is the finding)
            found["text"] = f"{type(error).__name__}: {answer.body[:300]!r}"
    elif "html" in expected:
        found["alerts"] = answer.body.count(b'role="alert"')
    elif "json_result" in expected:
        content = base64.b64decode(json.loads(answer.body).get("result") or "")
        found.update(described(content, expected["json_result"]))
    elif "zip" in expected or "binary" in expected:
        found.update(described(answer.body, expected))
    return found


def described(content: bytes, expected: dict[str, Any]) -> dict[str, Any]:
    """What the recording says of a file: members and manifest of an archive, the first bytes of anything else."""
    if "zip" not in expected:
        return {"magic": content[:5].hex()}
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        return {"text": content[:300].decode(errors="replace")}
    members = {re.sub(r"[0-9a-f]{2}/[0-9a-f]{40}$", "<hh>/<sha1>", name) for name in archive.namelist()}
    return {"zip": {"members": members, "manifest": json.loads(archive.read("manifest.json"))}}


def compare_file(comparison: Comparison, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Hold an archive or another file against what the recording says of it."""
    if "binary" in expected:
        comparison.walk("$.binary.magic", expected["binary"].get("magic"), found.get("magic"))
        return
    archive = found.get("zip", {"members": set(), "manifest": {}})
    optional = {"filestore/checklist/<hh>/<sha1>"}
    wanted = set(expected["zip"]["members"])
    if archive["members"] | optional != wanted | optional:
        comparison.say("$.zip.members", sorted(wanted), sorted(archive["members"]))
    kinds = {key: type(value).__name__ for key, value in expected["zip"]["manifest"].items()}
    comparison.walk_shape("$.zip.manifest", kinds, archive["manifest"])


def compare_response(comparison: Comparison, expected: dict[str, Any], found: dict[str, Any]) -> None:
    comparison.walk("$.status", expected["status"], found["status"])
    lower = {name.lower(): value for name, value in found["headers"].items()}
    for name, value in expected.get("headers", {}).items():
        path = f"$.headers.{name}"
        if (
            path not in comparison.volatile
            and lower.get(name.lower()) != comparison.substituted(value)
            and "<" not in value
        ):
            comparison.say(path, value, lower.get(name.lower()), remark=name != "Content-Type")
    if "json" in expected:
        comparison.walk("$.json", expected["json"], found.get("json", found.get("text")))
    elif "json_shape" in expected:
        comparison.walk_shape("$.json", expected["json_shape"], found.get("json", found.get("text")))
    elif "fault" in expected:
        comparison.walk("$.fault", expected["fault"], found.get("fault", found.get("xmlrpc", found.get("text"))))
    elif "xmlrpc" in expected:
        comparison.walk("$.xmlrpc", expected["xmlrpc"], found.get("xmlrpc", found.get("fault", found.get("text"))))
    elif "xmlrpc_shape" in expected:
        comparison.walk_shape("$.xmlrpc", expected["xmlrpc_shape"], found.get("xmlrpc", found.get("fault")))
    elif "json_result" in expected:
        compare_file(comparison, expected["json_result"], found)
    elif "zip" in expected or "binary" in expected:
        compare_file(comparison, expected, found)
    elif expected.get("html", {}).get("alerts") and not found.get("alerts"):
        comparison.say("$.html.alerts", expected["html"]["alerts"], "no alert")
    if "raw_xml" in expected and "$.raw_xml" not in comparison.volatile:
        wanted = comparison.substituted(expected["raw_xml"])
        if wanted != found.get("raw_xml"):
            comparison.say("$.raw_xml", wanted, found.get("raw_xml"), remark=True)


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
