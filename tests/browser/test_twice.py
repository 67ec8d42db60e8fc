"""What is pressed twice, or again while the server is slow, is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import expect
from .held import Held
from .saving import SAVED, save

pytestmark = pytest.mark.browser

TAG = "res.partner.category"
LINED = """
    <form><sheet><field name="name"/><field name="child_ids" context="{'default_name': 'Line'}">
        <list editable="bottom"><field name="name"/><field name="color"/></list>
    </field></sheet></form>
"""
IN_DIALOGS = """
    <form><header><button name="copy" type="object" string="Once more"/></header><sheet><field name="name"/>
        <field name="child_ids" context="{'default_name': 'Line'}">
            <list><field name="name"/><field name="color"/></list>
            <form><field name="name"/><field name="color"/></form>
        </field>
    </sheet></form>
"""
TWICE = "element => { element.click(); element.click(); }"  # nothing is painted between
NAME = ".f-sheet [data-name=name] input >> nth=0"
ADD = "[data-name=child_ids] .f-list-add button"
LINES = "[data-name=child_ids] tbody tr[data-id]"
COLOUR = "tr.f-edited [data-name=color] input"


@pytest.fixture
def tag(call: Callable[..., Any], make: Callable[..., Any], own: str) -> Iterator[Callable[[str], int]]:
    """tag(arch): one whose form this is."""

    def tag(arch: str) -> int:
        make("ir.ui.view", {"name": "twice", "model": TAG, "arch": arch, "priority": 1})
        return int(call(TAG, "create", {"name": f"Twice {own}"}))

    yield tag
    made = call(TAG, "search", [("name", "=like", f"Twice {own}%")])
    call(TAG, "unlink", call(TAG, "search", [("id", "child_of", made)]))


def open_tag(seen: Any, server: Any, number: int) -> Any:
    page = seen.log_in(server.login, server.password, f"/odoo/m-{TAG}/{number}")
    page.wait_for_selector(NAME)
    return page


def colours_of(call: Callable[..., Any], number: int) -> list[int]:
    """Those of the lines there are."""
    return [row["color"] for row in call(TAG, "search_read", [("parent_id", "=", number)], ["color"], order="id")]


def test_a_line_is_stored_once_however_often_save_is_pressed_while_the_server_is_slow(visit, server, call, tag, own):
    number = tag(LINED)
    seen = visit()
    page = open_tag(seen, server, number)
    first = Held(page, "**/web_save")

    page.click(ADD)
    page.fill(COLOUR, "7")
    page.keyboard.press("Control+s")
    first.wait()
    page.keyboard.press("Control+s")
    page.focus(NAME)
    page.mouse.click(5, 400)  # the row is left, too
    page.keyboard.press("Control+s")
    with page.expect_response("**/web_save"):
        first.let_go()
    page.wait_for_selector(SAVED)
    page.fill(NAME, f"Twice {own} again")
    save(page)

    assert colours_of(call, number) == [7]
    expect(page.locator(LINES)).to_have_count(1)
    assert seen.complaints == []


def test_a_page_that_is_loaded_again_in_the_middle_of_a_save_has_it_stored_once(visit, server, call, tag, own):
    number = tag(LINED)
    seen = visit(loses_network=True)
    page = open_tag(seen, server, number)
    first = Held(page, "**/web_save")

    page.click(ADD)
    page.fill(COLOUR, "7")
    page.keyboard.press("Control+s")
    page.keyboard.press("Control+s")
    first.end(lambda route: route.fetch())  # the server does it, and the page never hears of that
    page.reload()
    expect(page.locator(LINES)).to_have_count(1)
    page.fill(NAME, f"Twice {own} again")
    save(page)

    assert colours_of(call, number) == [7]


def test_a_line_that_is_asked_for_twice_before_it_is_there_is_one_line(visit, server, call, tag):
    number = tag(LINED)
    seen = visit()
    page = open_tag(seen, server, number)
    defaults = Held(page, "**/onchange")

    page.click(ADD)
    defaults.wait()
    page.click(ADD)
    defaults.let_go()
    page.fill(COLOUR, "7")
    save(page)

    assert colours_of(call, number) == [7]
    assert seen.complaints == []


def test_a_press_that_is_repeated_before_anything_is_painted_counts_once(visit, server, call, tag, own):
    number = tag(IN_DIALOGS)
    seen = visit()
    page = open_tag(seen, server, number)

    page.click(ADD)
    page.fill("dialog [data-name=color] input", "7")
    page.locator("dialog button[name=save]").evaluate(TWICE)
    expect(page.locator(LINES)).to_have_count(1)
    save(page)
    assert colours_of(call, number) == [7]

    with page.expect_response("**/copy"):
        page.get_by_role("button", name="Once more").evaluate(TWICE)
    page.click("button[aria-label=Actions]")
    with page.expect_response("**/copy"):
        page.get_by_role("menuitem", name="Duplicate").evaluate(TWICE)
    page.wait_for_selector(".f-notification:has-text('This is the copy.')")
    page.fill(NAME, f"Twice {own} at the end")
    save(page)

    assert call(TAG, "search_count", [("name", "=like", f"Twice {own}%")]) == 3
    assert seen.complaints == []


@pytest.fixture
def days(make: Callable[..., Any]) -> str:
    """The address of a calendar of tags."""
    arch = '<calendar date_start="create_date" mode="month"><field name="name"/></calendar>'
    view = make("ir.ui.view", {"name": "days", "model": TAG, "type": "calendar", "arch": arch})
    shown = [(0, 0, {"view_id": view, "view_mode": "calendar"})]
    values = {"name": "Days", "res_model": TAG, "view_mode": "calendar", "view_ids": shown}
    return f"/odoo/action-{make('ir.actions.act_window', values)}"


def test_an_event_whose_name_is_entered_twice_is_made_once(visit, server, call, tag, days, own):
    seen = visit()
    page = seen.log_in(server.login, server.password, days)
    page.wait_for_selector(".f-calendar")

    page.click("button[data-hotkey=c]")
    page.fill("dialog input[name=name]", f"Twice {own}")
    with page.expect_response("**/create"):
        page.locator("dialog button[type=submit]").evaluate(TWICE)
    page.wait_for_selector(f"[data-event]:has-text('Twice {own}')")

    assert call(TAG, "search_count", [("name", "=", f"Twice {own}")]) == 1
    assert seen.complaints == []


def test_enter_takes_what_is_meant_by_all_that_is_typed(visit, server, call, make, own):
    """Not the first proposal for its beginning, which is still shown when the rest was typed quickly."""
    _wrong, right = make("res.partner", [{"name": f"Twice {own} {part}", "is_company": True} for part in "AB"])
    contact = make("res.partner", {"name": f"Kept {own}"})
    seen = visit()
    page = seen.log_in(server.login, server.password, f"/odoo/contacts/{contact}")
    page.wait_for_selector("[data-name=parent_id] input")

    page.click("[data-name=parent_id] input")
    page.keyboard.type(f"Twice {own}")
    page.wait_for_selector(f".f-autocomplete-choice.f-active:text-is('Twice {own} A')")
    page.evaluate("""() => {
        const input = document.activeElement;
        input.value += " B";
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    }""")
    save(page)  # at once: it waits for the choice that Enter began

    assert call("res.partner", "read", [contact], ["parent_id"])[0]["parent_id"][0] == right
    assert seen.complaints == []
