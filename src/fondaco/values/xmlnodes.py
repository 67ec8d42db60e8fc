"""Building and tidying XML trees for documents that others read (invoices, bank files).

Interfaces follow `odoo.tools.xml_utils`.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

_TEXT_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(rb"&#(?:x0*([0-9a-f]+)|0*(\d+));", re.IGNORECASE)


def remove_control_characters(byte_node: bytes) -> bytes:
    """`byte_node` without the characters, and references to them, that XML 1.0 forbids."""

    def keep(match: re.Match[bytes]) -> bytes:
        code = int(match[1], 16) if match[1] else int(match[2])
        allowed = code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
        return match[0] if allowed and code <= 0x10FFFF else b""

    text = byte_node.decode("utf-8", "replace")
    return _REFERENCE.sub(keep, _TEXT_CONTROL.sub("", text).encode())


def cleanup_xml_node(
    xml_node_or_string: Any,
    remove_blank_text: bool = True,
    remove_blank_nodes: bool = True,
    indent_level: int = 0,
    indent_space: str = "  ",
) -> Any:
    """The tree without blank text and without elements that hold nothing, indented; a string is parsed first."""
    node = xml_node_or_string
    if isinstance(node, str):
        node = node.encode()
    if isinstance(node, bytes):
        node = etree.fromstring(remove_control_characters(node))

    def tidy(parent: Any, level: int) -> bool:
        """Clean `parent`; tell whether it may go."""
        for child in list(parent):
            if isinstance(child.tag, str) and tidy(child, level + 1):
                parent.remove(child)
        has_text = bool((parent.text or "").strip())
        if remove_blank_text and not has_text:
            parent.text = None
        if len(parent) and not has_text:
            parent.text = "\n" + indent_space * (level + 1)
            for child in parent:
                child.tail = "\n" + indent_space * (level + 1)
            parent[-1].tail = "\n" + indent_space * level
        return remove_blank_nodes and not has_text and not len(parent) and not parent.attrib

    tidy(node, indent_level)
    return node


def create_xml_node(parent_node: Any, node_name: str, node_value: Any = None) -> Any:
    """A new last child of `parent_node`."""
    return create_xml_node_chain(parent_node, [node_name], node_value)[0]


def create_xml_node_chain(first_parent_node: Any, nodes_list: list[str], last_node_value: Any = None) -> list[Any]:
    """New elements, each inside the one before; the innermost gets the text."""
    created = []
    parent = first_parent_node
    for name in nodes_list:
        parent = etree.SubElement(parent, name)
        created.append(parent)
    if last_node_value is not None:
        created[-1].text = str(last_node_value)
    return created


def find_xml_value(xpath: str, xml_element: Any, namespaces: dict[str, str] | None = None) -> str | None:
    """The text of the first element that `xpath` finds."""
    found = xml_element.xpath(xpath, namespaces=namespaces)
    return found[0].text if found else None
