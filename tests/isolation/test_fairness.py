"""A tenant that takes all it can get leaves a worker for the others."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from fondaco.http.tenancy import environ_teller, teller
from fondaco.http.wire import parse_head
from fondaco.sql.fragment import SQL
from tests.fix_server import Server, serving
from tests.isolation.conftest import Tenant

WORKERS = 2
MOST_THREADS = 4  # of a server with eight connections
USER = 2
PATIENCE_S = 90


@pytest.mark.parametrize(
    ("head", "settings", "tenant"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: Acme.example.com:8069\r\n\r\n", {}, b"acme.example.com", id="port"),
        pytest.param(b"GET / HTTP/1.1\r\nX: y\r\nhOST:www.acme.x\r\n\r\n", {}, b"acme.x", id="www"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: proxy\r\nX-Forwarded-Host: acme.x\r\n\r\n", {}, b"proxy", id="stranger"),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: proxy\r\nX-Forwarded-Host: acme.x\r\n\r\n",
            {"proxy_mode": True},
            b"acme.x",
            id="proxy",
        ),
        pytest.param(
            b'GET / HTTP/1.1\r\nHost: p\r\nForwarded: host=a.x, for=::1;Host="Acme.x:8443";proto=https\r\n\r\n',
            {"proxy_mode": True},
            b"acme.x",
            id="the standard's header",
        ),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", {}, b"", id="none"),
        pytest.param(b"\x16\x03\x01", {}, b"", id="no HTTP"),
        *(
            pytest.param(
                b"GET / HTTP/1.1\r\nHost: acme.x\r\n%s\r\nForwarded: host=made-up\r\n\r\n" % older,
                {"proxy_mode": True},
                b"acme.x",
                id=f"evasion-{older.partition(b':')[0].decode()}",
            )
            for older in (b"X-Forwarded-For: ::1", b"X-Real-IP: ::1", b"X-FORWARDED-PROTO: https")
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: proxy\r\nX-Forwarded-Host: made-up, acme.x\r\n\r\n",
            {"proxy_mode": True},
            b"acme.x",
            id="appended",
        ),
    ],
)
def test_the_first_bytes_of_a_request_tell_whose_it_is(head, settings, tenant):
    tenant_of = teller({"dbfilter": "^%d$", **settings})

    assert tenant_of is not None
    assert tenant_of(head) == tenant
    assert teller({"dbfilter": "^acme$"}) is None


def test_threads_tell_tenants_apart_by_the_same_headers():
    request, _length = parse_head(b"GET / HTTP/1.1\r\nHost: Proxy:80\r\nX-Forwarded-Host: www.Acme.x\r\n\r\n")

    by_host, by_proxy = environ_teller({"dbfilter": "%h"}), environ_teller({"dbfilter": "%h", "proxy_mode": True})

    assert by_host is not None and by_proxy is not None
    assert (by_host(request.environ), by_proxy(request.environ)) == (b"proxy", b"acme.x")
    assert by_proxy({"HTTP_HOST": "proxy", "HTTP_FORWARDED": "for=10.0.0.1;host=acme.x"}) == b"acme.x"
    for older in ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO"):
        assert by_proxy({older: "10.0.0.1", "HTTP_HOST": "acme.x", "HTTP_FORWARDED": "host=made-up"}) == b"acme.x"
    assert (by_host({}), environ_teller({"dbfilter": "acme"})) == (b"", None)


@pytest.fixture(scope="module", params=[0, WORKERS], ids=["threads", "processes"])
def server(request, config, tenants: dict[str, Tenant], tmp_path_factory) -> Iterator[Server]:
    names = [tenant.name for tenant in tenants.values()]
    settings = config.replace(workers=request.param, gevent_port=0, db_maxconn=8)
    with serving(settings, names[0], tmp_path_factory.mktemp("fair"), db_name=names, dbfilter="^%d$") as running:
        yield running


def ask(server: Server, tenant: Tenant, path: str = "/web/login") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path, headers={"Host": tenant.host})
        return connection.getresponse().status
    finally:
        connection.close()


def waiting_write(server: Server, tenant: Tenant) -> socket.socket:
    """A call that changes the partner of a tenant, sent and not answered yet."""
    member = "<member><name>comment</name><value><string>x</string></value></member>"
    params = "".join(
        f"<param><value>{value}</value></param>"
        for value in (
            f"<string>{tenant.name}</string>",
            f"<int>{USER}</int>",
            f"<string>{tenant.password}</string>",
            "<string>res.partner</string>",
            "<string>write</string>",
            f"<array><data><value><array><data><value><int>{tenant.partner}</int></value></data></array></value>"
            f"<value><struct>{member}</struct></value></data></array>",
        )
    )
    body = f"<methodCall><methodName>execute_kw</methodName><params>{params}</params></methodCall>".encode()
    head = f"POST /xmlrpc/2/object HTTP/1.1\r\nHost: {tenant.host}\r\nContent-Type: text/xml\r\n"
    client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    client.sendall(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return client


def test_requests_of_one_tenant_that_all_wait_keep_no_other_tenant_waiting(server, registries, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    assert ask(server, bravo) == ask(server, acme) == 200
    clients = []

    with registries.pools.cursor(acme.name) as cr:
        cr.fetch(SQL("SELECT id FROM res_partner WHERE id = %s FOR UPDATE", acme.partner))
        try:
            clients = [waiting_write(server, acme) for _ in range(2 * MOST_THREADS)]
            answers = [ask(server, bravo) for _ in range(3)]
        finally:
            cr.rollback()

    assert answers == [200] * 3
    for client in clients:
        with client:
            answer = b""
            while piece := client.recv(65536):
                answer += piece
            assert b"<boolean>1</boolean>" in answer
