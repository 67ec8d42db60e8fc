"""The pages of a day in every size, in both themes and on paper: nothing sticks out, nothing is cut off."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import expect
from .pictures import look, picture
from .saving import save

pytestmark = pytest.mark.browser

PAGES = {
    "/odoo": ".f-apps a",
    "/odoo/contacts?view_type=list": ".f-list tbody tr[data-id]",
    "/odoo/contacts?view_type=kanban": ".f-card",
    "/odoo/contacts/1": ".f-sheet",
    "/odoo/contacts?view_type=graph": ".f-graph-shape",
    "/odoo/contacts?view_type=pivot": ".f-pivot-table",
    "/odoo/settings": ".f-setting",
    "/odoo/apps": ".f-card",
}
SIZES = {"small-phone": (360, 740), "4k": (3840, 2160)}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_window(visit, server, size):
    seen = visit(*SIZES[size])
    page = seen.log_in(server.login, server.password)
    wider = {}
    for path, selector in PAGES.items():
        seen.go(path)
        page.wait_for_selector(selector)
        look(page, f"{size}-{path.strip('/').replace('/', '-').replace('?view_type=', '-')}")
        wider[path] = page.evaluate(OVERFLOW)

    assert {path: pixels for path, pixels in wider.items() if pixels > 0} == {}
    assert seen.complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390], ids=["desk", "phone"])
def test_a_contact_is_found_changed_and_left_in_every_size_and_theme(visit, server, call, make, width, dark):
    name = f"Journey {width} {dark}"
    contact = make("res.partner", {"name": name})
    seen = visit(width, dark=dark)
    page = seen.log_in(server.login, server.password)

    page.click("a.f-app:has-text('Contacts')")
    page.fill(".f-search-input", name)
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-search-box .f-facet")
    # what was there before the search gives way under the press
    page.wait_for_function(
        "(selector) => document.querySelectorAll(selector).length === 1", arg=".f-list tr[data-id], .f-card"
    )
    page.locator(".f-list tr[data-id] td:nth-child(2), .f-card").click()
    page.wait_for_selector(".f-sheet")
    page.fill("[data-name=city] input", "Genoa")
    save(page)
    page.go_back()
    page.wait_for_selector(".f-list, .f-kanban")

    assert call("res.partner", "read", [contact], ["city"])[0]["city"] == "Genoa"
    assert page.evaluate(OVERFLOW) <= 0
    assert seen.complaints == []


def test_paper_shows_records_and_no_buttons(visit, server):
    """A dark screen prints dark letters on white; the bar, the search and the buttons stay behind."""
    seen = visit(dark=True)
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    page.emulate_media(media="print")

    def is_shown(selector: str) -> Any:
        return page.locator(selector).first.is_visible()

    for selector in (".f-navbar", ".f-control-search", ".f-control-buttons"):
        expect(page.locator(selector).first).to_be_hidden()
    assert is_shown(".f-list tbody tr[data-id]")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.f-list td:nth-child(2)')).color") == "rgb(34, 38, 42)"
    )
    picture(page, "printed")
    seen.go("/odoo/contacts/1")
    page.wait_for_selector(".f-sheet")
    expect(page.locator(".f-navbar")).to_be_hidden()
    assert is_shown(".f-sheet")
    look(page, "printed-form")


BRIGHTNESS = """async (selector) => {
    const picture = document.querySelector(selector);
    await picture.decode();
    const drawing = Object.assign(document.createElement("canvas"), { width: 32, height: 32 }).getContext("2d");
    drawing.fillStyle = getComputedStyle(picture.closest(".f-card")).backgroundColor;
    drawing.fillRect(0, 0, 32, 32);
    const ground = drawing.getImageData(0, 0, 1, 1).data[1];
    drawing.drawImage(picture, 0, 0, 32, 32);
    const greens = drawing.getImageData(0, 0, 32, 32).data.filter((_, index) => index % 4 === 1);
    return [ground, greens.reduce((sum, value) => sum + value, 0) / greens.length];
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_who_has_no_picture_does_not_shine_in_the_dark(visit, server, make, own, dark):
    make("res.partner", {"name": own, "is_company": True})
    seen = visit(dark=dark)
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=kanban")
    page.fill(".f-search-input", own)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.f-card').length === 1")
    page.wait_for_selector(f".f-card:has-text('{own}') img")

    ground, shown = page.evaluate(BRIGHTNESS, ".f-card img")

    # told apart from its card, and not by much
    assert 10 < abs(shown - ground) < 80
