"""What does a view read of its records? `web_read`: exactly the fields of a specification, relations included, at any
depth."""

from __future__ import annotations

from typing import Any

from fondaco.addon import _, api, models
from fondaco.errors import UserError

X2MANY = ("one2many", "many2many")
COUNTED_FROM, MOST_RECORDS = 4, 1_000_000
"""From so many levels of records within records on they are counted, as often as they would be written; and refused."""


class Base(models.AbstractModel):
    _inherit = "base"

    @api.readonly
    def web_read(self, specification: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """One dict a record with the fields of `specification`.

        {field: {}}, for relations {field: {"fields": ..., "context": ..., "order": ..., "limit": ...}}.

        Without "fields" a relation is read as ids.
        """
        names = list(specification) or ["id"]
        rows = self.read(names, load=None)
        if not rows:
            return rows
        for name, spec in specification.items():
            field = self._fields.get(name)
            if field is None or not spec:
                continue
            if field.type == "many2one" and "fields" in spec:
                self._web_read_many2one(rows, name, spec)
            elif field.type in X2MANY:
                self._web_read_x2many(rows, name, spec)
            elif field.type in ("reference", "many2one_reference") and "fields" in spec:
                self._web_read_reference(rows, name, spec)
        if _depth(specification) >= COUNTED_FROM and _count(rows, {}) > MOST_RECORDS:
            # To and fro along one relation, each level is as many times larger as there are records behind it.
            raise UserError(_("This asks for over a million records within records: ask for fewer levels of them."))
        return rows

    def _web_read_many2one(self, rows: list[dict[str, Any]], name: str, spec: dict[str, Any]) -> None:
        comodel = self.env[self._fields[name].comodel_name].with_context(**(spec.get("context") or {}))
        ids = list(dict.fromkeys(row[name] for row in rows if row[name]))
        if not ids:
            return
        corecords = comodel.browse(ids)
        fields = spec["fields"]
        if not fields:
            values = {id_: {"id": id_} for id_ in ids}
        else:
            # who may read the link may read the name behind it
            by_name = corecords.sudo() if set(fields) <= {"id", "display_name"} else corecords._web_readable()
            values = {value["id"]: value for value in by_name.web_read(fields)}
            if len(values) < len(ids) and "display_name" in fields:
                missing = corecords.sudo().browse([id_ for id_ in ids if id_ not in values])
                values.update((value["id"], value) for value in missing.web_read({"display_name": {}}))
        for row in rows:
            if row[name]:
                row[name] = values.get(row[name], {"id": row[name]})

    def _web_readable(self) -> Any:
        """Those of the records that exist and may be read."""
        return self.exists()._filtered_access("read")

    def _web_read_x2many(self, rows: list[dict[str, Any]], name: str, spec: dict[str, Any]) -> None:
        comodel = self.env[self._fields[name].comodel_name].with_context(**(spec.get("context") or {}))
        ids = list(dict.fromkeys(id_ for row in rows for id_ in row[name]))
        if spec.get("order") and ids:
            found = comodel.with_context(active_test=False).search([("id", "in", ids)], order=spec["order"])
            rank = {id_: place for place, id_ in enumerate(found._ids)}
            for row in rows:
                row[name] = sorted((id_ for id_ in row[name] if id_ in rank), key=rank.__getitem__)
        if "fields" not in spec:
            return
        limit = spec.get("limit")
        wanted = list(dict.fromkeys(id_ for row in rows for id_ in (row[name][:limit] if limit else row[name])))
        values = {value["id"]: value for value in comodel.browse(wanted).web_read(spec["fields"])}
        for row in rows:
            shown = row[name][:limit] if limit else row[name]
            rest = row[name][limit:] if limit else []
            row[name] = [values[id_] for id_ in shown if id_ in values] + [{"id": id_} for id_ in rest]

    def _web_read_reference(self, rows: list[dict[str, Any]], name: str, spec: dict[str, Any]) -> None:
        """A link that names its model: {"id": ..., "model": ...} beside the fields read there."""
        field = self._fields[name]
        fields, context = spec["fields"], spec.get("context") or {}
        for row, record in zip(rows, self.browse([row["id"] for row in rows]), strict=True):
            if not row[name]:
                continue
            target = record[name]
            if field.type == "many2one_reference":
                model_name = record[field.model_field]
                if not model_name:
                    continue
                target = self.env[model_name].browse(target)
            target = target.with_context(**context).exists()
            if not target:
                row[name] = False
                continue
            if fields and not target.has_access("read"):
                value = {"id": target.id, "display_name": False}  # whoever writes a link may name any record
            else:
                value = target.web_read(fields)[0] if fields else {"id": target.id}
            if field.type == "reference":
                value["id"] = {"id": target.id, "model": target._name}
            row[name] = value


def _depth(specification: dict[str, dict[str, Any]]) -> int:
    """How many levels of records within records are asked for."""
    return max(
        (1 + _depth(spec["fields"]) for spec in specification.values() if spec and spec.get("fields")), default=0
    )


def _count(value: Any, counted: dict[int, int]) -> int:
    """How many records the answer holds when it is written out; those that stand in it several times are looked at
    once (`counted`: by the identity of what is read)."""
    if isinstance(value, list):
        return sum(_count(item, counted) for item in value if isinstance(item, dict))
    if id(value) not in counted:
        counted[id(value)] = 1 + sum(_count(item, counted) for item in value.values() if isinstance(item, dict | list))
    return counted[id(value)]
