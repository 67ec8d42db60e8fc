"""psycopg2.errorcodes: a constant per SQLSTATE (UNIQUE_VIOLATION = '23505'), and per class of them."""

from __future__ import annotations

import re

from psycopg import errors as _errors

CLASS_NO_DATA = "02"
CLASS_CONNECTION_EXCEPTION = "08"
CLASS_FEATURE_NOT_SUPPORTED = "0A"
CLASS_DATA_EXCEPTION = "22"
CLASS_INTEGRITY_CONSTRAINT_VIOLATION = "23"
CLASS_INVALID_TRANSACTION_STATE = "25"
CLASS_TRANSACTION_ROLLBACK = "40"
CLASS_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION = "42"
CLASS_INSUFFICIENT_RESOURCES = "53"
CLASS_OBJECT_NOT_IN_PREREQUISITE_STATE = "55"
CLASS_OPERATOR_INTERVENTION = "57"
CLASS_SYSTEM_ERROR = "58"
SUCCESSFUL_COMPLETION = "00000"

_RENAMED = {"QUERY_CANCELED": "QUERY_CANCELED", "INTERNAL_ERROR_": "INTERNAL_ERROR", "FDWERROR": "FDW_ERROR"}
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_name_by_code: dict[str, str] = {}
for _kind in vars(_errors).values():
    _code = getattr(_kind, "sqlstate", None)
    if isinstance(_code, str) and isinstance(_kind, type):
        _constant = _WORD.sub("_", _kind.__name__).upper()
        _constant = _RENAMED.get(_constant, _constant)
        globals()[_constant] = _code
        _name_by_code.setdefault(_code, _constant)


def lookup(code: str) -> str:
    """The constant's name for a SQLSTATE; KeyError if there is none."""
    return _name_by_code[code]
