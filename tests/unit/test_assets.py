"""Which files make a bundle, in which order, and how the browser finds its modules."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from fondaco.assets import page
from fondaco.assets.bundles import Module, files_of
from fondaco.assets.page import current_plan, load_plan, made_before
from fondaco.errors import ModuleError

CLIENT = Path(__file__).parents[2] / "src/fondaco/addons/web"


@pytest.fixture
def two(tmp_path: Path) -> list[Module]:
    """web with a.js and b.js; shop, which depends on it, with c.js."""
    for name, content in {
        "web/static/src/a.js": "export const a = 1;\n",
        "web/static/src/b.js": 'import { a } from "@web/a";\nexport const b = a;\n',
        "web/static/src/a.css": "a {}\n",
        "web/static/lib/old.js": "var old = 1;\n",
        "shop/static/src/c.js": "/** @odoo-module **/\nexport const c = 3;\n",
        "shop/static/src/c.xml": '<templates><t t-name="shop.C"><i/></t></templates>\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    web = Module("web", tmp_path / "web", {"main": ["web/static/lib/old.js", "web/static/src/**/*"]})
    return [web, Module("shop", tmp_path / "shop", {})]


def with_assets(modules: list[Module], *entries: object) -> list[Module]:
    return [modules[0], Module("shop", modules[1].path, {"main": list(entries)})]


def names(modules: list[Module]) -> list[str]:
    return [asset.url.rpartition("/")[2] for asset in files_of("main", modules)]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([], ["old.js", "a.css", "a.js", "b.js"], id="as named and sorted"),
        pytest.param(["shop/static/src/*.js"], ["old.js", "a.css", "a.js", "b.js", "c.js"], id="added"),
        pytest.param(
            [("prepend", "shop/static/src/c.js")],
            ["c.js", "old.js", "a.css", "a.js", "b.js"], id="prepended",
        ),
        pytest.param([("remove", "web/static/src/*.js")], ["old.js", "a.css"], id="removed"),
        pytest.param(
            [("before", "web/static/src/a.js", "shop/static/src/c.js")],
            ["old.js", "a.css", "c.js", "a.js", "b.js"], id="before",
        ),
        pytest.param(
            [("after", "web/static/src/a.js", "shop/static/src/c.js")],
            ["old.js", "a.css", "a.js", "c.js", "b.js"], id="after",
        ),
        pytest.param(
            [("replace", "web/static/src/a.js", "shop/static/src/c.js")],
            ["old.js", "a.css", "c.js", "b.js"], id="replaced",
        ),
    ],
)  # fmt: skip
def test_instructions_are_carried_out_in_order(two, entries, expected):
    assert names(with_assets(two, *entries)) == expected


def test_a_bundle_that_includes_itself_is_refused(two):
    with pytest.raises(ModuleError, match="main > main include each other"):
        names(with_assets(two, ("include", "main")))


def test_a_position_relative_to_a_file_that_is_not_there_is_refused(two):
    with pytest.raises(ModuleError, match="names a file that is not in the bundle"):
        names(with_assets(two, ("after", "web/static/src/z.js", "shop/static/src/c.js")))


def test_the_import_map_names_modules_and_leaves_classic_scripts_out(two):
    plan = load_plan("main", with_assets(two, "shop/static/src/*"))

    assert list(plan.imports) == ["@web/a", "@web/b", "@shop/c"]
    assert [url.partition("?")[0] for url in plan.scripts] == ["/web/static/lib/old.js"]
    assert 't-name="shop.C"' in plan.templates


def test_what_is_offered_has_the_id_that_addons_know_and_is_loaded_by_none_but_them(two):
    offered = two[0].path / "static/src/offered/core/utils/numbers.js"
    offered.parent.mkdir(parents=True)
    offered.write_text("export const a = 4;\n")

    plan = load_plan("main", two, joined="web")

    assert plan.imports["@web/core/utils/numbers"].startswith("/web/static/src/offered/core/utils/numbers.js?v=")
    assert plan.modules == ("@web/a", "@web/b")
    assert b"const a = 4" not in plan.made["main.joined.js"].content


def test_services_for_addons_are_loaded_before_the_first_of_them(two):
    (two[0].path / "static/src/offered").mkdir()
    (two[0].path / "static/src/offered/for_addons.js").write_text('import "@web/a";\n')

    lines = load_plan("main", with_assets(two, "shop/static/src/*")).entry("@web/b", "sorry").splitlines()

    at = lines.index('    await import("@web/for_addons");')
    assert lines[at + 1 : at + 3] == ["    const leftOut = [];", '    for (const name of ["@shop/c"]) {']
    assert "for_addons" not in load_plan("main", two).entry("@web/b", "sorry")


def test_a_page_without_addons_of_others_does_without_their_ids(two, tmp_path, monkeypatch):
    (two[0].path / "static/src/core").mkdir()
    (two[0].path / "static/src/core/cookie.js").write_text('import { a } from "@web/session";\n')
    (two[0].path / "static/src/core/session.js").write_text("export const a = 1;\n")
    other = {"@web/core/browser/cookie"}

    assert other <= set(load_plan("main", two).imports)
    monkeypatch.setattr(page, "OUR_ADDONS", tmp_path)
    assert "@web/session" in load_plan("main", two).imports and not other & set(load_plan("main", two).imports)


def test_an_address_changes_when_the_content_does(two):
    before = load_plan("main", two)
    (two[0].path / "static/src/a.js").write_text("export const a = 2;\n")

    after = load_plan("main", two)

    assert before.imports["@web/a"] != after.imports["@web/a"]
    assert before.imports["@web/b"] == after.imports["@web/b"]
    assert before.version != after.version


def test_a_joined_file_is_there_for_pages_that_were_given_before_it_changed(two, monkeypatch):
    monkeypatch.setattr(page, "_LOOK_EVERY_S", 0)
    first = current_plan("main", ("web", "shop"), lambda: two, joined="web").made["main.joined.js"]
    (two[0].path / "static/src/a.js").write_text("export const changed = 1;\nexport const a = changed;\n")

    second = current_plan("main", ("web", "shop"), lambda: two, joined="web").made["main.joined.js"]

    assert first.version != second.version
    assert made_before("main.joined.js", first.version) == first
    assert made_before("main.joined.js", second.version) == second
    assert made_before("main.joined.js", "0123456789") is None


def test_names_that_somebody_made_up_are_not_kept(two):
    before = dict(page._kept)

    for number in range(3):
        assert not current_plan(f"made up {number}", ("web", "shop"), lambda: two).modules

    assert page._kept == before


def test_the_script_of_a_page_loads_what_has_one_address_once(two):
    plan = load_plan("main", with_assets(two, "shop/static/src/*"), joined="web")

    lines = [line.strip() for line in plan.entry("@web/b", "sorry").splitlines()]

    assert lines[:3] == ["try {", 'await import("@web/a");', 'const { start } = await import("@web/b");']
    assert lines[3:5] == ["const leftOut = [];", 'for (const name of ["@shop/c"]) {']
    assert lines[-5:] == [
        "await start(leftOut);",
        "} catch (error) {",
        "console.error(error);",
        'document.getElementById("sorry").hidden = false;',
        "}",
    ]


def test_no_file_of_the_client_is_longer_than_five_hundred_lines():
    files = [*CLIENT.parent.glob("*/static/src/**/*.js"), *CLIENT.parent.glob("*/static/src/**/*.css")]

    assert [path.name for path in files if len(path.read_text().splitlines()) > 500] == []


def test_the_client_is_smaller_than_four_hundred_kilobytes_compressed():
    addons = CLIENT.parent
    files = [
        *addons.glob("*/static/src/**/*.js"),
        *addons.glob("*/static/src/**/*.css"),
        CLIENT / "static/lib/owl/owl.js",
    ]

    # what only addons ask for is no part of it; the rest travels joined: modules as one file, styles as another
    own = [path for path in sorted(files) if "static/src/offered" not in path.as_posix()]
    joined = (b"\n".join(path.read_bytes() for path in own if path.suffix == kind) for kind in (".js", ".css"))
    assert sum(len(gzip.compress(content)) for content in joined) < 400_000


FLOORS = ("core", "ui", "model", "fields", "views", "webclient")


def test_modules_of_the_client_import_only_downward():
    wrong = []
    source = CLIENT / "static/src"
    for path in source.glob("**/*.js"):
        folder = path.relative_to(source).parts[0]
        if folder not in FLOORS:
            continue
        for line in path.read_text().splitlines():
            if line.startswith("import ") and '"@web/' in line:
                other = line.split('"@web/')[1].split("/")[0]
                if FLOORS.index(other) > FLOORS.index(folder):
                    wrong.append(f"{path.relative_to(source)} imports {other}: up")

    assert wrong == []


def test_the_modules_of_the_client_travel_as_one_file_that_keeps_their_lines(two):
    plan = load_plan("main", with_assets(two, "shop/static/src/*"), joined="web")

    joined = plan.made["main.joined.js"]
    assert plan.imports["@web/a"] == plan.imports["@web/b"] == f"/web/assets/{joined.version}/main.joined.js"
    assert plan.imports["@shop/c"].startswith("/shop/static/src/c.js?v=")
    lines = joined.content.decode().splitlines()
    told = json.loads(joined.source_map)
    assert [source.partition("?")[0] for source in told["sources"]] == ["/web/static/src/a.js", "/web/static/src/b.js"]
    at = lines.index("       const b = a;")
    assert lines[at - 1] == "const { a } = $0;"
    assert told["mappings"].split(";")[at] == "AACA"


def test_comments_stay_at_home_and_code_beside_them_travels(two):
    text = '/** What\n * it is. */\nexport const d = 1;\n/** @type {any} */ (d).e;\nd("/* f */"); /* g */\n  /* h */\n'
    (two[0].path / "static/src/b.js").write_text(text)

    content = load_plan("main", two, joined="web").made["main.joined.js"].content.decode()

    assert '\n\n\n       const d = 1;\n/** @type {any} */ (d).e;\nd("/* f */"); /* g */\n\n\n' in content


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("const a = 2;\nexport default a;\n", "b.js:2: 'export default a;' cannot travel in one file"),
        ('import * as a from "@web/a";\n', r"b.js:1: 'import \* as a"),
        ("export class a {}\n", "'a' is exported by @web/a too"),
        ('import { c } from "@web/b";\n', "@web/b > @web/b: these modules import each other"),
    ],
)
def test_what_cannot_travel_in_one_file_is_refused_with_its_place(two, text, problem):
    (two[0].path / "static/src/b.js").write_text(text)

    with pytest.raises(ModuleError, match=problem):
        load_plan("main", two, joined="web")


def test_style_sheets_travel_as_one_unless_another_stands_between_them(two, tmp_path):
    for name in ("web/static/src/b.css", "shop/static/src/between.css"):
        (tmp_path / name).write_text("b {}\n")

    plan = load_plan("main", two, joined="web")
    parted = load_plan(
        "main", with_assets(two, ("after", "web/static/src/a.css", "shop/static/src/between.css")), joined="web"
    )

    assert plan.styles == (f"/web/assets/{plan.made['main.joined.css'].version}/main.joined.css",)
    assert plan.made["main.joined.css"].content.startswith(b"a {}\n\nb {}\n")
    assert [url.partition("?")[0].rpartition("/")[2] for url in parted.styles] == ["a.css", "between.css", "b.css"]


def test_our_style_sheets_name_other_files_by_whole_addresses():
    """They are joined, so nothing may depend on where a sheet lies."""
    sheets = {path.name: path.read_text() for path in (CLIENT / "static/src/styles").glob("*.css")}

    assert [
        name for name, text in sheets.items() if re.search(r"@import|@charset|url\((?![\"']?(?:/|data:))", text)
    ] == []
