"""What somebody was at when an upgrade began: rows are saved afterwards, buttons are offered once more."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from .pictures import look
from .saving import SAVED

pytestmark = pytest.mark.browser

MODEL = "res.partner.category"
LIST = """<list editable="bottom" multi_edit="1">
    <header><button name="action_archive" type="object" string="Retire"/></header>
    <field name="name"/><field name="color"/>
    <button name="action_archive" type="object" string="Retire"/></list>"""
FORM = """<form><header><button name="action_archive" type="object" string="Retire"/></header>
    <sheet><field name="name"/><field name="active"/></sheet></form>"""
ROW = ".f-list tbody tr[data-id]"


@dataclass
class Upgrade:
    """A server that takes no changes for a while: it answers as in tests/modules/test_switch.py."""

    page: Any
    is_closed: bool = True
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in ("**/web_save", "**/write", "**/call_button/**", "**/takes_changes"):
            self.page.route(path, self.answer)

    def answer(self, route: Any) -> None:
        if self.is_closed:
            self.refused.append(route.request.url.rpartition("/")[2])
            route.fulfill(status=503, headers={"Retry-After": "1", "X-Fondaco-Away": "upgrade"}, body="closed")
        else:
            route.continue_()


@pytest.fixture
def tags(call: Callable[..., Any]) -> Iterator[tuple[list[int], str]]:
    """Three tags, and the address of their list."""
    mark = uuid.uuid4().hex[:8]
    made = call(MODEL, "create", [{"name": f"{mark} {letter}", "color": 1} for letter in "ABC"])
    archs = [{"name": mark, "model": MODEL, "arch": arch, "priority": 99} for arch in (LIST, FORM)]
    views = call("ir.ui.view", "create", archs)
    kinds = [(0, 0, {"view_id": view, "view_mode": kind}) for view, kind in zip(views, ("list", "form"), strict=True)]
    values = {"name": mark, "res_model": MODEL, "view_mode": "list,form", "view_ids": kinds}
    context = "{'active_test': False}"
    action = call(
        "ir.actions.act_window", "create", {**values, "domain": f"[('id', 'in', {made})]", "context": context}
    )
    yield made, f"/odoo/action-{action}"
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", views)
    call(MODEL, "unlink", made)


def test_a_row_that_was_saved_during_an_upgrade_is_saved_afterwards(visit, server, call, tags):
    made, path = tags
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, path)
    page.click(f"{ROW} >> nth=0 >> [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "7")
    upgrade = Upgrade(page)

    page.keyboard.press("Enter")
    page.wait_for_selector(".f-offline:has-text('being upgraded')")
    assert page.input_value("tr.f-edited [data-name=color] input") == "7"
    # one goes on in the row: what is typed until then is saved with it, and the row stays open
    page.fill("tr.f-edited [data-name=color] input", "8")
    with page.expect_response(lambda answer: answer.url.endswith("/web_save") and answer.ok):
        upgrade.is_closed = False

    page.wait_for_selector(".f-offline", state="detached")
    page.wait_for_selector("tr.f-edited:not(.f-dirty)")
    assert call(MODEL, "read", made, ["color"]) == [
        {"id": made[0], "color": 8}, *({"id": other, "color": 1} for other in made[1:])
    ]  # fmt: skip
    page.keyboard.press("Escape")
    page.wait_for_selector("tr.f-edited", state="detached")
    assert page.inner_text(f"{ROW} >> nth=0 >> [data-name=color]") == "8"


def test_several_rows_that_were_changed_during_an_upgrade_are_changed_afterwards_without_another_question(
    visit, server, call, tags
):
    made, path = tags
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, path)
    page.wait_for_selector(ROW)
    for place in (0, 1):
        page.click(f"{ROW} >> nth={place} >> input[type=checkbox]")
    page.wait_for_selector(".f-selection:has-text('2 selected')")
    page.click(f"{ROW} >> nth=0 >> [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "9")
    upgrade = Upgrade(page)

    page.keyboard.press("Enter")
    page.click("dialog button:has-text('Change all')")
    page.wait_for_selector(".f-offline:has-text('being upgraded')")
    with page.expect_response(lambda answer: answer.url.endswith("/write") and answer.ok):
        upgrade.is_closed = False

    page.wait_for_function(
        f"[...document.querySelectorAll('{ROW} [data-name=color]')].map((c) => c.innerText).join() === '9,9,1'"
    )
    assert page.locator("dialog").count() == 0
    assert [row["color"] for row in call(MODEL, "read", made, ["color"])] == [9, 9, 1]


def test_who_was_refused_is_asked_again_whether_all_rows_are_meant(visit, server, call, tags):
    made, path = tags
    seen = visit()
    page = seen.log_in(server.login, server.password, path)
    page.wait_for_selector(ROW)
    for place in (0, 1):
        page.click(f"{ROW} >> nth={place} >> input[type=checkbox]")
    page.wait_for_selector(".f-selection:has-text('2 selected')")
    page.click(f"{ROW} >> nth=0 >> [data-name=color]")
    page.fill("tr.f-edited [data-name=color] input", "9")
    data = {"name": "odoo.exceptions.UserError", "message": "Not today."}
    refusal = {"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Refused", "data": data}}
    page.route("**/write", lambda route: route.fulfill(json=refusal))

    page.keyboard.press("Enter")
    page.click("dialog button:has-text('Change all')")
    page.click("dialog:has-text('Not today.') button:has-text('Close')")
    page.wait_for_selector("dialog", state="detached")
    page.unroute("**/write")
    page.press("tr.f-edited [data-name=color] input", "Enter")

    page.click("dialog button:has-text('Change all')")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_function(
        f"[...document.querySelectorAll('{ROW} [data-name=color]')].map((c) => c.innerText).join() === '9,9,1'"
    )
    assert [row["color"] for row in call(MODEL, "read", made, ["color"])] == [9, 9, 1]
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_a_button_that_was_pressed_during_an_upgrade_is_offered_and_never_pressed_by_itself(
    visit, server, call, tags, width, dark
):
    made, path = tags
    seen = visit(width, dark=dark, loses_network=True)
    page = seen.log_in(server.login, server.password, f"{path}/{made[0]}")
    page.fill("[data-name=name] input >> nth=0", f"Typed before {made[0]}")
    upgrade = Upgrade(page)
    pressed: list[str] = []
    page.on("request", lambda request: pressed.append(request.url) if "call_button" in request.url else None)

    # what is typed has to be saved first, and is, without the button
    page.click("button[name=action_archive]")
    page.wait_for_selector(".f-offline:has-text('being upgraded')")
    assert page.locator(".f-notification").count() == 0
    upgrade.is_closed = False
    page.wait_for_selector(".f-notification:has-text('“Retire” was not done')")
    page.wait_for_selector(SAVED)
    look(page, f"button-again-{width}")
    assert call(MODEL, "read", [made[0]], ["name", "active"]) == [
        {"id": made[0], "name": f"Typed before {made[0]}", "active": True}
    ]
    assert pressed == []

    # refused itself, it is offered again, as often as it takes
    upgrade.is_closed = True
    page.click(".f-notification button:has-text('Try again')")
    page.wait_for_selector(".f-offline:has-text('being upgraded')")
    upgrade.is_closed = False
    with page.expect_response(lambda answer: "call_button" in answer.url and answer.ok):
        page.click(".f-notification button:has-text('Try again')")

    page.wait_for_selector(".f-notification:has-text('Retire')", state="detached")
    assert len(pressed) == 2
    assert call(MODEL, "read", [made[0]], ["active"])[0]["active"] is False


def test_a_button_is_not_offered_for_another_record_than_it_was_pressed_for(visit, server, call, tags):
    made, path = tags
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, f"{path}/{made[0]}")
    page.wait_for_selector("button[name=action_archive]")
    upgrade = Upgrade(page)
    pressed: list[str] = []
    page.on("request", lambda request: pressed.append(request.url) if "call_button" in request.url else None)

    page.click("button[name=action_archive]")
    page.wait_for_selector(".f-offline:has-text('being upgraded')")
    page.click(".f-control-buttons button:has-text('New')")
    page.wait_for_selector("h1:text-is('New')")
    upgrade.is_closed = False
    page.wait_for_selector(".f-offline", state="detached")

    assert page.locator(".f-notification").count() == 0
    assert len(pressed) == 1
    assert all(row["active"] for row in call(MODEL, "read", made, ["active"]))


def test_a_button_whose_answer_was_lost_is_said_to_be_perhaps_done(visit, server, tags):
    made, path = tags
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, f"{path}/{made[1]}")
    page.route("**/call_button/**", lambda route: route.abort())

    page.click("button[name=action_archive]")

    page.wait_for_selector(".f-notification:has-text('see whether it was done')")
    assert page.locator(".f-notification button:has-text('Try again')").count() == 1
    # what it was pressed for is out of sight: so is the offer
    page.keyboard.press("Alt+h")
    page.wait_for_selector(".f-apps")
    page.wait_for_selector(".f-notification", state="detached")


def test_a_button_above_a_list_is_offered_for_the_rows_it_was_pressed_for(visit, server, call, tags):
    made, path = tags
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password, path)
    page.click(f"{ROW} >> nth=1 >> input[type=checkbox]")
    page.wait_for_selector(".f-selection:has-text('1 selected')")
    upgrade = Upgrade(page)
    pressed: list[str] = []
    page.on("request", lambda request: pressed.append(request.url) if "call_button" in request.url else None)

    page.click(".f-selection button:has-text('Retire')")
    page.wait_for_selector(".f-offline:has-text('being upgraded')")
    page.click(f"{ROW} >> nth=0 >> input[type=checkbox]")
    page.wait_for_selector(".f-selection:has-text('2 selected')")
    upgrade.is_closed = False
    page.wait_for_selector(".f-notification:has-text('“Retire” was not done')")
    assert len(pressed) == 1
    with page.expect_response(lambda answer: "call_button" in answer.url and answer.ok):
        page.click(".f-notification button:has-text('Try again')")

    page.wait_for_selector(".f-notification:has-text('Retire')", state="detached")
    assert [row["active"] for row in call(MODEL, "read", made, ["active"])] == [True, False, True]
