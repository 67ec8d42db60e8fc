"""What is exported can be imported, what is read can be written, and a copy is as its original: for fields of every
type, over random values.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

LINES = ("name", "height", "kind", "sown")
REFERENCES = {"plot_id": "/id", "parent_id": "/id", "keeper_id": "/id", "currency_id": "/id", "visit_ids": "/id"}


def picture(size: int) -> str:
    stream = io.BytesIO()
    Image.new("RGB", (size, size), (size, 0, 0)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


# What neither XML nor PostgreSQL takes is no text; an empty one is None once it went through a cell.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
long_texts = st.lists(st.one_of(texts, st.sampled_from(["\n", "\t", '"', ",", "=1+1", "'"])), min_size=1).map("".join)
files = st.binary(min_size=1, max_size=40).map(lambda content: base64.b64encode(content).decode())
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
moments = st.datetimes(datetime(1900, 1, 1), datetime(9999, 1, 1)).map(lambda moment: moment.replace(microsecond=0))
leaves = st.one_of(texts, st.integers(-(2**53), 2**53), st.booleans(), st.none())
documents = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
VALUES: dict[str, Any] = {
    "name": texts,
    "title": texts,
    "story": long_texts,
    "page": st.one_of(texts, st.sampled_from(["<p>a</p>", "<b>bold</b> &amp; more", "a < b", "<script>x</script>y"])),
    "active": st.booleans(),
    "height": st.integers(0, 999),
    "width": st.floats(-1e12, 1e12),
    "weight": st.decimals(-99999, 99999, places=2).map(float),
    "price": st.decimals(-99999, 99999, places=2).map(float),
    "is_wild": st.booleans(),
    "sown": days,
    "seen": moments,
    "kind": st.sampled_from(["tree", "herb", "moss"]),
    "rank": st.integers(-(2**31), 2**31 - 1),
    "nickname": texts,
    "res_model": st.sampled_from(["garden.plot", "garden.plant"]),
    "res_id": st.integers(0, 2**31 - 1),
    "data": documents,
    "photo": files,
    "seal": files,
    "picture": st.sampled_from([picture(size) for size in (1, 3, 8)]),
}
PLAIN = tuple(name for name in VALUES if name not in ("data", "photo", "seal", "picture"))
"""Values that a spreadsheet can hold."""


@st.composite
def plants(draw: Any) -> dict[str, Any]:
    """Values of one plant, of which any may be missing; links are numbers of the garden's records."""
    found = draw(st.fixed_dictionaries({}, optional=VALUES))
    found["plot_id"] = draw(st.sampled_from([None, 0, 1]))
    found["features"] = draw(st.sampled_from([None, ("x", 3), ("", 0)])) if found["plot_id"] is not None else None
    found["subject"] = draw(st.sampled_from([None, 0, 1]))
    found["keeper_id"] = draw(st.booleans())
    found["visit_ids"] = draw(st.sets(st.sampled_from([0, 1])))
    return found


def planted(plots: Any, values: dict[str, Any]) -> Any:
    """The plant of such values."""
    env, place = plots.env, values["plot_id"]
    links = {
        "plot_id": plots[place].id if place is not None else False,
        "subject": f"garden.plot,{plots[values['subject']].id}" if values["subject"] is not None else False,
        "keeper_id": env.user.partner_id.id if values["keeper_id"] else False,
        "visit_ids": [(6, 0, [plots[number].id for number in sorted(values["visit_ids"])])],
        "parent_id": env["garden.plant"].create({"name": "mother"}).id,
    }
    plant = env["garden.plant"].create({**values, **links, "features": False})
    if values["features"]:
        plant.features = {"note": values["features"][0], "amount": values["features"][1]}
    return plant


def state(plant: Any) -> dict[str, Any]:
    """All that a plant is, read anew."""
    plant.env.flush_all()
    plant.env.invalidate_all()
    names = [*VALUES, *REFERENCES, "subject", "features", "double", "depth", "plot_size"]
    row = plant.with_context(active_test=False).read(names, load=None)[0]
    row.pop("id")
    return {name: value or False for name, value in row.items()}


def kept(plant: Any) -> dict[str, Any]:
    """What a copy takes over: all but what each company says for itself, and properties."""
    own = ("features", *(name for name, field in plant._fields.items() if field.company_dependent))
    return {name: value for name, value in state(plant).items() if name not in own}


@pytest.fixture
def plots(env: Any) -> Any:
    plots = env["garden.plot"].create([{"name": "p0", "size": 3}, {"name": "p1", "size": 4}])
    plots.feature_definition = [
        {"name": "note", "type": "char", "string": "Note"}, {"name": "amount", "type": "integer", "string": "Amount"},
    ]  # fmt: skip
    return plots


@contextmanager
def undone(plots: Any) -> Iterator[None]:
    """What is done within is rolled back: each example starts from the same records."""
    with plots.env.cr.savepoint() as savepoint:
        yield
        savepoint.rollback()
    plots.env.invalidate_all()


def test_an_export_can_be_imported(plots: Any) -> None:
    columns = [*VALUES, *(name + kind for name, kind in REFERENCES.items()), "subject", "features"]

    @given(plants())
    def same(values: dict[str, Any]) -> None:
        with undone(plots):
            plant = planted(plots, values)
            before = state(plant)
            exported = plant.export_data(["id", *columns])["datas"]

            made = plots.env["garden.plant"].load(columns, [row[1:] for row in exported])
            assert made["ids"], made["messages"]
            assert state(plots.env["garden.plant"].browse(made["ids"])) == before

            emptied = dict.fromkeys((*VALUES, "subject", "keeper_id", "parent_id", "features"), False)
            plant.write({**emptied, "visit_ids": [(5,)]})
            updated = plots.env["garden.plant"].load(["id", *columns], exported)
            assert updated["ids"] == plant.ids, updated["messages"]
            assert state(plant) == before

    same()


def test_what_is_read_can_be_written(plots: Any) -> None:
    names = [*VALUES, *REFERENCES, "subject", "features"]

    @given(plants())
    def same(values: dict[str, Any]) -> None:
        with undone(plots):
            plant = planted(plots, values)
            before = state(plant)

            for load in ("_classic_read", None):
                row = plant.read(names, load=load)[0]
                row.pop("id")
                assert state(plant.create(row)) == before
            written = {name: plant._fields[name].convert_to_write(plant[name], plant) for name in names}
            assert state(plant.create(written)) == before

    same()


def test_a_copy_is_as_its_original(plots: Any) -> None:
    heights = st.lists(st.integers(0, 9), max_size=3)

    @given(plants(), texts, heights)
    def same(values: dict[str, Any], french: str, lines: list[int]) -> None:
        with undone(plots):
            plant = planted(plots, values)
            plant.with_context(lang="fr_FR").title = french
            plot = plots.create({"name": "new", "plant_ids": [(0, 0, {"height": height}) for height in lines]})

            copy = plant.copy()

            assert kept(copy) == kept(plant)
            assert kept(copy.with_context(lang="fr_FR")) == kept(plant.with_context(lang="fr_FR"))
            assert plot.copy().plant_ids.mapped("height") == lines

    same()


def test_lines_of_an_export_can_be_imported(plots: Any) -> None:
    line = st.fixed_dictionaries({"name": texts}, optional={name: VALUES[name] for name in LINES[1:]})
    columns = ["name", "size", *(f"plant_ids/{name}" for name in LINES)]

    @given(st.lists(st.lists(line, max_size=3), min_size=1, max_size=3))
    def same(found: list[list[dict[str, Any]]]) -> None:
        with undone(plots):
            made = plots.create(
                [
                    {"name": f"q{number}", "plant_ids": [(0, 0, line) for line in lines]}
                    for number, lines in enumerate(found)
                ]
            )
            exported = made.export_data(columns)["datas"]

            answer = plots.load(columns, exported)

            assert answer["ids"], answer["messages"]
            for old, new in zip(made, plots.browse(answer["ids"]), strict=True):
                assert (new.name, new.size) == (old.name, old.size)
                rows = [[line[name] or False for name in LINES] for line in new.plant_ids]
                assert rows == [[line[name] or False for name in LINES] for line in old.plant_ids]

    same()
