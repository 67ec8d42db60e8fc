"""What an XML data file asks for, read without a database."""

import pytest
from lxml import etree

from fondaco.data.xml import (
    ActionRef,
    DeleteOp,
    Eval,
    FunctionOp,
    Markup,
    ParentRef,
    RecordOp,
    Ref,
    Refs,
    Scope,
    Search,
    Text,
    TitleOf,
    named,
    read_tree,
)
from fondaco.errors import DataError


def read(text: str):
    return read_tree(etree.fromstring(text), Scope("shop", "shop/data.xml"))


def test_a_record_keeps_the_order_and_the_kind_of_its_values():
    (op,) = read(
        """<odoo><record id="a" model="res.partner">
            <field name="name">Ada</field>
            <field name="country_id" ref="base.gb"/>
            <field name="color" eval="1 + 2"/>
            <field name="category_id" search="[('name', '=', 'x')]"/>
            <field name="age" type="int">7</field>
        </record></odoo>"""
    )

    assert (op.model, op.xmlid, op.forcecreate) == ("res.partner", "shop.a", True)
    assert op.fields == (
        ("name", Text("Ada")),
        ("country_id", Ref("base.gb")),
        ("color", Eval("1 + 2")),
        ("category_id", Search("[('name', '=', 'x')]")),
        ("age", Text("7", "int")),
    )


def test_noupdate_and_context_hold_for_all_below():
    ops = read(
        """<odoo><data noupdate="1" context="{'a': 1}"><record id="x" model="m"/></data>
        <record id="y" model="m" forcecreate="0"/></odoo>"""
    )

    assert [(op.scope.noupdate, op.scope.context, op.forcecreate) for op in ops] == [
        (True, ("{'a': 1}",), True),
        (False, (), False),
    ]


def test_an_arch_is_kept_with_the_line_where_it_begins():
    (op,) = read(
        """<odoo><record id="v" model="ir.ui.view">
        <field name="arch" type="xml">
            <form><!-- kept --><button name="%(shop.act)d"/></form>
        </field></record></odoo>"""
    )

    assert op.fields == (("arch", Markup('<form><!-- kept --><button name="%(shop.act)d"/></form>', 3)),)
    assert named([op]) == {"shop.v", "shop.act"}


def test_records_nested_in_a_field_follow_their_parent():
    outer, inner = read(
        """<odoo><record id="o" model="order"><field name="line_ids">
        <record id="l" model="line"><field name="qty">2</field></record>
        </field></record></odoo>"""
    )

    assert outer.fields == ()
    assert inner.fields == (("", ParentRef("shop.o", "order", "line_ids")), ("qty", Text("2")))


def test_menus_nest_and_take_the_name_of_their_action():
    top, below = read(
        """<odoo><menuitem id="top" name="Shop" sequence="3" groups="base.g,-h">
        <menuitem id="sub" action="act"/></menuitem></odoo>"""
    )

    assert dict(top.fields) == {
        "parent_id": Eval("False"),
        "name": Text("Shop"),
        "sequence": Text("3", "int"),
        "groups_id": Refs(("base.g", "-shop.h")),
    }
    assert dict(below.fields) == {
        "parent_id": Ref("shop.top"),
        "name": TitleOf("shop.act", "sub"),
        "action": ActionRef("shop.act"),
    }


def test_a_template_becomes_a_qweb_view():
    page, extension = read(
        """<odoo><template id="page" name="Page">a<b/>c</template>
        <template id="more" inherit_id="page" priority="20"><xpath expr="//b" position="after"/></template></odoo>"""
    )

    assert dict(page.fields)["arch"].text == '<t t-name="shop.page">a<b/>c</t>'
    assert dict(page.fields)["key"] == Text("shop.page")
    fields = dict(extension.fields)
    assert (fields["inherit_id"], fields["mode"], fields["priority"]) == (
        Ref("shop.page"),
        Text("extension"),
        Text("20", "int"),
    )
    assert fields["arch"].text == '<data><xpath expr="//b" position="after"/></data>'


def test_functions_and_deletes():
    function, delete = read(
        """<odoo><function model="m" name="go"><value eval="[1]"/><value>x</value></function>
        <delete model="m" search="[]"/></odoo>"""
    )

    assert isinstance(function, FunctionOp) and isinstance(delete, DeleteOp)
    assert function.args == (Eval("[1]"), Text("x"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<views/>", "root is <views>, expected <odoo>"),
        ("<odoo>\n<recrod/></odoo>", "data.xml:2: unknown element <recrod>"),
        ("<odoo><record id='a'/></odoo>", "<record> needs the attribute 'model'"),
        ("<odoo><record id='a' model='m'><feld/></record></odoo>", "<feld> in a <record>"),
        ("<odoo><record id='a' model='m'><field name='x'><b/></field></record></odoo>", "inside a field without type"),
        ("<odoo><delete model='m'/></odoo>", "either id or search"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(text, message):
    with pytest.raises(DataError, match=message):
        read(text)


def test_a_record_op_is_what_a_plain_record_gives():
    assert isinstance(read("<odoo><record id='a' model='m'/></odoo>")[0], RecordOp)
