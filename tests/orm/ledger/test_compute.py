"""Computed and related fields: when they are computed, what makes them stale, how they are written."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.errors import MissingError


@pytest.fixture
def order(env: Any) -> Any:
    customer = env["ledger.customer"].create({"name": "Ada", "city": "Bath"})
    return env["ledger.order"].create(
        {
            "name": "O",
            "customer_id": customer.id,
            "line_ids": [(0, 0, {"name": n, "price": p}) for n, p in (("a", 1), ("b", 2))],
            "tag_ids": [(0, 0, {"name": "x"}), (0, 0, {"name": "y"})],
        }
    )


def test_a_stored_value_follows_lines_through_two_levels(env: Any, order: Any, stored: Any) -> None:
    customer = order.customer_id
    first = order.line_ids[0]
    assert (order.total, customer.turnover) == (3, 3)
    first.price = 10
    assert (first.amount, order.total, customer.turnover) == (10, 12, 12)
    order.write({"line_ids": [(0, 0, {"price": 5})]})
    assert (order.total, customer.turnover) == (17, 17)
    env["ledger.line"].create({"order_id": order.id, "price": 3})
    assert (order.total, len(order.line_ids)) == (20, 4)
    first.order_id = False
    assert (order.total, customer.turnover) == (10, 10)
    assert stored("ledger_order", "total") == [(10,)]
    assert stored("ledger_customer", "turnover") == [(10,)]


def test_a_line_that_changes_hands_changes_both_sums(env: Any, order: Any, stored: Any) -> None:
    other = env["ledger.order"].create({"customer_id": order.customer_id.copy({"name": "Bea"}).id})
    order.line_ids[0].order_id = other
    assert (order.total, other.total) == (2, 1)
    assert (order.customer_id.turnover, other.customer_id.turnover) == (2, 1)
    assert other.line_ids.customer_id == other.customer_id
    other.customer_id = order.customer_id
    assert stored("ledger_customer", "name", "turnover") == [("Ada", 3), ("Bea", 0)]
    assert stored("ledger_line", "customer_id") == [(order.customer_id.id,)] * 2


def test_pending_sums_are_found_by_a_search(env: Any, order: Any) -> None:
    order.line_ids[1].price = 41
    assert env["ledger.order"].search([("total", "=", 42)]) == order
    assert env["ledger.customer"].search([("turnover", ">", 41)]) == order.customer_id
    assert env["ledger.order"].read_group([("id", "=", order.id)], ["total:sum"], [])[0]["total"] == 42


def test_a_sum_is_computed_once_for_many_changes(env: Any, order: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, ...]] = []
    model = env.registry["ledger.order"]
    compute = model._compute_total

    def counted(self: Any) -> None:
        calls.append(self._ids)
        compute(self)

    monkeypatch.setattr(model, "_compute_total", counted)
    orders = order + order.copy() + order.copy()
    env.flush_all()
    calls.clear()
    for line in orders.line_ids:
        line.price += 1
        line.quantity += 1
    env.flush_all()
    assert calls == [orders._ids]
    assert orders.mapped("total") == [10, 10, 10]


def test_values_that_are_not_stored_follow_their_sources(env: Any, order: Any) -> None:
    assert (order.label, order.tag_names) == ("-: O", "x y")
    order.write({"code": "7", "name": "P"})
    assert order.label == "7: P"
    order.tag_ids[0].name = "z"
    assert order.tag_names.split() == ["z", "y"]
    order.tag_ids = [(3, order.tag_ids[0].id)]
    assert order.tag_names == "y"
    assert order.customer_id.order_count == 1
    order.copy()
    assert order.customer_id.order_count == 2


def test_an_inverse_method_writes_the_sources(env: Any, order: Any, stored: Any) -> None:
    order.label = "9: Nine"
    assert (order.code, order.name, order.label) == ("9", "Nine", "9: Nine")
    made = env["ledger.order"].create({"label": "8: Eight"})
    assert (made.code, made.name) == ("8", "Eight")
    made.write({"label": "-: Plain", "priority": 1})
    assert stored("ledger_order", "code", "name", "priority")[-1] == (None, "Plain", 1)


def test_an_inverse_method_may_tidy_its_own_field(env: Any, order: Any, stored: Any) -> None:
    order.remark = "  on the left  "
    assert order.remark == "on the left"
    made = env["ledger.order"].create({"name": "Second", "remark": " new "})
    assert made.remark_size == 3  # as the inverse left it
    assert made.remark == "new"
    assert [row[0] for row in stored("ledger_order", "remark")][-2:] == ["on the left", "new"]


def test_a_computed_value_that_is_editable_keeps_what_was_given(env: Any) -> None:
    order = env["ledger.order"].create({"priority": 2})
    assert order.in_words == "two"
    order.in_words = "deux"
    assert order.in_words == "deux"
    order.priority = 1
    assert order.in_words == "one"
    order.write({"priority": 2, "in_words": "zwei"})
    assert order.in_words == "zwei"
    given = env["ledger.order"].create({"priority": 2, "in_words": "dva"})
    env.invalidate_all()
    assert (given.in_words, order.in_words) == ("dva", "zwei")


def test_related_values_are_read_searched_and_written_through(env: Any, order: Any, stored: Any) -> None:
    assert (order.city, order.stored_city) == ("Bath", "Bath")
    order.customer_id.city = "York"
    assert (order.city, order.stored_city) == ("York", "York")
    order.city = "Hull"
    assert order.customer_id.city == order.stored_city == "Hull"
    assert env["ledger.order"].search([("city", "=", "Hull")]) == order
    assert env["ledger.order"].search([("stored_city", "=", "Hull")]) == order
    order.customer_id = order.customer_id.copy({"city": "Ely"})
    assert (order.city, order.stored_city) == ("Ely", "Ely")
    order.customer_id = False
    assert (order.city, order.stored_city) == (False, False)
    assert stored("ledger_order", "stored_city") == [(None,)]
    made = env["ledger.order"].create({"customer_id": env["ledger.customer"].create({"name": "B"}).id, "city": "Rye"})
    assert made.customer_id.city == made.stored_city == "Rye"


def test_company_dependent_values(env: Any) -> None:
    one = env.company
    two = env["res.company"].create({"name": "Second"})
    customer = env["ledger.customer"].create({"name": "Ada", "discount": 5})
    assert customer.discount == 5
    assert customer.with_company(two).discount == 0
    customer.with_company(two).discount = 7
    env.invalidate_all()
    assert [customer.with_company(company).discount for company in (one, two)] == [5, 7]
    model = env["ledger.customer"]
    assert model.search([("discount", "=", 5)]) == customer
    assert not model.with_company(two).search([("discount", "=", 5)])
    env["ir.default"].set("ledger.customer", "discount", 3, company_id=two.id)
    later = model.create({"name": "Bea"})
    assert (later.discount, later.with_company(two).discount) == (0, 3)
    assert later in model.with_company(two).search([("discount", "=", 3)])


def test_a_pending_value_of_a_record_that_is_gone_is_told(env: Any, order: Any) -> None:
    order.line_ids[0].price = 9
    env.cr.execute("DELETE FROM ledger_order WHERE id = %s", [order.id])
    with pytest.raises(MissingError, match="ledger.line"):
        env.flush_all()
