"""What a user set up for himself alone."""

from __future__ import annotations

from psycopg.errors import SerializationFailure, UniqueViolation

from fondaco.addon import api, fields, models
from fondaco.registry.ormcache import ormcache


class ResUsersSettings(models.Model):
    _name = "res.users.settings"
    _description = "User Settings"
    _rec_name = "user_id"
    _sql_constraints = [
        ("unique_user_id", "UNIQUE(user_id)", "A user has only one settings record."),
    ]

    user_id = fields.Many2one("res.users", string="User", readonly=True, required=True, ondelete="cascade")

    @api.model
    def _get_fields_blacklist(self):
        """Names of the fields that clients do not need."""
        return []

    @api.model
    def _find_or_create_for_user(self, user):
        """The settings of a user, made when he has none."""
        if id_ := self._id_for_user(user.id):
            settings = self.sudo().browse(id_)
            self.env.cache.insert_missing(settings, self._fields["user_id"], [user.id])
            return settings
        try:
            with self.env.cr.savepoint():
                return self.sudo().create({"user_id": user.id})
        except UniqueViolation as error:
            # Another log-in of this user has just made them. This transaction cannot see that; its repetition will.
            raise SerializationFailure from error

    @ormcache("uid")
    def _id_for_user(self, uid):
        """Id of the settings of a user; None if he has none yet."""
        return self.sudo().search([("user_id", "=", uid)]).id or None

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _res_users_settings_format(self, fields_to_format=None):
        """Values for a client."""
        self.ensure_one()
        hidden = {"create_uid", "create_date", "write_uid", "write_date", "display_name", *self._get_fields_blacklist()}
        names = fields_to_format or [name for name in self._fields if name not in hidden]
        return self._format_settings(names)

    def _format_settings(self, fields_to_format):
        names = [name for name in fields_to_format if name not in ("id", "user_id")]
        values = self._read_format(fnames=names)[0] if names else {"id": self.id}
        if "user_id" in fields_to_format:
            values["user_id"] = {"id": self.user_id.id}
        return values

    def set_res_users_settings(self, new_settings):
        """Write what differs; the changed values for the client."""
        self.ensure_one()
        changed = {
            name: value
            for name, value in new_settings.items()
            if name in self._fields and self._fields[name].convert_to_write(self[name], self) != value
        }
        if changed:
            self.write(changed)
        return self._res_users_settings_format([*changed, "id"])
