"""Users in a storm: what each does again and again, and what became of it.

Every write carries a name of its own. It was `saved` when the answer said so; `unknown` when the answer said that
something broke on the way. Nobody repeats a write whose fate is unknown, so nothing may be there twice.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

PATIENCE_S = 90
UPLOAD_BYTES = 150_000
CHANNEL = "storm"

# In the name of the server's own actions: a message, and something to do for a job that is woken.
SAY = "env['bus.bus']._sendone(env.context['channel'], 'storm/news', env.context['payload'])"
ASK = (
    "env['res.partner'].create({'name': env.context['payload'], 'ref': 'todo'})\n"
    "env['ir.cron'].browse(env.context['job'])._trigger()"
)
JOB = (
    "for partner in env['res.partner'].search([('ref', '=', 'todo')]):\n"
    "    partner.write({'ref': 'done', 'color': partner.color + 1})"
)


@dataclass
class Tally:
    """What became of the requests of all users."""

    saved: dict[str, object] = field(default_factory=dict)  # write -> what was answered
    unknown: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: list[str] = field(default_factory=list)
    resent: int = 0  # reads on a kept connection that had ended
    seconds: list[float] = field(default_factory=list)


class User:
    """Calls of one user; each is answered in the end, or noted as not answered."""

    def __init__(self, server, tally):
        self.server, self.tally = server, tally
        self._kept = None

    def call(self, model, method, *args, is_kept=False, **kwargs):
        """(status, result or None)."""
        me = [self.server.database, 2, self.server.password]
        params = {"service": "object", "method": "execute_kw", "args": [*me, model, method, list(args), kwargs]}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "params": params})
        began = time.monotonic()
        status, document = self._exchange("/jsonrpc", body, is_kept)
        self.tally.seconds.append(time.monotonic() - began)
        if status is None:
            self.tally.unanswered.append(f"{model}.{method}: {document}")
            return None, None
        self.tally.statuses[status] += 1
        return status, document.get("result") if status == 200 else None

    def _exchange(self, path, body, is_kept):
        """(status, JSON); (None, why) when the connection ended first. A kept one that has ended is not the server's
        last word: as browsers do, the request is sent again."""
        for attempt in (1, 2):
            was_kept = self._kept is not None
            connection = self._kept or http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
            self._kept = None
            try:
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                data = response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if attempt == 1 and was_kept:
                    self.tally.resent += 1
                    continue
                return None, repr(error)
            if is_kept and not response.will_close:
                self._kept = connection
            else:
                connection.close()
            return response.status, json.loads(data) if response.status == 200 else {}
        raise AssertionError("unreachable")

    def write(self, name, model, method, *args, **kwargs):
        """A write that must be there once, or at most once."""
        _status, result = self.call(model, method, *args, **kwargs)
        if result is None:
            self.tally.unknown.add(name)
            time.sleep(0.05)
        else:
            self.tally.saved[name] = result


class Reader(User):
    def step(self, _number):
        self.call("res.partner", "search_read", [], ["name", "email", "country_id"], limit=20, is_kept=True)


class Writer(User):
    prefix = "written"

    def step(self, number):
        name = f"{self.prefix} {number}"
        self.write(name, "res.partner", "create", {"name": name})


class OtherWriter(Writer):
    prefix = "also written"


class Uploader(User):
    def step(self, number):
        content = os.urandom(UPLOAD_BYTES)
        name = f"file {number} {hashlib.sha1(content).hexdigest()}"
        self.write(name, "ir.attachment", "create", {"name": name, "datas": base64.b64encode(content).decode()})
        time.sleep(0.2)


class Speaker(User):
    """Sends one message after another; `action` is the server action that does."""

    prefix, channel = "said", CHANNEL

    def __init__(self, server, tally, action, job=None):
        super().__init__(server, tally)
        self.action, self.job = action, job

    def step(self, number):
        name = f"{self.prefix} {number}"
        context = {"channel": CHANNEL, "payload": name, "job": self.job}
        self.write(name, "ir.actions.server", "run", [self.action], context=context)
        time.sleep(0.05)


class Asker(Speaker):
    """Has a job do things."""

    prefix = "asked"


class Listener:
    """A browser that listens: comes again when its connection ends, after the time it is told, from where it was."""

    def __init__(self, server, cookie):
        self.server, self.cookie = server, cookie
        self.is_open = threading.Event()
        self.heard = []  # payloads, in the order they came
        self.last = 0
        self.is_over = threading.Event()
        self.ends = Counter()  # close codes
        self.away_s = []  # from the end of a connection to the next that is open
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        ended = None
        while not self.is_over.is_set():
            try:
                self.cookie = self.cookie or logged_in(self.server)
                origin = f"http://127.0.0.1:{self.server.port}"
                headers = {"Cookie": self.cookie}
                with connect(
                    f"ws://127.0.0.1:{self.server.port}/websocket", origin=origin, additional_headers=headers,
                    ping_interval=None, open_timeout=PATIENCE_S,
                ) as ws:  # fmt: skip
                    if ended is not None:
                        self.away_s.append(time.monotonic() - ended)
                    self._listen(ws)
            except ConnectionClosed as error:
                code = error.rcvd.code if error.rcvd else 1006
                self.ends[code] += 1
                ended = time.monotonic()
                if code == 4001:
                    self.cookie = None
                told = error.rcvd.reason if error.rcvd and error.rcvd.reason.startswith("retry_ms=") else "retry_ms=200"
                self.is_over.wait(int(told.partition("=")[2]) / 1000)
            except (OSError, WebSocketException, http.client.HTTPException, KeyError, ValueError):
                ended = ended or time.monotonic()
                self.is_over.wait(0.2)

    def _listen(self, ws):
        self.is_open.set()
        ws.send(json.dumps({"event_name": "subscribe", "data": {"channels": [CHANNEL], "last": self.last}}))
        while not self.is_over.is_set():
            try:
                news = json.loads(ws.recv(timeout=0.5))
            except TimeoutError:
                continue
            for one in news:
                self.last = one["id"]
                self.heard.append(one["message"]["payload"])


def logged_in(server):
    """The cookie of a new session."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    params = {"db": server.database, "login": server.login, "password": server.password}
    body = json.dumps({"params": params})
    connection.request("POST", "/web/session/authenticate", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    assert json.loads(data)["result"]["uid"]
    return response.headers["Set-Cookie"].partition(";")[0]


def repeat(user, is_over):
    """A thread in which a user does his step until it is over."""

    def run():
        number = 0
        while not is_over.is_set():
            user.step(number)
            number += 1

    return threading.Thread(target=run, name=type(user).__name__, daemon=True)
