"""Static files from a folder that nginx sends by itself (rows X15, X16): 4:286 as it is printed, and our own site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from fondaco.config import Config
from fondaco.values.webfiles import version_of
from tests.fix_server import Fondaco, free_port
from tests.seeds.sites import MANUAL, Site, seed

ALIAS = Site(seed(4), "location /web/static/ {", "Implement browser caching", "")
OURS = Site(MANUAL, "map $arg_v $static_version {", "server {", "")
SCRIPT = "src/boot.js"
WEB = Path(__file__).resolve().parents[2] / "src/fondaco/addons/web/static"


def text_of(site: Site) -> str:
    """A part of a site, which names nothing of the machine."""
    return site.text(plain="", tls="", http="", live="", folder="", data="")


@pytest.fixture(scope="module")
def folder(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files of all modules, collected."""
    home = tmp_path_factory.mktemp("collected")
    fondaco, folder = Fondaco(config, home), home / "static"
    assert "written" in fondaco.run("static", "collect", str(folder), check=True).stdout
    again = json.loads(fondaco.run("static", "collect", str(folder), "--json", check=True).stdout)
    assert again["steps"] == [] and again["files"] > 300
    return folder


def test_x16_the_alias_of_the_manual_finds_every_file_and_has_it_kept_for_a_year(nginx, folder):
    port = free_port()
    rules = text_of(ALIAS).replace("/var/lib/odoo/static/", f"{folder}/")
    proxy = nginx(f"include /etc/nginx/mime.types;\nserver {{\nlisten 127.0.0.1:{port};\n{rules}}}\n")

    with proxy.running(port):
        answer = requests.get(f"http://127.0.0.1:{port}/web/static/{SCRIPT}?v=1", timeout=10)
        head = requests.head(f"http://127.0.0.1:{port}/web/static/{SCRIPT}", timeout=10)
        outside = requests.get(f"http://127.0.0.1:{port}/web/static/..%2f..%2fsite.conf", timeout=10)

    assert answer.content == (WEB / SCRIPT).read_bytes() and head.status_code == 200
    assert "public" in answer.headers["Cache-Control"] and "max-age=31536000" in answer.headers["Cache-Control"]
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert outside.status_code in (400, 404)


def test_x15_x16_our_site_sends_the_version_that_was_asked_for_and_leaves_others_to_the_server(nginx, folder):
    port, behind = free_port(), free_port()
    manual = MANUAL.read_text()
    rules = manual[manual.index("    location ~ ^/") : manual.index("    location @fondaco")]
    rules = rules.replace("/var/lib/fondaco/static", str(folder))
    proxy = nginx(
        f"include /etc/nginx/mime.types;\n{text_of(OURS)}\n"
        f"server {{\nlisten 127.0.0.1:{behind};\nreturn 200 'the server';\n}}\n"
        f"server {{\nlisten 127.0.0.1:{port};\n{rules}\n"
        f"location @fondaco {{ proxy_pass http://127.0.0.1:{behind}; }}\n}}\n"
    )
    content = (WEB / SCRIPT).read_bytes()
    address = f"http://127.0.0.1:{port}/web/static/{SCRIPT}"

    with proxy.running(port):
        current = requests.get(f"{address}?v={version_of(content)}", timeout=10)
        bare = requests.get(f"{address}?v={version_of(content)}", headers={"Accept-Encoding": "identity"}, timeout=10)
        others = [requests.get(address + query, timeout=10).text for query in ("", "?v=0123456789", "?v=../versions")]

    assert current.content == bare.content == content
    assert (current.headers.get("Content-Encoding"), bare.headers.get("Content-Encoding")) == ("gzip", None)
    assert current.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "javascript" in current.headers["Content-Type"]
    assert others == ["the server"] * 3
