"""What single elements of an arch need beside the right place: a button its method, a calendar its dates."""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from lxml import etree

from fondaco.views.arch import ArchError, Element, opening
from fondaco.views.expressions import group_by_of
from fondaco.views.postprocess import FIELD_ATTRIBUTES
from fondaco.views.scope import Models, Scope, domain, doubt, fault, path, readable, unknown_field

DATES = ("date", "datetime")
NUMBERS = ("integer", "float", "monetary")
# The types of the fields by which a panel beside the list filters, and the kind of choice.
PANEL_TYPES = {"one": ("many2one", "selection"), "multi": ("many2one", "many2many", "selection")}
CARDS = {"kanban": ("card", "kanban-box"), "activity": ("activity-box",)}
DIRECTIONS = ("asc", "desc")
WHOLE = re.compile(r"[+-]?\d+")
PERIOD = re.compile(r"(month|year)([+-]\d+)?|(first|second|third|fourth)_quarter")

Check = Callable[[Element, Scope, Models], Iterator[ArchError]]


# -- roots ------------------------------------------------------------------------------------------------------------


def root(node: Element, scope: Scope) -> Iterator[ArchError]:
    """The attributes of the root of a view, or of an embedded one."""
    if scope.kind == "calendar":
        yield from _calendar(node, scope)
    elif scope.kind in CARDS:
        yield from _cards(node, scope)
    elif scope.kind == "search" and len(node.findall(".//searchpanel")) > 1:
        yield doubt(node, scope, "a second <searchpanel>; a search has one: put its fields into the first")
    for attribute in FIELD_ATTRIBUTES.get(scope.kind, ()):
        value = node.get(attribute)
        if not value or attribute == "quick_create_view_field":
            continue
        for part in value.split(","):
            name = part.split(":")[0].strip()
            if name and name.split(".")[0] not in scope.model._fields:
                yield unknown_field(node, scope, scope.model, name, f"in {attribute}={value!r}")
    if scope.kind in ("list", "kanban", "pivot"):
        yield from _order(node, scope)
        for attribute in ("limit", "groups_limit"):
            value = node.get(attribute)
            if value and not (value.isdigit() and int(value)):
                yield fault(node, scope, f"{attribute}={value!r}; expected a whole number from 1 on")


def _calendar(node: Element, scope: Scope) -> Iterator[ArchError]:
    if not node.get("date_start"):
        yield fault(node, scope, "<calendar> needs date_start: the field that says when a record begins")
    for attribute, types in (("date_start", DATES), ("date_stop", DATES), ("date_delay", NUMBERS)):
        found = scope.model._fields.get(node.get(attribute) or "")
        if found is not None and found.type not in types:
            written = f"{attribute}={node.get(attribute)!r}"
            yield fault(node, scope, f"{written} is a field of type {found.type}; expected {' or '.join(types)}")


def _cards(node: Element, scope: Scope) -> Iterator[ArchError]:
    """Cards are drawn by a template; a view with a client's class of its own may do without."""
    names = CARDS[scope.kind]
    templates = node.find("templates")
    if templates is not None and any(found.get("t-name") in names for found in templates.iter(etree.Element)):
        return
    expected = f'<templates><t t-name="{names[0]}">...</t></templates>'
    say = doubt if node.get("js_class") else fault
    if templates is None:
        yield say(node, scope, f"<{node.tag}> has no templates; expected {expected} in it")
    else:
        named = [name for found in templates.iter(etree.Element) if (name := found.get("t-name"))]
        has = f" (there is {', '.join(named)})" if named else ""
        yield say(templates, scope, f"<templates> has none for the card{has}; expected {expected}")


def _order(node: Element, scope: Scope) -> Iterator[ArchError]:
    value = node.get("default_order")
    for part in value.split(",") if value else ():
        name, *direction = part.split() or [""]
        if name.split(".")[0] not in scope.model._fields and name != "__count":
            yield unknown_field(node, scope, scope.model, name, f"in default_order={value!r}")
        elif direction and direction[0].lower() not in DIRECTIONS:
            yield fault(node, scope, f"default_order={value!r}: {direction[0]!r}; expected {' or '.join(DIRECTIONS)}")


# -- elements ---------------------------------------------------------------------------------------------------------


def search_filter(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    written, context, date = node.get("domain"), node.get("context"), node.get("date")
    if not node.get("name"):
        yield fault(node, scope, f"{opening(node)} needs a name: favourites and search_default_NAME go by it")
    if written:
        yield from domain(node, written, scope.model, scope, models)
    if date:
        found = scope.model._fields.get(date.split(".")[0])
        if found is None:
            yield unknown_field(node, scope, scope.model, date, f"in date={date!r}")
        elif "." not in date and found.type not in DATES:
            yield fault(node, scope, f"date={date!r} is a field of type {found.type}; expected date or datetime")
        yield from _span(node, scope)
    if not context:
        if not written and not date:
            yield doubt(
                node, scope, f"{opening(node)} filters nothing; expected domain=, date= or a group_by in context="
            )
        return
    yield from readable(node, "context", context, scope)
    try:
        names = group_by_of(context)
    except SyntaxError:
        return
    for name in names:
        yield from path(node, name.split(":")[0], scope.model, scope, models, f"in context {context!r}")


def _span(node: Element, scope: Scope) -> Iterator[ArchError]:
    """What a filter by a date offers, and what it begins with."""
    for attribute in ("start_month", "end_month", "start_year", "end_year"):
        value = node.get(attribute)
        if value and not WHOLE.fullmatch(value):
            yield fault(node, scope, f"{attribute}={value!r}; expected a whole number, counted from now: -2, 0, 3")
    own = {f"custom_{child.get('name')}" for child in node.iterchildren("filter")}
    for period in (node.get("default_period") or "").split(","):
        if period.strip() and period.strip() not in own and not PERIOD.fullmatch(period.strip()):
            expected = [
                "month, month-1, month+1",
                "year, year-1, year+1",
                "first_quarter to fourth_quarter",
                *sorted(own),
            ]
            yield doubt(node, scope, f"default_period names {period.strip()!r}; expected {', '.join(expected)}")


def button(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    name, kind = node.get("name"), node.get("type")
    if node.get("special"):
        return
    if not name and kind in ("object", "action"):
        what = "the method that it calls" if kind == "object" else "the action that it opens"
        yield fault(node, scope, f"{opening(node)} needs a name: {what}")
    elif name and not kind and not node.getroottree().getroot().get("js_class"):
        yield doubt(node, scope, f'{opening(node)} does nothing; expected type="object", type="action" or special=')
    if not name or not kind:
        return
    if kind == "object" and name.startswith("_"):
        yield fault(node, scope, f"button calls {name!r}; a method that starts with '_' is private: call a public one")
    elif kind == "object" and not models.has_method(scope.model, name):
        close = get_close_matches(name, dir(type(scope.model)), 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        yield fault(node, scope, f"button calls {name!r}, which {scope.model._name} does not have{hint}")
    elif kind == "action" and not models.knows_action(name):
        yield fault(node, scope, f"button opens {name!r}, which is no action; expected %(module.name)d or an id")
    context = node.get("context")
    if context:
        yield from readable(node, "context", context, scope)


def label(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    """What a label is for: a field, or a node of the view by its id or name."""
    target = node.get("for")
    if not target:
        has_text = node.get("string") or (node.text or "").strip() or len(node)
        advice = 'expected for= with a field or an id; a text alone is <span class="o_form_label">'
        yield (doubt if has_text else fault)(node, scope, f"{opening(node)} is the label of nothing; {advice}")
        return
    if target in scope.model._fields:
        return
    if not any(target in (other.get("id"), other.get("name")) for other in node.getroottree().iter(etree.Element)):
        yield unknown_field(node, scope, scope.model, target, f"in for={target!r}, which is no id in the view either")


def widget(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    if not node.get("name"):
        yield fault(node, scope, f"{opening(node)} needs a name: the widget of the client")


def app(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    if not node.get("name"):
        yield doubt(node, scope, f"{opening(node)} needs a name: the module whose settings these are")


def progressbar(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    if not node.get("field"):
        yield fault(node, scope, f"{opening(node)} needs field=: the field whose values the bar tells apart")
    for attribute in ("field", "sum_field"):
        name = node.get(attribute)
        if name and name not in scope.model._fields:
            yield unknown_field(node, scope, scope.model, name, f"in {attribute}={name!r}")


def searchpanel(node: Element, scope: Scope, models: Models) -> Iterator[ArchError]:
    for child in node.iterchildren("field"):
        found = scope.model._fields.get(child.get("name") or "")
        types = PANEL_TYPES.get(child.get("select") or "one")
        if found is not None and types is not None and found.type not in types:
            what = f"{opening(child)} in <searchpanel> is of type {found.type}"
            yield fault(child, scope, f"{what}; expected {' or '.join(types)}")


def shown(node: Element, scope: Scope, found: object) -> Iterator[ArchError]:
    """A column whose sum is asked for has numbers."""
    kind = str(getattr(found, "type", ""))
    for attribute in ("sum", "avg"):
        if node.get(attribute) and kind not in NUMBERS:
            yield doubt(node, scope, f"{attribute}= on {node.get('name')!r}, of type {kind}: only numbers have one")


CHECKS: dict[str, Check] = {
    "app": app,
    "button": button,
    "filter": search_filter,
    "label": label,
    "progressbar": progressbar,
    "searchpanel": searchpanel,
    "widget": widget,
}
