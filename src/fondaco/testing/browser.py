"""HTTP in tests: a server in this process that sees what the test did and did not commit.

    class TestShop(HttpCase):
        def test_page(self):
            self.authenticate("demo", "demo")
            self.assertEqual(self.url_open("/shop").status_code, 200)

Requests are answered by threads whose cursors live inside the transaction of the test (fondaco.sql.nested), one at a
time.
"""

from __future__ import annotations

import itertools
import logging
import xmlrpc.client
from http.client import HTTPConnection
from typing import Any, ClassVar, NoReturn
from urllib.parse import urljoin, urlsplit

import requests

from fondaco.testing.cases import HOST, TransactionCase
from fondaco.testing.ground import ground
from fondaco.testing.server import TestServer

_logger = logging.getLogger(__name__)

DEFAULT_SUCCESS_SIGNAL = "test successful"
TIMEOUT = 12
"""Seconds that a request may take."""
NO_BROWSER = "{what}: it drives Odoo's own web client in a browser, and Fondaco's client is another one"


class JsonRpcException(Exception):
    """What a JSON-RPC route answered in place of a result."""

    def __init__(self, code: Any, message: str) -> None:
        super().__init__(message)
        self.code = code


class ChromeBrowserException(Exception):
    """For tests that name it: no browser is started."""


class ChromeBrowser:
    """For tests that make one: they are skipped."""

    def __init__(self, test_case: Any, *args: Any, **kwargs: Any) -> None:
        test_case.skipTest(NO_BROWSER.format(what="ChromeBrowser"))


class Opener(requests.Session):
    """A client of the test's server: before each request, what the test changed goes to the database."""

    def __init__(self, cr: Any) -> None:
        super().__init__()
        self.trust_env = False  # no proxy between the test and its own server
        self.cr = cr

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self.cr.flush()
        self.cr.clear()
        return super().request(*args, **kwargs)


class Transport(xmlrpc.client.Transport):
    """The same for XML-RPC."""

    def __init__(self, cr: Any) -> None:
        super().__init__()
        self.cr = cr

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self.cr.flush()
        self.cr.clear()
        return super().request(*args, **kwargs)

    def make_connection(self, host: Any) -> HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = TIMEOUT
        return connection


class HttpCase(TransactionCase):
    """A transaction with a server in it. The first administrator's password is `admin` until the class ends."""

    browser_size: ClassVar[str] = "1366x768"
    touch_enabled: ClassVar[bool] = False
    server: ClassVar[TestServer]
    xmlrpc_url: ClassVar[str]
    opener: Opener
    session: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.registry.enter_test_mode(cls.cr)
        cls.addClassCleanup(cls.registry.leave_test_mode)
        cls.server = TestServer.of(ground())
        cls.server.open(cls.registry)
        cls.addClassCleanup(cls.server.close)
        cls.xmlrpc_url = urljoin(cls.base_url(), "/xmlrpc/2/")
        admin = cls.env.ref("base.user_admin", raise_if_not_found=False)
        if admin:
            admin.password = "admin"

    def setUp(self) -> None:
        super().setUp()
        self.session = None
        self.opener = Opener(self.cr)
        self.addCleanup(self.opener.close)
        self.addCleanup(self._end_session)
        for name in ("common", "db", "object"):
            proxy = xmlrpc.client.ServerProxy(f"{self.xmlrpc_url}{name}", transport=Transport(self.cr))
            setattr(self, f"xmlrpc_{name}", proxy)
            self.addCleanup(proxy("close"))

    # -- the server ------------------------------------------------------------------------------------------------
    @classmethod
    def base_url(cls) -> str:
        """Where the server of the tests answers."""
        return f"http://{HOST}:{cls.http_port()}"

    @classmethod
    def http_port(cls) -> int:
        return cls.server.port

    def url_open(
        self,
        url: str,
        data: Any = None,
        files: Any = None,
        timeout: float = TIMEOUT,
        headers: Any = None,
        allow_redirects: bool = True,
        head: bool = False,
    ) -> Any:
        """The answer to a request: POST with data or files, HEAD if asked for, else GET."""
        if url.startswith("/"):
            url = self.base_url() + url
        method = "HEAD" if head else "POST" if data or files else "GET"
        return self.opener.request(
            method, url, data=data, files=files, timeout=timeout, headers=headers, allow_redirects=allow_redirects
        )

    def make_jsonrpc_request(self, route: str, params: Any = None, headers: Any = None) -> Any:
        """What a route of type json answers; `JsonRpcException` if that is an error."""
        body = {"id": next(_numbers), "jsonrpc": "2.0", "method": "call", "params": params or {}}
        answer = self.opener.post(urljoin(self.base_url(), route), json=body, headers=headers, timeout=TIMEOUT)
        answer.raise_for_status()
        found = answer.json()
        if "error" in found:
            error = found["error"]
            raise JsonRpcException(code=error["code"], message=error["data"]["name"])
        return found.get("result")

    # -- who asks --------------------------------------------------------------------------------------------------
    def authenticate(self, user: str | None, password: str | None, browser: Any = None) -> Any:
        """Make later requests those of this user; None: of a visitor. Answers the session."""
        self._end_session()
        store = self.server.application.session_store
        session = self.session = store.new()
        session.db = self.env.cr.dbname
        if user:
            self.env.flush_all()
            self.cr.clear()
            session.authenticate(session.db, {"login": user, "password": password, "type": "password"})
            if session.uid is not None:
                store.rotate(session, self.env)
        store.save(session)
        self.opener.cookies.set("session_id", session.sid, domain=HOST, path="/")
        return session

    def logout(self, keep_db: bool = True) -> None:
        """Later requests are a visitor's."""
        if self.session is not None:
            self.session.logout(keep_db=keep_db)
            self.session.store.save(self.session)

    def _end_session(self) -> None:
        if self.session is not None:
            self.session.store.delete(self.session)
            self.session = None

    # -- addresses -------------------------------------------------------------------------------------------------
    def parse_http_location(self, location: str) -> Any:
        """The parts of an address; of one without a host, those of the server."""
        return urlsplit(urljoin(self.base_url(), location or ""))

    def assertURLEqual(self, test_url: str, truth_url: str, message: str | None = None) -> None:
        """Two addresses lead to the same place; a host that is not said is the server's."""
        self.assertEqual(self.parse_http_location(test_url), self.parse_http_location(truth_url), message)

    # -- browsers --------------------------------------------------------------------------------------------------
    def browser_js(self, url_path: str, code: str, *args: Any, **kw: Any) -> NoReturn:
        """Skip the test: see NO_BROWSER."""
        self.skipTest(NO_BROWSER.format(what=f"script on {url_path}"))

    def start_tour(self, url_path: str, tour_name: str, step_delay: Any = None, **kwargs: Any) -> NoReturn:
        """Skip the test: see NO_BROWSER."""
        self.skipTest(NO_BROWSER.format(what=f"tour {tour_name}"))


_numbers = itertools.count(1)
