"""Extensions change archs as the public guide to view inheritance says."""

import pytest

from fondaco.errors import ViewError
from fondaco.views.arch import Where, parse, serialise
from fondaco.views.combine import Layer, combine
from fondaco.views.inherit import apply

FORM = '<form string="F"><group class="a b"><field name="x"/><field name="y" invisible="p"/></group><b>t</b></form>'


def changed(extension: str, arch: str = FORM) -> str:
    return serialise(apply(parse(arch), parse(extension)))


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ('<field name="x" position="after"><z/></field>', '<field name="x"/><z/><field name="y"'),
        ('<field name="x" position="before"><z/></field>', '<z/><field name="x"/>'),
        ('<group class="a b"><z/></group>', '<field name="y" invisible="p"/><z/></group>'),
        ('<xpath expr="//b" position="replace"><z/></xpath>', "</group><z/></form>"),
        ('<xpath expr="//b" position="replace"/>', "</group></form>"),
        ('<xpath expr="//b" position="replace"><i>$0</i></xpath>', "<i><b>t</b></i></form>"),
        ('<xpath expr="//b" position="replace" mode="inner">u</xpath>', "<b>u</b></form>"),
        ('<xpath expr="//group[hasclass(\'b\')]" position="before"><z/></xpath>', "<z/><group"),
        (
            '<data><b position="before"><field name="y" position="move"/></b></data>',
            '<field name="x"/></group><field name="y" invisible="p"/><b>t</b>',
        ),
        ('<b position="after">tail<z/></b>', "<b>t</b>tail<z/></form>"),
        ('<form position="replace"><list/></form>', "<list/>"),
    ],
)
def test_positions(extension, expected):
    assert expected in changed(extension)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('<attribute name="class" add="c" remove="a" separator=" "/>', 'class="b c"'),
        ('<attribute name="class">z</attribute>', 'class="z"'),
        ('<attribute name="class"/>', '<group><field name="x"/>'),
        ('<attribute name="groups" add="base.g"/>', 'groups="base.g"'),
    ],
)
def test_attributes(change, expected):
    assert expected in changed(f'<xpath expr="//group" position="attributes">{change}</xpath>')


def test_conditions_are_joined_with_brackets():
    extension = '<field name="y" position="attributes"><attribute name="invisible" add="q" separator=" or "/></field>'

    assert 'invisible="(p) or (q)"' in changed(extension)


def test_an_extension_that_fits_nowhere_says_which_view_and_line():
    where = Where("sale form", "sale.form", "sale.order", "sale/views.xml", 40)

    with pytest.raises(ViewError, match=r"sale/views.xml:41: view 'sale.form' \(sale.order\): <field name=\"q\""):
        apply(parse(FORM), parse('<data>\n<field name="q" position="after"/></data>'), where)


def test_a_position_that_does_not_exist_is_named():
    with pytest.raises(ViewError, match="position 'behind'"):
        changed('<b position="behind"/>')


def test_views_are_combined_by_priority_and_primaries_stay_apart():
    layers = [
        Layer(1, "<form><a/></form>"),
        Layer(2, '<a position="after"><late/></a>', "extension", 1, 20),
        Layer(3, '<a position="after"><early/></a>', "extension", 1, 10),
        Layer(4, '<late position="after"><deep/></late>', "extension", 2),
        Layer(5, '<a position="replace"/>', "primary", 1),
        Layer(6, '<form position="inside"><own/></form>', "extension", 5),
    ]

    assert serialise(combine(layers, 1)) == "<form><a/><late/><deep/><early/></form>"
    assert serialise(combine(layers, 5)) == "<form><late/><deep/><early/><own/></form>"
    assert serialise(combine(layers, 3)) == serialise(combine(layers, 1))
