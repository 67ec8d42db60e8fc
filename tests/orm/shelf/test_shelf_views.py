"""Views as an addon author writes them: combined, checked against their models, fitted to the user."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from fondaco.errors import MissingError, UserError, ValidationError

FORM = """
<form string="Book">
    <header><button name="action_archive" type="object" string="Away" invisible="not active"/></header>
    <sheet>
        <group name="main">
            <field name="active" invisible="1"/>
            <field name="name" readonly="state == 'old'" required="x_rating &gt; 2"/>
            <field name="hidden"/>
            <field name="genre_ids" widget="many2many_tags" domain="[('name', '!=', False)]"/>
        </group>
        <notebook>
            <page name="sequels" string="Sequels" groups="base.group_user">
                <field name="sequel_ids">
                    <list editable="bottom">
                        <field name="name"/>
                        <field name="x_rating" column_invisible="parent.state == 'old'" readonly="is_lent"/>
                    </list>
                    <form><field name="name"/></form>
                </field>
            </page>
        </notebook>
    </sheet>
</form>
"""
ARCHS = {
    "list": '<list decoration-danger="is_lent" default_order="name"><field name="name"/>'
    '<field name="x_rating" sum="T"/>'
    '<button name="action_archive" type="object" icon="fa-archive"/></list>',
    "kanban": '<kanban default_group_by="state"><templates><t t-name="card"><field name="name"/>'
    '<span t-if="record.x_rating.raw_value">x</span></t></templates><progressbar field="state" colors="{}"/></kanban>',
    "search": "<search><field name=\"name\" filter_domain=\"[('name', 'ilike', self)]\"/>"
    "<filter name=\"lent\" domain=\"[('is_lent', '=', True)]\"/><separator/>"
    '<filter name="read" date="read_on"/><group><filter name="by" context="{\'group_by\': \'read_on:month\'}"/></group>'
    '<searchpanel><field name="state" enable_counters="1"/></searchpanel></search>',
    "calendar": '<calendar date_start="read_at" color="author_id"><field name="name"/></calendar>',
    "graph": '<graph type="bar"><field name="author_id"/><field name="x_rating" type="measure"/></graph>',
    "pivot": '<pivot><field name="read_on" interval="month" type="row"/>'
    '<field name="x_rating" type="measure"/></pivot>',
}


@pytest.fixture
def env(shelf_env: Any) -> Any:
    return shelf_env


@pytest.fixture
def make(env: Any) -> Any:
    """make(arch, **values): a view of shelf.book."""

    def make(arch: str, **values: Any) -> Any:
        return env["ir.ui.view"].create({"name": "book", "model": "shelf.book", "arch": arch, **values})

    return make


@pytest.mark.parametrize("kind", ARCHS)
def test_a_view_of_each_kind_is_kept_and_shown(env, make, kind):
    view = make(ARCHS[kind], priority=1)

    shown = env["shelf.book"].get_view(view.id, kind)

    assert view.type == kind and shown["id"] == view.id
    assert "name" in shown["models"]["shelf.book"] or kind in ("graph", "pivot")
    assert etree.fromstring(shown["arch"]).tag == kind


def test_a_form_is_fitted_to_the_user(env, make, reader):
    view = make(FORM)

    arch = etree.fromstring(env["shelf.book"].with_user(reader).get_view(view.id, "form")["arch"])

    assert not arch.xpath("//field[@name='hidden']")
    assert arch.xpath("//field[@name='name']")[0].get("readonly") == "state == 'old'"
    assert arch.xpath("//field[@name='sequel_ids']/list") and arch.xpath("//field[@name='sequel_ids']/form")
    # what only expressions read comes along
    assert {"state", "x_rating"} <= {node.get("name") for node in arch.xpath("/form/field|//sheet//field")}
    assert arch.xpath("//field[@name='sequel_ids']/list/field[@name='is_lent']")


def test_extensions_change_it_in_the_order_of_their_priority(env, make):
    base = make(FORM)
    late = make('<xpath expr="//field[@name=\'name\']" position="after"><field name="untrimmed"/></xpath>',
                inherit_id=base.id, priority=30)  # fmt: skip
    make('<field name="name" position="replace"><field name="code"/><field name="name"/></field>',
         inherit_id=base.id, priority=20)  # fmt: skip
    make(
        '<group name="main" position="attributes"><attribute name="string">Main</attribute></group>', inherit_id=base.id
    )

    arch = etree.fromstring(env["shelf.book"].get_view(base.id, "form")["arch"])

    names = [node.get("name") for node in arch.xpath("//group/field")]
    assert names[1:4] == ["code", "name", "untrimmed"] and late.mode == "extension"
    assert arch.xpath("//group[@name='main']")[0].get("string") == "Main"


def test_a_primary_view_stands_apart_from_its_parent(env, make):
    base = make(ARCHS["list"])
    primary = make('<field name="name" position="after"><field name="code"/></field>',
                   inherit_id=base.id, mode="primary", priority=1)  # fmt: skip

    assert 'name="code"' in env["shelf.book"].get_view(primary.id, "list")["arch"]
    assert 'name="code"' not in env["shelf.book"].get_view(base.id, "list")["arch"]
    assert env["shelf.book"].get_view(None, "list")["id"] == primary.id
    assert env["shelf.book"].with_context(list_view_ref="").get_view(view_type="list")["id"] == primary.id


@pytest.mark.parametrize(
    ("arch", "said"),
    [
        ('<list><field name="nmae"/></list>', r"unknown field 'nmae' of shelf\.book.*did you mean 'name'"),
        ('<list><field name="name" invisible="stat == 1"/></list>', "unknown field 'stat'"),
        ('<list><field name="name" invisible="state =="/></list>', "no Python expression"),
        ('<list><field name="name" groups="base.group_nobody_knows"/></list>', "unknown group"),
        ('<form><button name="nothing" type="object"/></form>', "button calls 'nothing'"),
        ('<form><button name="_private" type="object"/></form>', "_private"),
        ('<form><field name="name" attrs="{}"/></form>', "attrs"),
        ('<form><field name="sequel_ids"><list><field name="nmae"/></list></field></form>', "unknown field 'nmae'"),
        ("<search><filter name=\"f\" domain=\"[('stat', '=', 1)]\"/></search>", "unknown field 'stat'"),
        ('<calendar date_start="nothing"/>', "unknown field 'nothing'"),
        ('<list><field name="author_id" domain="[(\'nmae\', \'=\', 1)]"/></list>', "unknown field 'nmae'"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_with_the_name_of_the_view(make, arch, said):
    with pytest.raises(ValidationError, match=said) as failure:
        make(arch, name="my.view")

    assert "my.view" in str(failure.value) and "shelf.book" in str(failure.value)


def test_an_extension_that_fits_nowhere_is_refused(make):
    base = make(ARCHS["list"])

    with pytest.raises(ValidationError, match="nothing_here"):
        make('<field name="nothing_here" position="after"/>', inherit_id=base.id)


def test_several_views_come_with_their_fields(env, make):
    make(FORM, priority=1)
    make(ARCHS["search"], priority=1)

    answer = env["shelf.book"].get_views([(False, "form"), (False, "search")], {"toolbar": True, "load_filters": True})

    assert set(answer["views"]) == {"form", "search"} and answer["views"]["search"]["filters"] == []
    assert set(answer["models"]["shelf.book"]["fields"]) == {*env["shelf.book"].fields_get()}
    assert answer["models"]["shelf.book"]["fields"]["name"]["size"] == 20


def test_a_model_without_views_has_made_up_ones(env):
    assert etree.fromstring(env["shelf.genre"].get_view(None, "form")["arch"]).xpath("//field[@name='name']")
    assert etree.fromstring(env["shelf.genre"].get_view(None, "list")["arch"]).tag == "list"
    with pytest.raises(UserError):
        env["shelf.genre"].get_view(None, "calendar")


def test_hooks_of_views_are_called(env, make, monkeypatch):
    view = make(ARCHS["list"])
    cls = env.registry["shelf.book"]
    original, original_key = cls._get_view, cls._get_view_cache_key

    def get_view(self: Any, view_id: Any = None, view_type: str = "form", **options: Any) -> Any:
        arch, view = original(self, view_id, view_type, **options)
        if self.env.context.get("wide"):
            arch.append(etree.Element("field", name="code"))
        return arch, view

    def key(self: Any, view_id: Any = None, view_type: str = "form", **options: Any) -> Any:
        return (*original_key(self, view_id, view_type, **options), self.env.context.get("wide"))

    monkeypatch.setattr(cls, "_get_view", get_view)
    monkeypatch.setattr(cls, "_get_view_cache_key", key)
    monkeypatch.setattr(cls, "_get_view_field_attributes", lambda self: ["type", "name"])
    env.registry.clear_all_caches()

    assert 'name="code"' in env["shelf.book"].with_context(wide=True).get_view(view.id, "list")["arch"]
    assert 'name="code"' not in env["shelf.book"].get_view(view.id, "list")["arch"]
    answer = env["shelf.book"].get_views([(view.id, "list")])
    assert set(answer["models"]["shelf.book"]["fields"]["name"]) <= {"type", "name"}


def test_a_kind_that_a_module_adds_is_a_kind(env, make, monkeypatch):
    field = env["ir.ui.view"]._fields["type"]
    monkeypatch.setattr(field, "selection", [*field.selection, ("timeline", "Timeline")])
    cls = env.registry["ir.ui.view"]
    known = cls._get_view_info
    monkeypatch.setattr(cls, "_get_view_info", lambda self: {**known(self), "timeline": {"icon": "fa fa-tasks"}})

    view = make('<timeline date_start="read_on"><field name="name"/></timeline>')

    assert view.type == "timeline" and env["shelf.book"].get_view(None, "timeline")["id"] == view.id
    assert env["ir.ui.view"].get_view_info()["timeline"] == {
        "display_name": "Timeline", "icon": "fa fa-tasks", "multi_record": True,
    }  # fmt: skip


def test_a_view_changed_by_hand_goes_back_to_its_file(env):
    view = env.ref("base.view_partner_tree")
    as_shipped = view.arch_db

    view.arch = "<list><field name='name'/></list>"
    assert view.arch_updated and view.arch_prev == as_shipped
    view.reset_arch("soft")
    assert view.arch_db == as_shipped
    view.write({"arch": "<list><field name='name'/></list>"})
    view.write({"arch": "<list><field name='email'/></list>"})
    view.reset_arch("hard")

    assert etree.tostring(etree.fromstring(view.arch_db), method="c14n") == etree.tostring(
        etree.fromstring(as_shipped), method="c14n"
    )


def test_an_archived_extension_has_no_effect(env, make):
    base = make(ARCHS["list"])
    extension = make('<field name="name" position="after"><field name="code"/></field>', inherit_id=base.id)

    extension.active = False

    assert 'name="code"' not in env["shelf.book"].get_view(base.id, "list")["arch"]


def test_an_addon_changes_nodes_of_the_view_that_is_shown(env, make):
    view = make(
        '<form string="Kept"><shelfmark field="code"/><field name="name"/>'
        '<field name="genre_id" class="taken"/></form>',
        priority=1,
    )

    shown = env["shelf.book"].get_view(view.id, "form")

    arch = etree.fromstring(shown["arch"])
    assert arch.xpath("/form/shelfmark")[0].get("class") == "mark" and arch.get("create") == "False"
    assert not arch.xpath("//field[@name='genre_id']")
    assert arch.xpath("/form/field[@name='is_lent']")[0].get("invisible") == "True"
    assert {"code", "is_lent", "name"} <= set(shown["models"]["shelf.book"])


@pytest.mark.parametrize(
    ("mark", "message"),
    [("<shelfmark/>", "a mark needs a field"), ('<shelfmark field="nam"/>', "unknown field 'nam' of shelf.book, used")],
)
def test_an_addon_refuses_nodes_of_its_own_kind(make, mark, message):
    with pytest.raises(ValidationError, match=f"shelf.book.*{message}"):
        make(f"<form>{mark}</form>")


def test_a_user_is_shown_his_own_copy_of_a_view(env, make, reader):
    view = make(ARCHS["list"], priority=1)
    copies = env["ir.ui.view.custom"]
    books = env["shelf.book"]
    assert "custom_view_id" not in books.with_user(reader).get_view(view.id, "list")

    copy = copies.create(
        {"ref_id": view.id, "user_id": reader.id, "arch": '<list><field name="hidden"/><field name="code"/></list>'}
    )

    shown = books.with_user(reader).get_views([(view.id, "list")])["views"]["list"]
    assert shown["custom_view_id"] == copy.id and shown["id"] == view.id
    assert [node.get("name") for node in etree.fromstring(shown["arch"])] == ["code"]  # the other is for some groups
    assert "custom_view_id" not in books.get_view(view.id, "list")
    with pytest.raises(ValidationError, match="unknown field 'nam' of shelf.book"):
        copy.arch = '<list><field name="nam"/></list>'
    view.arch = '<list><field name="name"/></list>'
    assert not copy.exists() and "custom_view_id" not in books.with_user(reader).get_view(view.id, "list")


def test_an_addon_that_knows_more_of_extensions_is_asked_to_apply_them(env, make, monkeypatch):
    View = type(env["ir.ui.view"])  # noqa: N806
    plain = View.apply_inheritance_specs

    def apply_inheritance_specs(self: Any, source: Any, specs_tree: Any, *args: Any, **options: Any) -> Any:
        if specs_tree.get("position") != "upper":
            return plain(self, source, specs_tree, *args, **options)
        node = self.locate_node(source, specs_tree)
        if node is None:
            raise ValueError("nothing there to write in capitals")
        node.set("string", node.get("string").upper())
        return source

    base = make(FORM)
    with pytest.raises(ValidationError, match="position 'upper'"), env.cr.savepoint():
        make('<form position="upper"/>', inherit_id=base.id)
    monkeypatch.setattr(View, "apply_inheritance_specs", apply_inheritance_specs)

    make('<form position="upper"/>', inherit_id=base.id)
    make('<field name="name" position="after"><field name="code"/></field>', inherit_id=base.id)

    arch = etree.fromstring(env["shelf.book"].get_view(base.id, "form")["arch"])
    assert arch.get("string") == "BOOK" and arch.xpath("//field[@name='code']")
    for wrong, said in (('<page name="none" position="upper"/>', "nothing there"), ('<page name="none"/>', "matches")):
        with pytest.raises(ValidationError, match=f"mine.*{said}"), env.cr.savepoint():
            make(wrong, name="mine", inherit_id=base.id)


def test_a_view_that_is_gone_is_told_as_such(env, make):
    view = make(FORM)
    view.unlink()

    with pytest.raises(MissingError):
        env["shelf.book"].get_view(view.id, "form")
