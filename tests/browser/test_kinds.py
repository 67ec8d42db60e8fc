"""Each type of field in a form, in a real browser: typed, chosen, dropped or pressed, and then on the server."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from PIL import Image

from .accessibility import serious
from .conftest import expect
from .held import Held
from .pictures import look
from .saving import SAVED, save

pytestmark = pytest.mark.browser

STEPS = [(0, 0, {"value": value, "name": value.capitalize()}) for value in ("low", "middle", "high")]
FIELDS = [
    {"name": "x_name", "ttype": "char", "field_description": "Name", "required": True},
    {"name": "x_site", "ttype": "char", "field_description": "Site"},
    {"name": "x_mail", "ttype": "char", "field_description": "Mail"},
    {"name": "x_call", "ttype": "char", "field_description": "Call"},
    {"name": "x_note", "ttype": "text", "field_description": "Note"},
    {"name": "x_count", "ttype": "integer", "field_description": "Count"},
    {"name": "x_weight", "ttype": "float", "field_description": "Weight"},
    {"name": "x_currency_id", "ttype": "many2one", "field_description": "Currency", "relation": "res.currency"},
    {"name": "x_price", "ttype": "monetary", "field_description": "Price", "currency_field": "x_currency_id"},
    {"name": "x_sold", "ttype": "boolean", "field_description": "Sold"},
    {"name": "x_open", "ttype": "boolean", "field_description": "Open"},
    {"name": "x_kind", "ttype": "selection", "field_description": "Kind", "selection_ids": STEPS},
    {"name": "x_weighs", "ttype": "selection", "field_description": "Matters", "selection_ids": STEPS},
    {"name": "x_stage", "ttype": "selection", "field_description": "Stage", "selection_ids": STEPS},
    {"name": "x_day", "ttype": "date", "field_description": "Day"},
    {"name": "x_at", "ttype": "datetime", "field_description": "At"},
    {"name": "x_due", "ttype": "date", "field_description": "Due"},
    {"name": "x_land_id", "ttype": "many2one", "field_description": "Land", "relation": "res.country"},
    {"name": "x_who_id", "ttype": "many2one", "field_description": "Who", "relation": "res.partner.category"},
    {"name": "x_tag_ids", "ttype": "many2many", "field_description": "Tags", "relation": "res.partner.category",
     "relation_table": "x_kinds_tag_rel"},
    {"name": "x_lang_ids", "ttype": "many2many", "field_description": "Languages", "relation": "res.lang"},
    {"name": "x_paper", "ttype": "binary", "field_description": "Paper"},
    {"name": "x_paper_name", "ttype": "char", "field_description": "Name of the paper"},
    {"name": "x_face", "ttype": "binary", "field_description": "Face"},
    {"name": "x_share", "ttype": "integer", "field_description": "Share"},
    {"name": "x_whole", "ttype": "integer", "field_description": "Whole"},
]  # fmt: skip
ARCH = """
    <form>
        <header><field name="x_stage" widget="statusbar" options="{'clickable': '1'}"/></header>
        <sheet>
            <field name="x_face" widget="image"/>
            <group>
                <group>
                    <field name="x_name"/>
                    <field name="x_site" widget="url"/>
                    <field name="x_mail" widget="email"/>
                    <field name="x_call" widget="phone"/>
                    <field name="x_note"/>
                    <field name="x_count"/>
                    <field name="x_weight"/>
                    <field name="x_currency_id"/>
                    <field name="x_price"/>
                    <field name="x_sold"/>
                    <field name="x_open" widget="boolean_toggle"/>
                </group>
                <group>
                    <field name="x_kind"/>
                    <field name="x_kind" widget="badge" decoration-danger="x_kind == 'high'" string="As a badge"/>
                    <field name="x_weighs" widget="priority"/>
                    <field name="x_day"/>
                    <field name="x_at"/>
                    <field name="x_due" widget="remaining_days" readonly="1"/>
                    <field name="x_land_id"/>
                    <field name="x_who_id"/>
                    <field name="x_tag_ids" widget="many2many_tags"/>
                    <field name="x_paper_name" invisible="1"/>
                    <field name="x_paper" filename="x_paper_name"/>
                    <field name="x_share" widget="progressbar" options="{'max_value': 'x_whole'}"/>
                </group>
            </group>
            <field name="x_lang_ids"><list><field name="name"/><field name="code"/></list></field>
        </sheet>
    </form>
"""


@pytest.fixture(scope="module")
def kinds(call: Callable[..., Any]) -> Iterator[str]:
    """A model with a field of each type, and the address of its records."""
    model = call("ir.model", "create", {
        "name": "Kinds", "model": "x_kinds", "field_id": [(0, 0, values) for values in FIELDS],
    })  # fmt: skip
    rights = {f"perm_{kind}": True for kind in ("read", "write", "create", "unlink")}
    call("ir.model.access", "create", {"name": "kinds", "model_id": model, "group_id": False, **rights})
    view = call("ir.ui.view", "create", {"name": "kinds", "model": "x_kinds", "type": "form", "arch": ARCH})
    action = call("ir.actions.act_window", "create", {
        "name": "Kinds", "res_model": "x_kinds", "view_mode": "list,form", "path": "kinds",
    })  # fmt: skip
    yield "/odoo/kinds"
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", [view])
    call("ir.model", "unlink", [model])


@pytest.fixture
def record(call: Callable[..., Any], kinds: str) -> Iterator[int]:
    """One of them, in dollars, due the day after tomorrow."""
    dollar = call("res.currency", "search", [("name", "=", "USD"), ("active", "in", (True, False))])[0]
    due = str(date.today() + timedelta(days=2))
    values = {"x_name": "One", "x_due": due, "x_currency_id": dollar, "x_share": 30, "x_whole": 120, "x_stage": "low"}
    number = call("x_kinds", "create", values)
    yield number
    call("x_kinds", "unlink", [number])
    made = call("res.partner.category", "search", [("name", "like", "Made in a field%")])
    call("res.partner.category", "unlink", made)


def open_record(seen: Any, server: Any, address: str, record: int) -> Any:
    page = seen.log_in(server.login, server.password, f"{address}/{record}")
    page.wait_for_selector("[data-name=x_name] input")
    return page


def drop(page: Any, selector: str, name: str, kind: str, content: bytes) -> None:
    """Let go of a file above an element."""
    handle = page.evaluate_handle(
        """([name, type, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name, { type }));
            return data;
        }""",
        [name, kind, list(content)],
    )
    page.dispatch_event(selector, "drop", {"dataTransfer": handle})


def dot() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (2, 2), "teal").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_every_type_of_field_gives_the_server_what_was_entered(visit, server, call, kinds, record, width, dark):
    seen = visit(width, dark=dark)
    page = open_record(seen, server, kinds, record)
    texts = {
        "x_site": "guild.example/dyers", "x_mail": "ada@guild.example", "x_call": "+39 041 5550", "x_count": "1,250",
        "x_weight": "3.75", "x_price": "1,499.90", "x_day": "2026-03-01", "x_at": "2026-03-01T15:30",
    }  # fmt: skip

    for name, text in texts.items():
        page.fill(f"[data-name={name}] input", text)
    page.fill("[data-name=x_note] textarea", "two\nlines")
    page.check("[data-name=x_sold] input")
    page.check("[data-name=x_open] input")
    page.select_option("[data-name=x_kind] select", label="High")
    page.click("[data-name=x_weighs] button[aria-label=High]")
    page.fill("[data-name=x_land_id] input", "Portug")
    page.click(".f-autocomplete-choice:has-text('Portugal')")
    page.fill("[data-name=x_tag_ids] input", "Made in a field")
    page.click(".f-autocomplete-choice:has-text('Create')")
    page.wait_for_selector("[data-name=x_tag_ids] .f-tag:has-text('Made in a field')")
    drop(page, "[data-name=x_paper] .f-file", "deed.txt", "text/plain", b"a deed")
    page.wait_for_selector("[data-name=x_paper]:has-text('deed.txt')")
    drop(page, "[data-name=x_face] .f-image", "face.png", "image/png", dot())
    page.wait_for_selector("[data-name=x_face] img")
    page.click("[data-name=x_lang_ids] button:has-text('Add')")
    page.click("dialog .f-list tbody tr:has-text('en_US'), dialog .f-card:has-text('en_US')")
    page.wait_for_selector("[data-name=x_lang_ids] tbody tr:has-text('en_US')")
    save(page)
    page.wait_for_selector("[data-name=x_kind] .f-badge:has-text('High')")
    found = serious(page)
    look(page, f"kinds-{width}")

    (row,) = call("x_kinds", "read", [record], [])
    tags = call("res.partner.category", "read", row["x_tag_ids"], ["name"])
    assert (row["x_site"], row["x_mail"], row["x_call"]) == ("guild.example/dyers", "ada@guild.example", "+39 041 5550")
    assert (row["x_count"], row["x_weight"], row["x_price"], row["x_note"]) == (1250, 3.75, 1499.9, "two\nlines")
    assert (row["x_sold"], row["x_open"], row["x_kind"], row["x_weighs"]) == (True, True, "high", "high")
    assert (row["x_day"], row["x_land_id"][1]) == ("2026-03-01", "Portugal")
    assert row["x_at"].startswith("2026-03-0"), "a moment, in UTC"
    assert [tag["name"] for tag in tags] == ["Made in a field"]
    assert (base64.b64decode(row["x_paper"]), row["x_paper_name"]) == (b"a deed", "deed.txt")
    assert base64.b64decode(row["x_face"]) == dot()
    assert call("res.lang", "read", row["x_lang_ids"], ["code"])[0]["code"] == "en_US"
    expect(page.locator("[data-name=x_due]")).to_have_text("in 2 days")
    expect(page.locator("[data-name=x_share]")).to_have_text("25%")
    expect(page.locator("[data-name=x_price]")).to_contain_text("$")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert found == []
    assert seen.complaints == []


def test_a_step_of_the_status_is_pressed_and_saved_at_once(visit, server, call, kinds, record):
    seen = visit()
    page = open_record(seen, server, kinds, record)

    with page.expect_response("**/web_save"):
        page.get_by_role("button", name="Middle", exact=True).click()
    page.wait_for_selector(SAVED)

    assert call("x_kinds", "read", [record], ["x_stage"])[0]["x_stage"] == "middle"
    assert seen.complaints == []


def test_a_record_is_made_with_more_than_its_name_and_opened_by_the_keyboard(visit, server, call, kinds, record):
    seen = visit()
    page = open_record(seen, server, kinds, record)

    page.focus("[data-name=x_who_id] input")
    page.keyboard.type("Made in a field, by hand")
    # before the last letter there were others
    page.wait_for_selector(".f-autocomplete-choice:text-is('Create “Made in a field, by hand”')")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog [data-name=name] input")
    expect(page.locator("dialog [data-name=name] input")).to_have_value("Made in a field, by hand")
    page.keyboard.press("Control+s")
    page.wait_for_selector("dialog", state="detached")
    save(page)

    (row,) = call("x_kinds", "read", [record], ["x_who_id"])
    assert row["x_who_id"][1] == "Made in a field, by hand"
    page.focus("[data-name=x_who_id] input")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h1:text-is('Made in a field, by hand')")
    assert seen.complaints == []


def test_ctrl_enter_means_what_is_typed_not_what_was_there(visit, server, call, make, kinds, record):
    former, _typed = make("res.partner.category", [{"name": "Formerly meant"}, {"name": "Typed just now"}])
    call("x_kinds", "write", [record], {"x_site": "https://former.invalid/", "x_who_id": former})
    seen = visit()
    page = open_record(seen, server, kinds, record)
    page.context.route("**/*.invalid/*", lambda route: route.fulfill(body="there"))

    page.fill("[data-name=x_site] input", "https://typed.invalid/")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    opened.value.wait_for_url("https://typed.invalid/")
    opened.value.close()

    page.evaluate("""() => {
        const input = document.querySelector("[data-name=x_who_id] input");
        input.focus();
        input.value = "Typed just";
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
    }""")  # in one go: the list of what may be meant is not there yet
    page.wait_for_selector("h1:text-is('Typed just now'), h1:text-is('Formerly meant')")
    expect(page.locator("h1:text-is('Typed just now')")).to_have_count(1)
    assert seen.complaints == []


DROP_AND_SAVE = """([selector, name, text]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], name));
    const heard = { bubbles: true, cancelable: true };
    document.querySelector(selector).dispatchEvent(new DragEvent("drop", { ...heard, dataTransfer }));
    document.body.dispatchEvent(new KeyboardEvent("keydown", { ...heard, key: "s", ctrlKey: true }));
}"""


def test_a_save_has_the_line_and_the_file_that_were_chosen_just_before(visit, server, call, kinds, record):
    seen = visit()
    page = open_record(seen, server, kinds, record)
    reading = Held(page, "**/web_read")

    page.click("[data-name=x_lang_ids] button:has-text('Add')")
    page.click("dialog .f-list tbody tr:has-text('en_US')")
    reading.wait()
    page.wait_for_selector("dialog", state="detached")
    page.evaluate(DROP_AND_SAVE, ["[data-name=x_paper] .f-file", "deed.txt", "a deed"])
    with page.expect_response("**/web_save"):
        reading.let_go()
    page.wait_for_selector(SAVED)

    (row,) = call("x_kinds", "read", [record], ["x_lang_ids", "x_paper"])
    assert call("res.lang", "read", row["x_lang_ids"], ["code"])[0]["code"] == "en_US"
    assert base64.b64decode(row["x_paper"]) == b"a deed"
    assert seen.complaints == []


def test_what_is_wrong_with_a_field_is_read_out_and_belongs_to_it(visit, server, kinds, record):
    seen = visit()
    page = open_record(seen, server, kinds, record)

    control = page.locator("[data-name=x_count] input")
    control.evaluate("input => input.setAttribute('aria-describedby', 'own')")
    page.fill("[data-name=x_count] input", "many")
    page.keyboard.press("Tab")
    page.wait_for_selector("[data-name=x_count] [role=alert]:has-text('many is not a number.')")
    expect(control).to_have_attribute("aria-describedby", re.compile(r"^own \S+$"))
    _own, problem = control.get_attribute("aria-describedby").split()
    expect(page.locator(f"#{problem}")).to_have_text("many is not a number.")
    expect(control).to_have_attribute("aria-invalid", "true")

    control.fill("7")
    page.keyboard.press("Tab")
    page.wait_for_selector("[data-name=x_count] [role=alert]", state="detached")
    expect(control).to_have_attribute("aria-describedby", "own")
    assert seen.complaints == []


def test_a_large_file_shows_how_much_of_it_is_sent(visit, server, call, kinds, record):
    seen = visit()
    page = open_record(seen, server, kinds, record)
    page.evaluate("""() => {
        window.bars = [];
        new MutationObserver(() => window.bars.push(document.querySelector(".f-form-status progress")?.value))
            .observe(document.querySelector(".f-form-status"), { subtree: true, childList: true, attributes: true });
    }""")

    payload = {"name": "large.bin", "mimeType": "application/octet-stream", "buffer": b"x" * 3_000_000}
    page.set_input_files("[data-name=x_paper] input[type=file]", payload)
    page.wait_for_selector("[data-name=x_paper]:has-text('large.bin')")
    save(page)

    assert len(base64.b64decode(call("x_kinds", "read", [record], ["x_paper"])[0]["x_paper"])) == 3_000_000
    page.wait_for_function("window.bars.includes(100)")
    assert seen.complaints == []
