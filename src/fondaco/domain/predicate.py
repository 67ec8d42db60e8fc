"""Which of these records does a domain keep, without asking the database?

The tree is the one that orm/where turns into SQL, and every rule here mirrors one there: an empty number counts as 0
and an empty text as '', a negated operator keeps what has no value, a path holds if any record at its end does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, NamedTuple

from fondaco.domain.moments import NUMBER_GRANULARITIES, as_date, as_datetime, part_of
from fondaco.domain.simplify import simplify
from fondaco.domain.tree import And, Condition, Constant, Node, Not, Or, parse
from fondaco.errors import Misfit, MissingError

PART = "part"
"""A number of a date: 0 is one of them, and a row without a date has none."""
NUMBERS = ("integer", "float", "monetary", "many2one_reference", PART)
TEXTS = ("char", "text", "html", "selection", "reference")
MULTIPLE = ("one2many", "many2many")
RELATIONS = ("many2one", *MULTIPLE)

MOST_WILD, SHORT = 1000, 200
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_POSITIVE = {"!=": "=", "not in": "in", "not like": "like", "not ilike": "ilike", "not any": "any"}


def matches(node: Node | list[Any], record: Any) -> bool:
    """Whether the domain keeps `record` (a recordset of one)."""
    return holds(read(node, record._name), record)


def filtered(node: Node | list[Any], records: Any) -> list[Any]:
    """Ids of the records that the domain keeps, in their order."""
    tree = read(node, records._name)
    return [record._ids[0] for record in records if holds(tree, record)]


def read(node: Node | Sequence[Any], model_name: str = "") -> Node:
    """The tree of a domain that `holds` is asked about."""
    return simplify(parse(node, model_name))


def holds(node: Node, record: Any) -> bool:
    """Whether a tree that was `read` keeps `record`."""
    match node:
        case Constant(value):
            return value
        case Not(inner):
            return not holds(inner, record)
        case And(nodes):
            return all(holds(child, record) for child in nodes)
        case Or(nodes):
            return any(holds(child, record) for child in nodes)
        case Condition():
            return _condition(node, record)
    raise TypeError(f"{node!r} is no domain node")


def _condition(node: Condition, record: Any) -> bool:
    name, _, rest = node.field.partition(".")
    field = record._fields.get(name)
    if field is None:
        raise ValueError(f"Invalid field {record._name}.{name} in leaf {node.leaf!r}")
    if rest:
        return _path(node, field, rest, record)
    if name == "id":
        return _identity(node, record)
    if field.type in RELATIONS:
        return _relation(node, field, record)
    if node.operator in _POSITIVE and field.related and not field.store and not field.args.get("search"):
        # SQL asks at the end of the path, and turns the answer round
        return not _condition(Condition(node.field, _POSITIVE[node.operator], node.value), record)
    return _scalar(node, field.type, record[name])


def _path(node: Condition, field: Any, rest: str, record: Any) -> bool:
    if field.type in RELATIONS:
        inner = Condition(rest, node.operator, node.value)
        records = record[field.name]
        if field.type == "many2one":
            records = records.with_context(active_test=False)
        return any(_condition(inner, corecord) for corecord in records)
    if field.type in ("date", "datetime") and rest in NUMBER_GRANULARITIES:
        moment = record[field.name]
        return _scalar(Condition(rest, node.operator, node.value), PART, part_of(moment, rest) if moment else None)
    if field.type == "properties":
        return _property(Condition(rest, node.operator, node.value), record[field.name].get(rest))
    raise AssertionError(f"Invalid field {node.field!r} in domain term {node.leaf!r}")


def _property(node: Condition, found: Any) -> bool:
    """A property has one value, or a list of which one must fit."""
    operator, value = node.operator, node.value
    if _is_empty_unlike(node, "char", found):
        return True
    if operator in _POSITIVE:
        return not _property(Condition(node.field, _POSITIVE[operator], value), found)
    if operator not in ("=", "in"):
        if isinstance(value, int | float) and not isinstance(value, bool):
            is_number = isinstance(found, int | float) and not isinstance(found, bool)
            return _scalar(node, "float", found if is_number else None)
        is_text = found is None or found is False or isinstance(found, str)
        return _scalar(node, "char", found if is_text else json.dumps(found))
    values = [value] if operator == "=" or isinstance(value, str | int) else list(value)
    wanted = [item for item in values if item is not False and item is not None]
    if found in (None, False, "", []) and type(found) is not int:
        return len(wanted) < len(values)
    return any(item in found if isinstance(found, list) else item == found for item in wanted)


# -- relations ----------------------------------------
def _identity(node: Condition, record: Any) -> bool:
    operator, value = node.operator, node.value
    if operator in ("child_of", "parent_of"):
        return _in_hierarchy(record, operator, value, record._parent_name)
    return _scalar(
        Condition("id", operator, _ids_of(value) if operator in ("in", "not in") else value), "id", record._ids[0]
    )


def _relation(node: Condition, field: Any, record: Any) -> bool:
    operator, value = node.operator, node.value
    if operator in _POSITIVE:
        return not _relation(Condition(node.field, _POSITIVE[operator], value), field, record)
    records = record[field.name]
    if operator == "any":
        if not isinstance(value, list | tuple | Node):
            ids = set(_ids_of(value))
            return any(id_ in ids for id_ in records._ids)
        domain = read(value, field.comodel_name)
        return any(holds(domain, corecord) for corecord in records)
    if operator in ("child_of", "parent_of"):
        if field.comodel_name == record._name and field.type == "many2one":
            return _in_hierarchy(record, operator, value, field.name)
        return any(_in_hierarchy(corecord, operator, value, corecord._parent_name) for corecord in records)
    if operator == "in":
        if type(value) is int and field.type != "many2one":
            node = Condition(node.field, operator, [value])
        return _relation_in(node, records)
    if isinstance(value, str):
        return any(_is_named(corecord, operator, value) for corecord in records)
    if operator == "=":
        return (value._ids[0] if hasattr(value, "_ids") else value) in records._ids if value else not records
    return field.type == "many2one" and _scalar(node, "id", records._ids[0] if records else None)


def _relation_in(node: Condition, records: Any) -> bool:
    ids = set()
    for value in _ids_of(node.value):
        if isinstance(value, str):
            if any(_is_named(record, "=", value) for record in records):
                return True
        elif value:
            ids.add(value)
        elif not records:
            return True
    return any(id_ in ids for id_ in records._ids)


def _is_named(record: Any, operator: str, value: str) -> bool:
    """Whether the record's name, as its model searches names, fits."""
    return holds(read(record._search_display_name(operator, value)), record)


def _ids_of(value: Any) -> Any:
    if isinstance(value, str | int) or value is None:
        raise ValueError(f"Invalid domain term: {value!r} is no list of values")
    return value._ids if hasattr(value, "_ids") else list(value)


def _in_hierarchy(record: Any, operator: str, value: Any, parent_name: str) -> bool:
    """child_of: `record` or one above it is in `value`; parent_of: `record` is, or is above, one in `value`."""
    if parent_name not in record._fields:
        raise Misfit(f"{operator!r} needs a tree, and {record._name} has no field {parent_name!r}", parent_name)
    model = record.browse().sudo().with_context(active_test=False)
    wanted = model.browse(_hierarchy_ids(model, value))
    if operator == "child_of":
        return any(id_ in wanted._ids for id_ in _ancestors(record.sudo(), parent_name))
    return any(record._ids[0] in _ancestors(start, parent_name) for start in wanted)


def _hierarchy_ids(model: Any, value: Any) -> list[Any]:
    if isinstance(value, str):
        return list(model.search([("display_name", "ilike", value)])._ids)
    if isinstance(value, int):
        return [value] if value else []
    ids: list[Any] = []
    for item in _ids_of(value):
        ids.extend(_hierarchy_ids(model, item) if isinstance(item, str) else [item])
    return ids


def _ancestors(record: Any, parent_name: str) -> dict[Any, None]:
    """Ids of the record and those above it; a cycle ends the walk, and one that is gone, which has no row in SQL."""
    ids: dict[Any, None] = {}
    while record and (id_ := record._ids[0]) not in ids:
        try:
            record = record[parent_name]
        except MissingError:
            break
        ids[id_] = None
    return ids


# -- plain values ----------------------------------------
def fits_empty(kind: str, operator: str, value: Any) -> bool:
    """Whether a field of type `kind` that has no value fulfils the condition."""
    if operator in ("any", "child_of", "parent_of") or (operator == "in" and not isinstance(value, list | tuple)):
        return False
    if operator in ("like", "ilike", "=like", "=ilike") and kind not in TEXTS:
        kind = "char"
    return _scalar(Condition("", operator, value), kind, None)


def _scalar(node: Condition, kind: str, found: Any) -> bool:
    operator, value = node.operator, node.value
    if _is_empty_unlike(node, kind, found):
        return True
    if operator in _POSITIVE:
        return not _scalar(Condition(node.field, _POSITIVE[operator], value), kind, found)
    if operator in ("any", "child_of", "parent_of"):
        raise Misfit(f"domain term {node.leaf!r}: {operator!r} is for relations and for 'id', not for a {kind}", None)
    if operator == "in":
        if (not isinstance(value, list | tuple | set | frozenset) and not hasattr(value, "__iter__")) or isinstance(
            value, str
        ):
            raise ValueError(f"Invalid domain term {node.leaf!r}")
        return any(_equal(kind, found, item) for item in value)
    if operator == "=":
        return _equal(kind, found, value)
    if operator in ("like", "ilike", "=like", "=ilike"):
        return _like(operator, _text(kind, found), value)
    return _ordered(kind, operator, found, value)


def _is_empty_unlike(node: Condition, kind: str, found: Any) -> bool:
    """Whether `not like` keeps this for having no value: in SQL such a row is unlike % as well."""
    if node.operator not in ("not like", "not ilike") or node.value in (None, False, ""):
        return False
    return found is None or (found is False and kind != "boolean")


def _equal(kind: str, found: Any, value: Any) -> bool:
    if kind == "boolean" or kind == "binary":
        return bool(found) is bool(value)
    if kind == PART and (found is None or value is False or value is None):
        return found is None and (value is False or value is None)
    if kind in NUMBERS:
        return bool((found or 0) == _number(kind, value))
    if kind in TEXTS:
        return _text(kind, found) == (str(value) if value else "")
    if not value:
        return not found
    if not found:
        return False
    if kind == "datetime":
        return bool(found == as_datetime("=", value))
    if kind == "date":
        return bool(found == as_date(value))
    return bool(found == value)


def _ordered(kind: str, operator: str, found: Any, value: Any) -> bool:
    compare = _COMPARE[operator]
    if kind == PART and found is None:
        return False
    if kind in NUMBERS:
        return compare(found or 0, _number(kind, value))
    if kind == "boolean":
        return compare(bool(found), bool(value))
    if found is None or found is False or value is None or value is False:
        return False
    if kind in TEXTS:
        return compare(_text(kind, found), str(value))
    if not found:
        return False
    if kind == "datetime":
        return compare(found, as_datetime(operator, value))
    if kind == "date":
        return compare(found, as_date(value))
    return compare(found, value)


def _number(kind: str, value: Any) -> Any:
    if not value:
        return 0
    is_whole = kind in ("integer", "many2one_reference", PART) and not isinstance(value, float)
    return int(value) if is_whole else float(value)


def _text(kind: str, found: Any) -> str:
    if kind in TEXTS and found and not isinstance(found, str) and hasattr(found, "_ids"):
        return f"{found._name},{found._ids[0]}" if found._ids else ""
    return "" if found is None or found is False else str(found)


def _like(operator: str, found: str, value: Any) -> bool:
    pattern = "" if value is None or value is False else str(value)
    if operator in ("like", "ilike"):
        pattern = f"%{pattern}%"
    if operator.endswith("ilike"):
        pattern, found = pattern.lower(), found.lower()
    return _fits((_pieces if len(pattern) <= SHORT else _pieces_of_long)(pattern), found)


class _Piece(NamedTuple):
    """What stands between two % of a LIKE pattern: so many characters; a regular expression if some are _."""

    length: int
    text: str
    wild: re.Pattern[str] | None

    def is_at(self, found: str, start: int) -> bool:
        if self.wild is None:
            return found.startswith(self.text, start)
        return self.wild.match(found, start) is not None

    def end_in(self, found: str, start: int, end: int) -> int:
        """Where its first occurrence between the two ends; -1 if there is none."""
        if self.wild is None:
            at = found.find(self.text, start, end)
            return -1 if at < 0 else at + self.length
        match = self.wild.search(found, start, end)
        return -1 if match is None else match.end()


def _fits(pieces: tuple[_Piece, ...], found: str) -> bool:
    """Whether a text is as a LIKE pattern says.

    Whoever asks may choose both, so this never goes back: each piece is taken where it comes first, which leaves most
    to those after it.
    """
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return len(found) == first.length and first.is_at(found, 0)
    end = len(found) - last.length
    if end < first.length or not (first.is_at(found, 0) and last.is_at(found, end)):
        return False
    place = first.length
    for piece in pieces[1:-1]:
        place = piece.end_in(found, place, end)
        if place < 0:
            return False
    return True


@lru_cache(maxsize=512)
def _pieces(pattern: str) -> tuple[_Piece, ...]:
    """A LIKE pattern, parted at each %: % is any text, _ any character, \\ takes the next one literally."""
    if len(pattern) > SHORT and max(pattern.count(mark) for mark in "%_\\") > MOST_WILD:
        # Whoever asks may choose it: each costs time that nothing interrupts, and memory.
        raise ValueError(f"Invalid LIKE pattern of {len(pattern)} characters: there may be {MOST_WILD} of %, _ and \\")
    first, *others = map(_piece, _parted(pattern))
    return (first, *(piece for piece in others[:-1] if piece.length), *others[-1:])


_pieces_of_long = lru_cache(maxsize=16)(_pieces.__wrapped__)
"""Likewise; few are kept, for they may be large."""


def _parted(pattern: str) -> Iterable[Sequence[str]]:
    """What stands between the %, a character an item; "" for a _."""
    if "\\" not in pattern:
        for text in pattern.split("%"):
            yield [character if character != "_" else "" for character in text] if "_" in text else text
        return
    part: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "%":
            yield part
            part = []
        else:
            part.append(next(characters, "\\") if character == "\\" else character if character != "_" else "")
    yield part


def _piece(characters: Sequence[str]) -> _Piece:
    if all(characters):
        return _Piece(len(characters), "".join(characters), None)
    if len(characters) > MOST_WILD:
        # Looking for it costs the product of its length and the text's.
        raise ValueError(
            f"Invalid LIKE pattern: {len(characters)} characters with _; {MOST_WILD} may stand between two %"
        )
    code = "".join(re.escape(character) if character else "." for character in characters)
    return _Piece(len(characters), "", re.compile(code, re.DOTALL))
