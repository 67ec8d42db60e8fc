"""axe finds nothing serious on the pages that people visit; each look is at both light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .accessibility import inspect, serious

pytestmark = pytest.mark.browser

PAGES = {
    "/odoo": ".f-apps",
    "/odoo/contacts?view_type=list": ".f-list tbody tr[data-id]",
    "/odoo/contacts?view_type=kanban": ".f-card",
    "/odoo/contacts/1": ".f-sheet",
    "/odoo/products/new": ".f-sheet",
    "/odoo/products?view_type=graph": ".f-graph-shape",
    "/odoo/contacts?view_type=pivot": ".f-pivot-table",
    "/odoo/apps": ".f-card",
    "/odoo/settings": ".f-setting",
    "/odoo/contacts/import": ".f-drop",
}


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_nothing_serious_is_found_on_any_page(visit, server, width, dark):
    seen = visit(width, dark=dark)
    page = seen.go("/web/login")
    found = {"/web/login": serious(page)}
    seen.log_in(server.login, server.password)
    for path, selector in PAGES.items():
        seen.go(path)
        page.wait_for_selector(selector)
        found[path] = serious(page)
    page.keyboard.press("Control+k")
    page.wait_for_selector(".f-palette")
    found["the palette"] = serious(page)

    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.fixture
def calendar(call: Callable[..., Any]) -> Iterator[str]:
    """The address of a calendar of contacts, by when they were made."""
    arch = '<calendar date_start="create_date" color="country_id" mode="month"><field name="email"/></calendar>'
    view = call("ir.ui.view", "create", {"name": "made", "model": "res.partner", "type": "calendar", "arch": arch})
    action = call("ir.actions.act_window", "create", {
        "name": "Made", "res_model": "res.partner", "view_mode": "calendar,form", "path": "made",
    })  # fmt: skip
    yield "/odoo/made"
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", [view])


def test_nothing_serious_is_found_in_a_calendar(visit, server, calendar):
    seen = visit()
    page = seen.log_in(server.login, server.password, calendar)
    page.wait_for_selector(".f-calendar [data-event]")
    found = {}
    for scale in page.locator("[data-scale]").all():
        scale.click()
        page.wait_for_function("button => button.getAttribute('aria-pressed') === 'true'", arg=scale.element_handle())
        found[scale.inner_text()] = serious(page)

    assert len(found) == 5
    assert {scale: problems for scale, problems in found.items() if problems} == {}
    assert seen.complaints == []


def test_nothing_serious_is_found_in_dialogs(visit, server, call):
    contact = call("res.partner", "create", {"name": "At odds", "phone": "1"})
    seen = visit()
    page = seen.log_in(server.login, server.password, f"/odoo/contacts/{contact}")
    found = {}

    page.fill("[data-name=phone] input", "22")
    call("res.partner", "write", [contact], {"phone": "333"})
    page.keyboard.press("Control+s")
    page.wait_for_selector("dialog .f-conflict")
    found["conflict"] = serious(page)
    page.click("dialog button[name=theirs]")
    page.wait_for_selector("dialog", state="detached")
    page.click("button[aria-label='Your account']")
    page.click("[role=menuitem]:has-text('My profile')")
    page.click("[role=tab]:has-text('Security')")
    found["preferences"] = serious(page)
    page.click("button:has-text('Add a key')")
    page.wait_for_selector("dialog >> nth=1")
    found["wizard"] = serious(page)

    assert {dialog: problems for dialog, problems in found.items() if problems} == {}
    call("res.partner", "unlink", [contact])
    assert seen.complaints == []


NAMELESS = "<button class='nobody-has-this'><svg width='9' height='9'></svg></button>"
FAINT = "<p class='nobody-has-this' style='color: light-dark(#222, #444); background: light-dark(#fff, #222)'>Dim</p>"


@pytest.mark.parametrize(
    ("fault", "told"),
    [(NAMELESS, ": button-name: <button"), (FAINT, ": dark: color-contrast: <p")],
    ids=["name", "dark"],
)
def test_a_fault_on_a_page_that_a_test_leaves_is_found_each_time_and_its_mending_too(visit, server, fault, told):
    page = visit().go("/web/login")
    assert inspect(page) == []
    assert inspect(page) == []

    page.evaluate("fault => document.querySelector('main').insertAdjacentHTML('beforeend', fault)", fault)
    found = inspect(page)
    assert len(found) == 1 and told in found[0]
    assert inspect(page) == found, "a page with a fault is not known: the test fails when it is run once more, too"

    page.evaluate("document.querySelector('.nobody-has-this').remove()")
    assert inspect(page) == []


def test_a_dialog_takes_the_focus_and_gives_it_back(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.locator(".f-list tbody tr[data-id] input[type=checkbox]").first.check()
    page.focus("button[aria-label=Actions]")
    page.keyboard.press("Enter")
    page.click("[role=menuitem]:has-text('Export')")
    page.wait_for_selector("dialog .f-export-chosen li")

    page.wait_for_function("document.activeElement.closest('dialog') !== null")
    assert serious(page) == []

    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_function("document.activeElement.matches('button[aria-label=Actions]')")
    assert seen.complaints == []


def test_whoever_wants_no_motion_gets_none(visit, server):
    seen = visit()
    seen.page.emulate_media(reduced_motion="reduce")
    page = seen.log_in(server.login, server.password)

    times = page.evaluate("""() => [...document.querySelectorAll("*")].flatMap((element) => {
        const { transitionDuration, animationDuration } = getComputedStyle(element);
        return `${transitionDuration}, ${animationDuration}`.split(", ").map(parseFloat);
    })""")
    assert max(times) <= 0.001
