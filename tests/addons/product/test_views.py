"""Every view of products, units and contacts can be shown, to a manager and to a plain user; every menu opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from fondaco.views.inherit import locate

PLACES = Path(__file__).with_name("places.txt")
"""Where public addons of Odoo 18 change views: below the name of a view the XPath of each place, as addons spell it."""


@pytest.fixture
def env(database_with, env_of):
    return env_of(database_with("product", "contacts"))


def views(env):
    ids = env["ir.model.data"].search([("module", "in", ["uom", "product", "contacts"]), ("model", "=", "ir.ui.view")])
    return env["ir.ui.view"].browse(ids.mapped("res_id")).filtered(lambda view: view.model and view.mode == "primary")


def test_each_view_is_shown_with_fields_of_its_model(env):
    user = env["res.users"].create(
        {"name": "Plain", "login": "plain", "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )

    for view in views(env):
        for reader in (env.user, user):
            if reader == user and view.model == "update.product.attribute.value":
                continue
            shown = env[view.model].with_user(reader).get_views([(view.id, view.type)])
            arch = etree.fromstring(shown["views"][view.type]["arch"])
            assert arch.tag == view.type, view.name
            assert shown["models"][view.model]["fields"]


def test_the_form_of_a_variant_is_that_of_its_template_with_its_own_price(env):
    arch = etree.fromstring(env["product.product"].get_view(view_type="form")["arch"])

    assert arch.xpath("//field[@name='lst_price']")
    assert not arch.xpath("//field[@name='list_price']")
    assert arch.xpath("//page[@name='sales']")


def test_attributes_are_shown_to_those_who_manage_variants(env):
    def pages():
        arch = etree.fromstring(
            env["product.template"].with_user(env.ref("base.user_admin")).get_view(view_type="form")["arch"]
        )
        return arch.xpath("//page/@name")

    assert "variants" not in pages()
    env["res.config.settings"].create({"group_product_variant": True}).set_values()
    assert "variants" in pages()


@pytest.mark.parametrize("xmlid", ["product.menu_product_root", "contacts.menu_contacts"])
def test_each_menu_opens_something_that_can_be_listed(env, xmlid):
    menus = env["ir.ui.menu"].search([("id", "child_of", env.ref(xmlid).id)])
    actions = [menu.action for menu in menus if menu.action]

    assert actions
    for action in actions:
        env[action.res_model].search_read([], limit=1)
        env[action.res_model].get_views([(False, mode) for mode in action.view_mode.split(",")] + [(False, "search")])


def test_a_new_product_is_made_in_its_form(env):
    result = env["product.template"].onchange({}, [], {"name": {}, "type": {}, "uom_id": {}, "categ_id": {}})

    assert result["value"]["type"] == "consu"
    assert result["value"]["uom_id"] == env.ref("uom.product_uom_unit").id


def test_views_have_the_places_that_public_addons_change(env):
    missing, name, arch = [], "", None
    for line in PLACES.read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            name, arch = line, etree.fromstring(env.ref(line).get_combined_arch())
        elif locate(arch, etree.Element("xpath", expr=line.strip())) is None:
            missing.append(f"{name}: {line.strip()}")

    assert not missing
