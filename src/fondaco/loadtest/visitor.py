"""One person at the server: logs in and calls, as a browser does, and notes how long each request took."""

from __future__ import annotations

import itertools
import re
from typing import Any

import requests

from fondaco.errors import FondacoError

TIMEOUT_S = 120
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Refused(FondacoError):
    """The server did not do what was asked."""


class Visitor:
    """A session. received: bytes of all answers so far."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.database, self.login, self._password = database, login, password
        self.received = 0
        self._session = requests.Session()
        self._numbers = itertools.count(1)

    def __repr__(self) -> str:
        return f"<Visitor {self.login} of {self.database} at {self.url}>"

    def enter(self) -> None:
        """Log in by the page, as people do."""
        self._session.cookies.clear()
        page = self.get("/web/login", db=self.database).text
        found = TOKEN.search(page)
        if found is None:
            raise Refused(f"{self.url}/web/login: found no form; expected that of database {self.database!r}")
        form = {"login": self.login, "password": self._password, "csrf_token": found[1]}
        answer = self._kept(self._session.post(f"{self.url}/web/login", data=form, timeout=TIMEOUT_S))
        if answer.url.rstrip("/").endswith("/web/login"):
            raise Refused(f"{self.url}: login {self.login!r} was refused; is the password right?")

    def get(self, path: str, **parameters: str) -> requests.Response:
        return self._kept(self._session.get(f"{self.url}{path}", params=parameters, timeout=TIMEOUT_S))

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """What a method answers, called as the client does."""
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": next(self._numbers),
            "params": {"model": model, "method": method, "args": args, "kwargs": kwargs},
        }
        answer = self._kept(
            self._session.post(f"{self.url}/web/dataset/call_kw/{model}/{method}", json=body, timeout=TIMEOUT_S)
        ).json()
        if "error" in answer:
            raise Refused(f"{model}.{method}: {answer['error']['data']['message']}")
        return answer.get("result")

    def _kept(self, answer: requests.Response) -> requests.Response:
        self.received += len(answer.content)
        if answer.status_code >= 400:
            raise Refused(f"{answer.url.partition('?')[0]}: status {answer.status_code}")
        return answer
