"""What does a record rule say of records whose values are in the cache, without asking the table?

A rule is read once; what it says of the same values a second time is remembered, where it looks at nothing else. So
records that are written one by one in a loop cost a look into a dict each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any

from fondaco.domain import predicate
from fondaco.domain.tree import conditions

if TYPE_CHECKING:
    from fondaco.domain.tree import Node
    from fondaco.orm.environment import Environment
    from fondaco.orm.fields.base import Field
    from fondaco.orm.recordset import Recordset

MOST_RULES = 2000
"""So many rules a registry keeps read."""
MOST_SAID = 200
"""So many rows of values are remembered of each."""
PLAIN_TYPES = frozenset(("boolean", "integer", "char", "text", "selection", "date", "datetime"))
"""Types whose values mean the same in every environment."""
OF_ONE_VALUE = frozenset(("=", "!=", "in", "not in", "<", ">", "<=", ">="))
"""Operators that tell of a many2one by its id alone."""
_PLAIN_VALUES = (str, int, float, date, type(None))


class Rule:
    """The domain of a record rule, read for one model."""

    __slots__ = ("_domain", "_far", "_is_lasting", "_said", "_tree", "copy", "fields")

    copy: Any
    """The domain as it was read; None where it holds what cannot be copied, so that nobody can tell a change."""
    fields: tuple[Field[Any], ...] | None
    """The columns that it looks at; None where it looks at more than columns."""

    def __init__(self, model: Recordset, domain: Any) -> None:
        self.copy = deepcopy(domain) if _is_plain(domain) else None
        self._domain = domain if self.copy is None else self.copy
        self.fields = _columns_of(model, domain)
        self._said: dict[tuple[Any, ...], bool] = {}
        self._tree: Node | None = None
        self._far: tuple[int, ...] = ()
        self._is_lasting = False

    def knows(self, env: Environment, ids: Collection[Any]) -> bool:
        """Whether every value that it looks at is in the cache."""
        if self.fields is None:
            return False
        columns, stale = env.columns, env.transaction.stale
        for field in self.fields:
            if field in stale:
                return False
            column = columns[field]
            for id_ in ids:
                if id_ not in column:
                    return False
        return True

    def keeps(self, records: Recordset) -> set[Any]:
        """Ids of the records that satisfy it, if it `knows` all of them."""
        assert self.fields is not None
        if self._tree is None:
            self._tree = predicate.read(self._domain, records._name)
            self._look_how_far(records)
        columns = [records.env.columns[field] for field in self.fields]
        kept = set()
        for id_ in records._ids:
            values = tuple([column.get(id_) for column in columns]) if self._is_lasting and id_ else None
            answer = None if values is None else self._said.get(values)
            if answer is None:
                record = records.concat_ids((id_,)).sudo().with_context(active_test=False)
                answer = predicate.holds(self._tree, record)
                if values is not None and all(values[position] is None for position in self._far):
                    if len(self._said) >= MOST_SAID:
                        self._said.clear()
                    self._said[values] = answer
            if answer:
                kept.add(id_)
        return kept

    def _look_how_far(self, model: Recordset) -> None:
        """Whether its answer hangs on the values alone, and those of which columns lead to other records."""
        assert self.fields is not None and self._tree is not None
        far = set()
        for leaf in conditions(self._tree):
            field = model._fields[leaf.field]
            if field not in self.fields:
                return  # `id`
            if field.type == "many2one" and field.comodel_name != model._name:
                value = leaf.value
                names_others = isinstance(value, str) or (
                    isinstance(value, list | tuple | set) and any(isinstance(item, str) for item in value)
                )
                if leaf.operator not in OF_ONE_VALUE or names_others:
                    far.add(self.fields.index(field))
            elif field.type not in PLAIN_TYPES:
                return
        self._far = tuple(far)
        self._is_lasting = True


def rule_for(model: Recordset, domain: Any) -> Rule:
    """The rule of this domain, which is mostly the same object from call to call; an addon may have changed it."""
    known: dict[tuple[str, int], Rule] = model.pool.rules_in_memory
    key = model._name, id(domain)
    rule = known.get(key)
    if rule is None or rule.copy != domain:
        rule = Rule(model, domain)
        if rule.copy is None:
            return rule
        if len(known) >= MOST_RULES:
            known.clear()
        known[key] = rule
    return rule


def _columns_of(model: Recordset, domain: Any) -> tuple[Field[Any], ...] | None:
    fields: dict[Field[Any], None] = {}
    for leaf in domain:
        if isinstance(leaf, str):
            continue
        if not isinstance(leaf, list | tuple):
            return None
        field = model._fields.get(leaf[0]) if len(leaf) == 3 and isinstance(leaf[0], str) else None
        if field is None:
            if leaf[0] in (0, 1):
                continue
            return None
        if not field.store or field.context_keys:
            return None
        if field.name != "id":
            fields[field] = None
    return tuple(fields)


def _is_plain(domain: Any) -> bool:
    """Whether a copy of it can be made, to tell later whether it is the same still."""
    return all(isinstance(item, _PLAIN_VALUES) for item in _items(domain))


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple | set):
        for item in value:
            yield from _items(item)
    else:
        yield value
