"""French, Arabic, and the clock of the user, in a real browser: nothing of the page stays behind in English."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from fondaco.i18n import po
from fondaco.modules import databases
from tests import fix_database, fix_server
from tests.external_api import service
from tests.translations import ADDONS

from .accessibility import serious
from .conftest import TIMEOUT_MS, Visit, expect
from .pictures import look, picture

pytestmark = pytest.mark.browser

PAGES = {
    "/odoo": ".f-apps a",
    "/odoo/contacts?view_type=list": ".f-list tbody tr[data-id]",
    "/odoo/contacts?view_type=kanban": ".f-card",
    "/odoo/contacts?view_type=pivot": ".f-pivot-table",
    "/odoo/contacts/1": ".f-sheet",
    "/odoo/products/new": ".f-sheet",
    "/odoo/contacts?view_type=graph": ".f-graph-shape",
    "/odoo/contacts/import": ".f-drop",
    "/odoo/settings": ".f-setting",
    "/odoo/apps": ".f-card",
}
LANGUAGES = {
    "fr_FR": SimpleNamespace(browser="fr-FR", tag="fr-FR", stem="fr", log_in="Se connecter", direction="ltr",
                             plain="reglages", written="Réglages"),
    "ar_001": SimpleNamespace(browser="ar", tag="ar-001", stem="ar", log_in="تسجيل الدخول", direction="rtl",
                              plain="الاعدادات", written="الإعدادات"),
}  # fmt: skip
PASSWORD = "words-in-many-tongues"
SAID = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest("script, style, [data-name], .f-brand")) {
            found.add(walker.currentNode.textContent.trim());
        }
    }
    for (const element of document.querySelectorAll("[title], [placeholder], [aria-label]")) {
        ["title", "placeholder", "aria-label"].forEach((name) => found.add((element.getAttribute(name) || "").trim()));
    }
    return [...found];
}"""


@pytest.fixture(scope="module")
def polyglot(config, registries, run_dir) -> Iterator[Any]:
    """A server where French and Arabic are spoken, with a user of each; the day of both begins in Tokyo."""
    name = fix_database.create(registries, fix_server.MODULES)
    with fix_server.serving(config, name, run_dir) as server:
        with service(server) as models:

            def call(model: str, method: str, *arguments: Any, **options: Any) -> Any:
                return models.execute_kw(name, 2, server.password, model, method, list(arguments), options)

            known = {"context": {"active_test": False}}
            ids = call("res.lang", "search", [("code", "in", list(LANGUAGES))], **known)
            call("base.language.install", "lang_install", [call("base.language.install", "create", {"lang_ids": ids})])
            call("res.partner", "create", [{"name": name} for name in ("Ada", "Bea", "Cleo")])
            administrator = call("res.users", "read", [2], ["groups_id"])[0]
            for code in LANGUAGES:
                values = {"name": f"Ada {code}", "login": code, "password": PASSWORD, "lang": code, "tz": "Asia/Tokyo"}
                call("res.users", "create", {**values, "groups_id": [(6, 0, administrator["groups_id"])]})
        yield server
    databases.drop(registries, name)


@pytest.fixture
def visitor(browser: Any, polyglot: Any) -> Iterator[Callable[..., Visit]]:
    """visitor("fr_FR"): somebody whose browser speaks a language."""
    contexts = []
    visits = []

    def visitor(code: str, width: int = 1440, *, dark: bool = False) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale=LANGUAGES[code].browser, timezone_id="Europe/Paris",
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        visit = Visit(context.new_page(), polyglot.url)
        visits.append(visit)
        visit.listen()
        return visit

    yield visitor
    complaints = [complaint for visit in visits for complaint in visit.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


def english(stem: str) -> set[str]:
    """The texts that read otherwise in the language."""
    entries = [entry for path in ADDONS.glob(f"*/i18n/{stem}.po") for entry in po.read(path.read_bytes())]
    own = {entry.translation for entry in entries}
    return {entry.source for entry in entries if entry.translation and entry.source not in own}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_whole_client_speaks_the_language_of_its_user(visitor, code):
    language = LANGUAGES[code]
    seen = visitor(code)
    page = seen.go("/web/login")
    expect(page.locator("h1")).to_have_text(language.log_in)
    expect(page.locator("html")).to_have_attribute("dir", language.direction)

    seen.log_in(code, PASSWORD)
    left: dict[str, list[str]] = {}
    for path, selector in PAGES.items():
        seen.go(path)
        page.wait_for_selector(selector)
        look(page, f"{code}-{path.strip('/').replace('/', '-').partition('?')[0]}")
        left[path] = sorted(english(language.stem).intersection(page.evaluate(SAID)))

    assert {path: texts for path, texts in left.items() if texts} == {}
    expect(page.locator("html")).to_have_attribute("lang", language.tag)
    expect(page.locator("html")).to_have_attribute("dir", language.direction)
    page.keyboard.press("Control+k")
    page.keyboard.type(language.plain)
    page.wait_for_selector(f".f-palette-item:has-text('{language.written}')")
    assert seen.complaints == []


def test_the_client_counts_and_writes_as_arabic_does(visitor):
    page = visitor("ar_001").log_in("ar_001", PASSWORD)
    counted = """async () => {
        const { _n } = await import("@web/core/i18n");
        return [0, 1, 2, 5, 11, 100].map((count) => _n("%s record", "%s records", count));
    }"""

    assert page.evaluate(counted) == ["لا سجلات", "سجل واحد", "سجلان", "5 سجلات", "11 سجلًا", "100 سجل"]


def test_moments_are_those_of_the_users_clock_wherever_his_browser_is(visitor):
    """The browser is in Paris, the user in Tokyo: 20:00 in Greenwich is the next morning."""
    page = visitor("fr_FR").log_in("fr_FR", PASSWORD)
    found = page.evaluate("""async () => {
        const { dateToMoment, formatDateTime, formatFloat, momentToDate } = await import("@web/core/formats");
        const moments = ["2026-03-28 20:00:00", "2026-03-29 00:30:00", "2026-10-25 00:30:00", "2026-12-31 15:00:00"];
        return {
            shown: formatDateTime(moments[0]), number: formatFloat(1234567.5),
            back: moments.filter((moment) => dateToMoment(momentToDate(moment)) !== moment),
        };
    }""")

    assert found["shown"] == "29/03/2026 05:00"
    assert found["number"].replace("\u202f", " ").replace("\xa0", " ") == "1 234 567,50"
    assert found["back"] == []


def test_lines_run_from_right_to_left_arrows_and_keys_too(visitor):
    seen = visitor("ar_001")
    page = seen.log_in("ar_001", PASSWORD, "/odoo/contacts?view_type=list")
    page.wait_for_selector(".f-list tbody tr[data-id]")
    headings = page.locator(".f-list thead th").all()
    boxes = [heading.bounding_box()["x"] for heading in headings[:3]]
    steps = page.locator(".f-pager button:has(svg)")
    previous = steps.first
    mirrored = previous.locator("svg").evaluate("(icon) => getComputedStyle(icon).transform")

    assert boxes == sorted(boxes, reverse=True)
    assert mirrored.startswith("matrix(-1")
    assert previous.bounding_box()["x"] > steps.last.bounding_box()["x"]

    page.click(".f-list tbody tr[data-id] td:nth-child(2)")
    page.wait_for_selector("[role=tab]")
    page.locator("[role=tab]").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("[role=tab]:nth-child(2)[aria-selected=true]")
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desk", "phone-dark"])
def test_nothing_serious_is_found_in_arabic(visitor, width, dark):
    seen = visitor("ar_001", width, dark=dark)
    page = seen.log_in("ar_001", PASSWORD)
    found = {}
    for path in ("/odoo", "/odoo/contacts?view_type=list", "/odoo/contacts/1", "/odoo/settings"):
        seen.go(path)
        page.wait_for_selector(PAGES[path])
        found[path] = serious(page)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, (path, wider)
        if width > 1000 and path == "/odoo/contacts/1":
            picture(page, "arabic")
        look(page, f"ar-{width}-{path.strip('/').replace('/', '-').partition('?')[0]}")

    assert {path: problems for path, problems in found.items() if problems} == {}
