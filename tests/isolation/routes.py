"""Every route of a database as a request: placeholders of its path filled, parameters guessed by their names."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fondaco.http.routing import Endpoint, RoutingMap


@dataclass(frozen=True)
class Route:
    """One URL of one endpoint."""

    url: str
    endpoint: Endpoint

    @property
    def auth(self) -> str:
        return str(self.endpoint.routing["auth"])

    @property
    def type(self) -> str:
        return str(self.endpoint.routing["type"])

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(self.endpoint.routing.get("methods") or ("GET", "POST"))

    @property
    def parameters(self) -> list[str]:
        """What the endpoint takes, by name."""
        found = inspect.signature(self.endpoint.original_endpoint).parameters.values()
        return [one.name for one in found if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)][1:]

    def path(self, guesses: Mapping[str, Any]) -> str:
        """The URL with every placeholder filled by a guess for its name."""
        parts = []
        for piece in self.url.split("<"):
            placeholder, closed, rest = piece.partition(">")
            if not closed:
                parts.append(piece)
                continue
            kind, _, name = placeholder.rpartition(":")
            guess = guesses.get(name, guesses["id"] if kind.startswith(("int", "model")) else "x")
            parts.append(f"{guess}{rest}")
        return "".join(parts)

    def values(self, guesses: Mapping[str, Any]) -> dict[str, Any]:
        """A guess for each parameter that one is known for."""
        return {name: guesses[name] for name in self.parameters if name in guesses}


def routes_of(routing_map: RoutingMap) -> Iterator[Route]:
    for url, endpoint in routing_map.routes:
        yield Route(url, endpoint)
