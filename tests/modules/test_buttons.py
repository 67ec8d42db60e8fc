"""The list of modules as administrators use it: rows from manifests, buttons that mark and buttons that act."""

from __future__ import annotations

import pytest

from fondaco.errors import AccessError, UserError
from fondaco.orm.environment import Environment

MODEL = """
    from odoo import fields, models

    class {name}(models.Model):
        _name = "{name}.{name}"
        _description = "{name}"
        name = fields.Char()
"""
FAULTY = """<odoo>
    <record id="one" model="res.partner"><field name="name">One</field></record>
    <record id="two" model="res.partner"><field name="country_id" ref="base.atlantis"/></record>
</odoo>"""


HOOK = """
    from . import models


    def go(env):
        env["res.partner"].create({"name": "Of a hook"})
        env["hooked.hooked"].nothing()
"""


@pytest.fixture(scope="module", autouse=True)
def addons(folder):
    folder.write("hooked", {"post_init_hook": "go"}, models=MODEL.format(name="hooked"), **{"__init__.py": HOOK})
    folder.write("mill", {"category": "Trades/Mills"}, models=MODEL.format(name="mill"))
    folder.write("baker", {"depends": ["mill"]}, models=MODEL.format(name="baker"))
    folder.write("festival", {"depends": ["mill", "baker", "web"], "auto_install": ["baker", "web"]})
    folder.write("rival", {"excludes": ["mill"]})
    folder.write("needy", {"external_dependencies": {"python": ["no_such_pkg>=2,<3"]}})
    folder.write("faulty", {"data": ["x.xml"]}, models=MODEL.format(name="faulty"), **{"x.xml": FAULTY})
    folder.write("belgian", {"countries": ["be"], "depends": ["mill"], "auto_install": True})


def act(registries, db, name, button, uid=2):
    """Press a button as a user does, in a transaction of its own; what it answers."""
    with registries.get(db).cursor() as cr:
        return getattr(Environment(cr, uid, {})["ir.module.module"].search([("name", "=", name)]), button)()


def states(env):
    return {module.name: module.state for module in env["ir.module.module"].search([])}


def test_the_list_says_what_manifests_say(registries, db, env_of):
    env = env_of(db)
    module = env["ir.module.module"]._get("festival")

    assert env["ir.module.module"].update_list() == [0, 0], "it knows them already"
    assert module.auto_install
    assert {(line.name, line.auto_install_required) for line in module.dependencies_id} == {
        ("mill", False), ("baker", True), ("web", True)
    }  # fmt: skip
    mill = env["ir.module.module"]._get("mill")
    assert (mill.category_id.name, mill.category_id.parent_id.name) == ("Mills", "Trades")
    assert env["ir.module.module"]._get("rival").exclusion_ids.mapped("name") == ["mill"]
    lines = env["ir.module.module.exclusion"]
    assert lines.search([("exclusion_id", "=", env["ir.module.module"]._get("mill").id)]).module_id.name == "rival"
    with pytest.raises(ValueError, match="'!=' on exclusion_id; expected '=' or 'in'"):
        lines.search([("exclusion_id", "!=", env["ir.module.module"]._get("mill").id)])
    assert env["ir.module.module"]._get("belgian").country_ids.mapped("code") == ["BE"]


def test_buttons_act_at_once_and_draw_in_what_belongs_to_it(registries, db, env_of):
    act(registries, db, "baker", "button_immediate_install")
    env = env_of(db)
    found = states(env)
    assert {name: found[name] for name in ("mill", "baker", "festival", "belgian")} == {
        "mill": "installed", "baker": "installed", "festival": "installed", "belgian": "uninstalled"
    }  # fmt: skip
    assert env["baker.baker"].search_count([]) == 0
    env.cr.rollback()

    with pytest.raises(UserError, match="exclude each other"):
        act(registries, db, "rival", "button_immediate_install")
    act(registries, db, "mill", "button_immediate_upgrade")
    act(registries, db, "mill", "button_immediate_uninstall")

    env = env_of(db)
    assert {states(env)[name] for name in ("mill", "baker", "festival")} == {"uninstalled"}
    assert "mill.mill" not in env


def test_marks_are_carried_out_together_or_taken_back(registries, db, env_of):
    act(registries, db, "baker", "button_install")
    env = env_of(db)
    assert [name for name, state in states(env).items() if state == "to install"] != []
    env.cr.rollback()
    act(registries, db, "baker", "button_install_cancel")
    act(registries, db, "festival", "button_install_cancel")

    with registries.get(db).cursor() as cr:
        Environment(cr, 2, {})["base.module.upgrade"].create({}).upgrade_module()
    env = env_of(db)
    assert (states(env)["mill"], states(env)["baker"]) == ("installed", "uninstalled")
    env.cr.rollback()
    act(registries, db, "mill", "button_immediate_uninstall")


def test_only_administrators_press_them(registries, db):
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        clerk = env["res.users"].search([("login", "=", "clerk")]) or env["res.users"].create(
            {"name": "Clerk", "login": "clerk"}
        )
    with pytest.raises(AccessError):
        act(registries, db, "baker", "button_immediate_install", uid=clerk.id)


def test_what_is_missing_outside_is_named_with_how_to_get_it(registries, db, env_of):
    with pytest.raises(UserError, match="pip install 'no_such_pkg>=2,<3'"):
        act(registries, db, "needy", "button_immediate_install")

    assert states(env_of(db))["needy"] == "uninstalled"


def test_one_that_fails_changes_nothing_and_names_its_line(registries, db, env_of):
    with pytest.raises(UserError, match=r"faulty/x\.xml:3: .*base\.atlantis"):
        act(registries, db, "faulty", "button_immediate_install")

    env = env_of(db)
    assert states(env)["faulty"] == "uninstalled"
    assert "faulty.faulty" not in env
    env.cr.execute("SELECT to_regclass('faulty_faulty')")
    assert env.cr.fetchone() == (None,)
    assert env["res.partner"].search([("name", "=", "One")]).ids == []


def test_a_hook_that_fails_changes_nothing_and_is_told_with_its_line(registries, db, env_of, caplog):
    with pytest.raises(UserError, match=r"'hooked': its post_init_hook 'go' failed at .*/hooked/__init__\.py:6: Attr"):
        act(registries, db, "hooked", "button_immediate_install")

    env = env_of(db)
    assert states(env)["hooked"] == "uninstalled" and "hooked.hooked" not in env
    assert env["res.partner"].search([("name", "=", "Of a hook")]).ids == []
    (record,) = [record for record in caplog.records if record.name == "fondaco.modules.culprit"]
    assert 'env["hooked.hooked"].nothing()' in record.exc_text and "install.py" not in record.exc_text


def test_databases_of_one_process_have_modules_of_their_own(registries, make, db):
    other = make()
    registries.update(other, install=["mill"])

    for _turn in range(2):
        with registries.get(other).cursor() as cr:
            assert Environment(cr, 1, {})["mill.mill"].search_count([]) == 0
        with registries.get(db).cursor() as cr:
            env = Environment(cr, 1, {})
            assert "mill.mill" not in env
            assert env["ir.model"].search([("model", "=", "mill.mill")]).ids == []
