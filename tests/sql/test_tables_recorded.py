"""The tables of base against those recorded from a stock 18.0 server: a dump of one must fit the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fondaco.sql.connection import Pools
from fondaco.sql.tables import Catalog

RECORDED = Path(__file__).parents[3] / "shared" / "oracle" / "tables.json"
TYPE = {
    "int4": "integer", "varchar": "character varying", "timestamp": "timestamp without time zone", "bool": "boolean",
    "float8": "double precision",
}  # fmt: skip

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="needs the recorded facts beside the repository")


@pytest.fixture(scope="module")
def catalog(database: str, pools: Pools) -> Iterator[Catalog]:
    with closing(pools.cursor(database)) as cr:
        yield Catalog.read(cr)


@pytest.fixture(scope="module")
def recorded(catalog: Catalog) -> dict[str, Any]:
    """The recorded tables that we have, too: the others belong to modules that are not installed."""
    found = json.loads(RECORDED.read_text(encoding="utf-8"))["tables"]
    return {name: table for name, table in found.items() if name in catalog.tables}


def test_m2_columns_have_the_recorded_types(catalog: Catalog, recorded: dict[str, Any]) -> None:
    wrong = {}
    for name, table in recorded.items():
        for column, type_, *_more in table["columns"]:
            ours = catalog.column(name, column)
            if ours is not None and TYPE.get(ours.type, ours.type) != type_.partition("(")[0]:
                wrong[name, column] = (ours.type, type_)

    assert len(recorded) > 80
    assert wrong == {}


def test_references_go_where_they_were_recorded(catalog: Catalog, recorded: dict[str, Any]) -> None:
    wrong = {}
    for name, table in recorded.items():
        for column, target, ondelete in table.get("foreign_keys", ()):
            if catalog.column(name, column) is None or target not in catalog.tables:
                continue
            keys = catalog.foreign_keys.get((name, column), [])
            if [(key.target, key.ondelete) for key in keys] != [(target, ondelete)]:
                wrong[name, column] = keys

    assert wrong == {}


def test_relations_of_records_have_no_reference_that_was_not_recorded(
    catalog: Catalog, recorded: dict[str, Any]
) -> None:
    extra = [
        (name, column)
        for name, column in catalog.foreign_keys
        if name in recorded
        and column in {found[0] for found in recorded[name]["columns"]}  # others are ours, as base_import.import.job_id
        and column not in {key[0] for key in recorded[name].get("foreign_keys", ())}
    ]

    assert extra == []


def test_indexes_of_fields_are_those_recorded(catalog: Catalog, recorded: dict[str, Any]) -> None:
    missing = [
        index
        for name, table in recorded.items()
        for index, definition in table.get("indexes", ())
        if index.startswith(f"{name}__")
        and index not in catalog.indexes
        and catalog.column(name, index.removeprefix(f"{name}__").removesuffix("_index")) is not None
    ]

    assert missing == []
