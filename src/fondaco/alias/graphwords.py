"""`odoo.modules.graph`: in which order are modules loaded? For addons that go through those that are installed.

graph = Graph()
graph.add_module(cr, "base")
for node in graph:            # what a module stands on comes before it
    node.name, node.state
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fondaco.alias.shims import get_manifest

_logger = logging.getLogger(__name__)


class Node:
    """A module of a graph; `info` is its manifest, `depth` how many stand below it."""

    def __init__(self, name: str, graph: Graph, info: Mapping[str, Any], depth: int) -> None:
        self.name, self.graph, self.depth = name, graph, depth
        self.info = self.data = info
        self.children: list[Node] = []
        self.id: int | None = None
        self.state, self.dbdemo, self.installed_version = "uninstalled", False, None

    def __repr__(self) -> str:
        return f"<Node {self.name} depth={self.depth} state={self.state}>"

    def __iter__(self) -> Iterator[Node]:
        return iter(self.children)


class Graph(dict[str, Node]):
    """Name -> node; iterated, the nodes from the one that needs nothing to those that need most."""

    def add_module(self, cr: Any, module: str, force: Collection[str] | None = None) -> int:
        """Add a module whose dependencies are in the graph; how many were added."""
        return self.add_modules(cr, [module], force)

    def add_modules(self, cr: Any, module_list: Collection[str], force: Collection[str] | None = None) -> int:
        """Add modules in whatever order they are given; one whose dependencies are missing is left out."""
        infos = {name: info for name in module_list if name not in self and (info := get_manifest(name))}
        before = len(self)
        while ready := [name for name, info in infos.items() if all(other in self for other in info["depends"])]:
            for name in ready:
                info = infos.pop(name)
                below = [self[other] for other in info["depends"]]
                node = self[name] = Node(name, self, info, 1 + max((other.depth for other in below), default=-1))
                for other in below:
                    other.children.append(node)
        for name, info in infos.items():
            missing = sorted(other for other in info["depends"] if other not in self)
            _logger.info("module %s: left out of the graph, which lacks %s", name, ", ".join(missing))
        self.update_from_db(cr)
        return len(self) - before

    def update_from_db(self, cr: Any) -> None:
        """Take state, demo data and version of the nodes from the database."""
        cr.execute(
            "SELECT name, id, state, demo, latest_version FROM ir_module_module WHERE name = ANY(%s)",
            (list(self.keys()),),
        )
        for name, id_, state, demo, version in cr.fetchall():
            node = self[name]
            node.id, node.state, node.dbdemo, node.installed_version = id_, state, demo, version

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(self.values(), key=lambda node: (node.depth, node.name)))
