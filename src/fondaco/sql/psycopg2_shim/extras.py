"""psycopg2.extras: rows by name, statements over many values, JSON and ranges."""

from __future__ import annotations

import json
import select
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from psycopg.types.range import Range as _Range

from fondaco.sql.literals import ADAPTERS, bind, quote, quote_text
from fondaco.sql.psycopg2_shim.adapters import register_adapter
from fondaco.sql.psycopg2_shim.connections import connection, cursor
from fondaco.values.collections import split_every

# -- many values at once


def execute_values(
    cur: Any, sql: Any, argslist: Iterable[Any], template: Any = None, page_size: int = 100, fetch: bool = False
) -> list[Any] | None:
    """Carry out `sql` with its one %s replaced by a list of values, page by page; all rows if `fetch`."""
    if hasattr(sql, "as_string"):
        sql = sql.as_string(cur)
    text = sql.decode() if isinstance(sql, bytes) else sql
    if isinstance(template, bytes):
        template = template.decode()
    before, mark, after = _around_mark(text)
    if not mark:
        raise ValueError("the query doesn't contain any '%s' placeholder")
    rows: list[Any] = []
    for page in split_every(page_size, argslist):
        values = ",".join(quote(tuple(args)) if template is None else bind(template, args) for args in page)
        cur.execute(before + values + after)
        if fetch:
            rows.extend(cur.fetchall())
    return rows if fetch else None


def _around_mark(text: str) -> tuple[str, str, str]:
    """What stands before and after the only %s; `%%` is a percent sign."""
    pieces = text.replace("%%", "\0").split("%s")
    if len(pieces) > 2:
        raise ValueError("the query contains more than one '%s' placeholder")
    before, after = pieces[0], "".join(pieces[1:])
    return before.replace("\0", "%"), "%s" if len(pieces) == 2 else "", after.replace("\0", "%")


def execute_batch(cur: Any, sql: Any, argslist: Iterable[Any], page_size: int = 100) -> None:
    """Carry out `sql` for each of `argslist`, several in one round trip."""
    for page in split_every(page_size, argslist):
        statements = [cur.mogrify(sql, args) for args in page]
        cur.execute(b";".join(statements).decode())


# -- rows by name


class DictRow(list[Any]):
    """A row that is a list and answers to the names of its columns."""

    __slots__ = ("_index",)

    def __init__(self, values: Sequence[Any] = (), index: dict[str, int] | None = None) -> None:
        super().__init__(values)
        self._index = index or {}

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self._index[key] if isinstance(key, str) else key)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self._index[key] if isinstance(key, str) else key, value)

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._index else default

    def keys(self) -> Iterator[str]:
        return iter(self._index)

    def values(self) -> Iterator[Any]:
        return iter(self)

    def items(self) -> Iterator[tuple[str, Any]]:
        return ((name, self[name]) for name in self._index)

    def copy(self) -> OrderedDict[str, Any]:  # type: ignore[override]
        return OrderedDict(self.items())


class RealDictRow(OrderedDict[str, Any]):
    """A row that is a dict."""


class _ShapedCursor(cursor):
    """A cursor whose rows have another shape than a tuple."""

    def _shape(self, row: Sequence[Any]) -> Any:
        raise NotImplementedError

    def _take(self, size: int | None) -> list[Any]:
        return [self._shape(row) for row in super()._take(size)]


class DictCursor(_ShapedCursor):
    def _shape(self, row: Sequence[Any]) -> DictRow:
        return DictRow(row, {name: place for place, name in enumerate(self._names())})


class RealDictCursor(_ShapedCursor):
    def _shape(self, row: Sequence[Any]) -> RealDictRow:
        return RealDictRow(zip(self._names(), row, strict=True))


class NamedTupleCursor(_ShapedCursor):
    def _shape(self, row: Sequence[Any]) -> Any:
        return namedtuple("Record", self._names(), rename=True)(*row)


DictCursorBase = _ShapedCursor


class _Shaping(connection):
    """A connection with a cursor class of its own."""

    shape: type[cursor] = cursor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = self.shape


class DictConnection(_Shaping):
    shape = DictCursor


class RealDictConnection(_Shaping):
    shape = RealDictCursor


class NamedTupleConnection(_Shaping):
    shape = NamedTupleCursor


class LoggingConnection(connection):
    """Accepted; statements are in the log of odoo.sql_db at level debug."""

    def initialize(self, logobj: Any) -> None:
        """Nothing to prepare."""


# -- JSON


class Json:
    """A value written as JSON text."""

    def __init__(self, adapted: Any, dumps: Callable[[Any], str] | None = None) -> None:
        self.adapted = adapted
        self._dumps: Callable[[Any], str] = dumps or json.dumps

    def __conform__(self, proto: Any) -> Json:
        return self

    def dumps(self, obj: Any) -> str:
        return self._dumps(obj)

    def prepare(self, conn: Any) -> None:
        """Nothing to take from the connection."""

    def getquoted(self) -> bytes:
        return quote_text(self.dumps(self.adapted)).encode()

    def __str__(self) -> str:
        return self.getquoted().decode()


def register_json(*_args: Any, **_kwargs: Any) -> tuple[None, None]:
    """JSON is read already."""
    return None, None


def register_default_json(conn_or_curs: Any = None, globally: bool = False, loads: Any = None) -> tuple[None, None]:
    """JSON is read already."""
    return None, None


def register_default_jsonb(conn_or_curs: Any = None, globally: bool = False, loads: Any = None) -> tuple[None, None]:
    """JSON is read already."""
    return None, None


# -- other types


class UUID_adapter:
    def __init__(self, uuid: UUID) -> None:
        self._uuid = uuid

    def __conform__(self, proto: Any) -> UUID_adapter:
        return self

    def getquoted(self) -> bytes:
        return f"'{self._uuid}'::uuid".encode()


def register_uuid(oids: Any = None, conn_or_curs: Any = None) -> None:
    """UUIDs are written already; they are read as text, as addons of Odoo expect."""


class Inet:
    """An address."""

    def __init__(self, addr: str | None) -> None:
        self.addr = addr

    def __conform__(self, proto: Any) -> Inet:
        return self

    def getquoted(self) -> bytes:
        return quote(self.addr).encode() + b"::inet"


def register_inet(oid: Any = None, conn_or_curs: Any = None) -> None:
    """Addresses are read as text."""


class Range(_Range[Any]):
    """A range of values."""


class NumericRange(Range):
    pass


class DateRange(Range):
    pass


class DateTimeRange(Range):
    pass


class DateTimeTZRange(Range):
    pass


def _range_form(cast: str) -> Callable[[Any], str]:
    def form(value: Any) -> str:
        if value.isempty:
            return f"'empty'::{cast}"
        return f"{cast}({quote(value.lower)}, {quote(value.upper)}, '{value.bounds}')"

    return form


ADAPTERS[DateRange] = _range_form("daterange")
ADAPTERS[DateTimeRange] = _range_form("tsrange")
ADAPTERS[DateTimeTZRange] = _range_form("tstzrange")


def register_composite(*_args: Any, **_kwargs: Any) -> None:
    """Composite values are read as text."""


def register_hstore(*_args: Any, **_kwargs: Any) -> None:
    """hstore is read as text."""


def wait_select(conn: Any) -> None:
    """Wait until something arrives on the connection."""
    select.select([conn.fileno()], [], [])
    conn.poll()


__all__ = ["register_adapter"]
