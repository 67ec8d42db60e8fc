"""Containers of the house."""

import copy
import pickle

import pytest

from fondaco.values.collections import (
    LRU,
    Callbacks,
    Collector,
    DotDict,
    LastOrderedSet,
    OrderedSet,
    ReadonlyDict,
    StackMap,
    flatten,
    frozendict,
    groupby,
    merge_sequences,
    partition,
    reverse_enumerate,
    split_every,
    topological_sort,
    unique,
)


def test_a_frozendict_refuses_every_change_and_can_be_a_key():
    frozen = frozendict(a=1, b=[1, {"c": 2}])

    for change in (
        lambda: frozen.update(a=2), lambda: frozen.pop("a"), lambda: frozen.setdefault("z", 1), frozen.clear,
        frozen.popitem, lambda: frozen.__setitem__("a", 2), lambda: frozen.__delitem__("a"), lambda: frozen.__ior__({}),
    ):  # fmt: skip
        with pytest.raises(NotImplementedError):
            change()
    assert hash(frozen) == hash(frozendict(b=[1, {"c": 2}], a=1))
    assert pickle.loads(pickle.dumps(frozen)) == frozen == copy.copy(frozen)
    assert {**frozen, "a": 3} == {"a": 3, "b": [1, {"c": 2}]}


def test_ordered_sets_keep_first_or_last_insertion():
    assert list(OrderedSet([2, 1, 2])) == [2, 1]
    assert list(LastOrderedSet([2, 1, 2])) == [1, 2]
    assert list(OrderedSet("abc") - OrderedSet("b")) == ["a", "c"]
    assert list(OrderedSet("abc").intersection("cb")) == ["b", "c"]


def test_an_lru_forgets_the_least_recently_used():
    lru = LRU(2, [("a", 1), ("b", 2)])
    _ = lru["a"]
    lru["c"] = 3

    assert list(lru) == ["c", "a"] and "b" not in lru and lru.get("b") is None
    assert lru.pop("b", None) is None and lru.pop("a") == 1


def test_sequences_merge_without_breaking_an_order():
    assert merge_sequences("ABC", "Z", "BX") == ["A", "B", "C", "Z", "X"]
    assert topological_sort({"a": ["b"], "b": ["c"], "c": [], "d": ["a", "x"]}) == ["c", "b", "a", "d"]
    assert topological_sort({"a": ["b"], "b": ["a"]}) == ["b", "a"]


def test_grouping_needs_no_sorting():
    assert dict(groupby("abA", str.lower)) == {"a": ["a", "A"], "b": ["b"]}
    assert list(unique("abab")) == ["a", "b"]
    assert partition(str.isdigit, "a1b2") == (["1", "2"], ["a", "b"])
    assert list(split_every(2, range(5))) == [(0, 1), (2, 3), (4,)]
    assert list(split_every(2, range(3), list)) == [[0, 1], [2]]
    assert list(reverse_enumerate("ab")) == [(1, "b"), (0, "a")]
    assert flatten([1, [2, (3, "ab")], {"k": 1}]) == [1, 2, 3, "ab", {"k": 1}]


def test_stacks_collectors_and_dots():
    stack = StackMap({"a": 1})
    stack.pushmap()
    stack["a"] = 2
    assert stack["a"] == 2 and stack.popmap() == {"a": 2} and stack["a"] == 1

    collector = Collector()
    collector.add("k", 1)
    collector.add("k", 1)
    collector.add("k", 2)
    collector.discard_keys_and_values([1])
    assert collector["k"] == (2,) and collector["nothing"] == ()

    assert DotDict(a={"b": 1}).a.b == 1 and DotDict().nothing is None
    with pytest.raises(AttributeError):
        ReadonlyDict({"a": 1}).update


def test_callbacks_run_once_in_order_also_those_added_meanwhile():
    seen, callbacks = [], Callbacks()
    callbacks.add(lambda: (seen.append(1), callbacks.add(lambda: seen.append(2))))

    callbacks.run()
    callbacks.run()

    assert seen == [1, 2] and len(callbacks) == 0
