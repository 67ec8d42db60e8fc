"""Cards in columns, and lines with a handle: begun, told apart, closed and moved, by pointer and by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .accessibility import serious
from .conftest import expect
from .finger import Finger
from .pictures import look, picture
from .saving import save

pytestmark = pytest.mark.browser

STAGES = ("Stage one", "Stage two")
KANBAN = """
<kanban default_group_by="industry_id" on_create="quick_create" examples="stages">
    <progressbar field="type" colors='{"contact": "success", "invoice": "warning", "other": "danger"}'/>
    <templates><t t-name="card"><strong><field name="name"/></strong><field name="type"/></t></templates>
</kanban>"""
CARDS = """
<kanban><header>
    <button name="action_archive" type="object" string="Archive none" display="always"/>
    <button name="action_archive" type="object" string="Hidden" display="always" invisible="not context.get('all')"/>
    <button name="action_archive" type="object" string="For chosen ones"/>
</header><field name="active"/><templates>
    <t t-name="card">
        <t t-set="said" t-value="JSON.parse('{&quot;word&quot;: &quot;hello&quot;}').word"/>
        <strong><field name="name"/></strong><t t-call="greeting"/>
        <i t-if="widget.editable and widget.deletable and !read_only_mode"
           t-esc="luxon.DateTime.fromISO('2026-11-23').toFormat('yyyy/MM')"/>
    </t>
    <t t-name="greeting">
        <em><t t-esc="said"/>, <field name="type"/></em>
        <t t-if="record.name.value === 'Bob'" t-esc="record.nothing.value"/>
    </t>
</templates></kanban>"""
FORM = """
<form><sheet><group><field name="name"/></group><field name="bank_ids"><list editable="bottom">
    <control><create string="Add an account"/>
        <create string="Add one of mine" context="{'default_acc_number': parent.name + ' Z'}"/>
        <button name="action_archive" type="object" string="Archive none" invisible="not parent.name"/></control>
    <field name="sequence" widget="handle"/><field name="acc_number"/>
</list></field></sheet></form>"""
LIST = """
<list><field name="sequence" widget="handle"/><field name="acc_number"/></list>"""
EXAMPLES = """async () => {
    const { registry } = await import("@web/core/registry");
    const examples = [{ name: "Letters", columns: ["Stage x", "Stage y"] }];
    registry.category("kanban_examples").add("stages", { examples });
}"""
ACCOUNTS = (
    "[...document.querySelectorAll('.f-list tbody tr[data-id] td[data-name=acc_number]')].map((cell) => cell.innerText)"
)


@pytest.fixture
def stages(call: Callable[..., Any]) -> Iterator[list[int]]:
    """Two of them; the first has three contacts of two kinds."""
    made = call("res.partner.industry", "create", [{"name": name} for name in STAGES])
    kinds = {"Ann": "contact", "Bob": "contact", "Cid": "invoice"}
    call("res.partner", "create", [{"name": n, "type": t, "industry_id": made[0]} for n, t in kinds.items()])
    call("res.partner", "create", [{"name": "Dot", "type": "other", "industry_id": made[1]}])
    yield made
    found = call("res.partner.industry", "search", [("name", "like", "Stage ")])
    call("res.partner", "unlink", call("res.partner", "search", [("industry_id", "in", found)]))
    call("res.partner.industry", "unlink", found)


@pytest.fixture
def owner(call: Callable[..., Any]) -> Iterator[int]:
    """A contact with three bank accounts."""
    lines = [(0, 0, {"acc_number": f"Account {letter}"}) for letter in "ABC"]
    partner = call("res.partner", "create", {"name": "Owner", "bank_ids": lines})
    yield partner
    call("res.partner", "unlink", [partner])


def letters_of(call: Callable[..., Any], owner: int) -> list[str]:
    """The accounts in their order, by their last letters."""
    numbers = call("res.partner.bank", "search", [("partner_id", "=", owner)], order="sequence, id")
    return [row["acc_number"][-1] for row in call("res.partner.bank", "read", numbers, ["acc_number"])]


def column(page: Any, name: str) -> Any:
    return page.locator(f".f-column[aria-label='{name}']")


def wait_for_cards(page: Any, name: str, texts: list[str]) -> None:
    page.wait_for_function(
        "([name, texts]) => { const column = document.querySelector(`.f-column[aria-label='${name}']`);"
        " return column && JSON.stringify([...column.querySelectorAll('.f-card strong')].map((e) => e.innerText))"
        " === JSON.stringify(texts); }",
        arg=[name, texts],
    )


def wait_for_accounts(page: Any, letters: str) -> None:
    page.wait_for_function(
        f"wanted => JSON.stringify({ACCOUNTS}) === JSON.stringify(wanted)", arg=[f"Account {x}" for x in letters]
    )


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_columns_tell_kinds_apart_and_begin_records(visit, server, call, action, stages, width, dark):
    seen = visit(width, dark=dark)
    path = action("res.partner", {"kanban": KANBAN, "form": FORM}, "[('industry_id.name', 'like', 'Stage ')]")
    page = seen.log_in(server.login, server.password, path)
    one = column(page, STAGES[0])
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid"])

    # the parts of the bar are what is in the column; a press shows only one of them
    expect(one.locator(".f-column-bar button")).to_have_count(2)
    parts = [button.get_attribute("aria-label") for button in one.locator(".f-column-bar button").all()]
    assert parts == ["Contact: 2", "Invoice Address: 1"]
    one.get_by_label("Invoice Address: 1").click()
    wait_for_cards(page, STAGES[0], ["Cid"])
    one.get_by_label("Invoice Address: 1").click()
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid"])
    assert serious(page) == []

    # New begins in the first column; Enter makes the record and waits for the next
    page.keyboard.press("Alt+c")
    expect(page.locator(".f-quick-create input")).to_be_focused()
    page.keyboard.type("Eve")
    page.keyboard.press("Enter")
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid", "Eve"])
    page.wait_for_function("document.activeElement.matches('.f-quick-create input')")
    expect(page.locator(".f-quick-create input")).to_have_value("")
    if width > 1000:
        picture(page, "columns")
    look(page, f"columns-{width}")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector(".f-quick-create", state="detached")
    assert call("res.partner", "search_count", [("name", "=", "Eve"), ("industry_id", "=", stages[0])]) == 1

    # a closed column stays closed while cards come and go; Ctrl and an arrow put a card into the next column
    column(page, STAGES[1]).locator(".f-column-title button[aria-expanded]").click()
    page.wait_for_selector(".f-column-folded")
    look(page, f"columns-folded-{width}")
    one.locator(".f-card", has_text="Ann").focus()
    page.keyboard.press("Control+ArrowRight")
    wait_for_cards(page, STAGES[0], ["Bob", "Cid", "Eve"])
    expect(page.locator(".f-column-folded")).to_have_attribute("aria-label", STAGES[1])
    page.locator(".f-column-folded button").click()
    wait_for_cards(page, STAGES[1], ["Ann", "Dot"])
    assert seen.complaints == []


def test_a_finger_that_holds_a_card_carries_it_and_one_that_moves_on_scrolls(visit, server, call, action, stages):
    seen = visit(820, touch=True)
    path = action("res.partner", {"kanban": KANBAN, "form": FORM}, "[('industry_id.name', 'like', 'Stage ')]")
    page = seen.log_in(server.login, server.password, path)
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid"])
    wait_for_cards(page, STAGES[1], ["Dot"])
    finger = Finger(page)
    start = column(page, STAGES[0]).locator(".f-card", has_text="Bob").bounding_box()
    x, y = start["x"] + 40, start["y"] + 10
    end = column(page, STAGES[1]).bounding_box()

    # moved at once the card stays where it is; in one go, as a slow machine would make a long press of it
    page.evaluate(
        """([start, ...moves]) => {
        const target = document.elementFromPoint(...start);
        const put = (kind, [clientX, clientY]) => target.dispatchEvent(new TouchEvent(kind, {
            bubbles: true, cancelable: true,
            touches: kind === "touchend" ? [] : [new Touch({ identifier: 1, target, clientX, clientY })],
        }));
        put("touchstart", start);
        moves.forEach((place) => put("touchmove", place));
        put("touchend", start);
    }""",
        [[x, y], [x + 60, y + 4], [end["x"] + 60, end["y"] + 60]],
    )
    assert page.locator(".f-lifted, .f-drop-here").count() == 0

    # held, it comes loose; let go over no other column it is back
    finger.put("touchStart", x, y)
    page.wait_for_selector(".f-card.f-lifted:has-text('Bob')")
    finger.put("touchMove", x + 5, y + 40)
    finger.put("touchEnd")
    page.wait_for_selector(".f-lifted", state="detached")
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid"])

    finger.put("touchStart", x, y)
    page.wait_for_selector(".f-card.f-lifted:has-text('Bob')")
    finger.put("touchMove", end["x"] + 60, end["y"] + 60)
    page.wait_for_selector(f".f-column.f-drop-here[aria-label='{STAGES[1]}']")
    look(page, "card-lifted")
    finger.put("touchEnd")
    wait_for_cards(page, STAGES[0], ["Ann", "Cid"])
    wait_for_cards(page, STAGES[1], ["Bob", "Dot"])
    assert page.locator(".f-form-view").count() == 0
    assert call("res.partner", "search_count", [("name", "=", "Bob"), ("industry_id", "=", stages[1])]) == 1

    # closed under the finger, the column knows no card any more: it stays where it was
    start = column(page, STAGES[0]).locator(".f-card", has_text="Cid").bounding_box()
    finger.put("touchStart", start["x"] + 40, start["y"] + 10)
    page.wait_for_selector(".f-card.f-lifted:has-text('Cid')")
    finger.put("touchMove", end["x"] + 60, end["y"] + 60)
    page.wait_for_selector(f".f-column.f-drop-here[aria-label='{STAGES[1]}']")
    column(page, STAGES[0]).locator(".f-column-title button[aria-expanded]").evaluate("button => button.click()")
    page.wait_for_selector(".f-lifted, .f-drop-here", state="detached")
    finger.put("touchEnd")
    assert call("res.partner", "search_count", [("name", "=", "Cid"), ("industry_id", "=", stages[0])]) == 1
    assert seen.complaints == []


def read_again(page: Any) -> None:
    """The cards are read again, as after a deletion that was refused."""
    with page.expect_response("**/web_search_read"):
        page.evaluate("""async () => {
            const { deletions } = await import("@web/model/deletions");
            deletions.bus.trigger("BACK", { resModel: "res.partner" });
        }""")


def test_a_card_that_is_carried_while_its_column_is_read_again_goes_where_it_is_put(
    visit, server, call, action, stages
):
    seen = visit()
    path = action("res.partner", {"kanban": KANBAN, "form": FORM}, "[('industry_id.name', 'like', 'Stage ')]")
    page = seen.log_in(server.login, server.password, path)
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid"])
    wait_for_cards(page, STAGES[1], ["Dot"])
    writes: list[str] = []
    page.on("request", lambda request: writes.append(request.url) if request.url.endswith("/write") else None)

    def carry(name: str, from_column: str, move: Callable[[], None]) -> None:
        """Take a card, let something happen, and put it into the second column."""
        transfer = page.evaluate_handle("new DataTransfer()")
        card = column(page, from_column).locator(".f-card", has_text=name)
        card.dispatch_event("dragstart", {"dataTransfer": transfer})
        move()
        column(page, STAGES[1]).dispatch_event("dragover", {"dataTransfer": transfer})
        column(page, STAGES[1]).dispatch_event("drop", {"dataTransfer": transfer})

    carry("Ann", STAGES[0], lambda: read_again(page))
    wait_for_cards(page, STAGES[0], ["Bob", "Cid"])
    wait_for_cards(page, STAGES[1], ["Ann", "Dot"])
    assert len(writes) == 1

    # somebody else was first: it stands there already, and nothing is written
    def moved_by_another() -> None:
        bob = call("res.partner", "search", [("name", "=", "Bob"), ("industry_id", "=", stages[0])])
        call("res.partner", "write", bob, {"industry_id": stages[1]})
        read_again(page)
        wait_for_cards(page, STAGES[1], ["Ann", "Bob", "Dot"])

    carry("Bob", STAGES[0], moved_by_another)

    # nor when it is gone
    def gone() -> None:
        call(
            "res.partner",
            "unlink",
            call("res.partner", "search", [("name", "=", "Cid"), ("industry_id", "=", stages[0])]),
        )
        read_again(page)
        page.wait_for_function("!document.querySelector('.f-kanban').innerText.includes('Cid')")

    carry("Cid", STAGES[0], gone)
    assert len(writes) == 1

    # a name that is being typed stays, with its place in the text, and begins its record
    column(page, STAGES[1]).locator("button[name=quick_create]").click()
    page.wait_for_selector(".f-quick-create input")
    page.keyboard.type("Ev")
    read_again(page)
    page.keyboard.type("e")
    page.keyboard.press("Enter")
    wait_for_cards(page, STAGES[1], ["Ann", "Bob", "Dot", "Eve"])
    assert seen.complaints == []


def test_a_card_is_split_into_templates_and_one_that_fails_spoils_itself(visit, server, action, stages):
    seen = visit()
    path = action("res.partner", {"kanban": CARDS}, f"[('industry_id', '=', {stages[0]})]")
    page = seen.log_in(server.login, server.password, path)

    expect(page.locator(".f-card em")).to_have_text(["hello, Contact", "hello, Invoice Address"])
    expect(page.locator(".f-card i")).to_have_text(["2026/11", "2026/11"])
    expect(page.locator(".f-card").nth(1)).to_have_text("This could not be shown.")
    look(page, "card-failed")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")

    # cards cannot be chosen: above them stands what needs none
    expect(page.locator(".f-control-buttons > button")).to_have_text(["Archive none"])
    with page.expect_response("**/action_archive") as answered:
        page.click("text=Archive none")
    assert answered.value.request.post_data_json["params"]["args"] == [[]]
    assert seen.complaints == []


def makes(answer: Any, name: str) -> bool:
    """Whether it answers the call that makes a column of that name."""
    return name in answer.request.post_data


def test_columns_are_added_by_name_and_from_examples(visit, server, call, action, stages):
    seen = visit()
    path = action("res.partner", {"kanban": KANBAN, "form": FORM}, "[('industry_id.name', 'like', 'Stage ')]")
    page = seen.log_in(server.login, server.password)
    page.evaluate(EXAMPLES)
    page.evaluate("path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path)
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid"])

    page.click("button[name=examples]")
    page.wait_for_selector(".f-examples")
    look(page, "column-examples")
    assert serious(page) == []
    # both columns are there when the answer for the second has come: one is made after the other
    with page.expect_response(lambda answer: answer.url.endswith("/name_create") and makes(answer, "Stage y")):
        page.click(".f-examples button")
    page.wait_for_selector(".f-examples", state="detached")
    page.click("button[name=new_column]")
    page.wait_for_function("document.activeElement.matches('.f-column-new input')")
    with page.expect_response(lambda answer: answer.url.endswith("/name_create") and makes(answer, "Stage new")):
        page.keyboard.type("Stage new")
        page.keyboard.press("Enter")

    page.wait_for_function("document.activeElement.matches('.f-column-new input') && !document.activeElement.value")
    assert call("res.partner.industry", "search_count", [("name", "in", ["Stage x", "Stage y", "Stage new"])]) == 3
    assert seen.complaints == []


def test_new_begins_in_a_form_where_no_column_takes_a_name(visit, server, action, stages):
    arch = KANBAN.replace('on_create="quick_create"', 'on_create="quick_create" quick_create="false"')
    seen = visit()
    path = action("res.partner", {"kanban": arch, "form": FORM}, "[('industry_id.name', 'like', 'Stage ')]")
    page = seen.log_in(server.login, server.password, path)
    wait_for_cards(page, STAGES[0], ["Ann", "Bob", "Cid"])

    page.click("button[data-hotkey=c]")

    page.wait_for_selector(".f-form-view [data-name=name] input")
    assert page.locator(".f-quick-create").count() == 0
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_lines_of_a_form_are_moved_and_stay_there(visit, server, call, action, owner, width, dark):
    seen = visit(width, dark=dark)
    path = action("res.partner", {"list": "<list><field name='name'/></list>", "form": FORM})
    page = seen.log_in(server.login, server.password, f"{path}/{owner}")
    wait_for_accounts(page, "ABC")

    handle = page.locator(".f-list-in-form tbody tr .f-handle")
    box = handle.nth(0).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    last = handle.nth(2).bounding_box()
    page.mouse.move(last["x"] + 4, last["y"] + last["height"] - 2, steps=4)
    page.wait_for_selector("tr.f-drop-after")
    look(page, f"line-moved-{width}")
    page.mouse.up()
    wait_for_accounts(page, "BCA")
    page.locator(".f-list-in-form tbody tr[data-id]", has_text="Account B").focus()
    page.keyboard.press("Control+ArrowDown")
    wait_for_accounts(page, "CBA")
    expect(page.locator(".f-list-frame [role=status]")).to_have_text("Line 2 of 3")
    assert serious(page) == []
    # below them each kind of line, and buttons for none of them
    expect(page.locator(".f-list-add button")).to_have_text(["Add an account", "Add one of mine", "Archive none"])
    look(page, f"line-kinds-{width}")
    page.click("text=Add one of mine")
    expect(page.locator("tr.f-edited [data-name=acc_number] input")).to_have_value("Owner Z")
    page.keyboard.press("Escape")
    wait_for_accounts(page, "CBA")
    save(page)

    assert letters_of(call, owner) == ["C", "B", "A"]
    assert seen.complaints == []


def test_records_of_a_list_are_moved_and_the_server_has_it_at_once(visit, server, call, action, owner):
    seen = visit()
    path = action("res.partner.bank", {"list": LIST}, f"[('partner_id', '=', {owner})]")
    page = seen.log_in(server.login, server.password, path)
    wait_for_accounts(page, "ABC")

    page.locator(".f-list tbody tr[data-id]", has_text="Account C").focus()
    with page.expect_response("**/resequence"):
        page.keyboard.press("Control+ArrowUp")
    wait_for_accounts(page, "ACB")
    page.wait_for_function("document.activeElement.innerText.includes('Account C')")
    handle = page.locator(".f-list tbody tr .f-handle")
    with page.expect_response("**/resequence"):
        handle.nth(2).drag_to(handle.nth(0), target_position={"x": 4, "y": 2})
    wait_for_accounts(page, "BAC")

    # ordered by something else a place means nothing, and nothing can be moved
    page.click("th[data-name=acc_number] button")
    wait_for_accounts(page, "ABC")
    expect(page.locator(".f-movable")).to_have_count(0)
    assert letters_of(call, owner) == ["B", "A", "C"]
    assert seen.complaints == []


def test_what_is_moved_stays_before_what_is_on_the_next_page(visit, server, call, action, owner):
    paged = {"list": LIST.replace("<list>", "<list limit='2'>")}
    in_list = action("res.partner.bank", paged, f"[('partner_id', '=', {owner})]")
    form = FORM.replace('<list editable="bottom">', '<list editable="bottom" limit="2">')
    in_form = action("res.partner", {"list": "<list><field name='name'/></list>", "form": form})
    seen = visit()
    page = seen.log_in(server.login, server.password, in_list)
    wait_for_accounts(page, "AB")

    page.locator(".f-list tbody tr[data-id]", has_text="Account A").focus()
    with page.expect_response("**/resequence"):
        page.keyboard.press("Control+ArrowDown")
    wait_for_accounts(page, "BA")
    assert letters_of(call, owner) == ["B", "A", "C"]
    call("res.partner.bank", "write", call("res.partner.bank", "search", [("partner_id", "=", owner)]), {"sequence": 5})
    seen.go(f"{in_form}/{owner}")
    wait_for_accounts(page, "AB")
    page.locator(".f-list tbody tr[data-id]", has_text="Account A").focus()
    page.keyboard.press("Control+ArrowDown")
    wait_for_accounts(page, "BA")
    save(page)

    assert letters_of(call, owner) == ["B", "A", "C"]
    assert seen.complaints == []
