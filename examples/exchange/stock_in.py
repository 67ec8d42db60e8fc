"""Levels of stock come in from the system of a warehouse, as it counts them.

    python stock_in.py --url https://... --db DB --login LOGIN FILE    (`-` is stdin)

docs/integrator/exchange.md has the table of what becomes of each column. Fondaco has no application for stock: the
levels are kept in the model of the example addon `emporium`. Whoever has an application puts its names into the table
below. stdout: a line of JSON for each level that changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from connection import Connection, connected, finish, parser, read, say
from rows import Row, Rows, one_of, plain, required

PRODUCT, UNIT = "product.product", "uom.uom"
LEVEL = "emporium.level"
LEVEL_PRODUCT, LEVEL_PLACE, LEVEL_QUANTITY, LEVEL_COUNTED = "product_id", "place_id", "quantity", "counted"
PLACE, PLACE_CODE = "emporium.place", "code"
COLUMNS = ("sku", "place", "quantity", "unit", "counted")
SEPARATOR = ","
UNITS = {
    "C62": "uom.product_uom_unit",
    "DZN": "uom.product_uom_dozen",
    "KGM": "uom.product_uom_kgm",
    "GRM": "uom.product_uom_gram",
    "MTR": "uom.product_uom_meter",
    "LTR": "uom.product_uom_litre",
}
"""Codes of UN/ECE recommendation 20, which warehouses write, and our units."""
CLOCKS_DIFFER = timedelta(hours=1)


@dataclass
class Ground:
    """What the database has, as far as the file asks for it."""

    products: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by SKU
    places: dict[str, int] = field(default_factory=dict)  # by code
    units: dict[str, dict[str, Any]] = field(default_factory=dict)  # by xmlid
    unit_of_id: dict[int, dict[str, Any]] = field(default_factory=dict)
    levels: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)  # by product and place


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("file", type=Path, help="CSV, `-` for stdin")
    given = arguments.parse_args()
    rows = Rows(read(given.file), SEPARATOR, COLUMNS)
    connection = connected(given)
    levels = planned(rows, seen(connection, {row.texts["sku"] for row in rows}))
    if not given.dry_run:
        fields = [".id", f"{LEVEL_PRODUCT}/.id", f"{LEVEL_PLACE}/.id", LEVEL_QUANTITY, LEVEL_COUNTED]
        connection.load(
            LEVEL, fields, [[str(cell) for cell in level.values()] for level in levels.values()], list(levels)
        )
    for level in levels.values():
        print(json.dumps(level))
    say(f"{len(levels)} levels came in, {len(rows) - len(levels)} counts were not newer than what is known")


def seen(connection: Connection, skus: set[str]) -> Ground:
    """What the database has."""
    ground = Ground()
    fields = ["default_code", "uom_id"]
    for product in connection.call(PRODUCT, "search_read", [("default_code", "in", sorted(skus))], fields=fields):
        ground.products.setdefault(product["default_code"], []).append(product)
    ids = [product["id"] for products in ground.products.values() for product in products]
    ground.places = {
        place[PLACE_CODE]: place["id"] for place in connection.call(PLACE, "search_read", [], fields=[PLACE_CODE])
    }
    units = connection.call(UNIT, "search_read", [], fields=["name", "factor", "rounding", "category_id"])
    ground.unit_of_id = {unit["id"]: unit for unit in units}
    exported = connection.call(UNIT, "export_data", list(ground.unit_of_id), ["id"])["datas"]
    ground.units = {name: unit for (name,), unit in zip(exported, units, strict=True)}
    fields = [LEVEL_PRODUCT, LEVEL_PLACE, LEVEL_COUNTED]
    for level in connection.call(LEVEL, "search_read", [(LEVEL_PRODUCT, "in", ids)], fields=fields):
        ground.levels[level[LEVEL_PRODUCT][0], level[LEVEL_PLACE][0]] = level
    return ground


def planned(rows: Rows, ground: Ground) -> dict[str, dict[str, Any]]:
    """The levels that change, by the row that says so; of two counts of one level the later is taken."""
    latest: dict[tuple[int, int], tuple[str, dict[str, Any]]] = {}
    now = datetime.now(UTC)
    for row in rows:
        product = product_of(row, ground)
        code = row.take("place", one_of(sorted(ground.places)))
        unit = row.take("unit", one_of([code for code, name in UNITS.items() if name in ground.units]))
        quantity = row.take("quantity", count)
        counted = row.take("counted", lambda text: moment(text, now))
        if product is None or None in (code, unit, quantity, counted):
            continue
        amount = converted(row, quantity, ground.units[UNITS[unit]], ground.unit_of_id[product["uom_id"][0]])
        key = (product["id"], ground.places[code])
        known = ground.levels.get(key, {"id": "", LEVEL_COUNTED: ""})
        before = latest[key][1]["counted"] if key in latest else known[LEVEL_COUNTED]
        if amount is not None and counted > before:
            level = {".id": known["id"], "product": key[0], "place": key[1]}
            latest[key] = row.name, level | {"quantity": plain(amount), "counted": counted}
    rows.check()
    return dict(latest.values())


def product_of(row: Row, ground: Ground) -> dict[str, Any] | None:
    sku = row.take("sku", required)
    found = ground.products.get(sku, [])
    if sku and len(found) != 1:
        row.refuse(f"sku {sku!r}: {len(found) or 'no'} products have it, expected one")
    return found[0] if len(found) == 1 else None


def converted(row: Row, quantity: Decimal, unit: dict[str, Any], own: dict[str, Any]) -> Decimal | None:
    """The quantity in the product's own unit, rounded as that is."""
    if unit["category_id"] != own["category_id"]:
        row.refuse(f"unit: {own['name']} are what the product is counted in, and {unit['name']} do not convert to them")
        return None
    exact = quantity / Decimal(unit["factor"]) * Decimal(own["factor"])
    return (exact / Decimal(own["rounding"])).quantize(Decimal(1), ROUND_HALF_UP) * Decimal(own["rounding"])


def count(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ValueError("expected a number such as 12.5, not below zero")
    return found


def moment(text: str, now: datetime) -> str:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("expected a zone, 2026-11-29T08:00:00+01:00 for example")
    if found > now + CLOCKS_DIFFER:
        raise ValueError("this moment is still to come")
    return f"{found.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


if __name__ == "__main__":
    finish(main)
