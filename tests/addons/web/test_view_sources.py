"""The source of a view as the editor of the client reads and writes it."""

import pytest

from fondaco.errors import AccessError

FORM = "<form>\n    <field name='name'/>\n</form>"


@pytest.fixture
def view(env):
    return env["ir.ui.view"].create({"name": "tags", "model": "res.partner.category", "arch": FORM})


def test_a_source_that_holds_is_kept_and_the_extensions_are_read_with_it(env, view):
    changed = FORM.replace("name='name'/>", "name='name'/>\n    <field name='color'/>")
    extension = "<data><field name='name' position='after'><field name='active'/></field></data>"

    assert view.save_source(changed, seen=FORM) == {"problem": "", "line": 0}
    assert view.save_source(extension, is_extension=True) == {"problem": "", "line": 0}

    assert [(found["arch"], found["isExtension"]) for found in view.read_sources()] == [
        (changed, False),
        (extension, True),
    ]
    assert [node.get("name") for node in view._get_combined_arch().iter("field")] == ["name", "active", "color"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (FORM.replace("/>", ">"), 3, "not well-formed"),
        (FORM.replace("'name'/>", "'name'/>\n    <field name='nmae'/>"), 3, "nmae"),
    ],
)
def test_a_source_that_does_not_hold_changes_nothing_and_its_line_is_named(env, view, text, line, said):
    found = view.save_source(text, seen=FORM)

    assert found["line"] == line
    assert said in found["problem"]
    assert view.arch_base == FORM


def test_what_would_break_another_view_names_that_one_and_no_line_of_this_text(env, view):
    assert view.save_source("<field name='name' position='after'><p/></field>", is_extension=True)["problem"] == ""

    found = view.save_source("<form>\n<field name='color'/></form>", seen=FORM)

    assert found["line"] == 0
    assert found["problem"] == (
        'view \'tags, changed here\' (res.partner.category), line 1: <field name="name" position="after"> matches'
        " nothing in the view it extends, as other extensions leave it: its <field> are color (with view 'tags'"
        " (res.partner.category) applied)"
    )
    assert view.arch_base == FORM


def test_an_extension_that_finds_nothing_is_not_made(env, view):
    before = env["ir.ui.view"].search_count([])

    found = view.save_source("<data>\n<field name='gone' position='after'/>\n</data>", is_extension=True)

    assert "gone" in found["problem"] and found["line"] == 2
    assert env["ir.ui.view"].search_count([]) == before


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(env, view):
    view.arch_base = FORM.replace("name='name'", "name='color'")

    found = view.save_source("<form/>", seen=FORM)

    assert found["problem"].startswith("Somebody else changed this view")
    assert "color" in view.arch_base


def test_only_who_may_write_views_reads_and_writes_their_sources(env, view):
    employee = env["res.users"].create(
        {"name": "Employee", "login": "sources", "groups_id": [(6, 0, env.ref("base.group_user").ids)]}
    )
    theirs = view.with_user(employee)

    for call in (theirs.read_sources, lambda: theirs.save_source("<form/>")):
        with pytest.raises(AccessError):
            call()
