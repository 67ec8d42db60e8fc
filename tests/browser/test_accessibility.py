"""axe finds nothing serious on the pages that people visit, in light and dark."""

from __future__ import annotations

from typing import Any

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

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


def serious(page: Any) -> list[str]:
    """What axe calls serious or worse: rule, element, what is wrong."""
    violations = axe.Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


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


def test_a_dialog_takes_the_focus_and_gives_it_back(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.locator(".f-list tbody tr[data-id] input[type=checkbox]").first.check()
    page.focus("button[aria-label=Actions]")
    page.keyboard.press("Enter")
    page.click("[role=menuitem]:has-text('Export')")
    page.wait_for_selector("dialog .f-export-chosen li")

    assert page.evaluate("document.activeElement.closest('dialog') !== null")
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
