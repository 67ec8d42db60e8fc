"""Units of measure: converted within their category, rounded up unless told otherwise."""

from __future__ import annotations

import pytest

from fondaco.errors import UserError, ValidationError


@pytest.fixture
def unit(env):
    """unit("dozen"): the unit that the module brings under this name."""
    return lambda name: env.ref(f"uom.product_uom_{name}")


@pytest.mark.parametrize(
    ("quantity", "source", "target", "expected"),
    [
        (2, "dozen", "unit", 24),
        (18, "unit", "dozen", 1.5),
        (1020000, "gram", "ton", 1.02),
        (1, "kgm", "gram", 1000),
        (2.5, "hour", "hour", 2.5),
        (1, "day", "hour", 8),
        (1, "km", "meter", 1000),
        (1, "meter", "cm", 100),
        (1, "cubic_meter", "litre", 1000),
    ],
)
def test_quantities_are_converted(unit, quantity, source, target, expected):
    assert unit(source)._compute_quantity(quantity, unit(target)) == pytest.approx(expected)


def test_a_quantity_is_rounded_up_to_the_precision_of_the_unit_unless_told_otherwise(unit):
    dozen, units = unit("dozen"), unit("unit")
    dozen.rounding = 0.01

    assert units._compute_quantity(1, dozen) == 0.09
    assert units._compute_quantity(1, dozen, rounding_method="HALF-UP") == 0.08
    assert units._compute_quantity(1, dozen, round=False) == pytest.approx(1 / 12)
    assert units._compute_quantity(0, dozen) == 0


def test_prices_are_converted_the_other_way_round(unit):
    assert unit("gram")._compute_price(2, unit("ton")) == pytest.approx(2000000.0)
    assert unit("unit")._compute_price(3, unit("dozen")) == pytest.approx(36)
    assert unit("unit")._compute_price(3, unit("kgm")) == 3


def test_units_of_different_categories_do_not_convert(unit):
    with pytest.raises(UserError, match="categor"):
        unit("unit")._compute_quantity(1, unit("kgm"))
    assert unit("unit")._compute_quantity(5, unit("kgm"), raise_if_failure=False) == 5


def test_a_bigger_unit_is_given_by_its_ratio_or_by_its_factor(env):
    category = env.ref("uom.product_uom_categ_unit")

    score = env["uom.uom"].create(
        {"name": "Score", "category_id": category.id, "uom_type": "bigger", "ratio": 20, "rounding": 0.01}
    )
    gross = env["uom.uom"].create(
        {"name": "Gross", "category_id": category.id, "uom_type": "bigger", "factor_inv": 144, "rounding": 0.01}
    )

    assert (score.factor, score.factor_inv) == (pytest.approx(0.05), pytest.approx(20))
    assert score._compute_quantity(2, env.ref("uom.product_uom_unit")) == 40
    assert gross.ratio == pytest.approx(144)
    assert gross._compute_quantity(1, score) == pytest.approx(7.2)


def test_a_category_has_one_reference(env):
    category = env.ref("uom.product_uom_categ_unit")
    values = {"name": "Second", "category_id": category.id, "uom_type": "reference", "rounding": 1}

    with pytest.raises(ValidationError), env.cr.savepoint():
        env["uom.uom"].create(values)
    with pytest.raises(ValidationError), env.cr.savepoint():
        env.ref("uom.product_uom_unit").uom_type = "smaller"


def test_a_category_is_made_with_its_units(env):
    category = env["uom.category"].create(
        {
            "name": "Eggs",
            "uom_ids": [
                (0, 0, {"name": "Egg", "uom_type": "reference", "rounding": 1}),
                (0, 0, {"name": "Carton", "uom_type": "bigger", "ratio": 6, "rounding": 1}),
            ],
        }
    )
    egg, carton = category.uom_ids.sorted("factor", reverse=True)

    assert carton._compute_quantity(2, egg) == 12
    assert egg._compute_quantity(7, carton) == 2


def test_units_that_the_system_brings_stay(env, unit):
    with pytest.raises(UserError):
        unit("dozen").unlink()
    unit("dozen").active = False
    assert unit("dozen").active is False


def test_the_reference_of_units_in_use_is_not_archived(env, unit):
    with pytest.raises((UserError, ValidationError)):
        unit("kgm").active = False


def test_all_units_of_a_category_are_archived_together(env):
    values = {"name": "Eggs", "uom_ids": [(0, 0, {"name": "Egg", "uom_type": "reference", "rounding": 1})]}
    eggs = env["uom.category"].create(values).uom_ids

    eggs.active = False

    assert eggs.active is False


def test_a_unit_by_its_name_alone_is_one_of_pieces(env):
    made, _name = env["uom.uom"].name_create("Pallet")

    assert env["uom.uom"].browse(made).category_id == env.ref("uom.product_uom_categ_unit")


def test_a_ratio_of_nothing_is_refused(env, unit):
    with pytest.raises(ValidationError):
        env["uom.uom"].create(
            {"name": "None", "category_id": unit("unit").category_id.id, "uom_type": "bigger", "ratio": 0}
        )
