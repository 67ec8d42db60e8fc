"""To how many digits a kind of number is kept."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL

DEFAULT_DIGITS = 2


class DecimalPrecision(models.Model):
    _name = "decimal.precision"
    _description = "Decimal Precision"
    _sql_constraints = [
        ("name_uniq", "unique (name)", "There is a precision of this name: change that one."),
    ]

    name = fields.Char(string="Usage", required=True)
    digits = fields.Integer(string="Digits", required=True, default=2)

    @api.model
    @ormcache("application")
    def precision_get(self, application):
        """Digits after the point for a usage; 2 for one nobody has defined."""
        self.flush_model(["name", "digits"])
        rows = self.env.execute_query(SQL("SELECT digits FROM decimal_precision WHERE name = %s", application))
        return rows[0][0] if rows else DEFAULT_DIGITS

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, data):
        done = super().write(data)
        self.env.registry.clear_cache()
        return done

    def unlink(self):
        done = super().unlink()
        self.env.registry.clear_cache()
        return done

    @api.onchange("digits")
    def _onchange_digits_warning(self):
        if self._origin.id and self.digits < self._origin.digits:
            return {
                "warning": {
                    "title": _("Digits of %s", self.name),
                    "message": _(
                        "Fewer digits for %s: numbers that are stored keep theirs.",
                        self.name,
                    ),
                }
            }
        return None
