"""Commands on one2many and many2many fields: real records, unsaved ones, and any sequence of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.addon import Command


@pytest.fixture
def order(env: Any) -> Any:
    return env["ledger.order"].create(
        {
            "line_ids": [Command.create({"name": name}) for name in "abc"],
            "tag_ids": [Command.create({"name": name}) for name in "xyz"],
        }
    )


def names(records: Any) -> str:
    return "".join(sorted(records.mapped("name")))


def test_every_command_on_lines(env: Any, order: Any) -> None:
    a, b, c = order.line_ids
    order.write(
        {"line_ids": [Command.create({"name": "d"}), Command.update(a.id, {"name": "A"}), Command.delete(b.id)]}
    )
    assert names(order.line_ids) == "Acd"
    assert not b.exists()
    loose = env["ledger.line"].create({"name": "e"})
    order.write({"line_ids": [Command.link(loose.id)]})
    assert (names(order.line_ids), loose.order_id) == ("Acde", order)
    order.write({"line_ids": [Command.set([a.id, loose.id])]})
    assert names(order.line_ids) == "Ae"
    # the inverse cascades: a line that is taken out of its order goes
    assert not c.exists()
    order.write({"line_ids": [Command.unlink(a.id)]})
    assert not a.exists()
    order.write({"line_ids": [Command.clear()]})
    assert not order.line_ids
    assert not loose.exists()


def test_every_command_on_tags(env: Any, order: Any) -> None:
    x, y, z = order.tag_ids
    order.write({"tag_ids": [Command.create({"name": "w"}), Command.update(x.id, {"name": "X"}), Command.delete(y.id)]})
    assert names(order.tag_ids) == "Xwz"
    assert not y.exists()
    order.write({"tag_ids": [Command.unlink(x.id)]})
    assert (names(order.tag_ids), x.exists()) == ("wz", x)
    assert order not in x.order_ids
    order.write({"tag_ids": [Command.link(x.id), Command.link(x.id)]})
    assert (names(order.tag_ids), x.order_ids) == ("Xwz", order)
    order.write({"tag_ids": [Command.set([z.id])]})
    assert order.tag_ids == z
    order.write({"tag_ids": [Command.clear()]})
    assert not order.tag_ids
    assert not z.order_ids
    z.order_ids = order  # an assignment replaces, commands or not
    assert order.tag_ids == z
    env.invalidate_all()
    assert order.tag_ids == z


def test_one_id_is_found_among_lines_and_tags_as_a_list_of_one(order: Any) -> None:
    for name in ("tag_ids", "line_ids"):
        for operator, found in (("in", order), ("not in", order.browse())):
            domain = [(name, operator, order[name][0].id)]
            assert order.search([("id", "=", order.id), *domain]) == order.filtered_domain(domain) == found


def test_commands_on_many_records_are_few_statements(env: Any, order: Any, queries: Any) -> None:
    orders = order + order.copy() + order.copy()
    tag = env["ledger.tag"].create({"name": "new"})
    orders.mapped("tag_ids")
    env.flush_all()
    with queries() as seen:
        orders.write({"tag_ids": [Command.link(tag.id)]})
        env.flush_all()
    assert len([code for code in seen if code.startswith("INSERT")]) == 1, seen
    assert len(seen) <= 3, seen
    assert tag.order_ids == orders


def test_an_unsaved_record_takes_the_same_commands(env: Any, order: Any) -> None:
    a, _b, c = order.line_ids
    shadow = env["ledger.order"].new(origin=order)
    shadow.line_ids = [
        Command.update(a.id, {"name": "A", "price": 5}),
        Command.delete(c.id),
        Command.create({"price": 2}),
    ]
    assert shadow.line_ids.mapped("name") == ["A", "b", False]
    assert shadow.total == 7
    assert (order.total, names(order.line_ids)) == (0, "abc")
    assert shadow.line_ids._origin == order.line_ids[:2]
    shadow.tag_ids = [Command.clear(), Command.create({"name": "n"})]
    assert (shadow.tag_names, order.tag_names) == ("n", "x y z")
    new = env["ledger.order"].new(
        {"line_ids": [Command.create({"price": 3})], "tag_ids": [Command.set(order.tag_ids.ids)]}
    )
    assert (new.total, new.tag_names) == (3, "x y z")
    assert not new.tag_ids.ids or new.tag_ids.ids == order.tag_ids.ids


# -- any sequence ------------------------------------------------------------------------------------------------------

places = st.integers(0, 4)
texts = st.sampled_from("pqr")
commands = st.one_of(
    st.tuples(st.just(0), st.just(0), texts),
    st.tuples(st.just(1), places, texts),
    st.tuples(st.just(2), places, st.just(0)),
    st.tuples(st.just(3), places, st.just(0)),
    st.tuples(st.just(4), places, st.just(0)),
    st.tuples(st.just(5), st.just(0), st.just(0)),
    st.tuples(st.just(6), st.just(0), st.lists(places, max_size=3)),
)
steps = st.lists(st.tuples(st.integers(0, 1), st.lists(commands, min_size=1, max_size=4)), min_size=1, max_size=4)


def real(command: tuple[Any, ...], ids: list[int], living: set[int]) -> tuple[Any, ...] | None:
    """The command with ids of records instead of places; None if its record is gone."""
    kind, place, value = command
    if kind == 0:
        return (0, 0, {"name": value})
    if kind == 6:
        return (6, 0, [ids[p] for p in value if ids[p] in living])
    if kind == 5:
        return (5, 0, 0)
    if ids[place] not in living:
        return None
    return (kind, ids[place], {"name": value} if kind == 1 else 0)


def test_tags_in_cache_table_and_by_reckoning_are_the_same(env: Any) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def same(sequence: list[Any]) -> None:
        with pytest.raises(ZeroDivisionError), env.cr.savepoint():
            tags = env["ledger.tag"].create([{"name": f"t{n}"} for n in range(5)])
            orders = env["ledger.order"].create([{}, {"tag_ids": [(6, 0, tags[:2].ids)]}])
            expected = [set(), set(tags[:2].ids)]
            living = set(tags.ids)
            for which, given_commands in sequence:
                todo = [c for command in given_commands if (c := real(command, tags.ids, living))]
                # a record that is deleted is not named again in the same list
                gone = {id_ for kind, id_, _value in todo if kind == 2}
                todo = [
                    c for c in todo if c[0] in (0, 2, 5) or (c[0] == 6 and not gone & set(c[2])) or c[1] not in gone
                ]
                todo = [c for c in todo if c[0] != 6 or not gone & set(c[2])]
                before = set(env["ledger.tag"].search([])._ids)
                orders[which].write({"tag_ids": todo})
                added = sorted(set(env["ledger.tag"].search([])._ids) - before)
                for kind, id_, value in todo:
                    if kind == 0:
                        expected[which].add(added.pop(0))
                    elif kind == 3:
                        expected[which].discard(id_)
                    elif kind == 4:
                        expected[which].add(id_)
                    elif kind == 5:
                        expected[which] = set()
                    elif kind == 6:
                        expected[which] = set(value)
                living -= gone
                for ids in expected:
                    ids -= gone
                assert [set(order.tag_ids._ids) for order in orders] == expected
            cached = {tag: tag.order_ids._ids for tag in tags.exists()}
            env.invalidate_all()
            assert [set(order.tag_ids._ids) for order in orders] == expected
            assert {tag: set(ids) for tag, ids in cached.items()} == {tag: set(tag.order_ids._ids) for tag in cached}
            1 / 0  # noqa: B018

    same()


def test_lines_in_cache_and_table_are_the_same(env: Any) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def same(sequence: list[Any]) -> None:
        with pytest.raises(ZeroDivisionError), env.cr.savepoint():
            orders = env["ledger.order"].create([{}, {"line_ids": [(0, 0, {"name": "k", "price": 1})] * 2}])
            loose = env["ledger.line"].create([{"name": f"l{n}", "price": n} for n in range(3)])
            lines = orders.line_ids + loose
            for which, given_commands in sequence:
                living = set(lines.exists()._ids)
                gone: set[int] = set()
                for command in given_commands:
                    todo = real(command, list(lines._ids), living - gone)
                    if todo is None:
                        continue
                    orders[which].write({"line_ids": [todo]})
                    gone = set(lines._ids) - set(lines.exists()._ids)
            cached = [(set(order.line_ids._ids), order.total) for order in orders]
            env.invalidate_all()
            assert cached == [(set(order.line_ids._ids), order.total) for order in orders]
            for order in orders:
                assert order.total == sum(line.price * line.quantity for line in order.line_ids)
                assert env["ledger.line"].search([("order_id", "=", order.id)]) == order.line_ids
            1 / 0  # noqa: B018

    same()


def test_lines_that_rows_name_are_made_under_their_names_and_found_under_them_again(env: Any) -> None:
    titles = ["id", "name", "line_ids/id", "line_ids/name", "line_ids/detail_ids/id", "line_ids/detail_ids/name"]
    rows = [
        ["x.one", "One", "x.a", "a", "", "plain"],
        ["", "", "", "", "x.d", "named"],
        ["", "", "", "b", "", ""],
        ["", "", "x.c", "c", "", ""],
        ["x.two", "Two", "x.e", "e", "x.f", "deep"],
    ]
    orders = env["ledger.order"]
    assert orders.load(titles, rows)["messages"] == []
    one, two = env.ref("x.one"), env.ref("x.two")
    assert [env.ref(name).name for name in ("x.a", "x.c", "x.d", "x.e", "x.f")] == ["a", "c", "named", "e", "deep"]
    assert (env.ref("x.d").order_id, env.ref("x.f").order_id) == (one, two)
    assert len(one.line_ids.get_external_id()) == 3 and one.line_ids.mapped("name") == ["a", "b", "c"]

    again = orders.load(titles[:4], [["x.one", "One", "x.c", "changed"], ["", "", "x.g", "new"]])

    assert again["messages"] == []
    assert one.line_ids.mapped("name") == ["a", "b", "changed", "new"]
    assert env.ref("x.g") == one.line_ids[3]


def test_an_addon_looks_at_the_records_of_an_import_before_they_are_loaded(env: Any) -> None:
    customer = env["ledger.customer"].create({"name": "Ada"})
    orders = env["ledger.order"]
    paths = [["name"], ["customer_id"], ["line_ids", "name"], ["line_ids", "price"], ["id"]]
    rows = [["One", "Ada", "a", "2"], ["", "", "b", "3"], ["Two", "Nobody", "", ""]]
    messages: list[Any] = []

    told = list(orders._extract_records(paths, rows))
    found = list(orders._convert_records(told, log=messages.append))

    lines = [{"name": "a", "price": "2"}, {"name": "b", "price": "3"}]
    first = {"name": "One", "id": "", "customer_id": [{None: "Ada"}], "line_ids": lines}
    assert told[0] == (first, {"rows": {"from": 0, "to": 1}})
    assert [name for _record, name in told] == [{"rows": {"from": 0, "to": 1}}, {"rows": {"from": 2, "to": 2}}]
    number, xmlid, values, where = found[0]
    assert (number, xmlid, where["record"]) == (False, False, 0)
    assert orders.create(values).line_ids.mapped("price") == [2, 3] and values["customer_id"] == customer.id
    assert [(message["type"], message["record"], message["field"]) for message in messages] == [
        ("error", 1, "customer_id")
    ]


def test_a_line_cannot_have_the_name_of_something_else(env: Any) -> None:
    answer = env["ledger.order"].load(["name", "line_ids/id", "line_ids/name"], [["O", "base.main_company", "a"]])

    assert answer["ids"] is False
    assert "base.main_company" in answer["messages"][0]["message"]


def test_lines_that_a_model_makes_besides_do_not_get_the_names_of_others(env: Any, monkeypatch: Any) -> None:
    orders = type(env["ledger.order"])
    create = orders.create

    def create_with_one_more(self: Any, values: Any) -> Any:
        made = create(self, values)
        self.env["ledger.line"].create([{"order_id": order.id, "name": "more"} for order in made])
        return made

    monkeypatch.setattr(orders, "create", create_with_one_more)
    titles = ["id", "name", "line_ids/id", "line_ids/name"]
    answer = env["ledger.order"].load(titles, [["x.more", "O", "x.more_a", "a"], ["", "", "x.more_b", "b"]])

    assert answer["ids"] and [message["type"] for message in answer["messages"]] == ["warning"]
    assert not env.ref("x.more_a", raise_if_not_found=False) and not env.ref("x.more_b", raise_if_not_found=False)


@pytest.mark.parametrize(
    "rows",
    [
        [["x.o2", "O", "x.twice", "a"], ["", "", "x.twice", "b"]],
        [["x.o3", "O", "x.twice", "a"], ["x.o4", "P", "x.twice", "b"]],
        [["x.twice", "O", "x.twice", "a"]],
    ],
)
def test_a_name_for_two_new_records_of_the_rows_is_refused(env: Any, rows: Any) -> None:
    answer = env["ledger.order"].load(["id", "name", "line_ids/id", "line_ids/name"], rows)

    assert answer["ids"] is False
    assert "names two records" in answer["messages"][0]["message"]
