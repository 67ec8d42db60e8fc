"""Attributes make variants: which, when, and what becomes of them when attributes change."""

from __future__ import annotations

import pytest
from psycopg.errors import UniqueViolation

from fondaco.errors import UserError, ValidationError


def values_of(template, attribute):
    """The template's own values of an attribute, by name."""
    line = template.attribute_line_ids.filtered(lambda line: line.attribute_id == attribute)
    return {value.name: value for value in line.product_template_value_ids}


def names(variants):
    return sorted(variants.mapped("display_name"))


def test_each_combination_of_values_is_a_variant(shirt):
    assert names(shirt.product_variant_ids) == [
        "Shirt (M, blue)", "Shirt (M, green)", "Shirt (M, red)", "Shirt (S, blue)", "Shirt (S, green)", "Shirt (S, red)"
    ]  # fmt: skip
    assert shirt.product_variant_count == 6
    assert shirt.has_configurable_attributes is True
    assert len(set(shirt.product_variant_ids.mapped("combination_indices"))) == 6


def test_a_single_value_makes_no_more_variants_and_is_not_in_the_name(env, attribute):
    material = attribute("Material", "wool")

    hat = env["product.template"].create(
        {
            "name": "Hat",
            "attribute_line_ids": [(0, 0, {"attribute_id": material.id, "value_ids": material.value_ids.ids})],
        }
    )

    assert names(hat.product_variant_ids) == ["Hat"]
    assert hat.product_variant_ids.product_template_attribute_value_ids.name == "wool"
    assert not hat.product_variant_ids.product_template_variant_value_ids
    assert hat.has_configurable_attributes is False


def test_what_belongs_to_variants_is_empty_on_a_template_with_several(shirt):
    shirt.product_variant_ids[0].write({"standard_price": 3, "barcode": "s-1", "default_code": "S1"})

    assert (shirt.standard_price, shirt.barcode, shirt.default_code) == (0.0, False, False)


def test_a_value_added_adds_variants_and_one_taken_away_takes_them_along(shirt, env):
    size_line = shirt.attribute_line_ids[0]
    kept = shirt.product_variant_ids
    large = env["product.attribute.value"].create({"name": "L", "attribute_id": size_line.attribute_id.id})

    size_line.value_ids = [(4, large.id)]
    assert shirt.product_variant_count == 9
    assert kept < shirt.product_variant_ids

    size_line.value_ids = [(3, large.id)]
    assert shirt.product_variant_ids == kept
    assert len(env["product.product"].with_context(active_test=False).search([("product_tmpl_id", "=", shirt.id)])) == 6


def test_attributes_are_changed_through_the_template(shirt):
    first, second = shirt.attribute_line_ids

    shirt.write(
        {"attribute_line_ids": [(2, second.id), (1, first.id, {"value_ids": [(6, 0, first.value_ids[:1].ids)]})]}
    )

    assert names(shirt.product_variant_ids) == ["Shirt"]
    assert shirt.product_variant_ids.product_template_attribute_value_ids.mapped("name") == ["S"]


def test_a_variant_in_use_is_archived_instead_and_comes_back(shirt, env):
    line = shirt.attribute_line_ids[1]
    red = line.value_ids[0]
    used = shirt.product_variant_ids.filtered(lambda variant: variant.display_name == "Shirt (S, red)")
    combo = env["product.combo"].create({"name": "Gift", "combo_item_ids": [(0, 0, {"product_id": used.id})]})
    env.cr.execute("ALTER TABLE product_combo_item DROP CONSTRAINT product_combo_item_product_id_fkey")
    env.cr.execute(
        "ALTER TABLE product_combo_item ADD CONSTRAINT product_combo_item_product_id_fkey"
        " FOREIGN KEY (product_id) REFERENCES product_product (id) ON DELETE RESTRICT"
    )

    line.value_ids = [(3, red.id)]
    assert shirt.product_variant_count == 4
    assert used.exists()
    assert used.active is False
    assert combo.combo_item_ids.product_id == used

    line.value_ids = [(4, red.id)]
    assert used.active is True
    assert shirt.product_variant_count == 6


def test_two_variants_with_the_same_values_are_refused(shirt, env):
    first = shirt.product_variant_ids[0]

    with pytest.raises(UniqueViolation), env.cr.savepoint():
        first.create(
            {"product_tmpl_id": shirt.id,
             "product_template_attribute_value_ids": [(6, 0, first.product_template_attribute_value_ids.ids)]}
        )  # fmt: skip


def test_values_that_never_make_variants(env, attribute):
    paint = attribute("Paint", "plain", "gold", create_variant="no_variant")

    cup = env["product.template"].create(
        {"name": "Cup", "attribute_line_ids": [(0, 0, {"attribute_id": paint.id, "value_ids": paint.value_ids.ids})]}
    )

    assert names(cup.product_variant_ids) == ["Cup"]
    assert not cup.product_variant_ids.product_template_attribute_value_ids
    assert cup.has_configurable_attributes is True


def test_variants_on_demand_are_made_when_they_are_asked_for(env, attribute):
    engraving = attribute("Engraving", "A", "B", create_variant="dynamic")
    ring = env["product.template"].create(
        {
            "name": "Ring",
            "attribute_line_ids": [(0, 0, {"attribute_id": engraving.id, "value_ids": engraving.value_ids.ids})],
        }
    )
    assert not ring.product_variant_ids
    assert ring.has_dynamic_attributes() is True
    assert ring.active is True
    a = values_of(ring, engraving)["A"]

    made = ring._create_product_variant(a)

    assert ring.product_variant_ids == made
    assert ring._create_product_variant(a) == made
    assert ring._get_variant_for_combination(a) == made
    assert names(ring.product_variant_ids) == ["Ring (A)"]


def test_a_value_adds_to_the_price_of_its_variants(shirt):
    colour = shirt.attribute_line_ids[1].attribute_id
    values_of(shirt, colour)["blue"].price_extra = 5.0

    blue = shirt.product_variant_ids.filtered(lambda variant: "blue" in variant.display_name)
    red = shirt.product_variant_ids.filtered(lambda variant: "red" in variant.display_name)

    assert set(blue.mapped("lst_price")) == {25.0}
    assert set(red.mapped("lst_price")) == {20.0}
    blue[0].lst_price = 35.0
    assert shirt.list_price == 30.0


def test_the_extra_price_of_a_value_is_the_default_of_new_products(env, attribute):
    size = attribute("Size of box", "small", "big")
    size.value_ids[1].default_extra_price = 7.5

    box = env["product.template"].create(
        {"name": "Box", "list_price": 10.0,
         "attribute_line_ids": [(0, 0, {"attribute_id": size.id, "value_ids": size.value_ids.ids})]}
    )  # fmt: skip

    assert sorted(box.product_variant_ids.mapped("lst_price")) == [10.0, 17.5]


def test_combinations_may_exclude_one_another(shirt, env):
    size, colour = shirt.attribute_line_ids.attribute_id
    small, blue = values_of(shirt, size)["S"], values_of(shirt, colour)["blue"]

    small.exclude_for = [(0, 0, {"product_tmpl_id": shirt.id, "value_ids": [(6, 0, blue.ids)]})]

    assert names(shirt.product_variant_ids) == [
        "Shirt (M, blue)", "Shirt (M, green)", "Shirt (M, red)", "Shirt (S, green)", "Shirt (S, red)"
    ]  # fmt: skip
    assert shirt._is_combination_possible(small | blue) is False
    assert all(variant._is_variant_possible() for variant in shirt.product_variant_ids)

    small.exclude_for.unlink()
    assert shirt.product_variant_count == 6


def test_a_copy_has_the_same_attributes_and_extra_prices_but_variants_of_its_own(shirt):
    colour = shirt.attribute_line_ids[1].attribute_id
    values_of(shirt, colour)["red"].price_extra = 2.0

    copied = shirt.copy()

    assert copied.product_variant_count == 6
    assert not copied.product_variant_ids & shirt.product_variant_ids
    assert values_of(copied, colour)["red"].price_extra == 2.0
    assert values_of(copied, colour)["red"] != values_of(shirt, colour)["red"]


def test_archiving_the_template_and_bringing_it_back_keeps_the_variants(shirt):
    before = shirt.product_variant_ids

    shirt.action_archive()
    assert not any(before.mapped("active"))
    shirt.action_unarchive()
    assert shirt.product_variant_ids == before


def test_an_attribute_in_use_stays_as_it_is(shirt, env):
    line = shirt.attribute_line_ids[0]

    with pytest.raises(UserError):
        line.attribute_id.create_variant = "dynamic"
    with pytest.raises(UserError):
        line.attribute_id.unlink()
    with pytest.raises(UserError):
        line.value_ids[0].unlink()
    with pytest.raises(UserError):
        line.attribute_id = shirt.attribute_line_ids[1].attribute_id
    assert line.attribute_id.number_related_products == 1


def test_a_line_needs_values_of_its_attribute(shirt, env):
    first, second = shirt.attribute_line_ids

    with pytest.raises(ValidationError), env.cr.savepoint():
        first.value_ids = [(5,)]
    with pytest.raises(ValidationError), env.cr.savepoint():
        first.value_ids = [(4, second.value_ids[0].id)]


def test_a_thousand_variants_are_the_most_of_a_template(env, attribute):
    lines = []
    for number in range(4):
        made = attribute(f"Attribute {number}", *(f"v{value}" for value in range(6)))
        lines.append((0, 0, {"attribute_id": made.id, "value_ids": made.value_ids.ids}))

    with pytest.raises(UserError, match="1000"):
        env["product.template"].create({"name": "Too many", "attribute_line_ids": lines})


def test_a_variant_has_a_picture_of_its_own(shirt):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    first, second = shirt.product_variant_ids[:2]

    shirt.image_1920 = png
    assert first.image_1920
    first.image_1920 = png
    assert first.image_variant_1920
    assert not second.image_variant_1920
    assert second.image_128 == shirt.image_128


def test_an_addon_that_extends_the_making_of_variants_is_asked_for_new_products(env, monkeypatch):
    kind = type(env["product.template"])
    made, made_by_product = [], kind._create_variant_ids

    def extended(self):
        made.append(self)
        return made_by_product(self)

    monkeypatch.setattr(kind, "_create_variant_ids", extended)
    hat = env["product.template"].create({"name": "Felt hat", "barcode": "HAT-1"})

    assert made == [hat]
    assert hat.product_variant_ids.barcode == "HAT-1"
