"""A user looks after his log-in in a real browser: devices, a key for a program, a second factor."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace

import pytest

from fondaco.registry.transact import transact
from fondaco.security.credentials import decode_totp_secret, hotp

from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

SIZES = [pytest.param(1440, 900, id="desk"), pytest.param(390, 844, id="phone")]
PASSWORD = "one of many"


@pytest.fixture
def user(server, registries):
    """A new employee."""
    login = f"browser-{time.monotonic_ns()}"
    values = {"name": "Bea Browser", "login": login, "password": PASSWORD}
    uid = transact(registries.get(server.database), lambda env: env["res.users"].create(values).id, uid=1)
    return SimpleNamespace(login=login, id=uid)


def open_security(visit, user, width, height):
    """The page of the preferences that is about logging in."""
    seen = visit(width, height)
    page = seen.log_in(user.login, PASSWORD)
    page.click(".f-user-menu button, button[aria-label*='account' i]")
    page.click("[role=menuitem]:has-text('My profile')")
    page.click("[role=tab]:has-text('Security')")
    return seen, page


def confirm(page):
    """Say again who one is."""
    page.wait_for_selector("input[type=password]")
    page.fill("input[type=password]", PASSWORD)
    page.click("button:has-text('Go on')")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_second_factor_is_set_up_in_the_preferences_and_asked_for(visit, server, user, width, height):
    seen, page = open_security(visit, user, width, height)
    expect(page.locator("[data-name=device_ids] tbody tr:has-text('Chrome')")).to_have_count(1)
    look(page, f"security-{width}")

    page.click("button:has-text('Set up a second factor')")
    confirm(page)
    page.wait_for_selector("[data-name=qrcode] img")
    look(page, f"totp-setup-{width}")
    shown = page.locator("[data-name=secret] .f-clipboard > :first-child")
    expect(shown).to_have_text(re.compile(r"\w{4}"))
    secret = shown.inner_text().strip()

    def code(shift):
        return f"{hotp(decode_totp_secret(secret), int(time.time() // 30) + shift):06d}"

    page.fill("[data-name=code] input", code(0))
    page.click("button:has-text('Switch on')")
    page.wait_for_selector("[data-name=codes]")
    look(page, f"recovery-codes-{width}")
    page.click("button:has-text('I have them')")

    fresh = visit(width, height)
    fresh.go("/web/login")
    fresh.page.fill("input[name=login]", user.login)
    fresh.page.fill("input[name=password]", PASSWORD)
    fresh.page.click("button[type=submit]")
    fresh.page.wait_for_selector("input[name=totp_token]")
    if width > 1000:
        picture(fresh.page, "second-factor")
    look(fresh.page, f"second-factor-{width}")
    fresh.page.fill("input[name=totp_token]", code(1))
    fresh.page.click("button[type=submit]")
    fresh.page.wait_for_selector("body.f-ready")
    assert seen.complaints == fresh.complaints == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_devices_are_listed_and_one_is_logged_out_from_another(visit, server, user, width, height):
    elsewhere = visit(width, height)
    elsewhere.log_in(user.login, PASSWORD)
    seen, page = open_security(visit, user, width, height)
    devices = page.locator("[data-name=device_ids] tbody tr[data-id]")
    devices.nth(1).wait_for()
    assert ["Chrome" in device for device in devices.all_inner_texts()] == [True, True]
    if width > 1000:
        picture(page, "devices")
    look(page, f"devices-{width}")

    page.click("button:has-text('Log out there')")
    confirm(page)
    devices.nth(1).wait_for(state="detached")
    elsewhere.page.reload()

    elsewhere.page.wait_for_selector("input[name=password]")
    expect(devices).to_have_count(1)
    expect(page.locator("button:has-text('Log out there')")).to_be_hidden()
    assert seen.complaints == []


def test_a_key_is_made_in_the_preferences_and_shown_once(visit, server, user):
    seen, page = open_security(visit, user, 1440, 900)

    page.click("button:has-text('Add a key')")
    page.locator("[data-name=name] input").last.fill("Robot")
    page.click("button:has-text('Make the key')")
    confirm(page)
    page.locator("[data-name=key]", has_text=re.compile(r"[0-9a-f]{40}")).first.wait_for()
    look(page, "api-key")

    page.click("button:has-text('I have it')")
    page.wait_for_selector("dialog >> nth=1", state="detached")
    page.wait_for_selector("dialog [data-name=api_key_ids] tbody tr:has-text('Robot')")
    expect(page.locator(".f-notification-warning, .f-error-message")).to_have_count(0)
    assert seen.complaints == []
