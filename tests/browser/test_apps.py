"""Apps are installed and removed in a real browser: the plan before, the progress, the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser


def find_app(page: Any, name: str) -> None:
    """The card of one app, whether it is one of the main ones or not."""
    page.wait_for_selector(".f-card")
    facets = page.locator(".f-facet button")
    facets.first.wait_for()
    for left in reversed(range(facets.count())):
        facets.first.click()
        expect(facets).to_have_count(left)
    page.fill(".f-search-input", name)
    page.keyboard.press("Enter")
    page.wait_for_function(
        """name => {
            const cards = [...document.querySelectorAll('.f-card')];
            return cards.length && cards.every((card) => card.textContent.includes(name));
        }""",
        arg=name,
    )


def stay_here(page: Any) -> None:
    """After a change; the page is loaded again."""
    with page.expect_navigation():
        page.click("dialog button:has-text('Stay here')")


def ask_to(page: Any, action: str) -> None:
    page.click(".f-card button[aria-label=More]")
    page.click(f"[role=menuitem]:has-text('{action}')")
    page.wait_for_selector("dialog .f-dialog-footer")


@pytest.mark.parametrize(
    ("width", "dark"), [pytest.param(1440, False, id="desk"), pytest.param(390, True, id="phone in the dark")]
)
def test_removing_shows_what_goes_along_and_what_is_lost_and_asks_twice(visit, server, width, dark):
    seen = visit(width, 900, dark=dark)
    page = seen.log_in(server.login, server.password, "/odoo/apps")

    find_app(page, "Units of measure")
    ask_to(page, "Remove")
    if width > 1000:
        picture(page, "apps-plan")
    look(page, f"apps-plan-{width}")

    expect(page.locator(".f-change-modules")).to_contain_text("Products")
    expect(page.locator("dialog .f-alert-danger")).to_contain_text("Product")
    expect(page.locator("dialog .f-button-danger")).to_be_disabled()
    page.check("dialog input[name=sure]")
    page.wait_for_selector("dialog .f-button-danger:not([disabled])")
    page.click("dialog button:has-text('Cancel')")
    page.wait_for_selector("dialog", state="detached")
    assert seen.complaints == []


@pytest.fixture
def tours(call: Callable[..., Any]) -> None:
    """Tours are installed, whatever became of an earlier run."""
    (app,) = call("ir.module.module", "search_read", [("name", "=", "web_tour")], ["state"])
    if app["state"] != "installed":
        call("ir.module.module", "button_immediate_install", [app["id"]])


def test_an_app_is_upgraded_removed_and_installed_again_while_one_watches(visit, server, tours):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/apps")

    find_app(page, "Tours")
    page.wait_for_selector(".f-card:has-text('Installed')")
    ask_to(page, "Upgrade")
    expect(page.locator("dialog .f-change")).to_contain_text("No other app is concerned.")
    page.click("dialog button:has-text('Upgrade')")
    page.wait_for_selector(".f-change-done:has-text('Tours is upgraded.')")
    stay_here(page)

    find_app(page, "Tours")
    ask_to(page, "Remove")
    page.click("dialog .f-button-danger")
    page.wait_for_selector(".f-change-done:has-text('Tours is removed.')")
    stay_here(page)

    find_app(page, "Tours")
    page.click(".f-card button:has-text('Install')")
    page.wait_for_selector("dialog .f-dialog-footer")
    expect(page.locator("dialog .f-change-details")).to_contain_text("New table web_tour_tour")
    page.evaluate("""() => {
        window.steps = [];
        const change = document.querySelector(".f-change");
        const told = () => window.steps.push(change.textContent);
        new MutationObserver(told).observe(change, { subtree: true, childList: true, characterData: true });
    }""")
    page.click("dialog button:has-text('Install')")
    page.wait_for_selector(".f-change-done:has-text('Tours is installed.')")
    assert any("web_tour" in step for step in page.evaluate("window.steps"))
    stay_here(page)
    find_app(page, "Tours")

    page.wait_for_selector(".f-card:has-text('Installed')")
    assert seen.complaints == []
