"""What does a broken constraint of a table mean for whoever saved or deleted something?

The sentences are the addon base's, which can be translated: `_told` of `ir.model.constraint`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fondaco.errors import ValidationError

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment

WORDS = "ir.model.constraint"


def explain_integrity_error(env: Environment, error: Any) -> ValidationError:
    """A sentence for a broken constraint of a table; `env` is of the user, after the rollback."""
    diag = error.diag
    model = next(
        (env[name] for name, cls in env.registry.models.items() if cls._table == diag.table_name and not cls._abstract),
        None,
    )
    rules = () if model is None else model._sql_constraints
    named = next((row for row in rules if _is_named(model, row, diag)), None)
    if named is not None and callable(named[2]):
        return ValidationError(named[2](model, env, error))
    if WORDS in env.registry.models:
        return ValidationError(env[WORDS]._told(model, error, named[2] if named else ""))
    return ValidationError(named[2] if named else diag.message_primary or str(error))


def _is_named(model: Any, row: tuple[Any, ...], diag: Any) -> bool:
    return bool(diag.constraint_name == f"{model._table}_{row[0]}")
