"""A crawler in front of every route: who gets in without a log-in, what other sites can make a browser do, what paths
lead out."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from fondaco.http.routing import RoutingMap, endpoints
from fondaco.modules.importing import import_module
from fondaco.modules.plan import load_order
from fondaco.orm.environment import Environment
from tests.isolation.conftest import log_in
from tests.isolation.routes import Route, routes_of

PAGE = Path(__file__).parents[2] / "docs" / "integrator" / "doors.md"
GUESSES = {"id": 1, "model": "res.partner", "field": "name", "filename": "x.txt", "unique": "x"}
LOGGING_OUT = "/web/session/logout"
TRAVERSALS = (
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "....//....//....//etc/passwd",
    "/etc/passwd",
    "..\\..\\..\\etc\\passwd",
    "x%00/../../etc/passwd",
)
PASSWD = b"root:x:0"


@pytest.fixture(scope="module")
def routes(registries) -> list[Route]:
    """Every route of every module that comes with us."""
    manifests = registries.addons.manifests()
    modules = load_order(manifests, set(manifests))
    for module in modules:
        import_module(module)
    return list(routes_of(RoutingMap(endpoints(modules))))


@pytest.fixture(scope="module")
def reachable(registries, tenants) -> list[Route]:
    """Every route of a database."""
    with contextlib.closing(registries.get(tenants["acme"].name).cursor()) as cr:
        return list(routes_of(Environment(cr, 1, {})["ir.http"].routing_map()))


def documented(heading: str) -> list[str]:
    """The paths of the table under this heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {heading}")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def is_covered(url: str, paths: list[str]) -> bool:
    families = [path.removesuffix("/...") for path in paths if path.endswith("/...")]
    return url in paths or any(url == family or url.startswith(f"{family}/") for family in families)


def test_no_route_is_open_that_the_documentation_does_not_name(routes):
    open_routes = {route.url for route in routes if route.auth != "user"}
    paths = documented("Routes without a log-in")

    assert [url for url in sorted(open_routes) if not is_covered(url, paths)] == []
    assert [path for path in paths if not any(is_covered(url, [path]) for url in open_routes)] == []
    assert {route.auth for route in routes} <= {"user", "public", "none"}


def test_every_other_route_refuses_a_stranger(serve, tenants, reachable):
    client = Client(serve(dbfilter="^%d$").application, use_cookies=False)
    base = f"http://{tenants['acme'].host}/"
    let_in = []

    for route in reachable:
        if route.auth != "user":
            continue
        for method in route.methods:
            options = {"json": {"params": {}}} if route.type == "json" else {"data": {}}
            answer = client.open(route.path(GUESSES), method=method, base_url=base, **options)
            refused = (
                answer.status_code in (400, 403, 404, 405)
                or (answer.status_code == 303 and answer.location.startswith("/web/login"))
                or (route.type == "json" and "error" in (answer.get_json(silent=True) or {}))
            )
            if not refused:
                let_in.append(f"{method} {route.url}: {answer.status_code}")

    assert let_in == []


def test_no_form_of_another_site_is_taken(serve, tenants, routes, reachable):
    acme = tenants["acme"]
    client = serve(dbfilter="^%d$")
    log_in(client, acme)
    exempt = {route.url for route in routes if route.type == "http" and not route.endpoint.routing.get("csrf", True)}
    taken = []

    for route in reachable:
        if route.type != "http" or route.url in exempt or "POST" not in route.methods:
            continue
        answer = client.post(route.path(GUESSES), base_url=f"http://{acme.host}/", data={"x": "1"})
        if answer.status_code not in (400, 404):
            taken.append(f"{route.url}: {answer.status_code}")
        answer.close()

    assert exempt == set(documented("Against other sites"))
    assert taken == []
    assert client.post(
        "/web/session/check", base_url=f"http://{acme.host}/", json={"params": {}}
    ).json.get("error") is None, "the crawl ended the session: nothing was shown"  # fmt: skip


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_call_that_another_site_could_send_is_refused(serve, tenants, reachable, kind):
    acme = tenants["acme"]
    client = serve(dbfilter="^%d$")
    log_in(client, acme)

    for route in reachable:
        if route.type == "json":
            answer = client.post(
                route.path(GUESSES), base_url=f"http://{acme.host}/", data=b'{"params": {}}', content_type=kind
            )
            assert answer.status_code == 400, route.url


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_of_a_session_is_for_this_site_and_no_script(serve, tenants, scheme):
    acme = tenants["acme"]
    client = serve(dbfilter="^%d$", proxy_mode=True)
    headers = {"X-Forwarded-Proto": scheme, "X-Forwarded-For": "203.0.113.9"}

    answer = client.get(
        "/web/login", base_url=f"http://{acme.host}/", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"}
    )
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("session_id=")]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain=" not in cookie
    assert ("Secure" in cookie) is (scheme == "https")


def test_no_path_leads_out(serve, tenants, reachable):
    acme = tenants["acme"]
    client = serve(dbfilter="^%d$")
    log_in(client, acme)
    named = sorted({name for route in reachable for name in re.findall(r"(?:path|string):(\w+)>", route.url)})

    for traversal in TRAVERSALS:
        guesses = {**GUESSES, **dict.fromkeys(named, traversal)}
        for route in reachable:
            if "<" not in route.url or "GET" not in route.methods or route.type != "http":
                continue
            with client.get(route.path(guesses), base_url=f"http://{acme.host}/") as answer:
                assert PASSWD not in answer.data, f"{route.url} with {traversal}"
        for prefix in ("/web/static", "/base/static", "/web/filestore", "/web/assets"):
            with client.get(f"{prefix}/{traversal}", base_url=f"http://{acme.host}/") as answer:
                assert PASSWD not in answer.data, f"{prefix} with {traversal}"
