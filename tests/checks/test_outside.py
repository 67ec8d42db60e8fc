"""What a visitor sees of a real server behind a real nginx: the public address, its certificate, its ports."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from fondaco.checks import run
from fondaco.checks.finding import Verdict
from fondaco.checks.site import Site
from fondaco.checks.table import CHECKS
from tests.fix_server import Server, free_port, serving

SITE = """
map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
server {{
    listen 127.0.0.1:{tls} ssl http2;
    ssl_certificate {folder}/site.crt;
    ssl_certificate_key {folder}/site.key;
    location / {{
        proxy_pass http://127.0.0.1:{server};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        {upgrade}
    }}
    {manager}
}}
"""
UPGRADE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"
REFUSED = "location /web/database { deny all; }"
LONG = timedelta(days=90)


@pytest.fixture(scope="module")
def server(config, database, run_dir) -> Iterator[Server]:
    with serving(config.replace(proxy_mode=True, gevent_port=free_port()), database, run_dir) as server:
        yield server


@pytest.fixture
def visited(server, nginx, config, tmp_path):
    """visited(...): what the checks find from outside of a site with this certificate and these lines."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")

    def visited(name="localhost", ends_in=LONG, upgrade=UPGRADE, manager=REFUSED, **ports) -> dict[str, run.Result]:
        now = datetime.now(UTC)
        issued = authority.issue_cert(name, not_before=now - 2 * LONG, not_after=now + ends_in)
        issued.cert_chain_pems[0].write_to_path(tmp_path / "site.crt")
        issued.private_key_pem.write_to_path(tmp_path / "site.key")
        tls = free_port()
        text = SITE.format(tls=tls, folder=tmp_path, server=server.port, upgrade=upgrade, manager=manager)
        closed = {"http_port": free_port(), "gevent_port": free_port()}
        site = Site(
            config=config.replace(**{**closed, **ports}),
            now=now,
            url=f"https://localhost:{tls}",
            ca_file=str(tmp_path / "ca.crt"),
        )
        with nginx(text).running(tls):
            return {one.check.id: one for one in run.run(site, [one for one in CHECKS if one.area == "outside"])}

    return visited


def test_a_sound_site_is_found_sound(visited) -> None:
    found = visited()

    for check in ("page", "certificate", "manager", "websocket"):
        assert found[f"outside.{check}"].finding.verdict is Verdict.PASS, found[f"outside.{check}"].finding


@pytest.mark.parametrize(
    ("name", "ends_in", "verdict", "said"),
    [
        ("localhost", timedelta(days=5, hours=1), Verdict.WARN, "ends in 5 days"),
        ("localhost", timedelta(days=-1), Verdict.FAIL, "has expired"),
        ("erp.example.com", LONG, Verdict.FAIL, "is not for localhost"),
    ],
)
def test_a_certificate_that_ends_or_is_for_another_name_is_found(visited, name, ends_in, verdict, said) -> None:
    finding = visited(name=name, ends_in=ends_in)["outside.certificate"].finding

    assert finding.verdict is verdict
    assert said in finding.evidence


def test_a_manager_that_can_be_reached_is_found(visited) -> None:
    assert visited(manager="")["outside.manager"].finding.verdict is Verdict.FAIL


def test_a_websocket_that_does_not_open_is_found(visited) -> None:
    assert visited(upgrade="")["outside.websocket"].finding.verdict is Verdict.WARN


def test_b8_ports_that_are_open_past_the_proxy_are_found(visited) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        finding = visited(http_port=port)["outside.ports"].finding

    assert finding.verdict is Verdict.FAIL
    assert f"{port} (the server)" in finding.evidence


def test_without_an_address_nothing_is_asked(config) -> None:
    site = Site(config=config, now=datetime.now(UTC))

    found = run.run(site, [one for one in CHECKS if one.area == "outside"])

    assert {one.finding.verdict for one in found} == {Verdict.SKIP}
