"""Any sequence of create, write, link, flush and unlink leaves what a plain Python model leaves: in cache and table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

prices = st.integers(0, 9)
positions = st.integers(0, 99)


@dataclass
class PlainLine:
    price: int = 0
    quantity: int = 1
    owner: int | None = None


@dataclass
class PlainOrder:
    priority: int = 3
    customer: int | None = None
    tags: set[int] = field(default_factory=set)


def machine_on(env: Any) -> type[RuleBasedStateMachine]:
    """The machine: every rule does the same to the records and to the plain model."""

    class Machine(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.savepoint = env.cr.savepoint()
            self.customers = env["ledger.customer"].create([{"name": "A", "city": "a"}, {"name": "B", "city": "b"}])
            self.tags = env["ledger.tag"].create([{"name": n} for n in "xyz"])
            self.orders: dict[int, PlainOrder] = {}
            self.lines: dict[int, PlainLine] = {}
            self.cities = {record.id: record.city for record in self.customers}

        def teardown(self) -> None:
            if hasattr(self, "savepoint"):
                self.savepoint.close(rollback=True)

        def order(self, position: int) -> Any:
            ids = sorted(self.orders)
            return env["ledger.order"].browse(ids[position % len(ids)])

        def line(self, position: int) -> Any:
            ids = sorted(self.lines)
            return env["ledger.line"].browse(ids[position % len(ids)])

        @rule(
            values=st.lists(
                st.tuples(st.integers(0, 3), st.integers(0, 2), st.lists(prices, max_size=2)), min_size=1, max_size=3
            )
        )
        def create_orders(self, values: list[Any]) -> None:
            owners = [None, *self.customers.ids]
            made = env["ledger.order"].create(
                [
                    {
                        "priority": priority,
                        "customer_id": owners[owner],
                        "line_ids": [(0, 0, {"price": price}) for price in its_prices],
                    }
                    for priority, owner, its_prices in values
                ]
            )
            for order, (priority, owner, its_prices) in zip(made, values):
                self.orders[order.id] = PlainOrder(priority, owners[owner])
                for line, price in zip(order.line_ids, its_prices, strict=True):
                    self.lines[line.id] = PlainLine(price, 1, order.id)

        @rule(price=prices, position=positions)
        def create_line(self, price: int, position: int) -> None:
            owner = self.order(position).id if self.orders else False
            line = env["ledger.line"].create({"price": price, "order_id": owner})
            self.lines[line.id] = PlainLine(price, 1, owner or None)

        @precondition(lambda self: self.lines)
        @rule(position=positions, price=prices, quantity=prices)
        def change_line(self, position: int, price: int, quantity: int) -> None:
            line = self.line(position)
            line.write({"price": price, "quantity": quantity})
            plain = self.lines[line.id]
            plain.price, plain.quantity = price, quantity

        @precondition(lambda self: self.lines and self.orders)
        @rule(position=positions, other=positions, nowhere=st.booleans())
        def move_line(self, position: int, other: int, nowhere: bool) -> None:
            line = self.line(position)
            owner = None if nowhere else self.order(other).id
            line.order_id = owner
            self.lines[line.id].owner = owner

        @precondition(lambda self: self.orders)
        @rule(position=positions, owner=st.integers(0, 2), priority=st.integers(0, 3))
        def change_order(self, position: int, owner: int, priority: int) -> None:
            order = self.order(position)
            customer = [None, *self.customers.ids][owner]
            order.write({"customer_id": customer, "priority": priority})
            plain = self.orders[order.id]
            plain.customer, plain.priority = customer, priority

        @precondition(lambda self: self.orders)
        @rule(position=positions, tag=st.integers(0, 2), kind=st.sampled_from([3, 4, 5, 6]))
        def tag_order(self, position: int, tag: int, kind: int) -> None:
            order, id_ = self.order(position), self.tags[tag].id
            command = {3: (3, id_, 0), 4: (4, id_, 0), 5: (5, 0, 0), 6: (6, 0, [id_])}[kind]
            order.write({"tag_ids": [command]})
            plain = self.orders[order.id]
            plain.tags = {3: plain.tags - {id_}, 4: plain.tags | {id_}, 5: set(), 6: {id_}}[kind]

        @rule(which=st.integers(0, 1), city=st.sampled_from(["p", "q"]))
        def rename_city(self, which: int, city: str) -> None:
            self.customers[which].city = city
            self.cities[self.customers[which].id] = city

        @precondition(lambda self: self.orders)
        @rule(position=positions)
        def delete_order(self, position: int) -> None:
            order = self.order(position)
            order.unlink()
            del self.orders[order.id]
            self.lines = {id_: line for id_, line in self.lines.items() if line.owner != order.id}

        @precondition(lambda self: self.lines)
        @rule(position=positions)
        def delete_line(self, position: int) -> None:
            line = self.line(position)
            line.unlink()
            del self.lines[line.id]

        @rule(limit=st.integers(0, 20), city=st.sampled_from(["a", "b", "p", "q"]))
        def find(self, limit: int, city: str) -> None:
            """What is pending is found as if it were in the tables."""
            totals = self.totals()
            found = env["ledger.order"].search([("total", "<", limit)])
            assert set(found.ids) == {id_ for id_, total in totals.items() if total < limit}
            found = env["ledger.order"].search([("customer_id.city", "=", city), ("line_ids.price", ">", 2)])
            assert set(found.ids) == {
                id_
                for id_, order in self.orders.items()
                if self.cities.get(order.customer) == city
                and any(line.owner == id_ and line.price > 2 for line in self.lines.values())
            }
            groups = env["ledger.order"]._read_group([], ["customer_id"], ["total:sum", "__count"])
            expected: dict[Any, tuple[int, int]] = {}
            for id_, order in self.orders.items():
                total, count = expected.get(order.customer, (0, 0))
                expected[order.customer] = (total + totals[id_], count + 1)
            assert {customer.id or None: (total, count) for customer, total, count in groups} == expected

        @rule(forget=st.booleans())
        def flush(self, forget: bool) -> None:
            env.invalidate_all() if forget else env.flush_all()

        @rule()
        def fail(self) -> None:
            """Changes within a savepoint that is rolled back leave nothing."""
            try:
                with env.cr.savepoint():
                    for id_ in self.lines:
                        env["ledger.line"].browse(id_).price = 1000
                    env["ledger.order"].browse(sorted(self.orders)).write(
                        {"tag_ids": [(5, 0, 0)], "customer_id": False}
                    )
                    raise ZeroDivisionError
            except ZeroDivisionError:
                pass

        def totals(self) -> dict[int, int]:
            totals = dict.fromkeys(self.orders, 0)
            for line in self.lines.values():
                if line.owner:
                    totals[line.owner] += line.price * line.quantity
            return totals

        @invariant()
        def same(self) -> None:
            if not hasattr(self, "orders"):
                return
            totals = self.totals()
            for id_, line in self.lines.items():
                record = env["ledger.line"].browse(id_)
                assert (record.amount, record.order_id.id or None) == (line.price * line.quantity, line.owner)
                if line.owner:
                    assert (record.customer_id.id or None) == self.orders[line.owner].customer
            turnover = dict.fromkeys(self.customers.ids, 0)
            for id_, order in self.orders.items():
                record = env["ledger.order"].browse(id_)
                assert set(record.line_ids.ids) == {n for n, line in self.lines.items() if line.owner == id_}
                assert set(record.tag_ids.ids) == order.tags
                assert (record.total, record.priority) == (totals[id_], order.priority)
                assert record.stored_city == record.city == self.cities.get(order.customer, False)
                if order.customer:
                    turnover[order.customer] += totals[id_]
            for customer in self.customers:
                assert customer.turnover == turnover[customer.id]
                assert set(customer.order_ids.ids) == {n for n, o in self.orders.items() if o.customer == customer.id}
            for tag in self.tags:
                assert set(tag.order_ids.ids) == {n for n, o in self.orders.items() if tag.id in o.tags}

        @rule()
        def table_is_the_same(self) -> None:
            """What was computed is what the tables hold."""
            env.flush_all()
            env.cr.execute("SELECT id, total, customer_id, stored_city FROM ledger_order")
            rows = {row[0]: row[1:] for row in env.cr.fetchall()}
            assert rows == {
                order.id: (order.total, order.customer_id.id or None, order.stored_city or None)
                for order in env["ledger.order"].browse(sorted(self.orders))
            }

    return Machine


FEW = settings(max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))


def test_records_are_a_plain_model(env: Any) -> None:
    run_state_machine_as_test(machine_on(env), settings=FEW)


def test_records_are_a_plain_model_for_a_user_under_rules(env: Any, clerk: Any) -> None:
    rules = {
        "order": "[('priority', '>=', 0)]",
        "line": "['|', ('order_id', '=', False), ('order_id.priority', '!=', 17)]",
    }
    for name, domain in rules.items():
        model = env["ir.model"]._get(f"ledger.{name}")
        env["ir.rule"].create({"name": name, "model_id": model.id, "domain_force": domain})
    run_state_machine_as_test(machine_on(env(user=clerk.id, su=False)), settings=FEW)
