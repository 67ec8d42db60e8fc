"""Whether pages become sheets: split, with headers and numbers, and nothing loaded but what is given."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from fondaco.pdf import engine as engines
from fondaco.pdf.paper import Paper
from fondaco.pdf.parts import split
from fondaco.pdf.sheets import lay
from fondaco.pdf.streams import NoPdfError, from_picture, joined

PAGE = """<!DOCTYPE html><html data-report-margin-top="55"><head><title>T</title></head><body class="o_report"><main>
<div class="brown"><div class="header">Head of Ada</div><div class="article" data-oe-model="res.partner" data-oe-id="7">
{0}</div><div class="footer">Page <span class="page"></span> of <span class="topage"></span></div></div>
<div class="header">Head of {1}</div><div class="article" data-oe-model="res.users" data-oe-id="8">{1}</div>
<div class="footer">Page <span class="page"></span> of <span class="topage"></span></div></main></body></html>"""
LONG = "".join(f"<p>row {number}</p>" for number in range(80))


@pytest.fixture(params=["plutoprint", "weasyprint"])
def engine(request: pytest.FixtureRequest) -> engines.Engine:
    found = engines.find(request.param)
    if found is None:
        pytest.skip(f"{request.param} does not work here; `pip install {request.param}` runs this test with it")
    return found


def nothing(url: str) -> None:
    return None


def printed(engine: engines.Engine, page: str, paper: Paper, fetch: engines.Fetch = nothing) -> list[str]:
    """The text of each page."""
    parts = split(page, "res.partner")
    sheets = lay(parts.bodies, parts.header, parts.footer, paper, lambda part, width: engine.height(part, width, fetch))
    return [page.extract_text() for page in PdfReader(BytesIO(engine.pdf(sheets, fetch, "Title"))).pages]


def test_a_page_is_split_into_documents_that_keep_the_elements_around_them() -> None:
    parts = split(PAGE.format("Ada", "Bob"), "res.partner")

    assert parts.record_ids == [7, None]
    assert '<div class="brown"><div class="article"' in parts.bodies[0] and "Head" not in parts.bodies[0]
    assert "Bob" not in parts.bodies[0] and "brown" not in parts.bodies[1]
    assert parts.header.count("Head of") == 2 and '<div class="brown"><div class="header">' in parts.header
    assert parts.paper == {"margin-top": "55"}


def test_a_page_without_documents_is_one() -> None:
    parts = split("<html><body>a<p>b</p>c</body></html>")

    assert len(parts.bodies) == 1 and "a<p>b</p>c" in parts.bodies[0]
    assert (parts.record_ids, parts.header, parts.footer) == ([None], "", "")


def test_each_document_has_its_header_and_counts_its_own_pages(engine: engines.Engine) -> None:
    texts = printed(engine, PAGE.format(LONG, "Bob"), Paper(top=40))

    assert len(texts) >= 3 and "row 0" in texts[0] and "row 79" in texts[-2]
    count = len(texts) - 1
    for number, text in enumerate(texts[:-1], 1):
        assert f"Page {number} of {count}" in " ".join(text.split())
    assert "Head of Bob" in texts[-1] and "Page 1 of 1" in " ".join(texts[-1].split())


def test_a_header_that_is_higher_than_the_margin_pushes_the_text_down(engine: engines.Engine) -> None:
    page = (
        '<html><body><div class="header" style="height: 60mm">Head</div><div class="article">'
        '<div style="height: 200mm">A</div><div style="height: 60mm">B</div></div></body></html>'
    )

    assert len(printed(engine, page, Paper(top=10, bottom=10, header_at=5))) == 2
    assert len(printed(engine, page.replace("60mm", "4mm"), Paper(top=10, bottom=10, header_at=5))) == 1
    assert "B" in printed(engine, page.replace("60mm", "600mm", 1), Paper(top=10, bottom=10, header_at=5))[-1]


def test_a_sheet_has_the_size_of_its_paper(engine: engines.Engine) -> None:
    sheets = lay(["<html><head></head><body>x</body></html>"], "", "", Paper(57, 32, 0, 0, 0, 0), lambda *_args: 0.0)

    box = PdfReader(BytesIO(engine.pdf(sheets, nothing, ""))).pages[0].mediabox

    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (57, 32)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """(address, paths asked for) of a server on loopback."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_an_engine_loads_nothing_by_itself(engine: engines.Engine, listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    wanted: list[str] = []

    def fetch(url: str) -> tuple[bytes, str] | None:
        wanted.append(url)
        return (b"body { color: red }", "text/css") if url == "/web/style.css" else None

    page = f"""<html><head><link rel="stylesheet" href="/web/style.css"><link rel="stylesheet" href="{address}/a.css">
        <style>@import url("{address}/b.css"); @font-face {{ font-family: X; src: url(file:///etc/passwd) }}
        p {{ font-family: X; background: url({address}/c.png) }}</style></head><body><div class="article">
        <img src="{address}/d.png"><img src="file:///etc/hostname"><p>text</p></div></body></html>"""
    texts = printed(engine, page, Paper(), fetch)

    assert "text" in texts[0]
    assert asked == []
    assert {"/web/style.css", "file:///etc/hostname", f"{address}/a.css", f"{address}/d.png"} <= set(wanted)


def test_files_are_joined_and_what_is_no_pdf_is_named() -> None:
    picture = BytesIO()
    Image.new("RGB", (10, 10)).save(picture, "PNG")
    one = from_picture(picture.getvalue())

    assert len(PdfReader(BytesIO(joined([one, one]))).pages) == 2
    assert joined([one]) is one
    with pytest.raises(NoPdfError, match="file 2 of 2"):
        joined([one, b"hello"])
    with pytest.raises(NoPdfError, match="neither PDF nor a picture"):
        from_picture(b"hello")
