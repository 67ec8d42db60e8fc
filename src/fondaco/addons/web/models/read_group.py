"""What do lists, kanbans, graphs and older addons get for a question of groups? `read_group` and what is built on it.

A group is a dict: the values of its groups, its aggregates, how many records it has, and the domain that finds them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from fondaco.addon import api, models
from fondaco.domain.polish import AND
from fondaco.orm.fields.properties import readable_names
from fondaco.orm.groupby import AGGREGATES, DAYS_OF_WEEK, empty_value, parse_spec, week_start
from fondaco.values.dates import get_timedelta, start_of

from . import periods

AGGREGATE = re.compile(r"^(?P<name>\w+):(?P<function>\w+)(\((?P<field>\w+)\))?$")
DATES = ("date", "datetime")


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    @api.readonly
    def read_group(
        self, domain: Any, fields: Sequence[str], groupby: str | Sequence[str], offset: int = 0,
        limit: int | None = None, orderby: str | bool = False, lazy: bool = True,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """One dict a group. `lazy`: only the first of `groupby` is used, the rest is named in `__context`."""
        groupby = [groupby] if isinstance(groupby, str) else list(groupby)
        used = groupby[:1] if lazy else groupby
        specs = {spec: self._read_group_spec(spec) for spec in used}
        aggregates = self._read_group_aggregates(fields, specs)
        count = f"{used[0].partition(':')[0]}_count" if lazy and used else "__count"
        order = self._read_group_legacy_order(orderby, specs, aggregates)
        rows = self._read_group(
            domain, list(specs.values()), [*aggregates.values(), "__count"], offset=offset, limit=limit, order=order
        )
        groups = []
        for row in rows:
            group = dict(zip(specs, row, strict=False))
            group[count] = row[-1]
            group.update(zip(aggregates, row[len(specs) : -1], strict=True))
            groups.append(group)
        if lazy and used and not offset and not limit:
            groups = self._read_group_completed(groups, domain, used[0], specs[used[0]], count, aggregates)
            if order and self._fields[parse_spec(used[0])[0]].group_expand:
                keys = {specs[used[0]]: used[0], "__count": count, **{spec: name for name, spec in aggregates.items()}}
                groups = _in_order(groups, order, keys, used[0])
        return self._read_group_described(groups, domain, specs, groupby[1:] if lazy else [])

    def _read_group_spec(self, groupby: str) -> str:
        """The group as `_read_group` wants it: a date without a period is grouped by month."""
        name, rest, granularity = parse_spec(groupby)
        field = self._fields.get(name)
        if field is None:
            raise ValueError(f"Invalid field {name!r} on model {self._name!r}")
        kind = field.type
        if kind == "properties" and rest:
            kind = self.get_property_definition(f"{name}.{rest}").get("type")
        return f"{groupby}:month" if kind in DATES and not granularity else groupby

    def _read_group_aggregates(self, fields: Sequence[str], specs: dict[str, str]) -> dict[str, str]:
        """{key of the answer: aggregate}; a bare field stands for its own aggregator, if it has one."""
        grouped = {parse_spec(spec)[0] for spec in specs}
        aggregates = {}
        for text in fields:
            if text == "__count":
                continue
            match = AGGREGATE.match(text)
            if match:
                name = match["field"] or match["name"]
                if name not in self._fields:
                    raise ValueError(f"Invalid field {name!r} on model {self._name!r}")
                if match["function"] not in AGGREGATES:
                    raise ValueError(f"Invalid aggregate method {match['function']!r} for {text!r}.")
                aggregates[match["name"]] = f"{name}:{match['function']}"
                continue
            field = self._fields.get(text)
            if field is None:
                raise ValueError(f"Invalid field {text!r} on model {self._name!r}")
            if text not in grouped and field.aggregator and field.store and field.column_type:
                aggregates[text] = f"{text}:{field.aggregator}"
        return aggregates

    def _read_group_legacy_order(self, orderby: Any, specs: dict[str, str], aggregates: dict[str, str]) -> str | None:
        """`orderby` in terms of groups and aggregates; what is neither cannot order groups and is left out."""
        terms = []
        by_field = {parse_spec(key)[0]: spec for key, spec in specs.items()}
        counts = {f"{name}_count" for name in by_field} | {"__count"}
        for part in (orderby or "").split(","):
            term, _, direction = part.strip().partition(" ")
            if not term:
                continue
            if term in counts:
                found: str | None = "__count"
            else:
                found = specs.get(term) or aggregates.get(term) or by_field.get(term)
            if found is None and term in aggregates.values():
                found = term
            if found is None and ":" not in term:
                field = self._fields.get(term)
                if field is not None and field.aggregator and field.store:
                    found = f"{term}:{field.aggregator}"
            if found:
                terms.append(f"{found} {direction}".strip())
        ordered = {term.split(" ")[0] for term in terms}
        if not terms:
            return None
        return ", ".join([*terms, *(spec for spec in specs.values() if spec not in ordered)])

    # -- groups without records ----------------------------------------
    def _read_group_completed(
        self, groups: list[dict[str, Any]], domain: Any, key: str, spec: str, count: str, aggregates: dict[str, str]
    ) -> list[dict[str, Any]]:
        """Add the groups that a view wants to see although they are empty."""
        name, rest, granularity = parse_spec(spec)
        field = self._fields[name]
        empty = {count: 0, **{alias: empty_value(self, aggregate) for alias, aggregate in aggregates.items()}}
        fill = self.env.context.get("fill_temporal")
        if field.type in DATES and fill and not rest and periods.is_period(granularity):
            return self._read_group_filled(groups, key, granularity, empty, fill if isinstance(fill, dict) else {})
        if field.group_expand:
            return self._read_group_expanded(groups, domain, key, field, empty)
        return groups

    def _read_group_filled(
        self, groups: list[dict[str, Any]], key: str, granularity: str, empty: dict[str, Any], options: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Add the periods between the first and the last one, or those that `options` ask for; none where these are
        too many."""
        found = {group[key]: group for group in groups if group[key]}
        field = self._fields[parse_spec(key)[0]]
        first, last = min(found, default=None), max(found, default=None)
        fill_from, fill_to = (
            self._fill_bound(field, granularity, options.get(name)) for name in ("fill_from", "fill_to")
        )
        if first is None and fill_from is None:
            return groups
        # a bound says where filling begins or ends; groups beyond it stay, without company
        first, last = fill_from or first, fill_to or last or fill_from
        wanted = options.get("min_groups") or 0
        if wanted > periods.MOST_PERIODS or periods.are_too_many(granularity, first, last):
            return groups
        if wanted:
            last = max(last, first + get_timedelta(wanted - 1, granularity))
        steps = set(periods.periods_between(granularity, first, last))
        starts = sorted(steps | found.keys(), reverse=bool(groups) and _is_descending(list(found)))
        filled = [found.get(start) or {**empty, key: start} for start in starts]
        return filled + [group for group in groups if not group[key]]

    def _fill_bound(self, field: Any, granularity: str, value: Any) -> Any:
        """The start of the period of a bound given by the client."""
        if not value:
            return None
        moment = field.to_date(value) if field.type == "date" else field.to_datetime(value)
        if granularity == "week":
            # as the groups are cut: from the first day of the language's week
            moment -= timedelta((moment.isoweekday() - week_start(self.env)) % DAYS_OF_WEEK)
            granularity = "day"
        return start_of(moment, granularity)

    def _read_group_expanded(
        self, groups: list[dict[str, Any]], domain: Any, key: str, field: Any, empty: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Add the groups that the field's `group_expand` names, in its order."""
        found = {_hashable(group[key]): group for group in groups}
        present = [group[key] for group in groups if group[key]]
        expand = field.group_expand
        if expand is True:
            wanted: Any = [value for value, _label in field.get_description(self.env, ["selection"])["selection"]]
        else:
            values: Any = (
                self.env[field.comodel_name].browse([record.id for record in present]) if field.relational else present
            )
            wanted = getattr(self, expand)(values, domain) if isinstance(expand, str) else expand(self, values, domain)
        ordered = []
        for value in wanted:
            ordered.append(found.pop(_hashable(value), None) or {**empty, key: value})
        ordered += found.values()
        fold = self.env[field.comodel_name]._fold_name if field.type == "many2one" else None
        if fold and fold in self.env[field.comodel_name]._fields:
            for group in ordered:
                group["__fold"] = bool(group[key]) and group[key][fold]
        return ordered

    # -- form of the answer ----------------------------------------
    def _read_group_described(
        self, groups: list[dict[str, Any]], domain: Any, specs: dict[str, str], further: list[str]
    ) -> list[dict[str, Any]]:
        """Values as clients read them, and `__domain`, `__range`, `__context`."""
        values = {key: [group[key] for group in groups] for key in specs}
        domains: list[list[Any]] = [[domain] for _group in groups]
        ranges: list[dict[str, Any]] = [{} for _group in groups]
        for key, spec in specs.items():
            shown, conditions, spans = self._read_group_presented(spec, values[key])
            for place, group in enumerate(groups):
                group[key] = shown[place]
                domains[place].append(conditions[place])
                if spans:
                    ranges[place][key] = spans[place]
        for group, parts, spans in zip(groups, domains, ranges, strict=True):
            group["__domain"] = AND(parts) if specs else domain
            if spans:
                group["__range"] = spans
            if further:
                group["__context"] = {"group_by": further}
        return groups

    def _read_group_presented(self, spec: str, values: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """(what is shown, domain, range) of each value of a group."""
        name, rest, granularity = parse_spec(spec)
        field = self._fields[name]
        if field.type in DATES and not rest:
            return self._read_group_periods(name, granularity, values)
        if field.relational:
            names = {record.id: record.display_name for record in self._united(field, values).sudo()}
            shown = [(record.id, names[record.id]) if record else False for record in values]
            ids = [record.id for record in values if record]
            missing = (name, "not in", ids) if field.type in ("many2many", "one2many") and ids else (name, "=", False)
            return shown, [[(name, "=", record.id)] if record else [missing] for record in values], []
        if rest:
            return self._read_group_properties(f"{name}.{rest}", granularity, values)
        return values, [[(name, "=", value)] for value in values], []

    def _read_group_properties(
        self, path: str, granularity: str, values: list[Any]
    ) -> tuple[list[Any], list[Any], list[Any]]:
        """A tag is shown with its label and colour; its domain, as that of records, asks what the list contains."""
        definition = self.get_property_definition(path)
        kind = definition.get("type")
        if kind in DATES:
            return self._read_group_periods(path, granularity, values)
        operator = "in" if kind in ("tags", "many2many") else "="
        options = definition.get("tags") if kind == "tags" else definition.get("selection")
        none = (path, "not in", [option[0] for option in options]) if options else (path, "=", False)
        if kind in ("many2one", "many2many"):
            names = readable_names(self.env[definition["comodel"]].browse(record.id for record in values if record))
            hidden = self.env._("No access")
            shown: list[Any] = [(record.id, names[record.id] or hidden) if record else False for record in values]
            values = [record.id for record in values]
        elif kind == "tags":
            tags = {tag[0]: tuple(tag) for tag in options or ()}
            shown = [tags.get(value, False) for value in values]
        else:
            shown = values
        if kind == "boolean":
            return shown, [[(path, "=", value)] for value in values], []
        return shown, [[(path, operator, value)] if value else [none] for value in values], []

    def _united(self, field: Any, values: list[Any]) -> Any:
        return self.env[field.comodel_name].browse(dict.fromkeys(record.id for record in values if record))

    def _read_group_periods(
        self, name: str, granularity: str, values: list[Any]
    ) -> tuple[list[Any], list[Any], list[Any]]:
        if not periods.is_period(granularity):
            return values, [[(f"{name}.{granularity}", "=", value)] for value in values], []
        locale = periods.locale_of(self.env)
        shown: list[Any] = []
        conditions: list[Any] = []
        spans: list[Any] = []
        for value in values:
            if not isinstance(value, date):
                shown.append(False)
                conditions.append([(name, "=", False)])
                spans.append(False)
                continue
            start, end = periods.bounds(self.env, granularity, value)
            shown.append(periods.label(locale, granularity, value))
            conditions.append(["&", (name, ">=", start), (name, "<", end)])
            spans.append({"from": start, "to": end})
        return shown, conditions, spans

    # -- what views ask ----------------------------------------
    @api.model
    @api.readonly
    def web_read_group(
        self, domain: Any, fields: Sequence[str], groupby: Sequence[str], limit: int | None = None,
        offset: int = 0, orderby: str | bool = False, lazy: bool = True,
    ) -> dict[str, Any]:  # fmt: skip
        """A page of groups, and how many groups there are."""
        groups = self.read_group(domain, fields, groupby, offset=offset, limit=limit, orderby=orderby, lazy=lazy)
        length = len(groups) + offset
        if not groups and not offset:
            length = 0
        elif limit and len(groups) == limit:
            used = groupby[:1] if lazy else groupby
            length = len(self._read_group(domain, [self._read_group_spec(spec) for spec in used]))
        return {"groups": groups, "length": length}

    @api.model
    @api.readonly
    def read_progress_bar(self, domain: Any, group_by: str, progress_bar: dict[str, Any]) -> dict[str, dict[Any, int]]:
        """{group: {value of the progress bar's field: number of records}}; only values that have a colour count."""
        spec, bar = self._read_group_spec(group_by), progress_bar["field"]
        rows = self._read_group(domain, [spec, bar], ["__count"])
        names = self._read_group_presented(spec, [row[0] for row in rows])[0]
        result: dict[str, dict[Any, int]] = {}
        for (_group, value, count), name in zip(rows, names, strict=True):
            key = str(name[0] if isinstance(name, tuple) else name)
            counts = result.setdefault(key, dict.fromkeys(progress_bar["colors"], 0))
            if value in counts:
                counts[value] += count
        return result


def _is_descending(starts: list[date]) -> bool:
    return len(starts) > 1 and starts[0] > starts[-1]


def _in_order(groups: list[dict[str, Any]], order: str, keys: dict[str, str], key: str) -> list[dict[str, Any]]:
    """Groups with those that were added, as `order` has it. Of the values of the group itself, `key`, the order is that
    of `group_expand`; what is missing comes last, or first where the order is descending, as in PostgreSQL."""
    places = {id(group): place for place, group in enumerate(groups)}
    for part in reversed(order.split(",")):
        term, _, direction = part.strip().partition(" ")
        name = keys.get(term)
        values = {
            id(group): places[id(group)] if name == key else group.get(name) or 0 if name else 0 for group in groups
        }
        is_number = all(isinstance(value, int | float) for value in values.values())
        groups = sorted(
            groups,
            key=lambda group: (0, values[id(group)]) if is_number else (not values[id(group)], str(values[id(group)])),
            reverse=direction.lower().startswith("desc"),
        )
    return groups


def _hashable(value: Any) -> Any:
    return value.id if hasattr(value, "_ids") else value
