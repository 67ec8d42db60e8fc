"""Groups and aggregates of `_read_group`."""

from datetime import date, datetime

import pytest


@pytest.fixture
def node(forest):
    return forest.env["kinds.node"]


def test_without_groups_there_is_one_row_even_of_nothing(node):
    assert node._read_group([], [], ["__count", "color:sum", "size:avg", "name:count"]) == [(4, 3, 4.625, 3)]
    assert node._read_group([("id", "=", 0)], [], ["__count", "color:sum"]) == [(0, False)]
    assert node._read_group([(0, "=", 1)], [], ["__count", "color:sum", "color:array_agg"]) == [(0, False, [])]
    assert node._read_group([(0, "=", 1)], ["kind"], ["__count"]) == []


def test_every_aggregate(node, forest):
    specs = [
        "color:max", "color:min", "color:avg", "color:count_distinct", "color:array_agg", "is_flagged:bool_or",
        "is_flagged:bool_and", "parent_id:recordset", "id:recordset",
    ]  # fmt: skip

    (row,) = node._read_group([("color", "in", [1, 2])], [], specs)

    assert row[:7] == (2, 1, 1.5, 2, [1, 2], True, False)
    assert row[7] == node.browse()
    assert row[8] == forest.alpha + forest.beta


def test_groups_are_records_dates_and_plain_values_in_their_order(node, forest):
    assert node._read_group([], ["parent_id"], ["__count"]) == [(forest.alpha, 1), (node.browse(), 3)]
    assert node._read_group([], ["kind"], ["__count"]) == [("a", 1), ("b", 1), (False, 2)]
    assert node._read_group([], ["is_flagged"], ["__count"]) == [(False, 3), (True, 1)]
    assert node._read_group([], ["day:month"], ["__count"])[:2] == [(date(2023, 12, 1), 1), (date(2024, 1, 1), 1)]
    assert node._read_group([("moment", "!=", False)], ["moment:hour"]) == [
        (datetime(2031, 1, 1, 0),),
        (datetime(2031, 1, 1, 23),),
    ]
    assert node._read_group([("day", "!=", False)], ["day:week"]) == [(date(2023, 12, 31),), (date(2024, 1, 14),)]
    assert node._read_group([("day", "!=", False)], ["day:year_number"]) == [(2023,), (2024,)]


def test_a_row_counts_in_each_of_its_many2many_groups_that_may_be_seen(node, forest):
    tag = forest.env["kinds.tag"]

    assert node._read_group([], ["tag_ids"], ["__count"]) == [(forest.a, 1), (forest.b, 1), (tag, 2)]


def test_days_are_those_of_the_time_zone(node):
    in_tokyo = node.with_context(tz="Asia/Tokyo")

    days = in_tokyo._read_group([("moment", "!=", False)], ["moment:day"], ["__count"])

    assert days == [(datetime(2031, 1, 1), 1), (datetime(2031, 1, 2), 1)]


def test_records_that_a_search_answers_in_an_order_of_their_own_are_grouped(node, forest, monkeypatch):
    """As of models whose `_search` looks at each record: files, for who is no administrator."""
    found = node.search([], order="size desc")
    whole = node._read_group([], ["kind"], ["__count"])

    monkeypatch.setattr(type(node), "_search", lambda self, *_args, **_options: found._as_query(ordered=True))
    assert node._read_group([], ["kind"], ["__count"]) == whole
    assert node._read_group([], [], ["size:sum"]) == [(sum(found.mapped("size")),)]

    monkeypatch.undo()
    search = type(node)._search
    monkeypatch.setattr(type(node), "_search", lambda self, domain: search(self, domain, limit=2, order="size desc"))
    assert node._read_group([], [], ["__count", "size:sum"]) == [(2, sum(found[:2].mapped("size")))]


def test_groups_are_filtered_ordered_and_cut(node, forest):
    rows = node._read_group([], ["parent_id"], ["__count"], having=[("__count", ">", 1)])
    assert rows == [(node.browse(), 3)]

    rows = node._read_group([], ["kind"], ["__count"], order="__count desc, kind desc", limit=2)
    assert rows == [(False, 2), ("b", 1)]

    assert node._read_group([], ["color"], [], order="size:sum desc nulls last", limit=1) == [(1,)]


@pytest.mark.parametrize(
    ("groupby", "aggregate", "said"),
    [
        ("nosuch", "__count", "Invalid field 'nosuch' on model 'kinds.node'"),
        ("child_ids", "__count", "Cannot convert kinds.node.child_ids to SQL because it is not stored"),
        ("parent_id.color", "__count", "Property name 'color' has to be used on a property field."),
        ("day:fortnight", "__count", "Granularity specification isn't correct: 'fortnight'"),
        ("kind", "color:frob", "Invalid aggregate method 'frob' for 'color:frob'."),
        ("kind); drop table x", "__count", "Invalid group"),
    ],
)
def test_what_is_no_group_is_refused(node, groupby, aggregate, said):
    with pytest.raises(ValueError) as raised:
        node._read_group([], [groupby], [aggregate])

    assert said in str(raised.value)
