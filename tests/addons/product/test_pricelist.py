"""What a product costs: the rules of price lists, in which order they hold, units, currencies, dates, partners."""

from __future__ import annotations

import pytest

from fondaco.errors import ValidationError


@pytest.fixture
def lamp(env):
    category = env["product.category"].create(
        {"name": "Light", "parent_id": env.ref("product.product_category_all").id}
    )
    return env["product.template"].create(
        {"name": "Lamp", "list_price": 100.0, "standard_price": 60.0, "categ_id": category.id}
    )


@pytest.fixture
def pricelist(env):
    """pricelist({...}, ...): a price list in the company's currency with these rules."""

    def pricelist(*rules, **values):
        return env["product.pricelist"].create({"name": "List", "item_ids": [(0, 0, rule) for rule in rules], **values})

    return pricelist


def test_without_a_rule_the_sales_price_holds(pricelist, lamp, env):
    assert pricelist()._get_product_price(lamp, 1.0) == 100.0
    assert env["product.pricelist"]._get_product_price(lamp.product_variant_id, 1.0) == 100.0


@pytest.mark.parametrize(
    ("rule", "price"),
    [
        ({"compute_price": "fixed", "fixed_price": 77.5}, 77.5),
        ({"compute_price": "percentage", "percent_price": 20}, 80.0),
        ({"compute_price": "formula", "price_discount": 10, "price_surcharge": 5}, 95.0),
        ({"compute_price": "formula", "price_discount": 33, "price_round": 10, "price_surcharge": -0.01}, 69.99),
        ({"compute_price": "formula", "base": "standard_price", "price_discount": -50}, 90.0),
        ({"compute_price": "formula", "base": "standard_price", "price_markup": 50}, 90.0),
        ({"compute_price": "formula", "price_discount": 50, "price_min_margin": -20, "price_max_margin": 10}, 80.0),
        ({"compute_price": "formula", "price_surcharge": 50, "price_max_margin": 10}, 110.0),
        ({"compute_price": "percentage", "base": "standard_price", "percent_price": 50}, 30.0),
    ],
    ids=["fixed", "percentage", "formula", "rounded", "cost", "markup", "margin-below", "margin-above", "of-the-cost"],
)
def test_a_rule_makes_the_price(pricelist, lamp, rule, price):
    assert pricelist(rule)._get_product_price(lamp, 1.0) == pytest.approx(price)


def test_the_price_of_another_list_may_be_the_base(pricelist, lamp):
    first = pricelist({"compute_price": "fixed", "fixed_price": 50})

    second = pricelist(
        {"compute_price": "formula", "base": "pricelist", "base_pricelist_id": first.id, "price_discount": 10}
    )

    assert second._get_product_price(lamp, 1.0) == 45.0


def test_the_rule_of_the_highest_quantity_reached_holds(pricelist, lamp):
    prices = pricelist(
        {"fixed_price": 90, "min_quantity": 10}, {"fixed_price": 80, "min_quantity": 100}, {"fixed_price": 95}
    )

    found = [prices._get_product_price(lamp, quantity) for quantity in (1, 9.99, 10, 99, 100, 1000)]

    assert found == [95, 95, 90, 90, 80, 80]


def test_the_most_precise_rule_holds(pricelist, lamp, env):
    other = env["product.template"].create({"name": "Other", "categ_id": lamp.categ_id.id})
    stranger = env["product.template"].create({"name": "Stranger"})
    prices = pricelist(
        {"fixed_price": 4},
        {"applied_on": "2_product_category", "categ_id": lamp.categ_id.id, "fixed_price": 3},
        {"applied_on": "1_product", "product_tmpl_id": lamp.id, "fixed_price": 2},
    )
    assert [prices._get_product_price(product, 1) for product in (lamp, other, stranger)] == [2, 3, 4]

    prices.item_ids = [
        (0, 0, {"applied_on": "0_product_variant", "product_id": lamp.product_variant_id.id, "fixed_price": 1})
    ]

    assert prices._get_product_price(lamp.product_variant_id, 1) == 1
    assert prices._get_product_price(lamp, 1) == 1


def test_the_rule_of_a_category_holds_below_it(pricelist, lamp, env):
    above = env.ref("product.product_category_all")

    prices = pricelist({"applied_on": "2_product_category", "categ_id": above.id, "fixed_price": 9})

    assert prices._get_product_price(lamp, 1) == 9


def test_a_rule_for_one_variant_leaves_its_siblings(pricelist, shirt):
    first, second = shirt.product_variant_ids[:2]

    prices = pricelist({"applied_on": "0_product_variant", "product_id": first.id, "fixed_price": 15})

    assert prices._get_products_price(first | second, 1) == {first.id: 15, second.id: 20}
    assert prices._get_product_price(shirt, 1) == 20


def test_the_extra_price_of_a_value_is_part_of_the_base(pricelist, shirt):
    shirt.attribute_line_ids[0].product_template_value_ids[0].price_extra = 10
    variant = shirt.product_variant_ids.filtered("price_extra")[0]

    assert pricelist({"compute_price": "percentage", "percent_price": 50})._get_product_price(variant, 1) == 15


def test_a_rule_holds_between_its_dates(pricelist, lamp):
    prices = pricelist(
        {"fixed_price": 99}, {"fixed_price": 70, "date_start": "2025-11-24 00:00:00", "date_end": "2025-11-30 23:59:59"}
    )

    found = [prices._get_product_price(lamp, 1, date=day) for day in ("2025-11-23", "2025-11-25", "2025-12-01")]

    assert found == [99, 70, 99]


def test_prices_are_given_in_the_unit_and_quantities_counted_in_it(pricelist, lamp, env):
    dozen = env.ref("uom.product_uom_dozen")
    prices = pricelist({"fixed_price": 90, "min_quantity": 12}, {"fixed_price": 95})

    assert prices._get_product_price(lamp, 1, uom=dozen) == 90 * 12
    assert prices._get_product_price(lamp, 11) == 95


def test_a_list_in_another_currency_converts_the_sales_price(pricelist, lamp, env):
    company = env.company
    other = env["res.currency"].with_context(active_test=False).search(
        [("name", "=", "EUR" if company.currency_id.name != "EUR" else "USD")]
    )  # fmt: skip
    other.active = True
    env["res.currency.rate"].create({"currency_id": other.id, "rate": 2.0, "company_id": company.id})

    assert pricelist(currency_id=other.id)._get_product_price(lamp, 1) == 200
    assert pricelist({"fixed_price": 7}, currency_id=other.id)._get_product_price(lamp, 1) == 7
    assert pricelist({"compute_price": "percentage", "percent_price": 50}, currency_id=other.id)._get_product_price(
        lamp, 1
    ) == 100  # fmt: skip


def test_the_rule_that_held_is_named(pricelist, lamp):
    prices = pricelist({"fixed_price": 5, "min_quantity": 3})

    assert prices._get_product_price_rule(lamp, 3) == (5, prices.item_ids.id)
    assert prices._get_product_price_rule(lamp, 1) == (100, False)
    assert prices._get_product_rule(lamp, 3) == prices.item_ids.id


def test_the_price_of_the_context(pricelist, lamp):
    prices = pricelist({"fixed_price": 42})

    assert lamp.with_context(pricelist=prices.id).get_contextual_price() == 42
    assert lamp.product_variant_id.with_context(pricelist=prices.id, quantity=2).get_contextual_price() == 42
    assert lamp.get_contextual_price() == 100


def test_a_partner_has_his_own_list_or_that_of_his_country(pricelist, env):
    env["product.pricelist"].search([]).active = False
    italy, france = env.ref("base.it"), env.ref("base.fr")
    group = env["res.country.group"].create({"name": "South", "country_ids": [(6, 0, italy.ids)]})
    plain, southern, own = (
        pricelist(sequence=1),
        pricelist(country_group_ids=group.ids, sequence=2),
        pricelist(sequence=3),
    )
    names = {"anna": italy.id, "bruno": france.id, "carla": False}
    anna, bruno, carla = env["res.partner"].create([{"name": n, "country_id": c} for n, c in names.items()])

    assert anna.property_product_pricelist == southern
    assert bruno.property_product_pricelist == carla.property_product_pricelist == plain

    anna.property_product_pricelist = own
    assert anna.specific_property_product_pricelist == own
    assert anna.property_product_pricelist == own
    own.active = False
    env.invalidate_all()
    assert anna.property_product_pricelist == southern


def test_rules_that_make_no_sense_are_refused(pricelist, lamp, env):
    prices = pricelist()
    for rule in (
        {"base": "pricelist", "base_pricelist_id": prices.id, "compute_price": "formula"},
        {"date_start": "2025-02-01 00:00:00", "date_end": "2025-01-01 00:00:00"},
        {"price_min_margin": 10, "price_max_margin": 5, "compute_price": "formula"},
        {"applied_on": "1_product"},
        {"applied_on": "2_product_category"},
    ):
        with pytest.raises(ValidationError), env.cr.savepoint():
            prices.item_ids = [(0, 0, rule)]


def test_lists_that_are_the_base_of_one_another_in_a_ring_are_refused(pricelist, env):
    first = pricelist()
    second = pricelist({"base": "pricelist", "base_pricelist_id": first.id, "compute_price": "formula"})

    with pytest.raises(ValidationError):
        first.item_ids = [(0, 0, {"base": "pricelist", "base_pricelist_id": second.id, "compute_price": "formula"})]


def test_a_list_that_is_the_base_of_another_stays(pricelist):
    first = pricelist()
    pricelist({"base": "pricelist", "base_pricelist_id": first.id, "compute_price": "formula"})

    with pytest.raises(ValidationError):
        first.unlink()


def test_a_copy_has_the_rules_too(pricelist, lamp):
    copied = pricelist({"fixed_price": 3}).copy()

    assert copied.name == "List (copy)"
    assert copied._get_product_price(lamp, 1) == 3


def test_rules_say_what_they_do(pricelist, lamp):
    prices = pricelist(
        {"compute_price": "percentage", "percent_price": 12.5},
        {"applied_on": "1_product", "product_tmpl_id": lamp.id, "fixed_price": 3},
    )
    one, everything = prices.item_ids.sorted("applied_on")

    assert (everything.name, everything.price) == ("All Products", "12.5 % discount")
    assert one.name == "Product: Lamp"
    assert "3.00" in one.price
    assert lamp.pricelist_item_count == 1


def test_price_lists_are_switched_on_for_each_company_and_off(env):
    env["product.pricelist"].search([]).unlink()
    settings = env["res.config.settings"]

    settings.create({"group_product_pricelist": True}).set_values()
    assert env.ref("product.group_product_pricelist") in env.ref("base.group_user").implied_ids
    assert env["product.pricelist"].search([("company_id", "=", env.company.id)]).currency_id == env.company.currency_id

    settings.create({"group_product_pricelist": False}).set_values()
    assert not env["product.pricelist"].search([])


def test_weights_may_be_told_in_pounds(env, lamp):
    env["res.config.settings"].create(
        {"product_weight_in_lbs": "1", "product_volume_volume_in_cubic_feet": "1"}
    ).set_values()
    env.invalidate_all()

    assert (lamp.weight_uom_name, lamp.volume_uom_name) == ("lb", "ft³")
    assert env["res.config.settings"].default_get(["product_weight_in_lbs"]) == {"product_weight_in_lbs": "1"}


def test_a_new_value_is_added_to_the_products_that_have_the_attribute(shirt, env):
    size = shirt.attribute_line_ids[0].attribute_id
    large = env["product.attribute.value"].create({"name": "XL", "attribute_id": size.id, "default_extra_price": 2})

    action = large.action_add_to_products()
    wizard = env[action["res_model"]].with_context(**action["context"]).create({})
    assert wizard.product_count == 1
    wizard.action_confirm()
    assert shirt.product_variant_count == 9

    large.default_extra_price = 4
    action = large.action_update_prices()
    env[action["res_model"]].with_context(**action["context"]).create({}).action_confirm()
    assert set(shirt.product_variant_ids.mapped("price_extra")) == {0.0, 4.0}


def test_a_product_is_priced_in_several_lists_at_once(pricelist, lamp):
    cheap = pricelist({"compute_price": "fixed", "fixed_price": 7})
    lists = cheap | pricelist()

    assert lists._price_get(lamp, 1) == {cheap.id: 7, lists[1].id: 100}
    assert lists._compute_price_rule_multi(lamp, 1)[lamp.id][cheap.id] == (7, cheap.item_ids.id)


def test_a_rule_starts_from_what_an_addon_makes_of_it(pricelist, lamp, env, monkeypatch):
    rules = pricelist({"compute_price": "formula", "price_discount": 50}).item_ids
    kind, asked = type(env["product.template"]), []
    monkeypatch.setattr(kind, "_price_compute", lambda self, base, **more: asked.append(base) or {self.id: 40.0})
    env.cache.set(rules, rules._fields["base"], "supplier")  # a choice that an addon adds

    assert rules._compute_price(lamp, 1, lamp.uom_id, date=False) == 20
    assert asked == ["supplier"]
