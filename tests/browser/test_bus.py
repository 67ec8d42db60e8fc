"""News in a browser: shown as they come, over a websocket or, where none gets through, over polls."""

from __future__ import annotations

from typing import Any

import pytest

from tests.external_api import service
from tests.fix_server import free_port

from .pictures import look

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

PATIENCE_S = 60
NO_WEBSOCKETS = """
    window.WebSocket = class {
        constructor() { setTimeout(() => this.onclose({ code: 1006, reason: "" }), 0); }
        close() {}
    };
"""
BREAKABLE = """
    const sockets = [];
    const Real = window.WebSocket;
    let isBroken = false;
    window.WebSocket = class extends Real {
        constructor(url) {
            super(isBroken ? "ws://127.0.0.1:%d/" : url);
            sockets.push(this);
        }
    };
    window.setBroken = (value) => {
        isBroken = value;
        sockets.forEach((socket) => value && socket.close());
    };
"""
LOST = ".f-bus[role=status]:has-text('News do not come') .f-icon"
TICK_MS = 5000  # of the sign, which is shown when two in a row find nothing
CONNECTION = "@bus/connection"
FAKE = """
    const timers = [], sockets = [];
    class Socket {
        constructor(url) { this.url = url; this.sent = []; this.readyState = 0; sockets.push(this); }
        send(text) { this.sent.push(JSON.parse(text)); }
        opened() { this.readyState = 1; this.onopen(); }
        closed(code = 1006, reason = "") { this.readyState = 3; this.onclose({ code, reason }); }
        news(...ids) {
            const data = JSON.stringify(ids.map((id) => ({ id, message: { type: "t", payload: id } })));
            this.onmessage({ data });
        }
        close() {}
    }
    const posts = [];
    const connection = new m.Connection({
        url: "ws://x/websocket", version: "18.0-2", last: 7, WebSocket: Socket, random: () => 1,
        post: (path, params) => new Promise((resolve, reject) => posts.push({ path, params, resolve, reject })),
        setTimeout: (work, ms) => timers.push({ work, ms }), clearTimeout: () => {},
    });
    const heard = [];
    connection.addEventListener("NEWS", ({ detail }) => heard.push(...detail.map(({ id }) => id)));
    const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
"""


def send(server: Any, message: str) -> None:
    """Send the user a simple notification."""
    models = service(server)

    def call(model: str, method: str, *arguments: Any) -> Any:
        return models.execute_kw(server.database, 2, server.password, model, method, list(arguments))

    code = f"env['bus.bus']._sendone(env.user.partner_id, 'simple_notification', {{'message': {message!r}}})"
    (model,) = call("ir.model", "search", [("model", "=", "res.partner")])
    values = {"name": "send", "state": "code", "model_id": model, "code": code}
    call("ir.actions.server", "run", [call("ir.actions.server", "create", values)])


@pytest.mark.parametrize("way", ["websocket", "polls"])
def test_a_simple_notification_is_shown_as_it_comes(visit, server, way):
    seen = visit()
    if way == "polls":
        seen.page.add_init_script(NO_WEBSOCKETS)
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(f".f-bus[data-way={way}]", state="attached")

    send(server, f"Tea is ready ({way})")

    page.wait_for_selector(f".f-notification:has-text('Tea is ready ({way})')")


def let_time_pass(page: Any, selector: str, state: str) -> None:
    """Until the sign is in this state: the clock of the page is put forward, the network has its own time."""
    for _ in range(PATIENCE_S):
        page.clock.run_for(TICK_MS)
        try:
            return page.wait_for_selector(selector, state=state, timeout=1000)
        except playwright.TimeoutError:
            continue
    pytest.fail(f"{selector} was never {state}")


def test_the_bar_has_a_sign_while_news_do_not_come_and_none_when_they_come_again(visit, server):
    seen = visit(loses_network=True)
    seen.page.clock.install()
    seen.page.add_init_script(BREAKABLE % free_port())
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-bus[data-state=connected]", state="attached")
    assert page.locator(LOST).count() == 0

    page.evaluate("window.setBroken(true)")
    let_time_pass(page, LOST, "visible")
    look(page, "bus-lost")
    page.evaluate("window.setBroken(false)")
    let_time_pass(page, LOST, "detached")

    page.wait_for_selector(".f-bus[data-state=connected]", state="attached")
    send(server, "Tea is ready again")
    page.wait_for_selector(".f-notification:has-text('Tea is ready again')")


@pytest.fixture(scope="module")
def run(browser: Any, stocked: Any) -> Any:
    """run(code) -> what it returns; `connection`, `sockets`, `timers`, `posts` and `heard` are there."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{stocked.url}/web/login")
    page.fill("input[name=login]", stocked.login)
    page.fill("input[name=password]", stocked.password)
    page.click("button[type=submit]")
    page.wait_for_selector("body.f-ready")
    yield lambda code: page.evaluate(f"async () => {{ const m = await import('{CONNECTION}'); {FAKE} {code} }}")
    context.close()


def test_channels_are_told_once_with_the_last_number(run):
    sent = run("""
        connection.addChannel("a"); connection.addChannel("b"); connection.start();
        sockets[0].opened(); await turn();
        connection.addChannel("c"); connection.deleteChannel("a"); await turn();
        return sockets[0].sent;
    """)

    assert sent == [
        {"event_name": "subscribe", "data": {"channels": ["a", "b"], "last": 7}},
        {"event_name": "subscribe", "data": {"channels": ["b", "c"], "last": 7}},
    ]


def test_after_a_break_it_goes_on_from_the_last_number_and_hears_nothing_twice(run):
    sent, heard = run("""
        connection.start(); sockets[0].opened(); sockets[0].news(8, 9); sockets[0].closed();
        timers[0].work(); sockets[1].opened(); await turn();
        sockets[1].news(9, 10);
        return [sockets[1].sent, heard];
    """)

    assert sent == [{"event_name": "subscribe", "data": {"channels": [], "last": 9}}]
    assert heard == [8, 9, 10]


def test_it_waits_longer_after_each_failure_and_as_long_as_the_server_asks(run):
    waits = run("""
        connection.start(); sockets[0].opened(); sockets[0].closed();
        for (const number of [1, 2, 3]) { timers.at(-1).work(); sockets[number].closed(); }
        timers.at(-1).work(); sockets[4].opened(); sockets[4].closed(1001, "retry_ms=4321");
        return timers.map(({ ms }) => ms);
    """)

    assert waits == [500, 1000, 2000, 4000, 4321]


@pytest.mark.parametrize(("code", "reason", "event"), [(4001, "", "EXPIRED"), (1000, "OUTDATED_VERSION", "OUTDATED")])
def test_it_does_not_come_back_when_that_is_useless(run, code, reason, event):
    told = run(f"""
        const told = [];
        for (const event of ["EXPIRED", "OUTDATED"]) {{ connection.addEventListener(event, () => told.push(event)); }}
        connection.start(); sockets[0].opened(); sockets[0].closed({code}, {reason!r});
        return [told, connection.state, timers.length];
    """)

    assert told == [[event], "ended", 0]


def test_where_no_websocket_gets_through_it_polls(run):
    polled, heard, state = run("""
        connection.addChannel("a"); connection.start();
        sockets[0].closed(); timers[0].work(); sockets[1].closed();
        await turn(); posts[0].resolve([{ id: 8, message: { type: "t" } }]); await turn();
        const state = connection.state;
        connection.stop();
        return [posts.map(({ path, params }) => [path, params.last]), heard, state];
    """)

    assert polled == [["/longpolling/poll", 7], ["/longpolling/poll", 8]]
    assert (heard, state) == ([8], "connected")
