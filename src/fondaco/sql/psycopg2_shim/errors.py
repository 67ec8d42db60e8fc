"""psycopg2.errors: one exception class per SQLSTATE, the same classes that our cursors raise."""

from __future__ import annotations

import psycopg
from psycopg import errors as _errors


class TransactionRollbackError(psycopg.OperationalError):
    """Repeat the transaction: serialisation failure, deadlock. psycopg 3 has no class between."""


class QueryCanceledError(psycopg.OperationalError):
    """The statement was cancelled or took too long."""


for _kind in (
    _errors.TransactionRollback,
    _errors.SerializationFailure,
    _errors.DeadlockDetected,
    _errors.StatementCompletionUnknown,
    _errors.TransactionIntegrityConstraintViolation,
):
    _kind.__bases__ = (TransactionRollbackError,)
_errors.QueryCanceled.__bases__ = (QueryCanceledError,)

globals().update(
    {
        name: kind
        for name, kind in vars(_errors).items()
        if isinstance(kind, type) and issubclass(kind, psycopg.Error) and name not in ("Error",)
    }
)


def lookup(code: str) -> type[psycopg.Error]:
    """The class for a SQLSTATE; KeyError if there is none."""
    return _errors.lookup(code)
