"""The settings of all apps on one page, in a real browser: found, changed, kept, taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

UNITS = "#uom input[type=checkbox]"


@pytest.fixture(autouse=True)
def one_unit(call: Callable[..., Any]) -> Iterator[None]:
    """Units of measure are off, and off again."""

    def switch_off() -> None:
        call("res.config.settings", "execute", [call("res.config.settings", "create", {"group_uom": False})])

    switch_off()
    yield
    switch_off()


def open_settings(seen: Any, server: Any) -> Any:
    page = seen.log_in(server.login, server.password, "/odoo/settings")
    page.wait_for_selector(".f-settings .f-setting")
    return page


def find_units(page: Any) -> None:
    page.fill("input[type=search]", "hours kilograms")
    page.wait_for_function("document.querySelectorAll('.f-setting').length === 1")


def save(page: Any) -> None:
    """Press Save and wait for the page that comes with the new settings."""
    with page.expect_navigation():
        page.click("button[name=save]")
    page.wait_for_selector(".f-settings .f-setting")


def test_a_setting_of_any_app_is_found_by_its_words_and_holds_after_saving(visit, server):
    seen = visit()
    page = open_settings(seen, server)
    picture(page, "settings")
    expect(page.locator(".f-settings-name").first).to_have_text("General Settings")
    expect(page.locator("button[name=save]")).to_be_disabled()

    find_units(page)
    expect(page.locator(".f-settings-name").first).to_have_text("Products")
    page.check(UNITS)
    page.wait_for_selector("[role=status]:has-text('Unsaved changes')")
    save(page)
    find_units(page)
    expect(page.locator(UNITS)).to_be_checked()

    page.uncheck(UNITS)
    save(page)
    find_units(page)
    expect(page.locator(UNITS)).not_to_be_checked()
    assert seen.complaints == []


def test_what_is_not_saved_is_taken_back_or_asked_about(visit, server):
    seen = visit()
    page = open_settings(seen, server)

    page.click("button[data-app=product]")
    page.check(UNITS)
    page.click("button[name=discard]")
    page.wait_for_selector(f"{UNITS}:not(:checked)")
    page.check(UNITS)
    page.click("a.f-nav-apps")
    page.wait_for_selector("dialog:has-text('The settings are not saved')")
    page.click("dialog button:has-text('Stay here')")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator(UNITS)).to_be_checked()
    page.click("a.f-nav-apps")
    page.click("dialog button:has-text('Leave without saving')")
    page.wait_for_selector(".f-apps")
    seen.go("/odoo/settings")
    find_units(page)
    expect(page.locator(UNITS)).not_to_be_checked()
    assert seen.complaints == []


def test_the_settings_fit_a_phone_in_the_dark(visit, server):
    seen = visit(390, 844, dark=True)
    page = open_settings(seen, server)
    look(page, "settings-dark-phone")

    page.click("button[data-app=product]")
    page.fill("input[type=search]", "no such thing")

    page.wait_for_selector("[role=status]:has-text('No setting is called that.')")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert seen.complaints == []
