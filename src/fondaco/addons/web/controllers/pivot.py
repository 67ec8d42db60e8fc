"""A pivot table leaves as a workbook, as it stands on the screen."""

import json
import re

from fondaco.addon import _, http
from fondaco.errors import UserError
from fondaco.values.tabular import Workbook

from ..models.export_file import TYPES

FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
LONGEST_SHEET_NAME = 31  # characters, by the format
INDENT = "     "
DEEPEST = 50
WIDEST = 16_384  # columns, by the format
MOST_TITLE_CELLS = 100_000
"""Five lines of titles over all columns that the format has are fewer; each cell takes memory, title or not."""


class Pivot(http.Controller):
    @http.route("/web/pivot/export_xlsx", type="http", auth="user", readonly=True)
    def export_xlsx(self, data, **kw):
        """`data`: the titles of columns and rows with their spans, and the values, as the client shows them."""
        request = http.request
        text = data.read() if hasattr(data, "read") else data
        table = json.loads(text)
        request.env[table["model"]].check_access("read")
        name = _("Pivot %(title)s (%(model)s)", title=table["title"], model=table["model"])
        headers = [("Content-Type", TYPES["xlsx"]), ("Content-Disposition", http.content_disposition(f"{name}.xlsx"))]
        return request.make_response(self._workbook(table), headers=headers)

    def _workbook(self, table):
        title = FORBIDDEN.sub("", table["title"]).strip("' ")[:LONGEST_SHEET_NAME] or _("Pivot")
        _check_titles([*table["col_group_headers"], table.get("measure_headers"), table.get("origin_headers")])
        book = Workbook(title)
        top = self._add_titles(book, table["col_group_headers"])
        for line in (table.get("measure_headers"), table.get("origin_headers")):
            if line:
                self._add_line(book, top, line)
                top += 1
        for row in table["rows"]:
            label = f"{INDENT * min(int(row.get('indent') or 0), DEEPEST)}{row['title']}"
            try:
                book.add([label, *(cell.get("value") for cell in row["values"])])
            except ValueError as error:
                raise UserError(_("%(problem)s. Show fewer rows.", problem=error)) from error
        return book.content()

    def _add_titles(self, book, lines):
        """Titles of columns, each at the first place that none from above reaches into; gives the next free line."""
        taken = set()
        for top, line in enumerate(lines):
            column = 1
            for title in line:
                while (top, column) in taken:
                    column += 1
                width, height = _size(title)
                book.span(top, column, str(title["title"]), width=width, height=height)
                taken |= {(top + row, column + place) for row in range(height) for place in range(width)}
                column += width
        return len(lines)

    def _add_line(self, book, top, line):
        column = 1
        for title in line:
            width, _height = _size(title)
            book.span(top, column, str(title["title"]), width=width)
            column += width


def _size(title):
    return int(title.get("width") or 1), int(title.get("height") or 1)


def _check_titles(lines):
    """How far a title reaches is for the caller to say: refuse what would fill the memory."""
    sizes = [_size(title) for line in lines for title in line or ()]
    # a negative size reaches backwards, as far
    cells = sum(abs(width) * abs(height) for width, height in sizes)
    if cells > MOST_TITLE_CELLS or any(abs(width) > WIDEST for width, _height in sizes):
        raise UserError(_("The titles of this table take more room than a workbook has. Show fewer columns."))
