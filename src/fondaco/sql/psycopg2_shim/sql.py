"""psycopg2.sql: statements composed of texts, names and values."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fondaco.sql.fragment import quote_name
from fondaco.sql.literals import quote

_formatter = string.Formatter()


class Composable:
    """A piece of a statement; `+` puts two together, `*` repeats."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._wrapped!r})"

    def as_string(self, context: Any = None) -> str:
        raise NotImplementedError

    def __add__(self, other: Any) -> Composed:
        if isinstance(other, Composed):
            return Composed([self, *other])
        if isinstance(other, Composable):
            return Composed([self, other])
        return NotImplemented

    def __mul__(self, n: int) -> Composed:
        return Composed([self] * n)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._wrapped == other._wrapped

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


class Composed(Composable):
    """Pieces in a row."""

    def __init__(self, seq: Iterable[Any]) -> None:
        pieces = list(seq)
        for piece in pieces:
            if not isinstance(piece, Composable):
                raise TypeError(f"Composed elements must be Composable, got {piece!r} instead")
        super().__init__(pieces)

    @property
    def seq(self) -> list[Any]:
        return list(self._wrapped)

    def as_string(self, context: Any = None) -> str:
        return "".join(piece.as_string(context) for piece in self._wrapped)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._wrapped)

    def __add__(self, other: Any) -> Composed:
        if isinstance(other, Composed):
            return Composed([*self, *other])
        if isinstance(other, Composable):
            return Composed([*self, other])
        return NotImplemented

    def join(self, joiner: Any) -> Composed:
        return (SQL(joiner) if isinstance(joiner, str) else joiner).join(self)


class SQL(Composable):
    """Text of a statement."""

    def __init__(self, string: str) -> None:
        if not isinstance(string, str):
            raise TypeError("SQL values must be strings")
        super().__init__(string)

    @property
    def string(self) -> str:
        return str(self._wrapped)

    def as_string(self, context: Any = None) -> str:
        return str(self._wrapped)

    def format(self, *args: Any, **kwargs: Any) -> Composed:
        """The text with pieces in its {} and {name}."""
        pieces: list[Any] = []
        automatic: int | None = 0
        for text, name, spec, conversion in _formatter.parse(self._wrapped):
            if spec:
                raise ValueError("no format specification supported by SQL")
            if conversion:
                raise ValueError("no format conversion supported by SQL")
            if text:
                pieces.append(SQL(text))
            if name is None:
                continue
            if name.isdigit():
                if automatic:
                    raise ValueError("cannot switch from automatic field numbering to manual")
                automatic = None
                pieces.append(args[int(name)])
            elif not name:
                if automatic is None:
                    raise ValueError("cannot switch from manual field numbering to automatic")
                pieces.append(args[automatic])
                automatic += 1
            else:
                pieces.append(kwargs[name])
        return Composed(pieces)

    def join(self, seq: Iterable[Any]) -> Composed:
        """The pieces of `seq` with this text between them."""
        pieces: list[Any] = []
        for piece in seq:
            if pieces:
                pieces.append(self)
            pieces.append(piece)
        return Composed(pieces)


class Identifier(Composable):
    """A name, or a dotted name."""

    def __init__(self, *strings: str) -> None:
        if not strings:
            raise TypeError("Identifier cannot be empty")
        for text in strings:
            if not isinstance(text, str):
                raise TypeError("SQL identifier parts must be strings")
        super().__init__(strings)

    @property
    def strings(self) -> Sequence[str]:
        return tuple(self._wrapped)

    @property
    def string(self) -> str:
        if len(self._wrapped) != 1:
            raise AttributeError("the Identifier wraps more than one than one string")
        return str(self._wrapped[0])

    def __repr__(self) -> str:
        return f"Identifier({', '.join(map(repr, self._wrapped))})"

    def as_string(self, context: Any = None) -> str:
        return ".".join(map(quote_name, self._wrapped))


class Literal(Composable):
    """A value."""

    @property
    def wrapped(self) -> Any:
        return self._wrapped

    def as_string(self, context: Any = None) -> str:
        return quote(self._wrapped)


class Placeholder(Composable):
    """A mark for a parameter."""

    def __init__(self, name: str | None = None) -> None:
        if isinstance(name, str) and ")" in name:
            raise ValueError(f"invalid name: {name!r}")
        super().__init__(name)

    @property
    def name(self) -> str | None:
        return None if self._wrapped is None else str(self._wrapped)

    def __repr__(self) -> str:
        return f"Placeholder({self._wrapped!r})" if self._wrapped is not None else "Placeholder()"

    def as_string(self, context: Any = None) -> str:
        return "%s" if self._wrapped is None else f"%({self._wrapped})s"


NULL = SQL("NULL")
DEFAULT = SQL("DEFAULT")
