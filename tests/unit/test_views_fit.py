"""An arch held against its models, and fitted to a user."""

import pytest

from fondaco.errors import ViewError
from fondaco.views.arch import Where, parse, serialise
from fondaco.views.postprocess import postprocess
from fondaco.views.validate import find_faults, validate
from tests.unit.views_world import World


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        ('<form><field name="nam"/></form>', "unknown field 'nam' of order .* did you mean 'name'"),
        ("<form><field name='name' invisible='stat == 1'/></form>", "unknown field 'stat' of order in invisible="),
        ("<form><field name='name' readonly='state =='/></form>", "readonly='state ==' is no Python expression"),
        ("<form><button type='object' name='confrim'/></form>", "calls 'confrim', .* did you mean 'confirm'"),
        ("<form><button type='action' name='act'/></form>", "opens 'act', which is no action"),
        ("<form><field name='line_ids'><list><field name='x'/></list></field></form>", "unknown field 'x' of line"),
        (
            "<form><field name='line_ids'><list><field name='qty' invisible='parent.y'/></list></field></form>",
            "unknown field 'y' of order",
        ),
        ("<form><field name='partner_id' domain=\"[('nam', '=', 1)]\"/></form>", "unknown field 'nam' of partner"),
        ("<form><group groups='base.bos'/></form>", "unknown group 'base.bos'"),
        ("<form><field name='name' attrs='{}'/></form>", "'attrs' is no more"),
        ("<search><filter name='f' domain=\"[('x.y', '=', 1)]\"/></search>", "unknown field 'x' of order"),
        ("<search><filter name='f' context=\"{'group_by': 'z'}\"/></search>", "unknown field 'z' of order"),
        ("<calendar><field name='name'/></calendar>", "<calendar> needs date_start"),
        ("<form><label for='nam'/></form>", "unknown field 'nam' of order in for='nam', .* did you mean 'name'"),
    ],
)
def test_a_fault_is_named_with_what_would_fit(arch, message):
    with pytest.raises(ViewError, match=message):
        validate(parse(arch), "order", World())


def test_a_fault_says_file_line_view_and_model():
    where = Where("form", "sale.form", "order", "sale/v.xml", 10)

    with pytest.raises(ViewError) as caught:
        validate(parse("<form>\n\n<field name='z'/></form>"), "order", World(), where)

    assert str(caught.value).startswith("sale/v.xml:12: view 'sale.form' (order): unknown field 'z' of order")


def test_a_sound_view_has_no_faults():
    arch = """<form><header><button type="object" name="confirm" invisible="state == 'done'"/></header>
        <label for="name"/><label for="both"/><div id="both"/>
        <field name="partner_id" domain="[('company.name', '=', name)]" context="{'x': company_id}"/>
        <field name="line_ids"><list decoration-muted="not qty"><field name="price" readonly="parent.state"/>
        <field name="qty" column_invisible="parent.state == 'x' or context.get('y')"/></list></field></form>"""

    assert list(find_faults(parse(arch), "order", World())) == []


def test_nodes_and_fields_of_other_groups_are_taken_out():
    arch = parse(
        '<form><div groups="base.boss"><field name="name"/></div><field name="margin"/><i groups="base.user"/>t</form>'
    )

    processed = postprocess(arch, "order", World("base.user"))

    assert serialise(processed.arch) == "<form><i/>t</form>"
    assert processed.fields == {"order": {"id", "write_date", "name"}}


def test_fields_that_only_expressions_read_are_added_invisible():
    arch = parse("<form><field name='name' invisible=\"state == 'x'\"/><field name='partner_id'/></form>")

    processed = postprocess(arch, "order", World())

    assert '<field name="state" invisible="True" readonly="True"/>' in serialise(processed.arch)
    assert processed.fields["order"] == {"id", "write_date", "name", "state", "partner_id", "company_id"}


def test_a_field_that_a_modifier_reads_is_there_where_groups_keep_its_element_away():
    arch = parse("<form><field name='state' groups='base.boss'/><field name='name' invisible='state'/></form>")

    fitted = serialise(postprocess(arch, "order", World("base.user")).arch)

    assert fitted == (
        '<form><field name="name" invisible="state"/><field name="state" invisible="True" readonly="True"/></form>'
    )


def test_a_one2many_without_a_view_gets_the_default_one():
    processed = postprocess(parse("<form><field name='line_ids'/></form>"), "order", World())

    assert '<field name="line_ids"><list><field name="qty"/></list></field>' in serialise(processed.arch)
    assert processed.fields["line"] == {"id", "write_date", "qty"}


def test_a_field_that_only_lines_are_computed_from_has_an_onchange():
    for shown, marked in (("price", ["1", None]), ("qty", [None, None])):
        lines = f"<field name='line_ids'><list><field name='{shown}'/></list></field>"
        arch = parse(f"<form><field name='ordered_on'/><field name='state'/>{lines}</form>")
        assert [node.get("on_change") for node in postprocess(arch, "order", World()).arch[:2]] == marked


def test_rights_and_onchanges_reach_the_client():
    processed = postprocess(parse("<form><field name='partner_id'/></form>"), "order", World(rights=("write",)))

    root, partner = processed.arch, processed.arch[0]
    assert (root.get("create"), root.get("delete"), root.get("edit")) == ("False", "False", None)
    assert (partner.get("on_change"), partner.get("can_create"), partner.get("can_write")) == ("1", "False", "True")
