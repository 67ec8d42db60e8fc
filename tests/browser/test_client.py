"""A day at the client, in a real browser on a real server: log in, find, create, change, refuse, delete."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import expect
from .pictures import look, picture
from .saving import save, save_by_button

pytestmark = pytest.mark.browser

SIZES = [pytest.param(1440, 900, id="desk"), pytest.param(390, 844, id="phone")]

REFUSE_SAVING = """() => {
    const { fetch } = window;
    const data = { name: "odoo.exceptions.ValidationError", message: "There is a contact of this name already." };
    const answer = JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: 200, message: "Server Error", data } });
    const headers = { "Content-Type": "application/json" };
    window.fetch = (url, options) =>
        String(url).endsWith("/web_save") ? Promise.resolve(new Response(answer, { headers })) : fetch(url, options);
}"""


def open_products(visit: Any, server: Any, width: int, height: int) -> tuple[Any, Any]:
    seen = visit(width, height)
    page = seen.log_in(server.login, server.password)
    page.click("a.f-app:has-text('Products')")
    page.wait_for_selector(".f-list, .f-kanban, .f-nothing")
    expect(page).to_have_url(re.compile("/odoo/products"))
    return seen, page


def test_a_wrong_password_is_said_and_the_login_is_kept(visit, server):
    seen = visit()
    page = seen.go("/web/login")

    page.fill("input[name=login]", server.login)
    page.fill("input[name=password]", "not it")
    page.click("button[type=submit]")

    expect(page.locator("#login-error")).to_contain_text("Wrong login/password")
    expect(page.locator("input[name=login]")).to_have_value(server.login)
    expect(page.locator("input[name=password]")).to_have_value("")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_product_is_created_edited_and_still_there_after_a_reload(visit, server, width, height):
    seen, page = open_products(visit, server, width, height)
    name = f"Saffron {width}"

    page.click("button:has-text('New')")
    page.fill(".f-sheet [data-name=name] input", name)
    page.fill("[data-name=list_price] input", "12.50")
    save_by_button(page)
    expect(page).to_have_url(re.compile(r"/\d+$"))
    if width > 1000:
        picture(page, "product-form")
    page.fill("[data-name=list_price] input", "13.75")
    save(page)
    page.reload()
    page.wait_for_selector(".f-sheet")

    expect(page.locator("[data-name=list_price] input")).to_have_value("13.75")
    expect(page.locator(".f-sheet [data-name=name] input")).to_have_value(name)
    if width < 1000:
        picture(page, "product-form-phone")
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_missing_required_field_is_named_and_loses_nothing_else(visit, server, width, height):
    seen, page = open_products(visit, server, width, height)

    page.click("button:has-text('New')")
    page.wait_for_selector("[data-name=list_price] input")
    page.fill("[data-name=list_price] input", "99.90")
    page.click("button[name=save]")

    expect(page.locator(".f-form-page [role=alert]")).to_have_text(re.compile(r"fill in .*Name"))
    expect(page.locator("[data-name=list_price] input")).to_have_value("99.90")
    page.wait_for_function("document.activeElement.closest('.f-field')?.dataset.name === 'name'")
    if width > 1000:
        picture(page, "missing-field")
    assert seen.complaints == []


def test_what_the_server_refuses_is_a_sentence_and_everything_typed_stays(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts/new")
    page.wait_for_selector("[data-name=name] input >> visible=true")

    page.fill("[data-name=name] input >> visible=true", "Twice")
    page.evaluate(REFUSE_SAVING)
    page.click("button[name=save]")

    page.wait_for_selector(".f-form-page [role=alert]:has-text('There is a contact of this name already.')")
    expect(page.locator("[data-name=name] input >> visible=true")).to_have_value("Twice")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_apps_products_and_contacts_are_found_by_searching(visit, server, width, height):
    seen = visit(width, height)
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")
    picture(page, "apps" if width > 1000 else "apps-phone")

    page.click("a.f-app:has-text('Contacts')")
    page.wait_for_selector(".f-list tbody tr, .f-kanban .f-card")
    before = page.locator(".f-list tbody tr, .f-kanban .f-card").count()
    if width < 1000:
        picture(page, "contacts-phone")
    page.fill(".f-search-input", "Administrator")
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-facet")

    found = page.locator(".f-list tbody tr, .f-kanban .f-card")
    expect(found).not_to_have_count(before)
    expect(found.first).to_contain_text("Administrator")
    assert seen.complaints == []


def test_a_contact_is_created_and_deleted_again(visit, server, call, own):
    name = f"Calle Legnami {own}"
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts/new")

    page.fill(".f-sheet [data-name=name] input >> visible=true", name)
    save_by_button(page)
    assert call("res.partner", "search_count", [("name", "=", name)]) == 1
    page.click("button[aria-label=Actions]")
    page.click("[role=menuitem]:has-text('Delete')")
    page.click("dialog button:has-text('Delete')")
    page.wait_for_selector(".f-notification:has-text('deleted')")

    page.wait_for_selector(".f-list tbody tr[data-id], .f-kanban .f-card")
    expect(page.locator(f".f-row-link:text-is('{name}')")).to_have_count(0)
    assert seen.complaints == []


def test_a_list_is_sorted_by_its_heading_and_opened_by_the_keyboard(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr")

    picture(page, "contacts")
    heading = page.locator("th:has(button.f-list-heading)").first
    heading.locator("button").click()
    page.wait_for_selector("th[aria-sort=ascending], th[aria-sort=descending]")
    page.locator(".f-list tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_selector(".f-form-view .f-sheet, .f-form-view .f-form")
    assert seen.complaints == []


def test_leaving_a_changed_form_saves_it_or_asks(visit, server, call, own):
    seen, page = open_products(visit, server, 1440, 900)
    page.click("button:has-text('New')")
    page.wait_for_selector("[data-name=list_price] input")
    page.fill("[data-name=list_price] input", "3")

    page.click(".f-breadcrumbs a")
    page.wait_for_selector("dialog:has-text('cannot be saved')")
    page.click("dialog button:has-text('Stay here')")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("[data-name=list_price] input")).to_have_value("3.00")
    page.fill(".f-sheet [data-name=name] input", f"Left in a hurry {own}")
    page.click(".f-breadcrumbs a")
    page.wait_for_selector(".f-list, .f-kanban")

    (kept,) = call("product.template", "search_read", [("name", "=", f"Left in a hurry {own}")], ["list_price"])
    assert kept["list_price"] == 3
    call("product.template", "unlink", [kept["id"]])
    assert seen.complaints == []


def test_a_form_that_cannot_be_saved_is_left_by_discarding_it(visit, server, call):
    before = call("product.template", "search_count", [])
    seen, page = open_products(visit, server, 1440, 900)
    listing = page.url
    page.click("button:has-text('New')")
    page.wait_for_selector("[data-name=list_price] input")
    page.fill("[data-name=list_price] input", "3")

    page.click(".f-breadcrumbs a")
    page.click("dialog button:has-text('Discard changes')")
    page.wait_for_selector(".f-list, .f-kanban")

    expect(page).to_have_url(listing)
    expect(page.locator("dialog")).to_have_count(0)
    assert call("product.template", "search_count", []) == before
    assert seen.complaints == []


def test_the_address_opens_the_same_place_again_and_back_goes_back(visit, server):
    seen, page = open_products(visit, server, 1440, 900)
    listing = page.url
    page.click("button:has-text('New')")
    page.fill(".f-sheet [data-name=name] input", "Addressed")
    save_by_button(page)

    page.go_back()
    page.wait_for_url(re.compile(re.escape(listing.partition("?")[0]) + r"(/new)?(\?.*)?$"))

    assert seen.complaints == []


def test_the_palette_goes_anywhere_and_to_what_the_user_menu_has(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")

    page.keyboard.press("Control+k")
    page.wait_for_selector(".f-palette")
    page.keyboard.type("contacts")
    picture(page, "palette")
    page.keyboard.press("Enter")

    page.wait_for_selector(".f-list, .f-kanban")
    expect(page).to_have_url(re.compile("/odoo/contacts"))

    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-theme=dark]")
    page.keyboard.press("Control+k")
    page.keyboard.type("preferences")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=dialog] [name=lang], dialog [name=lang], .f-form-view [name=lang]")
    assert seen.complaints == []


def test_keys_that_come_before_the_palette_is_there_belong_to_it(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")

    page.evaluate("""() => {
        const press = (key, more) =>
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
        press("k", { ctrlKey: true });
        [..."contacx", "Backspace", ..."ts", "Enter"].forEach((key) => press(key));
    }""")  # in one go: nothing can be painted between

    page.wait_for_selector(".f-list, .f-kanban")
    expect(page).to_have_url(re.compile("/odoo/contacts"))
    expect(page.locator("dialog")).to_have_count(0)
    assert seen.complaints == []


def test_a_provider_of_commands_that_fails_takes_neither_the_palette_nor_the_keys(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")

    page.evaluate("""async () => {
        const { registry } = await import("@web/core/registry");
        registry.category("command_provider").add("broken", () => { throw new Error("a provider is broken"); });
    }""")
    page.keyboard.press("Control+k")
    page.wait_for_selector(".f-palette-item:has-text('Contacts')")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    seen.hear("a provider is broken")
    assert len(seen.complaints) == 1
    seen.complaints.clear()

    # what cannot even be painted goes away with its keys, and another can be opened
    page.evaluate("""async () => {
        const { registry } = await import("@web/core/registry");
        registry.category("command_provider").add("broken", () => [undefined], { force: true });
    }""")
    page.keyboard.press("Control+k")
    page.wait_for_selector("dialog .f-error-message")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.evaluate("""async () => {
        const { registry } = await import("@web/core/registry");
        registry.category("command_provider").remove("broken");
    }""")
    page.keyboard.press("Control+k")
    page.wait_for_selector(".f-palette-item:has-text('Contacts')")
    seen.complaints.clear()


def test_what_fails_after_it_was_taken_away_says_nothing_and_takes_nothing_else_along(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")

    page.evaluate("""async () => {
        const { registry } = await import("@web/core/registry");
        const { Component, onWillStart, xml } = await import("@odoo/owl");
        const { ConfirmationDialog } = await import("@web/ui/dialog/dialog");
        let fail;
        class Slow extends Component {
            static template = xml`<div/>`;
            static props = ["*"];
            setup() {
                onWillStart(() => new Promise((resolve, reject) => { fail = reject; }));
            }
        }
        const show = async (dialog) => {
            const close = dialog.add(Slow);
            dialog.add(ConfirmationDialog, { title: "Stays", body: "This one stays." });
            while (!fail) {
                await new Promise((resolve) => setTimeout(resolve, 20));
            }
            close();
            fail(new Error("nobody waits for it"));
        };
        registry.category("command_provider").add("probe", (env) => {
            registry.category("command_provider").remove("probe");
            setTimeout(() => show(env.services.dialog));
            return [];
        });
    }""")
    page.keyboard.press("Control+k")
    page.wait_for_selector("dialog:has-text('This one stays.')")
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))")

    assert page.locator("dialog:has-text('This one stays.')").count() == 1
    assert page.locator("dialog .f-error-message").count() == 0
    assert seen.complaints == []


FAIL = """async () => {
    const { rpc } = await import("@web/core/rpc");
    const params = { model: "res.partner", method: "read", args: [[1], 5], kwargs: {} };
    rpc("/web/dataset/call_kw/res.partner/read", params);
}"""


def test_a_failure_of_the_server_is_a_sentence_and_the_number_by_which_its_log_knows_it(visit, server):
    seen = visit(permissions=["clipboard-read", "clipboard-write"])
    page = seen.log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")

    with page.expect_response("**/call_kw/res.partner/read") as answered:
        page.evaluate(FAIL)
    number = answered.value.headers["x-request-id"]
    page.wait_for_selector(f"dialog:has-text('{number}')")
    look(page, "failure")
    page.click("dialog button:has-text('Copy')")
    expect(page.locator("dialog button:has-text('Copied')")).to_be_visible()

    assert page.evaluate("navigator.clipboard.readText()") == number
    assert "TypeError" in answered.value.text()
    expect(page.locator("dialog .f-error-message")).to_contain_text("an error that nobody expected")
    assert page.locator("dialog details[open]").count() == 0
    page.click("dialog summary")
    expect(page.locator("dialog pre")).to_contain_text("TypeError")
    assert seen.complaints == []


def test_who_does_not_look_after_the_system_gets_the_sentence_and_no_code(visit, server, call, make, own):
    groups = [(6, 0, [call("ir.model.data", "check_object_reference", "base", "group_user")[1]])]
    make("res.users", {"name": own, "login": own, "password": own + "-Pass1", "groups_id": groups})
    seen = visit(390, 844, dark=True)
    page = seen.log_in(own, own + "-Pass1")
    page.wait_for_selector(".f-apps")

    page.evaluate(FAIL)
    page.wait_for_selector("dialog .f-error-number code")
    look(page, "failure-dark-phone")

    expect(page.locator("dialog .f-error-message")).to_contain_text("what was not finished is not saved")
    assert page.locator("dialog details").count() == 0
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert seen.complaints == []


def test_failures_that_people_can_do_something_about_say_what(visit, server):
    page = visit().log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")

    told = page.evaluate("""async () => {
        const { RPCError } = await import("@web/core/rpc");
        const told = (name, isRefusal) => {
            const data = { name, message: "as the server says" };
            return new RPCError({ code: 200, message: "Server Error", data }, "", isRefusal).message;
        };
        const names = ["SerializationFailure", "DiskFull", "StringDataRightTruncation", "UndefinedColumn"];
        return [
            ...names.map((name) => told("psycopg2.errors." + name)),
            told("odoo.exceptions.LimitExceeded", true), told("builtins.KeyError"),
            told("odoo.addons.x.TooExpensive", true), told("odoo.exceptions.UserError"),
            told("werkzeug.exceptions.Gone"),
        ];
    }""")

    words = (
        "Others were changing",
        "no room left",
        "longer than its field",
        "upgrades the module",
        "fewer records",
        "nobody expected",
    )
    for sentence, word in zip(told, words, strict=False):
        assert word in sentence
    assert told[len(words) :] == ["as the server says"] * 3


def test_a_record_in_use_is_not_deleted_and_its_users_are_named(visit, server, call, make, own):
    country = make("res.country", {"name": f"Land {own}", "code": "9" + own[0]})
    make("res.partner", {"name": f"Diver {own}", "country_id": country})
    page = visit().log_in(server.login, server.password)
    page.wait_for_selector(".f-apps")

    told = page.evaluate(
        """async (id) => {
        const { rpc } = await import("@web/core/rpc");
        const params = { model: "res.country", method: "unlink", args: [[id]], kwargs: {} };
        return rpc("/web/dataset/call_kw/res.country/unlink", params).catch((error) => error.message);
    }""",
        country,
    )

    assert f"“Land {own}” is still needed by Contact, as “Country”: “Diver {own}”" in told


def test_the_palette_presses_what_is_on_the_page_and_opens_records(visit, server, make):
    make("res.partner", {"name": "Palette Maker"})
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")

    page.keyboard.press("Control+k")
    page.keyboard.type("palette mak")
    page.click(".f-palette-item:has-text('Palette Maker')")
    page.wait_for_selector(".f-form-view h1:has-text('Palette Maker')")
    page.wait_for_selector("button[data-hotkey=c]")
    page.keyboard.press("Control+k")
    page.keyboard.type("new")
    page.click(".f-palette-item:has-text('New'):has-text('On this page')")
    page.wait_for_selector(".f-form-view h1:text-is('New')")

    assert seen.complaints == []


def test_the_dark_theme_follows_the_system(visit, server):
    seen = visit(dark=True)
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr")

    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert sum(int(part) for part in re.findall(r"\d+", ground)[:3]) < 150
    picture(page, "contacts-dark")
    assert seen.complaints == []


def test_products_are_grouped_searched_and_shown_as_cards(visit, server):
    seen, page = open_products(visit, server, 1440, 900)
    if page.locator(".f-kanban").count():
        page.click("button[aria-label=List]")
    page.wait_for_selector(".f-list tbody tr")
    picture(page, "products")

    page.click(".f-search-menu button")
    picture(page, "search")
    page.click(".f-search-menu section:has(h2:text('Group by')) [role=checkbox] >> nth=0")
    page.keyboard.press("Escape")
    page.wait_for_selector(".f-group-row")
    page.click(".f-group-row button >> nth=0")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    page.click("button[aria-label=Cards]")
    page.wait_for_selector(".f-column .f-card")

    expect(page.locator(".f-facet-groupBy")).to_have_count(1)
    picture(page, "products-cards")
    assert seen.complaints == []


def test_lines_are_typed_in_place_and_saved_with_their_record(visit, server, make):
    make("product.template", {"name": "Linen cloth, dyed", "list_price": 240})
    seen, page = open_products(visit, server, 1440, 900)
    page.fill(".f-search-input", "Linen cloth, dyed")
    page.keyboard.press("Enter")
    found = page.locator(".f-list tbody tr[data-id], .f-kanban .f-card")
    expect(found).to_have_count(1)
    found.get_by_text("Linen cloth, dyed").first.click()
    page.click("[role=tab]:has-text('Purchase')")

    page.click("text=Add a line")
    expect(page.locator("tr.f-edited [data-name=partner_id] input")).to_be_focused()
    page.keyboard.type("Bruges")
    page.wait_for_selector(".f-autocomplete-choice.f-active:text-is('Bruges Cloth Hall')")
    page.keyboard.press("Enter")
    expect(page.locator("tr.f-edited [data-name=partner_id] input")).to_have_value("Bruges Cloth Hall")
    page.fill("tr.f-edited [data-name=price] input", "131.5")
    save(page)
    page.reload()
    page.click("[role=tab]:has-text('Purchase')")

    rows = page.locator(".f-x2many tbody tr[data-id]")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Bruges Cloth Hall")
    expect(rows).to_contain_text("131.50")
    picture(page, "product-lines")
    assert seen.complaints == []


def test_one_changes_ones_own_language_and_colours(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password)

    page.click("button[aria-label='Your account']")
    page.click("button:has-text('Dark')")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.click("[role=menuitem]:has-text('My profile')")
    page.wait_for_selector("dialog [data-name=lang]")

    assert seen.complaints == []


@pytest.mark.parametrize("lost", ["**/*.joined.js*", "**/load_menus/**"], ids=["modules", "menus"])
def test_a_client_that_cannot_start_says_so_and_is_loaded_again(visit, server, lost):
    seen = visit(loses_network=True)
    page = seen.log_in(server.login, server.password)
    page.route(lost, lambda route: route.abort())

    page.reload()
    page.get_by_text("The page could not be started.").wait_for()
    expect(page.locator("body.f-ready")).to_have_count(0)
    seen.hear("TypeError")  # whoever looks for the reason finds it in the console
    assert [complaint for complaint in seen.complaints if "TypeError" not in complaint] == []
    seen.complaints.clear()

    page.unroute(lost)
    page.click("#not-started a")
    page.wait_for_selector("body.f-ready")
    expect(page.locator("#not-started")).to_be_hidden()


def test_terms_that_are_lost_leave_the_client_in_the_language_of_its_source(visit, server):
    seen = visit(loses_network=True)
    seen.page.route("**/webclient/translations/**", lambda route: route.abort())

    expect(seen.log_in(server.login, server.password).locator("#not-started")).to_be_hidden()
