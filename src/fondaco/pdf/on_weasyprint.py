"""Sheets laid out by WeasyPrint, which is optional: only `engine.find` imports this file."""

from collections.abc import Sequence
from typing import Any

from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

from fondaco.pdf.engine import BASE, PX_PER_INCH, TALL, Fetch, loaded
from fondaco.pdf.paper import MM_PER_INCH
from fondaco.pdf.sheets import Sheet


class WeasyPrint:
    """The engine of the `weasyprint` package, 68 or later, which needs Pango on the system."""

    def height(self, page: str, width: float, fetch: Fetch) -> float:
        sized = page.replace("</head>", f"<style>@page {{ size: {width}mm {TALL}pt; margin: 0 }}</style></head>", 1)
        body = _document(sized, fetch).pages[0]._page_box.children[0].children[0]
        return float(body.height) * MM_PER_INCH / PX_PER_INCH

    def pdf(self, sheets: Sequence[Sheet], fetch: Fetch, title: str) -> bytes:
        documents = [_document(sheet.html, fetch) for sheet in sheets]
        whole = documents[0].copy([page for document in documents for page in document.pages])
        whole.metadata.title = title
        return bytes(whole.write_pdf(zoom=sheets[0].paper.scale))


def _document(page: str, fetch: Fetch) -> Any:
    return HTML(string=page, base_url=f"{BASE}/", url_fetcher=_Fetcher(fetch)).render()


class _Fetcher(URLFetcher):  # type: ignore[misc]  # the library is not typed
    """Gives the library what ours loads."""

    def __init__(self, fetch: Fetch) -> None:
        super().__init__()
        self._fetch = fetch

    def fetch(self, url: str, headers: Any = None) -> Any:
        content, kind = loaded(self._fetch, url)
        return URLFetcherResponse(url, content, {"Content-Type": kind})


ENGINE = WeasyPrint()
