"""The proxy sites of the documents before real servers: what comes through, or the message that says why not."""

from __future__ import annotations

import base64
import os
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import trustme

from tests import fix_database
from tests.bus.client import Client, last_of
from tests.fix_server import free_port, serving
from tests.seeds.sites import SITES
from tests.seeds.visitor import ADDRESS, Visitor

CHANNEL = "room"
FILE = os.urandom(300_000)
STATIC = "/web/static/img/logo.png"
FORGED = "198.51.100.66"
NEVER_WORKED = ("0", "3")


@pytest.fixture(scope="module", params=[0, 2], ids=["threads", "processes"])
def served(request, config, database, run_dir):
    """A server as the manuals set it up (3:240-242), its live port, and someone who sends news."""
    settings = config.replace(
        workers=request.param, gevent_port=free_port(), list_db=False, proxy_mode=True, x_sendfile=True
    )
    with serving(settings, database, run_dir) as server:
        sender = Client(server)
        yield SimpleNamespace(server=server, live=settings["gevent_port"], data=settings["data_dir"], sender=sender)
        sender.models("close")()


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def place(tmp_path, authority):
    """place(site, served): where the site is on this machine; its certificate lies there."""

    def place(site, served):
        certificate = authority.issue_cert(site.host)
        pem = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        (tmp_path / "site.crt").write_bytes(pem)
        (tmp_path / "site.key").write_bytes(certificate.private_key_pem.bytes())
        (tmp_path / "site.pem").write_bytes(pem + certificate.private_key_pem.bytes())
        return {
            "plain": free_port(), "tls": free_port(), "http": served.server.port, "live": served.live,
            "folder": tmp_path, "data": served.data,
        }  # fmt: skip

    return place


@pytest.fixture(params=SITES)
def visit(request, served, place, authority, nginx, haproxy):
    """A visitor of each site, the site, and where it is."""
    site = SITES[request.param]
    machine = place(site, served)
    program = {"nginx": nginx, "haproxy": haproxy}[site.program]
    proxy = program(site.text(**machine))
    if complaint := proxy.complaint:
        assert site.complaint and site.complaint in complaint
        proxy = program(site.repaired(**machine))
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    authority.configure_trust(context)
    with proxy.running(machine["tls"]):
        yield SimpleNamespace(site=site, visitor=Visitor(site.host, machine["tls"], context), machine=machine)


@pytest.mark.parametrize("name", NEVER_WORKED)
def test_x1_a_text_that_cannot_work_is_refused_with_the_message_that_the_manual_explains(name, served, place, nginx):
    site = SITES[name]

    assert site.complaint in nginx(site.text(**place(site, served))).complaint


def test_x1_x2_pages_log_in_news_and_a_download_come_through(served, visit):
    site, visitor, server = visit.site, visit.visitor, served.server

    plain = Visitor(site.host, visit.machine["plain"], None).get("/web/login")
    assert (plain.status, plain.headers["Location"]) == (301, f"https://{site.host}/web/login")

    page = visitor.get("/web/login")
    assert page.status == 200
    assert "secure" in page.headers["Set-Cookie"].lower(), "the scheme is not known"

    welcome = visitor.log_in(server.login, server.password)
    assert welcome.status == 303
    assert welcome.headers["Location"].startswith(("/", f"https://{site.host}/"))
    assert visitor.get("/web").status in (200, 303)

    last = last_of(served.sender)
    with ThreadPoolExecutor(1) as pool:
        news = [pool.submit(visitor.hear, "/websocket", CHANNEL, last)]
        time.sleep(0.3)  # he waits: news that are there at once would prove nothing
        served.sender.send(CHANNEL, "live")
        assert news[0].result() == (site.live, ["live"])

    values = {"name": "report é.bin", "datas": base64.b64encode(FILE).decode()}
    number = visitor.method("ir.attachment", "create", values)
    download = visitor.get(f"/web/content/{number}?download=true")
    assert (download.status, download.body) == (200, FILE)
    assert download.headers["Content-Disposition"].startswith("attachment")
    part = visitor.get(f"/web/content/{number}", Range="bytes=10-19")
    assert (part.status, part.body) == (206, FILE[10:20])


def test_l2_news_come_on_the_path_with_a_slash_too(served, visit):
    visitor = visit.visitor
    visitor.log_in(served.server.login, served.server.password)
    last = last_of(served.sender)
    served.sender.send(CHANNEL, "slash")

    assert visitor.hear("/websocket/", CHANNEL, last) == (visit.site.live, ["slash"])


def test_x3_the_address_of_the_visitor_is_known_and_none_that_he_makes_up(served, visit):
    visitor = visit.visitor
    visitor.get("/web/login", X_Forwarded_For=FORGED, Forwarded=f"for={FORGED}")
    visitor.log_in(served.server.login, served.server.password)

    log = served.server.logfile.read_text()
    assert f"login:{fix_database.LOGIN} from {ADDRESS}" in log
    assert FORGED not in log


def test_x17_static_files_may_be_kept_and_are_asked_for_again(visit):
    answer = visit.visitor.get(STATIC)

    assert answer.status == 200
    assert "max-age=" in ",".join(answer.headers.get_all("Cache-Control"))
    again = visit.visitor.get(STATIC, If_None_Match=answer.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_x18_files_are_left_to_a_proxy_that_says_so_and_sent_to_all_others(served, visit):
    visitor = visit.visitor
    visitor.log_in(served.server.login, served.server.password)
    values = {"name": "a.bin", "datas": base64.b64encode(os.urandom(5000)).decode()}
    path = f"/web/content/{visitor.method('ir.attachment', 'create', values)}"

    direct = Visitor(visit.site.host, visit.machine["http"], None)
    direct.cookies = visitor.cookies
    announced = direct.get(path, X_Sendfile_Type="X-Accel-Redirect")
    silent, through = direct.get(path), visitor.get(path)

    assert announced.headers["X-Accel-Redirect"].startswith(f"/web/filestore/{served.server.database}/")
    assert announced.body == b""
    assert (silent.headers["X-Accel-Redirect"], len(silent.body)) == (None, 5000)
    assert (through.headers["X-Accel-Redirect"], len(through.body)) == (None, 5000)
    # nginx makes a validator of its own for what it sends from disk.
    assert (through.headers["ETag"] != silent.headers["ETag"]) == (visit.site is SITES["ours"])
