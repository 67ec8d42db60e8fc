"""The client under a finger on the smallest phone: what is pressed is large enough for one, and menus stay in sight."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from .conftest import expect
from .pictures import look
from .saving import save

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 360, 740
LIST = "/odoo/contacts?view_type=list"
ROW = ".f-list tbody tr[data-id]"
PAGES = {
    "/odoo": ".f-apps a",
    LIST: ROW,
    "/odoo/contacts?view_type=kanban": ".f-card",
    "/odoo/contacts/1": ".f-sheet",
    "/odoo/products/new": ".f-sheet",
    "/odoo/contacts?view_type=graph": ".f-graph-shape",
    "/odoo/contacts?view_type=pivot": ".f-pivot-table",
    "/odoo/settings": ".f-setting",
    "/odoo/apps": ".f-card",
    "/odoo/contacts/import": ".f-drop",
}
# A control within its own label is pressed there; a link within a sentence is as high as its line.
TOO_SMALL = """() => {
    const PRESSED = "a[href], button, input, select, textarea, summary, [role=option], [role=tab], [tabindex='0']";
    const isSeen = (control) => control.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const targetOf = (control) => (["checkbox", "radio"].includes(control.type) && control.closest("label")) || control;
    return [...document.querySelectorAll(PRESSED)]
        .filter((control) => isSeen(control) && !control.closest("p:not(:only-child)"))
        .map((control) => [control, targetOf(control).getBoundingClientRect()])
        .filter(([, { width, height }]) => width > 1 && height > 1 && Math.min(width, height) < 24)
        .map(([control, { width, height }]) => `${width} x ${height}: ${control.outerHTML.slice(0, 120)}`);
}"""
IS_WITHIN = """(selector) => {
    const { left, right } = document.querySelector(selector).getBoundingClientRect();
    return left >= 0 && right <= document.documentElement.clientWidth;
}"""


def test_nothing_that_is_pressed_is_too_small_for_a_finger(visit, server):
    seen = visit(WIDTH, HEIGHT, touch=True)
    page = seen.log_in(server.login, server.password)
    small: dict[str, list[str]] = {}
    for path, selector in PAGES.items():
        seen.go(path)
        page.wait_for_selector(selector)
        small[path] = page.evaluate(TOO_SMALL)
    seen.go(LIST)
    page.wait_for_selector(ROW)
    page.click(".f-search-menu > button")
    page.wait_for_selector(".f-search-columns")
    small["search"] = page.evaluate(TOO_SMALL)

    assert {place: found for place, found in small.items() if found} == {}


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_menu_stays_within_the_window(visit, server, direction):
    seen = visit(WIDTH, HEIGHT, touch=True)
    page = seen.log_in(server.login, server.password, "/odoo/contacts/1")
    page.wait_for_selector(".f-sheet")
    page.evaluate("(direction) => { document.documentElement.dir = direction; }", direction)

    page.keyboard.press("Alt+u")
    page.wait_for_selector(".f-control .f-dropdown-panel")
    look(page, f"phone-menu-{direction}")
    page.wait_for_function(IS_WITHIN, arg=".f-control .f-dropdown-panel")
    page.keyboard.press("Escape")
    page.click("button[aria-label='Your account']")
    page.wait_for_selector(".f-navbar .f-dropdown-panel")
    page.wait_for_function(IS_WITHIN, arg=".f-navbar .f-dropdown-panel")


def test_a_picture_is_taken_with_the_camera(visit, server, call, make, own):
    contact = make("res.partner", {"name": own})
    seen = visit(WIDTH, HEIGHT, touch=True)
    page = seen.log_in(server.login, server.password, f"/odoo/contacts/{contact}")
    drawing = io.BytesIO()
    Image.new("RGB", (40, 40), "#c2611f").save(drawing, "PNG")

    with page.expect_file_chooser() as asked:
        page.click("button[aria-label='Take a picture']")
    assert asked.value.element.get_attribute("capture") == "environment"
    asked.value.set_files({"name": "taken.png", "mimeType": "image/png", "buffer": drawing.getvalue()})
    page.wait_for_selector(".f-image img")
    look(page, "phone-camera")
    save(page)

    (kept,) = call("res.partner", "read", [contact], ["image_1920"])
    with Image.open(io.BytesIO(base64.b64decode(kept["image_1920"]))) as picture:
        assert picture.size == (40, 40)


def test_a_desk_chooses_a_file(visit, server):
    page = visit().log_in(server.login, server.password, "/odoo/contacts/1")
    page.wait_for_selector("button:has-text('Add picture')")

    expect(page.locator("button[aria-label='Take a picture']")).to_have_count(0)


KEPT = """async () => {
    const { active } = await navigator.serviceWorker.ready;
    return active.state === "activated" && Boolean(await caches.match("/odoo/offline"));
}"""
WIDTH_OF = """async (address) => {
    const picture = Object.assign(new Image(), { src: address });
    await picture.decode();
    return picture.naturalWidth;
}"""
WAITED = """performance.getEntriesByType("resource")
    .filter((entry) => entry.workerStart && entry.workerFinalSourceType !== "network").map(({ name }) => name)"""
CONTROLLED = "Boolean(navigator.serviceWorker.controller)"


def test_the_client_is_installed_and_has_a_page_for_a_lost_connection(visit, server):
    seen = visit(WIDTH, HEIGHT, touch=True, loses_network=True, worker=True)
    page = seen.log_in(server.login, server.password, LIST)
    page.wait_for_selector(ROW)
    page.wait_for_function(KEPT)
    page.reload()
    page.wait_for_selector(ROW)

    assert page.evaluate(CONTROLLED)
    assert page.evaluate(WAITED) == [], "only pages wait for the worker"
    errors = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("h1:has-text('cannot be reached')")
    look(page, "offline")
    page.context.set_offline(False)
    page.wait_for_selector(ROW)


def test_the_manifest_names_icons_that_are_there(visit, server):
    seen = visit(worker=True)
    page = seen.log_in(server.login, server.password)
    manifest = page.evaluate("fetch('/web/manifest.webmanifest').then((answer) => answer.json())")

    sizes = {icon["sizes"]: page.evaluate(WIDTH_OF, icon["src"]) for icon in manifest["icons"]}
    assert {size: int(size.split("x")[0]) for size in sizes if size != "any"}.items() <= sizes.items()
    assert [icon["purpose"] for icon in manifest["icons"] if "purpose" in icon] == ["maskable"]
    assert (manifest["id"], manifest["start_url"], manifest["display"], manifest["lang"]) == (
        "/odoo",
        "/odoo",
        "standalone",
        "en-US",
    )
