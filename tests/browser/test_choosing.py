"""What is typed where a record is chosen is saved with the rest, or the page says why it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import expect
from .held import Held
from .saving import SAVED, save

pytestmark = pytest.mark.browser

PARENT = "[data-name=parent_id] input"
TAGS = "[data-name=category_id] input"
NAMES = "**/name_search"
FIRST, SECOND = "Chosen {} A", "Chosen {} B"


@pytest.fixture
def companies(make: Callable[..., Any], own: str) -> list[int]:
    """Two, whose names begin alike."""
    return list(make("res.partner", [{"name": name.format(own), "is_company": True} for name in (FIRST, SECOND)]))


@pytest.fixture
def contact(make: Callable[..., Any], own: str) -> int:
    return int(make("res.partner", {"name": f"Choosing {own}"}))


@pytest.fixture
def page(visit: Any, server: Any, contact: int) -> Any:
    seen = visit()
    page = seen.log_in(server.login, server.password, f"/odoo/contacts/{contact}")
    page.wait_for_selector(PARENT)
    return page


@pytest.fixture
def parent(call: Callable[..., Any], contact: int) -> Callable[[], Any]:
    """parent(): what the server has, an id or False."""

    def parent() -> Any:
        (row,) = call("res.partner", "read", [contact], ["parent_id"])
        return row["parent_id"] and row["parent_id"][0]

    return parent


def type_into(page: Any, field: str, text: str) -> None:
    """Come by key: a click asks what there is, before anything is typed."""
    page.focus(field)
    page.keyboard.type(text)


def test_a_name_that_is_typed_and_saved_at_once_is_chosen(page, companies, parent, own):
    type_into(page, PARENT, SECOND.format(own).lower())
    save(page)

    assert parent() == companies[1]
    expect(page.locator(PARENT)).to_have_value(SECOND.format(own))


def test_a_save_waits_for_the_choice_that_enter_began(page, companies, parent, own):
    held = Held(page, NAMES)
    type_into(page, PARENT, SECOND.format(own))
    page.keyboard.press("Enter")
    held.wait()

    with page.expect_response("**/web_save"):
        page.keyboard.press("Control+s")
        held.let_go()
    page.wait_for_selector(SAVED)

    assert parent() == companies[1]


def test_the_button_saves_what_is_typed_and_left_by_pressing_it(page, companies, parent, own):
    type_into(page, PARENT, FIRST.format(own))
    with page.expect_response("**/web_save"):
        page.click("button[name=save]")
    page.wait_for_selector(SAVED)

    assert parent() == companies[0]


@pytest.mark.parametrize("by", ["key", "button"])
def test_a_text_that_means_no_record_is_told_and_kept(page, companies, parent, own, by):
    """Two begin like it: neither is taken, and nothing is saved without it."""
    type_into(page, PARENT, f"Chosen {own}")
    page.keyboard.press("Control+s") if by == "key" else page.click("button[name=save]")

    expect(page.locator(".f-form")).to_contain_text(f"“Chosen {own}” is not the name of one record")
    expect(page.locator(PARENT)).to_have_value(f"Chosen {own}")
    assert parent() is False

    page.focus(PARENT)
    page.keyboard.press("End")
    page.keyboard.type(" A")
    save(page)
    assert parent() == companies[0]


def test_a_name_that_two_have_is_not_taken_for_one_of_them(page, companies, make, parent, own):
    make("res.partner", {"name": FIRST.format(own), "is_company": True})
    type_into(page, PARENT, FIRST.format(own))
    page.keyboard.press("Control+s")

    expect(page.locator(".f-form")).to_contain_text("is not the name of one record")
    assert parent() is False


def test_what_enter_means_is_chosen_though_the_field_is_left_before_the_answer(page, companies, parent, own):
    held = Held(page, NAMES)
    type_into(page, PARENT, f"Chosen {own}")
    page.keyboard.press("Enter")
    held.wait()
    page.keyboard.press("Tab")
    held.let_go()

    expect(page.locator(PARENT)).to_have_value(FIRST.format(own))
    save(page)
    assert parent() == companies[0]


@pytest.mark.parametrize("by", ["key", "button"])
def test_what_is_discarded_does_not_come_back_with_a_late_answer(page, companies, parent, own, by):
    held = Held(page, NAMES)
    type_into(page, PARENT, FIRST.format(own))
    page.keyboard.press("Tab")
    held.wait()
    page.keyboard.press("Alt+j") if by == "key" else page.click("button[name=discard]")
    expect(page.locator(PARENT)).to_have_value("")
    with page.expect_response(NAMES):
        held.let_go()

    page.fill("[data-name=phone] input", "+40 21 000")
    save(page)
    assert parent() is False
    expect(page.locator(PARENT)).to_have_value("")


def test_a_choice_is_kept_while_the_server_is_away(visit, server, call, companies, contact, parent, own):
    """The server is to be asked what follows from it; where it does not answer, the choice waits for it."""
    call("res.partner", "write", [contact], {"parent_id": companies[0]})
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, f"/odoo/contacts/{contact}")
    name = SECOND.format(own)
    page.route("**/onchange", lambda route: route.abort())
    page.focus(PARENT)
    page.keyboard.press("Control+a")
    page.keyboard.type(f"Chosen {own}")
    page.click(f".f-autocomplete-choice:text-is('{name}')")
    expect(page.locator(PARENT)).to_have_value(name)
    page.unroute("**/onchange")
    save(page)

    assert parent() == companies[1]


def test_a_dialog_that_is_closed_hears_nothing_of_a_late_answer(page, own):
    """The page would complain, which ends every test of the browser."""
    country = "dialog [data-name=country_id] input"
    type_into(page, PARENT, f"Never {own}")
    page.click(".f-autocomplete-choice:has-text('Create and edit')")
    page.wait_for_selector(country)
    held = Held(page, NAMES)
    type_into(page, country, "Portugal")
    page.keyboard.press("Tab")
    held.wait()
    page.click("dialog button[name=discard]")
    expect(page.locator("dialog")).to_have_count(0)
    with page.expect_response(NAMES):
        held.let_go()

    expect(page.locator(PARENT)).to_have_value("")


def test_a_field_that_is_emptied_has_no_record(page, call, companies, contact, parent, own):
    call("res.partner", "write", [contact], {"parent_id": companies[0]})
    page.reload()
    expect(page.locator(PARENT)).to_have_value(FIRST.format(own))
    page.fill(PARENT, "")
    page.keyboard.press("Enter")
    save(page)

    assert parent() is False


def test_escape_takes_back_what_is_typed(page, companies, parent, own):
    type_into(page, PARENT, f"Chosen {own}")
    page.wait_for_selector(f".f-autocomplete-choice.f-active:text-is('{FIRST.format(own)}')")
    expect(page.locator(".f-form-status")).to_have_text("Unsaved changes")
    page.keyboard.press("Escape")

    expect(page.locator(PARENT)).to_have_value("")
    expect(page.locator(".f-form-status")).to_have_text("")


def test_a_tag_that_is_typed_and_saved_at_once_is_added(page, make, call, contact, own):
    tags = make("res.partner.category", [{"name": f"Tag {own}"}, {"name": f"Tag {own} more"}])
    type_into(page, TAGS, f"Tag {own}")
    save(page)

    (row,) = call("res.partner", "read", [contact], ["category_id"])
    assert row["category_id"] == tags[:1]
    expect(page.locator(TAGS)).to_have_value("")
