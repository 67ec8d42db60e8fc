"""A page that is loaded again is where it was: the list below a form too, with its search, its order and its part."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import expect

pytestmark = pytest.mark.browser

NAMES = (
    "[...document.querySelectorAll('.f-list tbody tr[data-id] td[data-name=complete_name]')].map((c) => c.innerText)"
)
FACETS = ".f-facet-values"


def shows(page: Any, names: list[str]) -> None:
    page.wait_for_function(f"(names) => JSON.stringify({NAMES}) === JSON.stringify(names)", arg=names)


@pytest.fixture
def turned(visit, server, make, own) -> tuple[Any, list[str]]:
    """A list that is searched by the keyboard, put in order by its name from the end, and turned to its second part."""
    names = [f"{own} {letter}" for letter in "ABCDE"]
    make("res.partner", [{"name": name} for name in names])
    page = visit().log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    page.fill(".f-search-input", own)
    page.keyboard.press("Enter")
    shows(page, names)
    page.click("th[data-name=complete_name] .f-list-heading")
    page.wait_for_selector("th[data-name=complete_name][aria-sort=ascending]")
    page.click("th[data-name=complete_name] .f-list-heading")
    shows(page, names[::-1])
    page.click(".f-pager button[name=range]")
    page.fill(".f-pager-input", "2-3")
    page.keyboard.press("Enter")
    shows(page, [names[3], names[2]])
    return page, names


def test_a_form_that_is_loaded_again_leads_back_to_its_list_as_it_was(turned, own):
    page, names = turned
    page.click(f".f-list tbody tr[data-id]:has-text('{names[3]}') td[data-name=email]")
    page.wait_for_selector(".f-sheet")

    page.reload()
    page.wait_for_selector(".f-pager:has-text('1 / 2')")
    page.keyboard.press("Alt+n")
    page.wait_for_function(
        "(name) => document.querySelector('.f-sheet [data-name=name] input')?.value === name", arg=names[2]
    )
    page.click(".f-breadcrumbs a")

    shows(page, [names[3], names[2]])
    expect(page.locator(FACETS)).to_have_text([own])
    expect(page).to_have_url(re.compile("search="))


def test_a_list_that_is_loaded_again_or_come_back_to_is_in_its_order_and_at_its_part(turned):
    page, names = turned

    page.reload()
    shows(page, [names[3], names[2]])
    page.click(f".f-list tbody tr[data-id]:has-text('{names[2]}') td[data-name=email]")
    page.wait_for_selector(".f-sheet")
    page.go_back()

    shows(page, [names[3], names[2]])


def test_a_list_below_a_form_is_shown_as_cards_again(visit, server, make, own):
    make("res.partner", [{"name": f"{own} {letter}"} for letter in "AB"])
    page = visit().log_in(server.login, server.password, "/odoo/contacts?view_type=kanban")
    page.fill(".f-search-input", own)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.f-card').length === 2")
    page.click(f".f-card:has-text('{own} B')")
    page.wait_for_selector(".f-sheet")

    page.reload()
    page.wait_for_selector(".f-sheet")
    page.click(".f-breadcrumbs a")

    page.wait_for_function("document.querySelectorAll('.f-card').length === 2")
    expect(page.locator(FACETS)).to_have_text([own])


def test_an_address_that_leads_nowhere_is_said_in_a_sentence_and_the_apps_are_shown(visit, server, make):
    below = {"name": "Below", "res_model": "res.partner", "context": "{'default_parent_id': active_id}"}
    (action,) = make("ir.actions.act_window", [below])
    page = visit().log_in(server.login, server.password, "/odoo/nowhere-at-all")

    page.wait_for_selector("dialog:has-text('Nothing is there'):has-text('“nowhere-at-all” does not exist')")
    assert page.locator("dialog details").count() == 0
    page.click("dialog button:has-text('Close')")
    page.wait_for_selector(".f-apps a")

    page.goto(f"{server.url}/odoo/action-{action}")
    page.wait_for_selector("dialog:has-text('belongs to a record')")
    page.click("dialog button:has-text('Close')")
    page.wait_for_selector(".f-apps a")


def test_a_record_that_is_gone_says_so_in_its_place_and_leads_back(visit, server):
    page = visit().log_in(server.login, server.password, "/odoo/contacts/999999999")

    page.wait_for_selector("h1:text-is('Nothing is there')")
    page.wait_for_selector("[role=alert]:has-text('does not exist any more')")
    page.click(".f-breadcrumbs a:text-is('Contacts')")
    page.wait_for_selector(".f-content .f-card, .f-content tr[data-id]")

    # below another one it takes nothing along
    tag = "/odoo/contacts/999999999/m-res.partner.category"
    page.goto(f"{server.url}{tag}")
    page.wait_for_selector(".f-list-view")
    page.click(".f-breadcrumbs li:last-child a")
    page.wait_for_selector("[role=alert]:has-text('does not exist any more')")
    page.click("button:text-is('Back')")
    page.wait_for_selector(".f-content .f-card, .f-content tr[data-id]")
