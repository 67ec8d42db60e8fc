"""Sheets laid out by PlutoPrint. The library is large: only `engine.find` imports this file."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO

import plutoprint

from fondaco.pdf.engine import BASE, PX_PER_INCH, TALL, Fetch, loaded
from fondaco.pdf.paper import MM_PER_INCH, points
from fondaco.pdf.sheets import Sheet


class PlutoPrint:
    """The engine of the `plutoprint` package."""

    def height(self, page: str, width: float, fetch: Fetch) -> float:
        size = plutoprint.PageSize(points(width), TALL)
        book = plutoprint.Book(size, plutoprint.PAGE_MARGINS_NONE, plutoprint.MEDIA_TYPE_SCREEN)
        book.custom_resource_fetcher = _Fetcher(fetch)
        book.load_html(page, base_url=f"{BASE}/")
        return float(book.get_document_height()) * MM_PER_INCH / PX_PER_INCH

    def pdf(self, sheets: Sequence[Sheet], fetch: Fetch, title: str) -> bytes:
        out = BytesIO()
        with plutoprint.PDFCanvas.create_for_stream(out, plutoprint.PAGE_SIZE_A4) as canvas:
            canvas.set_metadata(plutoprint.PDF_METADATA_TITLE, title)
            for sheet in sheets:
                size = plutoprint.PageSize(points(sheet.paper.width), points(sheet.paper.height))
                book = plutoprint.Book(size, plutoprint.PAGE_MARGINS_NONE)
                book.custom_resource_fetcher = _Fetcher(fetch)
                book.load_html(sheet.html, base_url=f"{BASE}/")
                for number in range(book.get_page_count()):
                    _draw(canvas, book, number, sheet.paper.scale)
        return out.getvalue()


def _draw(canvas: plutoprint.PDFCanvas, book: plutoprint.Book, number: int, scale: float) -> None:
    size = book.get_page_size_at(number)
    canvas.set_size(plutoprint.PageSize(size.width * scale, size.height * scale))
    canvas.save_state()
    canvas.scale(scale * plutoprint.UNITS_PX, scale * plutoprint.UNITS_PX)  # books are in px, canvases in points
    book.render_page(canvas, number)
    canvas.restore_state()
    canvas.show_page()


class _Fetcher(plutoprint.ResourceFetcher):
    """Gives the library what ours loads."""

    def __init__(self, fetch: Fetch) -> None:
        super().__init__()
        self._fetch = fetch

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        content, kind = loaded(self._fetch, url)
        if content and "font" in kind:
            # The library keeps fonts until the process has ended: bytes of Python's would be freed when Python is gone,
            # and the process would crash. What it reads from an address is its own.
            address = f"data:{kind};base64,{b64encode(content).decode()}"
            return plutoprint.default_resource_fetcher.fetch_url(address)
        return plutoprint.ResourceData(content, kind, "utf-8")


ENGINE = PlutoPrint()
