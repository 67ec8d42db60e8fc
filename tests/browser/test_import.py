"""Files of people become records, in a real browser: columns, a trial, rows with problems, parts, interruptions."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fondaco.values.archives import MIN_UNPACKED
from fondaco.values.tabular import Workbook
from tests.external_api import service
from tests.fix_jobs import Bench
from tests.fix_workbooks import ods, row, table, text, typed

from .conftest import expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

TAGS = "/odoo/m-res.partner.category"


@pytest.fixture
def bench(registries: Any, server: Any) -> Bench:
    """The worker of the server's jobs, which has none of its own; no file waits or is half imported."""
    bench = Bench(registries, server.database)
    bench.clear()
    with bench.env() as env:
        env["base_import.import"].search([]).unlink()
    return bench


@pytest.fixture(autouse=True)
def left_as_found(call: Callable[..., Any], bench: Bench) -> Iterator[None]:
    """Other tests on this server look at the first rows of lists."""
    before = {model: call(model, "search", []) for model in ("res.partner", "res.partner.category")}
    yield
    for model, known in before.items():
        call(model, "unlink", call(model, "search", [("id", "not in", known)]))


def count(server: Any, model: str, *domain: Any) -> int:
    with service(server) as models:
        return models.execute_kw(server.database, 2, server.password, model, "search_count", [list(domain)])


def open_import(seen: Any, server: Any, path: str) -> Any:
    """The import screen, by the gear of the list."""
    page = seen.log_in(server.login, server.password, f"{path}?view_type=list")
    page.wait_for_selector(".f-list-view")
    page.click("button[aria-label=More]")
    page.click("[role=menuitem]:has-text('Import records')")
    page.wait_for_selector(".f-drop")
    return page


def choose(page: Any, name: str, content: str | bytes) -> None:
    payload = {"name": name, "mimeType": "", "buffer": content.encode() if isinstance(content, str) else content}
    page.set_input_files(".f-import input[type=file]", payload)
    page.wait_for_selector(".f-import-columns, .f-import [role=alert]")


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def contacts_file() -> str:
    """500 contacts, five of them in a country that there is not."""
    rows = [
        f"Imported {number},i{number}@example.com,{'Atlantis' if number % 100 == 7 else 'Italy'}"
        for number in range(500)
    ]
    return "\n".join(["", "Name,Electronic post,Country", "", *rows]) + "\n"


def test_five_hundred_contacts_are_tried_five_bad_rows_taken_along_and_put_right(visit, server):
    seen = visit()
    page = open_import(seen, server, "/odoo/contacts")

    choose(page, "contacts.csv", contacts_file())
    page.click("[data-column='Electronic post'] input")
    page.keyboard.type("emai")
    page.click(".f-autocomplete-choice:text-is('Email')")
    country = page.locator("[data-column=Country] input")
    country.fill("")
    country.press("Tab")
    expect(page.locator("[data-column=Country].f-import-left-out")).to_be_visible()
    country.fill("country_id")
    country.press("Tab")
    expect(country).to_have_value("Country")
    picture(page, "import-columns")
    page.click("button:has-text('Try')")
    page.wait_for_selector("h2:text-is('5 rows cannot be imported')")
    expect(page.locator(".f-import-problems tbody td.f-number").first).to_have_text("11")  # empty lines stand above it
    picture(page, "import-problems")
    assert count(server, "res.partner", ("name", "like", "Imported %")) == 0

    with page.expect_download() as arrived:
        press(page, "Rows with problems")
    faulty = arrived.value.path().read_text("utf-8-sig")
    press(page, "Leave out 5 rows and import")
    page.wait_for_selector("h2:text-is('495 records imported')")
    rows = list(csv.reader(io.StringIO(faulty)))
    assert [row[0] for row in rows[1:]] == [
        "Imported 7",
        "Imported 107",
        "Imported 207",
        "Imported 307",
        "Imported 407",
    ]
    assert "Atlantis" in rows[1][3]

    page.click("button:has-text('Import another file')")
    choose(page, "mended.csv", faulty.replace('"Atlantis"', '"France"'))
    expect(page.locator("[data-column='Electronic post'] input")).to_have_value("Email")
    expect(page.locator("[data-column=Problem] input")).to_have_value("")
    page.click("button:has-text('Try')")
    page.wait_for_selector("[role=status]:has-text('All 5 rows can be imported.')")
    press(page, "Import")
    page.wait_for_selector("h2:text-is('5 records imported')")
    page.click("button:has-text('Show the records')")

    expect(page.locator(".f-list tbody tr[data-id]")).to_have_count(5)
    assert count(server, "res.partner", ("name", "like", "Imported %"), ("email", "!=", False)) == 500
    assert seen.complaints == []


def tags_file(name: str, rows: int) -> str:
    return "\n".join(["name", *(f"{name} {number}" for number in range(rows))]) + "\n"


def test_an_import_whose_answer_was_lost_is_not_done_twice(visit, server):
    seen = visit(loses_network=True)
    page = open_import(seen, server, TAGS)
    asked: list[str] = []

    def first_answer_is_lost(route: Any) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/execute_import", first_answer_is_lost)
    choose(page, "tags.csv", tags_file("Lost", 800))
    press(page, "Import")
    page.wait_for_selector(".f-offline")
    page.wait_for_selector("h2:text-is('800 records imported')")

    assert count(server, "res.partner.category", ("name", "like", "Lost %")) == 800
    expect(page.locator(".f-import-sign")).to_have_count(0)


@pytest.fixture
def work(bench: Bench) -> Callable[..., int]:
    """work(2): a worker does what waits, at most so many jobs."""
    return bench.run


def test_a_large_import_is_work_of_the_server_and_one_may_close_the_page(visit, server, work):
    seen = visit()
    page = open_import(seen, server, TAGS)
    lines = ["name,Color", *(f"Away {number},{'red' if number in (7, 2900) else 3}" for number in range(3500))]
    choose(page, "tags.csv", "\n".join(lines))
    press(page, "Import")
    page.wait_for_selector("text=It waits for its turn")
    work(2)
    page.wait_for_selector("text=1,000 of 3,500 rows")
    page.wait_for_selector("text=1 row with problems so far")
    picture(page, "import-running")
    # several databases have one address
    page.wait_for_function(f"'fondaco.import.{server.database}.2' in localStorage")

    page.goto("about:blank")
    work()
    page.goto(f"{server.url}{TAGS}?view_type=list")
    page.wait_for_selector("text=3,498 records imported from tags.csv.")
    page.click("button[aria-label=More]")
    page.click("[role=menuitem]:has-text('Import records')")
    page.wait_for_selector("h2:text-is('2 rows cannot be imported')")
    with page.expect_download() as arrived:
        press(page, "Rows with problems")
    rows = list(csv.reader(io.StringIO(arrived.value.path().read_text("utf-8-sig"))))

    assert rows[0] == ["name", "Color", "Problem"]
    assert [row[:2] for row in rows[1:]] == [["Away 7", "red"], ["Away 2900", "red"]]
    assert "'red'" in rows[1][2]
    assert count(server, "res.partner.category", ("name", "like", "Away %")) == 3498
    assert seen.complaints == []


def test_a_large_import_is_stopped_and_goes_on_in_another_browser(visit, server, work):
    page = open_import(visit(), server, TAGS)
    choose(page, "tags.csv", tags_file("Stopped", 2500))
    press(page, "Try")
    page.wait_for_selector("text=It waits for its turn")
    work()
    page.wait_for_selector("[role=status]:has-text('All 2,500 rows can be imported.')")
    press(page, "Import")
    page.wait_for_selector("text=It waits for its turn")
    work(2)
    page.wait_for_selector("text=1,000 of 2,500 rows")
    press(page, "Stop")
    page.wait_for_selector("text=1,000 of 2,500 rows are in")
    work()

    seen = visit()
    other = seen.log_in(server.login, server.password, f"{TAGS}?view_type=list")
    other.wait_for_selector(".f-list-view")
    other.click("button[aria-label=More]")
    other.click("[role=menuitem]:has-text('Import records')")
    press(other, "Go on")
    other.wait_for_selector("progress")
    work()
    other.wait_for_selector("h2:text-is('2,500 records imported')")
    press(other, "Show the records")
    other.wait_for_selector(".f-list tbody tr[data-id]")

    assert count(server, "res.partner.category", ("name", "like", "Stopped %")) == 2500
    assert seen.complaints == []


def workbook() -> bytes:
    book = Workbook("Tags")
    book.add(["Tag Name", "Colour"])
    book.add(["From a workbook", 3])
    return book.content()


def test_a_workbook_is_dropped_and_what_cannot_be_read_is_said(visit, server):
    seen = visit()
    page = open_import(seen, server, TAGS)

    choose(page, "old.xls", b"\xd0\xcf\x11\xe0")
    expect(page.locator(".f-import [role=alert]")).to_contain_text("Save it as XLSX")
    handle = page.evaluate_handle(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "tags.xlsx"));
            return data;
        }""",
        list(workbook()),
    )
    page.dispatch_event(".f-drop", "drop", {"dataTransfer": handle})
    page.wait_for_selector(".f-import-columns")
    page.click("[data-column='Tag Name'] input")
    page.keyboard.type("name")
    page.wait_for_selector(".f-autocomplete-choice.f-active:has-text('Name')")
    page.keyboard.press("Enter")
    expect(page.locator("[data-column='Tag Name'] input")).to_have_value("Name")
    press(page, "Import")
    page.wait_for_selector("h2:text-is('1 record imported')")

    assert count(server, "res.partner.category", ("name", "=", "From a workbook")) == 1
    assert seen.complaints == []


def test_an_ods_workbook_is_imported_by_its_values_and_one_made_to_explode_is_refused(visit, server):
    seen = visit()
    page = open_import(seen, server, TAGS)

    choose(page, "bomb.ods", ods(" " * (MIN_UNPACKED + 1)))
    expect(page.locator(".f-import [role=alert]")).to_contain_text("unpacks to")
    choose(
        page,
        "tags.ods",
        ods(
            table("Tags", row(text("name"), text("Color")), row(text("Of ODS 1"), typed("float", "4", "four"))),
            table("Other", row(text("not this"))),
        ),
    )
    page.wait_for_selector("[data-column=Color]")
    press(page, "Import")
    page.wait_for_selector("h2:text-is('1 record imported')")

    assert count(server, "res.partner.category", ("name", "=", "Of ODS 1"), ("color", "=", 4)) == 1
    assert seen.complaints == []


def test_the_palette_begins_an_import_into_the_list_one_is_in_and_headings_below_a_title_are_taken(visit, server):
    seen = visit()
    page = seen.log_in(server.login, server.password, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list-view")

    page.keyboard.press("Control+k")
    page.keyboard.type("import into")
    page.keyboard.press("Enter")
    page.wait_for_selector(".f-drop")

    expect(page.locator("h1")).to_have_text("Import: Contacts")
    page.reload()
    page.wait_for_selector(".f-drop")
    expect(page.locator("h1")).to_have_text("Import: Contacts")

    choose(page, "empty.csv", "")
    expect(page.locator(".f-import [role=alert]")).to_have_text("The file has no rows.")
    choose(page, "titled.csv", "Our contacts of March,\n\nName,Email\nImported 1,i1@example.com\n")
    expect(page.locator(".f-import-headings")).to_contain_text("the first line of the file is “Our contacts of March”")
    press(page, "Take that line")
    expect(page.locator("[data-column=Email] input")).to_have_value("Email")
    expect(page.locator(".f-import-headings")).to_have_count(0)
    assert seen.complaints == []


def test_the_import_screen_fits_a_phone_in_the_dark(visit, server):
    seen = visit(390, 844, dark=True)
    page = open_import(seen, server, "/odoo/contacts")
    look(page, "import-drop-dark-phone")

    choose(page, "contacts.csv", contacts_file())
    page.click("summary:has-text('How the file is read')")
    look(page, "import-columns-dark-phone")
    press(page, "Try")
    page.wait_for_selector(".f-import-problems")
    look(page, "import-problems-dark-phone")

    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert seen.complaints == []
