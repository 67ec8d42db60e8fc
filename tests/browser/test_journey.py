"""A first day, as somebody has it: from an empty database to contacts in three languages, by a network that fails."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest

from fondaco.modules import databases
from tests import fix_database
from tests.external_api import service
from tests.fix_server import Server, serving

from .conftest import expect
from .pictures import look
from .saving import SAVED, save_by_button

pytestmark = pytest.mark.browser

Call = Callable[..., Any]
PEOPLE = ("Ada", "Bea", "Cem")
LANGUAGES = ("fr_FR", "ar_001")


@pytest.fixture
def town(config: Any, registries: Any, run_dir: Any) -> Iterator[Server]:
    """A server on a database in which no app is installed yet."""
    name = fix_database.create(registries, ())
    with serving(config, name, run_dir) as running:
        yield running
    databases.drop(registries, name)


@pytest.fixture
def ask(town: Server) -> Iterator[Call]:
    """ask(model, method, ...): what the server says."""
    with service(town) as models:
        yield lambda model, method, *arguments, **options: models.execute_kw(
            town.database, 2, town.password, model, method, list(arguments), options
        )


def open_list(page: Any, town: Server, kind: str = "list") -> None:
    page.goto(f"{town.url}/odoo/contacts?view_type={kind}")
    page.wait_for_selector({"list": ".f-list tbody tr", "kanban": ".f-card", "pivot": ".f-pivot-table"}[kind])


def search(page: Any, text: str, count: int) -> None:
    """Look for names in the list; `count` are found."""
    page.fill(".f-search-input", text)
    page.keyboard.press("Enter")
    page.wait_for_selector(f".f-facet:has-text('{text}')")
    page.wait_for_function("n => document.querySelectorAll('.f-list tbody tr[data-id]').length === n", arg=count)


def group_by(page: Any, name: str) -> None:
    page.click(".f-search-menu button")
    page.click(f".f-search-menu section:has(h2:text('Group by')) [role=checkbox]:has-text('{name}')")
    page.keyboard.press("Escape")


def install_contacts(page: Any, ask: Call) -> None:
    page.wait_for_selector(".f-card")
    page.fill(".f-search-input", "Contacts")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "[...document.querySelectorAll('.f-card')].every((card) => card.textContent.includes('Contacts'))"
    )
    page.locator(".f-card:has-text('Contacts') button:has-text('Install')").first.click()
    page.click("dialog .f-dialog-footer button:has-text('Install')")
    page.wait_for_selector(".f-change-done:has-text('Contacts is installed.')", timeout=120_000)
    page.click("dialog button:has-text('Go to the apps')")
    page.click("a.f-app:has-text('Contacts')")
    page.wait_for_selector(".f-list tbody tr, .f-card")

    assert ask("ir.module.module", "search_count", [("name", "=", "contacts"), ("state", "=", "installed")]) == 1


def create_a_company_with_three_people(page: Any, ask: Call) -> None:
    page.click("button:has-text('New')")
    page.fill(".f-sheet [data-name=name] input >> visible=true", "Guild of Dyers")
    page.locator("[data-name=company_type] label:has-text('Company')").first.click()
    page.click("[role=tab]:has-text('People and addresses')")
    page.click(".f-x2many button:has-text('Add')")
    for number, name in enumerate(PEOPLE, 1):
        page.fill("dialog [data-name=name] input", name)
        page.click("dialog button:has-text('Save and add another')" if number < 3 else "dialog button[name=save]")
        page.wait_for_selector(f".f-x2many tbody tr:has-text('{name}')", state="attached")
    page.wait_for_selector("dialog", state="detached")
    save_by_button(page)

    (company,) = ask("res.partner", "search_read", [("name", "=", "Guild of Dyers")], ["is_company", "child_ids"])
    assert company["is_company"]
    assert {row["name"] for row in ask("res.partner", "read", company["child_ids"], ["name"])} == set(PEOPLE)


def import_five_hundred(page: Any, ask: Call) -> None:
    lands = ["Atlantis" if number % 100 == 7 else ("Italy", "France")[number % 2] for number in range(500)]
    rows = [f"Imported {number},{land}" for number, land in enumerate(lands)]
    page.click("button[aria-label=More]")
    page.click("[role=menuitem]:has-text('Import records')")
    page.wait_for_selector(".f-drop")
    choose_file(page, "\n".join(["Name,Country", *rows]))
    page.click("button:has-text('Try')")
    page.wait_for_selector("h2:text-is('5 rows cannot be imported')")
    with page.expect_download() as arrived:
        page.get_by_role("button", name="Rows with problems", exact=True).click()
    page.get_by_role("button", name="Leave out 5 rows and import", exact=True).click()
    page.wait_for_selector("h2:text-is('495 records imported')")
    page.click("button:has-text('Import another file')")
    choose_file(page, arrived.value.path().read_text("utf-8-sig").replace("Atlantis", "Portugal"))
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_selector("h2:text-is('5 records imported')")

    assert ask("res.partner", "search_count", [("name", "like", "Imported %"), ("country_id", "!=", False)]) == 500


def choose_file(page: Any, content: str) -> None:
    payload = {"name": "contacts.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.set_input_files(".f-import input[type=file]", payload)
    page.wait_for_selector(".f-import-columns")


def group_by_country(page: Any, town: Server, ask: Call) -> None:
    open_list(page, town)
    group_by(page, "Country")
    page.wait_for_selector(".f-group-row")
    page.click(".f-group-row button:has-text('Portugal')")

    expect(page.locator(".f-list tbody tr[data-id]")).to_have_count(5)
    shown = {row.split("\n")[0].rsplit(None, 1)[0]: row for row in page.locator(".f-group-row").all_inner_texts()}
    assert {"France", "Italy", "Portugal"} <= set(shown)
    france = ask("res.partner", "search_count", [("country_id.code", "=", "FR")])
    expect(page.locator(".f-group-row:has-text('France')")).to_contain_text(str(france))


def drag_a_card(page: Any, ask: Call) -> None:
    page.click("button[aria-label=Cards]")
    for land in ("Portugal", "France"):
        column = page.locator(f".f-column[aria-label='{land}']")
        if column.locator("h2 button[aria-expanded]").get_attribute("aria-expanded") == "false":
            column.locator("h2 button[aria-expanded]").click()
        column.locator(".f-card").first.wait_for()
    card = page.locator(".f-column[aria-label='Portugal'] .f-card").first
    number = int(card.get_attribute("data-id"))
    with page.expect_response("**/write"):
        card.drag_to(page.locator(".f-column[aria-label='France'] h2"))
    page.wait_for_selector(".f-column[aria-label='Portugal'] h2:has-text('4')")

    assert ask("res.partner", "read", [number], ["country_id"])[0]["country_id"][1] == "France"


def pivot_and_export(page: Any, town: Server, ask: Call) -> None:
    open_list(page, town, "pivot")
    with page.expect_download() as arrived:
        page.click("button[aria-label='Download as XLSX']")
    sheet = openpyxl.load_workbook(io.BytesIO(arrived.value.path().read_bytes())).active
    totals = {str(row[0].value).strip(): row[-1].value for row in sheet.iter_rows()}

    assert totals["Portugal"] == 4
    assert totals["France"] == ask("res.partner", "search_count", [("country_id.code", "=", "FR")])


def speak(page: Any, town: Server, ask: Call, code: str) -> None:
    """One's own language, chosen in one's profile."""
    page.goto(f"{town.url}/odoo/contacts?view_type=list")
    page.wait_for_selector("body.f-ready")
    page.click(".f-user-menu button, .f-navbar button:has(.f-initials)")
    page.locator("[role=menuitem]").first.click()
    page.wait_for_selector("dialog [data-name=lang] select")
    page.select_option("dialog [data-name=lang] select", value=code)
    with page.expect_navigation():
        page.click("dialog button[name=preference_save]")
    page.wait_for_selector("body.f-ready")

    assert ask("res.users", "read", [2], ["lang"])[0]["lang"] == code
    expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{code[:2]}"))
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if code.startswith("ar") else "ltr")


def take_a_deletion_back(page: Any, town: Server, ask: Call) -> None:
    open_list(page, town)
    search(page, "Imported 42", 11)
    page.locator(".f-list tbody tr[data-id] input[type=checkbox]").first.check()
    page.click(".f-selection button:has-text('Actions')")
    page.click("[role=menuitem]:has-text('Delete')")
    page.click("dialog button:has-text('Delete')")
    page.wait_for_function("document.querySelectorAll('.f-list tbody tr[data-id]').length === 10")
    page.click(".f-notification button:has-text('Undo')")
    page.wait_for_function("document.querySelectorAll('.f-list tbody tr[data-id]').length === 11")

    assert ask("res.partner", "search_count", [("name", "like", "Imported 42%")]) == 11


def lose_the_network_in_a_save(page: Any, town: Server, ask: Call) -> None:
    page.goto(f"{town.url}/odoo/contacts/new")
    page.wait_for_selector("[data-name=phone] input")
    page.fill(".f-sheet [data-name=name] input >> visible=true", "Guild of Weavers")
    page.context.set_offline(True)
    page.keyboard.press("Control+s")
    page.wait_for_selector(".f-offline")
    page.wait_for_selector(".f-form-status:has-text('Not saved yet')")
    page.fill("[data-name=phone] input", "55501")
    assert ask("res.partner", "search_count", [("name", "=", "Guild of Weavers")]) == 0
    page.context.set_offline(False)
    page.wait_for_selector(SAVED)
    page.wait_for_selector(".f-offline", state="detached")

    (weavers,) = ask("res.partner", "search_read", [("name", "=", "Guild of Weavers")], ["phone"])
    assert weavers["phone"] == "55501"


def test_a_first_day_from_an_empty_database_to_contacts_in_three_languages(visit, town, ask):
    seen = visit(loses_network=True)
    seen.url = town.url
    page = seen.log_in(town.login, town.password, "/odoo/apps")

    install_contacts(page, ask)
    create_a_company_with_three_people(page, ask)
    open_list(page, town)
    import_five_hundred(page, ask)
    group_by_country(page, town, ask)
    drag_a_card(page, ask)
    pivot_and_export(page, town, ask)
    take_a_deletion_back(page, town, ask)
    lose_the_network_in_a_save(page, town, ask)
    wizard = ask("base.language.install", "create", {"lang_ids": ask("res.lang", "search", [
        ("code", "in", LANGUAGES), ("active", "in", (True, False)),
    ])})  # fmt: skip
    ask("base.language.install", "lang_install", [wizard])
    for code in LANGUAGES:
        speak(page, town, ask, code)
        page.wait_for_selector(".f-list tbody tr[data-id]")
        look(page, f"journey-{code}")
    assert seen.complaints == []
