"""Which parts of a page are kept between renderings (`t-cache`), and which are fresh within them (`t-nocache`)?

    <t t-cache="catalog.id">                       written once for each key
        ...
        <t t-nocache="" t-nocache-limit="limit">   written each time, with the values the page was asked for and `limit`
            <t t-out="visitor"/>
        </t>
    </t>

While a part is written, each fresh place within leaves a mark in the text, however far down among called templates. The
kept part is the text cut at its marks; a mark becomes text again when the part is shown. Inside a part that is being
written, another part shows its fresh places as marks of the outer one.
"""

import re
import secrets
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, Protocol

from markupsafe import Markup

from fondaco.errors import ExpressionError
from fondaco.qweb.expressions import Values

_MARK = f"\0{secrets.token_hex(8)}:%d\0"  # a text of a visitor cannot contain it
_MARKS = re.compile(re.escape(_MARK).replace("%d", r"(\d+)"))
_PLAIN = (str, bytes, int, float, date, type(None))

Write = Callable[[Any, Values], Iterable[str]]
"""The function of a fresh place: its host and its values to what it writes."""


class Store(Protocol):
    """Where kept parts lie, for this database, this language and what whoever asks may see."""

    def kept(self, key: Hashable) -> "Kept | None": ...

    def keep(self, key: Hashable, part: "Kept") -> None: ...

    def identity(self, value: Any) -> Hashable | None:
        """What tells a value that is not plain from others, and from what it was before; None if nothing does."""


class Fresh(NamedTuple):
    """A place that is written each time, with values that were computed when the part around it was."""

    write: Write
    values: Mapping[str, Any]


Kept = tuple[str | Fresh, ...]


class Keeping:
    """What one rendering of a page keeps; the templates that it calls share it."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._notes: list[Fresh] = []
        self._depth = 0

    def part(self, host: Store, place: Hashable, key: Any, write: Callable[[], Iterable[str]]) -> str:
        """The text of a part for this key: kept, or written and kept from now on; written only, if the key is false."""
        if not key:
            return "".join(write())
        full = (place, key_of(key, host.identity))
        kept = host.kept(full)
        if kept is None:
            kept = self._written(write)
            host.keep(full, kept)
        return "".join(self.fresh(host, part) if isinstance(part, Fresh) else part for part in kept)

    def _written(self, write: Callable[[], Iterable[str]]) -> Kept:
        outer, self._notes = self._notes, []
        self._depth += 1
        pieces = _MARKS.split("".join(write()))
        notes, self._notes = self._notes, outer
        self._depth -= 1
        return tuple(notes[int(piece)] if number % 2 else piece for number, piece in enumerate(pieces))

    def fresh(self, host: Any, place: Fresh, known: Values | None = None) -> str:
        """The text of a fresh place, with the names that are `known` around it; its mark while a part is written."""
        if self._depth:
            self._notes.append(place)
            return Markup(_MARK % (len(self._notes) - 1))
        values = Values(self._given) if known is None else known.copy()
        values.update(place.values)
        return "".join(place.write(host, values))


def fresh(write: Write, values: Mapping[str, Any]) -> Fresh:
    """A fresh place; `values` may be kept for long and be shown to others, so they are plain."""
    for name, value in values.items():
        if not _is_plain(value):
            raise ExpressionError(
                f"t-nocache-{name} is {value!r}; expected texts, numbers, dates or lists of them, for they are kept: "
                "pass the id of a record and browse it inside"
            )
    return Fresh(write, values)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(part) for pair in value.items() for part in pair)
    return isinstance(value, _PLAIN) or (isinstance(value, (list, tuple, set)) and all(map(_is_plain, value)))


def key_of(value: Any, identity: Callable[[Any], Hashable | None]) -> Hashable:
    """A key that may be kept; `identity` knows what is not plain."""
    if isinstance(value, Mapping):
        return frozenset((name, key_of(part, identity)) for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(key_of(part, identity) for part in value)
    if isinstance(value, (set, frozenset)):
        return frozenset(key_of(part, identity) for part in value)
    if isinstance(value, _PLAIN):
        return type(value).__name__, value  # 1 is not True
    known = identity(value)
    if known is None:
        raise ExpressionError(
            f"t-cache has the key {value!r}; expected texts, numbers, dates, records or lists of them"
        )
    return known
