"""The few contacts and products that the demo starts with."""

from __future__ import annotations

from typing import Any

from fondaco.engine import Engine
from fondaco.orm.environment import Environment
from fondaco.registry.transact import transact

ADMIN = 2

CONTACTS: list[dict[str, Any]] = [
    {"name": "Scuola Grande Spices", "is_company": True, "email": "orders@scuola.example", "phone": "+39 041 555 0101",
     "street": "Fondamenta 12", "city": "Venezia", "zip": "30121", "country_id": "base.it"},
    {"name": "Lübeck Amber Trading", "is_company": True, "email": "kontor@amber.example", "phone": "+49 451 555 0102",
     "street": "An der Trave 3", "city": "Lübeck", "zip": "23552", "country_id": "base.de"},
    {"name": "Bruges Cloth Hall", "is_company": True, "email": "hall@cloth.example", "phone": "+32 50 555 0103",
     "street": "Markt 7", "city": "Brugge", "zip": "8000", "country_id": "base.be"},
    {"name": "Caterina Barbarigo", "parent": "Scuola Grande Spices", "function": "Purchasing",
     "email": "caterina@scuola.example"},
    {"name": "Henrik Castorp", "parent": "Lübeck Amber Trading", "function": "Captain",
     "email": "henrik@amber.example"},
    {"name": "Margriet de Vos", "parent": "Bruges Cloth Hall", "function": "Weaver",
     "email": "margriet@cloth.example"},
]  # fmt: skip

PRODUCTS: list[dict[str, Any]] = [
    {"name": "Black pepper, sack", "default_code": "SPI-001", "list_price": 84.0, "standard_price": 51.5},
    {"name": "Saffron, 10 g", "default_code": "SPI-002", "list_price": 46.0, "standard_price": 30.0},
    {"name": "Raw amber, piece", "default_code": "AMB-001", "list_price": 120.0, "standard_price": 75.0},
    {"name": "Linen cloth, bolt", "default_code": "CLO-001", "list_price": 210.0, "standard_price": 140.0},
    {"name": "Glass beads, string", "default_code": "GLA-001", "list_price": 18.5, "standard_price": 7.25},
    {"name": "Storage in the warehouse, month", "default_code": "SRV-001", "type": "service", "list_price": 35.0},
]  # fmt: skip


def add_records(engine: Engine, name: str) -> None:
    """Create the demo's records in database `name`."""
    transact(engine.registries.get(name), _add, uid=ADMIN, su=True)


def _add(env: Environment) -> None:
    partners: dict[str, int] = {}
    for contact in CONTACTS:
        values = dict(contact)
        if "country_id" in values:
            values["country_id"] = env.ref(values["country_id"]).id
        if "parent" in values:
            values["parent_id"] = partners[values.pop("parent")]
        partners[values["name"]] = env["res.partner"].create(values).id
    env["product.template"].create([dict(product) for product in PRODUCTS])
