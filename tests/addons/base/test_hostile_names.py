"""Names and texts that people give to models, fields, tables and views are names and texts, whatever they hold."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.errors import UserError

TAG = "res.partner.category"
HOSTILE = [
    "", " ", "'", '"', "a'b", 'a"b', "a;b", "a b", "a-b", "a.b", "a%s", "a%(b)s", "a\\", "a\n", "a\x00", "a$1",
    "\u00e4", "\uff41", "\u202ea", 'a" int; DROP TABLE res_partner; --', "a--", "a/*", "__class__", "a" * 200, "A", "1",
]  # fmt: skip
REFUSED = (UserError, ValueError, KeyError)


def columns(env: Any, table: str) -> set[str]:
    env.flush_all()
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    return {name for (name,) in env.cr.fetchall()}


@pytest.mark.parametrize("part", HOSTILE)
def test_a_custom_field_has_the_column_it_says_or_none(env: Any, part: str) -> None:
    name, before = f"x_{part}", columns(env, "res_partner_category")
    values = {"name": name, "ttype": "char", "field_description": part, "model_id": env["ir.model"]._get_id(TAG)}

    try:
        with env.cr.savepoint():
            env["ir.model.fields"].create(values)
    except REFUSED:
        assert columns(env, "res_partner_category") == before
        return
    assert columns(env, "res_partner_category") == {*before, name}
    tag = env[TAG].create({"name": "Tag", name: "text"})
    env.invalidate_all()
    assert env[TAG].search([(name, "=", "text")]) == tag
    assert tag.read([name])[0][name] == "text"


@pytest.mark.parametrize("part", HOSTILE)
def test_a_custom_model_has_the_table_it_says_or_none(env: Any, part: str) -> None:
    env.cr.execute("SELECT table_name FROM information_schema.tables")
    before = {name for (name,) in env.cr.fetchall()}

    try:
        with env.cr.savepoint():
            env["ir.model"].create({"name": part or "x", "model": f"x_{part}"})
    except REFUSED:
        made: set[str] = set()
    else:
        made = {f"x_{part}".replace(".", "_")}
        assert env[f"x_{part}"].create({"x_name": "y"}).display_name == "y"

    env.cr.execute("SELECT table_name FROM information_schema.tables")
    assert {name for (name,) in env.cr.fetchall()} - before == made


@pytest.mark.parametrize("part", HOSTILE)
def test_a_custom_list_has_the_table_it_says_or_none(env: Any, part: str) -> None:
    values = {"name": "x_others", "ttype": "many2many", "relation": "res.partner", "field_description": "x",
              "model_id": env["ir.model"]._get_id(TAG)}  # fmt: skip
    for key in ("relation_table", "column1", "column2"):
        names = {"relation_table": "x_rel", "column1": "x_one", "column2": "x_two", key: f"x_{part}"}
        with env.cr.savepoint() as savepoint:
            try:
                with env.cr.savepoint():
                    env["ir.model.fields"].create({**values, **names})
            except REFUSED:
                pass
            else:
                tag = env[TAG].create({"name": "Tag", "x_others": [(6, 0, [1])]})
                assert columns(env, names["relation_table"]) == {names["column1"], names["column2"]}
                assert env[TAG].search([("x_others", "=", 1)]) == tag
            savepoint.rollback()
        env.transaction.clear()


ARCHS = [
    '<form><field name="{}"/></form>', '<form><field name="name" invisible="{}"/></form>',
    '<form><field name="name" domain="{}"/></form>', '<form><button name="{}" type="object"/></form>',
    '<form><button name="{}" type="action"/></form>', '<form><field name="name" groups="{}"/></form>',
    '<list default_order="{}"><field name="name"/></list>', '<list><field name="name" widget="{}"/></list>',
    '<search><field name="name" filter_domain="{}"/></search>',
    '<search><filter name="x" domain="{}" context="{}"/></search>', '<form><label for="{}"/></form>', "<form>{}</form>",
    '<form js_class="{}"/>', "<form><!-- {} --></form>", "<{}/>",
]  # fmt: skip
TEXTS = [
    "'", "%s", "%(name)s", "%(base.nothing)d", "&lt;script&gt;", "{{0}}", "name; DROP TABLE res_partner", "\u202e",
    "]]",
    "name asc, (SELECT 1)", "__class__", "create_uid.password", "().__class__", "&x;", "a" * 5000, "(" * 500, "x='",
    '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "<?python x?>",
]  # fmt: skip


@pytest.mark.parametrize("arch", ARCHS)
def test_a_view_is_refused_or_kept_and_served(env: Any, arch: str) -> None:
    for text in TEXTS:
        source = text + arch.replace("{}", "x") if text.startswith("<!D") else arch.replace("{}", text)
        with env.cr.savepoint(flush=False) as savepoint:
            try:
                view = env["ir.ui.view"].create({"name": "v", "model": TAG, "arch": source})
                env.flush_all()
                answer = env[TAG].get_views([(view.id, view.type)])
            except REFUSED as error:
                assert "root:" not in str(error)
            else:
                assert "root:" not in answer["views"][view.type]["arch"]
            savepoint.rollback()
        env.transaction.clear()
