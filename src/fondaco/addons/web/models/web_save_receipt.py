"""Which saves have been carried out already: a form whose answer was lost saves again, and nothing is done twice.

A client names each save by a key of its own and repeats the key until an answer comes. The receipt is written in the
transaction of the save: it is there exactly when the save is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from fondaco.addon import api, fields, models
from fondaco.errors import AccessError, FondacoError, MissingError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL

KEPT = timedelta(days=2)
LONGEST_KEY = 64
X2MANY = ("one2many", "many2many")
COMPARED = frozenset((
    "char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime", "selection", "many2one",
    "reference",
))  # fmt: skip
CREATE, UPDATE, DELETE = 0, 1, 2


class WebSaveReceipt(models.Model):
    _name = "web.save.receipt"
    _description = "Save Receipt"
    _log_access = False
    _sql_constraints = [("key_uniq", "UNIQUE (user_id, key)", "A save is carried out once.")]

    user_id = fields.Many2one("res.users", string="User", required=True, ondelete="cascade")
    key = fields.Char(required=True)
    made = fields.Datetime(required=True, index="btree")
    res_id = fields.Integer(string="Record")
    written = fields.Json(help="By field, digests of the value sent and of what the record held then.")
    lines = fields.Json(string="Lines made, by the client's names")

    @api.autovacuum
    def _gc_receipts(self):
        if self._has_place():
            self.sudo().search([("made", "<", fields.Datetime.now() - KEPT)]).unlink()

    @api.model
    @ormcache(cache="stable")
    def _has_place(self) -> bool:
        """Whether the database has all columns of receipts. One that is not upgraded yet has not: saves go without."""
        columns = SQL(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(%s)) AND NOT attisdropped",
            self._table,
        )
        found = {name for (name,) in self.env.execute_query(columns)}
        has_place = all(name in found for name, field in self._fields.items() if field.store and field.column_type)
        if not has_place:
            self.env["ir.module.module"]._tell_of_earlier_code()
        return has_place

    @api.model
    def _claim(self, model: str, key: object) -> tuple[WebSaveReceipt, bool]:
        """The receipt of this key of the user, and whether it was there before; without a usable key none."""
        if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not self._has_place():
            return self.sudo().browse(), False
        key = f"{model} {key}"
        # waits for a save of the same key that is still under way
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO %s (user_id, key, made) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
                SQL.identifier(self._table), self.env.uid, key, fields.Datetime.now(),
            )
        )  # fmt: skip
        if rows:
            return self.sudo().browse(rows[0][0]), False
        return self.sudo().search([("user_id", "=", self.env.uid), ("key", "=", key)]), True

    def _fill(
        self, record: models.BaseModel, vals: dict[str, Any], done: Iterable[str], before: dict[str, set[int]]
    ) -> None:
        """Note what a save did: `done`, the fields it wrote; `before`, the lines there were, by field."""
        try:
            lines, held = self._lines_made(record, vals, before), held_by(record, done)
        except (AccessError, MissingError):
            # The save took the record out of the user's sight, or away: it stands, and what was sent is known.
            lines, held = self.lines or {}, {}
        written = {name: [self._digest(vals[name]), self._digest(held.get(name))] for name in done}
        self.write({"res_id": record.id, "written": {**(self.written or {}), **written}, "lines": lines})

    def _digest(self, value: object) -> str:
        """What stands for a value. Where fields are encrypted, who has the database alone cannot find it by trying."""
        content = json.dumps(value, sort_keys=True, default=str).encode()
        try:
            return self.pool.vault.digest(content) if self.pool.vault else hashlib.sha256(content).hexdigest()
        except FondacoError:  # the keys are away: no value of an encrypted field was written, or can be held
            return hashlib.sha256(content).hexdigest()

    def _lines_made(
        self, record: models.BaseModel, vals: dict[str, Any], before: dict[str, set[int]]
    ) -> dict[str, dict[str, int]]:
        """By field: the client's names of the lines made so far, with their ids."""
        lines = {name: dict(made) for name, made in (self.lines or {}).items()}
        for name, known in before.items():
            made = lines.setdefault(name, {})
            wanted = [command[1] for command in vals[name] if command[0] == CREATE and isinstance(command[1], str)]
            new = (client_name for client_name in wanted if client_name not in made)
            made.update(zip(new, sorted(set(record[name].ids) - known), strict=False))
        return lines

    def _remaining(self, record: models.BaseModel, vals: dict[str, Any]) -> dict[str, Any]:
        """What of `vals` is still to be done: what was sent before is not; lines made then are changed."""
        return {
            name: self._remaining_commands(record, name, value) if _has_commands(record, name, value) else value
            for name, value in vals.items()
            if self._sent(name) != self._digest(value)
        }

    def _sent(self, name: str) -> str:
        return (self.written or {}).get(name, [""])[0]

    def _left(self, name: str, value: object) -> bool:
        """Whether this is what the save left in a field."""
        return (self.written or {}).get(name, ["", ""])[1] == self._digest(value)

    def _remaining_commands(self, record: models.BaseModel, name: str, commands: list[Any]) -> list[Any]:
        made = (self.lines or {}).get(name, {})
        there = set(record[name].ids)
        remaining = []
        for command in commands:
            if command[0] == CREATE and command[1] in made:
                remaining.append((UPDATE, made[command[1]], command[2]))
            elif command[0] != DELETE or command[1] in there:
                remaining.append(command)
        gone = set(made) - {command[1] for command in commands if command[0] == CREATE}
        return remaining + [(DELETE, made[client_name], 0) for client_name in gone if made[client_name] in there]


def _has_commands(record: models.BaseModel, name: str, value: object) -> bool:
    return isinstance(value, list) and name in record._fields and record._fields[name].type in X2MANY


def lines_before(record: models.BaseModel, vals: dict[str, Any]) -> dict[str, set[int]]:
    """The lines a record has in the fields that `vals` changes by commands."""
    return {name: set(record[name].ids) for name, value in vals.items() if _has_commands(record, name, value)}


def held_by(record: models.BaseModel, names: Iterable[str]) -> dict[str, Any]:
    """What a record holds in those of the fields that two people can be at odds about, as the client reads it; nothing
    when it is gone."""
    kinds = {name: record._fields[name].type for name in names if name in record._fields}
    compared = [name for name, kind in kinds.items() if kind in COMPARED]
    rows = record.web_read({name: {} for name in compared})
    return {name: _sent(held[name]) for held in rows for name in compared}


def _sent(value: Any) -> Any:
    """A value as an answer has it: the client knows days and moments as texts."""
    if isinstance(value, datetime):
        return fields.Datetime.to_string(value)
    return fields.Date.to_string(value) if isinstance(value, date) else value
