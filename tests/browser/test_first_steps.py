"""The first steps on a new server, by clicking: a database, the Apps menu, an app that is installed and opened."""

from __future__ import annotations

import uuid
import zipfile

import pytest

from fondaco.modules import databases, dumps
from tests import fix_database

from .accessibility import hold
from .conftest import expect
from .pictures import look
from .test_apps import find_app, stay_here

pytestmark = pytest.mark.browser

MASTER = "master-of-the-tests"
PATIENCE_MS = 60_000  # the first requests of a process load what it needs
INSTALLATION_MS = 180_000


SIZES = [pytest.param((1440, False), id="desk-light"), pytest.param((390, True), id="phone-dark")]


@pytest.fixture
def fresh(fondaco, registries, browser, request):
    """(page, name): a visitor of a server without any database it may show, and how those begin that it would."""
    width, is_dark = request.param
    name = f"first_{uuid.uuid4().hex[:8]}"
    with fondaco.started(f"--db-filter=^{name}", FONDACO_ADMIN_PASSWD=MASTER) as (_process, port):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if is_dark else "light", locale="en-US"
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        yield page, name
        hold(page)
        context.close()
    for left in databases.names(registries):
        if left.startswith(name):
            databases.drop(registries, left)


def look_at(page, step):
    """A page of the manager: nothing on it is wider than the window."""
    look(page, f"databases-{step}-{page.viewport_size['width']}")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, step


@pytest.mark.parametrize("fresh", SIZES[:1], indirect=True)
def test_m1_a_database_is_made_and_contacts_installed_by_clicking(fresh):
    page, name = fresh

    form = page.locator("form[action$='/create']")
    form.locator("[name=master_pwd]").fill(MASTER)
    form.locator("[name=name]").fill(name)
    form.locator("[name=login]").fill("doge")
    form.locator("[name=password]").fill("bucintoro-1606")
    form.locator("button[type=submit]").click(timeout=INSTALLATION_MS)
    page.wait_for_selector("[role=status]:has-text('The server is at work') progress")
    page.wait_for_selector("form[action='/web/login']", timeout=INSTALLATION_MS)
    page.fill("#login", "doge")
    page.fill("#password", "bucintoro-1606")
    page.click("form[action='/web/login'] button[type=submit]")
    page.wait_for_selector("body.f-ready")

    page.click("a.f-app:has-text('Apps')")
    find_app(page, "Contacts")
    page.click(".f-card button:has-text('Install')")
    page.wait_for_selector("dialog .f-dialog-footer")
    page.click("dialog button:has-text('Install')")
    page.wait_for_selector(".f-change-done:has-text('Contacts is installed.')", timeout=INSTALLATION_MS)
    stay_here(page)
    page.goto(page.url.partition("/odoo")[0] + "/odoo")
    page.click("a.f-app:has-text('Contacts')")

    page.wait_for_selector(".f-list tbody tr:has-text('doge'), .f-list tbody tr:has-text('Administrator'), .f-card")


@pytest.mark.parametrize("fresh", SIZES, indirect=True)
def test_a_database_comes_from_a_dump_is_copied_saved_and_goes_when_its_name_is_typed(fresh, registries, tmp_path):
    page, name = fresh
    source = fix_database.create(registries, ())
    with (tmp_path / "dump.zip").open("wb") as file:
        dumps.write(registries, source, file)
    databases.drop(registries, source)

    page.click("summary:has-text('Restore a dump')")
    look_at(page, "restore")
    form = page.locator("form[action$='/restore']")
    form.locator("[name=backup_file]").set_input_files(tmp_path / "dump.zip")
    form.locator("[name=name]").fill(name)
    form.locator("[name=master_pwd]").fill(MASTER)
    form.locator("button[type=submit]").click(timeout=INSTALLATION_MS)
    page.wait_for_selector("[role=status] progress")
    look(page, "databases-at-work")
    page.wait_for_selector(f".f-database h2:has-text('{name}')", timeout=INSTALLATION_MS)

    page.click(".f-database summary:has-text('Duplicate')")
    form = page.locator("form[action$='/duplicate']")
    form.locator("[name=new_name]").fill(f"{name}_copy")
    form.locator("[name=master_pwd]").fill(MASTER)
    form.locator("button[type=submit]").click(timeout=INSTALLATION_MS)
    page.wait_for_selector("[role=status] progress")
    copy = page.locator(f".f-database:has(h2 a:text-is('{name}_copy'))")
    copy.wait_for(timeout=INSTALLATION_MS)
    look_at(page, "two")

    copy.locator("summary:has-text('Back up')").click()
    form = copy.locator("form[action$='/backup']")
    form.locator("[name=master_pwd]").fill(MASTER)
    with page.expect_download(timeout=INSTALLATION_MS) as arrived:
        form.locator("button[type=submit]").click(timeout=INSTALLATION_MS)
    with zipfile.ZipFile(arrived.value.path()) as dump:
        assert "dump.sql" in dump.namelist()
    databases.drop(registries, f"{name}_copy")
    page.reload()

    page.click(".f-database summary:has-text('Delete')")
    form = page.locator("form[action$='/drop']")
    form.locator("[name=master_pwd]").fill(MASTER)
    form.locator("[name=typed_name]").fill("another")
    form.locator("button[type=submit]").click()
    expect(form.locator("[name=typed_name]:invalid")).to_have_count(1)
    look_at(page, "drop")
    form.locator("[name=typed_name]").fill(name)
    form.locator("button[type=submit]").click(timeout=INSTALLATION_MS)
    page.wait_for_selector("text=There is no database yet.", timeout=INSTALLATION_MS)

    assert name not in databases.names(registries)
