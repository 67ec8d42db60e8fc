"""A morning without a mouse: each step is a key, the focus is always seen, and what happens is said."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from .saving import save

pytestmark = pytest.mark.browser

MOST_STOPS = 40
FOCUS = """() => {
    const element = document.activeElement;
    const marked = (one) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    };
    const box = element.getBoundingClientRect();
    return {
        is: `${element.tagName.toLowerCase()} ${element.getAttribute("aria-label") || element.innerText}`,
        field: element.closest("[data-name]")?.dataset.name,
        part: element.closest("header, main, dialog")?.className,
        isRow: element.matches("tr[data-id]"),
        isSeen: box.width > 0 && box.bottom > 0 && box.top < innerHeight
            && [element, element.parentElement, element.parentElement.parentElement].some(marked),
    };
}"""


def stops(page: Any, until: Any) -> list[dict[str, Any]]:
    """Press Tab until a stop is the one looked for; all that were on the way, that one included."""
    seen: list[dict[str, Any]] = []
    while not seen or not until(seen[-1]):
        assert len(seen) < MOST_STOPS, [stop["is"] for stop in seen]
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    assert [stop["is"] for stop in seen if not stop["isSeen"]] == []
    return seen


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_contact_is_found_changed_and_left_without_a_mouse(visit, server, call, make, dark):
    contact = make("res.partner", {"name": "Keyboard Guild"})
    seen = visit(dark=dark)
    page = seen.go("/web/login")

    page.wait_for_function("document.activeElement.name === 'login'")
    page.keyboard.type(server.login)
    page.keyboard.press("Tab")
    page.keyboard.type(server.password)
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('.f-home-search input')")
    page.keyboard.type("contacts")
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.matches('.f-search-input')")
    page.keyboard.type("Keyboard Guild")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.f-list tbody tr[data-id]').length === 1")
    stops(page, lambda stop: stop["isRow"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-sheet [data-name=city] input")
    on_the_way = stops(page, lambda stop: stop["field"] == "city")
    page.keyboard.type("Genoa")
    save(page)
    page.keyboard.press("Alt+b")
    page.wait_for_selector(".f-list tbody tr[data-id]")

    assert "f-navbar" not in {stop["part"] for stop in on_the_way}, "the focus goes on in the form, not above it"
    assert call("res.partner", "read", [contact], ["city"])[0]["city"] == "Genoa"
    assert seen.complaints == []


def test_tab_and_arrows_go_from_the_top_to_the_bottom_and_the_content_can_be_skipped_to(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")

    page.keyboard.press("Tab")
    first = page.evaluate(FOCUS)
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")
    page.reload()
    page.wait_for_selector(".f-list tbody tr[data-id]")
    parts = [stop["part"] for stop in stops(page, lambda stop: stop["isRow"])]

    page.locator(".f-list-heading").first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.matches('.f-list tbody tr[data-id]:first-of-type')")
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.matches('.f-search-input')")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.matches('.f-list tbody tr[data-id]:first-of-type')")

    assert [part for part, _stops in groupby(parts)] == ["f-navbar", "f-control", "f-main"]
    assert first["is"] == "a Skip to the content"
    assert page.evaluate('document.querySelectorAll(\'[tabindex]:not([tabindex="0"], [tabindex="-1"])\').length') == 0
    assert seen.complaints == []


def test_what_happens_is_said_where_screen_readers_listen(visit, server, make):
    contact = make("res.partner", {"name": "Spoken Guild"})
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, f"/odoo/contacts/{contact}")
    page.wait_for_selector("[data-name=city] input")

    page.fill("[data-name=city] input", "Lucca")
    page.wait_for_selector("[role=status]:has-text('Unsaved changes')")
    save(page)
    page.wait_for_selector("[role=status]:text-is('Saved')")
    page.click("button[aria-label=Actions]")
    page.click("[role=menuitem]:has-text('Archive')")
    page.wait_for_selector("[aria-live=polite] [role=status]:has-text('Archived.')")
    page.context.set_offline(True)
    page.fill("[data-name=city] input", "Siena")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".f-offline[role=alert]")
    page.context.set_offline(False)
    page.wait_for_selector(".f-offline", state="detached")
