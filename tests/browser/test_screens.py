"""What comes over the wire first, times beside each other, what developers see, documents before they are printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from .accessibility import serious
from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

FIRST_LOAD_BYTES = 350_000
FIRST_LOAD_REQUESTS = 40
SEARCH = "<search><filter name='when' string='Day' date='name'/></search>"


def sent(request: Any) -> int:
    """Bytes of an answer on the wire."""
    sizes = request.sizes()
    return int(sizes["responseHeadersSize"] + sizes["responseBodySize"])


def test_the_first_load_is_small_and_a_list_asks_for_its_data_once(visit, server):
    seen = visit(first=True)
    answers: list[Any] = []
    seen.page.on("requestfinished", lambda request: answers.append(request))
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")
    page.wait_for_load_state("networkidle")
    seen.rest()

    assert sum(map(sent, answers)) < FIRST_LOAD_BYTES
    assert len(answers) < FIRST_LOAD_REQUESTS

    def asked() -> list[str]:
        """What was asked of models while the list of contacts was opened."""
        answers.clear()
        page.click("a.f-app[data-menu-xmlid^=contacts]")
        page.wait_for_selector(".f-list tbody tr[data-id], .f-card")
        seen.rest()
        return [request.url.rpartition("/")[2] for request in answers if "/call_kw/" in request.url]

    assert asked() == ["get_views", "web_search_read"]
    page.click(".f-nav-apps")
    page.wait_for_selector(".f-apps")
    assert asked() == ["web_search_read"]


def test_who_looks_for_a_fault_gets_each_file_by_itself(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    urls: list[str] = []
    page.on("requestfinished", lambda request: urls.append(request.url))

    seen.go("/odoo?debug=assets")
    page.wait_for_selector(".f-apps")
    seen.rest()

    assert [url for url in urls if "/web/static/src/core/registry.js?v=" in url]
    assert not [url for url in urls if ".joined." in url]
    seen.go("/odoo?debug=")
    page.wait_for_selector(".f-apps")
    assert seen.complaints == []


@pytest.fixture
def rates(call: Callable[..., Any]) -> Iterator[str]:
    """Three rates of this month, two of the one before, of two currencies; the address of their numbers."""
    now = date.today().replace(day=1)
    before = (now - timedelta(days=1)).replace(day=1)
    currencies = call("res.currency", "create", [{"name": name, "symbol": name} for name in ("QQA", "QQB")])
    days = [(now, 0), (now, 1), (now + timedelta(days=1), 0), (before, 0), (before + timedelta(days=1), 0)]
    values = [{"name": str(day), "currency_id": currencies[place], "rate": 2.0} for day, place in days]
    call("res.currency.rate", "create", values)
    views = [
        call("ir.ui.view", "create", {"name": "times", "model": "res.currency.rate", "type": kind, "arch": arch})
        for kind, arch in {
            "search": SEARCH,
            "graph": "<graph><field name='currency_id'/></graph>",
            "pivot": "<pivot><field name='name' interval='month' type='row'/></pivot>",
        }.items()
    ]
    shown = [
        (0, 0, {"view_id": view, "view_mode": kind}) for kind, view in zip(("graph", "pivot"), views[1:], strict=True)
    ]
    action = call(
        "ir.actions.act_window",
        "create",
        {
            "name": "Rates", "res_model": "res.currency.rate", "view_mode": "graph,pivot", "view_ids": shown,
            "search_view_id": views[0], "context": "{'search_default_when': 1}",
            "domain": f"[('currency_id', 'in', {currencies})]",
        },
    )  # fmt: skip
    yield f"/odoo/action-{action}"
    call("res.currency.rate", "unlink", call("res.currency.rate", "search", [("currency_id", "in", currencies)]))
    call("res.currency", "unlink", currencies)
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", views)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_two_times_stand_beside_each_other(visit, server, rates, own, width, dark):
    seen = visit(width, dark=dark)
    page = seen.log_in(server.login, server.password, rates)
    page.wait_for_selector(".f-graph-shape")

    page.click(".f-search-menu > button")
    page.get_by_role("checkbox", name="Previous period").click()
    page.wait_for_selector(".f-graph-legend")
    page.keyboard.press("Escape")

    expect(page.locator(".f-graph-legend button")).to_have_text(["Count (This month)", "Count (Previous period)"])
    page.click(".f-graph-numbers summary")
    cells = (
        "[...document.querySelectorAll('.f-graph-numbers tbody tr')].map((tr) => [...tr.cells].map((c) => c.innerText))"
    )
    both = [["QQA", "2", "2"], ["QQB", "1", ""]]
    page.wait_for_function(f"both => JSON.stringify({cells}) === JSON.stringify(both)", arg=both)
    if width > 1000:
        picture(page, "comparison")
    look(page, f"comparison-graph-{width}")
    assert serious(page) == []

    # a favourite keeps the time and what stands beside it
    page.click(".f-search-menu > button")
    page.fill(".f-favorite-form input[type=text]", f"Beside {own}")
    with page.expect_response("**/create_or_replace"):
        page.click(".f-favorite-form button")
    page.click(".f-facet-comparison button")
    page.wait_for_selector(".f-facet-comparison", state="detached")
    page.click(".f-search-menu > button")
    page.get_by_role("checkbox", name=f"Beside {own}").click()
    page.wait_for_selector(".f-facet-comparison")
    page.keyboard.press("Escape")
    page.wait_for_function(f"both => JSON.stringify({cells}) === JSON.stringify(both)", arg=both)

    page.click(".f-switch-view button[aria-label='Pivot table']")
    page.wait_for_selector(".f-pivot-table")
    cells = (
        "[...document.querySelectorAll('.f-pivot-table tbody tr')]"
        ".map((tr) => [...tr.cells].slice(1).map((cell) => cell.innerText))"
    )
    both = [["3", "2", "+50.0 %"], ["3", "2", "+50.0 %"]]
    page.wait_for_function(f"both => JSON.stringify({cells}) === JSON.stringify(both)", arg=both)
    look(page, f"comparison-pivot-{width}")
    page.click(".f-facet-comparison button")
    page.wait_for_function(f"JSON.stringify({cells}) === JSON.stringify([['3'], ['3']])")
    assert seen.complaints == []


@pytest.fixture
def form(call: Callable[..., Any]) -> Iterator[str]:
    """The address of a form whose view is ours to change."""
    arch = "<form>\n    <group>\n        <field name='name'/>\n    </group>\n</form>"
    view = call("ir.ui.view", "create", {"name": "source", "model": "res.partner.category", "arch": arch})
    tag = call("res.partner.category", "create", {"name": "A tag"})
    values = {"name": "Tags", "res_model": "res.partner.category", "view_mode": "form", "view_id": view, "res_id": tag}
    action = call("ir.actions.act_window", "create", values)
    yield f"/odoo/action-{action}/{tag}"
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", call("ir.ui.view", "search", [("inherit_id", "=", view)]))
    call("ir.ui.view", "unlink", [view])
    call("res.partner.category", "unlink", [tag])


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_developers_see_what_a_field_is_and_write_the_view_where_they_see_it(visit, server, form, width, dark):
    seen = visit(width, dark=dark)
    page = seen.log_in(server.login, server.password)
    seen.go(f"{form}?debug=1")
    page.wait_for_selector(".f-field[data-name=name] .f-technical-toggle")

    page.focus(".f-field[data-name=name] .f-technical-toggle")
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-technical-facts dt")
    facts = dict(
        zip(
            page.locator(".f-technical-facts dt").all_inner_texts(),
            page.locator(".f-technical-facts dd").all_inner_texts(),
            strict=True,
        )
    )
    assert (facts["Field"], facts["Model"], facts["Type"]) == ("name", "res.partner.category", "char")
    look(page, f"field-technical-{width}")
    assert serious(page) == []
    page.keyboard.press("Escape")

    page.click(".f-navbar button[aria-label='Debug mode']")
    page.get_by_role("menuitem", name="Source of the view").click()
    page.wait_for_selector(".f-dialog .cm-content")
    page.locator(".f-dialog .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("<form>\n    <group>\n        <field name='nmae'/>\n    </group>\n</form>")
    page.click(".f-dialog button[name=save]")
    expect(page.locator(".f-dialog [role=alert]")).to_have_text(re.compile("^Line 3:.*nmae"))
    look(page, f"view-editor-{width}")
    assert serious(page) == []
    page.locator(".f-dialog .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(
        "<form>\n    <group>\n        <field name='name'/><field name='color'/>\n    </group>\n</form>"
    )
    page.click(".f-dialog button[name=save]")
    page.wait_for_selector(".f-field[data-name=color]")

    page.click(".f-navbar button[aria-label='Debug mode']")
    page.get_by_role("menuitem", name="Leave debug mode").click()
    page.wait_for_selector(".f-technical", state="detached")
    page.wait_for_selector(".f-field[data-name=color]")
    assert seen.complaints == []


def test_the_about_box_names_version_and_licence(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)

    page.click(".f-navbar button[aria-label='Your account']")
    page.get_by_role("menuitem", name="About").click()

    page.wait_for_selector(".f-dialog .f-technical-facts")
    expect(page.locator(".f-dialog")).to_contain_text("LGPL-3.0")
    expect(page.locator(".f-dialog")).to_contain_text(server.database)
    look(page, "about")
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_a_document_is_looked_at_before_it_becomes_pdf(visit, server, width, dark):
    seen = visit(width, dark=dark)
    page = seen.log_in(server.login, server.password, "/odoo/contacts/1")
    page.wait_for_selector(".f-sheet")

    page.click(".f-control-buttons button[aria-label=Actions], .f-control-buttons button[title=Actions]")
    page.get_by_role("menuitem", name="Contact sheet").click()
    page.wait_for_selector(".f-dialog button[name=print]:not([disabled])")

    document = page.frame_locator("iframe.f-preview")
    document.locator(".page").first.wait_for()
    if width > 1000:
        picture(page, "preview")
    look(page, f"preview-{width}")
    assert serious(page) == []
    with (
        page.context.expect_page() as opened,
        page.context.expect_event("response", lambda r: "/report/pdf/" in r.url) as answer,
    ):
        page.click(".f-dialog a[name=pdf]")
    assert answer.value.headers["content-type"] == "application/pdf"
    opened.value.close()
    page.click(".f-dialog button[name=close]")
    page.wait_for_selector("iframe.f-preview", state="detached")
    assert seen.complaints == []
