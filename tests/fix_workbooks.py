"""Workbooks as other programs write them, part by part: OpenDocument, and XLSX with a sheet of one's own."""

from __future__ import annotations

import io
import zipfile

from fondaco.values.tabular import Workbook

SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES = " ".join(f'xmlns:{name}="{SPACE}{name}:1.0"' for name in ("office", "table", "text", "style"))
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def ods(*tables: str, styles: str = "", head: str = "", manifest: str = "<manifest/>", kind: str = ODS) -> bytes:
    """An OpenDocument workbook of these tables."""
    body = f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?>{head}<office:document-content {NAMESPACES}>{styles}{body}'
            "</office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def table(name: str, *rows: str, attributes: str = "") -> str:
    return f'<table:table table:name="{name}" {attributes}>{"".join(rows)}</table:table>'


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def text(content: str = "", repeated: int = 1) -> str:
    """A cell; an empty one if there is no content."""
    kind = 'office:value-type="string"' if content else ""
    inner = f"<text:p>{content}</text:p>" if content else ""
    return f'<table:table-cell {kind} table:number-columns-repeated="{repeated}">{inner}</table:table-cell>'


def typed(kind: str, value: str, shown: str) -> str:
    """A cell with a value of its own beside what one sees."""
    name = {"boolean": "boolean-value", "date": "date-value", "time": "time-value"}.get(kind, "value")
    attributes = f'office:value-type="{kind}" office:{name}="{value}"'
    return f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>"


def xlsx_with(sheet: bytes) -> bytes:
    """An XLSX workbook whose sheet is replaced."""
    book, out = Workbook("Data"), io.BytesIO()
    book.add(["name"])
    with (
        zipfile.ZipFile(io.BytesIO(book.content())) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.namelist():
            target.writestr(member, sheet if member == "xl/worksheets/sheet1.xml" else source.read(member))
    return out.getvalue()


def xlsx_rows(rows: str, dimension: str = "") -> bytes:
    """An XLSX workbook with these rows, as XML."""
    kind = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return xlsx_with(f'<worksheet xmlns="{kind}">{dimension}<sheetData>{rows}</sheetData></worksheet>'.encode())
