"""A template and its only variant: created, written, copied, archived, found."""

from __future__ import annotations

import pytest

from fondaco.errors import UserError, ValidationError


@pytest.fixture
def chair(env):
    return env["product.template"].create(
        {"name": "Chair", "list_price": 99.99, "standard_price": 49.5, "barcode": "4006381333931",
         "default_code": "CH1", "weight": 3.5, "volume": 0.25}
    )  # fmt: skip


def test_a_template_has_one_variant_that_takes_what_belongs_to_it(chair):
    variant = chair.product_variant_ids

    assert len(variant) == 1
    assert chair.product_variant_id == variant
    assert chair.product_variant_count == 1
    assert (variant.standard_price, variant.barcode, variant.default_code) == (49.5, "4006381333931", "CH1")
    assert (variant.weight, variant.volume) == (3.5, 0.25)
    assert (variant.lst_price, variant.name, variant.is_product_variant) == (99.99, "Chair", True)
    assert chair.is_product_variant is False


def test_what_is_written_on_the_variant_is_seen_on_the_template(chair, env):
    chair.product_variant_id.write({"standard_price": 60.0, "default_code": "CH2", "barcode": "x1", "weight": 4.0})
    env.flush_all()
    env.invalidate_all()

    assert (chair.standard_price, chair.default_code, chair.barcode, chair.weight) == (60.0, "CH2", "x1", 4.0)


def test_the_price_written_on_a_variant_is_that_of_the_template(chair):
    chair.product_variant_id.lst_price = 120.0

    assert chair.list_price == 120.0


def test_creating_a_variant_makes_its_template(env):
    product = env["product.product"].create({"name": "Lamp", "list_price": 5.0, "standard_price": 2.0, "barcode": "L"})

    assert product.product_tmpl_id.name == "Lamp"
    assert product.product_tmpl_id.product_variant_ids == product
    assert (product.lst_price, product.standard_price, product.barcode) == (5.0, 2.0, "L")
    assert product.product_tmpl_id.standard_price == 2.0


def test_defaults(env):
    product = env["product.template"].create({"name": "Plain"})

    assert (product.type, product.list_price, product.sale_ok, product.purchase_ok) == ("consu", 1.0, True, True)
    assert product.categ_id == env.ref("product.product_category_all")
    assert product.uom_id == product.uom_po_id == env.ref("uom.product_uom_unit")
    assert product.currency_id == env.company.currency_id
    assert (product.weight_uom_name, product.volume_uom_name) == ("kg", "m³")


def test_a_storable_product_is_a_type_of_its_own(env):
    types = dict(env["product.template"].fields_get(["type"])["type"]["selection"])

    product = env["product.template"].create({"name": "Stored", "type": "product"})

    assert types["product"] == "Storable Product"
    assert product.product_variant_id.type == "product"


def test_a_copy_has_a_name_of_its_own_and_no_barcode(chair):
    copied = chair.copy()

    assert copied.name == "Chair (copy)"
    assert (copied.barcode, copied.default_code, copied.list_price) == (False, False, 99.99)
    assert len(copied.product_variant_ids) == 1
    assert copied.product_variant_ids != chair.product_variant_ids


def test_a_copy_of_a_variant_is_a_variant_of_another_template(chair):
    copied = chair.product_variant_id.copy({"name": "Stool"})

    assert copied.product_tmpl_id != chair
    assert copied.name == "Stool"
    assert copied.product_tmpl_id.product_variant_ids == copied


def test_an_archived_template_takes_its_variants_along_and_back(chair):
    variant = chair.product_variant_id

    chair.active = False
    assert variant.active is False
    assert chair.with_context(active_test=False).product_variant_ids == variant
    assert chair.barcode == "4006381333931"

    chair.active = True
    assert variant.active is True
    assert chair.product_variant_ids == variant


def test_the_last_variant_archived_archives_the_template(chair):
    chair.product_variant_id.action_archive()
    assert chair.active is False

    chair.with_context(active_test=False).product_variant_ids.action_unarchive()
    assert chair.active is True


def test_the_last_variant_deleted_deletes_the_template(chair):
    chair.product_variant_id.unlink()

    assert not chair.exists()


def test_a_barcode_belongs_to_one_product(chair, env):
    with pytest.raises(ValidationError, match="4006381333931"):
        env["product.product"].create({"name": "Other", "barcode": "4006381333931"})


def test_a_barcode_given_twice_at_once_is_refused(env):
    with pytest.raises(ValidationError, match="twin"):
        env["product.product"].create([{"name": "A", "barcode": "twin"}, {"name": "B", "barcode": "twin"}])


def test_a_barcode_of_a_packaging_is_taken(chair, env):
    variant = chair.product_variant_id
    box = env["product.packaging"].create({"name": "Box", "qty": 6, "product_id": variant.id, "barcode": "box-1"})
    assert box.product_uom_id == chair.uom_id

    with pytest.raises(ValidationError), env.cr.savepoint():
        variant.barcode = "box-1"
    with pytest.raises(ValidationError), env.cr.savepoint():
        box.barcode = "4006381333931"


def test_packagings_of_the_only_variant_are_those_of_the_template(chair, env):
    chair.packaging_ids = [(0, 0, {"name": "Pallet", "qty": 40, "product_id": chair.product_variant_id.id})]

    assert chair.product_variant_id.packaging_ids.mapped("qty") == [40]


def test_products_are_found_by_code_barcode_and_name(chair, env):
    Product, Template = env["product.product"], env["product.template"]
    variant = chair.product_variant_id

    assert variant.display_name == "[CH1] Chair"
    for text in ("CH1", "4006381333931", "Chai", "[CH1] Chair"):
        assert variant.id in [id_ for id_, _name in Product.name_search(text)], text
    for text in ("CH1", "4006381333931", "Chai"):
        assert chair.id in [id_ for id_, _name in Template.name_search(text)], text
    assert Template.search([("barcode", "=", "4006381333931")]) == chair
    assert Template.search([("standard_price", "=", 49.5), ("name", "=", "Chair")]) == chair
    assert Product.name_search("no such thing") == []


def test_a_negative_search_by_name_leaves_the_code_out_too(chair, env):
    found = [id_ for id_, _name in env["product.product"].name_search("CH1", operator="not ilike", limit=None)]

    assert chair.product_variant_id.id not in found


def test_units_of_sale_and_purchase_share_a_category(chair, env):
    with pytest.raises(ValidationError):
        chair.uom_po_id = env.ref("uom.product_uom_kgm")


def test_another_unit_brings_its_unit_of_purchase(env):
    product = env["product.template"].create({"name": "Flour", "uom_id": env.ref("uom.product_uom_kgm").id})
    assert product.uom_po_id == env.ref("uom.product_uom_kgm")

    product.uom_id = env.ref("uom.product_uom_litre")
    assert product.uom_po_id == env.ref("uom.product_uom_litre")


def test_a_combo_needs_choices(env, chair):
    with pytest.raises(ValidationError):
        env["product.template"].create({"name": "Menu", "type": "combo"})

    combo = env["product.combo"].create(
        {"name": "Seats", "combo_item_ids": [(0, 0, {"product_id": chair.product_variant_id.id})]}
    )
    menu = env["product.template"].create({"name": "Menu", "type": "combo", "combo_ids": [(6, 0, combo.ids)]})
    menu.type = "consu"
    menu.type = "combo"
    assert menu.purchase_ok is False
    assert combo.base_price == 99.99


def test_categories_are_a_tree_with_full_names_and_counts(env, chair):
    parent = env["product.category"].create({"name": "Furniture"})
    child = env["product.category"].create({"name": "Chairs", "parent_id": parent.id})
    chair.categ_id = child

    assert child.complete_name == child.display_name == "Furniture / Chairs"
    assert (parent.product_count, child.product_count) == (1, 1)
    with pytest.raises((ValidationError, UserError)):
        parent.parent_id = child
    with pytest.raises(UserError):
        env.ref("product.product_category_all").unlink()


def test_the_reference_of_a_vendor_names_the_product_for_him(chair, env):
    vendor = env["res.partner"].create({"name": "Vendor"})
    env["product.supplierinfo"].create(
        {"partner_id": vendor.id, "product_tmpl_id": chair.id, "product_code": "V-1", "product_name": "Sedia",
         "price": 40, "discount": 25}
    )  # fmt: skip
    variant = chair.product_variant_id

    assert chair.seller_ids.price_discounted == 30.0
    assert variant.with_context(partner_id=vendor.id).display_name == "[V-1] Sedia"
    assert variant.with_context(partner_id=vendor.id).code == "V-1"
    assert variant.code == "CH1"


def test_tags_of_template_and_variant_are_read_together(chair, env):
    first, second = env["product.tag"].create([{"name": "wood"}, {"name": "new"}])
    chair.product_tag_ids = first
    chair.product_variant_id.additional_product_tag_ids = second

    assert chair.product_variant_id.all_product_tag_ids == first | second
    assert env["product.product"].search([("all_product_tag_ids", "in", second.ids)]) == chair.product_variant_id
    assert first.product_ids == second.product_ids == chair.product_variant_id


def test_users_without_rights_on_products_may_look_only(chair, env):
    user = env["res.users"].create(
        {"name": "Looker", "login": "looker", "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )

    seen = chair.with_user(user)

    assert (seen.name, seen.standard_price) == ("Chair", 49.5)
    with pytest.raises(UserError):
        seen.name = "Mine"
