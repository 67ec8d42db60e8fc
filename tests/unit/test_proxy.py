"""X3, X4, X13: whose forwarded headers are believed, and what they say."""

from __future__ import annotations

import logging

import pytest

from fondaco.config import Config
from fondaco.http.proxy import UNHEARD, Proxies

CLIENT, LAN, BALANCER, STRANGER = "203.0.113.9", "10.0.0.77", "10.0.0.5", "198.51.100.1"


def seen(headers, peer="127.0.0.1", **options):
    """(address, scheme, host) as the application sees them."""
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "odoo", "SERVER_NAME": "odoo"}
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    Proxies(Config.default().replace(**{"proxy_mode": True, **options})).apply(environ)
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}, (CLIENT, "https", "odoo")),
        ({"X-Forwarded-Host": "erp.example.com"}, ("127.0.0.1", "http", "erp.example.com")),
        ({"X-Real-IP": CLIENT}, (CLIENT, "http", "odoo")),
        ({"X-Forwarded-For": f"{STRANGER}, {CLIENT}:4711"}, (CLIENT, "http", "odoo")),
        ({"X-Forwarded-For": "[2001:db8::1]:80"}, ("2001:db8::1", "http", "odoo")),
        ({"Forwarded": f'for={CLIENT};proto=https;host="erp.example:81"'}, (CLIENT, "https", "erp.example:81")),
        ({"Forwarded": f'for={STRANGER}, For="[2001:db8::1]";Proto=https'}, ("2001:db8::1", "https", "odoo")),
        ({"Forwarded": "for=unknown;proto=https"}, ("127.0.0.1", "https", "odoo")),
        ({"Forwarded": f"for={STRANGER};host=evil.example", "X-Forwarded-For": CLIENT}, (CLIENT, "http", "odoo")),
        ({"X-Forwarded-For": "<script>", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a b"},
         ("127.0.0.1", "http", "odoo")),
        ({}, ("127.0.0.1", "http", "odoo")),
    ],
)  # fmt: skip
def test_x3_each_header_of_a_proxy_on_this_machine_counts_by_itself(headers, expected):
    assert seen(headers) == expected


@pytest.mark.parametrize(
    ("peer", "trusted", "is_believed"),
    [
        ("127.0.0.1", [], True),
        ("::1", [], True),
        ("::ffff:10.1.2.3", [], True),
        ("", [], True),  # a UNIX socket
        (STRANGER, [], False),
        (STRANGER, [STRANGER], True),
        ("127.0.0.1", ["10.0.0.0/8"], False),
    ],
)
def test_x3_x4_a_stranger_is_not_believed_and_the_log_says_so_once(caplog, peer, trusted, is_believed):
    headers = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}

    with caplog.at_level(logging.WARNING, "fondaco.http.proxy"):
        found = seen(headers, peer, trusted_proxies=trusted)

    assert found == ((CLIENT, "https", "evil.example") if is_believed else (peer, "http", "odoo"))
    assert [record.levelname for record in caplog.records] == ([] if is_believed else ["WARNING"])


def test_x3_nothing_is_believed_without_proxy_mode():
    assert seen({"X-Forwarded-For": CLIENT}, proxy_mode=False) == ("127.0.0.1", "http", "odoo")


def test_x13_behind_a_balancer_and_nginx_the_client_is_the_last_address_that_is_no_proxy():
    trusted = ["127.0.0.1", f"{BALANCER}/32"]
    headers = {"X-Forwarded-For": f"{STRANGER}, {CLIENT}, {BALANCER}", "X-Forwarded-Proto": "https"}

    assert seen(headers, trusted_proxies=trusted) == (CLIENT, "https", "odoo")
    headers["X-Forwarded-Proto"] = "gopher, https, http"
    assert seen(headers, trusted_proxies=trusted) == (CLIENT, "https", "odoo")


def test_x13_without_a_list_one_hop_is_believed_so_that_a_colleague_cannot_lie_about_his_address():
    assert seen({"X-Forwarded-For": f"{STRANGER}, {LAN}"}) == (LAN, "http", "odoo")


@pytest.mark.parametrize(
    ("peer", "options", "headers", "is_unheard"),
    [
        ("127.0.0.1", {"proxy_mode": False}, {"X-Forwarded-For": CLIENT}, True),
        ("127.0.0.1", {"proxy_mode": False}, {}, False),
        (STRANGER, {}, {"Forwarded": f"for={CLIENT}"}, True),
        ("127.0.0.1", {}, {"X-Forwarded-For": CLIENT}, False),
    ],
)
def test_who_comes_through_a_proxy_that_is_not_believed_is_known_for_it(peer, options, headers, is_unheard):
    environ = {"REMOTE_ADDR": peer, **{f"HTTP_{name.upper().replace('-', '_')}": it for name, it in headers.items()}}

    Proxies(Config.default().replace(**{"proxy_mode": True, **options})).apply(environ)

    assert (UNHEARD in environ) is is_unheard
