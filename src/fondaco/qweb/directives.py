"""What does each directive of a template write?

A directive gets the compiler, its element and the directives that are still to come; it writes Python around or
instead of the element.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fondaco.errors import ExpressionError

if TYPE_CHECKING:
    from fondaco.qweb.compile import Compiler

Directive = Callable[["Compiler", Any, tuple[str, ...]], None]


def _cache(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """A part that is kept for its key from one rendering to the next; names set within stay within."""
    writer = compiler.writer
    inner, write = writer.name("v"), writer.name("part")
    writer.line(f"{inner} = {writer.scope}.copy()")
    key = compiler.python(element.get("t-cache"))
    with writer.function(write, ""), writer.within(inner):
        compiler.step(element, rest)
    writer.line(f"{writer.add}(__host.keeping.part(__host, (__name__, {write!r}), {key}, {write}))")


def _nocache(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """A part that is fresh each time, also within one that is kept; `t-nocache-name` gives it a value that is kept."""
    writer = compiler.writer
    write = writer.name("fresh")
    values = ", ".join(
        f"{attribute.removeprefix('t-nocache-')!r}: {compiler.python(value)}"
        for attribute, value in element.attrib.items()
        if attribute.startswith("t-nocache-")
    )
    with writer.function(write, "__host, __v"), writer.within("__v"):
        compiler.step(element, rest)
    writer.line(f"{writer.add}(__host.keeping.fresh(__host, __fresh({write}, {{{values}}}), {writer.scope}))")


def _foreach(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """The element once for each item, with the names `x`, `x_value`, `x_index`, `x_size`, `x_first`, `x_last`."""
    name = element.get("t-as")
    if not name or not name.isidentifier():
        raise ExpressionError(f"t-foreach needs t-as with the name of the item, not {name!r}")
    writer = compiler.writer
    inner = writer.name("v")
    writer.line(f"{inner} = {writer.scope}.copy()")
    items = compiler.python(element.get("t-foreach"))
    with writer.block(f"for __item in __loop({inner}, {name!r}, {items}):"), writer.within(inner):
        compiler.step(element, rest)
    writer.line(f"__keep({writer.scope}, {inner})")


def _groups(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """The element for members of these groups only."""
    name = "t-groups" if "t-groups" in element.attrib else "groups"
    with compiler.writer.block(f"if __host.has_groups({element.get(name)!r}):"):
        compiler.step(element, rest)


def _if(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """The element when the expression holds, else the branch behind it that does."""
    with compiler.writer.block(f"if {compiler.python(element.get('t-if'))}:"):
        compiler.step(element, rest)
    for branch in compiler.branches.pop(element, ()):
        is_last = "t-else" in branch.attrib
        head = "else:" if is_last else f"elif {compiler.python(branch.get('t-elif'))}:"
        with compiler.writer.block(head):
            compiler.node(branch)
        if is_last:
            break


def _set(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """A name for a value: of `t-value`, of the text `t-valuef`, or what is written within."""
    writer = compiler.writer
    name = element.get("t-set").strip()
    target = f"{writer.scope}[{name!r}]"
    if name.startswith("{"):
        writer.line(f"{writer.scope}.update({compiler.python(name)})")
    elif "t-value" in element.attrib:
        writer.line(f"{target} = {compiler.python(element.get('t-value'))}")
    elif "t-valuef" in element.attrib:
        writer.line(f"{target} = {compiler.format(element.get('t-valuef'))}")
    elif len(element) or element.text:
        with writer.apart() as out:
            compiler.content(element)
        writer.line(f"{target} = __markup({out})")
    else:
        writer.line(f"{target} = ''")


def _call(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """Another template here; what stands within is its `0`, names set there are known to it alone."""
    writer = compiler.writer
    inner = writer.name("v")
    compiler.open(element)
    writer.line(f"{inner} = {writer.scope}.copy()")
    if len(element) or element.text:
        with writer.apart() as out, writer.within(inner):
            compiler.content(element)
        writer.line(f"{inner}[0] = __markup({out})")
    else:
        writer.line(f"{inner}[0] = __markup(())")
    options = compiler.options(element)
    if "t-lang" in element.attrib:
        options = f"{{**{options}, 'lang': {compiler.python(element.get('t-lang'))}}}"
    template = compiler.format(element.get("t-call"))
    writer.line(f"{writer.add}(__host.call({template}, {inner}, {options}))")
    compiler.close(element)


def _assets(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """The elements that load a bundle of scripts and styles."""
    options = {
        name.removeprefix("t-"): compiler.python(value)
        for name, value in element.attrib.items()
        if name.startswith("t-") and name.removeprefix("t-") in ASSET_OPTIONS
    }
    code = ", ".join(f"{name!r}: {value}" for name, value in options.items())
    bundle = compiler.format(element.get("t-call-assets"))
    compiler.writer.line(f"{compiler.writer.add}(__host.assets({bundle}, {{{code}}}))")


def _field(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """A field of a record as its kind is shown."""
    source = element.get("t-field")
    record, dot, name = source.rpartition(".")
    if not dot or not name.isidentifier():
        raise ExpressionError(f"t-field is record.field_name, not {source!r}")
    tag = element.tag
    code = f"__host.field({compiler.python(record)}, {name!r}, {source!r}, {tag!r}, {compiler.options(element)}, "
    _shown(compiler, element, f"{code}{compiler.writer.scope})")


def _out(compiler: "Compiler", element: Any, rest: tuple[str, ...]) -> None:
    """A value, escaped unless it is markup; what is written within stands for an empty one."""
    directive = next(name for name in _OUTPUTS if name in element.attrib)
    source = element.get(directive)
    scope = compiler.writer.scope
    value = f"{scope}[0]" if source.strip() == "0" else compiler.python(source)
    if directive == "t-raw":
        value = f"__as_markup({value})"
    if "t-options" in element.attrib or "t-options-widget" in element.attrib:
        options = compiler.options(element)
        _shown(compiler, element, f"__host.widget({value}, {source!r}, {element.tag!r}, {options}, {scope})")
        return
    variable = compiler.writer.name("value")
    compiler.writer.line(f"{variable} = {value}")
    compiler.open(element)
    _value_or_content(compiler, element, variable)
    compiler.close(element)


def _shown(compiler: "Compiler", element: Any, code: str) -> None:
    """The element with attributes and content that `code` gives."""
    writer = compiler.writer
    attributes, value = writer.name("shown"), writer.name("value")
    writer.line(f"{attributes}, {value}, __branding = {code}")
    compiler.open(element, extra=attributes)
    _value_or_content(compiler, element, value)
    compiler.close(element)


def _value_or_content(compiler: "Compiler", element: Any, variable: str) -> None:
    writer = compiler.writer
    with writer.block(f"if {variable} is not None and {variable} is not False:"):
        writer.line(f"{writer.add}(__escape({variable}))")
    if len(element) or element.text:
        with writer.block("else:"):
            compiler.content(element)


_OUTPUTS = ("t-out", "t-esc", "t-raw")

# In the order in which they wrap one another.
DIRECTIVES: dict[str, Directive] = {
    "t-cache": _cache,
    "t-nocache": _nocache,
    "t-foreach": _foreach,
    "groups": _groups,
    "t-groups": _groups,
    "t-if": _if,
    "t-set": _set,
    "t-call-assets": _assets,
    "t-call": _call,
    "t-field": _field,
    **dict.fromkeys(_OUTPUTS, _out),
}
ASSET_OPTIONS = frozenset({"js", "css", "media", "async_load", "defer_load", "lazy_load", "debug"})
# Parts of other directives, also with a name behind: t-att-class, t-options-widget.
PARTS = (
    "t-call-assets", "t-call", "t-att", "t-attf", "t-options", "t-as", "t-value", "t-valuef", "t-lang", "t-tag",
    "t-elif", "t-else", "t-nocache", *(f"t-{name}" for name in sorted(ASSET_OPTIONS)),
)  # fmt: skip
# For editors or for the client; they change nothing in what is written.
IGNORED = frozenset(
    {"t-name", "t-debug", "t-log", "t-ignore", "t-translation", "t-key", "t-model",
     "t-inherit", "t-inherit-mode", "t-field-options", "t-snippet", "t-snippet-call", "t-install", "t-thumbnail",
     "t-forbid-sanitize", "t-trim"}
)  # fmt: skip
