"""What an XML data file asks for: its elements, read into a list of operations.

Pure: no database, no models. Each element has one reader in `READERS`; shorthand elements (`menuitem`, `template`,
`asset`) become plain records. `data/execute.py` carries the operations out.

    <odoo noupdate="1">
        <record id="tag_red" model="res.partner.category"><field name="name">Red</field></record>
    </odoo>
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from fondaco.errors import DataError

ROOTS = ("odoo", "openerp", "data")
TRUE_WORDS = frozenset({"1", "true", "yes", "on", "t", "y"})
PLACEHOLDER = re.compile(r"%%|%\(([\w.\-]+)\)[ds]")
REF_CALL = re.compile(r"""\bref\(\s*['"]([\w.\-]+)['"]""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters, converted by the type of the field; `kind` is the `type` attribute where one was given."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Markup:
    """XML or HTML below a field, with its `%(xmlid)d` still to be filled in. `line` is where it begins."""

    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Ref:
    xmlid: str


@dataclass(frozen=True, slots=True)
class ActionRef:
    """`model,id` of the action that `xmlid` stands for."""

    xmlid: str


@dataclass(frozen=True, slots=True)
class Refs:
    """Links to (and, with a minus in front, unlinks of) named records: what `groups="a,-b"` means."""

    xmlids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Eval:
    expression: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """The records a domain finds: all ids for a many2many, the first for the rest. `use`: the field to take."""

    domain: str
    model: str = ""
    use: str = "id"


@dataclass(frozen=True, slots=True)
class File:
    """A file of an addon, `module/path`: as base64, or (`kind` file) as its own path."""

    path: str
    kind: str = "base64"


@dataclass(frozen=True, slots=True)
class Many:
    """A list or tuple of values."""

    values: tuple["Source", ...]
    kind: str = "list"


@dataclass(frozen=True, slots=True)
class ParentRef:
    """The record around a nested one; its field is the inverse of the one2many around it."""

    xmlid: str
    model: str
    field: str


@dataclass(frozen=True, slots=True)
class TitleOf:
    """The name of the action that `xmlid` stands for, else `default`: what a menu without a name is called."""

    xmlid: str
    default: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What an element inherits from those around it."""

    module: str
    file: str
    noupdate: bool = False
    context: tuple[str, ...] = ()
    uid: str = ""


@dataclass(frozen=True, slots=True)
class RecordOp:
    """Create or update one record. `fields` in the order of the file; `ParentRef` as a value names its own field."""

    place: Place
    scope: Scope
    model: str
    xmlid: str
    fields: tuple[tuple[str, "Source"], ...]
    forcecreate: bool = True


@dataclass(frozen=True, slots=True)
class FunctionOp:
    """Call a method of a model. Also a value: what a nested `<function>` returns."""

    place: Place
    scope: Scope
    model: str
    method: str
    args: tuple["Source", ...] = ()
    eval_args: str = ""


@dataclass(frozen=True, slots=True)
class DeleteOp:
    place: Place
    scope: Scope
    model: str
    xmlid: str = ""
    domain: str = ""


Source = Text | Markup | Ref | ActionRef | Refs | Eval | Search | File | Many | ParentRef | TitleOf | FunctionOp
Operation = RecordOp | FunctionOp | DeleteOp
Reader = Callable[[etree._Element, Scope], Iterator[Operation]]


def read_file(path: Path, module: str, *, name: str = "", noupdate: bool = False) -> list[Operation]:
    """The operations of a data file. `name`: how messages call it (`module/path`)."""
    name = name or str(path)
    try:
        tree = etree.parse(str(path), etree.XMLParser(remove_comments=False, resolve_entities=False))
    except etree.XMLSyntaxError as error:
        raise DataError(f"{name}:{error.lineno}: not well-formed XML: {error.msg}") from error
    return read_tree(tree.getroot(), Scope(module, name, noupdate))


def read_tree(root: etree._Element, scope: Scope) -> list[Operation]:
    """The operations below a root element."""
    if root.tag not in ROOTS:
        raise DataError(f"{scope.file}:{root.sourceline}: the root is <{root.tag}>, expected <odoo>")
    return list(_read_group(root, scope))


def named(operations: Sequence[Operation]) -> set[str]:
    """Every xmlid that the operations mention: what is worth asking for in one statement."""
    found: set[str] = set()
    for operation in operations:
        if isinstance(operation, RecordOp | DeleteOp) and operation.xmlid:
            found.add(operation.xmlid)
        if isinstance(operation, RecordOp):
            for _name, source in operation.fields:
                found.update(_mentioned(source))
    return found


def is_true(text: str | None, default: bool = False) -> bool:
    return default if text is None or text == "" else text.strip().lower() in TRUE_WORDS


def _mentioned(source: Source) -> Iterator[str]:
    match source:
        case Ref(xmlid) | ActionRef(xmlid) | ParentRef(xmlid) | TitleOf(xmlid):
            yield xmlid
        case Refs(xmlids):
            yield from (xmlid.lstrip("-") for xmlid in xmlids)
        case Eval(expression):
            yield from REF_CALL.findall(expression)
        case Markup(text):
            yield from (name for name in PLACEHOLDER.findall(text) if name)
        case Many(values):
            for value in values:
                yield from _mentioned(value)


def _read_group(element: etree._Element, scope: Scope) -> Iterator[Operation]:
    """<odoo> or <data>: what it says holds for all below."""
    inner = _inherit(element, scope)
    for child in element.iterchildren(tag=etree.Element):
        reader = READERS.get(child.tag)
        if reader is None:
            raise _error(child, scope, f"unknown element <{child.tag}>; expected one of {', '.join(sorted(READERS))}")
        yield from reader(child, inner)


def _inherit(element: etree._Element, scope: Scope) -> Scope:
    context, uid, noupdate = element.get("context"), element.get("uid"), element.get("noupdate")
    if context is None and uid is None and noupdate is None:
        return scope
    return replace(
        scope,
        noupdate=is_true(noupdate, scope.noupdate),
        context=(*scope.context, context) if context else scope.context,
        uid=uid or scope.uid,
    )


def _read_record(element: etree._Element, scope: Scope) -> Iterator[Operation]:
    model = _required(element, scope, "model")
    xmlid = _name(element, scope)
    yield from _record(element, _inherit(element, scope), model, xmlid, ())


def _record(
    element: etree._Element, scope: Scope, model: str, xmlid: str, first: tuple[tuple[str, Source], ...]
) -> Iterator[Operation]:
    """The record of `element`, then those nested in its one2many fields."""
    fields: list[tuple[str, Source]] = list(first)
    nested: list[Operation] = []
    for child in element.iterchildren(tag=etree.Element):
        if child.tag != "field":
            raise _error(child, scope, f"<{child.tag}> in a <record>; expected <field>")
        name = _required(child, scope, "name")
        records = child.findall("record")
        if records and child.get("type") is None:
            for record in records:
                parent = ParentRef(xmlid, model, name)
                inner = _inherit(record, scope)
                inner_model = _required(record, scope, "model")
                nested.extend(_record(record, inner, inner_model, _name(record, scope), (("", parent),)))
            if not xmlid:
                raise _error(child, scope, "records nested in a record without id; give the outer one an id")
        else:
            fields.append((name, read_value(child, scope)))
    force = is_true(element.get("forcecreate"), True)
    yield RecordOp(_place(element, scope), scope, model, xmlid, tuple(fields), force)
    yield from nested


def read_value(element: etree._Element, scope: Scope) -> Source:
    """What a <field> or <value> holds."""
    kind = element.get("type", "")
    if element.get("search") is not None:
        return Search(element.get("search", ""), element.get("model", ""), element.get("use", "id"))
    if element.get("eval") is not None:
        return Eval(element.get("eval", ""), element.get("model", ""))
    if element.get("ref") is not None:
        return Ref(_complete(element.get("ref", ""), scope))
    if kind in ("xml", "html"):
        return Markup(_inner(element, kind), _first_line(element))
    if kind in ("list", "tuple"):
        values = tuple(read_value(child, scope) for child in element.iterchildren("value"))
        return Many(values, kind)
    if element.get("file") is not None:
        return File(element.get("file", ""), "text" if kind in ("char", "text") else "base64")
    text = element.text or ""
    if kind == "file":
        path = text.strip().removeprefix(f"{scope.module}/")
        return File(f"{scope.module},{path}", "file")
    if kind == "base64":
        return Text(text, "base64")
    functions = element.findall("function")
    if functions:
        return _function(functions[0], scope)
    strangers = [child.tag for child in element.iterchildren(tag=etree.Element)]
    if strangers:
        raise _error(element, scope, f"<{strangers[0]}> inside a field without type; expected type=xml or type=html")
    return Text(text, kind)


def _inner(element: etree._Element, kind: str) -> str:
    """The serialised content. An arch is one element; HTML keeps the text around its elements."""
    children = [
        etree.tostring(child, encoding="unicode", with_tail=kind == "html")
        for child in element
        if kind == "html" or isinstance(child.tag, str)
    ]
    if kind == "html":
        return ((element.text or "") + "".join(children)).strip()
    if len(children) > 1:
        return f"<data>{''.join(children)}</data>"
    return "".join(children) or (element.text or "").strip()


def _first_line(element: etree._Element) -> int:
    child = next(element.iterchildren(tag=etree.Element), None)
    return _line(child if child is not None else element)


def _read_function(element: etree._Element, scope: Scope) -> Iterator[Operation]:
    yield _function(element, _inherit(element, scope))


def _function(element: etree._Element, scope: Scope) -> FunctionOp:
    args: list[Source] = []
    for child in element.iterchildren(tag=etree.Element):
        if child.tag == "value":
            args.append(read_value(child, scope))
        elif child.tag == "function":
            args.append(_function(child, _inherit(child, scope)))
        else:
            raise _error(child, scope, f"<{child.tag}> in a <function>; expected <value> or <function>")
    return FunctionOp(
        _place(element, scope),
        scope,
        _required(element, scope, "model"),
        _required(element, scope, "name"),
        tuple(args),
        element.get("eval", ""),
    )


def _read_delete(element: etree._Element, scope: Scope) -> Iterator[Operation]:
    model, domain = _required(element, scope, "model"), element.get("search", "")
    xmlid = _name(element, scope)
    if bool(xmlid) == bool(domain):
        raise _error(element, scope, "<delete> needs either id or search")
    yield DeleteOp(_place(element, scope), scope, model, xmlid, domain)


def _read_menuitem(element: etree._Element, scope: Scope, parent: str = "") -> Iterator[Operation]:
    scope = _inherit(element, scope)
    xmlid = _name(element, scope)
    if not xmlid:
        raise _error(element, scope, "<menuitem> needs an id")
    action = element.get("action")
    fields: list[tuple[str, Source]] = []
    above = _complete(element.get("parent", ""), scope) if element.get("parent") else parent
    fields.append(("parent_id", Ref(above) if above else Eval("False")))
    if element.get("name") is not None:
        fields.append(("name", Text(element.get("name", ""))))
    elif action:
        fields.append(("name", TitleOf(_complete(action, scope), element.get("id", ""))))
    else:
        fields.append(("name", Text(element.get("id", ""))))
    if action:
        fields.append(("action", ActionRef(_complete(action, scope))))
    if element.get("sequence"):
        fields.append(("sequence", Text(element.get("sequence", ""), "int")))
    if element.get("groups"):
        fields.append(("groups_id", _groups(element, scope)))
    if element.get("web_icon"):
        fields.append(("web_icon", Text(element.get("web_icon", ""))))
    if element.get("active"):
        fields.append(("active", Eval(str(is_true(element.get("active"))))))
    force = is_true(element.get("forcecreate"), True)
    yield RecordOp(_place(element, scope), scope, "ir.ui.menu", xmlid, tuple(fields), force)
    for child in element.iterchildren(tag=etree.Element):
        if child.tag != "menuitem":
            raise _error(child, scope, f"<{child.tag}> in a <menuitem>; expected <menuitem>")
        yield from _read_menuitem(child, scope, xmlid)


def _read_template(element: etree._Element, scope: Scope) -> Iterator[Operation]:
    """A QWeb view: <t t-name="module.id"> around the content, or an extension of another template."""
    scope = _inherit(element, scope)
    xmlid = _name(element, scope) or _complete(_required(element, scope, "t-name"), scope)
    inherit, is_primary = element.get("inherit_id"), is_true(element.get("primary"))
    fields: list[tuple[str, Source]] = [
        ("name", Text(element.get("name") or element.get("id") or xmlid)),
        ("key", Text(element.get("key") or xmlid)),
        ("type", Text("qweb")),
        ("arch", Markup(_template_arch(element, xmlid, bool(inherit), is_primary), _line(element))),
    ]
    if inherit:
        fields.append(("inherit_id", Ref(_complete(inherit, scope))))
        fields.append(("mode", Text("primary" if is_primary else "extension")))
    elif is_primary:
        fields.append(("mode", Text("primary")))
    if element.get("priority"):
        fields.append(("priority", Text(element.get("priority", ""), "int")))
    for attribute in ("active", "customize_show"):
        if element.get(attribute):
            fields.append((attribute, Eval(str(is_true(element.get(attribute))))))
    for attribute in ("track", "website_id"):
        if element.get(attribute):
            fields.append((attribute, Text(element.get(attribute, ""))))
    if element.get("groups"):
        fields.append(("groups_id", _groups(element, scope)))
    force = is_true(element.get("forcecreate"), True)
    yield RecordOp(_place(element, scope), scope, "ir.ui.view", xmlid, tuple(fields), force)


def _template_arch(element: etree._Element, xmlid: str, inherits: bool, is_primary: bool) -> str:
    root = etree.Element("data" if inherits else "t")
    root.text = element.text
    if not inherits:
        root.set("t-name", xmlid)
    elif is_primary:
        root.set("primary", "True")
    for child in element:
        root.append(deepcopy(child))
    return str(etree.tostring(root, encoding="unicode"))


def _read_asset(element: etree._Element, scope: Scope) -> Iterator[Operation]:
    scope = _inherit(element, scope)
    fields: list[tuple[str, Source]] = [("name", Text(_required(element, scope, "name")))]
    if element.get("active"):
        fields.append(("active", Eval(str(is_true(element.get("active"))))))
    for child in element.iterchildren(tag=etree.Element):
        if child.tag == "bundle":
            fields.append(("bundle", Text((child.text or "").strip())))
            fields.append(("directive", Text(child.get("directive", "append"))))
        elif child.tag in ("path", "target"):
            fields.append((child.tag, Text((child.text or "").strip())))
        elif child.tag == "field":
            fields.append((_required(child, scope, "name"), read_value(child, scope)))
        else:
            raise _error(child, scope, f"<{child.tag}> in an <asset>; expected <bundle>, <path> or <field>")
    yield RecordOp(_place(element, scope), scope, "ir.asset", _name(element, scope), tuple(fields))


def _groups(element: etree._Element, scope: Scope) -> Refs:
    names = [name.strip() for name in element.get("groups", "").split(",") if name.strip()]
    return Refs(tuple("-" + _complete(name[1:], scope) if name[0] == "-" else _complete(name, scope) for name in names))


def _name(element: etree._Element, scope: Scope) -> str:
    xmlid = (element.get("id") or "").strip()
    return _complete(xmlid, scope) if xmlid else ""


def _complete(xmlid: str, scope: Scope) -> str:
    return xmlid if "." in xmlid else f"{scope.module}.{xmlid}"


def _required(element: etree._Element, scope: Scope, attribute: str) -> str:
    value = element.get(attribute)
    if not value:
        raise _error(element, scope, f"<{element.tag}> needs the attribute {attribute!r}")
    return value


def _place(element: etree._Element, scope: Scope) -> Place:
    return Place(scope.file, _line(element))


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _error(element: etree._Element, scope: Scope, message: str) -> DataError:
    return DataError(f"{_place(element, scope)}: {message}")


READERS: dict[str, Reader] = {
    "asset": _read_asset,
    "data": _read_group,
    "delete": _read_delete,
    "function": _read_function,
    "menuitem": _read_menuitem,
    "record": _read_record,
    "template": _read_template,
}
