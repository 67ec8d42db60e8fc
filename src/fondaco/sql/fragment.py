"""What is a piece of SQL: an immutable text with `%s` marks, its parameters, and the fields it reads.

    SQL("%s = ANY(%s)", SQL.identifier("partner", "id"), [1, 2, 3])

An argument that is itself SQL is spliced in, anything else becomes a parameter. The text is built once, when the
piece is made; `%%` stays doubled in `code`, so that code and params can be given to a cursor together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

_NAMED_MARK = re.compile(r"%%|%\((?P<name>[^)]*)\)s")
_MAX_CACHED_NAMES = 8192


class SQL:
    """A fragment or a whole statement. Never changes after it is made; composing makes new ones."""

    __slots__ = ("_code", "_params", "_to_flush")

    _code: str
    _params: tuple[Any, ...]
    _to_flush: tuple[Any, ...]

    def __init__(self, code: str | SQL = "", /, *args: Any, to_flush: Any = None, **kwargs: Any) -> None:
        if isinstance(code, SQL):
            if args or kwargs or to_flush is not None:
                raise TypeError("SQL(fragment): a fragment takes no further arguments")
            self._code, self._params, self._to_flush = code._code, code._params, code._to_flush
            return
        if kwargs:
            if args:
                raise TypeError("SQL: positional and named arguments cannot be mixed")
            code, names = _positional(code)
            args = tuple(kwargs[name] for name in names)
        if not args:
            if "%" in code:
                _check_no_marks(code)
            self._code = code
            self._params = ()
            self._to_flush = () if to_flush is None else (to_flush,)
            return
        marks: list[str] = []
        params: list[Any] = []
        flush: list[Any] = []
        for arg in args:
            if isinstance(arg, SQL):
                marks.append(arg._code)
                params += arg._params
                flush += arg._to_flush
            else:
                marks.append("%s")
                params.append(arg)
        if to_flush is not None:
            flush.append(to_flush)
        if "%%" in code:
            code = code.replace("%%", "%%%%")
        self._code = code % tuple(marks)
        self._params = tuple(params)
        self._to_flush = tuple(flush)

    @property
    def code(self) -> str:
        """The text, with `%s` for each parameter and `%%` for a percent sign."""
        return self._code

    @property
    def params(self) -> list[Any]:
        """The parameters, in the order of their marks."""
        return list(self._params)

    @property
    def to_flush(self) -> Iterable[Any]:
        """The fields that must be in their tables before this is executed."""
        return self._to_flush

    def __repr__(self) -> str:
        return f"SQL({', '.join(map(repr, (self._code, *self._params)))})"

    def __bool__(self) -> bool:
        return bool(self._code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SQL) and self._code == other._code and self._params == other._params

    def __hash__(self) -> int:
        return hash(self._code)

    def __iter__(self) -> Iterator[Any]:
        """Code and params, for `cr.execute(*sql)`."""
        yield self._code
        yield self.params

    def join(self, args: Iterable[Any]) -> SQL:
        """The pieces of `args` (SQL, or values) with this fragment between them."""
        pieces = list(args)
        if not pieces:
            return SQL()
        if len(pieces) == 1 and isinstance(pieces[0], SQL):
            return pieces[0]
        if self._params:
            between: list[Any] = []
            for piece in pieces:
                between += (self, piece)
            return SQL("%s" * (len(between) - 1), *between[1:])
        return _chained(self._code, pieces)

    @classmethod
    def chain(cls, *pieces: str | SQL) -> SQL:
        """Texts of SQL and pieces, one after the other; quicker than marks where a statement has many parts."""
        return _chained("", [_text(piece) if piece.__class__ is str else piece for piece in pieces])

    @classmethod
    def identifier(cls, name: str, subname: str | None = None, to_flush: Any = None) -> SQL:
        """`"name"`, or `"name"."subname"`: a name in SQL, quoted."""
        quoted = _identifier(name, subname)
        if to_flush is None:
            return quoted
        self = cls.__new__(cls)
        self._code, self._params, self._to_flush = quoted._code, (), (to_flush,)
        return self


def among(column: SQL, ids: Sequence[Any]) -> SQL:
    """Whether `column` is one of the `ids`.

    A single id is compared by itself: that plan PostgreSQL keeps. A list it plans anew each time, as what it takes one
    for that it does not know (ten rows) looks dearer to it than a list of one.
    """
    return SQL("%s = %s", column, ids[0]) if len(ids) == 1 else SQL("%s = ANY(%s::bigint[])", column, list(ids))


@lru_cache(_MAX_CACHED_NAMES)
def _text(code: str) -> SQL:
    return SQL(code)


def _chained(between: str, pieces: Iterable[Any]) -> SQL:
    """SQL with the pieces (SQL, or values) and the text `between` them."""
    codes: list[str] = []
    params: list[Any] = []
    flush: list[Any] = []
    for piece in pieces:
        if isinstance(piece, SQL):
            codes.append(piece._code)
            if piece._params:
                params += piece._params
            if piece._to_flush:
                flush += piece._to_flush
        else:
            codes.append("%s")
            params.append(piece)
    made = SQL.__new__(SQL)
    made._code, made._params, made._to_flush = between.join(codes), tuple(params), tuple(flush)
    return made


def quote_name(name: str) -> str:
    """A table, column or database name between double quotes; its own are doubled."""
    if not name or "\x00" in name:
        raise ValueError(f"SQL: {name!r} cannot be the name of a table or column")
    return '"' + name.replace('"', '""') + '"'


@lru_cache(_MAX_CACHED_NAMES)
def _identifier(name: str, subname: str | None) -> SQL:
    code = quote_name(name) if subname is None else f"{quote_name(name)}.{quote_name(subname)}"
    return SQL(code.replace("%", "%%"))


@lru_cache(_MAX_CACHED_NAMES)
def _positional(code: str) -> tuple[str, tuple[str, ...]]:
    """`code` with `%s` for its `%(name)s`, and the names in their order."""
    names: list[str] = []

    def mark(match: re.Match[str]) -> str:
        if match["name"] is None:
            return "%%"
        names.append(match["name"])
        return "%s"

    return _NAMED_MARK.sub(mark, code), tuple(names)


@lru_cache(_MAX_CACHED_NAMES)
def _check_no_marks(code: str) -> None:
    try:
        code % ()
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"SQL({code!r}): found a % that no argument fills ({error}); write %% for a percent sign"
        ) from error
