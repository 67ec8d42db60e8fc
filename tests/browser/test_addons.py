"""What addons bring to the client: the example of docs/integrator/client.md, installed, and the ids that it lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from tests import fix_database, fix_server
from tests.external_api import service

from . import guildcraft
from .accessibility import hold
from .conftest import TIMEOUT_MS, Visit, expect
from .pictures import look, picture
from .saving import SAVED, save

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/integrator/client.md"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
PDF += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
BOATS = {"Adelaide": 12, "Betty": 6, "Clara": 24}


STRANGER = {
    "static/src/broken.js": """
        // import { commented } from "@web/core/out";
        import { nothing } from "@web/core/not_there";
        import { Domain, lost as found } from "@web/core/domain";
        window.stranger = nothing;
    """,
    "static/src/parts/neighbour.js": 'export const count = (window.strangerLoads = (window.strangerLoads || 0) + 1);',
    "static/src/works.js": """
        import { count } from "./parts/neighbour";
        import { count as same } from "@stranger/parts/neighbour";
        import { registry } from "@web/core/registry";
        window.stranger = [count, same];
        registry.category("services").add("stranger", { dependencies: ["unheard_of"], start: () => {} });
    """,
    **{f"static/src/{name}": (Path(__file__).parent / name).read_text() for name in ("asks.js", "asks_screen.js")},
    "static/later/words.js": "export const ours = 'boats of ours';",
    "static/later/later.js": """
        import { Component } from "@odoo/owl";
        import { registry } from "@web/core/registry";
        import { ours } from "@stranger/../later/words";
        class Later extends Component { static template = "stranger.Later"; static props = ["boats"]; ours = ours; }
        registry.category("lazy_components").add("StrangerLater", Later);
    """,
    "static/later/later.xml": """
        <templates>
            <t t-name="stranger.Later"><b class="asked-later"><t t-esc="props.boats"/> <t t-esc="ours"/></b></t>
        </templates>
    """,
    "static/src/bar.xml": '<templates><t t-name="stranger.Bar" t-inherit="web.Unheard"/></templates>',
}  # fmt: skip


@pytest.fixture(scope="module")
def harbour(config: Any, registries: Registries, run_dir: Path, folder: Any) -> Iterator[Any]:
    """A server on a database with the example addon, and an addon that was made for another client."""
    assets = {"web.assets_backend": ["stranger/static/src/**/*"], "stranger.later": ["stranger/static/later/*"]}
    folder.write("stranger", {"depends": ["web"], "assets": assets}, **{"__init__.py": "", **STRANGER})
    folder.write("guildcraft", guildcraft.MANIFEST, **guildcraft.FILES)
    config = config.replace(addons_path=[str(ROOT / "examples"), str(folder.path)])
    own = Registries(config, registries.pools)
    name = fix_database.create(own, ("harbour", "stranger", "guildcraft"))
    with fix_server.serving(config, name, run_dir) as server:
        yield server
    databases.drop(own, name)


@pytest.fixture
def boats(harbour: Any) -> Iterator[None]:
    """Three of them."""
    with service(harbour) as models:

        def call(method: str, argument: Any) -> Any:
            return models.execute_kw(harbour.database, 2, harbour.password, "harbour.boat", method, [argument])

        made = call("create", [{"name": boat, "length": length} for boat, length in BOATS.items()])
        yield
        call("unlink", made)


@pytest.fixture
def piece(harbour: Any) -> Iterator[Callable[[], dict[str, Any]]]:
    """piece(): what the server has of the one piece of work that there is."""
    with service(harbour) as models:

        def call(method: str, *arguments: Any) -> Any:
            return models.execute_kw(harbour.database, 2, harbour.password, "guildcraft.piece", method, list(arguments))

        values = {"name": "Banner", "share": 0.5, "days": 2.0, "legend_blocked": "Out of yarn"}
        made = call("create", {**values, "link": "https://example.com/weave", "tue": True})
        yield lambda: call("read", [made], [])[0]
        call("unlink", [made])


@pytest.fixture
def seen(browser: Any, harbour: Any, request: Any) -> Iterator[Visit]:
    width, scheme = getattr(request, "param", (1200, "light"))
    context = browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme, locale="en-US")
    context.set_default_timeout(TIMEOUT_MS)
    visit = Visit(context.new_page(), harbour.url)
    visit.page.on("console", lambda m: visit.complaints.append(m.text) if m.type in ("error", "warning") else None)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    yield visit
    hold(visit.page)
    context.close()


def choose_state(page: Any, name: str) -> None:
    page.locator(".f-state-toggle").first.focus()
    page.keyboard.press("Enter")
    page.click(f"[role=menuitemradio]:has-text('{name}')")
    page.wait_for_selector(f".f-state-toggle[aria-label='State: {name}']")


def test_every_state_choice_and_number_is_changed_where_it_is_seen(seen, harbour, piece):
    page = seen.log_in(harbour.login, harbour.password, "/odoo/pieces")

    with page.expect_response("**/web_save"):
        choose_state(page, "Ready")
    expect(page).to_have_url(re.compile("/pieces$"))
    page.wait_for_selector(".f-card .f-tone-warning:has-text('Banner')")
    page.wait_for_selector("[data-name=sold] [role=img][aria-label='Sold: May: 3.00, June: 7.00']:has(rect)")
    page.click(".f-card-menu > button")
    look(page, "guildcraft-cards")
    with page.expect_response("**/web_save"):
        page.click("[role=menuitemradio][aria-label='Colour 3']")
    assert (piece()["state"], piece()["color"]) == ("done", 3)

    page.click(".f-switch-view button[title=List]")
    page.wait_for_selector(".f-list .f-state-toggle:has-text('Ready')")
    page.click(".f-list .f-state-toggle")
    look(page, "guildcraft-list")
    with page.expect_response("**/web_save"):
        page.click("[role=menuitemradio]:has-text('In work')")
    page.wait_for_selector(".f-list .f-state-toggle:has-text('In work')")
    assert piece()["state"] == "normal"
    page.goto(f"{harbour.url}/odoo/pieces/{piece()['id']}")
    choose_state(page, "Out of yarn")
    expect(page.locator("[data-name=share] input")).to_have_value("1.5")
    page.fill("[data-name=share] input", "6")
    page.click("[data-name=days] button:has-text('4.00')")
    page.wait_for_selector("[data-name=days] button:has-text('8.00')")
    expect(page.locator(".f-week-days input:checked")).to_have_attribute("name", "tue")
    page.check(".f-week-days input[name=sat]")
    expect(page.locator("[data-name=link] a")).to_have_attribute("href", "https://example.com/weave")
    expect(page.locator("[data-name=kind] .f-tone-success")).to_have_text("Cloth")
    pattern = {"name": "pattern.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.set_input_files("[data-name=pattern] input[type=file]", pattern)
    expect(page.locator("[data-name=pattern] iframe")).to_have_attribute("src", re.compile("^blob:"))
    save(page)
    expect(page.locator("[data-name=pattern] iframe")).to_have_attribute("src", re.compile("^/web/content/guildcraft"))
    look(page, "guildcraft-form")

    row = piece()
    assert (row["state"], row["share"], row["days"], row["sat"]) == ("blocked", 2.0, 4.0, True)
    assert [complaint for complaint in seen.complaints if "stranger" not in complaint] == []


def test_options_of_widgets_are_obeyed(seen, harbour, piece):
    page = seen.log_in(harbour.login, harbour.password, f"/odoo/piece-options/{piece()['id']}")
    field = "[data-name={}] input".format

    expect(page.locator(field("count"))).to_have_attribute("step", "100")
    expect(page.locator(field("weight"))).to_have_value("1234.5")
    expect(page.locator("[data-name=goal] .f-value")).to_have_text("20.0K")
    expect(page.locator(field("hours"))).to_have_value("01:30:15")
    expect(page.locator("[data-name=when] input")).to_have_value("2026-03-04")
    expect(page.locator("[data-name=site] a")).to_have_text("Our page")
    expect(page.locator("[data-name=site] a")).to_have_attribute("href", "http://example.com")
    expect(page.locator(".o_stat_text")).to_have_text("ells")
    expect(page.locator("[data-name=name].f-tone-danger")).to_have_count(1)
    expect(page.locator(".f-statusbar > li")).to_have_text(["Warp", "Weft", ""])

    page.fill(field("due"), "2026-01-31")
    page.keyboard.press("Tab")
    page.wait_for_selector("[data-name=due] .f-field-problem:has-text('Nothing before 02/01/2026')")
    page.fill(field("due"), "8999-01-01")
    page.keyboard.press("Tab")
    page.wait_for_selector("[data-name=due] [role=status]:has-text('in the future')")
    page.fill(field("days"), "5000")
    page.keyboard.press("Tab")
    expect(page.locator("[data-name=days] progress")).to_have_attribute("value", "25")
    page.fill(field("when"), "2026-03-05")
    page.click("[data-name=state] label:has-text('Ready')")
    expect(page.locator("[data-name=thread_ids] .f-list-add button")).to_have_count(0)
    page.fill(field("count"), "400")
    page.keyboard.press("Tab")
    page.click("[data-name=thread_ids] button:has-text('Spin one')")
    page.fill("[data-name=thread_ids] tbody input", "Silk")
    page.click(field("model_id"))
    page.keyboard.type("Country")
    page.click(".f-autocomplete-choice:text-is('Country')")
    page.click(field("about"))
    page.keyboard.type("Portug")
    page.click(".f-autocomplete-choice:text-is('Portugal')")
    page.fill(field("tag_ids"), "New one")
    expect(page.locator(".f-autocomplete:has-text('Create')")).to_have_count(0)
    page.fill(field("tag_ids"), "")
    page.click(".f-statusbar-more")
    look(page, "guildcraft-options")
    page.click(".f-statusbar [role=menuitem]:has-text('Burnt')")
    page.wait_for_selector(".f-statusbar .f-current:has-text('Burnt')")
    page.wait_for_selector(SAVED)

    row = piece()
    assert (row["due"], row["days"], row["count"], row["state"]) == ("8999-01-01", 5000, 400, "done")
    assert row["when"].startswith("2026-03-05") and row["when"].endswith(":30")
    assert row["about"].startswith("res.country,")
    assert (row["stage"][1], len(row["thread_ids"])) == ("Burnt", 1)
    page.wait_for_function("window.guildcraft.map(([name]) => name).join() === 'will,saved'")
    page.fill(field("name"), "Never")
    page.keyboard.press("Control+s")
    page.wait_for_function("window.guildcraft.length === 3")
    page.fill(field("name"), "Banner")
    page.keyboard.press("Tab")
    assert [complaint for complaint in seen.complaints if "stranger" not in complaint] == []


def test_a_client_action_fills_the_slots_of_the_frame_and_a_component_stands_beside_every_page(seen, harbour):
    page = seen.log_in(harbour.login, harbour.password, "/odoo/loom")

    expect(page.locator(".f-control-buttons button")).to_have_text("Customers")
    expect(page.locator(".f-control-search .guildcraft-actions")).to_have_count(1)
    expect(page.locator(".f-control-end .guildcraft-more")).to_have_count(1)
    expect(page.locator(".f-content.guildcraft-loom")).to_have_text("Warp and weft")
    expect(page.locator(".guildcraft-shuttle")).to_have_text("To and fro")
    look(page, "guildcraft-loom")
    assert [complaint for complaint in seen.complaints if "stranger" not in complaint] == []


@pytest.mark.parametrize("seen", [(1200, "light"), (390, "dark")], indirect=True, ids=["desk-light", "phone-dark"])
def test_an_addon_adds_a_widget_a_kind_of_view_an_item_in_the_bar_and_changes_a_template(seen, harbour, boats):
    page = seen.log_in(harbour.login, harbour.password, "/odoo/boats")

    expect(page.locator(".harbour-quay button")).to_have_text(list(BOATS))
    widths = [page.locator(".harbour-hull").nth(place).bounding_box()["width"] for place in range(3)]
    assert widths == [10 * length for length in BOATS.values()]
    assert page.inner_text(".f-nav-end [aria-label='3 boats in the harbour']").split() == ["⚓", "3"]
    expect(page.locator("header .harbour-motto")).to_have_text("Calm seas")
    assert page.evaluate("window.harbourTrial") is None, "the manifest removes it from the bundle"
    assert page.evaluate("document.querySelector('link[rel=stylesheet]').href").split("?")[0].endswith("colours.css")
    if page.viewport_size["width"] > 1000:
        picture(page, "example-addon")
    look(page, f"example-addon-{page.viewport_size['width']}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.click(".harbour-quay button:has-text('Betty')")
    page.wait_for_selector(".harbour-length input")
    page.focus(".harbour-length input")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("output:text-is('7 metres')")
    save(page)
    look(page, f"example-addon-form-{page.viewport_size['width']}")
    page.go_back()
    page.wait_for_selector(".harbour-quay button")
    assert [complaint for complaint in seen.complaints if "stranger" not in complaint] == []


def test_what_an_addon_asks_for_in_vain_is_named_and_the_client_goes_on_without(seen, harbour):
    page = seen.log_in(harbour.login, harbour.password)

    assert page.evaluate("window.stranger") == [1, 1], "a module is loaded once, whichever way it is named"
    seen.hear("@stranger/broken cannot be loaded and is left out:")
    missing = "asks for what is not here: @web/core/not_there, lost of @web/core/domain"
    seen.hear(f"(stranger/static/src/broken.js). It {missing}; docs/integrator/client.md lists what is.")
    assert not page.is_visible(f"text={missing}")
    seen.hear("services that cannot start are left out: stranger (needs unheard_of)")
    seen.hear('template stranger.Bar: t-inherit="web.Unheard" names no template')


def test_who_looks_into_the_client_reads_what_an_addon_asks_for_in_vain(seen, harbour):
    page = seen.log_in(harbour.login, harbour.password, "/odoo?debug=1")

    news = page.locator(".f-notification", has_text="A file of the module stranger is left out")
    expect(news).to_contain_text(
        "static/src/broken.js asks for what is not here: @web/core/not_there, lost of @web/core"
    )


ANSWERS = [
    [True, False], [True, True], [True, False, True], [["partner_id", "name"], ["res.users", "res.partner"]],
    ["string", "", "en_US"], [True, True], True, True, "y", True,
    [[6, False, [1]], "1.00", "1.50", "Yes", True, 1000.5, 0.5, 12.5],
    ",".join(["function"] * 15), True,
]  # fmt: skip


def test_documented_modules_components_and_services_do_what_their_pages_say(seen, harbour):
    page = seen.log_in(harbour.login, harbour.password, "/odoo/action-asked.screen")
    state = page.locator(".asked-state")

    expect(page.locator("h1")).to_have_text("The quay")
    assert page.title() == "The quay · Fondaco"
    assert page.evaluate("window.asked") == []
    assert page.evaluate("window.told") == ANSWERS
    expect(page.locator(".asked-later")).to_have_text("3 boats of ours")
    page.get_by_label("On the quay").check()
    page.locator(".asked-screen .f-colors button").click()
    page.locator(".asked-screen .f-colors [data-color='4']").click()
    page.get_by_role("combobox", name="One").click()
    page.get_by_role("option", name="Buoy").click()
    page.get_by_role("combobox", name="Many").click()
    page.get_by_role("option", name="Steel").click()
    page.keyboard.press("Escape")
    page.click(".asked-menu")
    page.get_by_role("menuitem", name="Item").click()
    page.get_by_role("tab", name="First").click()
    page.click(".f-pager button[aria-label='Next']")
    page.get_by_role("combobox", name="Contact").fill("Admin")
    page.get_by_role("option", name="Administrator").click()
    expect(state).to_have_text('[true,4,"b",[1,2],"item","first","Administrator",10]')
    expect(page.locator(".asked-screen .f-tag")).to_have_text(["Hemp", "Steel", "Tag 1", "+2"])

    page.click(".asked-popover")
    page.locator(".asked-tip").get_by_role("button").click()
    expect(page.locator(".f-popover")).to_have_count(0)
    page.click(".asked-effect")
    look(page, "effect")
    expect(page.get_by_role("status").filter(has_text="Boats are in")).to_be_visible()
    page.click("h1")
    expect(page.locator(".f-effect")).to_have_count(0)
    page.click(".asked-lost")
    expect(page.locator("dialog[open]")).to_contain_text("The client does not know the action stranger.tag")
    page.keyboard.press("Escape")


IMPORT = """async (ids) => Object.fromEntries(await Promise.all(ids.map(async (id) => {
    try {
        return [id, Object.keys(await import(id))];
    } catch (error) {
        return [id, [String(error)]];
    }
})))"""


def listed(heading: str) -> dict[str, list[str]]:
    """{first cell: words in code of the second} of the table below a heading."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*?) \|", section, re.MULTILINE)
    return {first: re.findall(r"`(\w+)`", second) for first, second in rows}


def test_every_module_that_is_listed_gives_what_it_is_listed_with(seen, harbour):
    page = seen.log_in(harbour.login, harbour.password)
    modules = listed("Modules")

    found = page.evaluate(IMPORT, list(modules))

    assert len(modules) > 50
    missing = {id_: set(names) - set(found[id_]) for id_, names in modules.items() if set(names) - set(found[id_])}
    assert missing == {}


def test_every_service_and_every_template_that_is_listed_is_there(seen, harbour):
    page = seen.log_in(harbour.login, harbour.password)

    has = """async ([category, names]) => {
        const { registry } = await import("@web/core/registry");
        return names.filter((name) => !registry.category(category).contains(name));
    }"""

    assert len(listed("Services")) > 8
    assert page.evaluate(has, ["services", list(listed("Services"))]) == []
    assert page.evaluate(has, ["templates", list(listed("Templates"))]) == []


TEMPLATES = """
<templates>
    <t t-name="a"><div class="one two" title="x"><b>bold</b><i/></div></t>
    <t t-name="a2" t-inherit="a"><xpath expr="//b" position="replace"><em>$0</em></xpath></t>
    <t t-name="a3" t-inherit="a" t-inherit-mode="extension">
        <div class="one two" position="attributes">
            <attribute name="class" add="three" remove="one"/>
            <attribute name="title">y</attribute>
        </div>
        <i position="after"><u/></i>
        <xpath expr="//div[hasclass('three')]" position="inside"><s/></xpath>
    </t>
    <t t-name="wrong" t-inherit="a"><xpath expr="//h1" position="before"/></t>
    <t t-name="lost" t-inherit="unknown"/>
    <t t-name="bad" t-inherit="a"><xpath expr="//b[" position="before"/></t>
    <t t-name="nameless" t-inherit="a"><i position="attributes"><attribute name="">x</attribute></i></t>
    <t t-name="both" t-inherit="a"><xpath expr="//div[hasclass('two', 'three')]" position="replace"><hr/></xpath></t>
    <t t-name="box"><input type="checkbox"/></t>
    <t t-name="late" t-inherit="box"><xpath expr="//CheckBox" position="after"><em>Late!</em></xpath></t>
    <t t-name="ours" t-inherit="web.Known" t-inherit-mode="extension"><p position="before"><hr/></p></t>
</templates>
"""


def test_templates_inherit_and_what_does_not_fit_is_said_and_left_out(seen, harbour):
    page = seen.log_in(harbour.login, harbour.password)

    found, problems = page.evaluate(
        """async (text) => {
            const { inheritedTemplates } = await import("@web/core/templates");
            const problems = [];
            const sourceOf = (name) => (name === "web.Known" ? "<p>known</p>" : undefined);
            const found = inheritedTemplates(text, sourceOf, ({ message }) => problems.push(message));
            return [Object.fromEntries(found), problems];
        }""",
        TEMPLATES,
    )

    assert found == {
        "a": '<t><div class="two three" title="y"><b>bold</b><i/><u/><s/></div></t>',
        "a2": '<t><div class="one two" title="x"><em><b>bold</b></em><i/></div></t>',
        "web.Known": "<t><hr/><p>known</p></t>",
        "both": "<t><hr/></t>",
        "box": '<t><input type="checkbox"/></t>',
        "late": '<t><input type="checkbox"/><em>Late!</em></t>',
        **dict.fromkeys(
            ("wrong", "bad", "nameless"), '<t><div class="two three" title="y"><b>bold</b><i/><u/><s/></div></t>'
        ),
    }
    refused = [problem.split(" cannot be carried out: ")[0] for problem in problems]
    assert refused == [
        'template wrong: <xpath expr="//h1" position="before"> matches nothing',
        'template lost: t-inherit="unknown" names no template; docs/integrator/client.md lists those of the client',
        'template bad: <xpath expr="//b[" position="before">',
        'template nameless: <i position="attributes">',
    ]
