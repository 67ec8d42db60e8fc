"""Who may read or change a file: whoever may do so with the record it hangs on."""

from __future__ import annotations

from collections import defaultdict

from fondaco.addon import _, api, models
from fondaco.domain.polish import AND
from fondaco.errors import AccessError
from fondaco.sql.fragment import SQL


class IrAttachmentAccess(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def check(self, mode, values=None):
        """Refuse unless the user may do `mode` on these files, which follows from the records they hang on."""
        if self.env.is_superuser():
            return True
        if not (self.env.is_admin() or self.env.user._is_internal()):
            raise AccessError(_("You may not use this file."))
        model_ids, unlinked = self._documents(mode, values)
        for model, ids in model_ids.items():
            if model not in self.env:
                continue
            if model == "res.users" and len(ids) == 1 and self.env.uid == next(iter(ids)):
                continue  # a user may change his own picture
            records = self.env[model].browse(ids).exists()
            records.check_access("write" if mode in ("create", "unlink") else mode)
        if unlinked and not (self.env.is_admin() or self.env.user._is_internal()):
            raise AccessError(_("You may not use this file."))
        return True

    def _documents(self, mode, values):
        """(model -> ids of the records that decide, whether some files hang on none); refuses what is plain."""
        by_model, unlinked = defaultdict(set), False
        if self:
            self.flush_recordset(["res_model", "res_id", "create_uid", "public", "res_field"])
            rows = self.env.execute_query(
                SQL(
                    "SELECT res_model, res_id, create_uid, public, res_field FROM ir_attachment WHERE id = ANY(%s)",
                    list(self.ids),
                )
            )
            for model, res_id, create_uid, public, res_field in rows:
                if public and mode == "read":
                    continue
                if not self.env.is_system():
                    if not res_id and create_uid != self.env.uid:
                        raise AccessError(_("You may not use this file."))
                    if self._is_field_hidden(model, res_field):
                        raise AccessError(_("You may not use this file."))
                if model and res_id:
                    by_model[model].add(res_id)
                else:
                    unlinked = True
        if values and values.get("res_model") and values.get("res_id"):
            by_model[values["res_model"]].add(values["res_id"])
        return by_model, unlinked

    def _check_access(self, operation):
        """Rights of the model and rules first, then those of the documents the files hang on."""
        result = super()._check_access(operation)
        if self.env.su or not self:
            return result
        ids = self._forbidden_ids(operation)
        forbidden = self.browse(id_ for id_ in self.ids if id_ in ids)
        if not forbidden:
            return result
        if result is None:
            return forbidden, lambda: AccessError(
                _(
                    "You may not %(operation)s these files: %(ids)s",
                    ids=forbidden.ids,
                    operation=operation,
                )
            )
        return (result[0] | forbidden), result[1]

    def _forbidden_ids(self, operation):
        """Ids of the files whose documents, or the lack of one, keep the user from `operation`."""
        self.flush_recordset(["res_model", "res_id", "create_uid", "public", "res_field"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, res_model, res_id, create_uid, public, res_field FROM ir_attachment WHERE id = ANY(%s)",
                list(self.ids),
            )
        )
        forbidden, by_model, is_system = set(), defaultdict(list), self.env.is_system()
        for id_, model, res_id, create_uid, public, res_field in rows:
            if public and operation == "read":
                continue
            is_own = create_uid == self.env.uid
            if not is_system and ((not res_id and not is_own) or self._is_field_hidden(model, res_field)):
                forbidden.add(id_)
            elif model in self.env and res_id and not (model == "res.users" and res_id == self.env.uid):
                by_model[model].append((id_, res_id, is_system or is_own))
        for model, files in by_model.items():
            documents = self.env[model].browse({res_id for _id, res_id, _may in files}).exists()
            mode = "write" if operation in ("create", "unlink") else operation
            allowed = set(documents._filtered_access(mode).ids)
            existing = set(documents.ids)
            for id_, res_id, may_without in files:
                # of a document that is gone, the file belongs to who made it
                if res_id not in allowed and (res_id in existing or not may_without):
                    forbidden.add(id_)
        return forbidden

    def _is_field_hidden(self, model, res_field):
        """Whether the file is the value of a field that the user may not see."""
        field = self.env[model]._fields.get(res_field) if res_field and model in self.env else None
        return bool(field is not None and field.groups and not self.env.user.has_groups(field.groups))

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None):
        """Files of fields stay hidden unless asked for; others show where the user may read their documents."""
        named = {
            leaf[0]
            for leaf in domain
            if isinstance(leaf, (list, tuple)) and len(leaf) == 3 and isinstance(leaf[0], str)
        }
        if not self.env.context.get("skip_res_field_check") and not named & {"id", "res_field"}:
            domain = AND([[("res_field", "=", False)], domain])
        if self.env.is_superuser():
            return super()._search(domain, offset, limit, order)
        query = super()._search(domain, order=order)
        ids = self._readable_ids(query)
        if offset or limit is not None:
            ids = ids[offset : offset + limit if limit is not None else None]
        return self.browse(ids)._as_query(order is not None or True)

    _search.is_said_by_check_access = True  # reading files of known ids need not search for them

    def _readable_ids(self, query):
        self.env.flush_query(query.select()) if hasattr(query.select(), "to_flush") else None
        table = query.table
        rows = self.env.execute_query(
            query.select(
                *(
                    SQL.identifier(table, name)
                    for name in ("id", "res_model", "res_id", "public", "create_uid", "res_field")
                )
            )
        )
        by_model, free, is_system = defaultdict(set), set(), self.env.is_system()
        if not is_system:
            rows = [row for row in rows if row[3] or not self._is_field_hidden(row[1], row[5])]
        for id_, model, res_id, public, create_uid, _res_field in rows:
            if public or (not res_id and (is_system or create_uid == self.env.uid)):
                free.add(id_)
            elif res_id and model in self.env:
                by_model[model].add(res_id)
        readable = {}
        for model, ids in by_model.items():
            if self.env["ir.model.access"].check(model, "read", raise_exception=False):
                readable[model] = set(self.env[model].browse(ids)._filtered_access("read").ids)
        return [row[0] for row in rows if row[0] in free or row[2] in readable.get(row[1], ())]
