"""What a form view says of its fields: which there are, when they may be written, how lines are edited.

view = read_view(env["sale.order"], view_id=False)
view.fields["partner_id"].is_readonly(names)      # the modifiers, as expressions over the values of the form
"""

from __future__ import annotations

import ast
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from lxml import etree

from fondaco.security.safe_eval import safe_eval
from fondaco.views.expressions import is_always

X2MANY = ("one2many", "many2many")
LINE_VIEWS = ("list", "kanban", "form")
NEVER_EMPTY = ("boolean", "integer", "float", "monetary")
"""Types whose every value is one."""
DEEPEST = 2
"""Lines within lines within lines are shown as ids."""


class Dotter:
    """Values of the form around a line, as expressions name them: parent.partner_id."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__values = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__values[name]
        except KeyError:
            raise AttributeError(f"the form around has no field {name!r}") from None


@dataclass(slots=True)
class ViewField:
    """A field of a view; it may stand there several times, in different parts."""

    name: str
    description: Mapping[str, Any]
    places: list[dict[str, tuple[str, ...]]] = field(default_factory=list)
    """For each place in the view, the expressions of its modifiers, those of the nodes around it included."""
    context: str = ""
    has_onchange: bool = False
    is_forced: bool = False
    """force_save: its value is saved though it may not be written."""
    lines: View | None = None
    """The fields of its lines, where it has some."""

    @property
    def type(self) -> str:
        return str(self.description["type"])

    @property
    def comodel(self) -> str:
        return str(self.description.get("relation") or "")

    def is_invisible(self, names: Mapping[str, Any]) -> bool:
        return all(_any(place["invisible"], names) for place in self.places)

    def is_readonly(self, names: Mapping[str, Any]) -> bool:
        """By the view; a field that the model says is readonly is so where the view does not say otherwise."""
        seen = self._seen(names)
        return all(_any(place["readonly"], names) for place in seen)

    def is_required(self, names: Mapping[str, Any]) -> bool:
        return any(_any(place["required"], names) for place in self._seen(names))

    def _seen(self, names: Mapping[str, Any]) -> list[dict[str, tuple[str, ...]]]:
        """The places that are visible; of a field without any, all."""
        return [place for place in self.places if not _any(place["invisible"], names)] or self.places

    def context_of(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """The context that the view gives the field."""
        return dict(evaluate(self.context, names)) if self.context else {}


@dataclass(slots=True)
class View:
    """The fields of a form, or of the lines of one."""

    model: str
    fields: dict[str, ViewField]
    edition: View | None = None
    """Of lines: the view in which one is edited; None: where it is shown."""

    @property
    def specification(self) -> dict[str, Any]:
        """What `onchange` and `web_read` are asked for."""
        return {
            name: {"fields": found.lines.specification} if found.lines is not None else {}
            for name, found in self.fields.items()
        }


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression of a view."""
    try:
        return safe_eval(expression.strip(), {**_words(), **names})
    except ValueError as error:
        raise AssertionError(f"view: {expression!r} cannot be evaluated: {error}") from error


def _words() -> dict[str, Any]:
    today = date.today()
    return {
        "context_today": date.today,
        "current_date": today.isoformat(),
        "today": today.isoformat(),
        "now": datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
        "relativedelta": relativedelta,
        "timedelta": timedelta,
        "time": {"strftime": time.strftime},
    }


def _any(expressions: tuple[str, ...], names: Mapping[str, Any]) -> bool:
    return any(is_always(text, True) or (not is_always(text, False) and evaluate(text, names)) for text in expressions)


def read_view(model: Any, view: Any = None) -> View:
    """The form view of a model, as its user sees it: the default one, or the one with this id or xmlid."""
    if isinstance(view, str):
        view = model.env.ref(view)
    view_id = getattr(view, "id", view) or False
    answer = model.get_views([(view_id, "form")])
    return _Reader(model.env, answer["models"]).view(etree.fromstring(answer["views"]["form"]["arch"]), model._name)


class _Reader:
    """Reads an arch; `models` describes the fields that it names."""

    def __init__(self, env: Any, models: Mapping[str, Any], depth: int = 0) -> None:
        self.env = env
        self.models = models
        self.depth = depth

    def view(self, root: Any, model: str) -> View:
        view = View(model, {})
        described = self.models.get(model, {}).get("fields", {})
        hiding = "column_invisible" if root.tag in ("list", "tree") else "invisible"
        self._walk(root, view, described, (), hiding)
        view.fields.pop("id", None)
        return view

    def _walk(self, node: Any, view: View, described: Mapping[str, Any], around: tuple[str, ...], hiding: str) -> None:
        for child in node.iterchildren(tag=etree.Element):
            hidden = around
            for attribute in dict.fromkeys(("invisible", hiding)):
                # A cell that is hidden can be hidden in one line and not in another, a column in none.
                if child.get(attribute):
                    hidden = (*hidden, child.get(attribute))
            if child.tag == "field" and child.get("name") in described:
                self._field(child, view, described[child.get("name")], hidden)
            elif child.tag not in ("field", "groupby"):
                self._walk(child, view, described, hidden, hiding)

    def _field(self, node: Any, view: View, description: Mapping[str, Any], hidden: tuple[str, ...]) -> None:
        name = node.get("name")
        found = view.fields.setdefault(name, ViewField(name, description))
        place = {"invisible": hidden}
        for modifier in ("readonly", "required"):
            text = node.get(modifier)
            if text is None and description.get(modifier):
                text = "True"
            place[modifier] = (text,) if text else ()
        found.places.append(place)
        found.context = node.get("context") or found.context
        found.has_onchange |= node.get("on_change") == "1"
        found.is_forced |= is_always(node.get("force_save"), True)
        if found.type in X2MANY and found.lines is None and self.depth < DEEPEST:
            found.lines = self._lines(node, found)

    def _lines(self, node: Any, owner: ViewField) -> View | None:
        """The view of the lines: that of the list, with what the form for one of them adds."""
        inner = _Reader(self.env, self.models, self.depth + 1)
        shown = {child.tag: child for child in node.iterchildren(tag=etree.Element) if child.tag in LINE_VIEWS}
        found = shown.get("list", shown.get("kanban"))
        lines = inner.view(found, owner.comodel) if found is not None else View(owner.comodel, {})
        if owner.type == "many2many" and found is None:
            return lines
        if found is not None and found.tag == "list" and found.get("editable"):
            return lines
        if "form" in shown:
            lines.edition = inner.view(shown["form"], owner.comodel)
        elif owner.type == "one2many" and self.depth == 0:
            lines.edition = self._default_form(owner)
        for name, field_ in (lines.edition.fields if lines.edition is not None else {}).items():
            lines.fields.setdefault(name, field_)
        return lines

    def _default_form(self, owner: ViewField) -> View:
        """The form of the model of the lines; a view that the field's context names as text is that."""
        context = static_context(owner.context)
        model = self.env[owner.comodel].with_context(**context)
        answer = model.get_views([(False, "form")])
        reader = _Reader(self.env, answer["models"], self.depth + 1)
        return reader.view(etree.fromstring(answer["views"]["form"]["arch"]), owner.comodel)


def static_context(text: str) -> dict[str, Any]:
    """The part of a written context that needs no values: the names of views, mostly."""
    if not text:
        return {}
    found: dict[str, Any] = {}
    for key, value in _pairs(text):
        try:
            found[key] = safe_eval(value)
        except ValueError:
            continue  # it reads a field: known when there is a record
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    """The keys and the expressions of a written dict."""
    tree = ast.parse(text.strip(), mode="eval").body
    if not isinstance(tree, ast.Dict):
        return []
    return [
        (key.value, ast.unparse(value))
        for key, value in zip(tree.keys, tree.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
