"""The client in engines other than Chromium's: somebody logs in, makes a contact and finds it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from .engines import Engine, firefox, webkit

pytestmark = pytest.mark.browser

NAME = ".f-sheet [data-name=name] input"


@pytest.fixture(params=[webkit, firefox], ids=["webkit", "firefox"])
def window(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    """A window of the engine; skipped where it is not installed."""
    with request.param(tmp_path) as opened:
        yield opened


def test_x19_another_engine_logs_in_makes_a_contact_and_finds_it(window: Engine, stocked: Any, call: Callable) -> None:
    name = f"Ginevra {secrets.token_hex(4)}"

    window.go(f"{stocked.url}/web/login?redirect=/odoo/contacts/new")
    window.click("input[name=login]")
    window.type(stocked.login)
    window.click("input[name=password]")
    window.type(stocked.password)
    window.click("button[type=submit]")
    window.until("!!document.querySelector('body.f-ready')")
    window.click(NAME)
    window.type(name)
    window.until(f"document.querySelector({NAME!r}).value === {name!r}")
    window.click("button[name=save]")
    window.until("document.querySelector('.f-form-status')?.textContent.trim() === 'Saved'")

    assert call("res.partner", "search_count", [("name", "=", name)]) == 1
    window.go(f"{stocked.url}/odoo/contacts?view_type=list")
    window.click(".f-search-input")
    window.type(f"{name}\ue007")
    window.until(
        f"[...document.querySelectorAll('.f-list tbody tr')].some((row) => row.textContent.includes({name!r}))"
    )
    assert window.run("document.getElementById('too-old').style.display") == "none"
    assert window.complaints() == []
    call("res.partner", "unlink", call("res.partner", "search", [("name", "=", name)]))


def test_x19_a_browser_that_lacks_what_the_client_needs_says_so_in_place_of_a_white_page(browser, stocked) -> None:
    context = browser.new_context()
    page = context.new_page()
    try:
        for lacks in ("", "delete HTMLElement.prototype.popover", "HTMLScriptElement.supports = undefined"):
            page.add_init_script(lacks)
            page.goto(f"{stocked.url}/web/login?redirect=/odoo")
            if not lacks:
                page.fill("input[name=login]", stocked.login)
                page.fill("input[name=password]", stocked.password)
                page.click("button[type=submit]")
                page.wait_for_selector("body.f-ready")
            else:
                page.goto(f"{stocked.url}/odoo", wait_until="commit")
                page.wait_for_selector("#too-old", state="visible")
            assert page.locator("#too-old").is_visible() is bool(lacks), lacks
    finally:
        context.close()
