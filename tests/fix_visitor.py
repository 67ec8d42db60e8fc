"""Someone with cookies at the pages of a server: fills in forms, calls methods as the client does."""

from __future__ import annotations

import re
from typing import Any

import requests

TIMEOUT_S = 60


class Visitor(requests.Session):
    """A browser without scripts. `location` is where the last form led."""

    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server = server

    def page(self, path: str) -> str:
        """The text of a page, redirections followed."""
        answer = self.get(self.server.url + path, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return answer.text

    def fill_in(self, path: str, **fields: str) -> requests.Response:
        """The answer to the form of the page at `path`; a redirection is an answer."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page(path))
        assert token, path
        form = {"csrf_token": token[1], **fields}
        return self.post(self.server.url + path, data=form, timeout=TIMEOUT_S, allow_redirects=False)

    def log_in(self, login: str, password: str) -> str:
        """Where the log-in leads to; nothing where it is refused."""
        return self.fill_in("/web/login", login=login, password=password).headers.get("Location", "")

    def json(self, path: str, **params: Any) -> dict[str, Any]:
        """The envelope of a JSON call."""
        answer = self.post(self.server.url + path, json={"params": params}, timeout=TIMEOUT_S)
        result: dict[str, Any] = answer.json()
        return result

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """A method of a model as the client calls it."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        answer = self.json(f"/web/dataset/call_kw/{model}/{method}", **params)
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer.get("result")

    def refused(self, model: str, method: str, *args: Any, **kwargs: Any) -> str:
        """The message with which a call is refused."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return str(self.json(f"/web/dataset/call_kw/{model}/{method}", **params)["error"]["data"]["message"])

    def confirmed(self, action: dict[str, Any], password: str) -> Any:
        """What a button gives once the user has said again who he is."""
        assert action["res_model"] == "res.users.identitycheck", action
        wizard = action["res_id"]
        return self.call("res.users.identitycheck", "run_check", [wizard], context={"password": password})

    @property
    def uid(self) -> int | None:
        """Who is logged in."""
        answer = self.json("/web/session/get_session_info")
        return answer["result"]["uid"] if "result" in answer else None

    def rpc(self, service: str, method: str, *args: Any) -> dict[str, Any]:
        """The envelope of a call of the external API."""
        return self.json("/jsonrpc", service=service, method=method, args=args)
