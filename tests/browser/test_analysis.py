"""Numbers of many records, in a real browser: pictures and pivot tables."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest

from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

SIZES = [pytest.param(1440, 900, id="desk"), pytest.param(390, 844, id="phone")]
SHAPE = ".f-graph-shape"
ROWS = ".f-list tbody tr[data-id]"
DRAWN = {"graph": SHAPE, "pivot": ".f-pivot-table tbody tr"}


def open_kind(seen: Any, server: Any, path: str, kind: str) -> Any:
    page = seen.log_in(server.login, server.password, f"{path}?view_type={kind}")
    page.wait_for_selector(DRAWN[kind])
    return page


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_products_are_drawn_as_bars_lines_and_pie(visit, server, width, height, dark):
    seen = visit(width, height, dark=dark)
    page = open_kind(seen, server, "/odoo/products", "graph")
    suffix = ("-dark" if dark else "") + ("-phone" if width < 1000 else "")

    for name in ("Lines", "Pie", "Bars"):
        page.click(f"button[aria-label={name}]")
        page.wait_for_selector(f"button[aria-label={name}][aria-pressed=true]")
        page.wait_for_selector(SHAPE)
        look(page, f"graph-{name.lower()}{suffix}")

    expect(page.locator(".f-graph-picture")).to_have_attribute("aria-label", "Count by Product Category")
    buttons = page.locator(".f-control-buttons button").all()
    assert all(button.bounding_box()["x"] + button.bounding_box()["width"] <= width for button in buttons)
    assert seen.complaints == []


def test_a_press_on_a_bar_lists_exactly_its_records(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/products", "graph")
    title = page.locator(f"{SHAPE} title").first.text_content()

    page.locator(SHAPE).first.click()

    label, _, number = title.rpartition(": ")
    expect(page.locator(ROWS)).to_have_count(int(number))
    expect(page.locator("h1")).to_have_text(label)
    page.click(".f-breadcrumbs a >> nth=-1")
    page.wait_for_selector(SHAPE)
    assert seen.complaints == []


def test_the_numbers_behind_a_picture_are_a_table_that_the_keyboard_reaches(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/contacts", "graph")

    picture(page, "graph")
    page.focus(".f-graph-numbers summary")
    page.keyboard.press("Enter")
    button = page.locator(".f-graph-numbers tbody button").first
    expect(button).to_be_visible()
    number = int(button.inner_text())
    button.focus()
    page.keyboard.press("Enter")

    expect(page.locator(ROWS)).to_have_count(number)
    assert seen.complaints == []


def test_a_graph_follows_the_grouping_of_the_search_and_another_measure_with_one_call_each(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/products", "graph")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "read_group" in request.url else None)

    page.click(".f-search-menu button")
    page.click(".f-search-menu [role=checkbox]:has-text('Product Type')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".f-graph-picture[aria-label='Count by Product Type']")
    page.click("button[aria-label='What is counted']")
    page.click("[role=menuitemcheckbox]:has-text('Sales Price')")
    page.wait_for_selector(".f-graph-picture[aria-label='Sales Price by Product Type']")

    assert len(asked) == 2
    assert seen.complaints == []


def test_a_series_is_hidden_by_its_name_in_the_legend(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/products", "graph")
    before = page.locator(SHAPE).count()

    page.locator(".f-graph-legend button").first.click()
    page.wait_for_selector(".f-graph-legend button[aria-pressed=false]")

    expect(page.locator(SHAPE)).not_to_have_count(before)
    assert 0 < page.locator(SHAPE).count() < before
    assert seen.complaints == []


def body_of(page: Any) -> list[list[str]]:
    """The rows of the pivot as texts."""
    rows = page.locator(".f-pivot-table tbody tr").all()
    return [[text.strip() for text in row.locator("th, td").all_inner_texts()] for row in rows]


def divide(page: Any, heading: Any, by: str) -> None:
    heading.click()
    page.click(f"dialog button:text-is('{by}')")
    page.wait_for_selector("dialog", state="detached")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_pivot_opens_closes_and_flips(visit, server, width, height, dark):
    seen = visit(width, height, dark=dark)
    page = open_kind(seen, server, "/odoo/contacts", "pivot")
    first = body_of(page)
    if width > 1000 and not dark:
        picture(page, "pivot")
    look(page, f"pivot{'-dark' if dark else ''}{'-phone' if width < 1000 else ''}")

    page.click(".f-pivot-table tbody tr:first-child button.f-pivot-heading")
    page.wait_for_function("document.querySelectorAll('.f-pivot-table tbody tr').length === 1")
    page.click(".f-pivot-table tbody tr:first-child button.f-pivot-heading")
    page.wait_for_function("document.querySelectorAll('.f-pivot-table tbody tr').length > 1")
    again = body_of(page)
    page.click("button[aria-label='Flip rows and columns']")
    page.wait_for_selector(".f-pivot-table thead button:has-text('Belgium')")
    turned = body_of(page)

    assert first == again
    assert [row[0] for row in first][:2] == ["Total", "Belgium"]
    total = first[0]
    # the columns become the rows, and no number is lost
    assert sorted(row[-1] for row in turned) == sorted(total[1:])
    assert seen.complaints == []


def test_totals_of_a_pivot_are_the_sums_of_what_is_below_them_at_any_depth(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/contacts", "pivot")

    divide(page, page.locator(".f-pivot-table tbody tr:has-text('Belgium') button.f-pivot-heading"), "Salesperson")
    page.wait_for_selector("th[style*='--depth: 2']")
    rows = body_of(page)
    deep = page.locator("th[style*='--depth: 2']").count()
    at = next(index for index, row in enumerate(rows) if row[0] == "Belgium")

    assert deep >= 1
    assert sum(int(row[-1]) for row in rows[at + 1 : at + 1 + deep]) == int(rows[at][-1])
    assert seen.complaints == []


def test_the_arrows_go_from_cell_to_cell_and_enter_lists_the_records(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/contacts", "pivot")

    page.focus(".f-pivot-table tbody tr:nth-child(2) button.f-pivot-heading")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("/^\\s*\\d+\\s*$/.test(document.activeElement.textContent)")
    number = int(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Enter")

    expect(page.locator(ROWS)).to_have_count(number)
    expect(page.locator("h1")).to_have_text(re.compile("^Belgium / "))
    assert seen.complaints == []


def test_a_pivot_counts_several_things_and_orders_its_rows(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/products", "pivot")

    page.click("button[aria-label='What is counted']")
    page.click("[role=menuitemcheckbox]:has-text('Sales Price')")
    page.wait_for_selector(".f-pivot-measure:has-text('Sales Price')")
    page.click("button[aria-label='Flip rows and columns']")
    page.wait_for_selector(".f-pivot-table tbody th:has-text('Goods')")
    page.locator(".f-pivot-measure.f-pivot-total button:has-text('Count')").click()
    page.wait_for_selector("th[aria-sort=descending]")
    counts = [int(row[-2]) for row in body_of(page)[1:]]

    assert counts == sorted(counts, reverse=True)
    assert len(counts) > 1
    assert seen.complaints == []


def test_a_pivot_is_taken_along_as_a_workbook(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/contacts", "pivot")
    shown = body_of(page)

    with page.expect_download() as arrived:
        page.click("button[aria-label='Download as XLSX']")
    sheet = openpyxl.load_workbook(io.BytesIO(arrived.value.path().read_bytes())).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]

    below = [[str(value or "").strip() for value in row] for row in rows[-len(shown) :]]
    assert below == shown
    assert arrived.value.suggested_filename.endswith(".xlsx")
    assert "Pivot Contacts" in arrived.value.suggested_filename
    assert seen.complaints == []
