"""After any list of x2many commands the cache, a fresh read, the tables and a model in plain Python hold the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

PLOTS = ("p0", "p1")
PLANTS = ("a", "b", "c", "d", "e")
FIELDS = ("plant_ids", "visitor_ids", "child_ids")
LINES_DIE = {"plant_ids": True, "child_ids": False}
"""One2many -> whether a line that leaves the relation is deleted, as its inverse cascades."""
OWNERS = {"plant_ids": PLOTS, "visitor_ids": PLOTS, "child_ids": PLANTS}


class Model:
    """Names and links: what the records must come to."""

    def __init__(self) -> None:
        self.alive = {*PLOTS, *PLANTS}
        self.height: dict[str, int] = dict.fromkeys(PLANTS, 0)
        self.owner: dict[str, dict[str, str | None]] = {name: dict.fromkeys(PLANTS) for name in LINES_DIE}
        self.visits: set[tuple[str, str]] = set()

    def applicable(self, owner: str, field: str, commands: list[Any]) -> Iterator[Any]:
        """The commands that speak of living records, each applied when it is answered."""
        for command in commands:
            kind, name, values = command
            names = values if kind == 6 else [name] if kind in (1, 2, 3, 4) else []
            if not all(found in self.alive for found in names):
                continue
            if field == "child_ids" and owner in names and kind in (2, 4, 6):
                continue  # nobody is their own mother
            self.apply(owner, field, kind, name, values)
            yield command

    def apply(self, owner: str, field: str, kind: int, name: Any, values: Any) -> None:
        if kind == 0:
            self.alive.add(name)
            self.height[name] = values
            for links in self.owner.values():
                links[name] = None
            self.link(owner, field, name)
        elif kind == 1:
            self.height[name] = values
        elif kind == 2:
            self.die(name)
        elif kind == 3:
            self.unlink(owner, field, name)
        elif kind == 4:
            self.link(owner, field, name)
        else:
            keep = values if kind == 6 else []
            for other in self.lines(owner, field):
                if other not in keep:
                    self.unlink(owner, field, other)
            for other in keep:
                self.link(owner, field, other)

    def link(self, owner: str, field: str, name: str) -> None:
        if field == "visitor_ids":
            self.visits.add((owner, name))
        else:
            self.owner[field][name] = owner

    def unlink(self, owner: str, field: str, name: str) -> None:
        if field == "visitor_ids":
            self.visits.discard((owner, name))
        elif LINES_DIE[field]:
            self.die(name)
        else:
            self.owner[field][name] = None

    def die(self, name: str) -> None:
        self.alive.discard(name)
        self.visits = {visit for visit in self.visits if visit[1] != name}
        for links in self.owner.values():
            links.pop(name, None)
            links.update({line: None for line, owner in links.items() if owner == name})

    def lines(self, owner: str, field: str) -> set[str]:
        if field == "visitor_ids":
            return {name for place, name in self.visits if place == owner}
        return {name for name, found in self.owner[field].items() if found == owner}


class World:
    """The same records in the database, by name."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.records = {name: env["garden.plot"].create({"name": name}) for name in PLOTS}
        self.records |= {name: env["garden.plant"].create({"name": name}) for name in PLANTS}

    def commands(self, commands: list[Any]) -> list[Any]:
        return [self.command(*command) for command in commands]

    def command(self, kind: int, name: Any, values: Any) -> Any:
        if kind == 0:
            return (0, 0, {"name": name, "height": values})
        if kind == 5:
            return (5,)
        if kind == 6:
            return (6, 0, [self.records[found].id for found in values])
        record_id = self.records[name].id
        return (1, record_id, {"height": values}) if kind == 1 else (kind, record_id, 0)

    def learn(self) -> None:
        """The records that commands made."""
        for plant in self.env["garden.plant"].search([]):
            self.records.setdefault(plant.name, plant)

    def seen(self, alive: set[str], owners: dict[str, tuple[str, ...]]) -> Any:
        """What the records say now."""
        return {
            (owner, field): sorted(self.records[owner][field].mapped("name"))
            for field, names in owners.items()
            for owner in names
            if owner in alive
        }

    def stored(self) -> Any:
        """The links as the tables hold them, by name."""
        self.env.flush_all()
        cr = self.env.cr
        cr.execute(
            "SELECT n.name, COALESCE(n.height, 0), o.name, m.name FROM garden_plant n"
            " LEFT JOIN garden_plot o ON o.id = n.plot_id LEFT JOIN garden_plant m ON m.id = n.parent_id"
        )
        rows = sorted(cr.fetchall(), key=str)
        cr.execute(
            "SELECT o.name, n.name FROM garden_visit_rel r"
            " JOIN garden_plot o ON o.id = r.plot_id JOIN garden_plant n ON n.id = r.plant_id"
        )
        return rows, set(cr.fetchall())


@st.composite
def steps(draw: Any) -> list[Any]:
    """(owner, field, commands) in turn; what is made is named m0, m1, ... and may be spoken of later."""
    made: list[str] = []
    result = []
    for _ in range(draw(st.integers(1, 4))):
        field = draw(st.sampled_from(FIELDS))
        owner = draw(st.sampled_from(OWNERS[field]))
        commands = []
        for _ in range(draw(st.integers(1, 5))):
            kind = draw(st.integers(0, 6))
            lines = st.sampled_from([*PLANTS, *made])
            if kind == 0:
                commands.append((0, f"m{len(made)}", draw(st.integers(0, 9))))
            elif kind == 6:
                commands.append((6, 0, draw(st.lists(lines, max_size=3, unique=True))))
            else:
                commands.append((kind, draw(lines), draw(st.integers(0, 9)) if kind == 1 else 0))
            if kind == 0:
                made.append(f"m{len(made)}")
        result.append((owner, field, commands, draw(st.booleans()), draw(st.booleans())))
    return result


def test_commands_leave_cache_tables_and_model_equal(env: Any) -> None:
    @given(steps())
    def equal(program: list[Any]) -> None:
        with env.cr.savepoint() as savepoint:
            model, world = Model(), World(env)
            for owner, field, wanted, is_read_before, is_flushed in program:
                if owner not in model.alive or (field == "child_ids" and ancestors_meet(model, owner, wanted)):
                    continue
                if is_read_before:
                    world.seen(model.alive, OWNERS)
                for command_list in split_at_new(list(model.applicable(owner, field, wanted)), world):
                    world.records[owner].write({field: world.commands(command_list)})
                    world.learn()
                if is_flushed:
                    env.flush_all()
                    env.invalidate_all()
                check(model, world)
            env.invalidate_all()
            check(model, world)
            savepoint.rollback()
        env.invalidate_all()

    equal()


def ancestors_meet(model: Model, owner: str, commands: list[Any]) -> bool:
    """Whether the commands may close a circle of mothers, which the model refuses."""
    above, place = {owner}, model.owner["child_ids"].get(owner)
    while place:
        above.add(place)
        place = model.owner["child_ids"].get(place)
    names = {name for kind, name, values in commands for name in (values if kind == 6 else [name])}
    return bool(above & names)


def split_at_new(commands: list[Any], world: World) -> Iterator[list[Any]]:
    """The commands in lists that speak only of records which exist when the list begins."""
    part: list[Any] = []
    for command in commands:
        kind, name, values = command
        names = values if kind == 6 else [name] if kind in (1, 2, 3, 4) else []
        if any(found not in world.records for found in names):
            yield part
            part = []
        part.append(command)
    if part:
        yield part


def check(model: Model, world: World) -> None:
    plants = model.alive - set(PLOTS)
    expected = {
        (owner, field): sorted(model.lines(owner, field))
        for field, names in OWNERS.items()
        for owner in names
        if owner in model.alive
    }
    assert world.seen(model.alive, OWNERS) == expected
    rows, visits = world.stored()
    assert rows == sorted(
        ((name, model.height[name], model.owner["plant_ids"][name], model.owner["child_ids"][name]) for name in plants),
        key=str,
    )
    assert visits == model.visits
    assert world.seen(model.alive, OWNERS) == expected
