"""Random lives of records - created, written, copied, archived, deleted, rolled back - equal a model in plain Python.

Flushes and forgotten caches change nothing that can be seen; computed, related and inverse values follow. Lines are
made and changed through those above them, to any depth; each company has its own rank for a plant.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fondaco.errors import ValidationError
from fondaco.orm.environment import Environment
from tests.properties.garden import SECOND_COMPANY

SUPERUSER = 1
heights = st.integers(-2, 9)
Tree = tuple[int, list["Tree"]]
"""A plant to be made: its height, and those below it."""
trees = st.recursive(
    st.tuples(heights, st.just([])), lambda below: st.tuples(heights, st.lists(below, max_size=2)), max_leaves=4
)


class Plant:
    """What a plant must be: the values given; the rest follows."""

    def __init__(self, height: int, plot: int | None, parent: int | None) -> None:
        self.height, self.plot, self.parent, self.active = height, plot, parent, True
        self.rank: dict[int, int] = {}


class Lives(RuleBasedStateMachine):
    """The same steps on records and on a dict; ids are the keys of the dict."""

    registry: Any = None

    @initialize()
    def begin(self) -> None:
        self.cr = self.registry.cursor()
        self.env = Environment(self.cr, SUPERUSER, {"active_test": False})
        self.plots = self.env["garden.plot"].create([{"name": f"p{place}", "size": place} for place in range(3)])
        self.size = {plot.id: plot.size for plot in self.plots}
        self.above: dict[int, int | None] = dict.fromkeys(self.plots.ids)
        self.plants: dict[int, Plant] = {}
        self.companies = self.env["res.company"].search([("name", "=", SECOND_COMPANY)]) | self.env.company

    def teardown(self) -> None:
        if hasattr(self, "cr"):
            self.cr.rollback()
            self.cr.close()

    def some(self, place: int) -> int | None:
        """One of the plants; None if there is none."""
        ids = sorted(self.plants)
        return ids[place % len(ids)] if ids else None

    def records(self, id_: int) -> Any:
        return self.env["garden.plant"].browse(id_)

    def ancestors(self, id_: int | None, up: dict[int, int | None]) -> list[int]:
        found = []
        while id_ is not None:
            found.append(id_)
            id_ = up.get(id_)
        return found

    def lines_of(self, trees: list[Tree]) -> list[Any]:
        """The commands that make these plants, and those below them."""
        return [(0, 0, {"height": height, "child_ids": self.lines_of(below)}) for height, below in trees]

    def learn(self, plants: Any, trees: list[Tree], plot: int | None, parent: int | None) -> None:
        """Note plants that commands made, in their order."""
        for plant, (height, below) in zip(plants.sorted("id"), trees, strict=True):
            self.plants[plant.id] = Plant(height, plot, parent)
            self.learn(plant.child_ids, below, None, plant.id)

    # -- steps ----------------------------------------
    @rule(plot=st.integers(0, 2), grove=st.lists(trees, min_size=1, max_size=2))
    def sow(self, plot: int, grove: list[Tree]) -> None:
        """Lines of a plot, with lines of their own."""
        here = self.plots[plot]
        known = here.plant_ids
        try:
            with self.cr.savepoint():
                here.write({"plant_ids": self.lines_of(grove)})
        except ValidationError:
            assert has_negative(grove)
            return
        assert not has_negative(grove)
        self.learn(here.plant_ids - known, grove, here.id, None)

    @rule(place=st.integers(0, 9), height=heights, shoots=st.lists(trees, max_size=2), kind=st.sampled_from((1, 2, 3)))
    def tend(self, place: int, height: int, shoots: list[Tree], kind: int) -> None:
        """A line of a plot is changed through the plot; its first line in turn is changed, deleted or let go."""
        id_ = self.some(place)
        if id_ is None or self.plants[id_].plot is None:
            return
        below = sorted(key for key, plant in self.plants.items() if plant.parent == id_)
        commands = self.lines_of(shoots)
        if below:
            commands.append((1, below[0], {"height": height}) if kind == 1 else (kind, below[0], 0))
        known = self.records(id_).child_ids
        is_wrong = has_negative(shoots) or (bool(below) and kind == 1 and height < 0)
        try:
            with self.cr.savepoint():
                self.env["garden.plot"].browse(self.plants[id_].plot).write(
                    {"plant_ids": [(1, id_, {"child_ids": commands})]}
                )
        except ValidationError:
            assert is_wrong
            return
        assert not is_wrong
        self.learn(self.records(id_).child_ids - known, shoots, None, id_)
        if below and kind == 1:
            self.plants[below[0]].height = height
        elif below and kind == 2:
            self.forget_plant(below[0])
        elif below:
            self.plants[below[0]].parent = None

    @rule(place=st.integers(0, 9), company=st.integers(0, 1), rank=st.integers(0, 2))
    def rate(self, place: int, company: int, rank: int) -> None:
        id_ = self.some(place)
        if id_ is not None:
            self.records(id_).with_company(self.companies[company]).rank = rank
            self.plants[id_].rank[self.companies[company].id] = rank

    @rule(height=heights, plot=st.integers(0, 3), parent=st.integers(0, 9), doubled=st.booleans())
    def create(self, height: int, plot: int, parent: int, doubled: bool) -> None:
        plot_id = self.plots[plot].id if plot < len(self.plots) else None
        parent_id = self.some(parent)
        values = {"plot_id": plot_id, "parent_id": parent_id}
        values |= {"double": 2 * height} if doubled else {"height": height}
        try:
            with self.cr.savepoint():
                plant = self.env["garden.plant"].create(values)
        except ValidationError:
            assert height < 0
            return
        assert height >= 0
        self.plants[plant.id] = Plant(height, plot_id, parent_id)

    @rule(place=st.integers(0, 9), height=heights, doubled=st.booleans())
    def grow(self, place: int, height: int, doubled: bool) -> None:
        id_ = self.some(place)
        if id_ is None:
            return
        try:
            with self.cr.savepoint():
                self.records(id_).write({"double": 2 * height} if doubled else {"height": height})
        except ValidationError:
            assert height < 0
            return
        assert height >= 0
        self.plants[id_].height = height

    @rule(place=st.integers(0, 9), plot=st.integers(0, 3))
    def move(self, place: int, plot: int) -> None:
        id_ = self.some(place)
        if id_ is not None:
            plot_id = self.plots[plot].id if plot < len(self.plots) else None
            self.records(id_).plot_id = plot_id
            self.plants[id_].plot = plot_id

    @rule(place=st.integers(0, 9), parent=st.integers(0, 9))
    def hang(self, place: int, parent: int) -> None:
        id_, parent_id = self.some(place), self.some(parent)
        if id_ is None:
            return
        up = {key: plant.parent for key, plant in self.plants.items()}
        is_cycle = id_ in self.ancestors(parent_id, up)
        try:
            with self.cr.savepoint():
                self.records(id_).parent_id = parent_id
        except ValidationError:
            assert is_cycle
            return
        assert not is_cycle
        self.plants[id_].parent = parent_id

    @rule(place=st.integers(0, 9))
    def archive(self, place: int) -> None:
        id_ = self.some(place)
        if id_ is not None:
            self.records(id_).toggle_active()
            self.plants[id_].active = not self.plants[id_].active

    @rule(place=st.integers(0, 9))
    def copy(self, place: int) -> None:
        id_ = self.some(place)
        if id_ is not None:
            old = self.plants[id_]
            copy = self.records(id_).copy()
            self.plants[copy.id] = Plant(old.height, old.plot, old.parent)
            self.plants[copy.id].active = old.active

    @rule(place=st.integers(0, 9))
    def unlink(self, place: int) -> None:
        id_ = self.some(place)
        if id_ is not None:
            self.records(id_).unlink()
            self.forget_plant(id_)

    def forget_plant(self, id_: int) -> None:
        del self.plants[id_]
        for plant in self.plants.values():
            plant.parent = None if plant.parent == id_ else plant.parent

    @rule(plot=st.integers(0, 2), size=st.integers(0, 5))
    def resize(self, plot: int, size: int) -> None:
        self.plots[plot].size = size
        self.size[self.plots[plot].id] = size

    @rule(plot=st.integers(0, 2), parent=st.integers(0, 2))
    def nest(self, plot: int, parent: int) -> None:
        below, above = self.plots[plot].id, self.plots[parent].id
        if below not in self.ancestors(above, self.above):
            self.plots[plot].parent_id = above
            self.above[below] = above

    @rule(place=st.integers(0, 9), height=st.integers(0, 9), plot=st.integers(0, 2))
    def think_again(self, place: int, height: int, plot: int) -> None:
        """What is done within a savepoint and undone has not happened."""
        with self.cr.savepoint() as savepoint:
            made = self.env["garden.plant"].create({"height": height, "plot_id": self.plots[plot].id})
            made.double = 4
            id_ = self.some(place)
            if id_ is not None:
                self.records(id_).write({"height": height, "plot_id": self.plots[plot].id})
            self.plots[plot].size = 77
            savepoint.rollback()

    @rule()
    def flush(self) -> None:
        self.env.flush_all()

    @rule()
    def forget(self) -> None:
        self.env.invalidate_all()

    # -- what must hold ----------------------------------------
    @invariant()
    def records_equal_the_model(self) -> None:
        if not hasattr(self, "env"):
            return
        up = {key: plant.parent for key, plant in self.plants.items()}
        for id_, plant in self.plants.items():
            record = self.records(id_)
            assert (record.height, record.double, record.active) == (plant.height, 2 * plant.height, plant.active)
            assert record.plot_size == (self.size[plant.plot] if plant.plot else 0)
            assert record.depth == len(self.ancestors(id_, up)) - 1
            for company in self.companies:
                assert record.with_company(company).rank == plant.rank.get(company.id, 0)
        for plot in self.plots:
            here = {id_ for id_, plant in self.plants.items() if plant.plot == plot.id}
            assert set(plot.plant_ids.ids) == here
            growing = {id_ for id_ in here if self.plants[id_].active}
            assert set(plot.with_context(active_test=True).plant_ids.ids) == growing
            assert (plot.plant_count, plot.total_height) == (len(here), sum(self.plants[id_].height for id_ in here))
            assert plot.parent_path == "".join(f"{id_}/" for id_ in reversed(self.ancestors(plot.id, self.above)))
        assert set(self.env["garden.plant"].search([("id", "in", list(self.plants))]).ids) == set(self.plants)
        for company in self.companies:
            of_company = self.env["garden.plant"].with_company(company)
            first = {id_ for id_, plant in self.plants.items() if plant.rank.get(company.id, 0) == 1}
            assert set(of_company.search([("rank", "=", 1), ("id", "in", list(self.plants))]).ids) == first
        low = {id_ for id_, plant in self.plants.items() if plant.height < 5}
        assert set(self.env["garden.plant"].search([("double", "<", 10), ("id", "in", list(self.plants))]).ids) == low


def has_negative(trees: list[Tree]) -> bool:
    return any(height < 0 or has_negative(below) for height, below in trees)


def test_random_lives_equal_a_model_in_plain_python(garden_registry: Any) -> None:
    run_state_machine_as_test(type("Bound", (Lives,), {"registry": garden_registry}))
