"""Which external id a record of another system has here: the same each time, and no two records the same."""

from __future__ import annotations

import re


def external_id(system: str, kind: str, key: str) -> str:
    """Letters and digits stay; every other sign becomes its number between underscores, as it may mean something.

    >>> external_id("shop", "product", "MUG-1"), external_id("shop", "product", "MUG/1")
    ('shop.product_MUG_2d_1', 'shop.product_MUG_2f_1')
    """
    return f"{system}.{kind}_" + re.sub(r"[^A-Za-z0-9]", lambda sign: f"_{ord(sign[0]):x}_", key)
