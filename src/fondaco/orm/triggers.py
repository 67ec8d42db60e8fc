"""Which computed fields become stale when a field changes?

The graph is built once per registry from each field's dependencies. An edge says: when field `source` of some records
changes, field `target` is stale on the records found by walking `path` backwards from them. `path` holds the relations
from the target's model to the source's, nearest to the source first ("line_ids.price" changes: path (line_ids,)).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fondaco.orm.fields.base import Field


class Edge(NamedTuple):
    """`target` is stale on the records from which `path` (reversed) leads to the changed ones."""

    path: tuple[Field[Any], ...]
    target: Field[Any]


class Spread(NamedTuple):
    """Where a change of some fields leads, each place once.

    lasting: edges at whose end something stored hangs; passing: those that only spoil the cache; spoiled: the fields
    that `passing` spoils.
    """

    lasting: tuple[Edge, ...]
    passing: tuple[Edge, ...]
    spoiled: frozenset[Field[Any]]


Graph = Mapping["Field[Any]", "list[Edge]"]


def build(dependencies: Mapping[Field[Any], Iterable[tuple[Field[Any], ...]]]) -> dict[Field[Any], list[Edge]]:
    """Turn {field: paths that it depends on} into {source: edges}; edges without path first."""
    graph: dict[Field[Any], dict[tuple[tuple[Field[Any], ...], Field[Any]], Edge]] = defaultdict(dict)
    for target, paths in dependencies.items():
        for path in paths:
            *relations, source = path
            back = tuple(reversed(relations))
            graph[source].setdefault((back, target), Edge(back, target))
    return {source: sorted(edges.values(), key=lambda edge: len(edge.path)) for source, edges in graph.items()}


def edges_of(graph: Graph, fields: Iterable[Field[Any]], kind: str) -> Iterator[Edge]:
    """The edges that a change of `fields` follows, some more than once.

    kind: "changed"; "changing", where only what lies behind relations is of interest; "born", for records that are new:
    what they compute themselves changes with them, but nobody points at them yet.
    """
    fields = list(fields)
    if kind == "born":
        met = dict.fromkeys(fields)
        while fields:
            own = [edge.target for edge in graph.get(fields.pop(), ()) if not edge.path and edge.target not in met]
            met.update(dict.fromkeys(own))
            fields += own
        fields = list(met)
    for field in fields:
        for edge in graph.get(field, ()):
            if kind == "changed" or (edge.path and (kind == "changing" or edge.path[0].type != "many2one")):
                yield edge


def closure(graph: Graph, field: Field[Any]) -> Iterator[Field[Any]]:
    """Every field that directly or indirectly becomes stale when `field` changes."""
    seen: set[Field[Any]] = set()
    todo = [field]
    while todo:
        for edge in graph.get(todo.pop(), ()):
            if edge.target not in seen:
                seen.add(edge.target)
                todo.append(edge.target)
                yield edge.target


def reaches_through_relation(paths: Iterable[tuple[Field[Any], ...]]) -> bool:
    """Whether a dependency passes an x2many of the model itself, so that a record being created cannot know it yet."""
    return any(step.type in ("one2many", "many2many") for path in paths for step in path)
