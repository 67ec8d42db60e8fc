"""XML-RPC: bytes of a call to (method, parameters), and a result or a fault to bytes.

The writer appends strings; its text is that of the documented server, byte for byte. The reader walks an lxml tree. A
document type is refused before parsing: no entity is ever declared, so none can explode; the encoding is forced to
UTF-8, so none can hide.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from xml.parsers import expat
from xml.parsers.expat import ExpatError

from lxml import etree

MAX_DEPTH = 100  # arrays and structs inside one another
# libxml2 limits a text to 10 MB unless told that documents are huge; attachments travel in one text.
HUGE_FROM = 8_000_000  # bytes

# What may stand before a document type: a byte order mark, blanks, declarations, comments (with any text in them).
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MOMENT = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):(\d{2}):(\d{2})")
_INT32 = range(-(2**31), 2**31)


# -- reading ---------------------------------------------------------------------------------------------------------
def loads(data: bytes) -> tuple[str, tuple[Any, ...]]:
    """(method name, parameters) of a <methodCall>. `ExpatError` if the document is none."""
    prolog = _PROLOG.match(data)
    if data.startswith(b"<!", prolog.end() if prolog else 0):
        raise ExpatError("a document type is not accepted in an XML-RPC call")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(data) > HUGE_FROM,
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        _complain(data)
        raise ExpatError(error.msg) from None
    if root.tag != "methodCall":
        raise ExpatError(f"<{root.tag}> found where <methodCall> was expected")
    name = root.findtext("methodName")
    if name is None:
        raise ExpatError("<methodCall> has no <methodName>")
    params = root.find("params")
    values = () if params is None else tuple(_value(param[0], 0) for param in params if len(param))
    return name.strip(), values


def _complain(data: bytes) -> None:
    """Say what is wrong in the words of the usual parser: clients of the oldest protocol get them as a code."""
    expat.ParserCreate("utf-8").Parse(data, True)


def _value(node: Any, depth: int) -> Any:
    """The value of a <value> element."""
    if node.tag != "value":
        raise ExpatError(f"<{node.tag}> found where <value> was expected")
    if not len(node):
        return node.text or ""
    typed = node[0]
    reader = _READERS.get(typed.tag)
    if reader is not None:
        return reader(typed.text or "")
    if depth >= MAX_DEPTH:
        raise ExpatError(f"arrays and structs are nested more than {MAX_DEPTH} deep")
    if typed.tag == "array":
        data = typed.find("data")
        return [] if data is None else [_value(item, depth + 1) for item in data]
    if typed.tag == "struct":
        struct = {}
        for member in typed:
            value = member.find("value")
            if value is None:
                raise ExpatError("a struct has a <member> without <value>")
            struct[member.findtext("name") or ""] = _value(value, depth + 1)
        return struct
    raise ExpatError(f"unknown type <{typed.tag}>")


def _read_int(text: str) -> int:
    return int(text.strip())


def _read_boolean(text: str) -> bool:
    text = text.strip()
    if text not in ("0", "1", "true", "false"):
        raise ExpatError(f"{text!r} is no boolean; expected 0 or 1")
    return text in ("1", "true")


def _read_moment(text: str) -> datetime:
    match = _MOMENT.match(text.strip())
    if match is None:
        raise ExpatError(f"{text!r} is no dateTime.iso8601; expected 20260131T12:00:00")
    return datetime(*map(int, match.groups()))  # type: ignore[arg-type]


def _read_base64(text: str) -> bytes:
    return base64.b64decode(text)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "int": _read_int,
    "i4": _read_int,
    "i8": _read_int,
    "i2": _read_int,
    "i1": _read_int,
    "biginteger": _read_int,
    "boolean": _read_boolean,
    "double": lambda text: float(text.strip()),
    "float": lambda text: float(text.strip()),
    "dateTime.iso8601": _read_moment,
    "base64": _read_base64,
    "nil": lambda _text: None,
    "{http://ws.apache.org/xmlrpc/namespaces/extensions}nil": lambda _text: None,
}


# -- writing ---------------------------------------------------------------------------------------------------------
def dumps_result(result: Any, *, allow_none: bool) -> bytes:
    """The <methodResponse> of a result. `TypeError` for what XML-RPC has no word for."""
    parts: list[str] = ['<?xml version="1.0"?>\n<methodResponse>\n<params>\n<param>\n']
    _Writer(parts.append, allow_none).write(result)
    parts.append("</param>\n</params>\n\n</methodResponse>\n")
    return "".join(parts).encode()


def dumps_fault(code: int | str, text: str) -> bytes:
    """The <methodResponse> of a fault; the first version of the protocol has texts as codes."""
    parts: list[str] = ['<?xml version="1.0"?>\n<methodResponse>\n<fault>\n']
    _Writer(parts.append, allow_none=False).write({"faultCode": code, "faultString": text})
    parts.append("</fault>\n\n</methodResponse>\n")
    return "".join(parts).encode()


class _Writer:
    """Appends <value> elements; one method a kind of value."""

    __slots__ = ("allow_none", "append", "by_type", "open_ids")

    def __init__(self, append: Callable[[str], None], allow_none: bool) -> None:
        self.append = append
        self.allow_none = allow_none
        self.open_ids: set[int] = set()
        self.by_type: dict[type, Callable[[Any], None]] = {
            str: self.write_text,
            int: self.write_int,
            bool: self.write_boolean,
            float: self.write_double,
            list: self.write_array,
            tuple: self.write_array,
            dict: self.write_struct,
            type(None): self.write_nil,
            datetime: self.write_moment,
            date: self.write_date,
            bytes: self.write_bytes,
            bytearray: self.write_bytes,
        }

    def write(self, value: Any) -> None:
        kind = type(value)
        writer = self.by_type.get(kind)
        if writer is None:
            writer = self.by_type[kind] = self.writer_for(kind)
        writer(value)

    def writer_for(self, kind: type) -> Callable[[Any], None]:
        """The writer of a class derived from a known one (Markup, enumerations, frozen dictionaries, ...)."""
        for base in kind.__mro__[1:]:
            writer = self.by_type.get(base)
            if writer is not None:
                return writer
        if issubclass(kind, Mapping):
            return self.write_struct
        module = "odoo.api" if hasattr(kind, "_ids") else kind.__module__
        name = getattr(kind, "_name", kind.__qualname__) if module == "odoo.api" else kind.__qualname__
        shown = name if module == "builtins" else f"{module}.{name}"
        raise TypeError(f"cannot marshal <class {shown!r}> objects")

    def write_text(self, value: str) -> None:
        self.append("<value><string>")
        self.append(_escape(value) if _SPECIAL.search(value) else value)
        self.append("</string></value>\n")

    def write_int(self, value: int) -> None:
        tag = "int" if value in _INT32 else "i8"
        self.append(f"<value><{tag}>{int(value)}</{tag}></value>\n")

    def write_boolean(self, value: bool) -> None:
        self.append("<value><boolean>1</boolean></value>\n" if value else "<value><boolean>0</boolean></value>\n")

    def write_double(self, value: float) -> None:
        self.append(f"<value><double>{value!r}</double></value>\n")

    def write_nil(self, _value: None) -> None:
        if not self.allow_none:
            raise TypeError("cannot marshal None unless allow_none is enabled")
        self.append("<value><nil/></value>")

    def write_moment(self, value: datetime) -> None:
        self.write_text(value.strftime("%Y-%m-%d %H:%M:%S"))

    def write_date(self, value: date) -> None:
        self.write_text(value.strftime("%Y-%m-%d"))

    def write_bytes(self, value: bytes) -> None:
        self.write_text(value.decode())

    def write_array(self, value: Any) -> None:
        self.enter(value)
        self.append("<value><array><data>\n")
        write = self.write
        for item in value:
            write(item)
        self.append("</data></array></value>\n")
        self.open_ids.discard(id(value))

    def write_struct(self, value: Mapping[Any, Any]) -> None:
        self.enter(value)
        append = self.append
        by_type = self.by_type
        append("<value><struct>\n")
        for key, item in value.items():
            # Numbers as keys (ids) are written as texts: XML-RPC has no other names.
            name = key if type(key) is str else str(key)
            append(f"<member>\n<name>{_escape(name) if _SPECIAL.search(name) else name}</name>\n")
            writer = by_type.get(type(item))
            if writer is not None:
                writer(item)
            else:
                self.write(item)
            append("</member>\n")
        append("</struct></value>\n")
        self.open_ids.discard(id(value))

    def enter(self, value: Any) -> None:
        if id(value) in self.open_ids:
            raise TypeError("cannot marshal recursive structures")
        self.open_ids.add(id(value))


def _escape(text: str) -> str:
    return _FORBIDDEN.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
