"""Which passwords did a user have, and since when has he the one of now? Only hashes are kept."""

from __future__ import annotations

from fondaco.addon import api, fields, models

from .res_users import LONGEST_HISTORY


class UsersPassword(models.Model):
    _name = "res.users.password"
    _description = "Former Passwords"
    _order = "id desc"

    user_id = fields.Many2one("res.users", string="User", required=True, index=True, ondelete="cascade")
    hashed = fields.Char(string="Hash", required=True, groups=".")

    def init(self):
        """Passwords that were there before the policy count from now on."""
        self.env.cr.execute(
            """
            INSERT INTO res_users_password (user_id, hashed, create_date)
            SELECT id, password, now() AT TIME ZONE 'UTC'
              FROM res_users
             WHERE coalesce(password, '') != '' AND id NOT IN (SELECT user_id FROM res_users_password)
            """
        )

    @api.model
    def _note(self, user):
        """The user has another password now."""
        return self.create({"user_id": user.id, "hashed": self._current(user)})

    @api.model
    def _current(self, user):
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        ((hashed,),) = self.env.cr.fetchall()
        return hashed or "-"

    @api.model
    def _is_known(self, user, password, count):
        """Whether it is one of the last `count` passwords of the user."""
        former = self.search([("user_id", "=", user.id)], limit=count).mapped("hashed")
        context = user._crypt_context()
        # the one of now may have been hashed anew, or set by the command line
        return any(context.verify(password, hashed) for hashed in {self._current(user), *former})

    @api.model
    def _last_change(self, user):
        """When the user got the password of now; one that came from elsewhere counts from today on."""
        return (self.search([("user_id", "=", user.id)], limit=1) or self._note(user)).create_date

    @api.autovacuum
    def _gc_former_passwords(self):
        self.env.cr.execute(
            """
            DELETE FROM res_users_password
             WHERE id IN (SELECT id
                            FROM (SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY id DESC) AS place
                                    FROM res_users_password) AS known
                           WHERE place > %s)
            """,
            [LONGEST_HISTORY],
        )
