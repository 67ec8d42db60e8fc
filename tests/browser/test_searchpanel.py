"""What a search view offers beside the records: one value chosen, or several, of fields that it names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .accessibility import serious
from .conftest import expect
from .pictures import look

pytestmark = pytest.mark.browser

SEARCH = """
    <search>
        <field name="name"/>
        <searchpanel>
            <field name="categ_id" icon="fa-sitemap" color="#b03a6b" enable_counters="1"/>
            <field name="type" select="multi" string="Kind of product" enable_counters="1" icon="fa-filter"/>
            <field name="uom_id" select="multi" groupby="category_id"/>
            <field name="company_id" invisible="not context.get('alone')"/>
        </searchpanel>
    </search>
"""
LIST = "<list><field name='name'/><field name='categ_id'/></list>"
VIEWS = ("list", "kanban", "graph", "form")
ROWS = ".f-list tbody tr[data-id] td[data-name=name]"


@pytest.fixture(scope="module")
def stock(call: Callable[..., Any]) -> Iterator[tuple[str, dict[str, int]]]:
    """Products in a tree of categories, in two units; the address of their list, and the ids of the categories."""
    ids: dict[str, int] = {}
    for name, parent in (("Boats", ""), ("Sails", "Boats"), ("Jibs", "Sails"), ("Ropes", ""), ("Empty", "")):
        ids[name] = call("product.category", "create", {"name": name, "parent_id": ids.get(parent, False)})
    units = dict.fromkeys(("Units", "kg"), 0)
    for name in units:
        (units[name],) = call("uom.uom", "search", [("name", "=", name)])
    products = [
        ("Dinghy", "Boats", "consu", "Units"),
        ("Mainsail", "Sails", "consu", "Units"),
        ("Jib", "Jibs", "consu", "Units"),
        ("Mending", "Sails", "service", "Units"),
        ("Sheet", "Ropes", "consu", "kg"),
    ]
    made = call(
        "product.template",
        "create",
        [
            {"name": name, "categ_id": ids[category], "type": kind, "uom_id": units[unit], "uom_po_id": units[unit]}
            for name, category, kind, unit in products
        ],
    )
    view = {"name": "beside", "model": "product.template"}
    search = call("ir.ui.view", "create", {**view, "type": "search", "arch": SEARCH})
    rows = call("ir.ui.view", "create", {**view, "arch": LIST})
    modes = [{"view_mode": mode, "view_id": rows if mode == "list" else False} for mode in VIEWS]
    action = call(
        "ir.actions.act_window",
        "create",
        {
            "name": "Stock of the chandler",
            "res_model": "product.template",
            "view_mode": ",".join(VIEWS),
            "view_ids": [(0, 0, mode) for mode in modes],
            "search_view_id": search,
            "domain": f"[('id', 'in', {made})]",
            "context": f"{{'searchpanel_default_categ_id': {ids['Sails']}}}",
        },
    )
    yield f"/odoo/action-{action}", ids
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", [search, rows])
    call("product.template", "unlink", made)
    call("product.category", "unlink", list(ids.values()))


def chosen(page: Any) -> Any:
    """What the address of the page says is chosen beside the records."""
    parts = json.loads(parse_qs(urlsplit(page.url).query)["search"][0])
    return {name: value for kind, name, value in parts if kind == "panel"}


def value(page: Any, name: str) -> Any:
    return page.locator(f".f-searchpanel .f-searchpanel-value:has-text('{name}')")


def test_one_value_and_several_are_chosen_beside_a_list_and_stay_so(visit, server, stock):
    path, ids = stock
    seen = visit()
    page = seen.log_in(server.login, server.password, path)
    rows = page.locator(ROWS)
    # what the context chooses is open in the tree, and the records below it are there too
    expect(rows).to_have_text(["Jib", "Mainsail", "Mending"])
    expect(page.locator(".f-searchpanel legend")).to_have_text(
        ["Product Category", "Kind of product", "Unit of Measure"]
    )
    expect(page.locator("[data-name=categ_id] .f-searchpanel-value")).to_have_text(
        ["All", "Boats4", "Sails3", "Ropes1"]
    )
    expect(page.locator("[data-name=type] .f-searchpanel-value")).to_have_text(["Goods2", "Service1"])
    look(page, "searchpanel-1440-light")
    assert serious(page) == []
    value(page, "Service").click()
    expect(rows).to_have_text(["Mending"])
    page.fill(".f-search-input", "Dinghy")
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-nothing:has-text('Take a filter away')")
    expect(value(page, "Sails")).to_have_text("Sails")
    page.click(".f-facet button")
    expect(rows).to_have_text(["Mending"])

    # up and down, another is chosen; along the line, a branch opens
    value(page, "Service").click()
    expect(rows).to_have_count(3)
    page.wait_for_selector("[data-name=categ_id] [aria-label='Below Sails']")
    page.focus("[data-name=categ_id] input:checked")
    page.keyboard.press("ArrowRight")
    expect(value(page, "Jibs")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(value(page, "Jibs").locator("input")).to_be_checked()
    expect(rows).to_have_text(["Jib"])
    page.reload()
    expect(value(page, "Jibs").locator("input")).to_be_checked()
    expect(rows).to_have_text(["Jib"])
    assert chosen(page) == {"categ_id": ids["Jibs"]}

    # beside cards too; a graph has the whole, and back in the list the choice is what it was
    value(page, "All").click()
    value(page, "kg").click()
    expect(rows).to_have_text(["Sheet"])
    page.click(".f-switch-view button[aria-label=Graph]")
    page.wait_for_selector(".f-graph-shape")
    expect(page.locator(".f-searchpanel")).to_have_count(0)
    page.click(".f-switch-view button[aria-label=Cards]")
    expect(page.locator(".f-card")).to_have_count(1)
    expect(value(page, "kg").locator("input")).to_be_checked()
    look(page, "searchpanel-cards-1440-light")
    page.click(".f-searchpanel-fold")
    expect(page.locator(".f-searchpanel-folded")).to_have_text("kg")
    look(page, "searchpanel-folded-1440-light")
    page.click(".f-switch-view button[aria-label=List]")
    expect(rows).to_have_text(["Sheet"])
    expect(page.locator(".f-searchpanel-section")).to_have_count(0)
    assert seen.complaints == []


def test_on_a_phone_a_button_says_what_is_chosen_and_opens_the_rest(visit, server, stock):
    path, _ids = stock
    seen = visit(390, dark=True, touch=True)
    page = seen.log_in(server.login, server.password, f"{path}?view_type=list")
    rows = page.locator(ROWS)
    expect(rows).to_have_text(["Jib", "Mainsail", "Mending"])
    expect(page.locator(".f-searchpanel-open")).to_have_text("Sails")
    look(page, "searchpanel-390-dark")

    page.click(".f-searchpanel-open")
    page.locator("dialog .f-searchpanel-value:has-text('Ropes')").click()
    expect(page.locator("dialog .f-searchpanel-value:has-text('Ropes') input")).to_be_checked()
    look(page, "searchpanel-sheet-390-dark")
    assert serious(page) == []
    page.click("dialog button:has-text('Show records')")

    expect(rows).to_have_text(["Sheet"])
    expect(page.locator(".f-searchpanel-open")).to_have_text("Ropes")
    assert seen.complaints == []
