"""Demo data: only where somebody asks for them, none where they fail, and kept as they are by an upgrade."""

from __future__ import annotations

import logging
from contextlib import closing

import pytest

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment

# What public addons' tests ask for; a name that goes missing here breaks them.
BASE = """
    user_demo partner_demo demo_user0 partner_demo_portal res_partner_1 res_partner_2 res_partner_3 res_partner_4
    res_partner_10 res_partner_12 res_partner_18 res_partner_address_1 res_partner_address_13 res_partner_address_14
    res_partner_address_17 res_partner_address_24 res_partner_address_28 res_partner_main1 res_partner_main2
    res_partner_category_0 bank_bnp
""".split()
PRODUCT = """
    product_product_2 product_product_4 product_product_4b product_product_4_product_template product_product_6
    product_product_7 product_product_8 product_product_10 product_product_13 product_product_16 product_attribute_1
    product_attribute_value_1 product_category_5
""".split()
LAMP = '<odoo><record id="lamp" model="res.partner"><field name="name">Lamp{number}</field></record>{more}</odoo>'


def write_addon(folder, name, number="", more="", version="1.0"):
    folder.write(
        name, {"version": version, "demo": ["demo.xml"]}, **{"demo.xml": LAMP.format(number=number, more=more)}
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def addons(folder):
    write_addon(folder, "lamp")
    write_addon(folder, "broken", more='\n<record id="x" model="res.partner"><field name="nmae">X</field></record>')


def with_demo(env):
    return env["ir.module.module"].search([("demo", "=", True)]).mapped("name")


def test_without_being_asked_there_are_none(make, env_of):
    env = env_of(make("contacts", "product"))

    assert with_demo(env) == []
    assert [name for name in BASE if env.ref(f"base.{name}", raise_if_not_found=False)] == []
    assert env["res.users"].search([]).mapped("login") == ["admin"]


def test_the_records_that_addons_tests_ask_for_are_there(make, env_of):
    env = env_of(make("contacts", "product", with_demo=True))

    assert {"base", "contacts", "product"} <= set(with_demo(env))
    assert all(env.ref(f"base.{name}").exists() for name in BASE)
    assert all(env.ref(f"product.{name}").exists() for name in PRODUCT)
    desk = env.ref("product.product_product_4_product_template")
    assert env.ref("product.product_product_4d") in desk.product_variant_ids
    assert env.ref("base.res_partner_address_24").commercial_partner_id == env.ref("base.res_partner_4")
    assert env.ref("base.user_demo").has_group("base.group_user")
    assert not env.ref("base.user_demo").has_group("base.group_system")
    assert env.ref("base.demo_user0").has_group("base.group_portal")
    assert env["res.users"].authenticate(
        env.cr.dbname, {"type": "password", "login": "demo", "password": "demo"}, {"interactive": False}
    )["uid"] == env.ref("base.user_demo").id  # fmt: skip


def test_a_demo_database_brings_those_of_modules_to_come_and_an_upgrade_keeps_them(make, registries, folder, env_of):
    name = make(with_demo=True)

    registries.update(name, install=["lamp"])
    assert env_of(name).ref("lamp.lamp").name == "Lamp"

    more = '<record id="wick" model="res.partner"><field name="name">Wick</field></record>'
    write_addon(folder, "lamp", "2", more=more, version="1.1")
    registries.update(name, upgrade=["lamp"])
    env = env_of(name)
    assert (env.ref("lamp.lamp").name, env.ref("lamp.wick").name) == ("Lamp", "Wick")

    registries.update(name, uninstall=["lamp"])
    assert env_of(name)["res.partner"].search([("name", "in", ["Lamp", "Wick"])]).ids == []
    write_addon(folder, "lamp")


def test_demo_data_that_fail_are_a_warning_and_leave_nothing(make, registries, env_of, caplog):
    name = make()

    with caplog.at_level(logging.WARNING, "fondaco.modules.demo"):
        registries.update(name, install=["broken", "lamp"], with_demo=True)

    env = env_of(name)
    assert env["ir.module.module"]._get("broken").state == "installed"
    assert with_demo(env) == ["lamp"]
    assert env.ref("broken.lamp", raise_if_not_found=False) is None
    assert "broken/demo.xml:2: record broken.x: res.partner has no field 'nmae'" in caplog.text
    failure = env["ir.demo_failure"].search([])
    assert (failure.module_id.name, "nmae" in failure.error) == ("broken", True)


def test_an_administrator_loads_them_later(make, registries, env_of):
    name = make()
    registries.update(name, install=["lamp", "broken"])

    with closing(registries.get(name).cursor()) as cr:
        action = Environment(cr, 2, {})["ir.demo"].create({}).install_demo()
        cr.commit()

    env = env_of(name)
    assert env["ir.actions.server"].browse(action["id"]).run()["res_model"] == "ir.demo_failure.wizard"
    assert set(with_demo(env)) == set(env["ir.module.module"].search([("state", "=", "installed")]).mapped("name")) - {
        "broken"
    }
    assert env.ref("base.user_demo").login == "demo"


def test_without_demo_names_modules_that_come_without(make, config, pools, folder, env_of):
    config = config.replace(addons_path=[str(folder.path)], without_demo="broken,lamp")

    env = env_of(make("lamp", with_demo=True, of=Registries(config, pools)))

    installed = set(env["ir.module.module"].search([("state", "=", "installed")]).mapped("name"))
    assert {"lamp", "web"} < installed
    assert set(with_demo(env)) == installed - {"lamp"}
