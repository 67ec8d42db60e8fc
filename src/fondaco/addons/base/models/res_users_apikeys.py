"""Which API keys stand in for a user's password in RPC."""

from __future__ import annotations

import binascii
import datetime
import logging
import os

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessError, UserError
from fondaco.log import LOGINS, one_word
from fondaco.security.credentials import CryptContext
from fondaco.sql.fragment import SQL

from .res_users_identity import check_identity
from .res_users_login import source_address

_logger = logging.getLogger(LOGINS)
KEY_BYTES = 20
# The first characters of a key are kept in the open, to find the row.
INDEX_LENGTH = 8
# The key is random, so it needs no slow hash.
HASHING = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=6000)
LONGEST_DAYS = 3650


class APIKeys(models.Model):
    _name = "res.users.apikeys"
    _description = "Users API Keys"
    _auto = False

    name = fields.Char(string="Description", readonly=True, required=True)
    user_id = fields.Many2one("res.users", string="User", readonly=True, required=True, index=True, ondelete="cascade")
    scope = fields.Char(string="Scope", readonly=True)
    create_date = fields.Datetime(string="Creation Date", readonly=True)
    expiration_date = fields.Datetime(string="Expiration Date", readonly=True)

    _allow_sudo_commands = False

    def init(self):
        table = SQL.identifier(self._table)
        self.env.cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS %s (
                    id serial PRIMARY KEY,
                    name varchar NOT NULL,
                    user_id integer NOT NULL REFERENCES res_users(id) ON DELETE CASCADE,
                    scope varchar,
                    expiration_date timestamp without time zone,
                    index varchar(%s) NOT NULL CHECK (char_length(index) = %s),
                    key varchar NOT NULL,
                    create_date timestamp without time zone DEFAULT (now() AT TIME ZONE 'utc')
                )
                """,
                table,
                SQL(str(INDEX_LENGTH)),
                SQL(str(INDEX_LENGTH)),
            )
        )
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS %s ON %s (user_id, index)",
                SQL.identifier(f"{self._table}_user_id_index_idx"),
                table,
            )
        )

    @check_identity
    def remove(self):
        return self._remove()

    def _remove(self):
        """Delete keys: one's own, or anybody's as an administrator."""
        if not self:
            return {"type": "ir.actions.act_window_close"}
        if self.user_id - self.env.user and not self.env.is_system():
            raise AccessError(_("Only administrators remove the keys of others."))
        _logger.info(
            "api keys removed ids=%s scopes=%s by=%s uid=%s from=%s",
            self.ids,
            self.mapped("scope"),
            one_word(self.env.user.login),
            self.env.uid,
            source_address(),
        )
        self.sudo().unlink()
        self.env.registry.clear_cache("default", "users")  # each process remembers which keys are right
        return {"type": "ir.actions.act_window_close"}

    def _check_credentials(self, *, scope, key):
        """Id of the user whose key of this scope it is, None if it is nobody's."""
        assert scope and key, "scope and key required"
        rows = self.env.execute_query(
            SQL(
                """
                SELECT k.user_id, k.key
                  FROM %s k
                  JOIN res_users u ON u.id = k.user_id
                 WHERE u.active AND k.index = %s AND (k.scope IS NULL OR k.scope = %s)
                   AND (k.expiration_date IS NULL OR k.expiration_date >= now() AT TIME ZONE 'utc')
                """,
                SQL.identifier(self._table),
                key[:INDEX_LENGTH],
                scope,
            )
        )
        return next((user_id for user_id, stored in rows if HASHING.verify(key, stored)), None)

    def _check_expiration_date(self, date):
        if self.env.is_system():
            return
        if not date:
            raise UserError(_("Say how long the key lasts."))
        longest = max(group.api_key_duration for group in self.env.user.groups_id) or 1.0
        if date > datetime.datetime.now() + datetime.timedelta(days=longest):
            raise UserError(_("Your keys last %(duration)s days at most.", duration=longest))

    def _generate(self, scope, name, expiration_date):
        """A new key of the user; it is shown once and never again."""
        self._check_expiration_date(expiration_date)
        key = binascii.hexlify(os.urandom(KEY_BYTES)).decode()
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (name, user_id, scope, expiration_date, key, index)"
                " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
                SQL.identifier(self._table),
                name,
                self.env.user.id,
                scope,
                expiration_date or None,
                HASHING.hash(key),
                key[:INDEX_LENGTH],
            )
        )
        _logger.info(
            "api key made scope=%s for=%s uid=%s from=%s",
            scope,
            one_word(self.env.user.login),
            self.env.uid,
            source_address(),
        )
        return key

    @api.autovacuum
    def _gc_user_apikeys(self):
        self.env.cr.execute(
            SQL("DELETE FROM %s WHERE expiration_date < now() AT TIME ZONE 'utc'", SQL.identifier(self._table))
        )


class APIKeyDescription(models.TransientModel):
    _name = "res.users.apikeys.description"
    _description = "API Key Description"

    name = fields.Char(string="Description", required=True)
    duration = fields.Selection(
        selection="_selection_duration",
        string="Duration",
        required=True,
        default=lambda self: self._selection_duration()[0][0],
    )
    expiration_date = fields.Datetime(
        string="Expiration Date",
        compute="_compute_expiration_date",
        store=True,
        readonly=False,
    )

    def _selection_duration(self):
        """How long a key may last: what the user's groups allow; administrators may choose forever."""
        choices = [
            ("1", _("A day")),
            ("7", _("A week")),
            ("30", _("A month")),
            ("90", _("Three months")),
            ("180", _("Half a year")),
            ("365", _("A year")),
        ]
        if self.env.is_system():
            return [*choices, ("0", _("Until it is removed")), ("-1", _("Until a day"))]
        longest = max((group.api_key_duration for group in self.env.user.groups_id), default=0) or 1.0
        return [*((days, label) for days, label in choices if int(days) <= longest), ("-1", _("Until a day"))]

    @api.depends("duration")
    def _compute_expiration_date(self):
        for wizard in self:
            days = int(wizard.duration or "0")
            if days >= 0:
                wizard.expiration_date = fields.Date.today() + datetime.timedelta(days=days) if days else None

    @api.onchange("expiration_date")
    def _onchange_expiration_date(self):
        try:
            self.env["res.users.apikeys"]._check_expiration_date(self.expiration_date)
        except UserError as error:
            return {
                "warning": {
                    "type": "notification",
                    "title": _("The key would last too long"),
                    "message": str(error),
                }
            }
        return None

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        for wizard in wizards:
            self.env["res.users.apikeys"]._check_expiration_date(wizard.expiration_date)
        return wizards

    @check_identity
    def make_key(self):
        """Make the key and show it."""
        self.check_access_make_key()
        description = self.sudo()
        key = self.env["res.users.apikeys"]._generate(None, description.name, self.expiration_date)
        description.unlink()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.show",
            "name": _("Your API key"),
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key},
        }

    def check_access_make_key(self):
        if not self.env.user._is_internal():
            raise AccessError(_("Only internal users may have API keys."))


class APIKeyShow(models.AbstractModel):
    _name = "res.users.apikeys.show"
    _description = "Show API Key"

    id = fields.Integer(string="ID", readonly=True)
    key = fields.Char(string="Key", readonly=True)
