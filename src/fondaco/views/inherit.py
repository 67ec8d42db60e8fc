"""An extension applied to an arch: find the node each spec means, change what the spec says.

    apply(parse('<form><field name="a"/></form>'), parse('<field name="a" position="after"><field name="b"/></field>'))

A spec is `<xpath expr="...">`, `<field name="...">`, or any element, which means the first with the same tag and the
same attributes. `position` is inside (default), after, before, replace (`mode="inner"`: only the content), attributes
or, for a spec among the content of another, move. In replaced content a node whose text is `$0` receives the old node.
The public guide to view inheritance is the source of these rules.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from difflib import get_close_matches

from lxml import etree

from fondaco.views.arch import NOWHERE, ArchError, Element, Where, line_of, numbered_as, opening, remove
from fondaco.views.expressions import DECORATION, MODIFIERS

POSITIONS = ("inside", "after", "before", "replace", "attributes", "move")
IGNORED_ATTRIBUTES = frozenset({"position", "version", "mode"})
MODES = ("outer", "inner")  # of replace
LOGICAL = frozenset({"and", "or"})
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
OLD_NODE = "$0"


def apply(arch: Element, extension: Element, where: Where = NOWHERE) -> Element:
    """`arch` changed by `extension`; it is changed in place, and returned since the root itself may be replaced.

    `where` is the extending view.
    """
    for spec in specs(extension):
        arch = _apply_one(arch, spec, where)
    return arch


def specs(extension: Element) -> Iterator[Element]:
    """The specs of an extension, out of any <data> around them."""
    if extension.tag == "data" and extension.get("position") is None:
        for child in extension.iterchildren(tag=etree.Element):
            yield from specs(child)
    else:
        yield extension


def locate(arch: Element, spec: Element, where: Where = NOWHERE) -> Element | None:
    """The first node of `arch` that `spec` means."""
    if spec.tag == "xpath":
        return _by_xpath(arch, spec, where)
    if spec.tag == "field":
        name = spec.get("name")
        return next((node for node in arch.iter("field") if node.get("name") == name), None)
    wanted = {key: value for key, value in spec.attrib.items() if key not in IGNORED_ATTRIBUTES}
    for node in arch.iter(spec.tag):
        if all(node.get(key) == value for key, value in wanted.items()):
            return node
    return None


def _by_xpath(arch: Element, spec: Element, where: Where) -> Element | None:
    expression = spec.get("expr", "")
    try:
        found = etree.ETXPath(_with_hasclass(expression))(arch)
    except etree.XPathError as error:
        found_wrong = f"{opening(spec)}: {error} in this XPath expression; expected expr=\"//field[@name='...']\""
        raise ArchError(found_wrong, spec, where) from error
    nodes = [node for node in found if isinstance(node, etree._Element)] if isinstance(found, list) else []
    return nodes[0] if nodes else None


_HASCLASS = re.compile(r"hasclass\(([^()]*)\)")


def _with_hasclass(expression: str) -> str:
    """`hasclass('a', 'b')` in plain XPath: the attribute class holds the words a and b."""

    def spelled_out(match: re.Match[str]) -> str:
        words = [word.strip().strip("'\"") for word in match[1].split(",")]
        tests = [f"contains(concat(' ', normalize-space(@class), ' '), ' {word} ')" for word in words]
        return f"({' and '.join(tests)})"

    return _HASCLASS.sub(spelled_out, expression)


def _apply_one(arch: Element, spec: Element, where: Where) -> Element:
    node = locate(arch, spec, where)
    position = spec.get("position", "inside")
    if position not in POSITIONS:
        raise ArchError(f"position {position!r}; expected one of {', '.join(POSITIONS)}", spec, where)
    if position == "move":
        raise ArchError(f"{opening(spec)}: expected it in another element, which says where it moves to", spec, where)
    if node is None:
        raise _unmatched(arch, spec, spec, where)
    if position == "attributes":
        _change_attributes(node, spec, where)
        return arch
    if position == "replace":
        return _replace(arch, node, spec, where)
    content = _content(arch, node, spec, where)
    if position == "inside":
        _append(node, content)
    else:
        if node.getparent() is None:
            message = f"{opening(spec)}: nothing can stand {position} the root; expected position=inside"
            raise ArchError(message, spec, where)
        _insert(node, content, position)
    return arch


def _unmatched(arch: Element, wanted: Element, spec: Element, where: Where) -> ArchError:
    """Nothing is there for `wanted`: say what is called nearly so, or what there is."""
    names = {name for found in arch.iter(etree.Element) if (name := found.get("name"))}
    for word in (wanted.get("name") or "", *_QUOTED.findall(wanted.get("expr") or "")):
        if word and word not in names and (close := get_close_matches(word, sorted(names), 1)):
            hint = f"; did you mean {close[0]!r}?"
            break
    else:
        there = sorted({name for found in arch.iter(wanted.tag) if (name := found.get("name"))})
        has = f": its <{wanted.tag}> are {', '.join(there[:8])}{', ...' if there[8:] else ''}" if there else ""
        hint = f", as other extensions leave it{has}"
    return ArchError(f"{opening(wanted)} matches nothing in the view it extends{hint}", spec, where)


def _content(arch: Element, node: Element, spec: Element, where: Where) -> Element:
    """A copy of the spec's content for `node`; children with position=move are taken out of `arch` instead."""
    content = deepcopy(spec)
    content.tail = None
    for child in content.iterchildren(tag=etree.Element):
        if child.get("position") != "move":
            continue
        if len(child) or (child.text or "").strip():
            raise ArchError(f"{opening(child)}: a moved node brings no content of its own", child, where)
        moved = locate(arch, child, where)
        if moved is None:
            raise _unmatched(arch, child, child, where)
        if moved is node or moved in node.iterancestors():
            message = f"{opening(child)} moves {opening(moved)} into or beside itself; expected another node"
            raise ArchError(message, child, where)
        remove(moved)
        moved.tail = child.tail
        content.replace(child, moved)
    return content


def _append(node: Element, content: Element) -> None:
    if content.text:
        _add_text(node, content.text)
    for child in list(content):
        node.append(child)


def _insert(node: Element, content: Element, position: str) -> None:
    """Put the content beside the node; text keeps its place between elements."""
    parent = node.getparent()
    assert parent is not None
    index = parent.index(node) + (1 if position == "after" else 0)
    tail = None
    if position == "after":
        tail, node.tail = node.tail, None
    if content.text:
        _text_before(parent, index, content.text)
    for child in list(content):
        parent.insert(index, child)
        index += 1
    if tail:
        _text_before(parent, index, tail)


def _replace(arch: Element, node: Element, spec: Element, where: Where) -> Element:
    mode = spec.get("mode", MODES[0])
    if mode not in MODES:
        raise ArchError(f"{opening(spec)}: mode {mode!r}; expected {' or '.join(MODES)}", spec, where)
    content = _content(arch, node, spec, where)
    if mode == "inner":
        node.text = None
        for child in list(node):
            node.remove(child)
        _append(node, content)
        return arch
    holders = [child for child in content.iter(etree.Element) if (child.text or "").strip() == OLD_NODE]
    for holder in holders:
        holder.text = None
        old = deepcopy(node)
        old.tail = None
        holder.insert(0, old)
    parent = node.getparent()
    if parent is None:
        return _replace_root(node, content, spec, where)
    _insert(node, content, "before")
    remove(node)
    return arch


def _replace_root(root: Element, content: Element, spec: Element, where: Where) -> Element:
    children = list(content.iterchildren(tag=etree.Element))
    if len(children) != 1:
        raise ArchError(f"{opening(spec)} replaces the root; expected one element instead", spec, where)
    new = children[0]
    content.remove(new)
    new.tail = None
    name = root.get("t-name")
    if name and not new.get("t-name"):
        new.set("t-name", name)
    return new


def _change_attributes(node: Element, spec: Element, where: Where) -> None:
    for child in spec.iterchildren(tag=etree.Element):
        name = child.get("name")
        if child.tag != "attribute" or not name:
            raise ArchError(f"{opening(child)}; expected <attribute name=...>", child, where)
        if child.get("add") is not None or child.get("remove") is not None:
            value = _edited(node.get(name, ""), name, child, where)
        else:
            value = child.text or ""
        if value:
            node.set(name, value)
        elif name in node.attrib:
            del node.attrib[name]
        # what is wrong with the node from now on is probably wrong with this
        numbered_as(node, line_of(child))


def _edited(value: str, name: str, change: Element, where: Where) -> str:
    """The attribute's value after `add` and `remove`, which list parts between separators."""
    separator = change.get("separator", ",")
    if (change.text or "").strip():
        raise ArchError(f"{opening(change)}: add and remove go without a text", change, where)
    add, removed = change.get("add", ""), change.get("remove", "")
    if separator.strip() in LOGICAL:
        return _edited_condition(value, separator.strip(), add, removed)
    if value.strip() and (name in MODIFIERS or name.startswith(DECORATION)):
        message = f'{opening(change)}: {name}={value!r} is an expression; expected separator="or" or "and"'
        raise ArchError(message, change, where)
    between = " " if separator == " " else separator
    split: Callable[[str], list[str]] = (
        (lambda text: text.split()) if separator == " " else (lambda text: [p.strip() for p in text.split(separator)])
    )
    gone = set(split(removed))
    parts = [part for part in split(value) if part and part not in gone]
    parts.extend(part for part in split(add) if part and part not in parts)
    return between.join(parts)


def _edited_condition(value: str, word: str, add: str, removed: str) -> str:
    """Conditions joined by `and` or `or`; each keeps its own brackets."""
    parts = [part.strip() for part in re.split(rf"\s+{word}\s+(?![^(]*\))", value) if part.strip()]
    gone = {removed.strip(), f"({removed.strip()})"} if removed.strip() else set()
    parts = [part for part in parts if part not in gone]
    if not add.strip():
        return f" {word} ".join(parts)
    if not parts:
        return add.strip()
    kept = f" {word} ".join(parts)
    return f"({kept}) {word} ({add.strip()})"


def _add_text(node: Element, text: str) -> None:
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


def _text_before(parent: Element, index: int, text: str) -> None:
    if index > 0:
        before = parent[index - 1]
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
