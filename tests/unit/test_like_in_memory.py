"""A LIKE pattern asked of a text in memory: as PostgreSQL has it, and in a time that the asker cannot choose."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fondaco.domain.predicate import MOST_WILD, _like

PATTERNS = st.text("ab%_\\", max_size=8)


def by_the_book(pattern: str) -> re.Pattern[str]:
    """The pattern character by character, with all the ways back that this has."""
    tokens = re.findall(r"\\.|.", pattern, re.DOTALL)
    meaning = {"%": ".*", "_": ".", "\\": r"\\"}
    return re.compile("".join(meaning.get(token) or re.escape(token[-1]) for token in tokens), re.DOTALL)


@given(pattern=PATTERNS, text=st.text("ab%_\\", max_size=12))
@example(pattern="%ab%ab", text="abab")
@example(pattern="%ab%ab", text="ab")
@example(pattern="a%a", text="a")
@example(pattern="%_b%", text="bb")
@example(pattern="%a_%b", text="aab")
def test_it_keeps_what_the_pattern_says(pattern: str, text: str) -> None:
    assert _like("=like", text, pattern) == bool(by_the_book(pattern).fullmatch(text))
    assert _like("=ilike", text.upper(), pattern) == bool(by_the_book(pattern.lower()).fullmatch(text))


@pytest.mark.parametrize(
    "pattern", ["%a" * 12 + "b%", "%_" * 12 + "b%", "%" * 50 + "b", "%a_" * 12 + "%b", "%" + "a" * 400_000 + "b%"]
)
def test_a_text_that_nearly_fits_does_not_hold_up_the_process(pattern: str) -> None:
    """With a regular expression each of these takes longer than one test may."""
    for _record in range(10):
        assert not _like("=ilike", "A" * 1_000_000, pattern)


@pytest.mark.parametrize("mark", ["%", "_", "\\"])
def test_a_pattern_of_thousands_of_wildcards_is_refused(mark: str) -> None:
    assert _like("like", "a" * 5000, "_" * MOST_WILD)
    with pytest.raises(ValueError, match="there may be 1000"):
        _like("like", "a" * 5000, f"a{mark}" * (MOST_WILD + 1))


def test_a_long_piece_with_a_wildcard_is_refused() -> None:
    with pytest.raises(ValueError, match="1000 may stand between two %"):
        _like("like", "a" * 5000, "_" + "a" * MOST_WILD)
