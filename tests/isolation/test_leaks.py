"""Nothing of one tenant is seen from another: every route, id, file, token, session, channel and remembered answer."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from werkzeug.test import Client

from fondaco.http.routing import RoutingMap
from fondaco.http.sessions import SessionStore
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.storage.filestore import Filestore
from tests.fix_server import Server, serving
from tests.isolation.conftest import LOGIN, Tenant, call, log_in, rpc
from tests.isolation.routes import Route, routes_of

USER = 2
PATIENCE_S = 60
# Ends the session, or the process that serves the tests, or waits for news.
LEFT_OUT = re.compile(r"/web/session/(logout|destroy)|/web/database/|/websocket|/longpolling|/bus/")
OPERATIONS = [
    {"model": "res.partner", "method": "search_read", "args": [[], ["name"]], "kwargs": {}},
    {"model": "ir.config_parameter", "method": "get_param", "args": ["tenant.secret"], "kwargs": {}},
]


def guesses_of(tenant: Tenant) -> dict[str, object]:
    """What somebody who knows everything about a tenant but its passwords would try."""
    return {
        "id": tenant.attachment,
        "res_id": tenant.partner,
        "attachment_id": tenant.attachment,
        "model": "res.partner",
        "field": "image_1920",
        "fields": ["name"],
        "access_token": tenant.token,
        "token": tenant.token,
        "xmlid": "base.main_partner",
        "filename": f"{tenant.mark}.txt",
        "db": tenant.name,
        "domain": [],
        "method": "search_read",
        "args": [[]],
        "kwargs": {},
        "unique": "x",
        "lang": "en_US",
        "ids": str(tenant.partner),
        "path_to_action": "x",
    }


@pytest.fixture(scope="module")
def routes(registries: Registries, tenants: dict[str, Tenant]) -> list[Route]:
    """Every route of the tenant with most modules."""
    with contextlib.closing(registries.get(tenants["acme"].name).cursor()) as cr:
        found: RoutingMap = Environment(cr, 1, {})["ir.http"].routing_map()
    return [route for route in routes_of(found) if not LEFT_OUT.match(route.url)]


def session_of(store: SessionStore, registries: Registries, tenant: Tenant) -> str:
    """The id of a session of the tenant's user, as a log-in makes it."""
    session = store.new()
    with contextlib.closing(registries.get(tenant.name).cursor()) as cr:
        user = Environment(cr, USER, {})["res.users"].browse(USER)
        token = user._compute_session_token(session.sid)
        context = dict(user.context_get())
    session.update({"db": tenant.name, "uid": USER, "login": LOGIN, "session_token": token, "context": context})
    store.save(session)
    return session.sid


def answers(client, route: Route, tenant: Tenant, guesses: dict[str, object], sid: str) -> Iterator[bytes]:
    """What the route says at the tenant's host to somebody with this session."""
    for method in route.methods:
        headers = {"Cookie": f"session_id={sid}"} if sid else {}
        options = {"base_url": f"http://{tenant.host}/", "headers": headers, "method": method}
        if route.type == "json":
            body = {"jsonrpc": "2.0", "id": 1, "params": route.values(guesses)}
            answer = client.open(route.path(guesses), json=body, **options)
        elif method in ("GET", "HEAD", "OPTIONS"):
            query = {name: value for name, value in route.values(guesses).items() if isinstance(value, str)}
            answer = client.open(route.path(guesses), query_string=query, **options)
        else:
            continue  # forms need a token of the session: their routes are tried by GET where they allow it
        yield answer.data + str(answer.headers).encode()
        answer.close()


def test_t13_no_route_shows_anything_of_another_tenant(serve, registries, tenants, routes):
    acme, bravo = tenants["acme"], tenants["bravo"]
    client = Client(serve(dbfilter="^%d$").application, use_cookies=False)
    store = client.application.session_store
    guesses = guesses_of(bravo)
    leaks, shown = [], 0

    for route in routes:
        own = session_of(store, registries, bravo)
        shown += any(bravo.mark.encode() in text for text in answers(client, route, bravo, guesses, own))
        for whose in ("nobody", "bravo", "acme"):
            sid = "" if whose == "nobody" else session_of(store, registries, tenants[whose])
            if any(bravo.mark.encode() in text for text in answers(client, route, acme, guesses, sid)):
                leaks.append(f"{route.url} as {whose}")

    assert leaks == []
    assert shown >= 7, "the guesses are too poor to show anything even to its owner"


@pytest.mark.parametrize("whose", ["bravo", "acme"])
def test_t13_calls_with_the_session_of_one_tenant_never_reach_the_other(serve, registries, tenants, whose):
    acme, bravo = tenants["acme"], tenants["bravo"]
    client = serve(dbfilter="^%d$")

    for operation in OPERATIONS:
        sid = session_of(client.application.session_store, registries, tenants[whose])
        client.set_cookie("session_id", sid, domain=acme.host)
        for headers in ({}, {"X-Odoo-Database": bravo.name}):
            body = {"jsonrpc": "2.0", "id": 1, "params": operation}
            answer = client.post(
                f"/web/dataset/call_kw?db={bravo.name}", base_url=f"http://{acme.host}/", json=body, headers=headers
            )
            assert bravo.mark not in answer.text
            assert (acme.mark in answer.text) is (whose == "acme")


def test_t13_a_session_taken_to_another_tenant_is_logged_out(serve, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    client = serve(dbfilter="^%d$")
    log_in(client, bravo)
    sid = client.get_cookie("session_id", domain=bravo.host).value

    client.set_cookie("session_id", sid, domain=acme.host)
    answer = call(client, "/web/session/get_session_info", acme.host)

    assert answer["error"]["data"]["name"] == "odoo.http.SessionExpiredException"


def test_t13_programs_of_one_tenant_do_not_learn_that_the_other_exists(serve, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    client = serve(dbfilter="^%d$")

    def said(name: str) -> list[str]:
        asked = [
            rpc(client, acme.host, "common", "login", name, LOGIN, bravo.password),
            rpc(client, acme.host, "common", "authenticate", name, LOGIN, "wrong", {}),
            rpc(client, acme.host, "object", "execute_kw", name, USER, bravo.password, "res.users", "read", [[USER]]),
            call(client, "/web/session/authenticate", acme.host, db=name, login=LOGIN, password=bravo.password),
            rpc(client, acme.host, "db", "db_exist", name),
            rpc(client, acme.host, "db", "list"),
        ]
        text = json.dumps(
            [{**one, "error": one["error"]["data"]["message"]} if "error" in one else one for one in asked]
        )
        return text.replace(name, "NAME")

    assert said(bravo.name) == said("no-such-database")


def test_t13_the_files_of_a_tenant_are_its_own(serve, registries, config, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    stores = [Filestore.of_database(config["data_dir"], tenant.name) for tenant in (acme, bravo)]
    with contextlib.closing(registries.get(bravo.name).cursor()) as cr:
        key = Environment(cr, 1, {})["ir.attachment"].browse(bravo.attachment).store_fname
    assert stores[1].path(key).read_bytes() == f"file {bravo.mark}".encode()
    client = serve(dbfilter="^%d$")
    log_in(client, acme)

    for hostile in (key, f"../{bravo.name}/{key}", str(stores[1].path(key)), f"../../filestore/{bravo.name}/{key}"):
        call(
            client, "/web/dataset/call_kw", acme.host, model="ir.attachment", method="write",
            args=[[acme.attachment], {"store_fname": hostile}], kwargs={},
        )  # fmt: skip
        with client.get(f"/web/content/{acme.attachment}", base_url=f"http://{acme.host}/") as answer:
            assert bravo.mark not in answer.text


def test_t13_code_of_a_tenant_reaches_neither_databases_nor_settings_of_the_server(registries, tenants):
    acme = tenants["acme"]
    for code in (
        "env.registry.registries",
        "env.registry.pools",
        "env.registry.config",
        "env.cr.pools",
        "env.cr._cnx",
        "env.cr.__class__",
        f"env.registry.__class__('{tenants['bravo'].name}')",
    ):
        with contextlib.closing(registries.get(acme.name).cursor()) as cr:
            env = Environment(cr, USER, {})
            (model,) = env["ir.model"].search([("model", "=", "res.partner")]).ids
            action = {"name": "look", "model_id": model, "state": "code"}
            with pytest.raises(Exception, match=r"(?i)not allowed|forbidden|refused|closed|private|may not"):
                env["ir.actions.server"].create({**action, "code": f"action = {{'found': str({code})}}"}).run()


def test_t13_remembered_answers_are_kept_apart(registries, tenants):
    seen = {}
    for _ in range(2):
        for label, tenant in tenants.items():
            with contextlib.closing(registries.get(tenant.name).cursor()) as cr:
                seen[label] = Environment(cr, 1, {})["ir.config_parameter"].get_param("tenant.secret")

    assert seen == {label: tenant.mark for label, tenant in tenants.items()}


# -- live news ---------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def live(config, tenants: dict[str, Tenant], tmp_path_factory) -> Iterator[Server]:
    """A running server of all tenants."""
    directory: Path = tmp_path_factory.mktemp("live")
    names = [tenant.name for tenant in tenants.values()]
    with serving(config, names[0], directory, db_name=names, dbfilter="^%d$") as server:
        yield server


def websocket(live: Server, tenant: Tenant, sid: str):
    sock = socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE_S)
    origin = f"http://{tenant.host}:{live.port}"
    headers = {"Cookie": f"session_id={sid}"}
    url = f"ws://{tenant.host}:{live.port}/websocket"
    return connect(url, sock=sock, origin=origin, additional_headers=headers, open_timeout=PATIENCE_S)


def test_t13_no_channel_carries_news_to_another_tenant(live, config, registries, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    store = SessionStore(Path(config["data_dir"], "sessions"))
    received: dict[str, list[object]] = {"acme": [], "bravo": []}

    with contextlib.ExitStack() as stack:
        sockets = {}
        for label in received:
            sid = session_of(store, registries, tenants[label])
            sockets[label] = stack.enter_context(websocket(live, tenants[label], sid))
            subscribe = {"event_name": "subscribe", "data": {"channels": ["shop", f"{bravo.name}"], "last": 0}}
            sockets[label].send(json.dumps(subscribe))
        for tenant in (bravo, acme):
            with registries.get(tenant.name).cursor() as cr:
                env = Environment(cr, 1, {})
                for number in range(3):
                    env["bus.bus"]._sendone("shop", "test/shop", {"of": tenant.mark, "number": number})
        for label, one in sockets.items():
            while len(received[label]) < 3:
                messages = [row["message"] for row in json.loads(one.recv(timeout=PATIENCE_S))]
                received[label] += [found["payload"]["of"] for found in messages if found["type"] == "test/shop"]

    assert received == {"acme": [acme.mark] * 3, "bravo": [bravo.mark] * 3}


def test_t13_a_websocket_with_the_session_of_another_tenant_is_nobodys(live, config, registries, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    sid = session_of(SessionStore(Path(config["data_dir"], "sessions")), registries, bravo)

    try:
        with websocket(live, acme, sid) as one:
            one.send(json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}))
            with registries.get(bravo.name).cursor() as cr:
                env = Environment(cr, USER, {})
                env["bus.bus"]._sendone(env.user.partner_id, "test/news", {"of": bravo.mark})
            with pytest.raises(TimeoutError):
                one.recv(timeout=2)
    except InvalidStatus as refused:
        assert refused.response.status_code < 500
