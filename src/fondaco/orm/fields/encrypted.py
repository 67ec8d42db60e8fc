"""Text fields whose column holds ciphertext: `fields.Char(encrypted=True)`, `fields.Text(encrypted=True)`.

Records, forms, exports and RPC have the text; the table, and all that reads it past the models, has bytes that the keys
of the server open. The cache holds text, so nothing else in the house knows of it. A value that does not open lies in
the cache as `Unreadable`: the record can be used, and an error is raised by who asks for this field.

What the database would have to see is refused: order, groups, aggregates, `like`, `<`. Equality asks the blind index.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import ConfigError, FieldError, UserError
from fondaco.orm.fields.base import Field
from fondaco.orm.fields.textual import Char, Text
from fondaco.security.sealing import INDEX_SIZE, SealError
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.identity import Id
    from fondaco.orm.recordset import Recordset
    from fondaco.orm.vault import Box, Vault

_logger = logging.getLogger(__name__)

ROW_SIZE = 4
"""Bytes of an id as PostgreSQL sends it."""
EXCLUDING = ("translate", "company_dependent", "sparse")


class Unreadable:
    """Stands in the cache for a value that does not open, and keeps the reason."""

    __slots__ = ("error",)

    def __init__(self, error: ConfigError | SealError) -> None:
        self.error = error

    def __repr__(self) -> str:
        return f"<Unreadable {self.error}>"


class _Encrypted(Field[str]):
    """What the encrypted fields share. Comes before Char or Text among the bases."""

    closed_to_code: ClassVar[frozenset[str]] = frozenset({"box"})
    column_type = ("bytea", "bytea")
    encrypted = True
    _pool: Any = None

    def bound(self, model: Any) -> None:
        super().bound(model)
        self.encrypted = True  # as the column is, whatever the last definition wants

    @property
    def shall_be_plain(self) -> bool:
        """Whether no definition asks for encryption any more; the end of an upgrade decrypts the column."""
        return not self.args.get("encrypted")

    def prepare(self, model: Recordset) -> None:
        super().prepare(model)
        self._pool = model.pool
        if not model._abstract:
            model.pool.encrypted_fields.append(self)
        if not self.store:
            raise FieldError(f"{self}: encrypted=True, but the field is not stored; encrypt the one that is")
        for attribute in EXCLUDING:
            if getattr(self, attribute):
                raise FieldError(f"{self}: a field that is {attribute} cannot be encrypted")

    def box(self) -> Box:
        """What seals the column. ConfigError where the database is not there yet."""
        pool = self._pool
        vault: Vault | None = pool.vault
        found = vault.box(pool.models[self.model_name]._table, self.name) if vault is not None else None
        if found is None:
            raise ConfigError(
                f"{self} is encrypted by {self._encrypting_module()}, its column is not yet; upgrade that module: "
                f"fondaco module upgrade -d {pool.db_name} {self._encrypting_module()}"
            )
        return found

    def _encrypting_module(self) -> str:
        return self._modules[-1] if self._modules else ""

    # -- to and from the table -----------------------------------------------------------------------------------------
    def sealed_term(self, alias: str, column: SQL) -> SQL:
        """The column as it is read: behind the id of its row, which it is bound to."""
        try:
            self.box()
        except ConfigError as error:
            raise UserError(str(error)) from error
        return SQL("int4send(%s) || %s", SQL.identifier(alias, "id"), column)

    def from_column(self, value: Any) -> Any:
        if value is None:
            return None
        sealed = bytes(value)
        try:
            return self.box().open(sealed[ROW_SIZE:], int.from_bytes(sealed[:ROW_SIZE], "big", signed=True))
        except (ConfigError, SealError) as error:
            return Unreadable(error)

    def to_columns(self, values: Mapping[Id, Any], ids: Sequence[Any], env: Environment) -> list[Any]:
        try:
            box = self.box()
            return [
                None if (value := values.get(id_)) is None else box.seal(self._text(env, value, id_), id_)
                for id_ in ids
            ]
        except (ConfigError, SealError) as error:
            raise self._told(env, env._("%s cannot be encrypted", self), error) from error

    def to_column(self, value: Any, env: Environment) -> Any:
        if value is None:
            return None
        raise ValueError(f"{self} is encrypted: a value is bound to its row; write it with `write` or `create`")

    def index_of(self, env: Environment, value: Any) -> bytes:
        """What the blind index has for a value."""
        try:
            return self.box().index(value)
        except (ConfigError, SealError) as error:
            raise self._told(env, env._("%s cannot be searched", self), error) from error

    # -- what records answer -------------------------------------------------------------------------------------------
    def _text(self, env: Environment, value: Any, id_: object) -> str:
        if isinstance(value, Unreadable):
            _ = env._
            raise self._told(
                env,
                _("%(field)s of record %(record)s cannot be decrypted", field=self, record=id_)
                if id_
                else _("%s cannot be decrypted", self),
                value.error,
            )
        return str(value)

    def _told(self, env: Environment, what: str, error: ConfigError | SealError) -> UserError:
        """What people are told; where the keys are looked for is for the operator."""
        if isinstance(error, SealError):
            return UserError(f"{what}: {env._(str(error))}.")
        _logger.warning("%s: %s", what, error)
        reason = env._("the server does not have the key. Its log says what is missing.")
        return UserError(f"{what}: {reason}")

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        return value if isinstance(value, Unreadable) else super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value: Any, record: Recordset) -> Any:
        return False if value is None else self._text(record.env, value, record._ids[0] if record._ids else None)

    def read_column(self, records: Recordset) -> list[Any] | None:
        column = records.env.columns[self]
        return [
            False if (value := column[id_]) is None else self._text(records.env, value, id_) for id_ in records._ids
        ]


class EncryptedChar(_Encrypted, Char):
    """One line of text under encryption."""

    column_type = _Encrypted.column_type


class EncryptedText(_Encrypted, Text):
    """Several lines of text under encryption."""

    column_type = _Encrypted.column_type


VARIANTS: Mapping[type[Field[Any]], type[Field[Any]]] = {Char: EncryptedChar, Text: EncryptedText}
PLAIN = {variant: kind for kind, variant in VARIANTS.items()}


def type_bound(kind: type[Field[Any]], args: Mapping[str, Any], *, is_sealed: bool) -> type[Field[Any]]:
    """The type of a field with these arguments: `kind`, or its encrypted variant where that is asked for, or where the
    column is encrypted still."""
    kind = PLAIN.get(kind, kind)  # a field that is inherited is no column itself
    if args.get("encrypted"):
        if kind not in VARIANTS:
            raise FieldError(f"encrypted=True is for Char and Text, found {kind.__name__} ({args.get('string')!r})")
        return VARIANTS[kind]
    is_stored = args.get("store", not (args.get("compute") or args.get("related")))
    if is_sealed and is_stored and kind in VARIANTS and not any(args.get(name) for name in EXCLUDING):
        return VARIANTS[kind]
    return kind


def index_expression(column: SQL) -> SQL:
    """The blind index within a sealed column."""
    return SQL("substr(%s, 1, %s)", column, SQL(str(INDEX_SIZE)))
