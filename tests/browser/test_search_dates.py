"""Searching by days of one's own: from the one to the other, where the user is, and kept where a search is kept."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .accessibility import serious
from .conftest import expect
from .pictures import look

pytestmark = pytest.mark.browser

ROWS = "document.querySelectorAll('.f-list tbody tr[data-id]').length"
FACETS = ".f-facet-values"
SEARCHED = re.compile(r"[?&]search=")
MOMENTS = (
    "2026-03-09 09:59:59",  # 9 March, 23:59:59 in Kiritimati
    "2026-03-09 10:00:00",  # 10 March, its first second there
    "2026-03-11 09:59:59",  # 11 March, its last
    "2026-03-11 10:00:00",
)
SEARCH = """
    <search>
        <field name="name"/><field name="nextcall"/>
        <filter name="when" string="Due" date="nextcall">
            <filter name="hour" string="On the hour" domain="[('name', 'like', '10:00:00')]"/>
        </filter>
    </search>
"""
IN_ZONE = """async ([zone, period, type]) => {
    const { session } = await import("@web/core/session");
    const { rangeOf, within } = await import("@web/views/search/periods");
    session.user_context.tz = zone;
    return within({ name: "when", type }, rangeOf(period));
}"""


@pytest.fixture(scope="module")
def jobs(call: Callable[..., Any]) -> Iterator[tuple[str, str, str]]:
    """Jobs that are due about midnight of a place, somebody who lives there, and the address of the jobs."""
    mark = uuid.uuid4().hex[:8]
    model = call("ir.model", "search", [("model", "=", "res.partner")])[0]
    job = {"model_id": model, "state": "code", "code": "pass", "active": False}
    made = call("ir.cron", "create", [{**job, "name": f"{mark} {moment}", "nextcall": moment} for moment in MOMENTS])
    groups = call("res.groups", "search", [("full_name", "ilike", "settings")])
    person = {"name": mark, "login": mark, "password": f"Long {mark} 9", "tz": "Pacific/Kiritimati"}
    user = call("res.users", "create", {**person, "groups_id": [(4, group) for group in groups]})
    view = call("ir.ui.view", "create", {"name": mark, "model": "ir.cron", "type": "search", "arch": SEARCH})
    rows = call("ir.ui.view", "create", {"name": mark, "model": "ir.cron", "arch": "<list><field name='name'/></list>"})
    action = call(
        "ir.actions.act_window",
        "create",
        {
            "name": mark, "res_model": "ir.cron", "view_mode": "list,form", "search_view_id": view, "view_id": rows,
            "context": "{'active_test': False}", "domain": f"[('id', 'in', {made})]",
        },
    )  # fmt: skip
    yield mark, f"Long {mark} 9", f"/odoo/action-{action}"
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", [view, rows])
    call("ir.cron", "unlink", made)
    call("res.users", "write", [user], {"active": False})


def searched(page: Any) -> Any:
    """What the address of the page says of the search, once it says something."""
    expect(page).to_have_url(SEARCHED)
    return json.loads(parse_qs(urlsplit(page.url).query)["search"][0])


def open_range(page: Any) -> None:
    """The dialog of two days, by the keyboard alone."""
    page.focus(".f-search-menu > button")
    page.keyboard.press("ArrowDown")
    # the first of the choices takes the focus once the list is painted
    page.wait_for_function("document.activeElement.closest('.f-search-columns')")
    focused = "document.activeElement.classList.contains('f-search-own')"
    for _ in range(20):
        page.keyboard.press("ArrowDown")
        if page.evaluate(focused):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog input[type=date]")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_days_of_ones_own_are_whole_days_where_one_is_and_outlive_a_reload(visit, jobs, width, dark):
    login, password, path = jobs
    seen = visit(width, dark=dark)
    page = seen.log_in(login, password, path)
    page.wait_for_function(f"{ROWS} === 4")

    open_range(page)
    page.fill("dialog input >> nth=0", "2026-03-12")
    page.fill("dialog input >> nth=1", "2026-03-11")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog [role=alert]:has-text('before the first')")
    look(page, f"search-range-{width}")
    assert serious(page) == []
    page.fill("dialog input >> nth=0", "2026-03-10")
    page.keyboard.press("Enter")

    page.wait_for_function(f"{ROWS} === 2")
    expect(page.locator(FACETS)).to_have_text(["Due: 03/10/2026 to 03/11/2026"])
    assert searched(page) == [["dateFilter", "when", "2026-03-10..2026-03-11"]]
    page.reload()
    page.wait_for_selector(".f-facet")
    page.wait_for_function(f"{ROWS} === 2")

    # an open end, beside the first: either is found
    open_range(page)
    page.fill("dialog input >> nth=0", "2026-03-12")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{ROWS} === 3")
    expect(page.locator(FACETS)).to_have_text(["Due: 03/10/2026 to 03/11/2026 or from 03/12/2026"])
    look(page, f"search-range-chosen-{width}")
    page.click(".f-facet button")
    page.wait_for_function(f"{ROWS} === 4")
    expect(page).not_to_have_url(SEARCHED)

    # what a view has in place of a period excludes the periods, and they exclude it
    page.click(".f-search-menu > button")
    page.get_by_role("checkbox", name="On the hour").click()
    page.wait_for_function(f"{ROWS} === 2")
    look(page, f"search-periods-{width}")
    page.get_by_role("checkbox", name="Q3").click()
    expect(page.locator(FACETS)).to_have_text([re.compile("Due: Q3 20..")])
    page.get_by_role("checkbox", name="Last year").click()
    expect(page.locator(FACETS)).to_have_text([re.compile("Due: Q3 20..")])
    page.get_by_role("checkbox", name="On the hour").click()
    expect(page.locator(FACETS)).to_have_text(["Due: On the hour"])
    assert searched(page) == [["dateFilter", "when", "custom_hour"]]
    page.keyboard.press("Escape")
    page.click(".f-facet button")
    page.wait_for_function(f"{ROWS} === 4")

    # a day that is typed is whole, too, in the order of the language
    page.fill(".f-search-input", "03/10/2026")
    page.click(".f-autocomplete-choice:has-text('03/10/2026') >> nth=-1")
    page.wait_for_function(f"{ROWS} === 1")
    assert seen.complaints == []


def test_a_favourite_keeps_days_of_ones_own_and_a_search_comes_back_with_back(visit, jobs):
    login, password, path = jobs
    seen = visit()
    page = seen.log_in(login, password, path)
    page.wait_for_function(f"{ROWS} === 4")
    open_range(page)
    page.fill("dialog input >> nth=1", "2026-03-09")
    page.click("dialog button[name=apply]")
    page.wait_for_function(f"{ROWS} === 1")
    expect(page.locator(FACETS)).to_have_text(["Due: until 03/09/2026"])

    name = f"Early {uuid.uuid4().hex[:6]}"
    page.click(".f-search-menu > button")
    page.fill(".f-favorite-form input[type=text]", name)
    with page.expect_response("**/create_or_replace"):
        page.click(".f-favorite-form button")
    page.click(".f-facet button")
    page.wait_for_function(f"{ROWS} === 4")
    page.click(".f-search-menu > button")
    page.get_by_role("checkbox", name=name).click()
    page.wait_for_function(f"{ROWS} === 1")
    page.keyboard.press("Escape")
    assert [part[0] for part in searched(page)] == ["favorite"]

    page.click(".f-list tbody tr[data-id] td[data-name=name]")
    page.wait_for_selector(".f-form")
    expect(page).not_to_have_url(SEARCHED)
    page.go_back()
    page.wait_for_function(f"{ROWS} === 1")
    expect(page.locator(FACETS)).to_have_text([name])
    assert seen.complaints == []


def test_a_search_names_the_records_that_it_begins_with(visit, jobs, call, make, own):
    login, password, _path = jobs
    (user,) = call("res.users", "search", [("login", "=", login)])
    context = f"{{'search_default_user_id': [{user}, 2], 'search_default_interval_type': 'days'}}"
    view = {"name": own, "model": "ir.cron", "type": "search"}
    arch = "<search><field name='user_id' string='For'/><field name='interval_type' string='Every'/></search>"
    search = make("ir.ui.view", {**view, "arch": arch})
    action = {"name": own, "res_model": "ir.cron", "view_mode": "list", "search_view_id": search, "context": context}
    seen = visit()
    page = seen.log_in(login, password, f"/odoo/action-{make('ir.actions.act_window', action)}")

    (name,) = call("res.users", "read", [2], ["display_name"])
    expect(page.locator(FACETS)).to_have_text([f"{login} or {name['display_name']}", "Days"])
    expect(page).not_to_have_url(SEARCHED)
    page.click(".f-facet button >> nth=1")
    assert searched(page) == [["field", "user_id", user, "", "="], ["field", "user_id", 2, "", "="]]
    page.reload()
    expect(page.locator(FACETS)).to_have_text([f"{login} or {name['display_name']}"])


def test_a_search_that_an_address_cannot_mean_is_left_out(visit, jobs):
    login, password, path = jobs
    seen = visit()
    page = seen.log_in(login, password, "/odoo")
    good = ["own", "[('name', 'like', '10:00:00')]", "On the hour"]
    bad = [
        ["own", "[('name',", "x"],
        ["own", "unknown", "x"],
        ["filter", "gone"],
        ["dateFilter", "when", "soon"],
        ["by", "gone"],
        5,
    ]

    bad += [["field", "nextcall", "soon", "x"], ["field", "name", "x", "x", "is"], ["field", "name", {}, "x"]]

    page.goto(f"{seen.url}{path}?search={json.dumps([*bad, good])}")

    page.wait_for_function(f"{ROWS} === 2")
    expect(page.locator(FACETS)).to_have_text(["On the hour"])
    page.goto(f"{seen.url}{path}?search=%5B")
    page.wait_for_function(f"{ROWS} === 4")
    assert seen.complaints == []


def test_a_day_is_as_long_as_the_clocks_make_it(visit, server):
    page = visit().log_in(server.login, server.password)

    def hours(zone: str, period: str) -> float:
        _and, (_, _, start), (_, _, end) = page.evaluate(IN_ZONE, [zone, period, "datetime"])
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600

    with_a_dot = """async () => {
        const { locale } = await import("@web/core/i18n");
        const { parseDay } = await import("@web/core/formats");
        locale.dateFormat = "%Y.%m.%d.";
        return parseDay("2026.03.29.");
    }"""
    assert page.evaluate(with_a_dot) == "2026-03-29"
    assert hours("Europe/Berlin", "2026-03-29..2026-03-29") == 23
    assert hours("Europe/Berlin", "2026-10-25..2026-10-25") == 25
    assert hours("Asia/Kolkata", "today") == 24
    assert page.evaluate(IN_ZONE, ["Asia/Kolkata", "2026-03-01..", "datetime"]) == [
        ["when", ">=", "2026-02-28 18:30:00"]
    ]
    assert page.evaluate(IN_ZONE, ["Asia/Kolkata", "..2026-03-01", "date"]) == [["when", "<", "2026-03-02"]]
