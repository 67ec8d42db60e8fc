"""What Python does a template become?

    template = compile_template(etree.fromstring("<p t-out='name'/>"), "greeting")
    template.run(host, {"name": "Ada"})   # Markup('<p>Ada</p>')

An element is written as it stands. Its directives (`t-if`, `t-foreach`, ...) wrap it, in the order of `DIRECTIVES`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree
from markupsafe import escape

from fondaco.errors import ExpressionError
from fondaco.qweb.directives import DIRECTIVES, IGNORED, PARTS
from fondaco.qweb.expressions import python_of, text_of
from fondaco.qweb.render import QWebException, Template
from fondaco.qweb.writer import Writer, place_of

VOID = frozenset(
    (
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    )
)  # fmt: skip
_RAW_TEXT = frozenset({"script", "style"})
_VERBATIM = frozenset({"pre", "textarea", "script", "style"})
_BRANCHES = ("t-elif", "t-else")


Write = Callable[[Any], None]
"""Writes what a directive of the element stands for."""
Hook = Callable[[Any, Write], None]
"""Called with an element in place of one of its directives: changes the element, and has it written."""


def compile_template(
    root: Any, name: str, hooks: Mapping[str, Hook] | None = None, *, asks_host: bool = True
) -> Template:
    """The template that `root` describes; `QWebException` says which element is wrong.

    hooks: by directive ("t-out"); they may read, and must take away, attributes that templates do not know. asks_host:
    whether the host may have other attributes for an element than the template (`Host.attributes`).
    """
    writer = Writer()
    try:
        Compiler(writer, hooks or {}, asks_host).node(root)
    except ExpressionError as error:
        raise QWebException(str(error), name, writer.place) from error
    return Template(name, writer)


class Compiler:
    """Walks the elements of a template and writes its function."""

    def __init__(self, writer: Writer, hooks: Mapping[str, Hook], asks_host: bool = True) -> None:
        self.writer = writer
        self.hooks = hooks
        self.asks_host = asks_host
        self.branches: dict[Any, list[Any]] = {}
        self.is_verbatim = False

    # -- expressions ------------------------------------------------------------------------------------------------

    def python(self, source: str) -> str:
        return python_of(source, self.writer.scope)

    def format(self, source: str) -> str:
        return text_of(source, self.writer.scope)

    def options(self, element: Any) -> str:
        """Python of a dict: `t-options` with what `t-options-name` adds."""
        parts = [f"**({self.python(element.get('t-options'))} or {{}})"] if element.get("t-options") else []
        for name, value in element.attrib.items():
            if name.startswith("t-options-"):
                parts.append(f"{name.removeprefix('t-options-')!r}: {self.python(value)}")
        return f"{{{', '.join(parts)}}}"

    # -- nodes ------------------------------------------------------------------------------------------------------

    def node(self, element: Any) -> None:
        """One element with its directives."""
        outer, self.writer.place = self.writer.place, place_of(element)
        names, unknown = _directives_of(element)
        is_hooked = not self.hooks.keys().isdisjoint(names)
        if unknown and not is_hooked:
            raise ExpressionError(f"{unknown[0]!r} is no directive of templates")
        self.step(element, tuple(name for name in DIRECTIVES if name in names))
        if is_hooked and (unknown := _directives_of(element)[1]):
            raise ExpressionError(f"{unknown[0]!r} is no directive of templates")
        self.writer.place = outer

    def step(self, element: Any, directives: tuple[str, ...]) -> None:
        """What the first of the directives makes of the others."""
        if directives:
            name, rest = directives[0], directives[1:]
            if name in self.hooks:
                self.hooks[name](element, lambda changed: DIRECTIVES[name](self, changed, rest))
            else:
                DIRECTIVES[name](self, element, rest)
        else:
            self.open(element)
            self.content(element)
            self.close(element)

    def content(self, element: Any) -> None:
        """Texts and elements within."""
        is_raw = element.tag in _RAW_TEXT
        outer, self.is_verbatim = self.is_verbatim, self.is_verbatim or element.tag in _VERBATIM
        self.text(element.text, is_raw)
        children = list(element)
        number = 0
        while number < len(children):
            child = children[number]
            number += 1
            if not isinstance(child.tag, str):
                if isinstance(child, etree._Entity):
                    self.writer.text(child.text)
                self.text(child.tail, is_raw)
                continue
            if any(name in child.attrib for name in _BRANCHES):
                self.writer.place = place_of(child)
                raise ExpressionError("t-elif and t-else follow an element with t-if (or t-elif)")
            last = child
            if "t-if" in child.attrib:
                number, last = self._gather(child, children, number)
            self.node(child)
            self.text(last.tail, is_raw)
        self.is_verbatim = outer

    def _gather(self, first: Any, children: list[Any], number: int) -> tuple[int, Any]:
        """Note the branches that belong to a `t-if`: the elements behind it, with nothing but space between."""
        branches: list[Any] = []
        last = first
        while number < len(children):
            child = children[number]
            if not isinstance(child.tag, str):
                ahead = next((other for other in children[number:] if isinstance(other.tag, str)), None)
                if ahead is None or not any(name in ahead.attrib for name in _BRANCHES):
                    break
            elif any(name in child.attrib for name in _BRANCHES):
                branches.append(child)
                last = child
            else:
                break
            number += 1
        self.branches[first] = branches
        return number, last

    def text(self, text: str | None, is_raw: bool = False) -> None:
        if text and not self.is_verbatim and text.isspace() and "\n" in text:
            self.writer.text("\n")  # the indentation of the template says nothing
        elif text:
            self.writer.text(text if is_raw else str(escape(text)).replace("&#34;", '"').replace("&#39;", "'"))

    def has_content(self, element: Any) -> bool:
        return bool(len(element) or (element.text or "").strip())

    # -- tags -------------------------------------------------------------------------------------------------------

    def open(self, element: Any, extra: str | None = None) -> None:
        """The opening tag; `extra` is Python of a dict of attributes that join its own."""
        if element.tag == "t" and "t-tag" not in element.attrib:
            return
        writer = self.writer
        tag = _qualified(element, element.tag)
        static = _namespaces(element)
        computed = []
        for name, value in element.attrib.items():
            if name == "t-att" or name.startswith(("t-att-", "t-attf-")):
                computed.append((name, value))
            elif name != "groups" and not name.startswith("t-"):
                static[_qualified(element, name)] = value
        if "t-tag" in element.attrib:
            variable = writer.name("tag")
            writer.line(f"{variable} = {self.python(element.get('t-tag'))} or {tag!r}")
            self.branches[element, "tag"] = [variable]
            writer.line(f"{writer.add}(f'<{{{variable}}}')")
            tag_code = variable
        else:
            writer.text(f"<{tag}")
            tag_code = repr(tag)
        if extra or (computed and not self._are_apart(static, computed)):
            self._computed_attributes(tag_code, static, computed, extra)
        else:
            writer.text("".join(f' {name}="{escape(value)}"' for name, value in static.items()))
            for name, value in computed:
                writer.line(f"{writer.add}(__attribute({_computed_name(name)!r}, {self._computed_value(name, value)}))")
        writer.text("/>" if self._is_void(element) else ">")

    def _computed_attributes(
        self, tag: str, static: dict[str, str], computed: list[tuple[str, str]], extra: str | None
    ) -> None:
        writer = self.writer
        attributes = writer.name("attributes")
        writer.line(f"{attributes} = {static!r}")
        if extra:
            writer.line(f"{attributes}.update({extra})")
        for name, value in computed:
            if name == "t-att":
                writer.line(f"{attributes}.update(__pairs({self.python(value)}))")
            else:
                writer.line(f"{attributes}[{_computed_name(name)!r}] = {self._computed_value(name, value)}")
        given = f"__host.attributes({tag}, {attributes})" if self.asks_host else attributes
        writer.line(f"{writer.add}(__attributes({given}))")

    def _are_apart(self, static: Mapping[str, str], computed: list[tuple[str, str]]) -> bool:
        """Whether each attribute can be written by itself: nobody asks for all of them, and none stands for another."""
        names = [_computed_name(name) for name, _value in computed]
        is_known = not any(name == "t-att" for name, _value in computed)
        return not self.asks_host and is_known and len({*static, *names}) == len(static) + len(names)

    def _computed_value(self, name: str, value: str) -> str:
        return self.format(value) if name.startswith("t-attf-") else self.python(value)

    def close(self, element: Any) -> None:
        variables = self.branches.get((element, "tag"))
        if variables:
            self.writer.line(f"{self.writer.add}(f'</{{{variables[0]}}}>')")
        elif element.tag != "t" and not self._is_void(element):
            self.writer.text(f"</{_qualified(element, element.tag)}>")

    @staticmethod
    def _is_void(element: Any) -> bool:
        return element.tag in VOID and "t-tag" not in element.attrib


def _computed_name(name: str) -> str:
    """The attribute that `t-att-name` or `t-attf-name` computes."""
    return name.removeprefix("t-attf-").removeprefix("t-att-")


def _directives_of(element: Any) -> tuple[set[str], list[str]]:
    """(directives, names that are none) among the attributes of an element."""
    names, unknown = set(), []
    for name in element.attrib:
        if name == "groups" or name.startswith("t-"):
            kind = next((part for part in PARTS if name == part or name.startswith(f"{part}-")), name)
            if kind in DIRECTIVES:
                names.add(kind)
            elif kind not in PARTS and kind not in IGNORED:
                unknown.append(name)
    return names, unknown


def _qualified(element: Any, name: str) -> str:
    """`{uri}name` as the template wrote it: prefix:name."""
    if not name.startswith("{"):
        return name
    uri, _brace, local = name[1:].partition("}")
    if uri == "http://www.w3.org/XML/1998/namespace":
        return f"xml:{local}"
    is_attribute = element.tag != name
    for prefix, known in element.nsmap.items():
        if known == uri and (prefix or not is_attribute):
            return f"{prefix}:{local}" if prefix else local
    return local


def _namespaces(element: Any) -> dict[str, str]:
    """The declarations of namespaces that begin at an element."""
    parent = element.getparent()
    outer = parent.nsmap if parent is not None else {}
    return {
        f"xmlns:{prefix}" if prefix else "xmlns": uri
        for prefix, uri in element.nsmap.items()
        if outer.get(prefix) != uri
    }
