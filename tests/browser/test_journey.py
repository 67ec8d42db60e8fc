"""A first day, as somebody has it: from an empty database to contacts in three languages, by a network that fails.

On a phone, in the dark, it begins with the app installed, with fewer contacts and one language.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest

from fondaco.modules import databases
from tests import fix_database
from tests.external_api import service
from tests.fix_server import MODULES, Server, serving

from .conftest import expect
from .finger import Finger
from .pictures import look
from .saving import SAVED, save_by_button

pytestmark = pytest.mark.browser

Call = Callable[..., Any]
PEOPLE = ("Ada", "Bea", "Cem")


ENDS_UNCOVERED = """(selector) => {
    const { left, right, top, bottom } = document.querySelector(selector).getBoundingClientRect();
    const seen = document.elementFromPoint(Math.max(left, right - 4), (top + bottom) / 2);
    return seen !== null && seen.closest(selector) !== null;
}"""


@dataclass(frozen=True)
class Day:
    """How wide it is looked at, and how much is done."""

    width: int
    is_dark: bool
    modules: tuple[str, ...]  # that are installed when it begins
    contacts: int  # that are imported, a hundredth of them with a fault
    languages: tuple[str, ...]

    @property
    def has_finger(self) -> bool:
        return self.width < 1000

    @property
    def faulty(self) -> int:
        return self.contacts // 100

    def look(self, page: Any, step: str) -> None:
        look(page, f"journey-{self.width}-{step}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{step} is wider than the window"


DAYS = [
    pytest.param(Day(1440, False, (), 500, ("fr_FR", "ar_001")), id="desk-light"),
    pytest.param(Day(390, True, MODULES, 200, ("ar_001",)), id="phone-dark"),
]


@pytest.fixture
def town(config: Any, registries: Any, run_dir: Any, day: Day) -> Iterator[Server]:
    """A server on a database of this day's own."""
    name = fix_database.create(registries, day.modules)
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
        """() => {
            const cards = [...document.querySelectorAll('.f-card')];
            return cards.length && cards.every((card) => card.textContent.includes('Contacts'));
        }"""
    )
    page.locator(".f-card:has-text('Contacts') button:has-text('Install')").first.click()
    page.click("dialog .f-dialog-footer button:has-text('Install')")
    page.wait_for_selector(".f-change-done:has-text('Contacts is installed.')", timeout=120_000)
    page.click("dialog button:has-text('Go to the apps')")
    page.click("a.f-app:has-text('Contacts')")
    page.wait_for_selector(".f-list tbody tr, .f-card")

    assert ask("ir.module.module", "search_count", [("name", "=", "contacts"), ("state", "=", "installed")]) == 1


def create_a_company_with_three_people(page: Any, ask: Call, day: Day) -> None:
    page.click("button:has-text('New')")
    page.fill(".f-sheet [data-name=name] input >> visible=true", "Guild of Dyers")
    page.locator("[data-name=company_type] label:has-text('Company')").first.click()
    page.click("[role=tab]:has-text('People and addresses')")
    page.click(".f-x2many button:has-text('Add')")
    for number, name in enumerate(PEOPLE, 1):
        # the next begins as the one before is among the lines, and not before it
        expect(page.locator("dialog [data-name=name] input")).to_have_value("")
        page.fill("dialog [data-name=name] input", name)
        day.look(page, "person")
        page.click("dialog button:has-text('Save and add another')" if number < 3 else "dialog button[name=save]")
        page.wait_for_selector(f".f-x2many tbody tr:has-text('{name}')", state="attached")
    page.wait_for_selector("dialog", state="detached")
    save_by_button(page)
    day.look(page, "company")

    (company,) = ask("res.partner", "search_read", [("name", "=", "Guild of Dyers")], ["is_company", "child_ids"])
    assert company["is_company"]
    assert {row["name"] for row in ask("res.partner", "read", company["child_ids"], ["name"])} == set(PEOPLE)


def import_many(page: Any, ask: Call, day: Day) -> None:
    lands = ["Atlantis" if number % 100 == 7 else ("Italy", "France")[number % 2] for number in range(day.contacts)]
    rows = [f"Imported {number},{land}" for number, land in enumerate(lands)]
    page.click("button[aria-label=More]")
    page.click("[role=menuitem]:has-text('Import records')")
    page.wait_for_selector(".f-drop")
    choose_file(page, "\n".join(["Name,Country", *rows]))
    day.look(page, "columns")
    page.click("button:has-text('Try')")
    page.wait_for_selector(f"h2:text-is('{day.faulty} rows cannot be imported')")
    day.look(page, "problems")
    with page.expect_download() as arrived:
        page.get_by_role("button", name="Rows with problems", exact=True).click()
    page.get_by_role("button", name=f"Leave out {day.faulty} rows and import", exact=True).click()
    page.wait_for_selector(f"h2:text-is('{day.contacts - day.faulty} records imported')")
    day.look(page, "imported")
    page.click("button:has-text('Import another file')")
    choose_file(page, arrived.value.path().read_text("utf-8-sig").replace("Atlantis", "Portugal"))
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_selector(f"h2:text-is('{day.faulty} records imported')")

    there = ask("res.partner", "search_count", [("name", "like", "Imported %"), ("country_id", "!=", False)])
    assert there == day.contacts


def choose_file(page: Any, content: str) -> None:
    payload = {"name": "contacts.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.set_input_files(".f-import input[type=file]", payload)
    page.wait_for_selector(".f-import-columns")


def group_by_country(page: Any, town: Server, ask: Call, day: Day) -> None:
    open_list(page, town)
    group_by(page, "Country")
    page.wait_for_selector(".f-group-row")
    day.look(page, "countries")
    page.click(".f-group-row button:has-text('Portugal')")

    expect(page.locator(".f-list tbody tr[data-id]")).to_have_count(day.faulty)
    shown = {row.split("\n")[0].rsplit(None, 1)[0]: row for row in page.locator(".f-group-row").all_inner_texts()}
    assert {"France", "Italy", "Portugal"} <= set(shown)
    france = ask("res.partner", "search_count", [("country_id.code", "=", "FR")])
    expect(page.locator(".f-group-row:has-text('France')")).to_contain_text(str(france))


def drag_a_card(page: Any, ask: Call, day: Day) -> None:
    page.click("button[aria-label=Cards]")
    for land in ("Portugal", "France"):
        column = page.locator(f".f-column[aria-label='{land}']")
        if column.locator("h2 button[aria-expanded]").get_attribute("aria-expanded") == "false":
            column.locator("h2 button[aria-expanded]").click()
        column.locator(".f-card").first.wait_for()
    day.look(page, "cards")
    card = page.locator(".f-column[aria-label='Portugal'] .f-card").first
    number = int(card.get_attribute("data-id"))
    with page.expect_response("**/write"):
        if day.has_finger:
            carry(page, card, "France")
        else:
            card.drag_to(page.locator(".f-column[aria-label='France'] h2"))
    page.wait_for_selector(f".f-column[aria-label='Portugal'] h2:has-text('{day.faulty - 1}')")

    assert ask("res.partner", "read", [number], ["country_id"])[0]["country_id"][1] == "France"


def carry(page: Any, card: Any, land: str) -> None:
    """A finger holds a card until it comes loose, and waits near the edge until the column behind it comes."""
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    finger = Finger(page)
    finger.put("touchStart", box["x"] + 40, box["y"] + 10)
    page.wait_for_selector(".f-card.f-lifted")
    finger.put("touchMove", 40, box["y"] + 10)
    page.wait_for_selector(f".f-column.f-drop-here[aria-label='{land}']")
    look(page, "journey-390-carried")
    finger.put("touchEnd")


def pivot_and_export(page: Any, town: Server, ask: Call, day: Day) -> None:
    open_list(page, town, "pivot")
    day.look(page, "pivot")
    with page.expect_download() as arrived:
        page.click("button[aria-label='Download as XLSX']")
    sheet = openpyxl.load_workbook(io.BytesIO(arrived.value.path().read_bytes())).active
    totals = {str(row[0].value).strip(): row[-1].value for row in sheet.iter_rows()}

    assert totals["Portugal"] == day.faulty - 1
    assert totals["France"] == ask("res.partner", "search_count", [("country_id.code", "=", "FR")])


def speak(page: Any, town: Server, ask: Call, code: str) -> None:
    """One's own language, chosen in one's profile."""
    open_list(page, town)
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


def take_a_deletion_back(page: Any, town: Server, ask: Call, day: Day) -> None:
    open_list(page, town)
    search(page, "Imported 17", 11)
    page.locator(".f-list tbody tr[data-id] input[type=checkbox]").first.check()
    page.click(".f-selection button:has-text('Actions')")
    page.click("[role=menuitem]:has-text('Delete')")
    page.click("dialog button:has-text('Delete')")
    page.wait_for_function("document.querySelectorAll('.f-list tbody tr[data-id]').length === 10")
    # at once: it can be taken back for ten seconds
    page.click(".f-notification button:has-text('Undo')")
    page.wait_for_function("document.querySelectorAll('.f-list tbody tr[data-id]').length === 11")
    day.look(page, "taken-back")

    assert ask("res.partner", "search_count", [("name", "like", "Imported 17%")]) == 11


def lose_the_network_in_a_save(page: Any, town: Server, ask: Call, day: Day) -> None:
    page.goto(f"{town.url}/odoo/contacts/new")
    page.wait_for_selector("[data-name=phone] input")
    page.fill(".f-sheet [data-name=name] input >> visible=true", "Guild of Weavers")
    page.context.set_offline(True)
    page.keyboard.press("Control+s")
    page.wait_for_selector(".f-offline")
    page.wait_for_selector(".f-form-status:has-text('Not saved yet')")
    day.look(page, "offline")
    assert page.evaluate(ENDS_UNCOVERED, ".f-form-status")
    page.fill("[data-name=phone] input", "55501")
    assert ask("res.partner", "search_count", [("name", "=", "Guild of Weavers")]) == 0
    page.context.set_offline(False)
    page.wait_for_selector(SAVED)
    page.wait_for_selector(".f-offline", state="detached")

    (weavers,) = ask("res.partner", "search_read", [("name", "=", "Guild of Weavers")], ["phone"])
    assert weavers["phone"] == "55501"


@pytest.mark.parametrize("day", DAYS)
def test_a_first_day_from_an_empty_database_to_contacts_in_three_languages(visit, town, ask, day):
    seen = visit(day.width, dark=day.is_dark, touch=day.has_finger, loses_network=True)
    seen.url = town.url
    page = seen.log_in(town.login, town.password, "/odoo/apps")

    if "contacts" not in day.modules:
        install_contacts(page, ask)
    open_list(page, town)
    create_a_company_with_three_people(page, ask, day)
    open_list(page, town)
    import_many(page, ask, day)
    group_by_country(page, town, ask, day)
    drag_a_card(page, ask, day)
    pivot_and_export(page, town, ask, day)
    take_a_deletion_back(page, town, ask, day)
    lose_the_network_in_a_save(page, town, ask, day)
    wizard = ask("base.language.install", "create", {"lang_ids": ask("res.lang", "search", [
        ("code", "in", day.languages), ("active", "in", (True, False)),
    ])})  # fmt: skip
    ask("base.language.install", "lang_install", [wizard])
    for code in day.languages:
        speak(page, town, ask, code)
        page.wait_for_selector(".f-list tbody tr[data-id]")
        day.look(page, code)
    assert seen.complaints == []
