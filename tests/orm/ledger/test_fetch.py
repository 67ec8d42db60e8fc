"""Which statements it takes to read, and what the cache answers."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.errors import MissingError


@pytest.fixture
def orders(env: Any) -> Any:
    """Twenty orders of four customers, three lines and two tags each; nothing cached."""
    customers = env["ledger.customer"].create([{"name": f"C{n}", "city": f"City {n}"} for n in range(4)])
    tags = env["ledger.tag"].create([{"name": f"T{n}"} for n in range(5)])
    found = env["ledger.order"].create(
        [
            {
                "name": f"O{n}",
                "customer_id": customers[n % 4].id,
                "line_ids": [(0, 0, {"name": f"L{n}.{k}", "price": k}) for k in range(3)],
                "tag_ids": [(6, 0, tags[n % 4 : n % 4 + 2].ids)],
            }
            for n in range(20)
        ]
    )
    env.invalidate_all()
    return found


def test_records_read_together_are_fetched_together(orders: Any, queries: Any) -> None:
    with queries() as seen:
        for order in orders:
            assert order.name and order.priority == 3
    assert len(seen) == 1

    with queries() as seen:
        assert {order.customer_id.city for order in orders} == {f"City {n}" for n in range(4)}
    assert len(seen) == 1

    with queries() as seen:
        assert sum(line.price for order in orders for line in order.line_ids) == 60
    assert len(seen) <= 3

    with queries() as seen:
        assert [len(order.tag_ids.mapped("name")) for order in orders] == [2] * 20
    assert len(seen) <= 3

    with queries() as seen:
        assert all(order.label == f"-: {order.name}" and order.tag_names for order in orders)
        orders.mapped("line_ids.order_id.customer_id.name")
    assert seen == []


def test_records_and_those_they_lead_to_are_fetched_in_one_statement(env: Any, orders: Any, queries: Any) -> None:
    orders[0].customer_id = False
    env.flush_all()
    env.invalidate_all()

    with queries() as seen:
        orders.sudo()._fetch_along(["name"], "customer_id", ["city"])
        found = [(order.name, order.customer_id.city) for order in orders.sudo()]
    assert len(seen) == 1, seen

    assert found == [("O0", False), *[(f"O{n}", f"City {n % 4}") for n in range(1, 20)]]


def test_what_is_known_or_pending_of_them_is_not_taken_from_the_table(env: Any, orders: Any) -> None:
    first = orders[0].sudo()
    first.customer_id = env["ledger.customer"].create({"name": "New", "city": "Nowhere yet"})
    orders[1].customer_id.city = "Renamed"

    orders.sudo()._fetch_along(["name"], "customer_id", ["city"])

    assert [order.customer_id.city for order in orders.sudo()[:3]] == ["Nowhere yet", "Renamed", "City 2"]
    env.invalidate_all()
    assert [order.customer_id.city for order in orders.sudo()[:3]] == ["Nowhere yet", "Renamed", "City 2"]


def test_who_is_no_superuser_fetches_along_as_he_may(orders: Any, clerk: Any) -> None:
    hers = orders.with_user(clerk)
    hers._fetch_along(["name"], "customer_id", ["city"])
    assert [order.customer_id.city for order in hers[:2]] == ["City 0", "City 1"]


def test_nothing_is_fetched_along_of_nobody_and_who_is_gone_is_missed(env: Any) -> None:
    env["ledger.order"]._fetch_along(["name"], "customer_id", ["city"])
    gone = env["ledger.order"].browse(10**9)
    gone._fetch_along(["name"], "customer_id", ["city"])
    with pytest.raises(MissingError):
        gone.name  # noqa: B018


def test_search_fetch_leaves_nothing_to_fetch(env: Any, orders: Any, queries: Any) -> None:
    with queries() as seen:
        found = env["ledger.order"].search_fetch([("id", "in", orders.ids)], ["name", "customer_id"])
    assert len(seen) == 1
    with queries() as seen:
        assert found.mapped("name") == [f"O{n}" for n in range(20)]
        assert len(found.customer_id) == 4
    assert seen == []


def test_fields_without_prefetch_context_come_alone(orders: Any, queries: Any) -> None:
    order = orders[0].with_context(prefetch_fields=False)
    with queries() as seen:
        assert order.name == "O0"
        assert order.priority == 3
    assert len(seen) == 2


def test_many_records_are_fetched_in_parts_of_a_thousand(env: Any, queries: Any) -> None:
    env["ledger.tag"].create([{"name": str(n)} for n in range(1500)])
    env.invalidate_all()
    tags = env["ledger.tag"].search([("name", "!=", "x")])
    env.invalidate_all()
    with queries() as seen:
        assert len({tag.name for tag in tags}) == 1500
    assert len(seen) == 2


def test_a_record_that_is_gone_is_missing_and_spoils_no_other(env: Any, orders: Any) -> None:
    gone = env["ledger.order"].browse(10**8)
    together = gone + orders
    assert [order.name for order in together[1:]] == [f"O{n}" for n in range(20)]
    with pytest.raises(MissingError):
        together[0].name  # noqa: B018
    assert gone.read(["name"]) == []
    assert together.exists() == orders


def test_what_is_written_is_read_before_it_is_in_the_table(env: Any, orders: Any, queries: Any) -> None:
    orders.mapped("name")
    with queries() as seen:
        orders[0].write({"name": "Changed", "priority": 1})
        assert (orders[0].name, orders[0].priority, orders[0].in_words) == ("Changed", 1, "one")
    assert not [code for code in seen if code.startswith("UPDATE")]
    orders[1:].invalidate_recordset(["priority"])
    assert orders[0].name == "Changed"
    orders.fetch(["name", "note"])
    assert orders[0].name == "Changed"
    assert env["ledger.order"].search([("name", "=", "Changed")]) == orders[0]


def test_read_formats(env: Any, orders: Any) -> None:
    order = orders[0]
    customer, lines, tags = order.customer_id, order.line_ids, order.tag_ids
    names = ["name", "day", "customer_id", "line_ids", "tag_ids", "total", "note"]
    assert order.read(names) == [
        {
            "id": order.id, "name": "O0", "day": False, "customer_id": (customer.id, "C0"), "line_ids": lines.ids,
            "tag_ids": tags.ids, "total": 3, "note": False,
        }
    ]  # fmt: skip
    assert order.read(["customer_id"], load=None) == [{"id": order.id, "customer_id": customer.id}]
    assert env["ledger.order"].search_read([("id", "=", order.id)], ["state"]) == [{"id": order.id, "state": "draft"}]


def test_the_cache_of_a_context_is_its_own(env: Any, orders: Any) -> None:
    order = orders[0]
    assert order.seen_by == "nobody"
    assert order.with_context(reader="Ada").seen_by == "Ada"
    assert order.seen_by == "nobody"


def test_archived_records_stay_in_relations_but_show_only_on_demand(env: Any, orders: Any) -> None:
    order = orders[0]
    first = order.tag_ids[0]
    first.active = False
    assert first not in order.tag_ids
    assert first in order.with_context(active_test=False).tag_ids
    assert order.tag_names == "T1"
    assert first not in env["ledger.tag"].search([])
    assert first in env["ledger.tag"].with_context(active_test=False).search([])
    first.active = True
    assert order.tag_names == "T0 T1"


def test_a_savepoint_that_is_left_by_an_error_takes_cache_and_pending_values_back(env: Any, orders: Any) -> None:
    order = orders[0]
    order.name = "Before"
    with pytest.raises(ZeroDivisionError), env.cr.savepoint():
        order.write({"name": "Within", "line_ids": [(5,)], "tag_ids": [(5,)]})
        env["ledger.customer"].create({"name": "Never"})
        assert order.total == 0
        1 / 0  # noqa: B018
    assert (order.name, order.total, len(order.line_ids), len(order.tag_ids)) == ("Before", 3, 3, 2)
    assert not env["ledger.customer"].search([("name", "=", "Never")])
