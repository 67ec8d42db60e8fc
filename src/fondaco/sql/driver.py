"""What we ask of psycopg: how columns become Python values, and errors as addons know them.

Only this file and its neighbours in sql/ know the driver. `Transformer.set_pgresult` and `load_rows` are not
documented, hence the narrow range of versions in pyproject.toml.
"""

from __future__ import annotations

from typing import Any

import orjson
import psycopg
from psycopg import adapt, pq
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import FloatLoader, NumericBinaryLoader
from psycopg.types.string import TextLoader

Error = psycopg.Error
TEXT = int(pq.Format.TEXT)


class PoolError(psycopg.OperationalError):
    """No connection became free in time; the name is that of psycopg2.pool."""


class StalePlan(psycopg.errors.SerializationFailure):
    """A table changed under a prepared statement; the transaction succeeds when it is repeated."""

    sqlstate = "40001"


class _JsonLoader(adapt.Loader):
    def load(self, data: Any) -> Any:
        return orjson.loads(data)


class _ViewLoader(adapt.Loader):
    """bytea as psycopg2 gives it."""

    def load(self, data: Any) -> Any:
        data = bytes(data)
        if data.startswith(b"\\x"):
            return memoryview(bytes.fromhex(data[2:].decode()))
        return memoryview(psycopg.pq.Escaping().unescape_bytea(data))


class _JsonBinaryLoader(adapt.Loader):
    format = pq.Format.BINARY

    def load(self, data: Any) -> Any:
        return orjson.loads(bytes(data)[1:])  # after the version of the format


class _NumericBinaryLoader(NumericBinaryLoader):
    """A column that became numeric after its statement was met first: text is faster, this is right."""

    def load(self, data: Any) -> Any:
        return float(super().load(data))


BINARY_RESULTS = frozenset({
    16, 17, 19, 20, 21, 23, 25, 26, 701, 1042, 1043, 1082, 1114, 1184, 3802,
    1000, 1005, 1007, 1016, 1009, 1015, 1115, 1182,
})  # fmt: skip
"""Types that are read faster in binary, to the same values: bool, bytea, name, int8, int2, int4, text, oid, float8,
bpchar, varchar, date, timestamp, timestamptz, jsonb and arrays of them. Not numeric: it would become a Decimal on its
way."""


def result_format(result: Any) -> int:
    """Whether the rows of such a result are better asked for in binary (1) or text (0)."""
    return int(all(result.ftype(index) in BINARY_RESULTS for index in range(result.nfields)))


def _adapters() -> AdaptersMap:
    found = AdaptersMap(psycopg.adapters)
    # Amounts are floats in the ORM; Decimal would be built only to be converted.
    found.register_loader("numeric", FloatLoader)
    for name in ("json", "jsonb"):
        found.register_loader(name, _JsonLoader)
    for name in ("uuid", "inet", "cidr", "record"):
        found.register_loader(name, TextLoader)
    found.register_loader("jsonb", _JsonBinaryLoader)
    found.register_loader("numeric", _NumericBinaryLoader)
    return found


ORM_ADAPTERS = _adapters()
"""For the ORM's statements: bytes for bytea."""
ADDON_ADAPTERS = AdaptersMap(ORM_ADAPTERS)
"""For `cr.execute`: as psycopg2, but with float for numeric."""
ADDON_ADAPTERS.register_loader("bytea", _ViewLoader)


class _Context:
    """What a Transformer is made from: adapters of ours on a connection of psycopg's."""

    def __init__(self, adapters: AdaptersMap, connection: psycopg.Connection[Any]) -> None:
        self.adapters = adapters
        self.connection = connection


def transformer(adapters: AdaptersMap, connection: psycopg.Connection[Any]) -> Any:
    """A converter of results to rows; it holds one result at a time."""
    return adapt.Transformer(_Context(adapters, connection))


def error_of(result: Any) -> psycopg.Error:
    """The exception for a failed result; without a SQLSTATE it is libpq that speaks, of a lost connection."""
    error = psycopg.errors.error_from_result(result, "utf-8")
    return error if error.sqlstate else psycopg.OperationalError(str(error))


def _pgerror(self: psycopg.Error) -> str | None:
    if self.diag.severity is None:
        return None
    return f"{self.diag.severity}:  {self}\n"


# psycopg2's names for what psycopg calls sqlstate; addons read them.
psycopg.Error.pgcode = property(lambda self: self.sqlstate)  # type: ignore[attr-defined]
psycopg.Error.pgerror = property(_pgerror)  # type: ignore[attr-defined]
