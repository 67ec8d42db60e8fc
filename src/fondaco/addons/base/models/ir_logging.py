"""What was logged into the database: by server actions, and by the server where `log_db` says so."""

from __future__ import annotations

from fondaco.addon import fields, models
from fondaco.sql.fragment import SQL


class IrLogging(models.Model):
    _name = "ir.logging"
    _description = "Logging"
    _order = "id DESC"

    create_uid = fields.Integer(string="Created by", readonly=True)
    create_date = fields.Datetime(string="Created on", readonly=True)
    write_uid = fields.Integer(string="Last Updated by", readonly=True)
    write_date = fields.Datetime(string="Last Updated on", readonly=True)
    name = fields.Char(string="Name", required=True)
    type = fields.Selection(
        selection=[
            ("client", "Client"),
            ("server", "Server"),
        ],
        string="Type",
        required=True,
        index=True,
    )
    dbname = fields.Char(string="Database Name", index=True)
    level = fields.Char(string="Level", index=True)
    message = fields.Text(string="Message", required=True)
    path = fields.Char(string="Path", required=True)
    func = fields.Char(string="Function", required=True)
    line = fields.Char(string="Line", required=True)

    def init(self):
        """Log lines outlive the users who caused them."""
        self.env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT IF EXISTS ir_logging_write_uid_fkey",
                SQL.identifier(self._table),
            )
        )
