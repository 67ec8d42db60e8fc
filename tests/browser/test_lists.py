"""Long lists, and lists as one likes them: ten thousand rows, widths and order of columns, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import expect
from .held import Held
from .pictures import look

pytestmark = pytest.mark.browser

COLUMNS = "[...document.querySelectorAll('.f-list thead th[data-key]')].map((th) => th.dataset.key)"
WIDTHS = (
    "Object.fromEntries([...document.querySelectorAll('.f-list thead th[data-key]')]"
    ".map((th) => [th.dataset.key, th.offsetWidth]))"
)
IS_IN_SIGHT = "(row) => row.getBoundingClientRect().top > 0 && row.getBoundingClientRect().bottom < innerHeight + 1"
ROWS = "document.querySelectorAll('.f-list tbody tr[data-id]').length"


@pytest.fixture(scope="module")
def ten_thousand(call: Callable[..., Any]) -> Iterator[str]:
    """So many tags, named in the order they have in the list, before those of other tests; the address of the list."""
    tags = call("res.partner.category", "create", [{"name": f"0 Row {number:05d}"} for number in range(10_050)])
    yield "/odoo/m-res.partner.category"
    call("res.partner.category", "unlink", tags)


def show(page: Any, part: str) -> None:
    page.click(".f-pager button[name=range]")
    page.fill(".f-pager-input", part)
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-pager button[name=range]")


def wait_for_row(page: Any, text: str) -> None:
    page.wait_for_selector(f".f-list tbody tr:has-text('{text}')")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_ten_thousand_rows_scroll_and_only_those_in_sight_are_painted(visit, server, ten_thousand, width, dark):
    seen = visit(width, 900, dark=dark)
    page = seen.log_in(server.login, server.password, ten_thousand)
    wait_for_row(page, "Row 00000")

    show(page, "1-10000")
    page.wait_for_function(
        "document.querySelector('.f-pager-range').innerText.replace(/\\s/g, '') === '1–10,000/10,000+'"
    )
    assert page.evaluate(ROWS) < 150
    height = page.evaluate("document.querySelector('.f-content').scrollHeight")
    page.evaluate("height => { document.querySelector('.f-content').scrollTop = height / 2; }", height)
    wait_for_row(page, "Row 05000")
    look(page, f"long-list-{width}")
    assert height > 10_000 * 20
    assert page.evaluate(ROWS) < 150
    assert seen.complaints == []


def test_a_list_that_becomes_long_is_painted_where_its_reader_is(visit, server, ten_thousand):
    seen = visit()
    page = seen.log_in(server.login, server.password, ten_thousand)
    wait_for_row(page, "Row 00000")
    show(page, "1-200")
    wait_for_row(page, "Row 00199")

    page.evaluate("document.querySelector('.f-content').scrollTop = 5000")
    show(page, "1-10000")
    page.wait_for_selector(".f-list[aria-rowcount='10001']")
    page.wait_for_function(
        """[...document.querySelectorAll('.f-list tbody tr[data-id]')]
            .some((row) => row.getBoundingClientRect().top > 200 && row.getBoundingClientRect().bottom < innerHeight)"""
    )
    assert page.evaluate("document.querySelector('.f-content').scrollTop") > 4000
    assert seen.complaints == []


def scroll_to(page: Any, place: int) -> None:
    page.evaluate("place => { document.querySelector('.f-content').scrollTop = place; }", place)


def focus_to_be_on(page: Any, text: str) -> None:
    page.wait_for_function("text => document.activeElement.closest('tr')?.innerText.includes(text)", arg=text)


def test_the_keyboard_goes_through_a_long_list_from_end_to_end(visit, server, ten_thousand):
    seen = visit()
    page = seen.log_in(server.login, server.password, ten_thousand)
    show(page, "1-10000")
    page.wait_for_selector(".f-list[aria-rowcount='10001']")

    page.locator(".f-list tbody tr[data-id]").first.focus()
    page.keyboard.press("End")
    focus_to_be_on(page, "Row 09999")
    page.wait_for_function(f"({IS_IN_SIGHT})(document.activeElement)")
    page.keyboard.press("ArrowUp")
    focus_to_be_on(page, "Row 09998")
    page.keyboard.press("Home")
    focus_to_be_on(page, "Row 00000")
    page.keyboard.press("PageDown")
    focus_to_be_on(page, "Row 00015")
    page.keyboard.press(" ")
    expect(page.locator(".f-list tr.f-selected")).to_have_attribute("aria-rowindex", "17")
    assert seen.complaints == []


def test_a_row_keeps_the_focus_while_others_are_painted_before_and_behind_it(visit, server, ten_thousand):
    seen = visit()
    page = seen.log_in(server.login, server.password, ten_thousand)
    show(page, "1-10000")
    page.wait_for_selector(".f-list[aria-rowcount='10001']")

    page.locator(".f-list tbody tr[data-id]").nth(5).focus()
    scroll_to(page, 100_000)
    page.locator(".f-list tbody tr:has-text('Row 00000')").wait_for(state="detached")
    scroll_to(page, 0)
    wait_for_row(page, "Row 00000")

    focus_to_be_on(page, "Row 00005")
    assert seen.complaints == []


def test_a_part_is_typed_and_all_are_counted_when_asked(visit, server, call, ten_thousand):
    seen = visit()
    page = seen.log_in(server.login, server.password, ten_thousand)
    wait_for_row(page, "Row 00000")

    show(page, "no range")
    expect(page.locator(".f-pager button[name=range]")).to_have_text("1–80")
    show(page, "101-110")
    wait_for_row(page, "Row 00100")
    page.wait_for_function(f"{ROWS} === 10")
    page.click(".f-pager button[aria-label=Next]")
    wait_for_row(page, "Row 00110")
    page.click(".f-pager button[name=count]")
    page.wait_for_selector(".f-pager-range:not(:has(button[name=count]))")

    total = call("res.partner.category", "search_count", [])
    assert page.inner_text(".f-pager-range").split("/")[1].strip() == f"{total:,}"
    assert seen.complaints == []


def open_contacts(seen: Any, server: Any) -> Any:
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    return page


def test_columns_are_pulled_wider_fitted_moved_and_put_back(visit, server):
    seen = visit()
    page = open_contacts(seen, server)
    before = page.evaluate(WIDTHS)
    order = page.evaluate(COLUMNS)
    edge = page.locator("th[data-key=email] .f-list-edge")

    page.hover("th[data-key=email]")
    box = edge.bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 124, box["y"] + 8, steps=4)
    page.mouse.up()
    page.wait_for_function(f"before => ({WIDTHS}).email > before + 100", arg=before["email"])
    widened = page.evaluate(WIDTHS)
    assert widened["phone"] == before["phone"], "the others keep their width"
    edge.dblclick()
    page.wait_for_function(f"before => ({WIDTHS}).email < before", arg=widened["email"])
    text = "document.querySelector('td[data-name=email]')"
    assert page.evaluate(f"{text}.scrollWidth <= {text}.clientWidth"), "a fitted column cuts nothing"
    page.drag_and_drop("th[data-key=city]", "th[data-key=email]")
    page.wait_for_function(f"({COLUMNS}).indexOf('city') < ({COLUMNS}).indexOf('email')")
    look(page, "columns-moved")
    mine = page.evaluate(f"[{COLUMNS}, {WIDTHS}]")
    page.reload()
    page.wait_for_selector(".f-list tbody tr[data-id]")
    # kept for the next time
    page.wait_for_function(f"mine => JSON.stringify([{COLUMNS}, {WIDTHS}]) === JSON.stringify(mine)", arg=mine)

    page.click("th.f-list-end button")
    look(page, "columns")
    page.click("[role=menuitem]:has-text('Columns as they were')")
    page.wait_for_function(f"order => JSON.stringify({COLUMNS}) === JSON.stringify(order)", arg=order)
    page.wait_for_function(f"before => JSON.stringify({WIDTHS}) === JSON.stringify(before)", arg=before)
    assert seen.complaints == []


def test_columns_are_changed_with_the_keyboard_and_belong_to_their_user(visit, server, call, own):
    seen = visit()
    page = open_contacts(seen, server)
    before = page.evaluate(WIDTHS)

    page.locator("th[data-key=email] button").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"before => ({WIDTHS}).email === before + 16", arg=before["email"])
    page.keyboard.press("Control+ArrowLeft")
    page.wait_for_function(f"({COLUMNS})[0] === 'email'")
    page.wait_for_function("document.activeElement.closest('th')?.dataset.key === 'email'")

    groups = [(4, call("ir.model.data", "check_object_reference", "base", "group_user")[1])]
    ada = {"name": "Ada", "login": f"ada-{own}", "password": "weft and warp", "groups_id": groups}
    user = call("res.users", "create", ada)
    page.goto(f"{seen.url}/web/session/logout")
    seen.log_in(ada["login"], "weft and warp", "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    assert page.evaluate(COLUMNS)[0] == "complete_name", "what another user of this browser chose is not mine"
    call("res.users", "write", [user], {"active": False})
    assert seen.complaints == []


@pytest.fixture
def tags_with_a_button(call: Callable[..., Any]) -> Iterator[str]:
    """Two tags, and a button above the list of tags that asks before it archives those that are selected."""
    (base,) = call("ir.ui.view", "search", [("model", "=", "res.partner.category"), ("type", "=", "list")], limit=1)
    button = '<button name="action_archive" type="object" string="Retire" confirm="Retire these tags?"/>'
    arch = f'<xpath expr="/*" position="inside"><header>{button}</header></xpath>'
    values = {"name": "retire", "model": "res.partner.category", "inherit_id": base, "mode": "extension", "arch": arch}
    view = call("ir.ui.view", "create", values)
    tags = call("res.partner.category", "create", [{"name": f"0 Aged {number}"} for number in range(2)])
    yield "/odoo/m-res.partner.category"
    call("ir.ui.view", "unlink", [view])
    call("res.partner.category", "unlink", tags)


def test_a_button_above_a_list_asks_and_is_for_those_that_are_selected(visit, server, call, tags_with_a_button):
    seen = visit()
    page = seen.log_in(server.login, server.password, tags_with_a_button)
    wait_for_row(page, "0 Aged 1")
    page.locator(".f-list tbody tr:has-text('0 Aged 1')").first.focus()
    page.keyboard.press(" ")

    page.click(".f-selection button:has-text('Retire')")
    page.click("dialog:has-text('Retire these tags?') button:has-text('Cancel')")
    expect(page.locator(".f-selection")).to_have_count(1)
    page.click(".f-selection button:has-text('Retire')")
    page.click("dialog:has-text('Retire these tags?') button:has-text('Continue')")

    page.wait_for_selector(".f-list tbody tr:has-text('0 Aged 1')", state="detached")
    assert call("res.partner.category", "search_count", [("name", "=like", "0 Aged%")]) == 1
    assert seen.complaints == []


def test_rows_are_heard_at_one_place(visit, server, ten_thousand):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def listeners() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "JSEventListeners"))

    before = listeners()
    page.evaluate(
        "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", ten_thousand
    )
    page.wait_for_function("document.querySelectorAll('.f-list tbody tr[data-id]').length === 80")

    assert listeners() - before < 3 * 80
    assert seen.complaints == []


def test_a_press_that_ends_in_another_cell_chooses_no_row(visit, server):
    seen = visit()
    page = open_contacts(seen, server)
    first, second = page.locator(".f-list tbody tr[data-id]").nth(0), page.locator(".f-list tbody tr[data-id]").nth(1)

    email, phone = (first.locator(f"td[data-name={name}]").bounding_box() for name in ("email", "phone"))
    page.mouse.move(email["x"] + email["width"] - 4, email["y"] + 2)
    page.mouse.down()
    page.mouse.move(phone["x"] + 4, phone["y"] + 2, steps=3)
    page.evaluate("addEventListener('click', ({ target }) => { window.pressed = target.tagName; }, { capture: true })")
    page.mouse.up()
    page.wait_for_function("window.pressed === 'TR'")
    second.locator("td.f-list-select").click(position={"x": 2, "y": 2})
    page.wait_for_function("document.querySelector('.f-list tbody tr[data-id] ~ tr.f-selected')")

    expect(page.locator(".f-list tr.f-selected")).to_have_count(1)
    assert seen.complaints == []


def test_views_are_made_ready_before_anybody_opens_one(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))

    page.wait_for_function(
        """async () => {
            const { App } = await import("@odoo/owl");
            const { ListRenderer } = await import("@web/views/list/list_renderer");
            return [...App.apps].some(({ templates }) => ListRenderer.template in templates);
        }"""
    )
    # while the button of the mouse is down the views come already
    page.hover("a.f-app[data-menu-xmlid^=contacts]")
    with page.expect_response("**/get_views"):
        page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(".f-list tbody tr[data-id]")

    assert asked.count("get_views") == 1
    # a cell with nothing but text has nothing but its text
    plain = "[...document.querySelectorAll('.f-list td[data-name=email]')].map((cell) => cell.childNodes.length)"
    assert set(page.evaluate(plain)) == {1}
    assert seen.complaints == []


def test_what_is_typed_in_a_rule_stays_when_the_number_of_records_comes(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    page.click(".f-search-menu > button")
    page.click("button[name=own_filter]")
    page.click("dialog .f-domain button:has-text('Add a rule')")
    rule = page.locator("dialog .f-domain-rule input")
    expect(rule).to_be_visible()
    counts = "**/search_count"
    held = Held(page, counts)
    page.select_option("dialog .f-domain-rule select >> nth=1", "=")
    held.wait()
    rule.focus()
    page.keyboard.type("No such tag")
    with page.expect_response(counts):
        held.let_go()
    page.evaluate("() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")

    expect(rule).to_have_value("No such tag")
    page.click("dialog button[name=apply]")
    page.wait_for_selector(".f-facet:has-text('No such tag')")
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_a_filter_of_ones_own_is_built_of_rules_and_searched_by(visit, server, make, width, dark):
    make("res.partner.category", [{"name": "Own filter A", "color": 3}, {"name": "Own filter B"}])
    seen = visit(width, dark=dark)
    page = seen.log_in(server.login, server.password, "/odoo/m-res.partner.category")
    page.wait_for_selector(".f-list tbody tr[data-id]")

    page.click(".f-search-menu > button")
    page.click("button[name=own_filter]")
    page.click("dialog .f-domain button:has-text('Add a rule')")
    page.select_option("dialog .f-domain-rule select >> nth=0", "name")
    page.fill("dialog .f-domain-rule input", "Own filter A")
    look(page, f"own-filter-{width}")
    page.click("dialog button[name=apply]")

    page.wait_for_selector(".f-facet:has-text('Own filter A')")
    page.wait_for_function(f"{ROWS} === 1")
    page.click(".f-facet button")
    page.wait_for_function(f"{ROWS} > 1")
    assert seen.complaints == []
