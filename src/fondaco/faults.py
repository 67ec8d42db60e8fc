"""What does a client receive for an exception?

The one table of the server: exception -> JSON-RPC error, XML-RPC fault (both versions), log level. HTTP and RPC both
read it, neither knows the other. Shapes and codes as in the recorded transcripts `09_errors`.
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any

import psycopg

from fondaco.errors import (
    AccessDenied,
    AccessError,
    ClosedToChanges,
    RedirectWarning,
    StorageAway,
    UserError,
    public_name,
)
from fondaco.values.texts import to_translate

# Fault codes of /xmlrpc/2
FAULT_APPLICATION = 1
FAULT_WARNING = 2
FAULT_ACCESS_DENIED = 3
FAULT_ACCESS_ERROR = 4

# error.code of the JSON envelope
JSON_SERVER_ERROR = 200
JSON_SESSION_EXPIRED = 100


UNREACHABLE = (None, "08001", "08004", "08006", "08P01", "53300", "57P01", "57P02", "57P03")
"""SQL states of an OperationalError that speak of the connection; others are bugs of ours. 08P01 is what PgBouncer says
when it waited in vain for PostgreSQL."""
MISSING = re.compile(r'database ".*" does not exist')
"""A connection that is refused has no SQL state; for a database that is not there, asking again is of no use."""
RETRY_AFTER_S = 5
AWAY = to_translate("The database does not answer for the moment. Nothing was saved; try again in a few seconds.")
FILES_AWAY = to_translate("The file cannot be fetched for the moment. Nothing was saved; try again in a few seconds.")


CLOSED = to_translate(
    "This database is being upgraded: everything can be read, and changes are taken again in a minute or two. Nothing "
    "was saved; try again then."
)


def is_away(error: BaseException) -> bool:
    """Whether database or object store cannot be reached or changed now, so that asking again later makes sense."""
    return isinstance(error, StorageAway | ClosedToChanges) or (
        isinstance(error, psycopg.OperationalError) and error.sqlstate in UNREACHABLE and not MISSING.search(str(error))
    )


def away_text(error: BaseException) -> str:
    """What to tell whoever asked for what `is_away`; who knows a language translates it."""
    if isinstance(error, ClosedToChanges):
        return CLOSED
    return FILES_AWAY if isinstance(error, StorageAway) else AWAY


def away_reason(error: BaseException) -> str:
    """One word for programs: why whoever asked for what `is_away` has to wait."""
    if isinstance(error, ClosedToChanges):
        return "upgrade"
    return "files" if isinstance(error, StorageAway) else "database"


def kind(error: BaseException) -> str:
    """What those who count call an error: its class where that is one of a known table, else 'unexpected'."""
    cls = type(error)
    is_known = isinstance(error, psycopg.Error) or cls.__module__ in ("fondaco.errors", "werkzeug.exceptions")
    return cls.__name__ if is_known else "unexpected"


def log_level(error: BaseException) -> int:
    """Refusals that are part of normal life are information; anything else is an error with its traceback."""
    if isinstance(error, UserError | RedirectWarning):
        return logging.INFO
    return logging.ERROR


def debug_text(error: BaseException) -> str:
    """The traceback as a developer reads it, with public class names and the text of the root error last."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    lines[-1] = traceback.format_exception_only(type(error), error)[-1].replace(
        f"{type(error).__module__}.{type(error).__qualname__}", _printed_name(error), 1
    )
    return "".join(lines)


def _printed_name(error: BaseException) -> str:
    name = public_name(error)
    return name.removeprefix("builtins.")


def serialize_exception(exception: BaseException) -> dict[str, Any]:
    """`error.data` of the JSON envelope: name, debug, message, arguments, context."""
    message = error_message(exception)
    return {
        "name": public_name(exception),
        "debug": debug_text(exception),
        "message": message,
        "arguments": list(exception.args),
        "context": getattr(exception, "context", {}),
    }


def error_message(error: BaseException) -> str:
    """The sentence of an error: its first argument alone where the class carries more than a sentence."""
    if isinstance(error, RedirectWarning | KeyError) and error.args:
        return str(error.args[0])
    return str(error)


def json_error(error: BaseException, *, expired: bool = False) -> dict[str, Any]:
    """The `error` member of a JSON-RPC answer."""
    data = serialize_exception(error)
    status = getattr(error, "code", None)
    if expired:
        return {"code": JSON_SESSION_EXPIRED, "message": "Odoo Session Expired", "data": data}
    if isinstance(status, int) and hasattr(error, "get_response"):
        return {"code": status, "message": f"{status}: {getattr(error, 'name', '')}", "data": data}
    return {"code": JSON_SERVER_ERROR, "message": "Odoo Server Error", "data": data}


def xmlrpc2_fault(error: BaseException) -> tuple[int, str]:
    """(faultCode, faultString) of /xmlrpc/2."""
    if isinstance(error, AccessDenied):
        return FAULT_ACCESS_DENIED, str(error)
    if isinstance(error, AccessError):
        return FAULT_ACCESS_ERROR, str(error)
    if isinstance(error, UserError | RedirectWarning):
        return FAULT_WARNING, str(error)
    return FAULT_APPLICATION, debug_text(error)


# Names of the oldest protocol: the class written after "warning -- ".
_XMLRPC1_KINDS = (("MissingError", "MissingError"), ("AccessError", "AccessError"), ("RedirectWarning", "Warning"))


def xmlrpc1_fault(error: BaseException) -> tuple[str, str]:
    """(faultCode, faultString) of /xmlrpc: the code is a text there."""
    if isinstance(error, AccessDenied):
        return "AccessDenied", str(error)
    if isinstance(error, UserError | RedirectWarning):
        names = {kind.__name__ for kind in type(error).__mro__}
        kind = next((label for name, label in _XMLRPC1_KINDS if name in names), "UserError")
        return f"warning -- {kind}\n\n{error}", ""
    return error_message(error), debug_text(error)
