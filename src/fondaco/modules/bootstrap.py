"""The rows that everything else refers to: a currency, a partner, a company and the user in whose name data is loaded.

They are put in as soon as there are tables, since every row names its author (`create_uid`) and the author needs a
company; the data files of base then say what they are, by the same xmlids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fondaco.data import xmlid as xmlids
from fondaco.data.xmlid import Naming
from fondaco.orm.fields.base import DEFAULT
from fondaco.sql.fragment import SQL


@dataclass(frozen=True, slots=True)
class FirstRow:
    """A row with id 1 or 2 of a new database, with values for what no default gives."""

    xmlid: str
    model: str
    id: int
    values: Mapping[str, Any]


# Each needs only those before it. What describes models names the module they come from.
FIRST_ROWS = (
    FirstRow("base.module_base", "ir.module.module", 1, {"name": "base", "state": "uninstalled"}),
    FirstRow("base.USD", "res.currency", 1, {"name": "USD", "symbol": "$"}),
    FirstRow("base.main_partner", "res.partner", 1, {"name": "My Company", "is_company": True}),
    FirstRow("base.main_company", "res.company", 1, {"name": "My Company", "partner_id": 1, "currency_id": 1}),
    FirstRow("base.partner_root", "res.partner", 2, {"name": "System", "active": False}),
    FirstRow(
        "base.user_root", "res.users", 1, {"login": "__system__", "partner_id": 2, "company_id": 1, "active": False}
    ),
    FirstRow("base.group_user", "res.groups", 1, {"name": '{"en_US": "Internal User"}'}),
)

# Fields of user 1 that hold the first record of their model.
FIRST_LINKS = ("company_ids", "groups_id")
UNIQUE_XMLIDS = "CREATE UNIQUE INDEX IF NOT EXISTS ir_model_data_module_name_uniq_index ON ir_model_data (module, name)"


def insert(env: Any) -> None:
    """Put the rows into empty tables; make the index by which xmlids are unique."""
    env.cr.execute(UNIQUE_XMLIDS)
    for row in FIRST_ROWS:
        fields = env[row.model]._fields
        columns_of = {name: field for name, field in fields.items() if field.store and field.column_type}
        values = {name: value for name, value in row.values.items() if name in columns_of}
        for name, field in columns_of.items():
            constant = field.default_constant
            if name not in values and (field.required or name == "active") and constant is not DEFAULT:
                values[name] = constant
        table = SQL.identifier(env[row.model]._table)
        columns = SQL(", ").join(SQL.identifier(name) for name in ("id", *values))
        marks = SQL(", ").join(SQL("%s", value) for value in (row.id, *values.values()))
        env.cr.execute(SQL("INSERT INTO %s (%s) VALUES (%s)", table, columns, marks))
        env.cr.execute(
            SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM %s", env[row.model]._table, table)
        )
    users = env["res.users"]._fields
    for field in (users[name] for name in FIRST_LINKS if name in users):
        table, user, other = (SQL.identifier(name) for name in (field.relation, field.column1, field.column2))
        env.cr.execute(SQL("INSERT INTO %s (%s, %s) VALUES (1, 1) ON CONFLICT DO NOTHING", table, user, other))


def complete(env: Any) -> None:
    """Name the rows, give them the defaults they lack, and compute what is computed."""
    xmlids.remember(env.cr, [Naming(row.xmlid, row.model, row.id, True) for row in FIRST_ROWS])
    for row in FIRST_ROWS:
        record = env[row.model].browse(row.id)
        missing = [
            name
            for name, field in record._fields.items()
            if field.store and field.column_type and field.default is not None and name not in row.values
        ]
        record.write(record.default_get(missing))
        for field in record._fields.values():
            if field.store and field.compute and not field.inherited:
                env.add_to_compute(field, record)
    env.flush_all()
    for row in FIRST_ROWS:
        if "create_date" in env[row.model]._fields:
            table = SQL.identifier(env[row.model]._table)
            env.cr.execute(SQL("UPDATE %s SET create_uid = 1, create_date = write_date WHERE id = %s", table, row.id))
    env.invalidate_all()
