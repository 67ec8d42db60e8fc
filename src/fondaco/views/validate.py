"""An arch held against the models it names, and against what a view of its kind may hold.

    validate(tree, "res.partner", models, where=Where(...))      # raises ArchError at the first fault
    faults = list(find_faults(tree, "res.partner", models))      # all of them

`models` answers for models, groups and actions; `Known` is the one over an environment. The message names file, line,
view and model, and what would fit. One walk over the tree; what elements may stand where is `grammar`, what single
elements need `elements`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lxml import etree

from fondaco.errors import ValidationError
from fondaco.views.arch import NOWHERE, ArchError, Doubt, Element, Where, attributes, kind_of, opening
from fondaco.views.elements import CHECKS, root, shown
from fondaco.views.expressions import DECORATION, KNOWN_NAMES, MODIFIERS, names_in
from fondaco.views.grammar import (
    CLOSED,
    ELEMENTS,
    FREE,
    GRAMMAR,
    PLAIN,
    STRICT,
    STYLES,
    meant_by,
    misplaced,
    wrong_value,
)
from fondaco.views.hooks import Hook, ModelInfo, NameManager, node_info
from fondaco.views.inherit import POSITIONS
from fondaco.views.postprocess import INLINE_KINDS
from fondaco.views.scope import Models, Scope, domain, doubt, fault, readable, unknown_field

REMOVED_ATTRIBUTES: Mapping[str, str] = {
    "attrs": "since 17.0 a modifier is an expression of its own: invisible=\"state == 'done'\"",
    "states": "since 17.0 this is written invisible=\"state not in ('draft',)\"",
}
GROUP_XMLID = re.compile(r"!?[\w]+\.[\w.\-]+")
# Inside these, attributes belong to template languages.
TEMPLATE_TAGS = frozenset({"templates"})
_NOTHING: Mapping[str, frozenset[str]] = {}


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


def validate(
    arch: Element,
    model: str,
    models: Models,
    where: Where = NOWHERE,
    *,
    kind: str = "",
    on_doubt: Callable[[ArchError], object] | None = None,
) -> None:
    """`ArchError` at the first fault of a combined arch, which is a view of `kind`; empty: what its root says.

    on_doubt: is told what is probably a mistake and refused nowhere.
    """
    for found in find(arch, model, models, where, kind):
        if not isinstance(found, Doubt):
            raise found
        if on_doubt is not None:
            on_doubt(found)


def find_faults(arch: Element, model: str, models: Models, where: Where = NOWHERE) -> Iterator[ArchError]:
    """Every fault, in document order."""
    return (found for found in find(arch, model, models, where) if not isinstance(found, Doubt))


def find(arch: Element, model: str, models: Models, where: Where = NOWHERE, kind: str = "") -> Iterator[ArchError]:
    """Every fault and every doubt, in document order."""
    if not model:
        return
    info = models.model(model)
    if info is None:
        yield ArchError(f"unknown model {model!r}; is the module that has it among the dependencies?", arch, where)
        return
    scope = Scope(info, kind or kind_of(arch), None, where)
    if kind and arch.tag != kind:
        if arch.tag != "tree" or kind != "list":
            yield fault(arch, scope, f"the view is of type {kind!r} and its root <{arch.tag}>; expected <{kind}>")
            return
        yield doubt(arch, scope, "<tree> is called <list> since 18.0")
    yield from _node(arch, scope, models, FREE.get(scope.kind))


def _node(node: Element, scope: Scope, models: Models, around: frozenset[str] | None) -> Iterator[ArchError]:
    """`around`: what may stand in the element around this one; None: anything."""
    tag = node.tag
    if not PLAIN.issuperset(node.keys()):
        yield from _attributes(node, scope, models)
    if tag == "field":
        yield from _field(node, scope, models)
    elif tag in CHECKS:
        if not scope.in_template:
            yield from CHECKS[tag](node, scope, models)
    elif tag == "groupby":
        yield from _groupby(node, scope, models)
    elif node.getparent() is None or tag in INLINE_KINDS:
        yield from root(node, scope)
    if (hook := models.hook(tag)) is not None:
        yield from _hooked(hook, node, scope)
    if tag not in ("field", "groupby"):
        yield from _inside(node, scope, models, around)


def _inside(node: Element, scope: Scope, models: Models, around: frozenset[str] | None) -> Iterator[ArchError]:
    """What stands in an element: each at its place, and right in itself."""
    if node.tag in TEMPLATE_TAGS:
        scope, held = Scope(scope.model, scope.kind, scope.parent, scope.where, True), None
    elif scope.in_template or node.tag == "t":
        held = around
    else:
        held = GRAMMAR.get(scope.kind, _NOTHING).get(node.tag) or FREE.get(scope.kind)
    for child in node.iterchildren(tag=etree.Element):
        if held is not None and child.tag not in held and models.hook(child.tag) is None:
            found = misplaced(scope.kind, node.tag, child.tag)
            yield (fault if found.is_fault else doubt)(child, scope, found.text)
        yield from _node(child, scope, models, held)


def _hooked(hook: Hook, node: Element, scope: Scope) -> Iterator[ArchError]:
    """What an addon says to an element."""
    try:
        hook(node, NameManager(scope.model, set(), set()), node_info(node, validate=True))
    except (ValidationError, ValueError) as error:
        yield fault(node, scope, error.detail if isinstance(error, ArchError) else str(error))


# -- attributes -------------------------------------------------------------------------------------------------------


def _attributes(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    for attribute, value in attributes(node):
        if attribute in PLAIN:
            continue
        if attribute in MODIFIERS:
            yield from _expression(node, attribute, value, scope)
        elif attribute == "groups":
            yield from _groups(node, value, scope, models)
        elif attribute.startswith(DECORATION):
            yield from _expression(node, attribute, value, scope)
            if attribute.removeprefix(DECORATION) not in STYLES:
                text = f"{attribute}= is no style; expected {DECORATION} and one of {', '.join(sorted(STYLES))}"
                yield (fault if scope.kind in STRICT else doubt)(node, scope, text)
        elif attribute in REMOVED_ATTRIBUTES:
            if (node.tag in ELEMENTS and node.tag != "widget") or node.tag in ("div", "span"):
                yield fault(node, scope, f"attribute {attribute!r} is no more; {REMOVED_ATTRIBUTES[attribute]}")
        elif scope.in_template:
            continue
        elif attribute in CLOSED:
            if found := wrong_value(scope.kind, node.tag, attribute, value):
                yield (fault if found.is_fault else doubt)(node, scope, found.text)
        elif attribute == "options":
            if value.strip():
                yield from readable(node, attribute, value, scope)
        elif attribute == "position":
            if value in POSITIONS:
                yield doubt(node, scope, f"{opening(node)} has a position, and the view extends none: inherit_id")
        elif meant := meant_by(attribute):
            yield doubt(node, scope, f"{attribute}= on {opening(node)} means nothing; did you mean {meant}=?")


def _groups(node: Element, value: str, scope: Scope, models: Models) -> Iterator[ArchError]:
    for name in filter(None, (part.strip() for part in value.split(","))):
        if not GROUP_XMLID.fullmatch(name) or not models.knows_group(name.lstrip("!")):
            text = f"unknown group {name!r} in groups={value!r}; expected module.name of a group, or of several"
            yield fault(node, scope, text)


def _expression(node: Element, attribute: str, value: str, scope: Scope) -> Iterator[ArchError]:
    """A modifier: readable, and its names are fields."""
    if not value.strip():
        return
    try:
        names = names_in(value)
    except SyntaxError as error:
        yield fault(node, scope, f"{attribute}={value!r} is no Python expression: {error.msg}")
        return
    if scope.in_template:
        return
    if names.is_sequence:
        text = f"{attribute}={value!r} is a list, and so always true; expected a condition: state == 'done'"
        yield doubt(node, scope, text)
    # A column is hidden by the record around the list: only `parent.field` and context make sense there.
    own = names.own if attribute != "column_invisible" else frozenset()
    for name in sorted(own):
        found = scope.model._fields.get(name)
        if found is None:
            if name not in KNOWN_NAMES:
                yield unknown_field(node, scope, scope.model, name, f"in {attribute}={value!r}")
        elif found.groups and not _is_guarded(node, scope):
            text = f"{attribute}={value!r} reads {name!r}, which only {found.groups} may: write groups= here as well"
            yield doubt(node, scope, text)
    if scope.parent is not None:
        for name in sorted(names.of_parent - scope.parent._fields.keys()):
            yield unknown_field(node, scope, scope.parent, name, f"in {attribute}={value!r}")


def _is_guarded(node: Element, scope: Scope) -> bool:
    """Whether groups decide who sees the element: its own, those around it, or those of its field."""
    own = scope.model._fields.get(node.get("name") or "") if node.tag == "field" else None
    return bool(own is not None and own.groups) or any(
        found.get("groups") for found in (node, *node.iterancestors(tag=etree.Element))
    )


# -- fields, which hold other views -----------------------------------------------------------------------------------


def _field(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    name = node.get("name")
    if not name:
        yield fault(node, scope, f"{opening(node)} needs a name")
        return
    found = scope.model._fields.get(name)
    if found is None:
        # Inside a property or a template a path may be meant; elsewhere a field is.
        if not (scope.kind == "search" and "." in name):
            yield unknown_field(node, scope, scope.model, name, "")
        return
    if scope.kind == "list":
        yield from shown(node, scope, found)
    comodel = models.model(found.comodel_name) if found.comodel_name else None
    written = node.get("domain")
    if written and comodel is not None:
        yield from domain(node, written, comodel, scope, models)
    filter_domain = node.get("filter_domain")
    if filter_domain:
        yield from domain(node, filter_domain, scope.model, scope, models)
    context = node.get("context")
    if context:
        yield from readable(node, "context", context, scope)
    for child in node.iterchildren(tag=etree.Element):
        if child.tag not in INLINE_KINDS:
            yield from _node(child, scope, models, FREE.get(scope.kind))
        elif comodel is not None:
            inner = Scope(comodel, kind_of(child), scope.model, scope.where)
            yield from _node(child, inner, models, FREE.get(inner.kind))
        elif not found.comodel_name:
            text = f"<{child.tag}> in {opening(node)}, of type {found.type}; expected a field with a relation"
            yield fault(child, scope, text)


def _groupby(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    name = node.get("name", "")
    found = scope.model._fields.get(name)
    if found is None:
        yield unknown_field(node, scope, scope.model, name, "")
        return
    comodel = models.model(found.comodel_name or "")
    if comodel is None:
        yield fault(node, scope, f"<groupby name={name!r}> is of type {found.type}; expected a many2one")
        return
    yield from _inside(node, Scope(comodel, "groupby", scope.model, scope.where), models, None)
