"""What a mistake in a view says: in a data file, at run time, and where it lies in another view of the family."""

from __future__ import annotations

import logging

import pytest

from fondaco.data.load import load_file
from fondaco.errors import DataError, ValidationError, public_name
from tests.fix_addons import addon_module

MODEL = "res.partner.category"
BASE = '<form>\n<group><field name="name"/></group>\n<notebook><page name="p"/></notebook>\n</form>'


def record(xmlid, arch, **values):
    """A view in a data file; `inherit_id` by its external id."""
    parent = values.pop("inherit_id", None)
    fields = [f'<field name="{name}">{value}</field>' for name, value in {"model": MODEL, **values}.items()]
    fields += [f'<field name="inherit_id" ref="{parent}"/>'] * bool(parent)
    fields.append(f'<field name="arch" type="xml">\n{arch}</field>')
    return f'<record id="{xmlid}" model="ir.ui.view">{"".join(fields)}</record>'


@pytest.fixture
def load(env, tmp_path):
    """load("<record .../>"): a data file of base."""

    def load(*records):
        path = tmp_path / "views.xml"
        path.write_text("<odoo>\n" + "\n".join(records) + "\n</odoo>")
        load_file(env, "base", path)

    return load


@pytest.mark.parametrize(
    ("arch", "values", "said"),
    [
        ("<foo/>", {}, r"views.xml:3: view 'v' \(.*\): the root <foo> is no kind of view here; expected one of list"),
        ("<activity/>", {}, "3: .*<activity> is no kind of view here; .*modules add kinds"),
        ("<div/>", {}, '3: .*<div> is no kind of view here; .*type="qweb" for a template'),
        ("<field name='name'/>", {}, "3: .*<field> begins no view; a view that extends another says which one"),
        ("<form/>", {"type": "list"}, "3: .*the view is of type 'list' and its root <form>; expected <list>"),
        ("<form/>", {"type": "lst"}, "2: .*type 'lst' is no kind of view here; expected one of list, form"),
        ("<form/>", {"model": "res.partnr"}, r"3: view 'v' \(res.partnr\): unknown model 'res.partnr'"),
        ("<form/>", {"mode": "extension"}, "2: .*mode 'extension'; expected inherit_id"),
        ("<form>\n<label/></form>", {}, "4: .*<label> is the label of nothing"),
        ("<list>\n\n<group/></list>", {}, "5: .*<group> cannot stand in <list>"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_has_its_line_its_view_and_what_is_expected(load, arch, values, said):
    with pytest.raises(DataError, match=said):
        load(record("v", arch, **{"name": "v", **values}))


def test_a_template_goes_without_a_type_where_nothing_else_can_be_meant(env, load):
    load(record("v", "<t t-name='v'/>", name="v", model=""))

    assert env.ref("base.v").type == "qweb"


def test_what_an_extension_spoils_in_another_view_is_named_there(load):
    moves = '<group position="after"><xpath expr="//page" position="move"/></group>'

    with pytest.raises(DataError) as caught:
        load(record("b", BASE, name="b"), record("v", moves, name="v", inherit_id="b"))

    assert str(caught.value) == (
        f"base/views.xml:7: base/views.xml: view 'base.b' ({MODEL}), line 3: <page> cannot stand in <form>;"
        f" its place is <notebook> directly (with view 'v' ({MODEL}) applied)"
    )


def test_a_view_of_a_file_is_found_there_with_its_line(env):
    """A fault in a view of an addon, at run time, has the line of the addon's file."""
    form = env.ref("base.view_partner_form")
    arch = "<notebook position='replace'><group>$0</group></notebook>"
    moved = "<xpath expr='//notebook' position='before'><xpath expr='//notebook/page' position='move'/></xpath>"

    with pytest.raises(ValidationError) as caught:
        env["ir.ui.view"].create(
            {"name": "v", "model": form.model, "inherit_id": form.id, "arch": f"<data>{arch}{moved}</data>"}
        )

    assert str(caught.value).startswith(f"{form.arch_fs}:")
    line = int(str(caught.value).split(":")[1])
    root = env.registry.registries.addons.file(form.arch_fs)
    assert "<page" in root.read_text().splitlines()[line - 1]


def test_what_is_doubted_is_told_once_by_the_view_that_wrote_it(env, caplog):
    views = env["ir.ui.view"]
    with caplog.at_level(logging.WARNING):
        form = views.create({"name": "f", "model": MODEL, "arch": "<form>\n<grup/><field name='name'/></form>"})
        arch = "<field name='name' position='after'><field name='color'/></field>"
        views.create({"name": "e", "model": MODEL, "inherit_id": form.id, "arch": arch})

    told = [line.getMessage() for line in caplog.records if "ir_ui_view" in line.name]
    assert told == [
        f"view 'f' ({MODEL}), line 2: <grup> is no element of a form view; did you mean <group>?",
    ]


def test_an_extension_without_a_model_is_held_against_the_one_it_extends_and_one_of_another_is_doubted(env, caplog):
    views = env["ir.ui.view"]
    form = views.create({"name": "f", "model": MODEL, "arch": "<form><field name='name'/></form>"})
    extension = {
        "name": "e",
        "inherit_id": form.id,
        "arch": "<field name='name' position='after'><field name='x'/></field>",
    }

    with pytest.raises(ValidationError, match=f"view 'e', line 1: unknown field 'x' of {MODEL}"), env.cr.savepoint():
        views.create(extension)
    with caplog.at_level(logging.WARNING):
        views.create({**extension, "model": "res.lang", "arch": "<field name='name' position='attributes'/>"})

    assert f"view 'e' (res.lang): extends view 'f' ({MODEL}); expected its model, or mode=primary" in caplog.text


def test_another_kind_or_model_is_held_against_the_arch_as_well(env):
    view = env["ir.ui.view"].create({"name": "f", "model": MODEL, "arch": "<form><field name='color'/></form>"})

    with pytest.raises(ValidationError, match="the view is of type 'list'"), env.cr.savepoint():
        view.type = "list"
    with pytest.raises(ValidationError, match="unknown field 'color' of res.lang"), env.cr.savepoint():
        view.model = "res.lang"


def test_a_user_cannot_keep_a_copy_of_another_kind(env):
    view = env["ir.ui.view"].create({"name": "f", "model": MODEL, "arch": "<form><field name='name'/></form>"})

    with pytest.raises(ValidationError, match="copy of .* the view is of type 'form' and its root <list>"):
        env["ir.ui.view.custom"].create({"ref_id": view.id, "user_id": env.uid, "arch": "<list/>"})


def test_clients_see_a_validation_error(env):
    with pytest.raises(ValidationError) as caught:
        env["ir.ui.view"].create({"name": "f", "model": MODEL, "arch": "<foo/>"})

    assert public_name(caught.value) == "odoo.exceptions.ValidationError"


def test_a_kind_that_a_module_adds_has_its_own_root(env, monkeypatch):
    field = env["ir.ui.view"]._fields["type"]
    monkeypatch.setattr(field, "selection", [*field.selection, ("timeline", "Timeline")])

    view = env["ir.ui.view"].create({"name": "t", "model": MODEL, "arch": "<timeline><anything/></timeline>"})

    assert view.type == "timeline"
    with pytest.raises(ValidationError, match="expected <timeline>"):
        view.arch = "<form/>"


def test_the_kinds_that_actions_name_are_a_list_that_addons_import(env):
    kinds = addon_module("base.models.ir_actions").VIEW_TYPES

    assert kinds == env["ir.actions.act_window.view"].fields_get(["view_mode"])["view_mode"]["selection"]
