"""What a check of an arch knows of where it is, and how it tells what it found."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from fondaco.views.arch import ArchError, Doubt, Element, Where, opening
from fondaco.views.expressions import KNOWN_NAMES, conditions_of, names_in
from fondaco.views.hooks import Hook, ModelInfo


class Models(Protocol):
    """What is asked about the database."""

    def model(self, name: str) -> ModelInfo | None: ...

    def has_method(self, model: ModelInfo, name: str) -> bool: ...

    def knows_group(self, xmlid: str) -> bool: ...

    def knows_action(self, name: str) -> bool: ...

    def hook(self, tag: str) -> Hook | None: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The view, or the embedded view, in which an element stands."""

    model: ModelInfo
    kind: str
    parent: ModelInfo | None
    where: Where
    in_template: bool = False


def fault(node: Element, scope: Scope, detail: str) -> ArchError:
    """For what cannot be: the view is refused."""
    return ArchError(detail, node, scope.where)


def doubt(node: Element, scope: Scope, detail: str) -> ArchError:
    """For what is probably a mistake: the log says so."""
    return Doubt(detail, node, scope.where)


def unknown_field(node: Element, scope: Scope, model: ModelInfo, name: str, context: str) -> ArchError:
    """`context`: what names the field; empty: the element itself."""
    close = get_close_matches(name, model._fields, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    detail = f" {context}" if context else f" in {opening(node)}"
    return fault(node, scope, f"unknown field {name!r} of {model._name}{detail}{hint}")


def readable(node: Element, attribute: str, value: str, scope: Scope) -> Iterator[ArchError]:
    """An attribute that is a Python expression; the client evaluates a context with the record in view."""
    try:
        names = names_in(value)
    except SyntaxError as error:
        yield fault(node, scope, f"{attribute}={value!r} is no Python expression: {error.msg}")
        return
    if attribute == "context" and scope.kind != "search" and not scope.in_template:
        for name in sorted(names.own - scope.model._fields.keys() - KNOWN_NAMES):
            found = unknown_field(node, scope, scope.model, name, f"in context={value!r}")
            yield doubt(node, scope, found.detail)


def path(
    node: Element, dotted: str, model: ModelInfo, scope: Scope, models: Models, context: str
) -> Iterator[ArchError]:
    """Every step of a dotted path is a field."""
    current: ModelInfo | None = model
    for step in dotted.split("."):
        if current is None:
            return
        found = current._fields.get(step)
        if found is None:
            yield unknown_field(node, scope, current, step, context)
            return
        if found.type in ("properties", "date", "datetime"):
            return
        current = models.model(found.comodel_name) if found.comodel_name else None


def domain(node: Element, written: str, model: ModelInfo, scope: Scope, models: Models) -> Iterator[ArchError]:
    """A domain over `model` whose values read fields of the record in view."""
    try:
        conditions = conditions_of(written)
    except SyntaxError as error:
        yield fault(node, scope, f"domain {written!r} is no Python expression: {error.msg}")
        return
    for dotted, names in conditions:
        yield from path(node, dotted, model, scope, models, f"in domain {written!r}")
        if scope.kind == "search" or scope.in_template:
            continue
        for name in sorted(names - scope.model._fields.keys() - KNOWN_NAMES):
            yield unknown_field(node, scope, scope.model, name, f"in domain {written!r}")
