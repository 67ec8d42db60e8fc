"""An arch held against the models it names: unknown fields, methods, groups, and expressions that cannot be read.

    validate(tree, "res.partner", models, where=Where(...))      # raises ArchError at the first fault
    faults = list(find_faults(tree, "res.partner", models))      # all of them

`models` answers for models, groups and actions; `Known` is the one over an environment. The message names file, line,
view and model, and what would fit.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

from lxml import etree

from fondaco.errors import ValidationError
from fondaco.views.arch import NOWHERE, ArchError, Element, Where, attributes, kind_of, opening
from fondaco.views.expressions import DECORATION, KNOWN_NAMES, MODIFIERS, conditions_of, group_by_of, names_in
from fondaco.views.hooks import Hook, ModelInfo, NameManager, node_info
from fondaco.views.postprocess import FIELD_ATTRIBUTES, INLINE_KINDS

REMOVED_ATTRIBUTES: Mapping[str, str] = {
    "attrs": "since 17.0 a modifier is an expression of its own: invisible=\"state == 'done'\"",
    "states": "since 17.0 this is written invisible=\"state not in ('draft',)\"",
}
GROUP_XMLID = re.compile(r"!?[\w]+\.[\w.\-]+")
# Inside these, attributes belong to template languages.
TEMPLATE_TAGS = frozenset({"templates"})


class Models(Protocol):
    """What is asked about the database."""

    def model(self, name: str) -> ModelInfo | None: ...

    def has_method(self, model: ModelInfo, name: str) -> bool: ...

    def knows_group(self, xmlid: str) -> bool: ...

    def knows_action(self, name: str) -> bool: ...

    def hook(self, tag: str) -> Hook | None: ...


class Known:
    """What an environment knows.

    knows_xmlid: answers for groups and actions. hooks: what addons hold against nodes, by tag.
    """

    def __init__(
        self,
        env: Any,
        knows_xmlid: Callable[[str], bool] | None = None,
        hooks: Mapping[str, Hook] | None = None,
    ) -> None:
        self.env = env
        self._knows_xmlid = knows_xmlid
        self._hooks = hooks or {}

    def model(self, name: str) -> ModelInfo | None:
        if name not in self.env:
            return None
        found: ModelInfo = self.env[name]
        return found

    def has_method(self, model: ModelInfo, name: str) -> bool:
        return callable(getattr(type(model), name, None))

    def knows_group(self, xmlid: str) -> bool:
        return self._knows_xmlid is None or self._knows_xmlid(xmlid)

    def knows_action(self, name: str) -> bool:
        return name.isdigit() or self._knows_xmlid is None or self._knows_xmlid(name)

    def hook(self, tag: str) -> Hook | None:
        return self._hooks.get(tag)


@dataclass(frozen=True, slots=True)
class _Scope:
    model: ModelInfo
    kind: str
    parent: ModelInfo | None
    where: Where
    in_template: bool = False


def validate(arch: Element, model: str, models: Models, where: Where = NOWHERE) -> None:
    """`ArchError` at the first fault of a combined arch."""
    for fault in find_faults(arch, model, models, where):
        raise fault


def find_faults(arch: Element, model: str, models: Models, where: Where = NOWHERE) -> Iterator[ArchError]:
    """Every fault, in document order."""
    if not model:
        return
    info = models.model(model)
    if info is None:
        yield ArchError(f"{where.at(arch)}: unknown model {model!r}", arch)
        return
    yield from _node(arch, _Scope(info, kind_of(arch), None, where), models)


def _node(node: Element, scope: _Scope, models: Models) -> Iterator[ArchError]:
    yield from _attributes(node, scope, models)
    check = CHECKS.get(node.tag)
    if check is not None and not (scope.in_template and node.tag != "field"):
        yield from check(node, scope, models)
    elif node.getparent() is None or node.tag in INLINE_KINDS:
        yield from _root_attributes(node, scope)
    hook = models.hook(node.tag)
    if hook is not None:
        try:
            hook(node, NameManager(scope.model, set(), set()), node_info(node, validate=True))
        except (ValidationError, ValueError) as error:
            yield _fault(node, scope, str(error))
    if node.tag in ("field", "groupby"):
        return
    inner = scope if node.tag not in TEMPLATE_TAGS else _Scope(scope.model, scope.kind, scope.parent, scope.where, True)
    for child in node.iterchildren(tag=etree.Element):
        yield from _node(child, inner, models)


def _attributes(node: Element, scope: _Scope, models: Models) -> Iterator[ArchError]:
    for attribute, value in attributes(node):
        if attribute in REMOVED_ATTRIBUTES and node.tag in ("field", "button", "group", "div", "page", "label", "span"):
            yield _fault(node, scope, f"attribute {attribute!r} is no more; {REMOVED_ATTRIBUTES[attribute]}")
        elif attribute == "groups":
            yield from _groups(node, value, scope, models)
        elif attribute in MODIFIERS or attribute.startswith(DECORATION):
            yield from _expression(node, attribute, value, scope)


def _groups(node: Element, value: str, scope: _Scope, models: Models) -> Iterator[ArchError]:
    for name in filter(None, (part.strip() for part in value.split(","))):
        if not GROUP_XMLID.fullmatch(name) or not models.knows_group(name.lstrip("!")):
            yield _fault(node, scope, f"unknown group {name!r} in groups={value!r}")


def _expression(node: Element, attribute: str, value: str, scope: _Scope) -> Iterator[ArchError]:
    """A modifier: readable, and its names are fields."""
    if not value.strip():
        return
    try:
        names = names_in(value)
    except SyntaxError as error:
        yield _fault(node, scope, f"{attribute}={value!r} is no Python expression: {error.msg}")
        return
    if scope.in_template:
        return
    # A column is hidden by the record around the list: only `parent.field` and context make sense there.
    own = names.own if attribute != "column_invisible" else frozenset()
    for name in sorted(own - scope.model._fields.keys() - KNOWN_NAMES):
        yield _unknown_field(node, scope, scope.model, name, f"in {attribute}={value!r}")
    if scope.parent is not None:
        for name in sorted(names.of_parent - scope.parent._fields.keys()):
            yield _unknown_field(node, scope, scope.parent, name, f"in {attribute}={value!r}")


def _root_attributes(node: Element, scope: _Scope) -> Iterator[ArchError]:
    if scope.kind == "calendar" and not node.get("date_start"):
        yield _fault(node, scope, "<calendar> needs date_start: the field that says when a record begins")
    for attribute in FIELD_ATTRIBUTES.get(scope.kind, ()):
        value = node.get(attribute)
        name = (value or "").split(":")[0].split(",")[0]
        if attribute != "quick_create_view_field" and name and name.split(".")[0] not in scope.model._fields:
            yield _unknown_field(node, scope, scope.model, name, f"in {attribute}={value!r}")


def _field(node: Element, scope: _Scope, models: Models) -> Iterator[ArchError]:
    name = node.get("name")
    if not name:
        yield _fault(node, scope, f"{opening(node)} needs a name")
        return
    found = scope.model._fields.get(name)
    if found is None:
        # Inside a property or a template a path may be meant; elsewhere a field is.
        if not (scope.kind == "search" and "." in name):
            yield _unknown_field(node, scope, scope.model, name, "")
        return
    comodel = models.model(found.comodel_name) if found.comodel_name else None
    domain = node.get("domain")
    if domain and comodel is not None:
        yield from _domain(node, domain, comodel, scope, models)
    filter_domain = node.get("filter_domain")
    if filter_domain:
        yield from _domain(node, filter_domain, scope.model, scope, models, has_self=True)
    context = node.get("context")
    if context:
        yield from _readable(node, "context", context, scope)
    for child in node.iterchildren(tag=etree.Element):
        if child.tag in INLINE_KINDS and comodel is not None:
            inner = _Scope(comodel, kind_of(child), scope.model, scope.where)
            yield from _node(child, inner, models)
        elif child.tag not in INLINE_KINDS:
            yield from _node(child, scope, models)


def _domain(
    node: Element, domain: str, model: ModelInfo, scope: _Scope, models: Models, *, has_self: bool = False
) -> Iterator[ArchError]:
    """A domain over `model` whose values read fields of the record in view."""
    try:
        conditions = conditions_of(domain)
    except SyntaxError as error:
        yield _fault(node, scope, f"domain {domain!r} is no Python expression: {error.msg}")
        return
    for path, names in conditions:
        yield from _path(node, path, model, scope, models, f"in domain {domain!r}")
        if scope.kind == "search" or scope.in_template:
            continue
        for name in sorted(names - scope.model._fields.keys() - KNOWN_NAMES):
            yield _unknown_field(node, scope, scope.model, name, f"in domain {domain!r}")


def _path(
    node: Element, path: str, model: ModelInfo, scope: _Scope, models: Models, context: str
) -> Iterator[ArchError]:
    """Every step of a dotted path is a field."""
    current: ModelInfo | None = model
    for step in path.split("."):
        if current is None:
            return
        found = current._fields.get(step)
        if found is None:
            yield _unknown_field(node, scope, current, step, context)
            return
        if found.type in ("properties", "date", "datetime"):
            return
        current = models.model(found.comodel_name) if found.comodel_name else None


def _filter(node: Element, scope: _Scope, models: Models) -> Iterator[ArchError]:
    domain, context, date = node.get("domain"), node.get("context"), node.get("date")
    if domain:
        yield from _domain(node, domain, scope.model, scope, models)
    if date and date.split(".")[0] not in scope.model._fields:
        yield _unknown_field(node, scope, scope.model, date, f"in date={date!r}")
    if not context:
        return
    yield from _readable(node, "context", context, scope)
    try:
        names = group_by_of(context)
    except SyntaxError:
        return
    for name in names:
        path = name.split(":")[0]
        yield from _path(node, path, scope.model, scope, models, f"in context {context!r}")


def _button(node: Element, scope: _Scope, models: Models) -> Iterator[ArchError]:
    name, kind = node.get("name"), node.get("type")
    if node.get("special") or not name or not kind:
        return
    if kind == "object" and not models.has_method(scope.model, name):
        close = get_close_matches(name, dir(type(scope.model)), 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        yield _fault(node, scope, f"button calls {name!r}, which {scope.model._name} does not have{hint}")
    elif kind == "object" and name.startswith("_"):
        yield _fault(node, scope, f"button calls {name!r}; a method that starts with '_' is private")
    elif kind == "action" and not models.knows_action(name):
        yield _fault(node, scope, f"button opens {name!r}, which is no action; expected %(module.name)d or an id")
    context = node.get("context")
    if context:
        yield from _readable(node, "context", context, scope)


def _groupby(node: Element, scope: _Scope, models: Models) -> Iterator[ArchError]:
    name = node.get("name", "")
    found = scope.model._fields.get(name)
    if found is None:
        yield _unknown_field(node, scope, scope.model, name, "")
        return
    comodel = models.model(found.comodel_name or "")
    if comodel is None:
        yield _fault(node, scope, f"<groupby name={name!r}> needs a many2one")
        return
    for child in node.iterchildren(tag=etree.Element):
        yield from _node(child, _Scope(comodel, "groupby", scope.model, scope.where), models)


def _label(node: Element, scope: _Scope, models: Models) -> Iterator[ArchError]:
    """What a label is for: a field, or a node of the view by its id or name."""
    target = node.get("for")
    if not target or target in scope.model._fields:
        return
    if not any(target in (other.get("id"), other.get("name")) for other in node.getroottree().iter(etree.Element)):
        yield _unknown_field(node, scope, scope.model, target, f"in for={target!r}, which is no id in the view either")


def _readable(node: Element, attribute: str, value: str, scope: _Scope) -> Iterator[ArchError]:
    try:
        names_in(value)
    except SyntaxError as error:
        yield _fault(node, scope, f"{attribute}={value!r} is no Python expression: {error.msg}")


def _unknown_field(node: Element, scope: _Scope, model: ModelInfo, name: str, context: str) -> ArchError:
    close = get_close_matches(name, model._fields, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    detail = f" {context}" if context else f" in {opening(node)}"
    return _fault(node, scope, f"unknown field {name!r} of {model._name}{detail}{hint}")


def _fault(node: Element, scope: _Scope, message: str) -> ArchError:
    return ArchError(f"{scope.where.at(node)}: {message}", node)


CHECKS: dict[str, Callable[[Element, _Scope, Models], Iterator[ArchError]]] = {
    "button": _button,
    "field": _field,
    "filter": _filter,
    "groupby": _groupby,
    "label": _label,
}
