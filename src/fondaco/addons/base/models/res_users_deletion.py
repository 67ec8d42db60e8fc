"""Which portal users asked to be deleted; a job does it, since it may take long."""

from __future__ import annotations

import logging

import psycopg

from fondaco.addon import api, fields, models
from fondaco.errors import UserError

_logger = logging.getLogger(__name__)


class ResUsersDeletion(models.Model):
    _name = "res.users.deletion"
    _description = "Users Deletion Request"
    _rec_name = "user_id"

    user_id = fields.Many2one("res.users", string="User")
    user_id_int = fields.Integer(string="User Id", compute="_compute_user_id_int", store=True)
    state = fields.Selection(
        selection=[
            ("todo", "To Do"),
            ("done", "Done"),
            ("fail", "Failed"),
        ],
        string="State",
        required=True,
        copy=False,
        default="todo",
    )

    @api.depends("user_id")
    def _compute_user_id_int(self):
        for request in self:
            if request.user_id:
                request.user_id_int = request.user_id.id

    @api.model
    def _gc_portal_users(self, batch_size=50):
        """Delete the users of open requests, each in its own transaction, then their contacts if nothing needs them."""
        todo = self.search([("state", "=", "todo")])
        todo.filtered(lambda request: not request.user_id).write({"state": "done"})
        for request in todo.filtered("user_id")[:batch_size]:
            request._delete_user()
            self.env.cr.commit()
        if len(todo) > batch_size:
            self.env.ref("base.ir_cron_res_users_deletion")._trigger()

    def _delete_user(self):
        user, partner = self.user_id, self.user_id.partner_id
        name, asked_by = user.name, self.create_uid.name
        try:
            with self.env.cr.savepoint():
                user.unlink()
                self.env.flush_all()
        except (UserError, psycopg.Error) as error:
            _logger.error("portal user not deleted user=%s asked_by=%s error=%s", name, asked_by, error)
            self.state = "fail"
            return
        _logger.info("portal user deleted user=%s asked_by=%s", name, asked_by)
        self.state = "done"
        try:
            with self.env.cr.savepoint():
                partner.unlink()
                self.env.flush_all()
        except (UserError, psycopg.Error) as error:
            _logger.warning("contact of a deleted user kept partner=%s error=%s", partner.id, error)
