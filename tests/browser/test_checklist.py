"""The go-live checklist in a real browser: an administrator looks, sees what to do, and finds the run again."""

from __future__ import annotations

import pytest

from .pictures import picture

pytestmark = pytest.mark.browser


def test_o17_an_administrator_looks_again_and_finds_the_run(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/checklist")

    page.click("button[name=action_run]")
    row = page.locator(".f-list tr[data-id]:has-text('settings.dbfilter')")
    row.wait_for()
    picture(page, "checklist")
    row.locator("td:nth-child(3)").click()
    page.wait_for_selector(".f-sheet:has-text('settings.dbfilter')")
    seen.go("/odoo/checklist-runs")
    page.locator(".f-list tr[data-id] td:nth-child(2)").first.click()
    page.wait_for_selector(".f-sheet tr:has-text('settings.dbfilter')")

    assert seen.complaints == []
