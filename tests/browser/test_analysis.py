"""Numbers of many records, in a real browser: pictures and pivot tables."""

from __future__ import annotations

from typing import Any

import pytest

from .pictures import look, picture

pytestmark = pytest.mark.browser

SIZES = [pytest.param(1440, 900, id="desk"), pytest.param(390, 844, id="phone")]
SHAPE = ".f-graph-shape"


def open_kind(seen: Any, server: Any, path: str, kind: str) -> Any:
    page = seen.log_in(server.login, server.password, f"{path}?view_type={kind}")
    page.wait_for_selector(f".f-{kind}")
    return page


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_products_are_drawn_as_bars_lines_and_pie(visit, server, width, height, dark):
    seen = visit(width, height, dark=dark)
    page = open_kind(seen, server, "/odoo/products", "graph")
    suffix = ("-dark" if dark else "") + ("-phone" if width < 1000 else "")

    for name in ("Lines", "Pie", "Bars"):
        page.click(f"button[aria-label={name}]")
        page.wait_for_selector(SHAPE)
        assert page.get_attribute(f"button[aria-label={name}]", "aria-pressed") == "true"
        look(page, f"graph-{name.lower()}{suffix}")

    assert page.get_attribute(".f-graph-picture", "aria-label") == "Count by Product Category"
    buttons = page.locator(".f-control-buttons button").all()
    assert all(button.bounding_box()["x"] + button.bounding_box()["width"] <= width for button in buttons)
    assert seen.complaints == []


def test_a_press_on_a_bar_lists_exactly_its_records(visit, server):
    seen = visit()
    page = open_kind(seen, server, "/odoo/products", "graph")
    title = page.locator(f"{SHAPE} title").first.text_content()

    page.locator(SHAPE).first.click()
    page.wait_for_selector(".f-list tbody tr[data-id]")

    label, _, number = title.rpartition(": ")
    assert page.locator(".f-list tbody tr[data-id]").count() == int(number)
    assert page.inner_text("h1") == label
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
    number = int(button.inner_text())
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-list tbody tr[data-id]")

    assert page.locator(".f-list tbody tr[data-id]").count() == number
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

    assert 0 < page.locator(SHAPE).count() < before
    assert seen.complaints == []
