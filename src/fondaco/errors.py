"""What addons raise and clients receive, and what the rooms of fondaco raise among themselves.

The first family is public: its names, constructors and messages travel to clients (`odoo.exceptions` of
the documented interface). The second family is ours; a room raises its own branch of `FondacoError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class UserError(Exception):
    """The user asked for something that makes no sense now; the message is a full sentence for them."""

    http_status = 422

    def __init__(self, message: object = "") -> None:
        super().__init__(message)

    @property
    def name(self) -> object:
        """The message, under the name older addons use."""
        return self.args[0]


class AccessDenied(UserError):
    """Log-in failed, or the credentials do not allow this at all. Says nothing about the cause."""

    http_status = 403

    def __init__(self, message: object = "Access Denied") -> None:
        super().__init__(message)
        # A traceback would tell an attacker which check refused.
        self.suppress_traceback()

    def suppress_traceback(self) -> None:
        """Forget cause and traceback, so that neither log nor client can show them."""
        self.with_traceback(None)
        self.__cause__ = None
        self.traceback = ("", "", "")


class AccessError(UserError):
    """An ACL, a record rule or a field group refuses; the user is known."""

    http_status = 403


class MissingError(UserError):
    """A record does not exist, or no longer."""

    http_status = 404


class LockError(UserError):
    """A record could not be locked because another transaction holds it."""

    http_status = 409


class ValidationError(UserError):
    """Values break a constraint; nothing was written."""


class RedirectWarning(Exception):
    """A warning that offers a button leading to an action."""

    def __init__(
        self, message: object, action: object, button_text: str, additional_context: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, action, button_text, additional_context)


class CacheMiss(KeyError):
    """The cache holds no value of `field` for `record`."""

    def __init__(self, record: object, field: object) -> None:
        super().__init__(f"{record!r}.{getattr(field, 'name', field)}")


class RetryLater(Exception):
    """Raised in a background job: it cannot be done now; try again in `seconds` (None: as after any failure)."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class FondacoError(Exception):
    """Root of what the rooms raise among themselves; the message is for developers and operators."""


class WorkInterrupted(BaseException):
    """Raised from outside in a thread whose work is over a limit. No part of the work is meant to catch it."""


class LimitExceeded(UserError):
    """A request took more time or memory than one may; it was ended and nothing of it was kept."""

    http_status = 503

    def __init__(self, limit: str, amount: str, request_id: str) -> None:
        super().__init__(
            f"This needed more than {amount} and was stopped; what was not finished is not saved. Try it with fewer "
            f"records at a time. If it must take longer, the administrator can raise {limit}. Request id: {request_id}"
        )


class WorkCancelled(UserError):
    """Somebody in charge ended the statement of a request, because others waited for it."""

    http_status = 503

    def __init__(self, request_id: str) -> None:
        super().__init__(
            "An administrator has ended this, because others waited for it; what was not finished is not saved. You "
            f"may try it again. Request id: {request_id}"
        )


class OutcomeUnknown(UserError):
    """The connection was lost while a transaction was being committed."""

    http_status = 503

    def __init__(self) -> None:
        super().__init__(
            "The database went away at the very moment this was being saved. It is saved whole or not at all, and "
            "nobody can tell which before the database is back: look at the record before you try again."
        )


class ConfigError(FondacoError):
    """An option, a configuration file or an environment variable cannot be used."""


class ModuleError(FondacoError):
    """A manifest, a dependency or a phase of installing is at fault."""


class DataError(FondacoError):
    """A data file cannot be loaded; the message names file and line."""


class DatabaseError(FondacoError):
    """A database cannot be created, reached, copied or dropped."""


class DatabaseNotFound(DatabaseError):
    """No database of this name, or none that this server may serve."""


class DatabaseExists(DatabaseError):
    """The name is taken."""


class RegistryError(FondacoError, RuntimeError):
    """The registry of a database cannot be built or used."""


class StorageError(FondacoError):
    """A stored file is missing, damaged or cannot be written."""


class StorageAway(StorageError):
    """The object store does not answer now: what is there is not lost, and asking again later makes sense."""


class ClosedToChanges(DatabaseError):
    """The database can be read and takes no changes now: it is being upgraded, or it is a standby."""

    def __init__(self, name: str) -> None:
        super().__init__(f"database {name!r} takes no changes for the moment")


class BackupError(FondacoError):
    """A backup cannot be made, found, read or trusted."""


class FieldError(FondacoError, ValueError):
    """A field or model is declared in a way that cannot work."""


class DomainError(FondacoError, ValueError):
    """A domain is malformed; the message quotes the leaf."""


class Misfit(KeyError):
    """An operator of a domain and a field or model on which it means nothing.

    key: what clients of Odoo 18 are sent in place of the sentence, where recordings of it show that.
    """

    def __init__(self, sentence: str, *key: object) -> None:
        super().__init__(*key or (sentence,))
        self._sentence = sentence

    def __str__(self) -> str:
        return self._sentence


class ViewError(ValidationError):
    """An arch is malformed or does not fit its model; the message names view, file and line."""


class ExpressionError(FondacoError, ValueError):
    """An expression from data uses what the sandbox refuses."""


# Room -> public module, for names that leave the process (RPC faults, log lines that operators parse).
_PUBLIC_MODULES = {
    "fondaco.errors": "odoo.exceptions",
    "fondaco.http": "odoo.http",
    "psycopg": "psycopg2",
}
_PUBLIC_NAMES = {
    "fondaco.errors.Misfit": "builtins.KeyError",
    "fondaco.errors.ViewError": "odoo.exceptions.ValidationError",
    "fondaco.views.arch.ArchError": "odoo.exceptions.ValidationError",
    "fondaco.errors.DatabaseExists": "odoo.service.db.DatabaseExists",
    "fondaco.rpc.master.TooManyGuesses": "odoo.exceptions.AccessDenied",
}


def public_name(error: BaseException | type[BaseException]) -> str:
    """Return the dotted class name a client sees, e.g. 'odoo.exceptions.UserError' or 'builtins.TypeError'."""
    kind = error if isinstance(error, type) else type(error)
    module = kind.__module__
    if f"{module}.{kind.__name__}" in _PUBLIC_NAMES:
        return _PUBLIC_NAMES[f"{module}.{kind.__name__}"]
    for own, public in _PUBLIC_MODULES.items():
        if module == own:
            module = public
        elif module.startswith(own + "."):
            module = public + (module[len(own) :] if own == "psycopg" else "")
    return f"{module}.{kind.__name__}"
