"""How values are written and read the psycopg2 way: adapter classes, `adapt`, and types for reading."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from datetime import time as clock_time
from typing import Any

import psycopg

from fondaco.sql.literals import ADAPTERS, quote


class ISQLQuote:
    """The protocol of adapters; only its name is used."""

    def __init__(self, wrapped: Any = None) -> None:
        self._wrapped = wrapped

    def getquoted(self) -> bytes:
        raise NotImplementedError


class _Adapter:
    """A value and how it is written into a statement."""

    def __init__(self, adapted: Any) -> None:
        self.adapted = adapted

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.adapted!r}>"

    def __str__(self) -> str:
        return self.getquoted().decode()

    def __conform__(self, protocol: Any) -> Any:
        return self

    def prepare(self, connection: Any) -> None:
        """Take what is needed from the connection: nothing."""

    def getquoted(self) -> bytes:
        return quote(self.adapted).encode()


class AsIs(_Adapter):
    """SQL as it stands, not quoted."""

    def getquoted(self) -> bytes:
        return str(self.adapted).encode()


class QuotedString(_Adapter):
    encoding = "utf-8"
    buffer = property(lambda self: self.adapted)


class Binary(_Adapter):
    buffer = property(lambda self: self.adapted)

    def getquoted(self) -> bytes:
        return b"NULL" if self.adapted is None else quote(bytes(self.adapted)).encode()


class Boolean(_Adapter):
    pass


class Float(_Adapter):
    pass


class Int(_Adapter):
    pass


class Decimal(_Adapter):
    pass


class DateTimeAdapter(_Adapter):
    pass


class SQL_IN(_Adapter):
    """A sequence as (a, b), for IN."""

    def getquoted(self) -> bytes:
        return quote(tuple(self.adapted)).encode()


class List(_Adapter):
    pass


def Date(year: int, month: int, day: int) -> _Adapter:
    return DateTimeAdapter(date(year, month, day))


def Time(hour: int, minutes: int, seconds: float, tzinfo: Any = None) -> _Adapter:
    return DateTimeAdapter(clock_time(hour, minutes, int(seconds), round(seconds % 1 * 1_000_000), tzinfo))


def Timestamp(
    year: int, month: int, day: int, hour: int = 0, minutes: int = 0, seconds: float = 0, tzinfo: Any = None
) -> _Adapter:
    fraction = round(seconds % 1 * 1_000_000)
    return DateTimeAdapter(datetime(year, month, day, hour, minutes, int(seconds), fraction, tzinfo))


def DateFromTicks(ticks: float) -> _Adapter:
    return DateTimeAdapter(date.fromtimestamp(ticks))


def TimeFromTicks(ticks: float) -> _Adapter:
    moment = time.localtime(ticks)
    return DateTimeAdapter(clock_time(moment.tm_hour, moment.tm_min, moment.tm_sec))


def TimestampFromTicks(ticks: float) -> _Adapter:
    return DateTimeAdapter(datetime.fromtimestamp(ticks).astimezone())


_ADAPTER_BY_TYPE: dict[type, type[_Adapter]] = {
    str: QuotedString, bytes: Binary, bytearray: Binary, memoryview: Binary, bool: Boolean, float: Float, int: Int,
    tuple: SQL_IN, list: List, date: DateTimeAdapter, datetime: DateTimeAdapter, clock_time: DateTimeAdapter,
}  # fmt: skip
_registered: dict[type, Callable[[Any], Any]] = {}

adapters: dict[tuple[type, type], Callable[[Any], Any]] = {(kind, ISQLQuote): c for kind, c in _ADAPTER_BY_TYPE.items()}
"""(type, protocol) -> adapter, as psycopg2 shows it."""


def adapt(value: Any, proto: Any = None, alternate: Any = None) -> Any:
    """An object whose getquoted() is the value as SQL; ProgrammingError if there is none."""
    for base in type(value).__mro__:
        if base in _registered:
            return _registered[base](value)
    conform = getattr(value, "__conform__", None)
    if conform is not None:
        return conform(ISQLQuote)
    for base in type(value).__mro__[:-1]:
        if base in _ADAPTER_BY_TYPE:
            return _ADAPTER_BY_TYPE[base](value)
    quote(value)  # raises what psycopg2 raises
    return _Adapter(value)


def register_adapter(kind: type, adapter: Callable[[Any], Any]) -> None:
    """From now on values of `kind` are written as `adapter(value).getquoted()` says."""

    def written(value: Any) -> str:
        made = adapter(value)
        quoted = made.getquoted()
        return quoted.decode() if isinstance(quoted, bytes) else str(quoted)

    _registered[kind] = adapter
    adapters[kind, ISQLQuote] = adapter
    ADAPTERS[kind] = written


class Type:
    """A set of column types (oids) and how their text is read; compares equal to each oid."""

    def __init__(self, values: Sequence[int], name: str = "", castobj: Callable[[Any, Any], Any] | None = None) -> None:
        self.values = tuple(values)
        self.name = name
        self.castobj = castobj

    def __repr__(self) -> str:
        return f"<psycopg2.type {self.name} {self.values}>"

    def __eq__(self, other: object) -> bool:
        return other in self.values if isinstance(other, int) else self is other

    def __hash__(self) -> int:
        return hash(self.values)

    def __call__(self, value: Any, cursor: Any = None) -> Any:
        return value if self.castobj is None or value is None else self.castobj(value, cursor)


def new_type(values: Sequence[int], name: str, castobj: Any) -> Type:
    """A way of reading columns of these oids, for `register_type`."""
    return Type(values, name, castobj)


def new_array_type(values: Sequence[int], name: str, base: Any) -> Type:
    """The same for arrays of `base`; arrays are read by the driver, which knows their elements."""
    return Type(values, name)


string_types: dict[int, Type] = {}


def register_type(type_: Type, scope: Any = None) -> None:
    """Read columns as `type_` says; on all connections, or on one.

    Fondaco's own cursors keep their reading (numbers as floats): they take no part.
    """
    if type_.castobj is None:
        return
    target = psycopg.adapters if scope is None else getattr(scope, "adapters", None)
    if target is None:
        return
    castobj = type_.castobj

    class Loader(psycopg.adapt.Loader):
        def load(self, data: Any) -> Any:
            return castobj(bytes(data).decode(), None)

    for oid in type_.values:
        string_types[oid] = type_
        target.register_loader(oid, Loader)


NUMBER = Type((20, 23, 21, 701, 700, 1700), "NUMBER")
STRING = Type((19, 18, 25, 1042, 1043), "STRING")
BINARY = Type((17,), "BINARY")
DATETIME = Type((1114, 1184, 704, 1186), "DATETIME")
ROWID = Type((26,), "ROWID")
