"""What value a parameter of the database has."""

from __future__ import annotations

import logging
import uuid

from fondaco.addon import _, api, fields, models
from fondaco.errors import ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(__name__)
# Made when the database is: key -> value of a new database.
INITIAL = {
    "database.secret": lambda env: str(uuid.uuid4()),
    "database.uuid": lambda env: str(uuid.uuid1()),
    "database.create_date": lambda env: env.cr.now().strftime("%Y-%m-%d %H:%M:%S"),
    "web.base.url": lambda env: f"http://localhost:{env.registry.config.get('http_port') or 8069}",
    "base.login_cooldown_after": lambda env: "10",
    "base.login_cooldown_duration": lambda env: "60",
}
NOT_RENAMED = frozenset(INITIAL) - {"base.login_cooldown_after", "base.login_cooldown_duration"}


class IrConfigParameter(models.Model):
    _name = "ir.config_parameter"
    _description = "System Parameter"
    _order = "key"
    _rec_name = "key"
    _sql_constraints = [
        ("key_uniq", "unique (key)", "There is a parameter with this key: change that one."),
    ]

    key = fields.Char(string="Key", required=True)
    value = fields.Text(string="Value", required=True)

    _allow_sudo_commands = False

    def init(self, force=False):
        """Give a new database its parameters; with `force`, give it new ones."""
        self = self.with_context(prefetch_fields=False).sudo()
        known = dict(
            self.env.execute_query(SQL("SELECT key, id FROM ir_config_parameter WHERE key = ANY(%s)", list(INITIAL)))
        )
        for key, value in INITIAL.items():
            if key not in known:
                self.env.cr.execute(
                    "INSERT INTO ir_config_parameter (key, value, create_date, write_date)"
                    " VALUES (%s, %s, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')",
                    (key, value(self.env)),
                )
            elif force:
                self.set_param(key, value(self.env))

    @api.model
    def get_param(self, key, default=False):
        """The value of a parameter, as text; `default` when there is none."""
        if not self.env.su:
            self.browse().check_access("read")
        return self._get_param(key) or default

    @api.model
    @ormcache("key")
    def _get_param(self, key):
        self.flush_model(["key", "value"])
        rows = self.env.execute_query(SQL("SELECT value FROM ir_config_parameter WHERE key = %s", key))
        return rows[0][0] if rows else None

    @api.model
    def set_param(self, key, value):
        """Set a parameter and answer its former value; False and None remove it."""
        row = self.search([("key", "=", key)])
        if not row:
            if value is not False and value is not None:
                self.create({"key": key, "value": str(value)})
            return False
        former = row.value
        if value is False or value is None:
            row.unlink()
        elif str(value) != former:
            row.write({"value": str(value)})
        return former

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if "key" in vals and any(row.key in NOT_RENAMED and row.key != vals["key"] for row in self):
            raise ValidationError(_("These parameters keep their names: %s", ", ".join(sorted(NOT_RENAMED))))
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def unlink_default_parameters(self):
        for row in self:
            if row.key in NOT_RENAMED:
                raise ValidationError(_("The parameter %s cannot be deleted.", row.key))
