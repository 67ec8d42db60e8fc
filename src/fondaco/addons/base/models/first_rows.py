"""Which rows must exist before any record can be written: the system user, its company and currency, the group of internal users."""

from __future__ import annotations

from fondaco.addon import models
from fondaco.sql.fragment import SQL

FIRST = (
    ("res_currency", {"id": 1, "name": "USD", "symbol": "$"}, "USD"),
    ("res_partner", {"id": 1, "name": "My Company", "type": "contact", "active": True, "is_company": True}, "main_partner"),
    ("res_company", {"id": 1, "name": "My Company", "partner_id": 1, "currency_id": 1, "active": True, "sequence": 0}, "main_company"),
    ("res_partner", {"id": 2, "name": "System", "type": "contact", "active": False, "company_id": 1}, "partner_root"),
    ("res_users", {"id": 1, "login": "__system__", "active": False, "partner_id": 2, "company_id": 1}, "user_root"),
    ("res_groups", {"id": 1, "name": '{"en_US": "User types / Internal User"}'}, "group_user"),
)
PAIRS = (("res_company_users_rel", "cid", "user_id"), ("res_groups_users_rel", "gid", "uid"))


class FirstRows(models.Model):
    _inherit = "res.users"

    def _insert_first_rows(self):
        """Insert them into empty tables; data files complete them afterwards."""
        cr = self.env.cr
        if cr.fetch(SQL("SELECT 1 FROM res_users LIMIT 1")):
            return
        for table, values, xmlid in FIRST:
            columns = SQL(", ").join(map(SQL.identifier, values))
            cr.execute(SQL("INSERT INTO %s (%s) VALUES %s", SQL.identifier(table), columns, tuple(values.values())))
            cr.execute(
                SQL(
                    "INSERT INTO ir_model_data (module, name, model, res_id, noupdate) VALUES ('base', %s, %s, %s, %s)",
                    xmlid, table.replace("_", "."), values["id"], True,
                )
            )  # fmt: skip
        for table, one, two in PAIRS:
            cr.execute(SQL("INSERT INTO %s (%s, %s) VALUES (1, 1)", SQL.identifier(table), SQL.identifier(one), SQL.identifier(two)))
        for table in dict.fromkeys(table for table, _values, _xmlid in FIRST):
            cr.execute(SQL("SELECT setval(%s, (SELECT max(id) FROM %s))", f"{table}_id_seq", SQL.identifier(table)))
