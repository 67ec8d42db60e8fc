"""How does a compiled template run, and where was it when it failed?"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from functools import partial
from types import TracebackType
from typing import Any, Protocol

import psycopg
import werkzeug.exceptions
from markupsafe import Markup, escape

from fondaco.errors import FondacoError, RedirectWarning, UserError
from fondaco.qweb.expressions import Values
from fondaco.qweb.keeping import Keeping, Store, fresh
from fondaco.qweb.writer import Place, Writer
from fondaco.security.safe_eval import BUILTINS

_logger = logging.getLogger(__name__)

# What must reach the caller as it is: messages for users, and what the transaction must retry.
_PASSING = (RedirectWarning, psycopg.OperationalError, werkzeug.exceptions.HTTPException)

_SPECIAL = re.compile("[&<>'\"]")
_ENDS = str.maketrans({'"': "&#34;", "'": "&#39;", "<": "&lt;", ">": "&gt;"})

_trusted: Callable[[str], Markup] = partial(str.__new__, Markup)
"""A text as markup; `Markup(text)` asks first whether it is one."""

Shown = tuple[Mapping[str, Any], Any, Any]
"""Attributes of an element, its content, and whether an editor may branch from here."""


class Host(Store, Protocol):
    """What a template asks of its surroundings."""

    keeping: Keeping

    def call(self, template: str, values: Values, options: Mapping[str, Any]) -> str: ...

    def field(
        self, record: Any, name: str, expression: str, tag: str, options: Mapping[str, Any], values: Values
    ) -> Shown: ...

    def widget(self, value: Any, expression: str, tag: str, options: Mapping[str, Any], values: Values) -> Shown: ...

    def assets(self, bundle: str, options: Mapping[str, Any]) -> str: ...

    def attributes(self, tag: str, attributes: dict[str, Any]) -> Mapping[str, Any]: ...

    def has_groups(self, groups: str) -> bool: ...


class QWebException(FondacoError):
    """A template cannot be compiled or run; the message says where."""

    def __init__(self, message: str, template: str = "", place: Place | None = None) -> None:
        self.template = template
        self.place = place
        where = f"\nTemplate: {template}" if template else ""
        super().__init__(f"{message}{where}{f', {place}' if place else ''}")


def _told_to_users(error: UserError, template: str, place: Place | None) -> QWebException:
    """A message for users that left a template: both kinds of error, told as it was."""
    kind = type(error)
    both: Any = type(kind.__name__, (kind, QWebException), {"__module__": kind.__module__})
    found: QWebException = both.__new__(both)
    found.args, found.template, found.place = error.args, template, place
    return found


class Template:
    """One template, compiled: `run` writes it with values."""

    def __init__(self, name: str, writer: Writer) -> None:
        self.name = name
        self._writer = writer
        self._filename = f"<template {name}>"
        source = writer.source()
        names = {**_NAMES, "__name__": name}
        # The source was written by `compile.py`; expressions in it passed the check of `safe_eval`.
        exec(compile(source, self._filename, "exec", dont_inherit=True), names)
        self._function = names["__template"]

    def run(self, host: Host, values: Mapping[str, Any]) -> Markup:
        """The markup for these values, which stay as they are."""
        try:
            return _trusted(self._function(host, Values(values)))
        except (QWebException, *_PASSING):
            raise
        except UserError as error:
            raise _told_to_users(error, self.name, self._place(error.__traceback__)) from error
        except Exception as error:  # expressions of templates may raise anything; the author learns where
            message = f"{type(error).__name__}: {error}"
            raise QWebException(message, self.name, self._place(error.__traceback__)) from error

    def _place(self, traceback: TracebackType | None) -> Place | None:
        place = None
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self._filename:
                place = self._writer.place_of(traceback.tb_lineno)
            traceback = traceback.tb_next
        return place


# -- what the functions of templates call ---------------------------------------------------------------------------


def _loop(values: Values, name: str, items: Any) -> Iterator[None]:
    """Set the names of each item in turn."""
    if items is None or items is False:
        return
    if isinstance(items, int):
        items = range(items)
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(items, Mapping):
        size, pairs = len(items), items.items()
    else:
        if not isinstance(items, Sized):
            items = list(items)
        size, pairs = len(items), ((item, item) for item in items)
    for index, (item, value) in enumerate(pairs):
        values[name] = item
        values[f"{name}_value"] = value
        values[f"{name}_index"] = index
        values[f"{name}_size"] = size
        values[f"{name}_first"] = index == 0
        values[f"{name}_last"] = index + 1 == size
        values[f"{name}_odd"] = bool(index % 2)
        values[f"{name}_even"] = not index % 2
        values[f"{name}_parity"] = "odd" if index % 2 else "even"
        yield


def _keep(outer: Values, inner: Values) -> None:
    """Names that were known before a loop have the values that it gave them; new ones end with it."""
    for name in outer:
        outer[name] = inner[name]


def _pairs(value: Any) -> Iterable[tuple[str, Any]]:
    """Attributes of `t-att`: a mapping, one pair, or a list of pairs."""
    if not value:
        return ()
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, (tuple, list)) and isinstance(value[0], str):
        return [(value[0], value[1])]
    return list(value)


def written_attributes(attributes: Mapping[str, Any]) -> str:
    """Attributes as a tag has them; those that are None or False are left out."""
    written = ""
    for name, value in attributes.items():
        if value is not None and value is not False:
            written += f' {name}="{_quoted(value)}"'
    return written


def _attribute(name: str, value: Any) -> str:
    """One attribute of those above."""
    if value is None or value is False:
        return ""
    is_simple = type(value) is str and not _SPECIAL.search(value)
    return f' {name}="{value if is_simple else _quoted(value)}"'


def _quoted(value: Any) -> str:
    """A value within quotes. Markup keeps its entities there, but ends neither the attribute nor the tag."""
    return _escape(value) if type(value) is str else str(_escape(value)).translate(_ENDS)


def _escape(value: Any) -> str:
    if type(value) is Markup or (type(value) is str and not _SPECIAL.search(value)):
        return value  # most are; the library makes an object or two of each
    return escape(value.decode() if isinstance(value, bytes) else value)


def _text(value: Any) -> str:
    """What stands in the hole of a text."""
    if value is None or value is False:
        return ""
    return value.decode() if isinstance(value, bytes) else str(value)


def _markup(parts: Iterable[str]) -> Markup:
    return _trusted("".join(parts))


def _as_markup(value: Any) -> Any:
    """A value that the template trusts."""
    return value if value is None or value is False else _trusted(_text(value))


_NAMES: dict[str, Any] = {
    "__builtins__": {**BUILTINS},
    "__loop": _loop,
    "__keep": _keep,
    "__pairs": _pairs,
    "__attributes": written_attributes,
    "__attribute": _attribute,
    "__escape": _escape,
    "__text": _text,
    "__markup": _markup,
    "__fresh": fresh,
    "__as_markup": _as_markup,
}
