"""Mistakes in archs, by kind of view: which are refused, which are only doubted, and what the messages tell."""

import pytest

from fondaco.errors import ViewError
from fondaco.views.arch import Doubt, Where, parse, serialise
from fondaco.views.combine import Layer, combine
from fondaco.views.inherit import apply
from fondaco.views.origin import origin_of
from fondaco.views.validate import find, validate
from tests.unit.views_world import World

CARD = "<templates><t t-name='card'><field name='name'/></t></templates>"

REFUSED = {
    "list": [
        ("<list><group/></list>", "<group> cannot stand in <list>; expected <button>, <control>, <field>"),
        ("<list><div/></list>", "<div> cannot stand in <list>"),
        ("<list><feild name='name'/></list>", "<feild> is no element of a list view; did you mean <field>"),
        ("<list><filter name='f'/></list>", "the place of <filter> is <search>"),
        ("<list><list/></list>", "<list> cannot stand in <list>"),
        ("<list editable='x'/>", "editable='x' on <list>; expected bottom, top"),
        ("<list><field name='name' optional='yes'/></list>", "optional='yes' on <field>; expected hide, show"),
        ("<list decoration-red='name'/>", "decoration-red= is no style; expected decoration- and one of bf, danger"),
        ("<list default_order='nam desc'/>", "unknown field 'nam' of order in default_order=.* did you mean 'name'"),
        ("<list default_order='name down'/>", "default_order='name down': 'down'; expected asc or desc"),
        ("<list default_group_by='state,nam'/>", "unknown field 'nam' of order in default_group_by='state,nam'"),
        ("<list limit='many'/>", "limit='many'; expected a whole number"),
        ("<list><groupby name='name'/></list>", "<groupby name='name'> is of type char; expected a many2one"),
        ("<list><groupby name='partner_id'><div/></groupby></list>", "<div> cannot stand in <groupby>"),
        ("<list><control><foo/></control></list>", "<foo> is no element of a list view"),
    ],
    "form": [
        ("<form><label/></form>", "<label> is the label of nothing; expected for="),
        ("<form><group><page/></group></form>", "<page> cannot stand in <group>; its place is <notebook> directly"),
        ("<form><filter name='f'/></form>", "<filter> cannot stand in <form>; its place is <search>"),
        ("<form><templates/></form>", "<templates> cannot stand in <form>; its place is <kanban>"),
        ("<form><sheet><list/></sheet></form>", "<list> cannot stand in <sheet>; its place is the root of a view"),
        ("<form><xpath expr='//a'/></form>", "<xpath> is of a view that extends another: expected inherit_id"),
        ("<form><widget/></form>", "<widget> needs a name"),
        ("<form><notebook attrs='{}'/></form>", "'attrs' is no more; since 17.0 a modifier is an expression"),
        ("<form><field name='name'><list/></field></form>", "<list> in <field name=.*of type char; expected a field w"),
        ("<form><field name='line_ids' mode='lst'/></form>", "mode='lst' on <field>; .*did you mean 'list'"),
        ("<form><field name='line_ids'><list editable='x'/></field></form>", "editable='x' on <list>"),
        ("<form><field name='name' options='{1'/></form>", "options='{1' is no Python expression"),
        ("<form><button type='object'/></form>", "<button type=\"object\"> needs a name: the method that it calls"),
        ("<form><button type='objekt' name='confirm'/></form>", "type='objekt' on <button>; .*did you mean 'object'"),
        ("<form><button special='close'/></form>", "special='close' on <button>; expected add, cancel, save"),
        ("<form><button type='object' name='_x'/></form>", "a method that starts with '_' is private"),
    ],
    "kanban": [
        ("<kanban><field name='name'/></kanban>", "<kanban> has no templates; expected <templates><t t-name=\"card\">"),
        ("<kanban><templates><t t-name='crad'/></templates></kanban>", r"has none for the card \(there is crad\)"),
        (f"<kanban><notebook/>{CARD}</kanban>", "<notebook> cannot stand in <kanban>; expected <control>, <field>"),
        (f"<kanban><progressbar/>{CARD}</kanban>", "<progressbar> needs field="),
        (f"<kanban><progressbar field='stat'/>{CARD}</kanban>", "unknown field 'stat' of order in field='stat'"),
    ],
    "search": [
        ("<search><page/></search>", "<page> cannot stand in <search>; expected <field>, <filter>, <group>"),
        ("<search><filter string='f' domain='[]'/></search>", "<filter .* needs a name"),
        ("<search><filter name='f' date='name'/></search>", "date='name' is a field of type char; expected date or da"),
        ("<search><filter name='f' date='ordered_on' start_year='soon'/></search>", "'soon'; expected a whole number"),
        ("<search><searchpanel><field name='name'/></searchpanel></search>", "type char; expected many2one or selecti"),
        ("<search><searchpanel><field name='tag_ids'/></searchpanel></search>", "type many2many; expected many2one"),
        ("<search><searchpanel><field name='state' select='x'/></searchpanel></search>", "select='x'.* multi, one"),
        ("<search><searchpanel><filter name='f'/></searchpanel></search>", "<filter> cannot stand in <searchpanel>"),
    ],
    "calendar": [
        ("<calendar date_start='name'/>", "date_start='name' is a field of type char; expected date or datetime"),
        ("<calendar date_start='ordered_on' date_stop='x'/>", "unknown field 'x' of order in date_stop='x'"),
        ("<calendar date_start='ordered_on' date_delay='name'/>", "date_delay='name' .* expected integer or float"),
        ("<calendar date_start='ordered_on' mode='decade'/>", "mode='decade' on <calendar>; expected day, month"),
        ("<calendar date_start='ordered_on' scales='day,x'/>", "scales='day,x' on <calendar>; .* between commas"),
        ("<calendar date_start='ordered_on'><group/></calendar>", "<group> cannot stand in <calendar>; expected <fie"),
    ],
    "graph": [
        ("<graph type='donut'/>", "type='donut' on <graph>; expected bar, line, pie"),
        ("<graph order='up'/>", "order='up' on <graph>"),
        ("<graph><field name='name' type='measur'/></graph>", "type='measur' on <field>.* did you mean 'measure'"),
        ("<graph><field name='ordered_on' interval='x'/></graph>", "interval='x' on <field>; expected day, hour"),
        ("<graph><group/></graph>", "<group> cannot stand in <graph>; expected <field>"),
    ],
    "pivot": [
        ("<pivot><field name='name' type='column'/></pivot>", "type='column' on <field>; expected col, measure, row"),
        ("<pivot><button name='x'/></pivot>", "<button> cannot stand in <pivot>; expected <field>"),
        ("<pivot default_order='x asc'/>", "unknown field 'x' of order in default_order"),
    ],
    "activity": [
        ("<activity><field name='name'/></activity>", "<activity> has no templates; .*activity-box"),
        ("<activity><sheet/><templates><t t-name='activity-box'/></templates></activity>", "<sheet> cannot stand in"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "arch", "said"), [(kind, *case) for kind, cases in REFUSED.items() for case in cases])
def test_what_no_view_of_the_kind_can_hold_is_refused(kind, arch, said):
    with pytest.raises(ViewError, match=said):
        validate(parse(arch), "order", World(), kind=kind)


@pytest.mark.parametrize(
    ("arch", "said"),
    [
        ("<tree/>", "<tree> is called <list> since 18.0"),
        ("<form><label>Text</label></form>", "<label> is the label of nothing"),
        ("<form><grup/></form>", "<grup> is no element of a form view; did you mean <group>"),
        ("<form><notebook><field name='name'/></notebook></form>", "<field> cannot stand in <notebook>; expected <pag"),
        ("<form><field name='name' invisble='1'/></form>", "invisble= .* means nothing; did you mean invisible="),
        ("<form><field name='name' position='after'/></form>", "has a position, and the view extends none"),
        ("<form><field name='name' decoration-red='1'/></form>", "decoration-red= is no style"),
        ("<form><field name='name' invisible='margin'/></form>", "reads 'margin', which only base.boss may"),
        ("<form><field name='name' invisible=\"[('state', '=', 'x')]\"/></form>", "is a list, and so always true"),
        ("<form><field name='name' invisible='state, id'/></form>", "is a list, and so always true; expected a condi"),
        ("<form><field name='name' context=\"{'a': stat}\"/></form>", "unknown field 'stat' .* did you mean 'state'"),
        ("<form><button name='confirm'/></form>", "does nothing; expected type=\"object\""),
        ("<list><field name='name' sum='Total'/></list>", "sum= on 'name', of type char"),
        ("<list><header><label for='name'/></header></list>", "<label> cannot stand in <header>; expected <button>"),
        ("<search><filter name='f'/></search>", "filters nothing; expected domain=, date= or a group_by"),
        ("<search><filter name='f' date='ordered_on' default_period='noon'/></search>", "names 'noon'; expected month"),
        ("<search><field name='name' operator='%'/></search>", "operator='%' on <field>"),
        ("<search><searchpanel/><searchpanel/></search>", "a second <searchpanel>"),
        ("<form><app/></form>", "<app> needs a name"),
        ("<kanban js_class='own'/>", "<kanban> has no templates"),
        ("<calendar date_start='ordered_on'><foo/></calendar>", "<foo> is no element of a calendar view"),
    ],
)  # fmt: skip
def test_what_may_work_all_the_same_is_only_doubted(arch, said):
    doubts = []

    tree = parse(arch)
    validate(tree, "order", World(), kind="list" if tree.tag == "tree" else tree.tag, on_doubt=doubts.append)

    assert [type(doubt) for doubt in doubts] == [Doubt]
    with pytest.raises(ViewError, match=said):
        raise doubts[0]


@pytest.mark.parametrize(
    "arch",
    [
        """<list editable="bottom" multi_edit="1" default_order="name desc, id" decoration-bf="state" limit="20">
        <header><button name="confirm" type="object" display="always"/></header><control><create string="x"/></control>
        <field name="name" optional="hide"/><button type="edit" name="edit"/><widget name="w"/>
        <groupby name="partner_id"><button type="edit" name="edit"/><field name="name"/></groupby>
        <t groups="base.boss"><field name="margin" sum="Total"/></t></list>""",
        """<form js_class="x"><header><field name="state" widget="statusbar" options="{'clickable': 1}"/></header>
        <sheet><div name="button_box"><button type="object" name="confirm"><i class="o"/></button></div><h1/><svg/>
        <group col="4"><newline/><separator/><field name="margin" invisible="margin"/></group>
        <group groups="base.boss"><field name="name" invisible="margin"/></group>
        <t><notebook><t><page><field name="line_ids" mode="tree,kanban"><tree><field name="qty"/></tree>
        <kanban><templates><t t-name="kanban-box"><a type="open"/></t></templates></kanban></field></page></t>
        </notebook></t></sheet><chatter/><footer><button special="cancel"/></footer></form>""",
        f"""<kanban default_group_by="state"><header><button name="confirm" type="object"/></header>
        <progressbar field="state" colors="{{}}"/><field name="name"/>{CARD}</kanban>""",
        """<search><field name="name" operator="child_of"/><separator/><group><filter name="a" domain="[]"/></group>
        <filter name="d" date="ordered_on" end_month="2" default_period="year-1, first_quarter,custom_e">
        <filter name="e" domain="[]"/></filter>
        <filter name="g" context="{'group_by': 'ordered_on:week'}"/>
        <searchpanel><field name="partner_id"/><field name="tag_ids" select="multi"/></searchpanel></search>""",
        """<calendar date_start="ordered_on" date_delay="margin" mode="year" scales="day, week"><field name="name"/>
        </calendar>""",
        """<graph type="line" order="DESC"><field name="ordered_on" interval="month" type="row"/>
        <field name="margin" type="measure"/></graph>""",
        """<pivot default_order="__count asc"><field name="name" type="col"/><field name="state"/></pivot>""",
    ],
)  # fmt: skip
def test_what_the_reference_names_is_neither_refused_nor_doubted(arch):
    assert [str(found) for found in find(parse(arch), "order", World())] == []


@pytest.mark.parametrize("root", ["list", "foo"])
def test_the_root_is_that_of_the_kind(root):
    with pytest.raises(ViewError, match=f"the view is of type 'form' and its root <{root}>; expected <form>"):
        validate(parse(f"<{root}/>"), "order", World(), kind="form")


def test_an_element_that_an_addon_looks_at_may_stand_anywhere():
    world = World()
    world.hook = lambda tag: (lambda node, names, info: None) if tag == "map_pin" else None

    assert list(find(parse("<list><map_pin/></list>"), "order", world)) == []


FORM = (
    '<form><group name="g"><field name="x"/><field name="y" invisible="p"/></group>'
    '<notebook><page name="q"/></notebook></form>'
)


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        ('<field name="xx" position="after"/>', "matches nothing in the view it extends; did you mean 'x'"),
        ("<xpath expr=\"//field[@name='yy']\" position=\"after\"/>", "matches nothing .* did you mean 'y'"),
        ('<page name="other" position="after"/>', "as other extensions leave it: its <page> are q"),
        ('<xpath expr="//field[" position="after"/>', "in this XPath expression; expected expr="),
        ('<field name="x" position="move"/>', "expected it in another element, which says where it moves to"),
        ('<field name="x" position="after"><field name="x" position="move"/></field>', "into or beside itself"),
        ('<field name="x" position="after"><group name="g" position="move"/></field>', "into or beside itself"),
        ('<field name="x" position="after"><field name="z" position="move"/></field>', "<field name=\"z\".* matches n"),
        ('<group name="g" position="replace" mode="iner"/>', "mode 'iner'; expected outer or inner"),
        ('<form position="after"/>', "nothing can stand after the root; expected position=inside"),
        (
            '<field name="y" position="attributes"><attribute name="invisible" add="state == 1"/></field>',
            "invisible='p' is an expression; expected separator=\"or\" or \"and\"",
        ),
        (
            '<field name="y" position="attributes"><attribute name="invisible" add="q" separator="xor"/></field>',
            "invisible='p' is an expression; expected separator=",
        ),
        (
            '<field name="y" position="attributes"><attribute name="invisible" remove="q"/></field>',
            "invisible='p' is an expression; expected separator=",
        ),
    ],
)  # fmt: skip
def test_an_extension_that_cannot_be_meant_is_refused(extension, said):
    with pytest.raises(ViewError, match=said):
        apply(parse(FORM), parse(extension))


def test_a_condition_is_added_to_none_without_a_separator():
    extension = '<field name="x" position="attributes"><attribute name="invisible" add="state == 1"/></field>'

    assert '<field name="x" invisible="state == 1"/>' in serialise(apply(parse(FORM), parse(extension)))


def test_an_element_is_traced_to_the_view_that_wrote_or_changed_it():
    layers = [
        Layer(1, FORM.replace("><", ">\n<"), where=Where("base")),
        Layer(2, '<data>\n\n<field name="y" position="after"><a/>\n<b/></field></data>', "extension", 1),
        Layer(3, '<b position="attributes">\n<attribute name="class">k</attribute></b>', "extension", 1),
        Layer(4, '<notebook position="replace"><div>$0</div></notebook>', "extension", 1),
    ]
    tree = combine(layers, 1)

    found = {node.tag: origin_of(node, layers, 1) for node in tree.iter("field", "a", "b", "div", "page")}

    assert {tag: (origin.layer.id, origin.line) for tag, origin in found.items()} == {
        "field": (1, 4),
        "a": (2, 3),
        "b": (3, 2),
        "div": (4, 1),
        "page": (1, 7),
    }
