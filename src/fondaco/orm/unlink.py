"""How do records go, and what goes with them?"""

from __future__ import annotations

from typing import Any

from fondaco.orm.constraints import translate_integrity_error
from fondaco.orm.recordset import Recordset
from fondaco.sql.fragment import SQL

DELETE_BATCH = 1000


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
        with env.norecompute():
            self.modified(list(self._fields), before=True)
        if real:
            real._delete_rows()
        for field in self._fields.values():
            env.remove_to_compute(field, self)
        # values of other records may name these: what the database cascaded to is not known here
        _forget(self)
        return True

    def _delete_rows(self) -> None:
        env, cr = self.env, self.env.cr
        env.flush_all()
        data = env["ir.model.data"].sudo().with_context({})
        attachments = env["ir.attachment"].sudo()
        to_drop = attachments.browse()
        rows_of_data = data.browse()
        ids = self.ids
        for start in range(0, len(ids), DELETE_BATCH):
            part = ids[start : start + DELETE_BATCH]
            if self._name != "ir.model.data":
                rows = cr.fetch(
                    SQL("SELECT id FROM ir_model_data WHERE model = %s AND res_id = ANY(%s)", self._name, part)
                )
                rows_of_data |= data.browse(tuple(row[0] for row in rows))
            if self._name != "ir.attachment":
                rows = cr.fetch(
                    SQL("SELECT id FROM ir_attachment WHERE res_model = %s AND res_id = ANY(%s)", self._name, part)
                )
                to_drop |= attachments.browse(tuple(row[0] for row in rows))
            with translate_integrity_error(self):
                cr.run(SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(self._table), part))
        if rows_of_data:
            rows_of_data.unlink()
        if to_drop:
            to_drop.unlink()
        if self.pool.many2one_company_dependents.get(self._name):
            env["ir.default"].sudo().discard_records(self)


def _forget(records: Any) -> None:
    """Drop from the cache the deleted records and every relation that may still name them."""
    env = records.env
    ids = set(records._ids)
    cache = env.cache
    for field in list(cache.plain) + list(cache.by_context):
        if field.model_name == records._name:
            cache.undirty(field, ids)
            cache.forget(field, ids)
        elif field.relational and field not in cache.dirty:
            cache.forget(field)
    unborn = env.transaction.unborn.get(records._name)
    if unborn:
        for id_ in ids:
            unborn.pop(id_, None)
    if any(ids) and not cache.dirty and not env.transaction.stale:
        cache.invalidate()  # the database may have cascaded to any table
