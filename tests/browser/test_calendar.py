"""Events in a calendar, in a real browser: seen, moved, stretched, made, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

FIELDS = [
    ("x_name", "Name", "char"),
    ("x_start", "Begins", "datetime"),
    ("x_stop", "Ends", "datetime"),
    ("x_whole_day", "Whole day", "boolean"),
]
ARCH = """
    <calendar date_start="x_start" date_stop="x_stop" all_day="x_whole_day" color="x_partner_id" mode="week">
        <field name="x_partner_id"/>
    </calendar>
"""
IN_DIALOG = """
    <calendar date_start="x_start" date_stop="x_stop" event_open_popup="1" hide_time="1" event_limit="1" mode="month">
        <field name="x_partner_id" filters="1"/>
    </calendar>
"""
EVENTS = [
    ("Cloth fair", "2026-03-02 09:00:00", "2026-03-02 11:00:00", False),
    ("Guild of dyers", "2026-03-03 13:00:00", "2026-03-03 14:00:00", False),
    ("Harbour", "2026-03-03 13:30:00", "2026-03-03 15:00:00", False),
    ("Venice", "2026-03-04 00:00:00", "2026-03-06 00:00:00", True),
]


@pytest.fixture(scope="module")
def visits(call: Callable[..., Any]) -> Iterator[str]:
    """A model of visits with a calendar, and its address."""
    partner = {"name": "x_partner_id", "field_description": "With", "ttype": "many2one", "relation": "res.partner"}
    fields = [{"name": name, "field_description": label, "ttype": kind} for name, label, kind in FIELDS]
    commands = [(0, 0, values) for values in [*fields, partner]]
    model = call("ir.model", "create", {"name": "Visit", "model": "x_visit", "field_id": commands})
    rights = {f"perm_{kind}": True for kind in ("read", "write", "create", "unlink")}
    call("ir.model.access", "create", {"name": "visits", "model_id": model, "group_id": False, **rights})
    view = call("ir.ui.view", "create", {"name": "visits", "model": "x_visit", "type": "calendar", "arch": ARCH})
    action = call("ir.actions.act_window", "create", {
        "name": "Visits", "res_model": "x_visit", "view_mode": "calendar,list,form", "path": "visits",
        "context": "{'initial_date': '2026-03-04'}",
    })  # fmt: skip
    yield "/odoo/visits"
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", [view])
    call("ir.model", "unlink", [model])


@pytest.fixture
def events(call: Callable[..., Any], visits: str) -> Iterator[Callable[[str], list[Any]]]:
    """events(name): beginning and end of one event, of a fresh set for each test."""
    partners = call("res.partner", "search", [("is_company", "=", True)], limit=3, order="id")
    for number, (name, start, stop, whole_day) in enumerate(EVENTS):
        call("x_visit", "create", {
            "x_name": name, "x_start": start, "x_stop": stop, "x_whole_day": whole_day,
            "x_partner_id": partners[number % len(partners)],
        })  # fmt: skip

    def times(name: str) -> list[Any]:
        rows = call("x_visit", "search_read", [("x_name", "=", name)], ["x_start", "x_stop"])
        return [(row["x_start"][:16], row["x_stop"][:16]) for row in rows]

    yield times
    call("x_visit", "unlink", call("x_visit", "search", []))


def open_calendar(seen: Any, server: Any, path: str) -> Any:
    page = seen.log_in(server.login, server.password, path)
    page.wait_for_selector(".f-calendar [data-event]")
    return page


def drag(page: Any, source: Any, by: tuple[float, float]) -> None:
    box = source.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0] / 2, y + by[1] / 2, steps=4)
    page.mouse.move(x + by[0], y + by[1], steps=4)
    page.mouse.up()


def test_an_event_is_dragged_to_another_day_and_back_by_undo(visit, server, visits, events):
    seen = visit()
    page = open_calendar(seen, server, visits)
    picture(page, "calendar")
    width = page.locator(".fc-timegrid-col[data-date='2026-03-02']").bounding_box()["width"]

    drag(page, page.locator("[data-event]:has-text('Cloth fair')"), (width, 0))
    page.wait_for_selector(".f-notification:has-text('Cloth fair')")
    moved = events("Cloth fair")
    page.click(".f-notification button:has-text('Undo')")
    page.wait_for_selector(".fc-timegrid-col[data-date='2026-03-02'] [data-event]:has-text('Cloth fair')")

    assert moved == [("2026-03-03 09:00", "2026-03-03 11:00")]
    assert events("Cloth fair") == [("2026-03-02 09:00", "2026-03-02 11:00")]
    assert seen.complaints == []


def test_an_event_is_stretched_by_its_edge(visit, server, visits, events):
    seen = visit()
    page = open_calendar(seen, server, visits)
    event = page.locator("[data-event]:has-text('Cloth fair')")
    height = event.bounding_box()["height"]

    event.hover()
    drag(page, event.locator(".fc-event-resizer-end"), (0, height / 2))
    page.wait_for_selector(".f-notification:has-text('Cloth fair')")

    assert events("Cloth fair") == [("2026-03-02 09:00", "2026-03-02 12:00")]
    assert seen.complaints == []


def test_the_keyboard_moves_and_stretches_an_event_and_keeps_it_in_focus(visit, server, visits, events):
    seen = visit()
    page = open_calendar(seen, server, visits)

    page.focus("[data-event]:has-text('Guild of dyers')")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector(".fc-timegrid-col[data-date='2026-03-04'] [data-event]:has-text('Guild')")
    page.wait_for_function("document.activeElement.textContent.includes('Guild of dyers')")
    page.keyboard.press("Control+Shift+ArrowDown")
    page.wait_for_selector("[data-event]:has-text('2:30')")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog:has-text('Guild of dyers')")
    look(page, "calendar-event")
    page.click("dialog button:has-text('Open')")
    page.wait_for_selector(".f-form-view")

    assert events("Guild of dyers") == [("2026-03-04 13:00", "2026-03-04 14:30")]
    page.click(".f-breadcrumbs a")
    page.wait_for_selector(".f-calendar [data-event]")
    assert seen.complaints == []


def test_an_event_is_made_by_its_name_on_a_day_of_the_month(visit, server, visits, events):
    seen = visit()
    page = open_calendar(seen, server, visits)

    page.click("[data-scale=month]")
    page.click(".fc-daygrid-day[data-date='2026-03-19']")
    page.fill("dialog input[name=name]", "Spice market")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fc-daygrid-day[data-date='2026-03-19'] [data-event]:has-text('Spice market')")

    assert events("Spice market") == [("2026-03-19 00:00", "2026-03-19 00:00")]
    assert seen.complaints == []


def test_a_colour_is_hidden_and_the_search_narrows_what_is_seen(visit, server, visits, events):
    seen = visit()
    page = open_calendar(seen, server, visits)
    expect(page.locator("[data-event]")).to_have_count(4)

    page.click(".f-calendar-groups button >> nth=0")
    page.wait_for_selector(".f-calendar-groups [aria-pressed=false]")
    expect(page.locator("[data-event]")).not_to_have_count(4)
    assert page.locator("[data-event]").count() < 4
    page.click(".f-calendar-groups button >> nth=0")
    page.fill(".f-search-input", "Harbour")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.f-calendar [data-event]').length === 1")

    assert seen.complaints == []


def test_a_calendar_opens_events_above_itself_and_shows_what_its_view_wants(visit, server, visits, events, action):
    seen = visit()
    form = "<form><group><field name='x_name' default_focus='1'/></group></form>"
    archs = {"calendar": IN_DIALOG, "form": form}
    page = open_calendar(seen, server, action("x_visit", archs, context="{'initial_date': '2026-03-04'}"))

    expect(page.locator(".fc-daygrid-more-link")).to_have_text("1 more")
    expect(page.locator(".f-calendar .fc-event-time")).to_have_count(0)
    page.locator("[data-event]", has_text="Cloth fair").click()
    expect(page.locator("dialog .f-event-when")).to_have_text("03/02/2026")
    page.click("dialog button:has-text('Open')")
    expect(page.locator("dialog [data-name=x_name] input")).to_have_value("Cloth fair")
    page.keyboard.press("Escape")
    values = page.locator(".f-calendar-filter button")
    expect(values).to_have_count(3)
    for value in values.all():
        value.click()
    expect(page.locator("[data-event]")).to_have_count(0)
    values.nth(0).click()
    page.click("[data-scale=year]")
    expect(page.locator("[data-event]").first).to_be_attached()
    expect(page.locator(".f-calendar-bar h2")).to_have_text("2026")
    expect(page.locator(".fc-multimonth-month")).to_have_count(12)
    look(page, "calendar-year")
    page.click("[data-scale=month]")
    page.click(".f-control-buttons button:has-text('New')")
    page.click("dialog button:has-text('More fields')")
    expect(page.locator("dialog [data-name=x_name] input")).to_be_focused()
    assert seen.complaints == []


def test_a_phone_begins_with_the_agenda(visit, server, visits, events):
    seen = visit(390, 844, dark=True)
    page = open_calendar(seen, server, visits)
    look(page, "calendar-dark-phone")

    expect(page.locator("[data-scale=agenda]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".fc-list-event").nth(3)).to_be_attached()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert seen.complaints == []
