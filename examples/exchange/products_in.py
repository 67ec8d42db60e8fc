"""Products of a shop come in from a CSV file.

    python products_in.py --url https://... --db DB --login LOGIN FILE    (`-` is stdin)

docs/integrator/exchange.md has the table of what becomes of each column. All rows are kept, or none; the same file a
second time changes nothing. stdout: a line of JSON for each product.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from connection import Connection, connected, finish, parser, read, say
from external_ids import external_id
from rows import Rows, one_of, plain, required, whole

SYSTEM = "shop"
PRODUCT, CATEGORY = "product.template", "product.category"
PRODUCT_FIELDS = ["id", "default_code", "name", "list_price", "weight", "categ_id/id", "sale_ok"]
CATEGORY_FIELDS = ["id", "name", "parent_id/id"]
ALL_PRODUCTS = "product.product_category_all"  # the category above all
COLUMNS = ("SKU", "Title", "Price", "Weight (g)", "Group", "Sold")
SEPARATOR = ";"
PRICE = re.compile(r"(\d{1,3}(\.\d{3})+|\d+)(,\d+)?", re.ASCII)
"""1.234,50 as half of Europe writes it. 12.50 is not taken for 1250: it is refused."""


def price(text: str) -> str:
    if not PRICE.fullmatch(text):
        raise ValueError("expected an amount such as 1.234,50")
    return plain(Decimal(text.replace(".", "").replace(",", ".")))


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("file", type=Path, help="CSV, `-` for stdin")
    given = arguments.parse_args()
    rows, categories, products = planned(read(given.file))
    connection = connected(given)
    if given.dry_run:
        show(products)
    else:
        carry_out(connection, categories, products, rows)


def planned(text: str) -> tuple[list[str], list[list[Any]], list[list[Any]]]:
    """(names of the rows, rows of categories, rows of products), ready to load."""
    rows, products = Rows(text, SEPARATOR, COLUMNS), []
    seen: dict[str, str] = {}
    for row in rows:
        sku = row.take("SKU", required)
        if sku in seen:
            row.refuse(f"SKU {sku!r} is that of {seen[sku]}, too")
        seen[sku] = row.name
        group = row.take("Group", required)
        products.append(
            [
                sku and external_id(SYSTEM, "product", sku),
                sku,
                row.take("Title", required),
                row.take("Price", price),
                row.take("Weight (g)", lambda grams: plain(Decimal(whole(grams)) / 1000)),
                group and external_id(SYSTEM, "group", group),
                "1" if row.take("Sold", one_of(("yes", "no"))) == "yes" else "0",
            ]
        )
    rows.check()
    groups = sorted({row.texts["Group"] for row in rows})
    categories = [[external_id(SYSTEM, "group", group), group, ALL_PRODUCTS] for group in groups]
    return [row.name for row in rows], categories, products


def carry_out(connection: Connection, categories: list[Any], products: list[Any], names: list[str]) -> None:
    connection.load(CATEGORY, CATEGORY_FIELDS, categories, [f"group {group}" for _id, group, _above in categories])
    ids = connection.load(PRODUCT, PRODUCT_FIELDS, products, names)
    show(products, ids)
    say(f"{len(ids)} products came in")


def show(products: list[Any], ids: list[int] | None = None) -> None:
    for place, product in enumerate(products):
        known = {".id": ids[place]} if ids else {}
        print(json.dumps({**known, **dict(zip(PRODUCT_FIELDS, product, strict=True))}, ensure_ascii=False))


if __name__ == "__main__":
    finish(main)
