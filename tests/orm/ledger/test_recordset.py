"""A recordset is an ordered set: identity, algebra, mapping, environments."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.addon import models
from fondaco.orm.identity import NewId


@pytest.fixture
def tags(env: Any) -> Any:
    return env["ledger.tag"].create([{"name": name} for name in "dbca"])


def test_algebra(tags: Any) -> None:
    d, b, c, a = tags
    none = tags.browse()
    assert (d + b + d)._ids == (d.id, b.id, d.id)
    assert (d | b | d)._ids == (d.id, b.id)
    assert (tags - b - a) == d + c
    assert (tags & (c + d))._ids == (d.id, c.id)
    assert (tags & none, tags - none, none | tags) == (none, tags, tags)
    assert d + b == b + d
    assert d + b != d
    assert (d < tags, tags <= tags, tags > none, tags >= d, tags < tags) == (True, True, True, True, False)
    assert d in tags
    assert d not in tags[1:]
    assert (bool(none), len(tags), tags[0], tags[-1], tags[1:3]) == (False, 4, d, a, b + c)
    assert [record.id for record in reversed(tags)] == tags.ids[::-1]
    assert {d, tags[:1], b} == {d, b}


def test_other_models_and_other_things_are_refused(env: Any, tags: Any) -> None:
    order = env["ledger.order"].create({})
    for call in (
        lambda: tags + order,
        lambda: tags | order,
        lambda: tags & order,
        lambda: tags - order,
        lambda: order in tags,
    ):
        with pytest.raises(TypeError, match="inconsistent models"):
            call()
    with pytest.raises(TypeError):
        tags + [1]
    assert tags != order
    assert tags.browse() != order.browse()
    assert tags != 3
    with pytest.raises(ValueError, match="singleton"):
        tags.ensure_one()
    with pytest.raises(ValueError, match="singleton"):
        tags.name  # noqa: B018
    assert tags.browse().name is False


def test_mapping_filtering_sorting_grouping(env: Any, tags: Any) -> None:
    d, b, c, a = tags
    assert tags.mapped("name") == ["d", "b", "c", "a"]
    assert tags.mapped(lambda tag: tag.name * 2) == ["dd", "bb", "cc", "aa"]
    order = env["ledger.order"].create({"tag_ids": [(6, 0, (a + b).ids)]})
    other = env["ledger.order"].create({"tag_ids": [(6, 0, (a + c).ids)]})
    assert (order + other).mapped("tag_ids") == a + b + c
    assert tags.mapped("order_ids.tag_ids.name") == ["a", "b", "c"]
    assert (order + other).tag_ids.order_ids == order + other
    assert tags.filtered("order_ids") == b + c + a
    assert tags.filtered(lambda tag: tag.name < "c")._ids == (b.id, a.id)
    assert tags.filtered_domain([("order_ids", "in", order.ids)])._ids == (b.id, a.id)
    assert tags.sorted()._ids == (a + b + c + d)._ids
    assert tags.sorted("name", reverse=True)._ids == (d + c + b + a)._ids
    assert tags.sorted(lambda tag: -tag.id)._ids == tags._ids[::-1]
    assert tags.grouped(lambda tag: tag.name in "ab") == {False: d + c, True: b + a}
    assert tags.grouped("name")["a"] == a
    assert tags.browse().mapped("order_ids.name") == []
    assert tags.browse().mapped("order_ids")._name == "ledger.order"


def test_environments_share_values_and_keep_context_apart(env: Any, tags: Any, clerk: Any) -> None:
    tag = tags[0]
    other = tag.with_context(depth=3)
    tag.name = "shared"
    assert other.name == "shared"
    assert other == tag
    assert (other.env.context["depth"], "depth" in tag.env.context) == (3, False)
    assert other.with_context({}).env.context == {}
    assert tag.with_user(clerk).env.uid == clerk.id
    assert not tag.with_user(clerk).env.su
    assert tag.with_user(clerk).sudo().env.uid == clerk.id
    assert env(context={"a": 1}) is env(context={"a": 1})
    assert env["ledger.tag"].with_company(env.company).env.company == env.company


def test_browse(env: Any) -> None:
    tag = env["ledger.tag"]
    assert tag.browse(5)._ids == tag.browse([5])._ids == tag.browse((5,))._ids == (5,)
    assert tag.browse()._ids == tag.browse(False)._ids == tag.browse([])._ids == ()
    with pytest.raises(TypeError):
        tag.browse("5")
    assert isinstance(tag, models.BaseModel)


def test_records_without_rows(env: Any, tags: Any) -> None:
    new = env["ledger.tag"].new({"name": "n"})
    assert (new.name, bool(new), new.id and True, new.ids, new.active) == ("n", True, None or new.id and True, [], True)
    assert not new.id
    assert isinstance(new.id, NewId)
    shadow = env["ledger.tag"].new({"name": "other"}, origin=tags[0])
    assert (shadow.name, tags[0].name, shadow._origin, shadow.ids) == ("other", "d", tags[0], tags[0].ids)
    assert shadow.active is True
    assert env["ledger.tag"].new(origin=tags[0]) == env["ledger.tag"].new(origin=tags[0])
    assert new != env["ledger.tag"].new({"name": "n"})
    assert not (new + tags).exists() - new - tags
