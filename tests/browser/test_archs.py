"""What views may say of lists and cards and seldom do: buttons on heads of groups, below lines, in one column."""

from __future__ import annotations

import re

import pytest

from .accessibility import serious
from .conftest import expect
from .pictures import look

pytestmark = pytest.mark.browser

GROUPED = """
<list default_group_by="industry_id"><field name="name"/><field name="color" sum="Colours"/>
    <groupby name="industry_id"><field name="full_name"/>
        <button name="edit" type="edit" string="Open" icon="fa-pencil"/>
        <button name="action_archive" type="object" string="Retire" invisible="not full_name"/>
    </groupby>
</list>"""
TELL = """action = {"type": "ir.actions.client", "tag": "display_notification", "params": {
    "title": "Told", "message": "Look at %s.", "type": "warning", "sticky": True,
    "links": [{"label": "<that>", "url": "/odoo/contacts"}],
    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
}}"""
LINES = """
<form><field name="name"/><field name="bank_ids" mode="kanban">
    <kanban><field name="acc_number"/><control>
        <create string="Add an account"/>
        <create string="Add one of mine" context="{'default_acc_number': parent.name + ' Z'}"/>
        <create string="Not here" invisible="parent.name"/>
        <button name="action_archive" type="object" string="Archive none"/><delete invisible="acc_number == 'Kept'"/>
    </control><templates><t t-name="card">
        <field name="acc_number"/><a t-if="widget.deletable" type="delete">Remove</a>
    </t></templates></kanban>
    <form><field name="acc_number"/></form>
</field><field name="category_id" widget="many2many"><list>
    <control><create string="Add a tag" context="{'search_default_name': parent.name}"/>
        <delete invisible="name == 'Kept'"/></control><field name="name"/>
</list></field></form>"""
ROWS = """
<list editable="bottom" open_form_view="1" default_group_by="industry_id" groups_limit="1" limit="2">
    <field name="name"/><button name="action_archive" type="object" string="One"/>
    <button name="action_archive" type="object" string="Two"/>
    <button name="action_archive" type="object" string="Three" column_invisible="1"/>
</list>"""
CARDS = """
<kanban default_group_by="%s" %s>
    <templates><t t-name="card"><strong><field name="name"/></strong></t></templates>
</kanban>"""
FORM = "<form><group><field name='name'/></group><group string='To be filled by addons'/></form>"


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_heads_of_groups_have_buttons_for_the_records_they_stand_for(
    visit, server, call, make, action, own, width, dark
):
    names = [f"Trade {own} {letter}" for letter in "ab"]
    trades = make("res.partner.industry", [{"name": names[0], "full_name": "x"}, {"name": names[1]}])
    make(
        "res.partner",
        [{"name": f"{own} {place}", "industry_id": trade} for place, trade in enumerate([*trades, False])],
    )
    partner = call("ir.model", "search", [("model", "=", "res.partner")])[0]
    tell = make("ir.actions.server", {"name": "Tell", "model_id": partner, "state": "code", "code": TELL})
    header = f'<header><button name="{tell}" type="action" string="Tell" display="always"/></header>'
    seen = visit(width, dark=dark)
    path = action(
        "res.partner",
        {"list": GROUPED.replace("<groupby", f"{header}<groupby"), "form": FORM},
        f"[('name', 'like', '{own}')]",
    )
    page = seen.log_in(server.login, server.password, f"{path}?view_type=list")
    heads = page.locator(".f-group-row")

    expect(heads).to_have_count(3)
    expect(heads.locator(".f-group-buttons")).to_have_text(["Open\nRetire", "Open"], use_inner_text=True)
    with page.expect_response("**/web_read_group"):
        page.click("text=Tell")
    notice = page.locator(".f-notification.f-notification-warning")
    expect(notice.locator(".f-notification-text")).to_have_text("ToldLook at <that>.")
    expect(notice.get_by_role("link", name="<that>")).to_have_attribute("href", f"{seen.url}/odoo/contacts")
    look(page, f"group-heads-{width}")
    assert serious(page) == []
    with page.expect_response("**/action_archive") as answered:
        heads.first.get_by_text("Retire").click()
    params = answered.value.request.post_data_json["params"]
    assert (params["model"], params["args"]) == ("res.partner.industry", [[trades[0]]])
    assert call("res.partner.industry", "search_count", [("id", "in", trades)]) == 1
    heads.nth(1).get_by_text("Open").click()

    expect(page.locator(".f-form-view [data-name=name] input")).to_have_value(names[1])
    assert seen.complaints == []


def test_a_group_whose_record_one_may_not_read_has_no_buttons_and_the_list_is_shown(
    visit, server, call, make, action, own
):
    trades = make("res.partner.industry", [{"name": f"Trade {own} {letter}"} for letter in "ab"])
    make("res.partner", [{"name": f"{own} {trade}", "industry_id": trade} for trade in trades])
    (model,) = call("ir.model", "search", [("model", "=", "res.partner.industry")])
    make("ir.rule", {"name": own, "model_id": model, "domain_force": f"[('id', '!=', {trades[1]})]"})

    path = action("res.partner", {"list": GROUPED, "form": FORM}, f"[('name', 'like', '{own}')]")
    page = visit().log_in(server.login, server.password, f"{path}?view_type=list")

    expect(page.locator(".f-group-row")).to_have_count(2)
    expect(page.locator(".f-group-row").first.locator(".f-group-buttons")).to_have_text("Open")
    expect(page.locator(".f-group-buttons")).to_have_count(1)


@pytest.mark.parametrize(("width", "dark"), [(1440, True), (390, False)], ids=["desk-dark", "phone-light"])
def test_beside_lines_stands_what_their_view_offers(visit, server, make, action, own, width, dark):
    tags = make("res.partner.category", [{"name": name} for name in ("Kept", own, f"{own} more")])
    lines = [(0, 0, {"acc_number": number}) for number in ("Kept", "Lost")]
    partner = make("res.partner", {"name": own, "bank_ids": lines, "category_id": [(6, 0, tags[:2])]})
    seen = visit(width, dark=dark)
    path = action("res.partner", {"list": "<list><field name='name'/></list>", "form": LINES})
    page = seen.log_in(server.login, server.password, f"{path}/{partner}")
    cards = page.locator("[data-name=bank_ids]").first
    rows = page.locator("[data-name=category_id]").first

    expect(cards.locator(".f-line-adders button")).to_have_text(["Add an account", "Add one of mine", "Archive none"])
    expect(rows.locator(".f-list-add button")).to_have_text("Add a tag")
    expect(cards.locator(".f-card")).to_have_text(["Kept", "LostRemove"])
    expect(rows.locator("tbody tr:has-text('Kept')")).to_have_count(1)
    expect(rows.get_by_role("button", name="Remove line")).to_have_count(1)
    look(page, f"line-controls-{width}")
    assert serious(page) == []
    cards.get_by_text("Remove").click()
    expect(cards.locator(".f-card")).to_have_text(["Kept"])
    cards.get_by_text("Add one of mine").click()
    expect(page.locator("dialog [data-name=acc_number] input")).to_have_value(f"{own} Z")
    page.keyboard.press("Escape")
    rows.get_by_text("Add a tag").click()
    expect(page.locator("dialog .f-list tbody tr")).to_have_text([f"{own} more"])
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_groups_and_their_records_have_pages_and_rows_share_a_column_of_buttons(
    visit, server, make, action, own, width, dark
):
    trades = make("res.partner.industry", [{"name": f"Trade {own} {letter}"} for letter in "ab"])
    make("res.partner", [{"name": f"{own} {place}", "industry_id": trades[0]} for place in range(3)])
    make("res.partner", {"name": f"{own} 3", "industry_id": trades[1]})
    seen = visit(width, dark=dark)
    path = action("res.partner", {"list": ROWS, "form": FORM}, f"[('name', 'like', '{own}')]")
    page = seen.log_in(server.login, server.password, f"{path}?view_type=list")
    rows = page.locator(".f-list tbody tr[data-id]")
    pages = page.locator(".f-control .f-pager")

    expect(page.locator(".f-group-row")).to_have_count(1)
    expect(pages).to_have_text(re.compile(r"^\s*1\s*/ 2"))
    page.locator(".f-group-row button").first.click()
    expect(rows.locator("[data-name=name]")).to_have_text([f"{own} 0", f"{own} 1"])
    expect(rows.first.locator("td.f-cell-button button")).to_have_text(["One", "Two"])
    if width > 1000:
        expect(page.locator(".f-list thead .f-list-heading")).to_have_text(["Name", "Actions"])
    look(page, f"group-pages-{width}")
    assert serious(page) == []
    page.locator(".f-group-row .f-pager").get_by_label("Next").click()
    expect(rows.locator("[data-name=name]")).to_have_text([f"{own} 2"])
    rows.get_by_role("button", name="Open").click()
    expect(page.locator(".f-form-view [data-name=name] input")).to_have_value(f"{own} 2")
    page.go_back()
    pages.get_by_label("Next").click()
    expect(page.locator(".f-group-row")).to_contain_text(f"Trade {own} b")
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1440, True), (390, False)], ids=["desk-dark", "phone-light"])
def test_columns_are_changed_as_their_view_allows(visit, server, call, make, action, own, width, dark):
    trades = make("res.partner.industry", [{"name": f"Trade {own} {letter}"} for letter in "ab"])
    make("res.partner", [{"name": f"{own} {place}", "color": place, "industry_id": trades[0]} for place in range(3)])
    make("res.partner", {"name": f"{own} 3", "industry_id": trades[1]})
    seen = visit(width, dark=dark)
    path = action(
        "res.partner",
        {"kanban": CARDS % ("industry_id", 'highlight_color="color" groups_draggable="0"')},
        f"[('name', 'like', '{own}')]",
    )
    page = seen.log_in(server.login, server.password, path)
    columns = page.locator(".f-column:not(.f-column-new)")
    menu = page.locator(".f-column-menu [role=menuitem]")

    expect(columns.first.locator(".f-card")).to_have_count(3)
    assert [card.get_attribute("data-color") for card in columns.first.locator(".f-card").all()] == [None, "1", "2"]
    columns.first.get_by_label(f"The column Trade {own} a").click()
    expect(menu).to_have_text(["Fold", "Edit", "Archive all", "Restore all", "Delete"])
    look(page, f"column-menu-{width}")
    assert serious(page) == []
    menu.get_by_text("Archive all").click()
    with page.expect_response("**/action_archive"):
        page.click("dialog button:has-text('Archive all')")
    expect(columns).to_have_count(1)
    assert call("res.partner", "search_count", [("industry_id", "=", trades[0])]) == 0
    columns.get_by_label(f"The column Trade {own} b").click()
    menu.get_by_text("Delete").click()
    page.click("dialog button:has-text('Delete')")
    expect(columns).to_have_attribute("aria-label", "None")
    assert call("res.partner.industry", "search", [("id", "in", trades)]) == trades[:1]
    assert seen.complaints == []


def test_columns_go_elsewhere(visit, server, call, make, action, own):
    menus = make("ir.ui.menu", [{"name": f"{own} {letter}", "sequence": 9} for letter in "abc"])
    make("ir.ui.menu", [{"name": "Below", "parent_id": menu} for menu in menus])
    arch = CARDS % ("parent_id", 'group_edit="0" group_delete="0" archivable="0"')
    path = action("ir.ui.menu", {"kanban": arch}, f"[('parent_id.name', 'like', '{own}')]")
    seen = visit()
    page = seen.log_in(server.login, server.password, path)
    names = [f"{own} {letter}" for letter in "abc"]
    columns = page.locator(".f-column:not(.f-column-new)")

    expect(columns.locator("h2 span:not(.f-count)")).to_have_text(names)
    columns.first.get_by_label(f"The column {names[0]}").click()
    expect(page.locator(".f-column-menu [role=menuitem]")).to_have_text(["Fold", "Move earlier", "Move later"])
    page.get_by_text("Move later").click()
    expect(columns.locator("h2 span:not(.f-count)")).to_have_text([names[1], names[0], names[2]])
    expect(page.locator(".f-kanban [role=status]")).to_have_text(f"“{names[0]}” is column 2 of 3")
    transfer = page.evaluate_handle("new DataTransfer()")
    columns.nth(2).locator(".f-column-head").dispatch_event("dragstart", {"dataTransfer": transfer})
    columns.first.dispatch_event("dragover", {"dataTransfer": transfer})
    expect(page.locator(".f-drop-here")).to_have_count(1)
    with page.expect_response("**/resequence"):
        columns.first.dispatch_event("drop", {"dataTransfer": transfer})

    expect(columns.locator("h2 span:not(.f-count)")).to_have_text([names[2], names[1], names[0]])
    rows = call("ir.ui.menu", "read", menus, ["sequence"])
    assert [row["id"] for row in sorted(rows, key=lambda row: row["sequence"])] == menus[::-1]
    assert seen.complaints == []


def test_all_records_of_a_grouped_list_are_chosen_and_counted(visit, server, make, action, own):
    make("res.partner", [{"name": f"{own} {n}", "function": "smith" if n < 3 else "baker"} for n in range(5)])
    path = action(
        "res.partner",
        {"list": '<list default_group_by="function"><field name="name"/></list>', "form": FORM},
        f"[('name', 'like', '{own}')]",
    )
    page = visit().log_in(server.login, server.password, f"{path}?view_type=list")

    page.get_by_role("button", name="baker").click()
    page.locator(".f-list thead input[type=checkbox]").check()
    expect(page.locator(".f-selection-count")).to_have_text("2 selected")
    page.get_by_role("button", name="Select all 5").click()

    expect(page.locator(".f-selection-count")).to_have_text("5 selected")
    page.locator(".f-list tbody").get_by_text(f"{own} 3").click()
    expect(page.locator(".f-form-view [data-name=name] input")).to_have_value(f"{own} 3")
    assert page.get_by_text("To be filled by addons").count() == 0, "an empty group is a place, and is not painted"
