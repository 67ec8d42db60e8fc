"""The nginx of the kit before a server that says what reached it: who may come, and with which certificate."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.fix_proxy import Proxy
from tests.fix_server import free_port
from tests.kit.conftest import File, files_of

HOST = "erp.example.com"
LOAD_BALANCER, VISITOR, STRANGER = "127.0.0.2", "198.51.100.9", "127.0.0.3"


class Echo(BaseHTTPRequestHandler):
    """Answers with the addresses that the proxy told it."""

    def do_GET(self) -> None:
        body = self.headers["X-Forwarded-For"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Says nothing: the output belongs to pytest."""


@pytest.fixture
def upstream() -> Iterator[int]:
    """The port of a server behind the proxy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def _certificate(found: dict[str, File], folder: Path) -> None:
    """Have the kit's script make folder/fullchain.pem and folder/privkey.pem."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here: install the package openssl")
    script = folder / "self-signed"
    script.write_text(_here(found["usr/local/sbin/erp-self-signed"].content, folder))
    script.chmod(0o755)
    subprocess.run([script], check=True, capture_output=True, timeout=60)


def _here(text: str, folder: Path) -> str:
    return text.replace("/etc/letsencrypt/live/erp.example.com", str(folder)).replace("/var/log/nginx", str(folder))


@dataclass(frozen=True, slots=True)
class Site:
    """A proxy of the kit; `tls` and `plain` are its ports, `certificate` is whom to trust."""

    proxy: Proxy
    tls: int
    plain: int
    certificate: Path

    def get(self, address: str, **headers: str) -> tuple[int, str]:
        """(status, body) of a page, asked from an address of this machine."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        with contextlib.closing(_Named(self.tls, address, context)) as connection:
            connection.request("GET", "/", headers={"Host": HOST, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


class _Named(http.client.HTTPSConnection):
    """A connection to this machine that checks the certificate for HOST."""

    def __init__(self, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(HOST, port, timeout=30, context=context)
        self.address, self.context_ = address, context

    def connect(self) -> None:
        plain = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(self.address, 0))
        plain.connect()
        self.sock = self.context_.wrap_socket(plain.sock, server_hostname=HOST)


@pytest.fixture
def site_of(nginx, upstream, tmp_path):
    """site_of(found): the site of these files, with a certificate of its own, before `upstream`."""

    def site_of(found: dict[str, File]) -> Site:
        _certificate(found, tmp_path)
        tls, plain = free_port(), free_port()
        text = _here(found["etc/nginx/sites-available/erp.conf"].content, tmp_path)
        for said, meant in (
            ("listen 80;", f"listen 127.0.0.1:{plain};"),
            ("listen 443", f"listen 127.0.0.1:{tls}"),
            (":8069", f":{upstream}"),
        ):
            assert said in text
            text = text.replace(said, meant)
        return Site(nginx(text), tls, plain, tmp_path / "fullchain.pem")

    return site_of


def test_x12_x13_behind_a_load_balancer_nobody_else_is_answered_and_visitors_keep_their_address(site_of) -> None:
    site = site_of(files_of(network={"front_networks": [f"{LOAD_BALANCER}/32"]}))

    with site.proxy.running(site.tls):
        from_the_front = site.get(LOAD_BALANCER, **{"X-Forwarded-For": VISITOR})
        directly = site.get(STRANGER, **{"X-Forwarded-For": VISITOR})

    assert from_the_front[0] == 200
    assert from_the_front[1].rpartition(", ")[2] == VISITOR
    assert directly[0] == 403


def test_x12_the_firewall_lets_only_the_front_in(tmp_path) -> None:
    text = files_of(network={"front_networks": ["203.0.113.64/26", "2001:db8::/48"]})["etc/nftables.conf"].content

    assert "tcp dport { 80, 443 } ip saddr 203.0.113.64/26 accept" in text
    assert "tcp dport { 80, 443 } ip6 saddr 2001:db8::/48 accept" in text
    assert "tcp dport { 80, 443 } accept" not in text


def test_x7_a_certificate_of_ones_own_is_made_once_and_serves(site_of, kit, tmp_path) -> None:
    site = site_of(kit)

    with site.proxy.running(site.tls):
        assert site.get("127.0.0.1")[0] == 200  # the name in it is checked

    text = subprocess.run(
        ["openssl", "x509", "-in", site.certificate, "-noout", "-text"], capture_output=True, text=True, check=True
    ).stdout
    assert "Public-Key: (2048 bit)" in text
    assert stat.S_IMODE((tmp_path / "privkey.pem").stat().st_mode) == 0o600
    before = site.certificate.read_bytes()
    again = subprocess.run([tmp_path / "self-signed"], capture_output=True, text=True, check=False)
    assert (again.returncode, site.certificate.read_bytes()) == (5, before)
    assert "exists already" in again.stderr


def test_x7_after_a_renewal_nginx_is_reloaded_only_when_its_configuration_holds(site_of, kit, tmp_path) -> None:
    site, told = site_of(kit), tmp_path / "told"
    programs = tmp_path / "programs"
    programs.mkdir()
    real = " ".join(f"'{word}'" for word in site.proxy.check)
    for name, script in (("nginx", f"exec {real}"), ("systemctl", f'echo "$@" >> "{told}"')):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "hook").write_text(kit["etc/letsencrypt/renewal-hooks/deploy/erp"].content)
    hook = ["sh", tmp_path / "hook"]
    environ = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    assert subprocess.run(hook, env=environ, capture_output=True, check=False).returncode == 0
    assert told.read_text() == "reload nginx\n"

    (tmp_path / "site.conf").write_text("server { listen nowhere; }")
    assert subprocess.run(hook, env=environ, capture_output=True, check=False).returncode != 0
    assert told.read_text() == "reload nginx\n"


def test_x8_pages_come_over_http_2(site_of, kit) -> None:
    curl = shutil.which("curl")
    if curl is None or "HTTP2" not in subprocess.run([curl, "--version"], capture_output=True, text=True).stdout:
        pytest.skip("no curl that speaks HTTP/2 here: install the package curl")
    site = site_of(kit)

    with site.proxy.running(site.tls):
        done = subprocess.run(
            [curl, "--silent", "--http2", "--cacert", site.certificate, "--resolve", f"{HOST}:{site.tls}:127.0.0.1",
             "--output", os.devnull, "--write-out", "%{http_version} %{http_code}", f"https://{HOST}:{site.tls}/"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert done.stdout == "2 200", done.stderr
