"""A user of a server, with calls and connections."""

from __future__ import annotations

import contextlib
import http.client
import json
import re

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.external_api import service

PATIENCE_S = 60


class Client:
    """A user who is logged in, with calls and connections."""

    def __init__(self, server, port=None):
        self.server = server
        self.actions = {}
        self.cookie = ""
        self.port = port or server.port
        answer = self.post(
            "/web/session/authenticate", db=server.database, login=server.login, password=server.password
        )
        self.uid = answer["result"]["uid"]
        self.models = service(server)

    def post(self, path, **params):
        headers = {"Content-Type": "application/json", "Cookie": self.cookie}
        body = json.dumps({"jsonrpc": "2.0", "id": 7, "params": params})
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)) as connection:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            body = response.read()
        for header in response.headers.get_all("Set-Cookie") or ():
            if match := re.match(r"session_id=[^;]+", header):
                self.cookie = match[0]
        return json.loads(body)

    def call(self, model, method, *args, **kwargs):
        return self.models.execute_kw(
            self.server.database, self.uid, self.server.password, model, method, list(args), kwargs
        )

    def send(self, channel, payload):
        """Send a notification, in a transaction of its own."""
        self._run("env['bus.bus']._sendone(env.context['to'], 'test/news', env.context['payload'])", channel, payload)

    def send_to_himself(self, payload):
        """Send one on the channel of the user's record."""
        self._run("env['bus.bus']._sendone(env.user.partner_id, 'test/news', env.context['payload'])", None, payload)

    def _run(self, code, channel, payload):
        if code not in self.actions:
            (model,) = self.call("ir.model", "search", [("model", "=", "res.partner")])
            values = {"name": "send", "model_id": model, "state": "code", "code": code}
            self.actions[code] = self.call("ir.actions.server", "create", values)
        self.call("ir.actions.server", "run", [self.actions[code]], context={"to": channel, "payload": payload})

    @contextlib.contextmanager
    def websocket(
        self, path="/websocket?version=18.0-2", channels=("room",), last=0, origin=None, cookie=None, port=None
    ):
        port = port or self.port
        headers = {"Cookie": self.cookie if cookie is None else cookie}
        origin = origin or f"http://127.0.0.1:{port}"
        with connect(
            f"ws://127.0.0.1:{port}{path}",
            additional_headers=headers,
            origin=origin,
            ping_interval=None,
            max_size=None,
            open_timeout=PATIENCE_S,
        ) as ws:
            if channels is not None:
                ws.send(json.dumps({"event_name": "subscribe", "data": {"channels": list(channels), "last": last}}))
            yield ws


def heard(ws, count):
    """The payloads of the next notifications."""
    found = []
    while len(found) < count:
        found += [news["message"]["payload"] for news in json.loads(ws.recv(timeout=PATIENCE_S))]
    return found


def last_of(client):
    return max((news["id"] for news in peeked(client)), default=0)


def peeked(client, last=0, channels=("room",)):
    answer = client.post("/websocket/peek_notifications", channels=list(channels), last=last, is_first_poll=False)
    return answer["result"]["notifications"]


def closed_with(ws):
    """The code with which the server ends the connection; None if it says no goodbye."""
    frame = goodbye(ws)
    return frame.code if frame else None


def goodbye(ws):
    """The close frame of the server: code and reason."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            ws.recv(timeout=PATIENCE_S)
    return caught.value.rcvd
