"""What somebody is in the middle of when they go elsewhere, when the server is slow, and when it takes no changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import expect
from .held import Held
from .saving import SAVED, save

pytestmark = pytest.mark.browser

LIST = '<list editable="bottom"><field name="name"/><field name="color"/></list>'
FORM = """
    <form>
        <header><button name="action_archive" type="object" string="Retire"/></header>
        <sheet><field name="name"/><field name="color"/><field name="active"/><field name="child_ids">
            <list editable="bottom"><field name="name"/><field name="color"/></list>
        </field></sheet>
    </form>
"""
LINE = "[data-name=child_ids] tbody tr"
ROW = ".f-list tbody tr[data-id]"


@pytest.fixture(scope="module")
def views(call: Callable[..., Any]) -> Iterator[None]:
    """Tags in a list that is edited in place, and in a form with lines."""
    model = "res.partner.category"
    archs = [{"name": "left", "model": model, "arch": arch, "priority": 1} for arch in (LIST, FORM)]
    made = call("ir.ui.view", "create", archs)
    yield
    call("ir.ui.view", "unlink", made)


@pytest.fixture
def tag(call: Callable[..., Any], views: None) -> Iterator[int]:
    """One with two below it."""
    made = call("res.partner.category", "create", {
        "name": "Left alone", "color": 1,
        "child_ids": [(0, 0, {"name": "Line A", "color": 1}), (0, 0, {"name": "Line B", "color": 1})],
    })  # fmt: skip
    yield made
    found = [("id", "child_of", made), ("active", "in", [True, False])]
    call("res.partner.category", "unlink", call("res.partner.category", "search", found))


def type_in_row(page: Any, colour: str) -> None:
    page.wait_for_selector(ROW)
    page.fill(".f-search-input", "Left alone")
    with page.expect_response("**/web_search_read"):  # before it, the first row may be the one looked for as well
        page.keyboard.press("Enter")
    page.wait_for_selector(".f-facet")
    page.wait_for_function(f"document.querySelector('{ROW}')?.innerText.includes('Left alone')")
    page.click(f"{ROW}:has-text('Left alone') >> nth=0 >> [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", colour)


def go_by_hotkey(page: Any) -> None:
    page.keyboard.press("Alt+h")


def go_by_palette(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.wait_for_selector(".f-palette-input")
    page.keyboard.type("Apps")
    page.click(".f-palette-item:has-text('Apps'):has-text('Command')")


def go_back(page: Any) -> None:
    page.evaluate("history.back()")


@pytest.mark.parametrize("leave", [go_by_hotkey, go_by_palette, go_back], ids=["hotkey", "palette", "back"])
def test_a_row_that_is_being_edited_is_saved_when_its_list_is_left(visit, server, call, tag, leave):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    page.evaluate(
        "history.pushState({}, '', '/odoo/m-res.partner.category'); dispatchEvent(new PopStateEvent('popstate'))"
    )
    type_in_row(page, "7")

    with page.expect_response("**/web_save"):
        leave(page)
    page.wait_for_selector(".f-apps")

    assert call("res.partner.category", "read", [tag], ["color"])[0]["color"] == 7
    assert seen.complaints == []


def test_who_leaves_a_row_that_cannot_be_saved_is_asked(visit, server, call, tag):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    type_in_row(page, "8")
    page.fill("tr.f-edited [data-name=name] input", "")

    page.keyboard.press("Alt+h")
    page.click("dialog button:has-text('Stay here')")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("tr.f-edited [data-name=color] input")).to_have_value("8")
    page.keyboard.press("Alt+h")
    page.click("dialog button:has-text('Discard changes')")
    page.wait_for_selector(".f-apps")

    (left,) = call("res.partner.category", "read", [tag], ["name", "color"])
    assert (left["name"], left["color"]) == ("Left alone", 1)
    assert seen.complaints == []


def test_a_new_row_in_which_nothing_is_typed_is_left_without_a_question(visit, server, call, tag):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    page.wait_for_selector(ROW)
    before = page.locator(ROW).count()
    page.click("button:has-text('New')")
    page.wait_for_selector("tr.f-edited [data-name=name] input")

    page.click(".f-search-input")
    page.wait_for_selector("tr.f-edited", state="detached")
    expect(page.locator(ROW)).to_have_count(before)
    page.click("button:has-text('New')")
    page.wait_for_selector("tr.f-edited [data-name=name] input")
    page.keyboard.press("Alt+h")

    page.wait_for_selector(".f-apps")
    assert seen.complaints == []


BROKEN = {"code": 200, "message": "Server error", "data": {"name": "builtins.ValueError", "message": "It broke"}}


def lose(route: Any) -> None:
    route.abort()


def break_down(route: Any) -> None:
    """As the server answers where code of a model fails."""
    route.fulfill(json={"jsonrpc": "2.0", "id": 1, "error": BROKEN})


@pytest.mark.parametrize(
    ("end", "reason"), [(lose, "cannot be reached"), (break_down, "nobody expected")], ids=["network", "failure"]
)
def test_who_leaves_by_a_press_is_asked_once_and_told_why(visit, server, call, tag, end, reason):
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    type_in_row(page, "8")
    saves: list[str] = []
    page.on("request", lambda request: saves.append(request.url) if "web_save" in request.url else None)
    first = Held(page, "**/web_save")
    page.route("**/version_info", lose)  # the server stays away

    # the press saves the row; what it is for wants it left while that goes on
    page.click(".f-nav-apps")
    first.end(end)
    page.wait_for_selector(f"dialog:has-text('{reason}')")
    expect(page.locator("dialog")).to_have_count(1)
    page.click("dialog button:has-text('Discard changes')")
    page.wait_for_selector(".f-apps")

    assert len(saves) == 1
    assert call("res.partner.category", "read", [tag], ["color"])[0]["color"] == 1
    assert seen.complaints == []


def test_a_row_whose_save_failed_before_its_list_is_left_is_not_sent_again(visit, server, call, tag):
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    type_in_row(page, "8")
    saves: list[str] = []
    page.on("request", lambda request: saves.append(request.url) if "web_save" in request.url else None)
    page.route("**/web_save", lose)
    page.route("**/version_info", lose)

    page.hover(".f-nav-apps")
    with page.expect_event("requestfailed", lambda request: "web_save" in request.url):
        page.mouse.down()
    page.wait_for_selector(".f-offline")
    page.mouse.up()
    page.click("dialog:has-text('cannot be reached') button:has-text('Stay here')")
    page.wait_for_selector("dialog", state="detached")
    assert len(saves) == 1
    page.unroute("**/web_save")
    with page.expect_response("**/web_save"):
        page.click(".f-nav-apps")
    page.wait_for_selector(".f-apps")

    assert call("res.partner.category", "read", [tag], ["color"])[0]["color"] == 8
    assert seen.complaints == []


def test_why_a_row_cannot_be_saved_is_said_once(visit, server, call, tag):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    type_in_row(page, "8")
    page.route("**/web_save", break_down)

    # refused between the press and what it is for
    page.hover(".f-nav-apps")
    page.mouse.down()
    page.wait_for_selector("dialog:has-text('nobody expected')")
    page.evaluate("document.querySelector('.f-nav-apps').click()")
    page.wait_for_selector("dialog button:has-text('Stay here')")
    page.mouse.up()

    assert page.locator("dialog:has-text('nobody expected')").count() == 1
    assert page.locator("dialog:has-text('could not be saved')").count() == 1
    seen.complaints.clear()


def test_a_record_whose_first_save_was_lost_is_asked_about_when_it_is_left(visit, server, call, views):
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category/new")
    page.wait_for_selector("[data-name=name] input")
    page.route("**/web_save", lambda route: route.abort())
    page.route("**/version_info", lambda route: route.abort())
    page.fill("[data-name=name] input >> nth=0", "Never heard of")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".f-form-status:has-text('Not saved yet')")

    page.keyboard.press("Alt+h")

    page.click("dialog button:has-text('Stay here')")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("[data-name=name] input >> nth=0")).to_have_value("Never heard of")


def test_what_is_typed_while_a_button_works_outlives_that_the_form_is_read_again(visit, server, call, tag):
    seen = visit()
    page = seen.log_in(server.login, server.password, f"/odoo/m-res.partner.category/{tag}")
    button = Held(page, "**/call_button/**")
    page.click("button:has-text('Retire')")
    button.wait()
    page.click(f"{LINE}:has-text('Line A') td[data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "3")
    page.click("[data-name=child_ids] .f-list-add button")
    # before the new line is there, the one that is left may still be the edited one
    page.wait_for_selector(f"{LINE}:not(.f-edited):has-text('Line A')")
    page.fill("tr.f-edited [data-name=name] input", "Line C")

    with page.expect_response("**/web_read"):
        button.let_go()
    page.wait_for_function("!document.querySelector('[data-name=active] input').checked")

    expect(page.locator("tr.f-edited [data-name=name] input")).to_have_value("Line C")
    save(page)
    lines = call("res.partner.category", "search_read", [("parent_id", "=", tag)], ["name", "color"], order="name")
    assert [row["name"] for row in lines] == ["Line A", "Line B", "Line C"]
    assert [row["color"] for row in lines[:2]] == [3, 1]
    assert seen.complaints == []


def test_a_row_is_edited_on_though_the_save_brought_a_line_of_the_servers_own(visit, server, call, tag):
    seen = visit()
    page = seen.log_in(server.login, server.password, f"/odoo/m-res.partner.category/{tag}")
    page.click("[data-name=child_ids] .f-list-add button")
    page.fill("tr.f-edited [data-name=name] input", "Line C")
    page.fill("tr.f-edited [data-name=color] input", "2")
    first = Held(page, "**/web_save")
    page.keyboard.press("Control+s")
    first.wait()
    # what another rule of the server would make with it: a line that the page knows nothing of
    call("res.partner.category", "create", {"name": "Line 0", "color": 1, "parent_id": tag})

    page.fill("tr.f-edited [data-name=color] input", "5")
    with page.expect_response("**/web_save"):
        first.let_go()
    page.wait_for_selector(f"{LINE}:has-text('Line 0')")

    expect(page.locator("tr.f-edited [data-name=name] input")).to_have_value("Line C")
    expect(page.locator("tr.f-edited [data-name=color] input")).to_have_value("5")
    save(page)
    lines = call("res.partner.category", "search_read", [("parent_id", "=", tag)], ["name", "color"], order="name")
    assert [(row["name"], row["color"]) for row in lines] == [
        ("Line 0", 1),
        ("Line A", 1),
        ("Line B", 1),
        ("Line C", 5),
    ]
    assert seen.complaints == []


def test_who_saves_during_an_upgrade_is_told_of_it_and_when_it_is_tried_again(visit, server, call, tag):
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, f"/odoo/m-res.partner.category/{tag}")
    page.wait_for_selector("[data-name=name] input")
    closed = ["closed"]
    asked: list[str] = []

    def answer(route: Any) -> None:
        """As the server answers while it is so: tests/modules/test_switch.py."""
        asked.append(route.request.url.rpartition("/")[2])
        if closed:
            route.fulfill(status=503, headers={"Retry-After": "2", "X-Fondaco-Away": "upgrade"}, body="closed")
        else:
            route.continue_()

    page.route("**/web_save", answer)
    page.route("**/takes_changes", answer)
    page.fill("[data-name=name] input >> nth=0", "Left until later")
    page.keyboard.press("Control+s")

    page.wait_for_selector(".f-offline:has-text('being upgraded'):has-text('Asking again at')")
    expect(page.locator(".f-offline:has-text('cannot be reached')")).to_have_count(0)
    expect(page.locator("[data-name=name] input >> nth=0")).to_have_value("Left until later")
    with page.expect_response("**/takes_changes"):
        pass
    with page.expect_response("**/takes_changes"):
        expect(page.locator(".f-offline:has-text('being upgraded')")).to_have_count(1)
    assert (asked[0], set(asked[1:])) == ("web_save", {"takes_changes"})
    closed.clear()
    page.wait_for_selector(SAVED)
    page.wait_for_selector(".f-offline", state="detached")

    assert call("res.partner.category", "read", [tag], ["name"])[0]["name"] == "Left until later"
