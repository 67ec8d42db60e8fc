"""A browser's part in a conversation with a site over TLS: cookies, the host's name, no following of redirections."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlencode

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

PATIENCE_S = 60
ADDRESS = "127.0.0.9"  # the whole of 127.0.0.0/8 is this machine: a visitor who can be told from the proxy


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Visitor:
    """Someone who asks `host`, which is the proxy at `port`; `context` None: without TLS."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self.host, self.port, self.context = host, port, context
        self.cookies: dict[str, str] = {}

    def _connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S, source_address=(ADDRESS, 0))

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE_S)
        plain = self._connected()
        connection.sock = self.context.wrap_socket(plain, server_hostname=self.host) if self.context else plain
        if self.cookies:
            headers["Cookie"] = self._cookie
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for text in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = text.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    @property
    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def log_in(self, login: str, password: str) -> Answer:
        """Fill in the form of the log-in page."""
        page = self.get("/web/login").body.decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"', page)
        assert token, page
        fields = {"csrf_token": token[1] or token[2], "login": login, "password": password}
        return self.ask("POST", "/web/login", urlencode(fields), Content_Type="application/x-www-form-urlencoded")

    def call(self, path: str, **params: object) -> object:
        """A JSON call of a page."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params})
        answer = json.loads(self.ask("POST", path, body, Content_Type="application/json").body)
        assert "error" not in answer, answer
        return answer["result"]

    def method(self, model: str, method: str, *args: object, **kwargs: object) -> object:
        """A method of a model, as a page calls it."""
        return self.call(
            f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=list(args), kwargs=kwargs
        )

    def hear(self, path: str, channel: str, last: int) -> tuple[str, list[object]]:
        """The next news: how they came and what they say. A websocket if one opens, a poll otherwise."""
        try:
            found = self._hear_websocket(path, channel, last)
        except InvalidStatus as refusal:
            assert refusal.response.status_code == 400, refusal
            news = self.call("/longpolling/poll", channels=[channel], last=last)
            return "poll", [one["message"]["payload"] for one in news]  # type: ignore[attr-defined]
        return "websocket", found

    def _hear_websocket(self, path: str, channel: str, last: int) -> list[object]:
        """In one thread: two that read and write the same TLS connection get in each other's way in OpenSSL."""
        assert self.context is not None
        address = parse_uri(f"wss://{self.host}{path}?version=18.0-2")
        protocol = ClientProtocol(address, origin=f"https://{self.host}")  # type: ignore[arg-type]
        request = protocol.connect()
        request.headers["Cookie"] = self._cookie
        protocol.send_request(request)
        subscription = json.dumps({"event_name": "subscribe", "data": {"channels": [channel], "last": last}})
        is_subscribed = False
        with self.context.wrap_socket(self._connected(), server_hostname=self.host) as sock:
            while True:
                for event in protocol.events_received():
                    if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                        return [one["message"]["payload"] for one in json.loads(event.data)]
                if protocol.handshake_exc is not None:
                    raise protocol.handshake_exc
                if protocol.state is State.OPEN and not is_subscribed:
                    protocol.send_text(subscription.encode())
                    is_subscribed = True
                sock.sendall(b"".join(protocol.data_to_send()))
                data = sock.recv(65536)
                if not data:
                    raise ConnectionError("the websocket ended before there were news")
                protocol.receive_data(data)
