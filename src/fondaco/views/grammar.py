"""What an arch may hold: which elements stand in which, and the attributes whose values are a closed set.

After the public reference of view architectures of the series 18.0; docs/integrator/views.md has it as a table. A form
and the templates of cards are free HTML: there an element that nobody knows is doubted, not refused.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


HTML = _words(
    "a abbr address area article aside audio b bdi bdo blockquote br button canvas caption center cite code col",
    "colgroup datalist dd del details dfn dialog div dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5 h6",
    "head header hr html body i iframe img input ins kbd label legend li link main map mark menu meta meter nav",
    "noscript object ol optgroup option output p picture pre progress q s samp script section select small source span",
    "strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track u ul var",
    "video wbr g path circle rect line polygon polyline ellipse text defs use linearGradient stop t",
)
# What belongs to an extension: it is carried out, and gone, when the arch is held against its models.
OF_EXTENSIONS = frozenset({"xpath", "attribute", "data"})
# Where an element stands, for those that stand in one kind of place.
HOMES: Mapping[str, str] = {
    "activity": "the root of a view",
    "app": "a form of settings",
    "block": "<app> or <form> in a form of settings",
    "calendar": "the root of a view",
    "control": "<list>",
    "create": "<control> in <list>",
    "filter": "<search>, or <group> in it",
    "form": "the root of a view, or a <field> with a relation",
    "graph": "the root of a view",
    "groupby": "<list>",
    "kanban": "the root of a view, or a <field> with a relation",
    "list": "the root of a view, or a <field> with a relation",
    "menuitem": "a data file, outside of an arch",
    "newline": "<group> in <form>",
    "notebook": "<form>",
    "page": "<notebook> directly",
    "pivot": "the root of a view",
    "progressbar": "<kanban>",
    "record": "a data file, outside of an arch",
    "search": "the root of a view",
    "searchpanel": "<search>",
    "setting": "<block> or <app> in a form of settings",
    "sheet": "<form>",
    "templates": "<kanban> or <activity>",
    "tree": "the root of a view, or a <field> with a relation",
}
OF_FORMS = _words(
    "field label button group sheet notebook newline separator header footer widget app block setting chatter"
)
ELEMENTS = OF_FORMS | OF_EXTENSIONS | HOMES.keys()
_BUTTONS = frozenset({"button", "widget", "field", "t"})
_COLUMNS = frozenset({"field", "button", "groupby", "header", "control", "widget", "t"})
# Kind of view -> element -> what may stand in it. An element that is not named holds what FREE says of the kind.
GRAMMAR: Mapping[str, Mapping[str, frozenset[str]]] = {
    "form": {"notebook": frozenset({"page", "t"})},
    "list": {
        "list": _COLUMNS,
        "tree": _COLUMNS,
        "header": _BUTTONS,
        "control": frozenset({"create", "delete", "button", "widget", "t"}),
    },
    "groupby": {"groupby": frozenset({"field", "button", "t"})},
    "search": {
        "search": frozenset({"field", "filter", "separator", "group", "searchpanel", "newline", "t"}),
        "group": frozenset({"field", "filter", "separator", "group", "newline", "t"}),
        "searchpanel": frozenset({"field", "t"}),
        "filter": frozenset({"filter", "t"}),
    },
    "graph": {"graph": frozenset({"field", "t"})},
    "pivot": {"pivot": frozenset({"field", "t"})},
    "calendar": {"calendar": frozenset({"field", "t"})},
    "kanban": {
        "kanban": frozenset({"templates", "field", "header", "progressbar", "control", "widget", "t"}),
        "header": _BUTTONS,
        "control": frozenset({"create", "delete", "button", "widget", "t"}),
    },
    "activity": {"activity": frozenset({"field", "templates", "t"})},
}  # fmt: skip
FREE: Mapping[str, frozenset[str]] = {"form": OF_FORMS | HTML}
# The reference names all that these hold: an element that nobody knows is refused here as well.
STRICT = frozenset({"list", "groupby", "search", "graph", "pivot"})


class Closed(NamedTuple):
    """The values that an attribute may have.

    many: several between commas. is_fault: another one is refused; else doubted, as addons may have brought it.
    """

    values: frozenset[str]
    many: bool = False
    is_fault: bool = True


def _closed(words: str, *, many: bool = False) -> Closed:
    return Closed(frozenset(words.split()), many)


_INTERVALS = _closed("hour day week month quarter year")
_SCALES = "day week month year"
_BUTTON_KINDS = ("form", "list", "groupby", "kanban")
# Attribute -> (kind of view, element) -> its values.
CLOSED: Mapping[str, Mapping[tuple[str, str], Closed]] = {
    "editable": {("list", "list"): _closed("top bottom"), ("list", "tree"): _closed("top bottom")},
    "optional": {("list", tag): _closed("show hide") for tag in ("field", "button", "widget")},
    "special": {(kind, "button"): _closed("save cancel add") for kind in _BUTTON_KINDS},
    "type": {
        **{
            # what the reference names, and what public addons write beside it
            (kind, "button"): _closed(
                "object action edit open delete archive unarchive set_cover url button submit reset special cancel"
            )
            for kind in _BUTTON_KINDS
        },
        ("graph", "graph"): _closed("bar line pie"),
        ("graph", "field"): _closed("row col measure"),
        ("pivot", "field"): _closed("row col measure"),
    },
    "interval": {("graph", "field"): _INTERVALS, ("pivot", "field"): _INTERVALS},
    "order": {("graph", "graph"): _closed("asc desc ASC DESC")},
    "mode": {
        ("calendar", "calendar"): _closed(_SCALES),
        ("form", "field"): _closed("list tree form kanban graph pivot calendar activity", many=True),
    },
    "scales": {("calendar", "calendar"): _closed(_SCALES, many=True)},
    "select": {("search", "field"): _closed("one multi")},
    "operator": {
        ("search", "field"): Closed(
            frozenset(
                (
                    "=", "!=", "<>", "==", "<", "<=", ">", ">=", "=?", "=like", "=ilike", "like", "not like", "ilike",
                    "not ilike", "in", "not in", "child_of", "parent_of", "any", "not any",
                )
            ),
            is_fault=False,
        )
    },
}  # fmt: skip
STYLES = frozenset({"bf", "it", "danger", "info", "muted", "primary", "success", "warning"})
# Attributes that say nothing to check, on any element.
PLAIN = _words(
    "name string class id style title help placeholder icon widget colspan col nolabel sum avg confirm href target alt",
    "role for domain date filter_domain context sample create edit delete color date_start date_stop js_class",
)
# Misspelt, these would be attributes without an effect.
_MEANT = _words(
    "invisible readonly required column_invisible groups options optional editable domain context widget string",
    "placeholder default_order default_group_by decoration-danger decoration-success decoration-warning",
    "decoration-muted decoration-info decoration-primary filter_domain date_start date_stop multi_edit nolabel",
)


class Finding(NamedTuple):
    """What is wrong; `is_fault`: the view is refused for it, else it is doubted."""

    text: str
    is_fault: bool


def misplaced(kind: str, parent: str, tag: str) -> Finding:
    """Why `tag` is not what may stand in `parent`, and what may."""
    if tag in OF_EXTENSIONS:
        return Finding(f"<{tag}> is of a view that extends another: expected inherit_id, or the element itself", True)
    allowed = GRAMMAR.get(kind, {}).get(parent)
    if tag not in ELEMENTS and tag not in HTML:
        close = get_close_matches(tag, sorted(allowed or OF_FORMS | {"page"}), 1)
        hint = f"did you mean <{close[0]}>?" if close else f"expected {_listed(allowed or OF_FORMS)}"
        return Finding(f"<{tag}> is no element of a {kind} view; {hint}", kind in STRICT)
    if allowed is None:
        return Finding(f"<{tag}> cannot stand in <{parent}>; its place is {HOMES.get(tag, 'another view')}", True)
    is_lenient = parent in ("notebook", "header", "control") and tag in OF_FORMS | HTML
    home = f"; the place of <{tag}> is {HOMES[tag]}" if tag in HOMES else ""
    is_fault = not is_lenient and (kind in STRICT or tag in ELEMENTS)
    return Finding(f"<{tag}> cannot stand in <{parent}>; expected {_listed(allowed)}{home}", is_fault)


@lru_cache(maxsize=1024)
def meant_by(attribute: str) -> str:
    """The attribute that was probably meant by one that nobody knows; empty: none."""
    close = get_close_matches(attribute, sorted(_MEANT), 1, 0.86)
    return close[0] if close and close[0] != attribute else ""


def wrong_value(kind: str, tag: str, attribute: str, value: str) -> Finding | None:
    """What is wrong with the value of an attribute of CLOSED."""
    closed = CLOSED[attribute].get((kind, tag))
    if closed is None or not value:
        return None
    for word in value.split(",") if closed.many else (value,):
        if word.strip() not in closed.values:
            several = ", several between commas" if closed.many else ""
            close = get_close_matches(word, sorted(closed.values), 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            expected = f"expected {', '.join(sorted(closed.values))}{several}{hint}"
            return Finding(f"{attribute}={value!r} on <{tag}>; {expected}", closed.is_fault)
    return None


def _listed(tags: frozenset[str]) -> str:
    return ", ".join(f"<{tag}>" for tag in sorted(tags - {"t"}))
