"""How many statements products cost: as many for a hundred as for one."""

from __future__ import annotations

import pytest


@pytest.fixture
def many(env):
    values = [
        {"name": f"p{n}", "barcode": f"many-{n}", "standard_price": n, "default_code": f"D{n}"} for n in range(40)
    ]
    products = env["product.product"].create(values)
    env.flush_all()
    env.invalidate_all()
    return products


@pytest.mark.parametrize("model", ["product.product", "product.template"])
def test_forty_products_are_created_with_as_many_statements_as_one(env, queries, model):
    def create(count, prefix):
        values = [{"name": prefix, "barcode": f"{prefix}{n}", "standard_price": 1 + n} for n in range(count)]
        with queries() as seen:
            env[model].create(values)
            env.flush_all()
        return seen

    create(1, "warm")

    assert len(create(40, "many")) <= len(create(1, "one")) + 2


def test_names_prices_and_costs_are_read_together(many, queries, env):
    fields = ["display_name", "lst_price", "standard_price", "categ_id", "uom_id", "product_template_variant_value_ids"]
    many[:1].read(fields)
    env.invalidate_all()

    with queries() as seen:
        many.read(fields)

    assert len(seen) <= 12, seen
