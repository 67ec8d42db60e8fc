"""A browser on the running server: `browser` (Chromium), `visit` (a page; its console is free of errors at the end).

A page comes to what a test looks at in its own time: after a click, a key or a load that is `expect`ed, and neither
counted nor read at once. A test that failed is run once more where all that it made still is: names of what it saves
have `own` in them, and what it begins with is made by `make`.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from fondaco.cli.demo_records import add_records
from fondaco.http.sessions import session_store
from fondaco.orm.environment import SUPERUSER_ID, Environment
from tests.external_api import service

from .accessibility import hold

playwright = pytest.importorskip("playwright.sync_api")

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync",
)  # fmt: skip
TIMEOUT_MS = 20_000
expect = playwright.expect
expect.set_options(timeout=TIMEOUT_MS)
HAS_CLOCK = "'__pwClock' in window"  # Playwright has put one in the place of the real one, in all pages of a context
UNANSWERED = re.compile(r"net::ERR_|a status of 50[234]")
STATE_OF_START = """async () => {
    const within = (promise) => Promise.race([
        promise.then(() => "done", (error) => `failed: ${error.message}`),
        new Promise((resolve) => setTimeout(resolve, 1000, "not within a second")),
    ]);
    return {
        address: location.href,
        reached: document.readyState,
        text: document.body.innerText.slice(0, 500),
        terms: await within(import("@web/core/i18n")),
        frame: await within(new Promise(requestAnimationFrame)),
    };
}"""


@dataclass
class Visit:
    """A page, and what its console complained about."""

    page: Any
    url: str
    known: dict[str, Callable[[], str]] = field(default_factory=dict)  # login -> the id of a new session, at `home`
    complaints: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # status and address of each, in the order in which they came
    waiting: dict[Any, str] = field(default_factory=dict)  # the addresses of requests without a whole answer
    home: str = field(init=False)  # the server that it was made for: a test may go to another one

    def __post_init__(self) -> None:
        self.home = self.url

    def listen(self, *, loses_network: bool = False) -> None:
        """Keep what the console complains of; not of requests that the test itself keeps from the server."""

        def note(text: str) -> None:
            # Other tests give this machine interfaces and take them away, which Chromium tells every page.
            is_elsewhere = "net::ERR_NETWORK_CHANGED" in text
            if not is_elsewhere and not (loses_network and UNANSWERED.search(text)):
                self.complaints.append(text)

        self.page.on("console", lambda message: note(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: note(str(error)))

    def hear(self, words: str = "") -> None:
        """Wait until the console complains, of this."""
        for _ in range(TIMEOUT_MS // 50):
            if any(words in complaint for complaint in self.complaints):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"the console does not complain of {words!r}: {self.complaints}")

    def rest(self) -> None:
        """Wait until no request waits for its answer."""
        for _ in range(TIMEOUT_MS // 50):
            self.page.wait_for_timeout(50)
            if not self.waiting:
                return
        pytest.fail(f"no answer came: {sorted(self.waiting.values())}")

    def go(self, path: str) -> Any:
        self.page.goto(self.url + path)
        return self.page

    def log_in(self, login: str, password: str, path: str = "/odoo") -> Any:
        """Come to a page of the client: by the form, or with a session of his own if he is one who has come before."""
        if login in self.known and self.url == self.home:
            cookie = {"name": "session_id", "value": self.known[login](), "url": self.url}
            self.page.context.add_cookies([cookie])
            self.page.goto(self.url + path, wait_until="commit")
        else:
            self.page.goto(f"{self.url}/web/login?redirect={path}")
            self.page.fill("input[name=login]", login)
            self.page.fill("input[name=password]", password)
            self.page.click("button[type=submit]")
        try:
            self.page.wait_for_selector("body.f-ready")
        except playwright.TimeoutError:
            pytest.fail(f"the client did not start:\n{self.state_of_start()}")
        return self.page

    def state_of_start(self) -> str:
        """What a page that does not start has got, what it waits for and what it complained about."""
        try:
            state = self.page.wait_for_function(STATE_OF_START, polling=500, timeout=10_000).json_value()
        except playwright.Error as error:
            state = {"unknown": error.message}
        lines = [*(f"{name}: {value}" for name, value in state.items()), *map("complaint: {}".format, self.complaints)]
        lines += [*map("no answer: {}".format, self.waiting.values()), *map("answer: {}".format, self.answers)]
        return "\n".join(lines)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium of the system, or the one named by FONDACO_TEST_CHROMIUM."""
    names = (os.environ.get("FONDACO_TEST_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    executable = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    if executable is None:
        pytest.skip("no Chromium here: install chromium or name one in FONDACO_TEST_CHROMIUM")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def stocked(server: Any, registries: Any) -> Any:
    """The server, with the contacts and products of the demo on it."""
    add_records(SimpleNamespace(registries=registries), server.database)
    return server


@pytest.fixture(scope="session")
def call(stocked: Any) -> Iterator[Callable[..., Any]]:
    """call(model, method, ...): a method on the server, as somebody else would."""
    with service(stocked) as models:
        yield lambda model, method, *arguments, **options: models.execute_kw(
            stocked.database, 2, stocked.password, model, method, list(arguments), options
        )


@pytest.fixture
def own() -> str:
    """A word that neither another test nor an earlier run of the same one has in its names."""
    return uuid.uuid4().hex[:8]


@pytest.fixture
def make(call: Callable[..., Any]) -> Iterator[Callable[[str, Any], Any]]:
    """make(model, values): records for one test, gone after it however it ends."""
    made: list[tuple[str, list[int]]] = []

    def make(model: str, values: Any) -> Any:
        ids = call(model, "create", values)
        made.append((model, ids if isinstance(ids, list) else [ids]))
        return ids

    yield make
    for model, ids in reversed(made):
        left = call(model, "search", [("id", "in", ids)], context={"active_test": False})
        call(model, "unlink", left)


@pytest.fixture(scope="module")
def action(call: Callable[..., Any]) -> Iterator[Callable[..., str]]:
    """action(model, {kind: arch}, domain, context=...): the address of an action with these views."""
    views: list[int] = []

    # of no priority: what other actions show stays what it was
    def made_of(model: str, kind: str, arch: str) -> Any:
        values = {"name": f"shown {kind}", "model": model, "type": kind, "arch": arch, "priority": 99}
        return call("ir.ui.view", "create", values)

    def action(model: str, archs: dict[str, str], domain: str = "[]", **further: Any) -> str:
        made = [made_of(model, kind, arch) for kind, arch in archs.items()]
        views.extend(made)
        lines = [
            (0, 0, {"view_id": view, "view_mode": kind, "sequence": place})
            for place, (kind, view) in enumerate(zip(archs, made, strict=True))
        ]
        values = {
            "name": "Shown",
            "res_model": model,
            "domain": domain,
            "view_mode": ",".join(archs),
            "view_ids": lines,
            **further,
        }
        return f"/odoo/action-{call('ir.actions.act_window', 'create', values)}"

    yield action
    call("ir.ui.view", "unlink", views)


@pytest.fixture(scope="session")
def session_of(config: Any, registries: Any) -> Callable[[Any], str]:
    """session_of(server): the id of a new session of its administrator. A password takes a third of a second to check,
    and its form as long to load: that is for the tests of logging in."""
    store = session_store(config)

    def session_of(server: Any) -> str:
        with registries.get(server.database).cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            session = store.new()
            session.begin_steps(server.database, server.login, env.ref("base.user_admin").id)
            session.finalize(env)
            store.rotate(session, env)
            cr.commit()
        return session.sid

    return session_of


class Window:
    """A context of Chromium that one visitor has for himself. It goes from test to test, emptied of what visitors do. A
    page of the server stays open in it, with which Chromium keeps what it has compiled of the client: to do that anew
    was half of what it takes to come to a page."""

    def __init__(self, browser: Any, url: str) -> None:
        self.url = url
        self.context = new_context(browser)
        self._keeper = self.context.new_page()
        self._keeper.goto(f"{url}/robots.txt")

    @property
    def pages(self) -> list[Any]:
        """Those of the visitor."""
        return [page for page in self.context.pages if page != self._keeper]

    def empty(self) -> bool:
        """Take back what a visitor did; False: it cannot be, and the context is closed."""
        context = self.context
        try:
            for page in self.pages:
                page.close()
            context.set_offline(False)
            context.unroute_all()
            context.clear_permissions()
            session = context.new_cdp_session(self._keeper)
            session.send("Storage.clearDataForOrigin", {"origin": self.url, "storageTypes": "all"})
            session.detach()
            context.clear_cookies()
            if not self._keeper.evaluate(HAS_CLOCK):
                return True
        except playwright.Error:
            pass
        context.close()
        return False


def new_context(browser: Any, **options: Any) -> Any:
    """A context as Chromium makes it."""
    size = {"width": 1440, "height": 900}
    context = browser.new_context(viewport=size, locale="en-US", **{"service_workers": "block", **options})
    context.set_default_timeout(TIMEOUT_MS)
    return context


@pytest.fixture(scope="session")
def free_windows() -> list[Window]:
    """Those that no visitor has now."""
    return []


@pytest.fixture
def visit(
    browser: Any, free_windows: list[Window], stocked: Any, session_of: Callable[[Any], str]
) -> Iterator[Callable[..., Visit]]:
    """visit(width=390, dark=True): a fresh visitor of the server; at the end no console has complained, and axe
    looks at what is left on the screen."""
    visits: list[Visit] = []
    windows: list[Window] = []
    contexts: list[Any] = []  # of visitors who need one of their own
    known = {stocked.login: lambda: session_of(stocked)}

    def visit(
        width: int = 1440,
        height: int = 900,
        *,
        dark: bool = False,
        touch: bool = False,
        loses_network: bool = False,
        permissions: Sequence[str] = (),
        worker: bool = False,  # with one, what it fetches is not seen by `page.route`
        first: bool = False,  # nothing of the client is in this browser yet
    ) -> Visit:
        if touch or worker or permissions or first:
            workers = "allow" if worker else "block"
            options = {"has_touch": touch, "service_workers": workers, "permissions": list(permissions)}
            contexts.append(new_context(browser, **options))
            page = contexts[-1].new_page()
        else:
            windows.append(free_windows.pop() if free_windows else Window(browser, stocked.url))
            page = windows[-1].context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        visit = Visit(page, stocked.url, known)
        visits.append(visit)
        visit.listen(loses_network=loses_network)
        page.on("request", lambda request: visit.waiting.update({request: request.url}))
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: visit.waiting.pop(request, None))
        page.on("response", lambda answer: visit.answers.append(f"{answer.status} {answer.url}"))
        return visit

    yield visit
    try:
        assert [complaint for visit in visits for complaint in visit.complaints] == []
        for place in (*windows, *contexts):
            for page in place.pages:
                hold(page)
    finally:
        for context in contexts:
            context.close()
        free_windows.extend(window for window in windows if window.empty())
