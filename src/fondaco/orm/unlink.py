"""How do records go, and what goes with them?"""

from __future__ import annotations

from typing import Any

from fondaco.errors import UserError
from fondaco.orm.constraints import translate_integrity_error
from fondaco.orm.fields.many2one import Many2one
from fondaco.orm.recordset import Recordset
from fondaco.sql.fragment import SQL, among

DELETE_BATCH = 1000
DELETE = """
    WITH gone AS (DELETE FROM %(table)s WHERE %(is_row)s)
    SELECT 'ir.model.data', id FROM ir_model_data WHERE model = %(model)s AND %(is_named)s
     UNION ALL
    SELECT 'ir.attachment', id FROM ir_attachment WHERE res_model = %(model)s AND %(is_named)s
"""
"""What belonged to the rows, as it was before they went."""


class Unlinking(Recordset):
    """Facet: unlink."""

    __slots__ = ()

    def unlink(self) -> bool:
        """Delete the records, their attachments, xmlids and company-dependent defaults."""
        if not self:
            return True
        env = self.env
        self.check_access("unlink")
        for check in self._ondelete_methods:
            if check._ondelete or not env.context.get("_force_unlink"):
                check(self)
        real = self.browse(tuple(id_ for id_ in self._ids if id_))
        if real:
            env.flush_all()
            for field in self.pool.many2one_company_dependents.get(self._name, ()):
                _release_by_company(real, field)
        # from here to the end nothing may be computed: what becomes stale must not see the records any more
        self.modified(list(self._fields), before=True)
        data, attachments = real._delete_rows()
        for field in [field for field in env.transaction.stale if field.model_name == self._name]:
            env.remove_to_compute(field, self)
        _forget(self)
        if data:
            data.unlink()
        if attachments:
            attachments.unlink()
        if real and self.pool.many2one_company_dependents.get(self._name):
            env["ir.default"].sudo().discard_records(real)
        return True

    def _delete_rows(self) -> tuple[Any, Any]:
        """Delete the rows; answers the xmlids and attachments that are to go as well."""
        env, cr = self.env, self.env.cr
        data = env["ir.model.data"].sudo().with_context({})
        attachments = env["ir.attachment"].sudo()
        found: dict[str, list[int]] = {data._name: [], attachments._name: []}
        ids = self.ids
        for start in range(0, len(ids), DELETE_BATCH):
            part = ids[start : start + DELETE_BATCH]
            with translate_integrity_error(self):
                is_row, is_named = (among(SQL.identifier(name), part) for name in ("id", "res_id"))
                statement = SQL(
                    DELETE, table=SQL.identifier(self._table), is_row=is_row, is_named=is_named, model=self._name
                )
                rows = cr.fetch(statement)
            for name, id_ in rows:
                if name != self._name:  # what is deleted here need not be deleted again
                    found[name].append(id_)
        return data.browse(found[data._name]), attachments.browse(found[attachments._name])


def _release_by_company(records: Recordset, field: Many2one) -> None:
    """Take `records` out of a relation kept by company, for which the database has no foreign key."""
    env = records.env
    table, column = SQL.identifier(env[field.model_name]._table), SQL.identifier(field.name)
    holds = SQL(
        "EXISTS (SELECT 1 FROM jsonb_each(%s) AS e(k, v) WHERE v = ANY(%s::text[]::jsonb[]))",
        column,
        list(map(str, records.ids)),
    )
    if field.ondelete == "restrict":
        if env.cr.fetch(SQL("SELECT 1 FROM %s WHERE %s LIMIT 1", table, holds)):
            raise UserError(
                env._(
                    "You cannot delete %(name)s: a record of “%(model)s” still names it as its “%(field)s”.",
                    name=", ".join(records.sudo().mapped("display_name")),
                    model=env[field.model_name]._description,
                    field=field.string,
                )
            )
        return
    env.cr.run(
        SQL(
            """
            UPDATE %(table)s
               SET %(column)s = (SELECT jsonb_object_agg(k, v)
                                   FROM jsonb_each(%(column)s) AS e(k, v)
                                  WHERE v <> ALL(%(ids)s::text[]::jsonb[]))
             WHERE %(holds)s
            """,
            table=table, column=column, ids=list(map(str, records.ids)), holds=holds,
        )
    )  # fmt: skip
    env.cache.forget(field)


def _forget(records: Any) -> None:
    """Drop from the cache the deleted records and every relation that may still name them."""
    env = records.env
    ids = set(records._ids)
    cache = env.cache
    for field in {*cache.plain, *cache.by_context, *cache.dirty}:
        if field.model_name == records._name:
            cache.undirty(field, ids)
            cache.forget(field, ids)
    unborn = env.transaction.unborn.get(records._name)
    if unborn:
        for id_ in ids:
            unborn.pop(id_, None)
    if any(ids):
        # the database may have cascaded to any table; values of unsaved records are in the cache only
        for field in [*cache.plain, *cache.by_context]:
            if field not in cache.dirty:
                for column in cache.columns(field):
                    if all(column):
                        column.clear()
                    else:
                        for id_ in list(filter(None, column)):
                            del column[id_]
    for field in [*cache.plain, *cache.by_context]:
        if field.comodel_name == records._name:
            for column in cache.columns(field):
                _forget_in(column, ids)


def _forget_in(column: dict[Any, Any], ids: set[Any]) -> None:
    """Take `ids` out of the values of a relation."""
    for owner, value in list(column.items()):
        if type(value) is tuple:
            if not ids.isdisjoint(value):
                column[owner] = tuple(other for other in value if other not in ids)
        elif value is not None and value in ids:
            column[owner] = None
