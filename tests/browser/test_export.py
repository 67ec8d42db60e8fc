"""Chosen records leave as files, in a real browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from tests.fix_jobs import Bench

from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

EXPIRED = {"jsonrpc": "2.0", "id": 1, "error": {"code": 100, "message": "Session Expired", "data": {}}}
SIZES = [pytest.param(1440, 900, id="desk"), pytest.param(390, 844, id="phone")]


def open_export(seen: Any, server: Any) -> Any:
    """The dialog for the first two contacts."""
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    for place in (0, 1):
        page.locator(".f-list tbody tr[data-id] input[type=checkbox]").nth(place).check()
    page.click("button[aria-label=Actions]")
    page.click("[role=menuitem]:has-text('Export')")
    page.wait_for_selector("dialog .f-export-chosen li")
    return page


def exported(page: Any) -> bytes:
    with page.expect_download() as arrived:
        page.click("dialog button[type=submit]")
    return arrived.value.path().read_bytes()


def test_chosen_records_are_exported_with_the_columns_of_the_list_and_one_of_a_relation(visit, server):
    seen = visit()
    page = open_export(seen, server)

    page.fill("dialog input[type=search]", "Country")
    page.click("dialog button[aria-label='Fields below Country']")
    page.check("dialog input[data-path='country_id/code']")
    page.wait_for_selector(".f-export-chosen li:has-text('Country Code')")
    picture(page, "export")
    chosen = page.locator(".f-export-chosen li > span").all_inner_texts()
    rows = [list(row) for row in openpyxl.load_workbook(io.BytesIO(exported(page))).active.values]

    assert rows[0] == chosen
    assert chosen[-1] == "Country/Country Code"
    assert len(rows) == 3
    assert seen.complaints == []


def test_a_set_of_columns_is_kept_and_used_again_for_a_csv_file(visit, server, own):
    seen = visit()
    page = open_export(seen, server)

    page.check("dialog input[name=compatible]")
    page.wait_for_selector(".f-export-chosen li[data-name=id]")
    for left in range(page.locator(".f-export-chosen li").count() - 1, 0, -1):
        page.locator(".f-export-chosen li:not([data-name=id]) button[title='Leave out']").first.click()
        page.wait_for_function("n => document.querySelectorAll('.f-export-chosen li').length === n", arg=left)
    page.fill("dialog input[name=template-name]", f"Only ids {own}")
    page.click("dialog button:text-is('Save')")
    page.wait_for_selector(f"dialog option:text-is('Only ids {own}')", state="attached")
    page.click("dialog button:text-is('Cancel')")
    page.click("button[aria-label=Actions]")
    page.click("[role=menuitem]:has-text('Export')")
    page.select_option("dialog select[name=template]", label=f"Only ids {own}")
    expect(page.locator(".f-export-chosen li")).to_have_count(1)
    page.check("dialog input[value=csv]")
    rows = list(csv.reader(io.StringIO(exported(page).decode())))

    assert rows[0] == ["External ID"]
    assert len(rows) == 3
    assert all("." in row[0] for row in rows[1:])
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "height"), SIZES[1:])
def test_the_dialog_fits_a_phone_in_the_dark(visit, server, width, height):
    seen = visit(width, height, dark=True)
    page = open_export(seen, server)
    look(page, "export-dark-phone")

    box = page.locator("dialog button[type=submit]").bounding_box()

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert seen.complaints == []


@pytest.fixture
def many(server: Any, registries: Any) -> Iterator[None]:
    """More tags than a file has that is made while one waits."""
    with registries.get(server.database).cursor() as cr:
        cr.execute(
            """INSERT INTO res_partner_category (name, active, color)
               SELECT jsonb_build_object('en_US', 'Many ' || number), true, 0
                 FROM generate_series(1, 10001) AS number"""
        )
        cr.commit()
    yield
    with registries.get(server.database).cursor() as cr:
        cr.execute("DELETE FROM res_partner_category WHERE name->>'en_US' LIKE 'Many %'")
        cr.commit()


def test_a_file_of_many_records_is_made_by_a_job_and_one_is_told_when_it_is_there(visit, server, registries, many):
    bench = Bench(registries, server.database)
    bench.clear()
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    page.check(".f-list thead input[type=checkbox]")
    page.click(".f-selection-all, button:has-text('Select all')")
    page.click("button[aria-label=Actions]")
    page.click("[role=menuitem]:has-text('Export')")
    page.wait_for_selector("dialog .f-export-chosen li")
    page.check("dialog input[value=csv]")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("text=The server is making the file.")
    # neither the end of the session nor another export that is gone takes this one along
    page.route("**/web.export/status", lambda route: route.fulfill(json=EXPIRED))
    page.wait_for_selector("dialog:has-text('You are logged out')")
    page.unroute("**/web.export/status")
    waiting = f"fondaco.exports.{server.database}.2"
    page.evaluate("key => localStorage.setItem(key, localStorage.getItem(key).replace('[', '[999999,'))", waiting)
    page.reload()

    bench.run()
    page.wait_for_selector("text=Partner Tags (res.partner.category).csv is there.")
    with page.expect_download() as arrived:
        page.click(".f-notification button:has-text('Download')")
    rows = list(csv.reader(io.StringIO(arrived.value.path().read_text("utf-8-sig"))))

    assert len(rows) > 10_001
    assert any("Many 10001" in row for row in rows)
    page.wait_for_function("key => localStorage.getItem(key) === '[]'", arg=waiting)
    assert seen.complaints == []
