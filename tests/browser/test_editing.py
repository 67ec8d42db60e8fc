"""Records changed by several, in several at once, and without a network, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import expect
from .held import Held
from .pictures import look, picture
from .saving import SAVED, save

pytestmark = pytest.mark.browser

# beyond the ten seconds in which a deletion can be taken back
PAST_UNDO_MS = 15_000


@pytest.fixture
def contact(call: Callable[..., Any]) -> Iterator[int]:
    number = call("res.partner", "create", {"name": "Dyer", "phone": "1", "city": "Prato"})
    yield number
    call("res.partner", "unlink", [number])


def open_contact(seen: Any, server: Any, contact: int) -> Any:
    page = seen.log_in(server.login, server.password, f"/odoo/contacts/{contact}")
    page.wait_for_selector("[data-name=phone] input")
    return page


def values_of(call: Callable[..., Any], contact: int) -> tuple[str, ...]:
    (row,) = call("res.partner", "read", [contact], ["phone", "city", "email"])
    return (row["phone"], row["city"], row["email"])


def test_who_saves_second_chooses_between_both_and_loses_nothing(visit, server, call, contact):
    seen = visit()
    page = open_contact(seen, server, contact)

    page.fill("[data-name=phone] input", "22")
    page.fill("[data-name=city] input", "Lucca")
    page.fill("[data-name=email] input", "dyer@example.com")
    call("res.partner", "write", [contact], {"phone": "333", "city": "Siena"})
    page.keyboard.press("Control+s")
    page.wait_for_selector("dialog .f-conflict")
    picture(page, "conflict")
    page.check("dialog tr[data-name=city] input[value=theirs]")
    page.click("dialog button[name=keep]")
    page.wait_for_selector(SAVED)

    assert values_of(call, contact) == ("22", "Siena", "dyer@example.com")
    expect(page.locator("[data-name=city] input")).to_have_value("Siena")
    assert seen.complaints == []


def test_who_does_not_choose_now_is_asked_again_and_may_keep_all_of_theirs(visit, server, call, contact):
    (france,) = call("res.country", "search", [("code", "=", "FR")])
    seen = visit()
    page = open_contact(seen, server, contact)

    page.fill("[data-name=phone] input", "22")
    page.fill("[data-name=email] input", "dyer@example.com")
    page.fill("[data-name=country_id] input", "Italy")
    page.click(".f-autocomplete-choice:text-is('Italy')")
    call("res.partner", "write", [contact], {"phone": "333", "country_id": france})
    page.keyboard.press("Control+s")
    page.wait_for_selector("dialog .f-conflict")
    rows = page.locator("dialog .f-conflict tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [["Phone", "22", "333"], ["Country", "Italy", "France"]]
    page.click("dialog button:has-text('Not now')")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("[data-name=phone] input")).to_have_value("22")

    call("res.partner", "write", [contact], {"phone": "4444", "country_id": france})
    page.keyboard.press("Control+s")
    page.wait_for_selector("dialog .f-conflict td:has-text('4444')")
    page.click("dialog button[name=theirs]")
    page.wait_for_selector(SAVED)

    expect(page.locator("[data-name=phone] input")).to_have_value("4444")
    expect(page.locator("[data-name=country_id] input")).to_have_value("France")
    (row,) = call("res.partner", "read", [contact], ["phone", "email", "country_id"])
    assert (row["phone"], row["email"], row["country_id"][0]) == ("4444", "dyer@example.com", france)
    assert seen.complaints == []


def test_two_who_change_different_fields_are_not_in_each_others_way(visit, server, call, contact):
    seen = visit()
    page = open_contact(seen, server, contact)

    page.fill("[data-name=phone] input", "22")
    call("res.partner", "write", [contact], {"city": "Siena"})
    save(page)

    assert values_of(call, contact)[:2] == ("22", "Siena")
    assert seen.complaints == []


def lose_answers(page: Any) -> list[str]:
    """Until the list returned is cleared the server does what it is asked to save and the page does not hear of it: the
    worst moment to lose the network. Whether it is back, it does not hear either."""
    lost = ["lost"]

    def lose_the_answer(route: Any) -> None:
        if not lost:
            route.continue_()
            return
        if "web_save" in route.request.url:
            route.fetch()
        route.abort()

    page.route("**/web_save", lose_the_answer)
    page.route("**/onchange", lose_the_answer)
    page.route("**/version_info", lose_the_answer)
    return lost


def test_what_was_saved_while_the_network_was_lost_is_saved_when_it_is_back(visit, server, call, contact):
    seen = visit(loses_network=True)
    page = open_contact(seen, server, contact)
    lost = lose_answers(page)

    page.fill("[data-name=phone] input", "4444")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".f-form-status:has-text('Not saved yet')")
    page.wait_for_selector(".f-offline")
    expect(page.locator("[data-name=phone] input")).to_have_value("4444")
    lost.clear()
    page.wait_for_selector(SAVED)

    assert values_of(call, contact)[0] == "4444"


def test_a_record_made_while_the_network_was_lost_is_made_once_with_what_came_later(visit, server, call, own):
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, "/odoo/contacts/new")
    page.wait_for_selector("[data-name=phone] input")
    lost = lose_answers(page)

    page.fill(".f-sheet [data-name=name] input >> visible=true", f"Made in the storm {own}")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".f-form-status:has-text('Not saved yet')")
    page.wait_for_selector(".f-offline")
    picture(page, "network-lost")
    page.fill("[data-name=phone] input", "555")
    lost.clear()
    page.wait_for_selector(SAVED)
    page.wait_for_selector(".f-offline", state="detached")

    (made,) = call("res.partner", "search_read", [("name", "=", f"Made in the storm {own}")], ["phone"])
    assert made["phone"] == "555"
    expect(page).to_have_url(re.compile(rf"/{made['id']}(\?|$)"))


def test_a_form_whose_next_record_does_not_come_keeps_the_one_it_shows(visit, server, call, contact):
    seen = visit(loses_network=True)
    page = open_contact(seen, server, contact)
    page.route("**/onchange", lambda route: route.abort())
    page.route("**/version_info", lambda route: route.abort())

    with page.expect_event("requestfailed", lambda request: request.url.endswith("/onchange")):
        page.click(".f-button:has-text('New')")
    page.wait_for_selector(".f-offline")
    expect(page.locator("[data-name=city] input")).to_have_value("Prato")
    page.unroute("**/onchange")
    page.unroute("**/version_info")
    page.fill("[data-name=phone] input", "22")
    save(page)

    assert values_of(call, contact)[:2] == ("22", "Prato")


def test_what_is_typed_while_a_save_is_under_way_is_not_said_to_be_saved(visit, server, call, contact):
    seen = visit()
    page = open_contact(seen, server, contact)
    first = Held(page, "**/web_save")

    page.fill("[data-name=phone] input", "22")
    page.keyboard.press("Control+s")
    first.wait()
    page.fill("[data-name=city] input", "Lucca")
    with page.expect_response("**/web_save"):
        first.let_go()
    page.wait_for_selector(".f-form-status:has-text('Unsaved changes')")
    assert values_of(call, contact)[:2] == ("22", "Prato")
    expect(page.locator("[data-name=city] input")).to_have_value("Lucca")
    save(page)

    assert values_of(call, contact)[:2] == ("22", "Lucca")
    assert seen.complaints == []


LINED = """
    <form><sheet><field name="name"/><field name="child_ids">
        <list editable="bottom"><field name="name"/><field name="color"/></list>
    </field></sheet></form>
"""


@pytest.fixture
def lined(call: Callable[..., Any]) -> Iterator[int]:
    """A tag with two below it, which are lines of its form."""
    view = call(
        "ir.ui.view", "create", {"name": "lined", "model": "res.partner.category", "arch": LINED, "priority": 1}
    )
    tag = call("res.partner.category", "create", {
        "name": "Lined", "child_ids": [(0, 0, {"name": "Line A"}), (0, 0, {"name": "Line B"})],
    })  # fmt: skip
    yield tag
    call("res.partner.category", "unlink", call("res.partner.category", "search", [("id", "child_of", tag)]))
    call("ir.ui.view", "unlink", [view])


def test_lines_worked_on_while_a_save_is_under_way_are_kept(visit, server, call, lined):
    seen = visit()
    page = seen.log_in(server.login, server.password, f"/odoo/m-res.partner.category/{lined}")
    first = Held(page, "**/web_save")
    line = "[data-name=child_ids] tbody tr"

    page.click(f"{line}:has-text('Line A') td[data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "3")
    page.click("[data-name=child_ids] .f-list-add button")
    # before the new line is there, the one that is left may still be the edited one
    page.wait_for_selector(f"{line}:not(.f-edited):has-text('Line A')")
    page.fill("tr.f-edited [data-name=name] input", "Line C")
    page.keyboard.press("Control+s")
    first.wait()
    page.fill("tr.f-edited [data-name=color] input", "5")
    page.click(f"{line}:has-text('Line B') .f-list-end button")
    with page.expect_response("**/web_save"):
        first.let_go()
    page.wait_for_selector(".f-form-status:has-text('Unsaved changes')")
    page.locator(f"{line}:has-text('Line B')").wait_for(state="detached")
    expect(page.locator("tr.f-edited [data-name=color] input")).to_have_value("5")
    save(page)

    lines = call("res.partner.category", "search_read", [("parent_id", "=", lined)], ["name", "color"], order="name")
    assert [(row["name"], row["color"]) for row in lines] == [("Line A", 3), ("Line C", 5)]
    assert seen.complaints == []


def test_escape_takes_back_only_what_was_changed_since_the_line_was_entered(visit, server, call, lined):
    seen = visit()
    page = seen.log_in(server.login, server.password, f"/odoo/m-res.partner.category/{lined}")
    line = "[data-name=child_ids] tbody tr"
    edited = "tr.f-edited [data-name={}] input"

    page.click("[data-name=child_ids] .f-list-add button")
    page.fill(edited.format("name"), "Line C")
    page.click(f"{line}:has-text('Line A') td[data-name=color]")
    page.wait_for_selector(f"{line}:not(.f-edited):has-text('Line C')")
    page.fill(edited.format("color"), "3")
    page.click(f"{line}:has-text('Line C') td[data-name=name]")
    page.wait_for_selector(f"{line}:not(.f-edited):has-text('Line A')")
    page.fill(edited.format("name"), "Line D")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{line}:not(.f-edited):has-text('Line C')")
    page.click(f"{line}:has-text('Line A') td[data-name=color]")
    page.fill(edited.format("color"), "5")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{line}:not(.f-edited):has-text('Line A') td[data-name=color]:text-is('3')")
    page.click("[data-name=child_ids] .f-list-add button")
    page.fill(edited.format("name"), "Line E")
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelectorAll('[data-name=child_ids] tbody tr[data-id]').length === 3")
    save(page)

    lines = call("res.partner.category", "search_read", [("parent_id", "=", lined)], ["name", "color"], order="name")
    assert [row["name"] for row in lines] == ["Line A", "Line B", "Line C"]
    assert lines[0]["color"] == 3
    assert seen.complaints == []


def turn_autosave(page: Any, state: str) -> None:
    page.click("button[aria-label=Actions]")
    page.click("[role=menuitemcheckbox]:has-text('Save by itself')")
    page.keyboard.press("Escape")
    page.click("button[aria-label=Actions]")
    page.wait_for_selector(f"[role=menuitemcheckbox][aria-checked={state}]:has-text('Save by itself')")
    page.keyboard.press("Escape")


def test_a_form_that_saves_by_itself_does_so_when_a_field_was_left_and_is_fit_to_be_saved(visit, server, call, contact):
    seen = visit()
    page = open_contact(seen, server, contact)
    turn_autosave(page, "true")

    with page.expect_response("**/web_save"):
        page.fill("[data-name=phone] input", "22")
        page.keyboard.press("Tab")
    page.wait_for_selector(SAVED)
    assert values_of(call, contact)[0] == "22"

    name = page.locator(".f-sheet [data-name=name] input >> visible=true")
    name.fill("")
    page.keyboard.press("Tab")
    page.wait_for_selector("[role=alert]:has-text('Please fill in')")
    assert not name.evaluate("(input) => input === document.activeElement"), "nobody asked for it"
    with page.expect_response("**/web_save"):
        name.fill("Dyer and son")
        page.keyboard.press("Tab")
    page.wait_for_selector(SAVED)
    page.locator(".f-form-page > [role=alert]").wait_for(state="detached")

    page.reload()
    page.wait_for_selector("[data-name=phone] input")
    turn_autosave(page, "false")
    assert call("res.partner", "read", [contact], ["name"])[0]["name"] == "Dyer and son"
    assert seen.complaints == []


def test_deleting_offers_to_archive_which_can_be_undone(visit, server, call, contact):
    seen = visit()
    page = open_contact(seen, server, contact)

    page.click("button[aria-label=Actions]")
    page.click("[role=menuitem]:has-text('Delete')")
    page.click("dialog button:has-text('Archive instead')")
    page.wait_for_selector(".f-notification:has-text('Archived')")
    page.wait_for_selector(".f-ribbon")
    assert not call("res.partner", "read", [contact], ["active"])[0]["active"]
    with page.expect_response("**/action_unarchive"):
        page.click(".f-notification button:has-text('Undo')")
    page.wait_for_selector(".f-ribbon", state="detached")

    assert call("res.partner", "read", [contact], ["active"])[0]["active"]
    assert seen.complaints == []


def test_archiving_saves_what_was_changed_and_its_undo_leaves_what_came_later(visit, server, call, contact):
    seen = visit()
    page = open_contact(seen, server, contact)

    page.fill("[data-name=phone] input", "22")
    page.click("button[aria-label=Actions]")
    page.click("[role=menuitem]:has-text('Archive')")
    page.wait_for_selector(".f-ribbon")
    assert call("res.partner", "read", [contact], ["phone", "active"]) == [
        {"id": contact, "phone": "22", "active": False}
    ]
    page.fill("[data-name=city] input", "Lucca")
    with page.expect_response("**/action_unarchive"):
        page.click(".f-notification button:has-text('Undo')")
    save(page)

    page.wait_for_selector(".f-ribbon", state="detached")
    assert values_of(call, contact)[:2] == ("22", "Lucca")
    assert call("res.partner", "read", [contact], ["active"])[0]["active"]
    assert seen.complaints == []


@pytest.fixture
def doomed(call: Callable[..., Any]) -> Iterator[list[int]]:
    numbers = call("res.partner", "create", [{"name": f"Doomed {number}"} for number in range(3)])
    yield numbers
    call("res.partner", "unlink", call("res.partner", "search", [("id", "in", numbers)]))


def search_doomed(page: Any, count: int) -> None:
    page.wait_for_selector(".f-list tbody tr[data-id]")
    page.fill(".f-search-input", "Doomed")
    page.keyboard.press("Enter")
    rows_to_be(page, count)


def stop_the_clock(page: Any) -> None:
    """From now on time passes only when the test says so."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def rows_to_be(page: Any, count: int) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('.f-list tbody tr[data-id]').length === count", arg=count
    )


def server_to_have(page: Any, call: Callable[..., Any], doomed: list[int], count: int) -> None:
    """What goes out as a page is left, the next page does not wait for."""
    for _ in range(300):
        if call("res.partner", "search_count", [("id", "in", doomed)]) == count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the server does not come to have {count} of them")


def open_doomed(seen: Any, server: Any) -> Any:
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    search_doomed(page, 3)
    return page


def delete_first(page: Any) -> None:
    page.locator(".f-list tbody tr[data-id] input[type=checkbox]").first.check()
    page.click(".f-selection button:has-text('Actions')")
    page.click("[role=menuitem]:has-text('Delete')")
    page.click("dialog button:has-text('Delete')")
    page.wait_for_selector(".f-notification:has-text('1 record is being deleted')")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_a_deletion_is_taken_back_and_nothing_was_deleted(visit, server, call, doomed, width, dark):
    seen = visit(width, 844, dark=dark)
    page = open_doomed(seen, server)
    told: list[str] = []
    page.on("request", lambda request: told.append(request.url) if request.url.endswith("/unlink") else None)

    stop_the_clock(page)
    delete_first(page)
    rows_to_be(page, 2)
    if width > 1000:
        picture(page, "undo")
    look(page, f"undo-{width}")
    assert call("res.partner", "search_count", [("id", "in", doomed)]) == 3, "the server is not told yet"
    page.click(".f-notification button:has-text('Undo')")
    rows_to_be(page, 3)
    notice = page.locator(".f-notification:has-text('Nothing was deleted')")
    notice.hover()
    page.clock.fast_forward(PAST_UNDO_MS)
    assert notice.is_visible(), "who points at a notice reads it"
    page.mouse.move(1, 1)
    page.clock.fast_forward(PAST_UNDO_MS)
    page.wait_for_selector(".f-notification", state="detached")

    assert told == []
    assert call("res.partner", "search_count", [("id", "in", doomed)]) == 3
    assert seen.complaints == []


def test_a_deletion_is_carried_out_when_its_time_is_over_and_when_the_page_is_left(visit, server, call, doomed):
    seen = visit()
    page = open_doomed(seen, server)

    stop_the_clock(page)
    delete_first(page)
    with page.expect_response("**/unlink"):
        page.clock.fast_forward(PAST_UNDO_MS)
    page.wait_for_selector(".f-notification:has-text('1 record was deleted')")
    expect(page.locator(".f-notification button:has-text('Undo')")).to_have_count(0)
    assert call("res.partner", "search_count", [("id", "in", doomed)]) == 2
    delete_first(page)
    page.clock.resume()
    with page.expect_request("**/unlink_in_turn"):
        page.reload()
    server_to_have(page, call, doomed, 1)
    search_doomed(page, 1)
    delete_first(page)
    page.click("button[aria-label='Your account']")
    page.click("[role=menuitem]:has-text('Log out')")
    page.wait_for_selector("input[name=password]")

    assert call("res.partner", "search_count", [("id", "in", doomed)]) == 0
    assert seen.complaints == []


def test_deletions_that_are_held_when_the_page_is_left_go_out_in_their_order(visit, server, call, doomed):
    seen = visit()
    page = open_doomed(seen, server)
    ids = page.evaluate(
        "[...document.querySelectorAll('.f-list tbody tr[data-id]')].map((row) => Number(row.dataset.id))"
    )

    stop_the_clock(page)
    for left in (2, 1):
        delete_first(page)
        rows_to_be(page, left)
    page.clock.resume()
    with page.expect_request("**/unlink_in_turn") as told:
        page.reload()

    deletions = told.value.post_data_json["params"]["deletions"]
    assert [deletion["ids"] for deletion in deletions] == [[ids[0]], [ids[1]]]
    server_to_have(page, call, doomed, 1)
    search_doomed(page, 1)
    assert call("res.partner", "search", [("id", "in", doomed)]) == [ids[2]]
    assert seen.complaints == []


def test_a_deletion_the_server_refuses_is_said_and_the_record_is_back(visit, server, doomed, make):
    make("res.users", {"name": "Doomed 0", "login": "doomed", "partner_id": doomed[0]})
    seen = visit()
    page = open_doomed(seen, server)

    stop_the_clock(page)
    delete_first(page)
    rows_to_be(page, 2)
    page.click(".f-notification button[aria-label=Dismiss]")
    page.wait_for_selector(".f-notification-danger:has-text('Nothing was deleted')")
    rows_to_be(page, 3)

    assert seen.complaints == []


def test_what_is_typed_in_a_row_outlives_that_another_deletion_is_taken_back(visit, server, call, make):
    tags = make("res.partner.category", [{"name": name, "color": 0} for name in ("Doomed A", "Doomed B")])
    arch = '<list editable="bottom"><field name="name"/><field name="color"/></list>'
    make("ir.ui.view", {"name": "tags", "model": "res.partner.category", "arch": arch, "priority": 1})
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    search_doomed(page, 2)

    stop_the_clock(page)
    delete_first(page)
    rows_to_be(page, 1)
    page.click(".f-list tbody tr[data-id] [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "7")
    with page.expect_response("**/web_save"):
        page.click(".f-notification button:has-text('Undo')")
    rows_to_be(page, 2)

    assert sorted(row["color"] for row in call("res.partner.category", "read", tags, ["color"])) == [0, 7]
    assert seen.complaints == []


def test_what_is_typed_in_a_row_is_saved_before_its_list_is_sorted_or_its_button_does_something(
    visit, server, call, make
):
    tags = make("res.partner.category", [{"name": name, "color": 0} for name in ("Doomed A", "Doomed B")])
    button = '<button name="action_archive" type="object" string="Retire"/>'
    arch = f'<list editable="bottom"><field name="name"/><field name="color"/>{button}</list>'
    make("ir.ui.view", {"name": "tags", "model": "res.partner.category", "arch": arch, "priority": 1})
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    search_doomed(page, 2)

    page.click("tr:has-text('Doomed A') [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "7")
    page.click("th[data-name=color] button")
    page.wait_for_selector(".f-list tbody tr[data-id]:first-child:has-text('Doomed B')")
    page.click("tr:has-text('Doomed B') [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "8")
    page.click("tr.f-edited button:has-text('Retire')")
    rows_to_be(page, 1)

    found = call("res.partner.category", "read", tags, ["color", "active"])
    assert [(row["color"], row["active"]) for row in found] == [(7, True), (8, False)]
    assert seen.complaints == []


def test_a_row_of_several_that_are_chosen_changes_all_of_them(visit, server, call, make):
    names = ["Several 0", "Several 1", "Several 2", "Other"]
    tags = make("res.partner.category", [{"name": name, "color": 0} for name in names])
    arch = '<list multi_edit="1"><field name="name"/><field name="color"/></list>'
    make("ir.ui.view", {"name": "tags", "model": "res.partner.category", "arch": arch, "priority": 1})
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    page.fill(".f-search-input", "Several")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.f-list tbody tr[data-id]').length === 3")

    for place in (0, 1):
        page.locator(".f-list tbody tr[data-id] input[type=checkbox]").nth(place).check()
    page.click(".f-list tbody tr[data-id] >> nth=0 >> [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "7")
    page.keyboard.press("Enter")
    page.click("dialog button:has-text('Change all')")
    page.wait_for_function("document.querySelectorAll('.f-edited').length === 0 && !document.querySelector('dialog')")

    colours = [row["color"] for row in call("res.partner.category", "read", tags, ["color"])]
    assert sorted(colours) == [0, 0, 7, 7]
    assert seen.complaints == []


def test_columns_are_chosen_and_the_choice_stays(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    before = page.locator(".f-list thead th").count()

    page.click("th.f-list-end button")
    page.click("th.f-list-end [role=menuitemcheckbox][aria-checked=false] >> nth=0")
    page.wait_for_function("n => document.querySelectorAll('.f-list thead th').length === n", arg=before + 1)
    page.reload()
    page.wait_for_selector(".f-list tbody tr[data-id]")

    expect(page.locator(".f-list thead th")).to_have_count(before + 1)
    assert seen.complaints == []
