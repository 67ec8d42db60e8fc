"""`fondaco version`: what an index says of our version, asked when told to and never for long; what is installed."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distributions
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from fondaco import VERSION
from fondaco.cli.command import Exit
from fondaco.cli.main import main
from fondaco.cli.parts import CLIENT, VENDORED

pytestmark = pytest.mark.usefixtures("restored_logging")

FILE = {"yanked": False}
WEAK = {"id": "PYSEC-1", "aliases": ["CVE-2027-1234"], "summary": "Anybody may read", "fixed_in": ["99.1"]}
PYPI, SIMPLE, HTML = "application/json", "application/vnd.pypi.simple.v1+json", "text/html; charset=utf-8"


class Index:
    """What it answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        self.holds_on = threading.Event()

    def says(self, path: str, kind: str, content: object) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        self.answers[path] = (kind, text.encode())


@pytest.fixture
def index():
    """An index on loopback; `.url` is its address."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            index.asked.append(self.path)
            if self.path == "/silent":
                index.holds_on.wait(60)
                return
            kind, body = index.answers.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in index.answers else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for byte in body if self.path == "/dripping" else ():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if index.holds_on.wait(0.1):
                    return
            self.wfile.write(b"" if self.path == "/dripping" else body)

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    index.url = f"http://127.0.0.1:{server.server_port}"
    yield index
    index.holds_on.set()
    server.shutdown()
    server.server_close()


def check(index, path, *more):
    return main(["version", "--check", "--index", index.url + path, "--timeout", "30", *more])


@pytest.mark.parametrize(
    ("releases", "code", "said"),
    [
        ({VERSION: [FILE], "0.0.1": [FILE]}, 0, f"Fondaco {VERSION} is the newest"),
        ({VERSION: [FILE], "99.0": [FILE]}, 10, "the newest is 99.0"),
        ({VERSION: [FILE], "99.0": [{"yanked": True}], "99.0rc1": [FILE], "what": []}, 0, "is the newest"),
        ({VERSION: [{"yanked": True}], "99.0": [FILE]}, 20, "was withdrawn"),
        ({VERSION: [{"yanked": True}]}, 20, "was withdrawn"),
        ({}, 0, "the index knows no release"),
    ],
    ids=["newest", "newer", "withdrawn ones and those before their time do not count", "ours withdrawn", "all", "none"],
)
def test_s18_the_newest_release_of_an_index_is_told(index, capsys, releases, code, said):
    index.says("/pypi/fondaco/json", PYPI, {"info": {}, "releases": releases})

    assert check(index, "/pypi/fondaco/json") == code
    assert said in capsys.readouterr().out


def test_s18_a_release_that_mends_a_weakness_of_ours_is_told_with_its_number(index, capsys):
    index.says("/pypi/fondaco/json", PYPI, {"releases": {"99.1": [FILE]}, "vulnerabilities": []})
    index.says(f"/pypi/fondaco/{VERSION}/json", PYPI, {"vulnerabilities": [WEAK, {**WEAK, "withdrawn": "2027"}]})

    assert check(index, "/pypi/fondaco/json") == 20
    assert "security: CVE-2027-1234 (mended in 99.1) Anybody may read\n" in capsys.readouterr().out
    assert check(index, "/pypi/fondaco/json", "--json") == 20
    told = json.loads(capsys.readouterr().out)
    assert (told["newest"], told["is_newer"], len(told["fixes"])) == ("99.1", True, 1)


def test_s18_a_version_of_which_the_index_cannot_tell_the_weaknesses_is_not_called_good(index, capsys):
    index.says("/pypi/fondaco/json", PYPI, {"releases": {VERSION: [FILE]}})
    assert check(index, "/pypi/fondaco/json") == 0, "an index that never had it knows of none"

    index.says(f"/pypi/fondaco/{VERSION}/json", PYPI, "out of order")
    assert check(index, "/pypi/fondaco/json") == Exit.UNANSWERED
    index.says(f"/pypi/fondaco/{VERSION}/json", PYPI, {"vulnerabilities": [1]})
    assert check(index, "/pypi/fondaco/json") == Exit.UNANSWERED


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (SIMPLE, {"name": "fondaco", "files": [{"filename": "fondaco-99.2-py3-none-any.whl"}, {"filename": "x.zip"}]}),
        (HTML, '<a href="../fondaco-99.2.tar.gz#sha256=1">f</a><a data-yanked="" href="fondaco-99.3.tar.gz">f</a>'),
    ],
    ids=["json", "html"],
)
def test_s18_a_mirror_of_the_simple_kind_is_understood(index, capsys, kind, content):
    index.says("/simple/fondaco/", kind, content)

    assert check(index, "/simple/fondaco/") == 10
    assert "the newest is 99.2" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["/nowhere", "/silent", "/dripping", "/words", "/list", "closed"])
def test_s18_who_cannot_ask_is_told_so_and_does_not_wait(index, capsys, path):
    index.says("/dripping", PYPI, "{" + " " * 5000)
    index.says("/words", PYPI, "no JSON")
    index.says("/list", PYPI, [1])
    where = "http://127.0.0.1:1/" if path == "closed" else index.url + path

    assert main(["version", "--check", "--index", where, "--timeout", "1"]) == Exit.UNANSWERED

    said = capsys.readouterr()
    assert f"Whether {VERSION} is the newest is not known" in said.err and not said.out


def test_s18_nobody_is_asked_unless_somebody_says_whom(index, capsys):
    assert main(["version"]) == 0
    assert main(["version", "--check"]) == Exit.USAGE
    assert main(["version", "--sbom"]) == 0

    assert "--index" in capsys.readouterr().err and index.asked == []
    assert main(["version", "--check", "--index", "ftp://127.0.0.1/"]) == Exit.UNANSWERED


def test_s18_the_bill_of_materials_holds_what_is_installed_and_what_came_with_the_client(capsys):
    assert main(["version", "--sbom"]) == 0

    text = capsys.readouterr().out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    parts = {
        (part["purl"].partition("@")[0] if "npm" in part["purl"] else part["name"]): part for part in bill["components"]
    }
    installed = {canonicalize_name(one.name): one.version for one in reversed(list(distributions()))}
    installed.pop("fondaco", None)
    assert installed.items() <= {name: part["version"] for name, part in parts.items()}.items()
    assert all("licenses" in parts[name] for name in ("lxml", "psycopg", "requests", "werkzeug"))
    owl = next(part for part in bill["components"] if part["name"] == "@odoo/owl")
    digest = hashlib.sha256((CLIENT / "static/lib/owl/owl.js").read_bytes()).hexdigest()
    assert (owl["hashes"][0]["content"], owl["licenses"]) == (digest, [{"expression": "LGPL-3.0-only"}])
    refs = [part["bom-ref"] for part in bill["components"]]
    assert len(refs) == len(set(refs))
    (root,) = (one for one in bill["dependencies"] if one["ref"] == bill["metadata"]["component"]["bom-ref"])
    assert owl["bom-ref"] in root["dependsOn"]


def test_s18_every_library_in_the_client_is_named_with_the_version_that_its_page_tells():
    named = json.loads(VENDORED.read_text())
    folders = set((CLIENT / "static/lib").iterdir())

    assert {(CLIENT / one["file"]).parent for one in named} == folders
    pages = "".join(path.read_text() for path in (CLIENT / "static/lib").glob("*/README.md"))
    for one in named:
        for name, version in {one["name"]: one["version"], **one.get("holds", {})}.items():
            short = name.removeprefix("@codemirror/")
            assert re.search(rf"`(@codemirror/)?{re.escape(short)}` {re.escape(version)}\b", pages), (name, version)
    assert all(Path(CLIENT / one["file"]).is_file() for one in named)
