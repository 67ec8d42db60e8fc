"""A database with products, and the parts products are made of."""

from __future__ import annotations

import pytest


@pytest.fixture
def env(database_with, env_of):
    return env_of(database_with("product"))


@pytest.fixture
def attribute(env):
    """attribute("Size", "S", "M", create_variant="always"): an attribute with these values."""

    def attribute(name, *values, **options):
        commands = [(0, 0, {"name": value, "sequence": number}) for number, value in enumerate(values)]
        return env["product.attribute"].create({"name": name, "value_ids": commands, **options})

    return attribute


@pytest.fixture
def shirt(env, attribute):
    """A template in two sizes and three colours."""
    size, colour = attribute("Size", "S", "M"), attribute("Colour", "red", "green", "blue")
    return env["product.template"].create(
        {
            "name": "Shirt",
            "list_price": 20.0,
            "attribute_line_ids": [
                (0, 0, {"attribute_id": size.id, "value_ids": [(6, 0, size.value_ids.ids)]}),
                (0, 0, {"attribute_id": colour.id, "value_ids": [(6, 0, colour.value_ids.ids)]}),
            ],
        }
    )
