"""How the scripts of this folder reach a database: arguments, log-in, calls, and what the shell is told at the end.

Nothing but Python's own library, so that a folder with this file and a script works on any machine with Python 3.11.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import IntEnum
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

PASSWORD = "FONDACO_EXCHANGE_PASSWORD"
ANSWER_SECONDS = 300  # of one call: a large file is one


class Exit(IntEnum):
    """What the shell is told, as by `fondaco` itself."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    DENIED = 4
    UNANSWERED = 6
    INTERRUPTED = 130


class Trouble(Exception):
    """A sentence for the person who reads the log, with the exit code."""

    def __init__(self, message: str, code: int = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


class Connection:
    """A database, as one of its users sees it."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url, self.database, self.password = url.rstrip("/"), database, password
        self.uid = self._ask("common", "login", database, login, password)
        if not self.uid:
            raise Trouble(f"{self.url}: {login!r} may not enter {database!r} with this password or key", Exit.DENIED)

    def __repr__(self) -> str:
        return f"Connection({self.url!r}, {self.database!r}, uid={self.uid})"

    def call(self, model: str, method: str, *arguments: Any, **options: Any) -> Any:
        """What the method answers; numbers with a point are Decimal. `Trouble` when it is refused."""
        return self._ask(
            "object", "execute_kw", self.database, self.uid, self.password, model, method, list(arguments), options
        )

    def load(self, model: str, fields: Sequence[str], rows: Sequence[Sequence[Any]], names: Sequence[str]) -> list[int]:
        """Ids of the records made or changed: all rows are kept, or none. names: what each row is called in errors."""
        if not rows:
            return []
        result = self.call(model, "load", list(fields), list(rows))
        if result["ids"] is False:
            refused = [f"{names[one['rows']['from']]}: {one['message']}" for one in result["messages"]]
            raise Trouble(told(refused, "no row was kept"))
        return list(result["ids"])

    def _ask(self, service: str, method: str, *arguments: Any) -> Any:
        params = {"service": service, "method": method, "args": arguments}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        request = urllib.request.Request(f"{self.url}/jsonrpc", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
                answer = json.load(response, parse_float=Decimal)
        except urllib.error.HTTPError as error:
            code = Exit.UNANSWERED if error.code >= 500 else Exit.FAILED
            raise Trouble(f"{self.url} answered {error.code} {error.reason}", code) from error
        except (OSError, HTTPException, ValueError) as error:
            raise Trouble(f"{self.url} did not answer: {error}", Exit.UNANSWERED) from error
        if "error" in answer:
            data = answer["error"]["data"]
            is_denied = data["name"].endswith((".AccessDenied", ".AccessError"))
            raise Trouble(str(data["message"]).strip(), Exit.DENIED if is_denied else Exit.FAILED)
        return answer.get("result")


def parser(description: str | None) -> argparse.ArgumentParser:
    """The arguments that all scripts have."""
    arguments = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    arguments.add_argument("--url", required=True, help="https://... of the server")
    arguments.add_argument("--db", required=True, help="the database")
    arguments.add_argument("--login", required=True, help="who works here: a user of its own for each script is best")
    arguments.add_argument(
        "--password-file", type=Path, metavar="FILE", help=f"password or API key; else in the variable {PASSWORD}"
    )
    arguments.add_argument("--dry-run", action="store_true", help="show what would be done, and change nothing")
    arguments.add_argument(
        "--plain-http", action="store_true", help="send the password over http:// to another machine, for all to read"
    )
    return arguments


def connected(given: argparse.Namespace) -> Connection:
    """The connection that the arguments ask for."""
    address = urlsplit(given.url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise Trouble(f"--url {given.url}: expected https://... or http://...", Exit.USAGE)
    if address.scheme == "http" and not given.plain_http and not _is_this_machine(address.hostname):
        raise Trouble(
            f"--url {given.url}: everybody on the way could read the password; expected https://, or --plain-http",
            Exit.USAGE,
        )
    return Connection(given.url, given.db, given.login, _password(given.password_file))


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _password(path: Path | None) -> str:
    if path:
        return read(path).rstrip("\r\n")
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    raise Trouble(f"no password; give --password-file or {PASSWORD}", Exit.USAGE)


def read(path: Path) -> str:
    """The text of a file in UTF-8; `-` is what comes on stdin."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except FileNotFoundError:
        raise Trouble(f"{path}: no such file", Exit.NOT_FOUND) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Trouble(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error


def told(problems: Sequence[str], outcome: str = "nothing was changed", most: int = 20) -> str:
    """What came of it, and the problems, a line each."""
    rest = [f"... and {len(problems) - most} more"] if len(problems) > most else []
    return "\n".join([f"{outcome}:", *problems[:most], *rest])


def say(text: str) -> None:
    """Progress, for people: on stderr, as stdout is for data."""
    print(text, file=sys.stderr)


def finish(work: Callable[[], None]) -> NoReturn:
    """Do the work and tell the shell how it went. An error that nobody foresaw keeps its traceback, and is 1."""
    try:
        work()
        sys.stdout.flush()
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(trouble.code)
    except OSError as error:  # a disk that is full, a folder that may not be written
        say(str(error))
        sys.exit(Exit.FAILED)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    sys.exit(Exit.OK)
