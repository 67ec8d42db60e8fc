"""Widgets of fields in a form, in a real browser: what is typed or pressed is what the server has then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import expect
from .held import Held
from .pictures import look, picture
from .saving import save

pytestmark = pytest.mark.browser

FIELDS = [
    {"name": "x_name", "ttype": "char", "field_description": "Name"},
    {"name": "x_text", "ttype": "html", "field_description": "Letter", "sanitize": True},
    {"name": "x_shade", "ttype": "char", "field_description": "Shade"},
    {"name": "x_from", "ttype": "date", "field_description": "Season"},
    {"name": "x_to", "ttype": "date", "field_description": "Season's end"},
    {"name": "x_about", "ttype": "reference", "field_description": "About",
     "selection_ids": [
         (0, 0, {"value": "res.partner", "name": "Contact"}), (0, 0, {"value": "res.country", "name": "Country"}),
     ]},
    {"name": "x_tag_ids", "ttype": "many2many", "field_description": "Kinds", "relation": "res.lang"},
    {"name": "x_filter", "ttype": "char", "field_description": "Whom"},
    {"name": "x_data", "ttype": "json", "field_description": "Data"},
    {"name": "x_key", "ttype": "char", "field_description": "Key"},
    {"name": "x_share", "ttype": "float", "field_description": "Share"},
    {"name": "x_step", "ttype": "selection", "field_description": "Step",
     "selection_ids": [(0, 0, {"value": "new", "name": "New"}), (0, 0, {"value": "done", "name": "Done"})]},
    {"name": "x_code", "ttype": "text", "field_description": "Recipe"},
    {"name": "x_woven", "ttype": "integer", "field_description": "Woven"},
    {"name": "x_goal", "ttype": "integer", "field_description": "Goal"},
    {"name": "x_sold", "ttype": "float", "field_description": "Sold"},
    {"name": "x_sealed", "ttype": "boolean", "field_description": "Sealed"},
    {
        "name": "x_label", "ttype": "char", "field_description": "Label", "store": True, "readonly": False,
        "depends": "x_name", "compute": "for one in self: one['x_label'] = f\"{one['x_name'] or ''}!\"",
    },
    {"name": "x_file_ids", "ttype": "many2many", "field_description": "Drawings", "relation": "ir.attachment"},
]  # fmt: skip
ARCH = """
    <form>
        <sheet>
            <group>
                <group>
                    <field name="x_name"/>
                    <field name="x_label"/>
                    <field name="x_shade" widget="color"/>
                    <field name="x_from" widget="daterange" options="{'end_date_field': 'x_to'}"/>
                    <field name="x_about"/>
                    <field name="x_share" widget="percentage"/>
                    <field name="x_step" widget="radio"/>
                </group>
                <group>
                    <field name="x_tag_ids" widget="many2many_checkboxes"/>
                    <field name="x_key" widget="CopyClipboardChar"/>
                    <field name="x_filter" widget="domain" options="{'model': 'res.partner'}"/>
                    <field name="x_data" widget="json"/>
                </group>
            </group>
            <field name="x_text"/>
            <group>
                <field name="x_woven" widget="gauge" options="{'max_field': 'x_goal'}"/>
                <field name="x_sold" widget="percentpie"/>
                <field name="x_sealed" widget="boolean_icon" options="{'icon': 'fa-star'}"/>
                <field name="x_file_ids" widget="many2many_binary"/>
                <field name="x_code" widget="code" options="{'mode': 'python'}"/>
            </group>
        </sheet>
    </form>
"""


@pytest.fixture(scope="module")
def sampler(call: Callable[..., Any]) -> Iterator[str]:
    """A model with a field for each widget, and the address of its records."""
    commands = [(0, 0, values) for values in FIELDS]
    model = call("ir.model", "create", {"name": "Sampler", "model": "x_sampler", "field_id": commands})
    rights = {f"perm_{kind}": True for kind in ("read", "write", "create", "unlink")}
    call("ir.model.access", "create", {"name": "sampler", "model_id": model, "group_id": False, **rights})
    view = call("ir.ui.view", "create", {"name": "sampler", "model": "x_sampler", "type": "form", "arch": ARCH})
    action = call("ir.actions.act_window", "create", {
        "name": "Samplers", "res_model": "x_sampler", "view_mode": "list,form", "path": "samplers",
    })  # fmt: skip
    yield "/odoo/samplers"
    call("ir.actions.act_window", "unlink", [action])
    call("ir.ui.view", "unlink", [view])
    call("ir.model", "unlink", [model])


@pytest.fixture
def record(call: Callable[..., Any], sampler: str) -> Iterator[int]:
    """A sampler with a letter that has more in it than the editor has buttons for."""
    letter = (
        '<p class="lead"><b>Dear</b> guild</p><table class="prices"><tbody><tr><td>Saffron</td></tr></tbody></table>'
    )
    values = {"x_name": "Sampler", "x_text": letter, "x_key": "abc-123", "x_filter": "[('name', 'ilike', 'Cloth')]"}
    number = call("x_sampler", "create", values)
    yield number
    call("x_sampler", "unlink", [number])


def open_record(seen: Any, server: Any, address: str, record: int) -> Any:
    page = seen.log_in(server.login, server.password, f"{address}/{record}")
    page.wait_for_selector(".f-html-content[contenteditable=true]")
    return page


def test_every_widget_gives_the_server_what_was_typed(visit, server, call, sampler, record):
    seen = visit()
    page = open_record(seen, server, sampler, record)

    page.fill("[data-name=x_shade] input", "#aa3366")
    page.fill("[data-name=x_from] input >> nth=0", "2026-03-01")
    page.fill("[data-name=x_from] input >> nth=1", "2026-05-31")
    page.select_option("[data-name=x_about] select", label="Country")
    page.click("[data-name=x_about] input")
    page.keyboard.type("Portug")
    page.click(".f-autocomplete-choice:has-text('Portugal')")
    page.fill("[data-name=x_share] input", "12.5")
    page.check("[data-name=x_step] label:has-text('Done') input")
    page.check("[data-name=x_tag_ids] input >> nth=0")
    page.fill("[data-name=x_data] textarea", '{"ells": 3}')
    save(page)
    look(page, "widgets")

    (row,) = call("x_sampler", "read", [record], [])
    country = call("res.country", "search", [("code", "=", "PT")])[0]
    assert (row["x_shade"], row["x_from"], row["x_to"]) == ("#aa3366", "2026-03-01", "2026-05-31")
    assert (row["x_about"], row["x_share"], row["x_step"]) == (f"res.country,{country}", 0.125, "done")
    assert len(row["x_tag_ids"]) == 1
    assert row["x_data"] == {"ells": 3}
    assert "<table" in row["x_text"], "what was not touched is not changed"
    assert seen.complaints == []


def test_data_that_are_no_json_are_refused_and_stay_to_be_put_right(visit, server, sampler, record):
    seen = visit()
    page = open_record(seen, server, sampler, record)

    page.fill("[data-name=x_data] textarea", '{"ells": }')
    page.keyboard.press("Tab")

    page.wait_for_selector("[data-name=x_data].f-invalid .f-field-problem:has-text('This is no JSON')")
    expect(page.locator("[data-name=x_data] textarea")).to_have_value('{"ells": }')
    assert seen.complaints == []


def test_formatted_text_is_written_with_the_bar_and_keeps_what_has_no_button(visit, server, call, sampler, record):
    seen = visit()
    page = open_record(seen, server, sampler, record)

    page.click(".f-html-content p")
    page.keyboard.press("End")
    page.keyboard.type(" of dyers")
    page.keyboard.press("Enter")
    page.click(".f-html-bar button[name=bold]")
    page.keyboard.type("Come")
    page.click(".f-html-bar button[name=bold]")
    page.keyboard.type(" to the fair")
    page.select_option(".f-html-bar select", "H2")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.click(".f-html-bar button[name=link]")
    page.fill("dialog input[name=url]", "example.com/fair")
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-html-content a")
    picture(page, "formatted-text")
    save(page)

    (row,) = call("x_sampler", "read", [record], ["x_text"])
    text = row["x_text"]
    assert "of dyers" in text
    assert "<h2>" in text
    assert "<b>Come</b>" in text
    assert 'href="https://example.com/fair"' in text
    assert 'class="prices"' in text
    assert seen.complaints == []


def test_the_source_of_formatted_text_is_changed_and_what_acts_by_itself_is_taken_out(
    visit, server, call, sampler, record
):
    seen = visit()
    page = open_record(seen, server, sampler, record)

    page.click(".f-html-bar button[name=source]")
    page.fill(
        ".f-html-edit textarea",
        '<p>Plain</p><img src="x" alt="" onerror="window.bad = 1"><script>window.bad = 2</script>',
    )
    page.click(".f-html-bar button[name=source]")
    page.wait_for_selector(".f-html-content >> text=Plain")
    save(page)

    (row,) = call("x_sampler", "read", [record], ["x_text"])
    assert "Plain" in row["x_text"]
    assert "onerror" not in row["x_text"]
    assert page.evaluate("window.bad") is None
    assert [complaint for complaint in seen.complaints if "inline event handler" not in complaint] == []
    seen.complaints.clear()  # while the text is cleaned, the browser tells what its policy would not let act anyway


def test_an_empty_text_says_what_it_is_for_until_something_is_typed(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/products/new")
    text = page.locator(".f-html-content[data-placeholder][contenteditable]").first
    text.wait_for()
    hint = "(element) => getComputedStyle(element, '::before').content"

    assert text.evaluate(hint) == f'"{text.get_attribute("data-placeholder")}"'
    text.click()
    page.keyboard.type("Dry")
    page.wait_for_selector(".f-html-content:not([data-empty]):has-text('Dry')")
    assert text.evaluate(hint) == "none"
    assert seen.complaints == []


def test_a_filter_is_built_of_rules_and_counts_what_it_finds(visit, server, call, sampler, record):
    seen = visit()
    page = open_record(seen, server, sampler, record)
    found = call("res.partner", "search_count", [("name", "ilike", "Cloth")])
    expect(page.locator("[data-name=x_filter] [role=status]")).to_contain_text(f"{found} record")

    page.click("[data-name=x_filter] button:has-text('Add a rule')")
    page.wait_for_function("document.querySelectorAll('.f-domain-rule').length === 2")
    page.select_option(".f-domain-rule >> nth=1 >> select >> nth=0", value="is_company")
    page.select_option(".f-domain-join select", value="|")
    save(page)

    (row,) = call("x_sampler", "read", [record], ["x_filter"])
    assert row["x_filter"] == '["|", ("name", "ilike", "Cloth"), ("is_company", "=", True)]'
    either = call("res.partner", "search_count", ["|", ("name", "ilike", "Cloth"), ("is_company", "=", True)])
    page.wait_for_selector(f"[data-name=x_filter] [role=status]:has-text('{either} record')")
    assert seen.complaints == []


def test_properties_are_defined_and_filled_in_where_they_are(visit, server, call, make, own):
    seen = visit()
    # which properties there are is kept by the category
    known = [{"name": key, "string": label, "type": "many2one", "comodel": "res.country"}
        for key, label in (("c0ffee", "Woven in"), ("decaf", "Dyed in"))]  # fmt: skip
    category = make("product.category", {"name": f"Cloth {own}", "product_properties_definition": known})
    template = make("product.template", {"name": "Loom", "categ_id": category})
    page = seen.log_in(server.login, server.password, f"/odoo/products/{template}")
    page.click("[role=tab]:has-text('Properties')")

    page.click(".f-properties button:has-text('Add a property')")
    page.fill("dialog input[name=label]", "Weave")
    page.select_option("dialog select[name=type]", "selection")
    page.fill("dialog textarea[name=options]", "Twill\nSatin")
    page.click("dialog button:has-text('Keep')")
    page.select_option("[data-property=Weave] select", label="Satin")
    save(page)
    page.reload()
    page.click("[role=tab]:has-text('Properties')")
    page.wait_for_selector("[data-property=Weave] select")
    look(page, "properties")

    (row,) = call("product.template", "read", [template], ["product_properties"])
    weave = row["product_properties"][-1]
    assert (weave["string"], dict(weave["selection"])[weave["value"]]) == ("Weave", "Satin")
    page.click("[data-property=Weave] button[aria-label='More about Weave']")
    page.click("[role=menuitem]:has-text('Remove it')")
    page.click("dialog button:has-text('Remove')")
    save(page)
    (row,) = call("product.template", "read", [template], ["product_properties"])
    assert [each["string"] for each in row["product_properties"]] == ["Woven in", "Dyed in"]

    wrong = page.locator(".f-property.f-invalid")
    for label in ("Woven in", "Dyed in"):
        page.fill(f"[data-property='{label}'] input", "Atlantis")
        page.press(f"[data-property='{label}'] input", "Tab")
    expect(wrong).to_have_count(2)
    page.fill("[data-property='Dyed in'] input", "Italy")
    page.press("[data-property='Dyed in'] input", "Tab")
    expect(wrong).to_have_count(1)
    look(page, "properties-wrong")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".f-form-view [role=alert]:has-text('Woven in: “Atlantis”')")
    page.fill("[data-property='Woven in'] input", "")
    save(page)
    (row,) = call("product.template", "read", [template], ["product_properties"])
    assert [bool(each["value"]) for each in row["product_properties"]] == [False, True]
    assert seen.complaints == []


@pytest.fixture
def two(call: Callable[..., Any], sampler: str) -> Iterator[list[int]]:
    """Two samplers, one after the other in the list."""
    numbers = call(
        "x_sampler", "create", [{"x_name": "First", "x_code": "first"}, {"x_name": "Second", "x_code": "second"}]
    )
    yield numbers
    call("x_sampler", "unlink", numbers)


def open_first(seen: Any, server: Any, address: str) -> Any:
    page = seen.log_in(server.login, server.password, address)
    page.click(".f-list tbody tr[data-id]:has-text('First') td >> nth=1")
    page.wait_for_selector("[data-name=x_name] input")
    return page


def go_to_the_second(page: Any) -> None:
    page.click(".f-pager button[aria-label=Next]")
    page.wait_for_function("document.querySelector('[data-name=x_name] input').value === 'Second'")


def go_to_the_list(page: Any) -> None:
    page.click(".f-breadcrumbs a")
    page.wait_for_selector(".f-list tbody tr[data-id]")


@pytest.mark.parametrize("leave", [go_to_the_second, go_to_the_list], ids=["for-the-next", "for-the-list"])
def test_a_file_that_arrives_after_its_record_was_left_is_put_into_that_record(
    visit, server, call, sampler, two, leave
):
    seen = visit()
    page = open_first(seen, server, sampler)
    sending = Held(page, "**/web/binary/upload_attachment")
    drawing = {"name": "slow.txt", "mimeType": "text/plain", "buffer": b"slow"}

    with page.expect_request("**/web/binary/upload_attachment"):
        page.set_input_files("[data-name=x_file_ids] input[type=file]", [drawing])
    leave(page)
    sending.let_go()
    page.wait_for_selector(".f-notifications:has-text('slow.txt arrived after you had left its record')")

    first, second = (row["x_file_ids"] for row in call("x_sampler", "read", two, ["x_file_ids"]))
    assert [file["name"] for file in call("ir.attachment", "read", first, ["name"])] == ["slow.txt"]
    assert second == []
    assert seen.complaints == []


def test_an_upload_that_is_cut_off_is_said(visit, server, sampler, two):
    page = open_first(visit(loses_network=True), server, sampler)
    page.route("**/web/binary/upload_attachment", lambda route: route.abort())

    page.set_input_files(
        "[data-name=x_file_ids] input[type=file]", [{"name": "cut.txt", "mimeType": "text/plain", "buffer": b"cut"}]
    )
    page.wait_for_selector(".f-offline")


def test_what_is_typed_while_the_server_is_away_outlives_its_late_answer(visit, server, call, sampler, two):
    seen = visit(loses_network=True)
    page = open_first(seen, server, sampler)
    page.fill("[data-name=x_name] input", "Online")
    page.keyboard.press("Tab")
    page.wait_for_function("document.querySelector('[data-name=x_label] input').value === 'Online!'")
    for path in ("**/onchange", "**/version_info"):
        page.route(path, lambda route: route.abort())

    with page.expect_event("requestfailed", lambda request: request.url.endswith("/onchange")):
        page.fill("[data-name=x_name] input", "Away")
        page.keyboard.press("Tab")
    page.wait_for_selector(".f-offline")
    page.fill("[data-name=x_label] input", "by hand")
    page.keyboard.press("Tab")
    with page.expect_response("**/onchange"):
        for path in ("**/onchange", "**/version_info"):
            page.unroute(path)
        save(page)

    (row,) = call("x_sampler", "read", two[:1], ["x_name", "x_label"])
    assert (row["x_name"], row["x_label"]) == ("Away", "by hand")


def test_code_has_line_numbers_and_colours_and_the_keyboard_gets_out_of_it(visit, server, call, sampler, record):
    seen = visit()
    page = open_record(seen, server, sampler, record)

    page.click("[data-name=x_code] .cm-content")
    page.keyboard.type("for ell in cloth:\nell.cut()\n")
    page.wait_for_selector("[data-name=x_code] .cm-lineNumbers >> text=3")
    expect(page.locator("[data-name=x_code] .cm-line").first.locator("span").first).to_be_attached()
    expect(page.locator("[data-name=x_code] textarea")).to_be_hidden()
    look(page, "code")
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('.cm-editor')")
    save(page)

    (row,) = call("x_sampler", "read", [record], ["x_code"])
    assert row["x_code"] == "for ell in cloth:\n    ell.cut()\n    "
    page.click("[data-name=x_code] .cm-content")
    page.keyboard.type("# not kept")
    page.click(".f-form-status button:has-text('Discard'), button:has-text('Discard')")
    page.wait_for_function("!document.querySelector('.cm-content').textContent.includes('not kept')")
    assert seen.complaints == []


def test_code_of_one_record_is_not_taken_back_into_another_and_a_late_editor_takes_over(
    visit, server, call, sampler, two
):
    seen = visit()
    editor = Held(seen.page, "**/codemirror.js*")
    page = open_first(seen, server, sampler)

    page.click("[data-name=x_code] textarea")
    page.keyboard.press("Control+Home")
    page.keyboard.type("very ")
    editor.let_go()
    page.wait_for_function("document.activeElement.closest('.cm-editor')")
    page.keyboard.type("much ")
    save(page)
    assert call("x_sampler", "read", two[:1], ["x_code"])[0]["x_code"] == "very much first"
    go_to_the_second(page)
    page.wait_for_function("document.querySelector('.cm-content').textContent === 'second'")
    page.click("[data-name=x_code] .cm-content")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+End")
    page.keyboard.type("!")
    save(page)

    assert call("x_sampler", "read", two[1:], ["x_code"])[0]["x_code"] == "second!"
    assert seen.complaints == []


def test_shares_are_drawn_and_told_and_a_sign_is_pressed_by_the_keyboard(visit, server, call, sampler, record):
    call("x_sampler", "write", [record], {"x_woven": 30, "x_goal": 120, "x_sold": 12.5})
    seen = visit()
    page = open_record(seen, server, sampler, record)

    expect(page.locator("[data-name=x_woven] [role=img]")).to_have_attribute("aria-label", "Woven: 30 of 120")
    expect(page.locator(".f-gauge-value")).to_have_attribute("stroke-dasharray", "25 101")
    expect(page.locator("[data-name=x_sold]")).to_have_text("12.50%")
    sign = page.get_by_role("button", name="Sealed", exact=True)
    sign.focus()
    page.keyboard.press("Space")
    page.wait_for_selector("[data-name=x_sealed] button[aria-pressed=true]")
    save(page)

    assert call("x_sampler", "read", [record], ["x_sealed"])[0]["x_sealed"] is True
    assert seen.complaints == []


def test_several_files_are_sent_together_and_one_is_taken_away(visit, server, call, sampler, record):
    seen = visit()
    page = open_record(seen, server, sampler, record)

    files = [{"name": f"drawing {n}.txt", "mimeType": "text/plain", "buffer": b"x" * 1000} for n in (1, 2)]
    page.set_input_files("[data-name=x_file_ids] input[type=file]", files)
    page.wait_for_selector("[data-name=x_file_ids] li:has-text('drawing 2.txt')")
    page.click("[data-name=x_file_ids] button[aria-label='Remove drawing 1.txt']")
    page.wait_for_selector("[data-name=x_file_ids] li:has-text('drawing 1.txt')", state="detached")
    save(page)
    page.reload()
    with page.expect_download() as arrived:
        page.click("[data-name=x_file_ids] a:has-text('drawing 2.txt')")

    assert arrived.value.path().read_bytes() == b"x" * 1000
    (row,) = call("x_sampler", "read", [record], ["x_file_ids"])
    assert [file["name"] for file in call("ir.attachment", "read", row["x_file_ids"], ["name"])] == ["drawing 2.txt"]
    assert seen.complaints == []


def test_the_widgets_fit_a_phone_in_the_dark(visit, server, sampler, record):
    seen = visit(390, 844, dark=True)
    page = open_record(seen, server, sampler, record)
    look(page, "widgets-dark-phone")

    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert seen.complaints == []
