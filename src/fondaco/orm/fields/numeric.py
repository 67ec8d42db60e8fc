"""Fields whose value is a number or a truth: Integer, Float, Monetary, Boolean, Id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.orm.fields.base import DEFAULT, Field
from fondaco.values.floats import float_compare, float_is_zero, float_repr, float_round

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.recordset import Recordset

MAX_INT4 = 2147483647
# what an XML-RPC integer can carry
MAX_XMLRPC_INT = MAX_INT4


class Boolean(Field[bool]):
    """True or False; an empty column is False."""

    type = "boolean"
    column_type = ("bool", "bool")
    empty = False

    def to_column(self, value: Any, env: Environment) -> bool:
        return bool(value)

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> bool:
        return bool(value)

    def convert_to_record(self, value: Any, record: Recordset) -> bool:
        return bool(value)

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> bool:
        return bool(value)

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return bool(value)

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [bool(column[id_]) for id_ in records._ids]


class Integer(Field[int]):
    """A whole number; an empty column is 0."""

    type = "integer"
    column_type = ("int4", "int4")
    aggregator: str | None = "sum"
    empty = None

    def _as_int(self, value: Any) -> int:
        if isinstance(value, dict):  # a client that sends a many2one as a dict
            value = value.get("id", 0)
        try:
            return int(value or 0)
        except (TypeError, ValueError):
            raise ValueError(f"Wrong value for {self}: {value!r} is no whole number") from None

    def to_column(self, value: Any, env: Environment) -> int:
        return int(value or 0)

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> int:
        return self._as_int(value)

    def convert_to_record(self, value: Any, record: Recordset) -> int:
        return value or 0

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> Any:
        # XML-RPC has 32-bit integers: beyond, a float says more than a fault
        if value and abs(value) > MAX_XMLRPC_INT:
            return float(value)
        return value or 0

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return value if value or value == 0 else ""

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [
            column[id_] or 0 if abs(column[id_] or 0) <= MAX_XMLRPC_INT else float(column[id_]) for id_ in records._ids
        ]


class Id(Field[int]):
    """The identity of a record: its row's id, a NewId, or False of an empty recordset."""

    type = "integer"
    column_type = ("int4", "int4")
    string = "ID"
    store = True
    readonly = True
    prefetch = False
    automatic = True

    def __get__(self, record: Any, owner: Any = None) -> Any:
        if record is None:
            return self
        ids = record._ids
        if not ids:
            return False
        if len(ids) > 1:
            record.ensure_one()
        return ids[0]

    def __set__(self, records: Any, value: Any) -> None:
        raise TypeError("field 'id' cannot be assigned")

    def mapped(self, records: Recordset) -> Any:
        return list(records._ids)

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return value

    def read_column(self, records: Recordset) -> list[Any]:
        return list(records._ids)


class Float(Field[float]):
    """A number with a fraction.

    digits: (total, decimal) or the name of a `decimal.precision`; the column is numeric then, else float8.
    """

    type = "float"
    aggregator: str | None = "sum"
    _digits: Any = None
    related_attrs: ClassVar[dict[str, str]] = {**Field.related_attrs, "_digits": "_digits"}
    description_attrs = (*Field.description_attrs, "digits")

    def __init__(self, string: Any = DEFAULT, digits: Any = DEFAULT, **kwargs: Any) -> None:
        super().__init__(string=string, _digits=digits, **kwargs)

    @property
    def column_type(self) -> tuple[str, str]:  # type: ignore[override]
        if self.company_dependent:
            return ("jsonb", "jsonb")
        # digits=0 is numeric without rounding
        return (
            ("numeric", "numeric")
            if self._digits is not None and self._digits is not False
            else ("float8", "double precision")
        )

    @property
    def digits(self) -> Any:
        """The digits as declared: a pair, a name, or None."""
        return self._digits

    def get_digits(self, env: Environment) -> tuple[int, int] | None:
        """(total, decimal) in force, or None."""
        if isinstance(self._digits, str):
            return 16, env["decimal.precision"].precision_get(self._digits)
        return self._digits or None

    def description_value(self, key: str, env: Environment) -> Any:
        if key == "digits":
            return self.get_digits(env)
        return super().description_value(key, env)

    def to_column(self, value: Any, env: Environment) -> float:
        return value or 0.0

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> float:
        try:
            number = float(value or 0.0)
        except (TypeError, ValueError):
            raise ValueError(f"Wrong value for {self}: {value!r} is no number") from None
        if validate and self._digits:
            digits = self.get_digits(record.env)
            if digits:
                return float_round(number, precision_digits=digits[1])
        return number

    def convert_to_record(self, value: Any, record: Recordset) -> float:
        return value or 0.0

    def convert_to_read(self, value: Any, record: Recordset, use_display_name: bool = True) -> float:
        return value or 0.0

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return value if value or value == 0.0 else ""

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [column[id_] or 0.0 for id_ in records._ids]

    round = staticmethod(float_round)
    is_zero = staticmethod(float_is_zero)
    compare = staticmethod(float_compare)
    representation = staticmethod(float_repr)


class Monetary(Field[float]):
    """An amount in the currency of the record; rounded to it when written.

    currency_field: name of the many2one to `res.currency`; by default `currency_id`, else `x_currency_id`.
    """

    type = "monetary"
    needs_row = True  # it is rounded to the record's currency
    write_sequence = 10  # after the currency
    column_type = ("numeric", "numeric")
    aggregator: str | None = "sum"
    currency_field: str | None = None
    related_attrs: ClassVar[dict[str, str]] = {**Field.related_attrs, "currency_field": "currency_field"}
    description_attrs = (*Field.description_attrs, "currency_field")

    def __init__(self, string: Any = DEFAULT, currency_field: Any = DEFAULT, **kwargs: Any) -> None:
        super().__init__(string=string, currency_field=currency_field, **kwargs)

    def get_currency_field(self, model: Any) -> str | None:
        """Name of the field that holds the currency of `model`, or None."""
        if self.currency_field:
            return self.currency_field
        return next((name for name in ("currency_id", "x_currency_id") if name in model._fields), None)

    def description_value(self, key: str, env: Environment) -> Any:
        if key == "currency_field":
            return self.get_currency_field(env[self.model_name])
        return super().description_value(key, env)

    def _currency(self, record: Recordset) -> Any:
        name = self.get_currency_field(record)
        if name is None or not record._ids:
            return None
        return record[:1].sudo().with_context(prefetch_fields=False)[name][:1]

    def to_column(self, value: Any, env: Environment) -> float:
        return value or 0.0

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> float:
        number = float(value or 0.0)
        if number and validate:
            currency = self._currency(record)
            if currency:
                return float(currency.with_env(record.env).round(number))
        return number

    convert_to_record = Float.convert_to_record
    convert_to_read = Float.convert_to_read
    convert_to_write = Float.convert_to_record
    convert_to_export = Float.convert_to_export
    read_column = Float.read_column
