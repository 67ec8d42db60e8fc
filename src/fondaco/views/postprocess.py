"""An arch fitted to a user: what they may see, and which fields of which models it needs.

    processed = postprocess(tree, "res.partner", Viewer(env, default_arch))
    processed.arch                # the same tree, changed
    processed.fields              # {"res.partner": {"name", "country_id", ...}, "res.country": {...}}

Nodes of groups the user is not in are taken out, as are fields of such groups; an x2many without a view of its own
gets the default one; a field that only an expression reads is added, invisible. Modifiers stay expressions.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol

from lxml import etree

from fondaco.views.arch import Element, attributes, kind_of, remove, unwrap
from fondaco.views.expressions import DECORATION, MODIFIERS, conditions_of, is_always, names_in
from fondaco.views.hooks import Hook, ModelInfo, NameManager, node_info

# Views whose records the client reads one by one, and so needs these fields in any case.
RECORD_KINDS = frozenset({"form", "list", "kanban"})
ALWAYS_READ = ("id", "write_date")
INLINE_KINDS = ("list", "form", "kanban", "graph", "pivot", "calendar", "search", "tree")
# Attributes of a root that name a field.
FIELD_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "calendar": ("date_start", "date_stop", "date_delay", "color", "all_day", "create_name_field"),
    "kanban": ("default_group_by", "quick_create_view_field", "highlight_color"),
    "activity": (),
    "graph": (),
    "pivot": (),
    "list": ("default_group_by",),
}
# Root attribute -> the right without which it becomes False.
ROOT_RIGHTS: Mapping[str, str] = {"create": "create", "delete": "unlink", "edit": "write", "import": "create"}
DEFAULT_MODES: Mapping[str, str] = {"form": "list,kanban"}


class Beholder(Protocol):
    """Who looks at the view; `Viewer` is the one with an environment."""

    def model(self, name: str) -> ModelInfo | None: ...

    def has_groups(self, groups: str) -> bool: ...

    def may(self, model: str, operation: str) -> bool: ...

    def has_onchange(self, model: ModelInfo, name: str) -> bool: ...

    def is_read_by(self, model: ModelInfo, name: str, others: Collection[Any]) -> bool: ...

    def default_arch(self, model: str, kind: str) -> Element | None: ...

    def hook(self, tag: str) -> Hook | None: ...


class Viewer:
    """The user of an environment.

    default_arch(model, kind): the combined arch to embed for an x2many, or None.
    hooks: what addons do to nodes, by tag.
    """

    def __init__(
        self,
        env: Any,
        default_arch: Callable[[str, str], Element | None] | None = None,
        hooks: Mapping[str, Hook] | None = None,
    ) -> None:
        self.env = env
        self._default_arch = default_arch
        self._hooks = hooks or {}
        self._groups: dict[str, bool] = {}
        self._rights: dict[tuple[str, str], bool] = {}

    def model(self, name: str) -> ModelInfo | None:
        if name not in self.env:
            return None
        found: ModelInfo = self.env[name]
        return found

    def has_groups(self, groups: str) -> bool:
        if groups not in self._groups:
            self._groups[groups] = bool(self.env.user.has_groups(groups))
        return self._groups[groups]

    def may(self, model: str, operation: str) -> bool:
        key = (model, operation)
        if key not in self._rights:
            access = self.env["ir.model.access"]
            self._rights[key] = bool(access.check(model, operation, raise_exception=False))
        return self._rights[key]

    def has_onchange(self, model: ModelInfo, name: str) -> bool:
        check = getattr(model, "_has_onchange", None)
        if check is None:
            return False
        found = model._fields[name]
        return bool(check(found, [other for other in model._fields.values() if other is not found]))

    def is_read_by(self, model: ModelInfo, name: str, others: Collection[Any]) -> bool:
        """Whether one of `others`, fields of lines, is computed from the field."""
        check = getattr(model, "_has_onchange", None)
        return check is not None and bool(check(model._fields[name], others))

    def default_arch(self, model: str, kind: str) -> Element | None:
        return self._default_arch(model, kind) if self._default_arch is not None else None

    def hook(self, tag: str) -> Hook | None:
        return self._hooks.get(tag)


@dataclass(slots=True)
class Processed:
    arch: Element
    fields: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _View:
    """One view or embedded view while it is walked."""

    model: ModelInfo
    kind: str
    root: Element
    parent: "_View | None" = None
    present: set[str] = field(default_factory=set)
    wanted: set[str] = field(default_factory=set)
    nodes: list[Element] = field(default_factory=list)
    """Of fields whose change is nothing to the record itself."""
    of_lines: list[Any] = field(default_factory=list)
    """The fields that views inside this one show."""
    depth: int = 0


def postprocess(arch: Element, model: str, beholder: Beholder, *, kind: str = "") -> Processed:
    """Fit `arch` (combined, a view of `model`) to the beholder. The tree is changed in place."""
    info = beholder.model(model)
    processed = Processed(arch)
    if info is None:
        _filter_only(arch, beholder)
        return processed
    _process_view(_View(info, kind or kind_of(arch), arch), beholder, processed)
    return processed


def _filter_only(arch: Element, beholder: Beholder) -> None:
    for node in list(arch.iter(etree.Element)):
        _keep(node, beholder)


def _process_view(view: _View, beholder: Beholder, processed: Processed) -> None:
    name = view.model._name
    needed = processed.fields.setdefault(name, set())
    _restrict_root(view, beholder)
    _call_hook(view.root, view, beholder)
    _walk(view.root, view, beholder, processed)
    for attribute in FIELD_ATTRIBUTES.get(view.kind, ()):
        used = (view.root.get(attribute) or "").split(":")[0]
        if used in view.model._fields:
            needed.add(used)
    _add_wanted(view, beholder)
    needed |= view.present
    for node in view.nodes if view.of_lines else ():
        if beholder.is_read_by(view.model, node.get("name", ""), view.of_lines):
            node.set("on_change", "1")
    if view.kind in RECORD_KINDS:
        needed.update(fname for fname in ALWAYS_READ if fname in view.model._fields)
    elif view.kind == "search":
        needed.update(_visible_fields(view.model, beholder))


def _walk(node: Element, view: _View, beholder: Beholder, processed: Processed) -> None:
    for child in list(node.iterchildren(tag=etree.Element)):
        if not _keep(child, beholder):
            # Odoo 18 describes the fields of nodes that are kept from the user too (transcript 08: get-views-list).
            processed.fields[view.model._name].update(_names_below(child, view, beholder))
            continue
        _call_hook(child, view, beholder)
        if child.getparent() is None:
            continue
        if child.tag == "field" and child.get("name"):
            _field(child, view, beholder, processed)
        elif child.tag == "groupby" and child.get("name") in view.model._fields:
            _group(child, view, beholder, processed)
        else:
            _want_expressions(child, view)
            _walk(child, view, beholder, processed)
            if child.tag == "t" and not child.attrib and view.kind != "qweb":
                unwrap(child)


def _call_hook(node: Element, view: _View, beholder: Beholder) -> None:
    """Let an addon have its say on a node; it may change the node, or take it out."""
    hook = beholder.hook(node.tag)
    if hook is not None:
        hook(node, NameManager(view.model, view.present, view.wanted), node_info(node, validate=False))


def _names_below(node: Element, view: _View, beholder: Beholder) -> Iterator[str]:
    """The fields of the view's own model on a node and below it."""
    name = node.get("name", "") if node.tag == "field" else ""
    if name in view.model._fields:
        if _is_visible(view.model._fields[name], beholder):
            yield name
        return
    for child in node.iterchildren(tag=etree.Element):
        yield from _names_below(child, view, beholder)


def _keep(node: Element, beholder: Beholder) -> bool:
    """Take the node out if its groups say so; True when it stays."""
    groups = node.get("groups")
    if groups is None:
        return True
    if beholder.has_groups(groups):
        del node.attrib["groups"]
        return True
    remove(node)
    return False


def _field(node: Element, view: _View, beholder: Beholder, processed: Processed) -> None:
    name = node.get("name", "")
    found = view.model._fields.get(name)
    if found is None:
        _walk(node, view, beholder, processed)
        return
    if found.groups and not beholder.has_groups(found.groups):
        remove(node)
        return
    view.present.add(name)
    _want_expressions(node, view)
    domain = getattr(found, "domain", None)
    if isinstance(domain, str) and node.get("domain") is None and view.kind != "search":
        _want_names(_names_of_domain(domain), view)
    if view.kind in RECORD_KINDS:
        if beholder.has_onchange(view.model, name):
            node.set("on_change", "1")
        else:
            view.nodes.append(node)
    comodel = beholder.model(found.comodel_name) if found.comodel_name else None
    if comodel is None:
        return
    if found.type == "many2one" and view.kind in RECORD_KINDS:
        for attribute, operation in (("can_create", "create"), ("can_write", "write")):
            node.set(attribute, str(beholder.may(comodel._name, operation)))
    _embedded(node, found, comodel, view, beholder, processed)


def _embedded(
    node: Element, found: Any, comodel: ModelInfo, view: _View, beholder: Beholder, processed: Processed
) -> None:
    """The views inside a relational field; an x2many in a form gets the default ones where it has none."""
    inline = [child for child in node.iterchildren(tag=etree.Element) if child.tag in INLINE_KINDS]
    is_shown = not is_always(node.get("invisible"), True) and not node.get("widget")
    if found.type in ("one2many", "many2many") and view.kind == "form" and is_shown and view.depth == 0:
        present = {kind_of(child) for child in inline}
        modes = (node.get("mode") or "list,kanban").replace("tree", "list").split(",")
        if not present.intersection(modes):
            arch = beholder.default_arch(comodel._name, modes[0])
            if arch is not None:
                embedded = deepcopy(arch)
                embedded.tail = None
                node.append(embedded)
                inline.append(embedded)
    for child in inline:
        if _keep(child, beholder):
            inner = _View(comodel, kind_of(child), child, view, depth=view.depth + 1)
            _process_view(inner, beholder, processed)
            if found.type in ("one2many", "many2many"):
                view.of_lines += [comodel._fields[shown] for shown in inner.present]
                view.of_lines += inner.of_lines


def _group(node: Element, view: _View, beholder: Beholder, processed: Processed) -> None:
    """<groupby name="user_id">: buttons and fields of the model behind the field."""
    name = node.get("name", "")
    view.present.add(name)
    comodel = beholder.model(view.model._fields[name].comodel_name or "")
    if comodel is not None:
        inner = _View(comodel, "groupby", node, view, depth=view.depth + 1)
        _walk(node, inner, beholder, processed)
        processed.fields.setdefault(comodel._name, set()).update(inner.present)


def _restrict_root(view: _View, beholder: Beholder) -> None:
    if view.kind not in (*RECORD_KINDS, "calendar", "activity"):
        return
    for attribute, operation in ROOT_RIGHTS.items():
        if view.root.get(attribute) is None and not beholder.may(view.model._name, operation):
            view.root.set(attribute, "False")


def _want_expressions(node: Element, view: _View) -> None:
    """Note the fields that the expressions on a node read."""
    for attribute, value in attributes(node):
        if attribute == "column_invisible":
            # Evaluated on the record around the list, once for the column.
            names = _names(value)
            if view.parent is not None:
                view.parent.wanted |= names[0] | names[1]
        elif attribute in MODIFIERS or attribute.startswith(DECORATION) or attribute == "context":
            own, of_parent = _names(value)
            _want_names(own, view)
            if view.parent is not None:
                view.parent.wanted |= of_parent
        elif attribute == "domain" and view.kind != "search":
            _want_names(_names_of_domain(value), view)
            if view.parent is not None:
                view.parent.wanted |= _names(value)[1]


def _want_names(names: Iterable[str], view: _View) -> None:
    view.wanted.update(names)


def _names(expression: str) -> tuple[frozenset[str], frozenset[str]]:
    try:
        names = names_in(expression)
    except SyntaxError:
        return frozenset(), frozenset()  # `validate` reports it
    return names.own, names.of_parent


def _names_of_domain(domain: str) -> frozenset[str]:
    try:
        names: frozenset[str] = frozenset()
        for _path, used in conditions_of(domain):
            names |= used
    except SyntaxError:
        return frozenset()
    return names | _names(domain)[0]


def _add_wanted(view: _View, beholder: Beholder) -> None:
    """Add fields that only expressions read, invisible, so that the client knows their values."""
    if view.kind not in RECORD_KINDS:
        return
    missing = sorted(
        name
        for name in view.wanted - view.present
        if name in view.model._fields and _is_visible(view.model._fields[name], beholder)
    )
    for position, name in enumerate(missing):
        written = {"name": name, "column_invisible" if view.kind == "list" else "invisible": "True"}
        if view.kind != "kanban":
            written["readonly"] = "True"
        node = etree.Element("field", written)
        if view.kind == "kanban":
            view.root.insert(position, node)
        else:
            view.root.append(node)
        view.present.add(name)


def _visible_fields(model: ModelInfo, beholder: Beholder) -> Iterator[str]:
    return (name for name, found in model._fields.items() if _is_visible(found, beholder))


def _is_visible(found: Any, beholder: Beholder) -> bool:
    return not found.groups or beholder.has_groups(found.groups)
