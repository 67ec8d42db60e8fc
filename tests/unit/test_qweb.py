"""Whether templates write what they say, escape what they are given, and name the element that is wrong."""

import re
from typing import Any

import pytest
from lxml import etree
from markupsafe import Markup

from fondaco.errors import UserError
from fondaco.qweb.compile import compile_template
from fondaco.qweb.expressions import Values
from fondaco.qweb.inline import convert_inline_template_to_qweb, parse_inline_template, render_inline_template
from fondaco.qweb.keeping import Keeping
from fondaco.qweb.render import QWebException


class Host:
    """A surrounding without a database."""

    def __init__(self, **templates: str) -> None:
        self.templates = templates
        self.parts: dict[Any, Any] = {}
        self.keeping = Keeping({})

    def kept(self, key: Any) -> Any:
        return self.parts.get(key)

    def keep(self, key: Any, part: Any) -> None:
        self.parts[key] = part

    def identity(self, value: Any) -> Any:
        return None

    def call(self, template: str, values: Any, options: Any) -> str:
        return compile_template(etree.fromstring(self.templates[template]), template).run(self, values)

    def field(self, record: Any, name: str, expression: str, tag: str, options: Any, values: Any) -> Any:
        return {"data-field": name}, record[name], None

    def widget(self, value: Any, expression: str, tag: str, options: Any, values: Any) -> Any:
        return {}, f"{options['widget']}({value})", None

    def assets(self, bundle: str, options: Any) -> str:
        return Markup(f"<link href='{bundle}'/>")

    def attributes(self, tag: str, attributes: dict[str, Any]) -> dict[str, Any]:
        return attributes

    def has_groups(self, groups: str) -> bool:
        return groups == "base.group_user"


def render(template: str, /, templates: Any = None, **values: Any) -> str:
    return str(compile_template(etree.fromstring(template), "test").run(Host(**(templates or {})), values))


@pytest.mark.parametrize("asks_host", [True, False], ids=["host asked", "host not asked"])
@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ('<p t-out="name"/>', {"name": "<Ada>"}, "<p>&lt;Ada&gt;</p>"),
        ('<p t-out="name"/>', {"name": Markup("<b/>")}, "<p><b/></p>"),
        ('<p t-out="name">nobody</p>', {"name": False}, "<p>nobody</p>"),
        ('<p t-out="name">nobody</p>', {"name": 0}, "<p>0</p>"),
        ('<t t-esc="missing"/>', {}, ""),
        ('<a t-att-href="url" t-att-title="no" t-attf-class="x-#{n} y-{{n + 1}}"/>', {"url": 'a"b', "n": 1},
         '<a href="a&#34;b" class="x-1 y-2"></a>'),
        ('<a id="i" class="x" t-att-class="c" t-att-title="t"/>', {"c": "y", "t": Markup("&amp;")},
         '<a id="i" class="y" title="&amp;"></a>'),
        ('<a t-att-title="t"/>', {"t": Markup("<b>\"&amp;\" onload='x'</b>")},
         '<a title="&lt;b&gt;&#34;&amp;&#34; onload=&#39;x&#39;&lt;/b&gt;"></a>'),
        ('<a t-att="{\'title\': t}"/>', {"t": Markup('" onload=x')}, '<a title="&#34; onload=x"></a>'),
        ('<a t-attf-title="{{t}}!"/>', {"t": Markup('" onload=x')}, '<a title="&#34; onload=x!"></a>'),
        ('<a class="x" t-att="{\'id\': 1, \'rel\': None}">k</a>', {}, '<a class="x" id="1">k</a>'),
        ('<t><i t-if="n == 1">1</i> <!-- no --> <i t-elif="n == 2">2</i><i t-else="">3</i>.</t>', {"n": 2},
         "<i>2</i>."),
        ('<t><i t-if="n == 1">1</i><i t-else="">3</i></t>', {"n": 2}, "<i>3</i>"),
        ('<t t-foreach="[3, 4]" t-as="x"><t t-out="x_index"/>:<t t-out="x"/><t t-if="not x_last">, </t></t>', {},
         "0:3, 1:4"),
        ('<b t-foreach="{\'a\': 1}" t-as="x"><t t-out="x"/>=<t t-out="x_value"/></b>', {}, "<b>a=1</b>"),
        ('<t><t t-set="s" t-value="0"/><t t-foreach="3" t-as="i"><t t-set="s" t-value="s + i"/>'
         '<t t-set="z" t-value="1"/></t><t t-out="s"/>,<t t-out="z"/></t>', {}, "3,"),
        ('<t><t t-set="m"><b t-out="n"/></t><t t-out="m"/><t t-out="m"/></t>', {"n": "&"}, "<b>&amp;</b><b>&amp;</b>"),
        ('<t><t t-set="m" t-valuef="a#{n}"/><t t-out="m"/></t>', {"n": 5}, "a5"),
        ('<t t-out="[a * n for a in range(3) if a]"/>', {"n": 2, "a": 9}, "[2, 4]"),
        ('<t t-out="sorted(xs, key=lambda x: -x + n)"/>', {"n": 2, "xs": [1, 3]}, "[3, 1]"),
        ("<p><br/><img src='x'/>a &lt; b</p>", {}, '<p><br/><img src="x"/>a &lt; b</p>'),
        ("<t t-tag=\"'h2'\" class=\"k\">x</t>", {}, '<h2 class="k">x</h2>'),
        ('<p><i groups="base.group_user">in</i><i groups="base.group_no">out</i></p>', {}, "<p><i>in</i></p>"),
        ('<span t-field="rec.name"/>', {"rec": {"name": "N"}}, '<span data-field="name">N</span>'),
        ('<span t-out="n" t-options-widget="\'float\'"/>', {"n": 2}, "<span>float(2)</span>"),
        ('<span t-out="n" t-options="{\'widget\': \'date\'}"/>', {"n": 2}, "<span>date(2)</span>"),
        ("<div>\n    <p>a</p>\n    <pre>\n  b</pre> </div>", {}, "<div>\n<p>a</p>\n<pre>\n  b</pre> </div>"),
        ('<t t-call-assets="web.x" t-js="false"/>', {}, "<link href='web.x'/>"),
    ],
)  # fmt: skip
def test_directive(template: str, values: dict[str, Any], expected: str, asks_host: bool) -> None:
    compiled = compile_template(etree.fromstring(template), "test", asks_host=asks_host)

    assert compiled.run(Host(), values) == expected


def test_call_gives_its_body_and_keeps_its_names_to_the_called() -> None:
    templates = {"frame": '<div><t t-out="0"/>|<t t-out="title"/>|<t t-out="outer"/></div>'}
    template = '<t><t t-call="frame"><t t-set="title" t-value="1"/><b t-out="outer"/></t><t t-out="title"/></t>'

    assert render(template, templates, outer="o") == "<div><b>o</b>|1|o</div>"


def test_names_set_in_a_part_that_may_be_kept_stay_there() -> None:
    template = """<t><t t-set="n" t-value="1"/><div t-cache="n"><t t-set="n" t-value="2"/><t t-out="n"/>
        <b t-nocache="always" t-nocache-_kept="n + 1"><t t-set="n" t-value="9"/><t t-out="_kept"/></b><t t-out="n"/>
        </div><t t-out="n"/><t t-out="_kept"/></t>"""

    assert re.sub(r"\s", "", render(template)) == "<div>2<b>3</b>2</div>1"


def visits(template: str, templates: dict[str, str], *visits: dict[str, Any]) -> list[str]:
    """What a page says at each visit, with what it kept of the earlier ones."""
    host = Host(**templates)
    said = []
    for values in visits:
        host.keeping = Keeping(values)
        said.append(str(compile_template(etree.fromstring(template), "page").run(host, values)))
    return said


def test_a_part_is_kept_for_its_key_and_one_without_key_is_not() -> None:
    template = '<t t-cache="key"><b t-out="word"/></t>'
    asked = [
        ("a", "one"),
        ("a", "two"),
        ("b", "three"),
        (["a"], "four"),
        (["a"], "five"),
        (False, "six"),
        (None, "seven"),
    ]

    said = visits(template, {}, *({"key": key, "word": word} for key, word in asked))

    assert said == [f"<b>{word}</b>" for word in ("one", "one", "three", "four", "four", "six", "seven")]


def test_what_is_fresh_within_a_kept_part_sees_what_the_page_was_asked_for() -> None:
    template = """<t t-cache="1"><t t-set="seen" t-value="word"/>kept <t t-out="word"/><t t-foreach="2" t-as="n">
        <i t-nocache="" t-nocache-n="n" t-nocache-first="word"><t t-out="n"/> <t t-out="first"/> <t t-out="word"/>
        <t t-out="seen"/></i></t></t>"""

    said = visits(template, {}, {"word": "<one>"}, {"word": "two"})

    assert [" ".join(re.sub("<.?i>", "|", text).split()) for text in said] == [
        f"kept &lt;one&gt; |0 &lt;one&gt; {word} | |1 &lt;one&gt; {word} |" for word in ("&lt;one&gt;", "two")
    ]


def test_called_templates_may_be_fresh_or_kept_within_a_kept_part() -> None:
    template = '<t t-cache="1"><p t-out="word"/><t t-call="menu"><t t-set="mine" t-value="word"/></t></t>'
    templates = {
        "menu": '<div><t t-set="title"><t t-call="who"/></t><t t-out="title"/>'
        '<t t-cache="2"><u t-out="mine"/><t t-call="who"/></t></div>',
        "who": '<b t-nocache="" t-out="word"/>',
    }

    said = visits(template, templates, {"word": "one"}, {"word": "two"})

    assert said == [f"<p>one</p><div><b>{word}</b><u>one</u><b>{word}</b></div>" for word in ("one", "two")]


def test_records_and_other_things_of_a_transaction_are_not_kept() -> None:
    with pytest.raises(QWebException, match="t-nocache-order is <object .*pass the id of a record"):
        render('<t t-cache="1"><b t-nocache="" t-nocache-order="order"/></t>', order=object())
    with pytest.raises(QWebException, match="t-cache has the key <object"):
        render('<b t-cache="order"/>', order=object())


def test_a_late_value_is_computed_once_and_only_for_who_asks() -> None:
    asked = []
    values = Values({"n": 1})
    values.late = {"company": lambda: asked.append("company") or "Arsenal"}

    def page(template: str) -> str:
        return str(compile_template(etree.fromstring(template), "page").run(Host(), values))

    assert (page('<p t-out="n"/>'), asked) == ("<p>1</p>", [])
    assert (page('<p><t t-out="company"/> <t t-out="company"/></p>'), asked) == ("<p>Arsenal Arsenal</p>", ["company"])


def test_called_template_cannot_change_the_names_of_its_caller() -> None:
    template = '<t><t t-set="x" t-value="1"/><t t-call="other"/><t t-out="x"/></t>'

    assert render(template, {"other": '<t t-set="x" t-value="2"/>'}) == "1"


@pytest.mark.parametrize(
    "expression",
    ["().__class__", "[].append.__self__", "(lambda: 0).__code__", "__host", "'{0.__class__}'.format(1)", "(x := 1)"],
)
def test_expression_reaches_nothing_but_its_values(expression: str) -> None:
    with pytest.raises(QWebException):
        render(f'<t t-out="{expression}"/>')


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("<t>\n<p>\n<b t-out='1 / 0'/></p></t>", "ZeroDivisionError: division by zero\nTemplate: test, line 3, /t/p/b"),
        ("<t t-out='1 +'/>", "is no Python expression"),
        ("<t t-unknown='1'/>", "'t-unknown' is no directive"),
        ("<t><p/><t t-else=''/></t>", "t-elif and t-else follow"),
        ("<p t-foreach='x'/>", "t-foreach needs t-as"),
        ("<p t-field='x'/>", "t-field is record.field_name"),
    ],
)
def test_error_says_where(template: str, message: str) -> None:
    with pytest.raises(QWebException, match=re.escape(message)):
        render(template)


def test_message_for_the_user_comes_out_as_it_is() -> None:
    def refuse() -> None:
        raise UserError("Not today")

    with pytest.raises(UserError, match="Not today"):
        render('<t t-out="refuse()"/>', refuse=refuse)


def test_message_for_the_user_is_an_error_of_the_template_too() -> None:
    def refuse() -> None:
        raise UserError("Not today")

    with pytest.raises(QWebException) as caught:
        render('<t t-out="refuse()"/>', refuse=refuse)

    assert (str(caught.value), type(caught.value).__name__) == ("Not today", "UserError")


def test_a_hook_may_change_the_element_of_its_directive() -> None:
    def shorten(element: Any, write: Any) -> None:
        if length := element.attrib.pop("t-length", None):
            element.set("t-out", f"({element.get('t-out')})[:{length}]")
        write(element)

    template = etree.fromstring('<p t-if="word" t-out="word" t-length="3"/>')

    assert compile_template(template, "test", {"t-out": shorten}).run(Host(), {"word": "harbour"}) == "<p>har</p>"
    with pytest.raises(QWebException, match="'t-length' is no directive of templates"):
        render('<p t-out="word" t-length="3"/>', word="harbour")


def test_short_texts() -> None:
    parts = parse_inline_template("Order {{ object ||| new }} of {{name}}!")

    assert render_inline_template(parts, {"object": "", "name": "Ada"}) == "Order new of Ada!"
    assert str(convert_inline_template_to_qweb("a < {{ b ||| c }}")) == 'a &lt; <t t-out="b">c</t>'
