"""What a domain keeps in SQL, in which order, and by which statements."""

import logging

import psycopg
import pytest

from fondaco.errors import AccessError, UserError
from fondaco.sql.fragment import SQL


def names(records):
    return " ".join(str(record.name or "-").split()[0] for record in records.sorted("id"))


@pytest.mark.parametrize(
    ("domain", "kept"),
    [
        ([], "Alpha Beta Gamma -"),
        ([("name", "=", "Alpha")], "Alpha"),
        ([("name", "!=", "Alpha")], "Beta Gamma -"),
        ([("name", "=", False)], "-"),
        ([("name", "in", ["Alpha", False])], "Alpha -"),
        ([("name", "not in", ["Alpha", False])], "Beta Gamma"),
        ([("name", "in", [])], ""),
        ([("name", "like", "a")], "Alpha Beta Gamma"),
        ([("name", "like", "100%")], "Beta"),
        ([("name", "=like", "_lpha")], "Alpha"),
        ([("name", "not ilike", "ALPHA")], "Beta Gamma -"),
        ([("name", "ilike", "")], "Alpha Beta Gamma -"),
        ([("name", "not ilike", "")], ""),
        ([("name", "=?", False)], "Alpha Beta Gamma -"),
        ([("title", "ilike", "fir")], "Alpha"),
        ([("color", "=", False)], "Gamma -"),
        ([("color", "=", "2")], "Beta"),
        ([("color", "<", 2)], "Alpha Gamma -"),
        ([("color", "in", [0, 1])], "Alpha Gamma -"),
        ([("size", "!=", 0)], "Alpha Beta"),
        ([("weight", "=", 1.25)], "Alpha"),
        ([("is_flagged", "=", "anything")], "Alpha"),
        ([("is_flagged", "in", [True, False])], "Alpha Beta Gamma -"),
        ([("kind", "not in", ["a"])], "Beta Gamma -"),
        ([("day", ">=", "2024-01-01 10:00:00")], "Alpha"),
        ([("day.month_number", "=", 12)], "Beta"),
        ([("moment.hour_number", "=", 0)], "Alpha"),
        ([("moment.hour_number", "<", 1)], "Alpha"),
        ([("moment.hour_number", "=", False)], "Gamma -"),
        ([("moment.hour_number", "in", [0, False])], "Alpha Gamma -"),
        ([("moment.hour_number", "!=", 0)], "Beta Gamma -"),
        ([("moment", "<=", "2031-01-01")], "Alpha Beta"),
        ([("moment", "<", "2031-01-01 12:00:00")], "Alpha"),
        ([("moment", "in", ["2031-01-01 00:30:00"])], "Alpha"),
        ([("active", "=", False)], "Delta"),
        (["|", ("active", "=", False), ("color", "=", 1)], "Alpha Delta"),
        ([("parent_id", "=", "Alpha")], "Gamma"),
        ([("parent_id", "!=", "Alpha")], "Alpha Beta -"),
        ([("parent_id", "in", ["Alpha", False])], "Alpha Beta Gamma -"),
        ([("parent_id.color", "=", 1)], "Gamma"),
        ([("parent_id.color", "!=", 1)], ""),
        ([("parent_id.color", "=", 1), ("parent_id.name", "=", "x")], ""),
        (["|", ("parent_id.color", "=", 1), ("parent_id.name", "=", "x")], "Gamma"),
        ([("parent_id", "any", [("color", "=", 1)])], "Gamma"),
        ([("parent_id", "not any", [])], "Alpha Beta -"),
        ([("parent_color", "!=", 1)], "Alpha Beta -"),
        ([("child_ids", "=", False)], "Beta Gamma -"),
        ([("child_ids", "!=", False)], "Alpha"),
        ([("child_ids.name", "not ilike", "x")], "Alpha"),
        ([("child_ids", "not ilike", "gamma")], "Beta Gamma -"),
        ([("tag_ids", "=", "B")], "Beta"),
        ([("tag_ids", "=", False)], "Gamma -"),
        ([("tag_ids", "any", [("active", "=", False)])], "Gamma"),
        (["!", ("parent_id.color", "=", 1)], "Alpha Beta -"),
        ([("double", "=", 4)], "Beta"),
        ([(0, "=", 1)], ""),
    ],
    ids=str,
)
def test_a_domain_keeps(forest, domain, kept):
    assert names(forest.env["kinds.node"].search(domain)) == kept


def test_trees_are_walked_by_path_and_by_parent(forest):
    node, tag = forest.env["kinds.node"], forest.env["kinds.tag"].with_context(active_test=False)

    assert names(node.search([("id", "child_of", forest.alpha.id)])) == "Alpha Gamma"
    assert names(node.search([("parent_id", "parent_of", forest.gamma.ids)])) == "Alpha Gamma"
    assert names(tag.search([("id", "child_of", "B")])) == "B C"
    assert names(tag.search([("id", "parent_of", forest.c.id)])) == "A B C"
    assert names(node.search([("tag_ids", "child_of", [forest.a.id])])) == "Alpha Beta Gamma"


def test_a_tree_that_is_none_is_told_and_clients_get_what_they_know(forest):
    told = "'child_of' needs a tree, and res.country has no field 'parent_id'"
    with pytest.raises(KeyError) as by_id:
        forest.env["res.country"].search([("id", "child_of", 1)])
    with pytest.raises(KeyError) as by_link:
        forest.env["res.partner"].search([("country_id", "child_of", 1)])

    assert str(by_id.value).startswith(told) and by_id.value.args == (str(by_id.value),)
    assert str(by_link.value).startswith(f"res.partner.country_id: {told}") and by_link.value.args == ("parent_id",)


def test_a_field_of_the_parent_model_is_searched_and_ordered_through_a_join(forest):
    leaf = forest.env["kinds.leaf"].create({"name": "leaf", "extra": "e", "color": 7})

    found = forest.env["kinds.leaf"].search([("color", "=", 7), ("extra", "=", "e")], order="name desc, parent_id")

    assert found == leaf
    leaf.node_id.unlink()


def test_a_relation_orders_as_its_model_does_and_both_ways(forest):
    tag = forest.env["kinds.tag"].with_context(active_test=False)

    assert names_in_order(tag.search([], order="parent_id, name desc")) == ["B", "C", "A"]
    assert names_in_order(tag.search([], order="parent_id desc nulls last, id")) == ["C", "B", "A"]


def names_in_order(records):
    return [record.name for record in records]


def test_limits_of_any_kind_are_understood(forest):
    node = forest.env["kinds.node"]

    assert len(node.search([], limit=2)) == 2
    assert len(node.search([], limit=0)) == 4
    assert len(node.search([], limit="3", offset=2)) == 2
    assert node.search_count([]) == 4
    assert node.search_count([], limit=3) == 3


@pytest.mark.parametrize(
    ("domain", "error", "said"),
    [
        ([("nosuch", "=", 1)], ValueError, "Invalid field kinds.node.nosuch in leaf ('nosuch', '=', 1)"),
        ([("parent_id.nosuch", "=", 1)], ValueError, "Invalid field kinds.node.nosuch in leaf ('nosuch', '=', 1)"),
        ([("name.foo", "=", 1)], AssertionError, "Invalid field 'name.foo' in domain term ('name.foo', '=', 1)"),
        ([("name", "in", "Alpha")], ValueError, "Invalid domain term ('name', 'in', 'Alpha')"),
        (
            [("name", "any", [("x", "=", 1)])],
            KeyError,
            "'any' is for relations and 'id', and kinds.node.name is a char",
        ),
        (
            [("name", "child_of", "x")],
            KeyError,
            "('name', 'child_of', 'x'): 'child_of' is for relations and 'id', and ki",
        ),
        ([("parent_id", "any", 5)], AssertionError, "Domains to normalize"),
        ([("color", ">", [1])], TypeError, "not 'list'"),
        ([("name) or (1=1", "=", "x")], ValueError, "name) or (1=1"),
    ],
)
def test_a_wrong_leaf_is_quoted(forest, domain, error, said):
    with pytest.raises(error) as raised:
        forest.env["kinds.node"].search(domain)

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("domain", "error"),
    [
        ([("day", "=", "garbage")], psycopg.errors.InvalidDatetimeFormat),
        ([("moment", ">", 5)], psycopg.errors.InvalidDatetimeFormat),
        ([("parent_id", "=", True)], psycopg.errors.UndefinedFunction),
    ],
)
def test_what_postgresql_refuses_reaches_the_caller_as_its_error(forest, domain, error):
    with pytest.raises(error), forest.env.cr.savepoint():
        forest.env["kinds.node"].search(domain)


@pytest.mark.parametrize(
    ("order", "error", "said"),
    [
        ("nosuch", ValueError, "Invalid field 'nosuch' on model 'kinds.node'"),
        ("parent_id.name", ValueError, "Invalid field 'parent_id.name' on model 'kinds.node'"),
        ("child_ids", ValueError, "Cannot convert kinds.node.child_ids to SQL because it is not stored"),
        ("double", ValueError, "because it is not stored"),
        ("name; drop table x", UserError, 'Invalid "order" specified (name; drop table x)'),
    ],
)
def test_a_wrong_order_is_refused(forest, order, error, said):
    with pytest.raises(error) as raised:
        forest.env["kinds.node"].search([], order=order)

    assert said in str(raised.value)


def test_a_field_that_cannot_be_searched_is_ignored_with_a_warning(forest, caplog):
    with caplog.at_level(logging.WARNING):
        found = forest.env["kinds.node"].search([("unsearchable", "=", 7)])

    assert names(found) == "Alpha Beta Gamma -"
    assert "kinds.node.unsearchable" in caplog.text


def test_a_search_with_fields_is_one_statement(forest, queries):
    forest.env.flush_all()
    forest.env.invalidate_all()
    domain = [
        ("parent_id.tag_ids.name", "ilike", "a"),
        ("child_ids", "=", False),
        ("tag_ids.parent_id", "=", forest.b.id),
    ]

    with queries() as seen:
        found = forest.env["kinds.node"].search_fetch([("parent_id.color", "=", 1)], ["name", "color", "parent_id"])
        assert [(node.name, node.color, node.parent_id.id) for node in found] == [("Gamma", 0, forest.alpha.id)]
        forest.env["kinds.node"].search(domain)

    assert len(seen) == 2


def test_a_search_writes_first_what_it_reads(forest):
    forest.beta.color = 77

    assert forest.env["kinds.node"].search([("color", "=", 77)]) == forest.beta
    assert forest.env["kinds.node"].search([("parent_id.color", "=", 77)]).ids == []
    forest.beta.color = 2


def test_a_query_can_stand_in_a_domain(forest):
    node = forest.env["kinds.node"]
    query = node._search([("color", "=", 1)])

    assert names(node.search([("parent_id", "in", query)])) == "Gamma"
    assert names(node.search([("id", "in", SQL("SELECT %s", forest.beta.id))])) == "Beta"
    assert node._search([(0, "=", 1)]).is_empty()


def test_names_are_searched_in_the_fields_of_the_model(forest):
    node = forest.env["kinds.node"]

    assert node.name_search("alp") == [(forest.alpha.id, "Alpha")]
    assert node.name_search("Alpha", operator="=") == [(forest.alpha.id, "Alpha")]
    assert len(node.name_search("", limit=2)) == 2
    assert node.name_search("x", args=[("color", "=", 1)], operator="not ilike") == [(forest.alpha.id, "Alpha")]


def test_a_field_of_a_group_cannot_be_probed_by_searching(forest):
    model = forest.env["kinds.node"]
    user = forest.env["res.users"].create({"name": "Probe", "login": "probe"})
    rights = {"name": "kinds", "model_id": forest.env["ir.model"]._get_id("kinds.node"), "perm_read": True}
    forest.env["ir.model.access"].create(rights)

    assert model.with_user(user).search_count([("name", "=", "Alpha")]) == 1
    with pytest.raises(AccessError):
        model.with_user(user).search([("secret", "=like", "a%")])
    with pytest.raises(AccessError):
        model.with_user(user).search([], order="secret")
