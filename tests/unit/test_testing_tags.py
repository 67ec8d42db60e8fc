"""Which tests does a text of --test-tags choose?"""

from __future__ import annotations

import unittest

import pytest

from fondaco.errors import ConfigError
from fondaco.testing.discover import place_of
from fondaco.testing.tags import TagsSelector, position_of, tagged


class Plain(unittest.TestCase):
    __module__ = "odoo.addons.sale.tests.test_order"

    def test_total(self) -> None: ...


@tagged("post_install", "-at_install", "slow", "-standard")
class Slow(unittest.TestCase):
    __module__ = "odoo.addons.stock.tests.test_move"

    def test_move(self) -> None: ...


PLAIN, SLOW = Plain("test_total"), Slow("test_move")


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("", {PLAIN}),
        ("slow", {SLOW}),
        ("*", {PLAIN, SLOW}),
        ("/sale", {PLAIN}),
        ("/stock", set()),
        ("slow/stock", {SLOW}),
        ("*/stock:Slow.test_move", {SLOW}),
        (":Plain.test_total", {PLAIN}),
        (":Plain.test_other", set()),
        (".test_total", {PLAIN}),
        ("/sale/tests/test_order.py", {PLAIN}),
        ("-/sale", set()),
        ("*,-slow", {PLAIN}),
        ("-:Slow", {PLAIN}),
        ("/stock, slow", {SLOW}),
    ],
)
def test_a_test_runs_if_a_spec_takes_it_and_none_leaves_it_out(text: str, chosen: set[unittest.TestCase]) -> None:
    selector = TagsSelector(text)

    assert {test for test in (PLAIN, SLOW) if selector.check(test)} == chosen


def test_tests_run_at_install_unless_they_say_otherwise() -> None:
    assert (position_of(PLAIN), position_of(SLOW)) == ("at_install", "post_install")


def test_a_malformed_spec_is_told() -> None:
    with pytest.raises(ConfigError, match=r"'a b': expected \[-\]\[tag\]"):
        TagsSelector("a b")


def test_a_test_may_be_called_test_sequence() -> None:
    class Numbers(unittest.TestCase):
        def test_sequence(self) -> None: ...

    class Last(unittest.TestCase):
        test_sequence = 9

        def test_end(self) -> None: ...

    assert [place_of(test) for test in (Numbers("test_sequence"), PLAIN, Last("test_end"))] == [0, 0, 9]
