"""Which records does a list view show, how many are there, and what does its search panel offer?"""

from __future__ import annotations

from typing import Any

from fondaco.addon import api, models
from fondaco.domain.polish import AND

SEARCH_PANEL_ERROR = "Too many items to display."


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    @api.readonly
    def web_search_read(
        self, domain: Any, specification: dict[str, Any], offset: int = 0, limit: int | None = None,
        order: str | None = None, count_limit: int | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """The records of a page, as `web_read` gives them, and how many there are (up to `count_limit`)."""
        records = self.search_fetch(domain, list(specification), offset=offset, limit=limit, order=order)
        values = records.web_read(specification)
        if not values and not offset:
            return {"length": 0, "records": []}
        length = len(records) + offset
        is_page_full = limit and len(records) == limit
        if (is_page_full or self.env.context.get("force_search_count")) and (not count_limit or length < count_limit):
            length = self.search_count(domain, limit=count_limit)
        return {"length": length, "records": values}

    # -- search panel ----------------------------------------
    @api.model
    def search_panel_select_range(self, field_name: str, **kwargs: Any) -> dict[str, Any]:
        """The values of a category (one is chosen at a time): {parent_field, values} or {error_msg}."""
        field = self._fields[field_name]
        if field.type not in ("many2one", "selection"):
            raise NotImplementedError(
                f"search panel: category {field} must be a many2one or a selection, not {field.type}"
            )
        domain = AND(
            [kwargs.get("search_domain") or [], kwargs.get("category_domain") or [], kwargs.get("filter_domain") or []]
        )
        counted = bool(kwargs.get("enable_counters"))
        counts = self._panel_counts(field_name, domain) if counted or not kwargs.get("expand") else {}
        if field.type == "selection":
            return {"parent_field": False, "values": self._panel_selection(field, counts, kwargs)}
        comodel = self.env[field.comodel_name].with_context(hierarchical_naming=False)
        parent = (
            comodel._parent_name
            if kwargs.get("hierarchize", True) and comodel._parent_name in comodel._fields
            else False
        )
        names = ["display_name", parent] if parent else ["display_name"]
        limit = kwargs.get("limit")
        records = self._panel_records(comodel, kwargs, counts, parent, limit)
        if limit and len(records) == limit:
            return {"error_msg": self.env._(SEARCH_PANEL_ERROR)}
        values = []
        for row in records.read(names):
            value = {"id": row["id"], "display_name": row["display_name"]}
            if parent:
                value[parent] = row[parent] and row[parent][0]
            if counted:
                value["__count"] = counts.get(row["id"], 0)
            values.append(value)
        if counted and parent:
            _sum_up_tree(values, parent)
        return {"parent_field": parent, "values": values}

    def _panel_records(
        self, comodel: Any, kwargs: dict[str, Any], counts: dict[Any, int], parent: Any, limit: Any
    ) -> Any:
        """The records to offer: all (expand), or those in use with what is above them."""
        domain = kwargs.get("comodel_domain") or []
        if kwargs.get("expand"):
            return comodel.search(domain, limit=limit)
        used = [id_ for id_ in counts if id_]
        if parent:
            domain = AND([domain, [("id", "parent_of", used)]])
        else:
            domain = AND([domain, [("id", "in", used)]])
        return comodel.search(domain, limit=limit)

    def _panel_counts(self, field_name: str, domain: Any) -> dict[Any, int]:
        """{value: number of records that have it}; ids stand for records."""
        groups = self._read_group(domain, [field_name], ["__count"])
        return {getattr(value, "id", value): count for value, count in groups}

    def _panel_selection(self, field: Any, counts: dict[Any, int], kwargs: dict[str, Any]) -> list[dict[str, Any]]:
        values = []
        for key, label in field.get_description(self.env, ["selection"])["selection"]:
            if not kwargs.get("expand") and not counts.get(key):
                continue
            value = {"id": key, "display_name": label}
            if kwargs.get("enable_counters"):
                value["__count"] = counts.get(key, 0)
            values.append(value)
        return values

    @api.model
    def search_panel_select_multi_range(self, field_name: str, **kwargs: Any) -> dict[str, Any]:
        """The values of a filter (several may be chosen): {values} or {error_msg}."""
        field = self._fields[field_name]
        if field.type not in ("many2one", "many2many", "selection"):
            raise NotImplementedError(
                f"search panel: filter {field} must be a relation or a selection, not {field.type}"
            )
        domain = AND(
            [kwargs.get("search_domain") or [], kwargs.get("category_domain") or [], kwargs.get("filter_domain") or []]
        )
        counted = bool(kwargs.get("enable_counters"))
        counts = self._panel_counts(field_name, domain)
        if field.type == "selection":
            return {"values": self._panel_selection(field, counts, kwargs)}
        comodel = self.env[field.comodel_name].with_context(hierarchical_naming=False)
        wanted = kwargs.get("comodel_domain") or []
        if not kwargs.get("expand"):
            wanted = AND([wanted, [("id", "in", [id_ for id_ in counts if id_])]])
        limit = kwargs.get("limit")
        records = comodel.search(wanted, limit=limit)
        if limit and len(records) == limit:
            return {"error_msg": self.env._(SEARCH_PANEL_ERROR)}
        group_by = kwargs.get("group_by")
        values = []
        for row in records.read(["display_name", group_by] if group_by else ["display_name"]):
            value = {"id": row["id"], "display_name": row["display_name"]}
            if counted:
                value["__count"] = counts.get(row["id"], 0)
            if group_by:
                value.update(_group_of(comodel, group_by, row[group_by]))
            values.append(value)
        return {"values": values}


def _group_of(comodel: Any, group_by: str, value: Any) -> dict[str, Any]:
    """The heading under which a filter value stands."""
    kind = comodel._fields[group_by].type
    if kind == "many2one":
        return {"group_id": value and value[0], "group_name": value[1] if value else comodel.env._("Not Set")}
    if kind == "selection":
        labels = dict(comodel._fields[group_by].get_description(comodel.env, ["selection"])["selection"])
        return {"group_id": value, "group_name": labels.get(value) or comodel.env._("Not Set")}
    return {"group_id": value, "group_name": str(value) if value else comodel.env._("Not Set")}


def _sum_up_tree(values: list[dict[str, Any]], parent: str) -> None:
    """Add to each count those of the values below it."""
    by_id = {value["id"]: value for value in values}
    own = {value["id"]: value["__count"] for value in values}
    for value in values:
        above, seen = by_id.get(value[parent]), {value["id"]}
        while above is not None and above["id"] not in seen:
            seen.add(above["id"])
            above["__count"] += own[value["id"]]
            above = by_id.get(above[parent])
