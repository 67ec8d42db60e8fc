"""The nginx of the kit before a server that says what reached it: who may come, and with which certificate."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import secrets
import shutil
import ssl
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import trustme

from fondaco.http.static import StaticFiles
from fondaco.kit.files import MARGIN_S
from fondaco.storage.filestore import Filestore
from tests.fix_proxy import Proxy, nginx_in
from tests.fix_server import free_port
from tests.fix_visitor import Visitor
from tests.kit.conftest import File, files_of

HOST = "erp.example.com"
PATIENCE_S = 180
SLOW_REPORT_S = float(os.environ.get("FONDACO_TEST_REPORT_S", "1.5"))
"""docs/operator/proxy.md tells of a minute"""
BEFORE_ITS_END = f"{SLOW_REPORT_S / 3 * 1000:.0f}ms"
OURS = "our own server"
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
def upstream(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server behind the proxy; with the parameter OURS, of our own."""
    if getattr(request, "param", Echo) is OURS:
        yield request.getfixturevalue("server").port
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), getattr(request, "param", Echo))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def _certificate(found: dict[str, File], folder: Path) -> None:
    """Have the kit's script make folder/fullchain.pem and folder/privkey.pem."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here: install the package openssl")
    if (folder / "fullchain.pem").exists():
        return
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

    def get(self, address: str, *, said_first: str = "", **headers: str) -> tuple[int, str]:
        """(status, body) of a page, asked from an address of this machine."""
        status, body = self.fetch("/", address, said_first, **headers)
        return status, body.decode()

    def fetch(self, path: str, address: str = "127.0.0.1", said_first: str = "", **headers: str) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=str(self.certificate))
        with contextlib.closing(_Named(self.tls, address, context, said_first)) as connection:
            connection.request("GET", path, headers={"Host": HOST, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()


class _Named(http.client.HTTPSConnection):
    """A connection to this machine that checks the certificate for HOST."""

    def __init__(self, port: int, address: str, context: ssl.SSLContext, said_first: str = "") -> None:
        super().__init__(HOST, port, timeout=PATIENCE_S, context=context)
        self.address, self.context_, self.said_first = address, context, said_first

    def connect(self) -> None:
        plain = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S, source_address=(self.address, 0))
        plain.connect()
        if self.said_first:
            plain.sock.sendall(self.said_first.encode())
        self.sock = self.context_.wrap_socket(plain.sock, server_hostname=HOST)


@pytest.fixture
def site_of(nginx, upstream, tmp_path):
    """site_of(found): the site of these files, with a certificate of its own, before `upstream`."""

    def site_of(found: dict[str, File]) -> Site:
        _certificate(found, tmp_path)
        tls, plain = free_port(), free_port()
        text = _here(found["etc/nginx/sites-available/erp.conf"].content, tmp_path)
        for said, meant in (
            ("listen 80", f"listen 127.0.0.1:{plain}"),
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


def test_x13_a_load_balancer_that_passes_tls_on_tells_the_address_of_the_visitor(site_of) -> None:
    site = site_of(files_of(cloud={"load_balancer": True}, network={"front_networks": [f"{LOAD_BALANCER}/32"]}))
    of_the_visitor = f"PROXY TCP4 {VISITOR} 203.0.113.1 40000 443\r\n"

    with site.proxy.running(site.tls):
        through = site.get(LOAD_BALANCER, said_first=of_the_visitor)
        forged = site.get(STRANGER, said_first=of_the_visitor)

    assert through == (200, VISITOR)
    assert forged[0] == 403


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


STATIC = ("app.js", "app.css", "font.woff2", "drawing.svg", "page.html")


def test_x15_x16_static_files_come_from_nginx_with_the_headers_that_the_server_gives_them(kit, nginx, tmp_path) -> None:
    text, port, behind = kit["etc/nginx/sites-available/erp.conf"].content, free_port(), free_port()
    folder = tmp_path / "static"
    (folder / "versions/0123abcdef/web/static").mkdir(parents=True)
    for name in (*STATIC, "app.mjs"):
        (folder / "versions/0123abcdef/web/static" / name).write_text(name)
    version = text[text.index("map $arg_v") : text.index("upstream ")]
    location = text[text.index("    location ~ ^/") : text.index("    location @erp")]
    proxy = nginx(
        f"include /etc/nginx/mime.types;\n{version}\n"
        f"server {{ listen 127.0.0.1:{behind}; return 200 'the server'; }}\n"
        f"server {{ listen 127.0.0.1:{port};\n{location.replace('/var/www/erp-static', str(folder))}\n"
        f"location / {{ proxy_pass http://127.0.0.1:{behind}; }}\n"
        f"location @erp {{ proxy_pass http://127.0.0.1:{behind}; }} }}\n"
    )
    files = StaticFiles(lambda _module: str(folder / "versions/0123abcdef/web"))

    def said_by_the_server(name: str) -> dict[str, str]:
        said: dict[str, str] = {}
        answer = files.respond({"PATH_INFO": f"/web/static/{name}", "REQUEST_METHOD": "GET"})
        assert answer is not None
        answer({}, lambda _status, headers: said.update(headers))
        return said

    with proxy.running(port):
        answers = {name: requests.get(f"http://127.0.0.1:{port}/web/static/{name}?v=0123abcdef", timeout=30)
                   for name in (*STATIC, "app.mjs")}  # fmt: skip

    for name in STATIC:
        headers, expected = answers[name].headers, said_by_the_server(name)
        assert answers[name].text == name
        for header in ("X-Content-Type-Options", "Content-Security-Policy"):
            assert headers[header] == expected[header]
    types = {name: answers[name].headers["Content-Type"] for name in STATIC}
    assert "javascript" in types["app.js"] and types["app.css"] == "text/css"  # a browser takes these as nothing else
    assert answers["app.mjs"].text == "the server"


@pytest.fixture
def haproxy_site_of(haproxy, upstream, tmp_path):
    """haproxy_site_of(found): the same by the HAProxy of these files."""

    def haproxy_site_of(found: dict[str, File]) -> Site:
        authority = trustme.CA()
        authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(tmp_path / "erp.pem")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        tls, plain = free_port(), free_port()
        text = (
            found["etc/haproxy/erp.cfg"].content.replace("    log /dev/log local0\n", "").replace("maxconn 10000", "")
        )
        for said, meant in (
            ("/etc/haproxy/erp.pem", str(tmp_path / "erp.pem")), ("bind :443", f"bind 127.0.0.1:{tls}"),
            ("bind :80", f"bind 127.0.0.1:{plain}"), ("127.0.0.1:8069", f"127.0.0.1:{upstream}"),
        ):  # fmt: skip
            assert said in text
            text = text.replace(said, meant)
        return Site(haproxy(text), tls, plain, tmp_path / "ca.pem")

    return haproxy_site_of


def test_x13_haproxy_behind_a_load_balancer_that_passes_tls_on_knows_the_visitor_and_refuses_strangers(
    haproxy_site_of,
) -> None:
    site = haproxy_site_of(
        files_of(cloud={"load_balancer": True}, network={"front_networks": [f"{LOAD_BALANCER}/32", "2001:db8::/48"]})
    )
    of_the_visitor = f"PROXY TCP4 {VISITOR} 203.0.113.1 40000 443\r\n"

    with site.proxy.running(site.tls):
        assert site.get(LOAD_BALANCER, said_first=of_the_visitor) == (200, VISITOR)
        with pytest.raises(OSError):
            site.get(STRANGER, said_first=of_the_visitor)


def test_x2_x9_x10_x11_haproxy_refuses_the_manager_what_is_too_large_and_too_many_guesses(haproxy_site_of, kit) -> None:
    site = haproxy_site_of(kit)

    def asked(method: str, path: str, **headers: str) -> int:
        context = ssl.create_default_context(cafile=str(site.certificate))
        with contextlib.closing(_Named(site.tls, "127.0.0.1", context)) as connection:
            connection.request(method, path, headers={"Host": HOST, **headers})
            return connection.getresponse().status

    with site.proxy.running(site.tls):
        assert asked("GET", "/") == 200
        assert asked("GET", "/web/database/manager") == 404
        assert asked("POST", "/", **{"Content-Length": str(128 * 2**20 + 1)}) == 413
        guesses = [asked("POST", "/web/login", **{"Content-Length": "0"}) for _number in range(70)]
    assert guesses[-1] == 429 and 429 not in guesses[:60]


class LeavesItToTheProxy(BaseHTTPRequestHandler):
    """Answers each request with the path of a file, as the server does with x_sendfile."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Accel-Redirect", self.headers["X-Wanted"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Says nothing: the output belongs to pytest."""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts may enter, which those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="kit-front-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(bool(os.geteuid()), reason="accounts of two services need root")
@pytest.mark.parametrize("upstream", [LeavesItToTheProxy], indirect=True)
def test_x18_nginx_under_its_own_account_sends_the_files_that_the_server_leaves_to_it(
    kit, upstream, open_folder
) -> None:
    data = open_folder / "data"
    rules = re.sub(r"\berp erp\b", "root root", kit["etc/tmpfiles.d/erp-files.conf"].content)
    (open_folder / "files.conf").write_text(rules.replace("/var/lib/erp", str(data)))
    command = ["systemd-tmpfiles", "--create", open_folder / "files.conf"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "not supported" in done.stderr:
        pytest.skip("this disk keeps no access lists")
    assert done.returncode == 0, done.stderr
    (data / "session").write_text("of somebody")
    (data / "session").chmod(0o600)
    key = Filestore.of_database(data, "erp").write(b"an attachment")
    port = free_port()
    text = kit["etc/nginx/sites-available/erp.conf"].content
    location = text[text.index("    location /web/filestore/ {") :].rpartition("}")[0]
    locations = location.replace("/var/lib/erp", str(data)) + (
        f"location /all/ {{ internal; alias {data}/; }}\nlocation / {{ proxy_pass http://127.0.0.1:{upstream}; }}\n"
    )
    proxy = nginx_in(open_folder, f"server {{ listen 127.0.0.1:{port};\n{locations}}}", account="www-data")

    def asked(path: str) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/", headers={"X-Wanted": path})
            answer = connection.getresponse()
            return answer.status, answer.read()

    with proxy.running(port):
        assert asked(f"/web/filestore/erp/{key}") == (200, b"an attachment")
        assert asked("/all/session")[0] == 403


@pytest.fixture
def slow_report(server) -> Iterator[tuple[str, str]]:
    """(path, cookie) of a PDF report whose page reads a field that is computed for SLOW_REPORT_S seconds."""
    word, visitor = secrets.token_hex(4), Visitor(server)
    visitor.log_in(server.login, server.password)
    (model,) = visitor.call("ir.model", "search", [("model", "=", "res.partner")])
    made = {
        "ir.model.fields": {
            "name": f"x_slow_{word}", "field_description": "Slow", "ttype": "char", "model_id": model, "store": False,
            "compute": f"time.sleep({SLOW_REPORT_S})\nfor record in self:\n  record['x_slow_{word}'] = 'at last'",
        },
        "ir.ui.view": {
            "name": f"slow {word}", "type": "qweb", "key": f"web.slow_{word}",
            "arch": f'<t t-name="web.slow_{word}"><html><body><p t-field="docs.x_slow_{word}"/></body></html></t>',
        },
        "ir.actions.report": {
            "name": f"Slow {word}", "model": "res.partner", "report_type": "qweb-pdf",
            "report_name": f"web.slow_{word}",
        },
    }  # fmt: skip
    ids = {name: visitor.call(name, "create", values) for name, values in made.items()}
    yield f"/report/pdf/web.slow_{word}/1", f"session_id={visitor.cookies['session_id']}"
    for name in reversed(ids):
        visitor.call(name, "unlink", [ids[name]])


@pytest.mark.parametrize("upstream", [OURS], indirect=True)
@pytest.mark.parametrize(
    ("front", "impatient"),
    [
        ("site_of", ("proxy_read_timeout 750s", f"proxy_read_timeout {BEFORE_ITS_END}")),
        ("haproxy_site_of", ("timeout server 750s", f"timeout server {BEFORE_ITS_END}")),
    ],
    ids=["nginx", "haproxy"],
)
def test_x5_a_slow_pdf_report_comes_through_the_proxy(kit, upstream, request, slow_report, front, impatient) -> None:
    site = request.getfixturevalue(front)(kit)
    path, cookie = slow_report

    with site.proxy.running(site.tls):
        status, paper = site.fetch(path, Cookie=cookie)

    assert (status, paper[:5]) == (200, b"%PDF-")
    before, after = impatient
    assert any(before in file.content for file in kit.values())
    changed = {name: replace(file, content=file.content.replace(before, after)) for name, file in kit.items()}
    hasty = request.getfixturevalue(front)(changed)
    with hasty.proxy.running(hasty.tls):
        assert hasty.fetch(path, Cookie=cookie)[0] == 504, "this is what a timeout that is too short does"


def test_x5_proxies_wait_longer_than_a_request_may_take() -> None:
    for limit in (720, 3600):
        found = files_of(deployment={"request_seconds": limit})
        waits = {
            path: [int(seconds) for seconds in re.findall(pattern, found[path].content)]
            for path, pattern in (
                ("etc/nginx/sites-available/erp.conf", r"proxy_(?:read|send)_timeout (\d+)s"),
                ("etc/haproxy/erp.cfg", r"timeout (?:client|server) (\d+)s"),
                ("kubernetes/6-app.yaml", r'proxy-(?:read|send)-timeout: "(\d+)"'),
                ("etc/systemd/system/erp.service", r"TimeoutStopSec=(\d+)"),
            )
        }
        settings = found["etc/fondaco/erp.conf"].content

        assert f"\nlimit_time_real = {limit}\n" in settings
        assert all(waited and set(waited) == {limit + MARGIN_S} for waited in waits.values()), waits
        statement = re.search(r"\nstatement_timeout = (\d+)s\n", settings)
        assert statement and int(statement[1]) < limit, "PostgreSQL says what is too long before the worker is ended"
