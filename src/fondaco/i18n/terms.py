"""How HTML and XML are cut into terms a translator can work on, and put together again with the translations.

A term is a run of text with its inline markup (`Press <b>Save</b> twice`), or the value of an attribute that people
read. `html_translate(callback, value)` and `xml_translate(callback, value)` call `callback(term)` for each and put
what it answers in the term's place; None keeps the term. Both serve as the `translate` attribute of fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from lxml import etree

Callback = Callable[[str], str | None]

SKIPPED_ELEMENT_TYPES = (
    etree._Comment, etree._ProcessingInstruction, etree.CommentBase, etree.PIBase, etree._Entity,
)  # fmt: skip
SKIPPED_ELEMENTS = ("script", "style", "title")

INLINE_ELEMENTS = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
        "keygen", "mark", "math", "meter", "option", "output", "progress", "q", "ruby", "s", "samp", "select", "small",
        "span", "strong", "sub", "sup", "text", "time", "u", "var", "wbr",
    }
)  # fmt: skip
TRANSLATED_ATTRIBUTES = frozenset(
    {
        "string", "add-label", "help", "sum", "avg", "confirm", "placeholder", "alt", "title", "aria-label",
        "aria-keyshortcuts", "aria-placeholder", "aria-roledescription", "aria-valuetext", "value-label",
        "data-tooltip", "data-editor-message", "label", "cancel-label", "confirm-label", "confirm-title",
    }
)  # fmt: skip
_TEMPLATE_PREFIX = "t-attf-"
_BUTTON_KINDS = frozenset({"submit", "button", "reset"})

_WORD = re.compile(r"[^\W\d_]", re.UNICODE)
_OUTER_SPACE = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")


def _split_space(text: str) -> tuple[str, str, str]:
    match = _OUTER_SPACE.match(text)
    return (match[1], match[2], match[3]) if match else ("", text, "")


class TermTranslate(Protocol):
    """What `html_translate` and `xml_translate` offer besides being called."""

    def __call__(self, callback: Callback, value: str) -> str: ...

    get_text_content: Callable[[str], str]
    term_converter: Callable[[str], str | None]
    is_text: Callable[[str], bool]


def html_translate(callback: Callback, value: str) -> str:
    """`value` (HTML) with each term replaced by what `callback` answers."""
    if not value:
        return value
    try:
        root = parse_html(value)
        translate_xml_node(root, callback, parse_html, serialize_html)
    except (ValueError, etree.LxmlError):
        return callback(value) or value
    return serialize_html(root)[len("<div>") : -len("</div>")].replace("\xa0", "&nbsp;")


def xml_translate(callback: Callback, value: str) -> str:
    """`value` (XML, such as an arch) with each term replaced by what `callback` answers."""
    if not value:
        return value
    text = _DECLARATION.sub("", value)
    try:
        root = parse_xml(f"<div>{text}</div>")
    except etree.ParseError:
        # Not well-formed: HTML that came this way.
        return html_translate(callback, value)
    translate_xml_node(root, callback, _parse_xml_term, serialize_xml)
    return serialize_xml(root)[len("<div>") : -len("</div>")]


def terms_of(translate: Callable[[Callback, str], str], value: str) -> list[str]:
    """The terms of `value` in order, each once."""
    found: dict[str, None] = {}

    def note(term: str) -> None:
        found[term] = None

    translate(note, value)
    return list(found)


def translate_xml_node(
    node: Any, callback: Callback, parse: Callable[[str], Any], serialize: Callable[[Any], str]
) -> Any:
    """Translate the terms in the content of `node`, in place; `parse` makes a <div> around the text of a term."""
    _Walker(callback, parse, serialize).content(node)
    return node


class _Walker:
    """One pass over a tree; a run is a list of pieces: text, then inline elements each with its tail."""

    def __init__(self, callback: Callback, parse: Callable[[str], Any], serialize: Callable[[Any], str]) -> None:
        self.callback = callback
        self.parse = parse
        self.serialize = serialize

    def content(self, node: Any) -> None:
        """Translate what is inside `node`; its own attributes belong to whoever called."""
        runs: list[tuple[str, list[Any]]] = [(node.text or "", [])]
        blocks: list[Any] = []
        for child in list(node):
            if self.is_inline(child):
                runs[-1][1].append(child)
            else:
                blocks.append(child)
                runs.append((child.tail or "", []))
                child.tail = None
        del node[:]
        for index, (text, elements) in enumerate(runs):
            if index:
                block = blocks[index - 1]
                if self.is_open(block):
                    self.attributes(block)
                    self.content(block)
                node.append(block)
                text, elements = self.run(text, elements)
                block.tail = text or None
            else:
                text, elements = self.run(text, elements)
                node.text = text or None
            node.extend(elements)

    def is_open(self, node: Any) -> bool:
        """Whether terms may be inside `node`."""
        return (
            isinstance(node.tag, str)
            and node.tag not in SKIPPED_ELEMENTS
            and node.get("t-translation", "").strip() != "off"
            and "o_not_translatable" not in (node.get("class") or "").split()
        )

    def is_inline(self, node: Any) -> bool:
        """Whether `node` may be part of a term: known inline elements all the way down, without directives."""
        return (
            isinstance(node.tag, str)
            and node.tag in INLINE_ELEMENTS
            and self.is_open(node)
            and not any(name.startswith("t-") for name in node.attrib)
            and all(self.is_inline(child) for child in node)
        )

    def run(self, text: str, elements: list[Any]) -> tuple[str, list[Any]]:
        """The run after translation."""
        for element in elements:
            for node in element.iter():
                self.attributes(node)
        if not self.has_words(text, elements):
            return text, elements
        holder = etree.Element("div")
        holder.text = text
        holder.extend(elements)
        before, term, after = _split_space(self.serialize(holder)[len("<div>") : -len("</div>")])
        translated = self.callback(term)
        if translated and translated.strip() and translated != term:
            parsed = self.parsed(before + translated.strip() + after)
            holder = holder if parsed is None else parsed
        return holder.text or "", list(holder)

    def parsed(self, text: str) -> Any:
        """The <div> around a translated term, None if the translator broke the markup."""
        try:
            return self.parse(text)
        except (ValueError, etree.ParseError):
            return None

    def has_words(self, text: str, run: list[Any]) -> bool:
        if _WORD.search(text):
            return True
        return any(_WORD.search("".join(element.itertext())) or _WORD.search(element.tail or "") for element in run)

    def attributes(self, node: Any) -> None:
        """Translate the attributes of `node` that people read."""
        for name, value in node.attrib.items():
            if not self.is_read(node, name.removeprefix(_TEMPLATE_PREFIX)) or not _WORD.search(value):
                continue
            before, term, after = _split_space(value)
            translated = self.callback(term)
            if translated and translated.strip():
                node.set(name, before + translated.strip() + after)

    @staticmethod
    def is_read(node: Any, name: str) -> bool:
        if name in TRANSLATED_ATTRIBUTES:
            # data-tooltip and kin are read everywhere; <field label> or <option label> too
            return not (name == "string" and node.tag == "template")
        return name == "value" and node.tag == "input" and node.get("type", "text") in _BUTTON_KINDS


def parse_html(text: str) -> Any:
    """A <div> element around the HTML fragment `text`."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True)
    root = etree.fromstring(f"<div>{text}</div>".encode(), parser)
    if root is None:
        raise ValueError(f"no HTML in {text[:80]!r}")
    divs: Any = root.xpath("/html/body/div")
    if len(divs) != 1 or divs[0].tail or len(divs[0].getparent()) != 1:
        raise ValueError(f"HTML that does not nest: {text[:80]!r}")
    return divs[0]


def serialize_html(node: Any) -> str:
    return str(etree.tostring(node, method="html", encoding="unicode", with_tail=False))


def parse_xml(text: str) -> Any:
    return etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=False))


def _parse_xml_term(text: str) -> Any:
    return parse_xml(f"<div>{text}</div>")


def serialize_xml(node: Any) -> str:
    return str(etree.tostring(node, method="xml", encoding="unicode", with_tail=False))


def get_text_content(term: str) -> str:
    """The words of a term without its markup, spaces collapsed: what tells whether two terms say the same."""
    try:
        content = "".join(parse_html(term).itertext())
    except (ValueError, etree.LxmlError):
        content = re.sub(r"<[^>]*>", "", term)
    return " ".join(content.split())


def is_text(term: str) -> bool:
    """Whether `term` is bare text, without elements."""
    try:
        return not len(parse_html(term))
    except (ValueError, etree.LxmlError):
        return False


def html_term_converter(value: str) -> str | None:
    """`value` as an HTML term is stored; None if it is broken."""
    ret: list[str] = []

    def note(term: str) -> None:
        ret.append(term)

    html_translate(note, value)
    return ret[0] if ret else value


def xml_term_converter(value: str) -> str | None:
    """`value` as an XML term is stored; None if it is broken."""
    try:
        return serialize_xml(_parse_xml_term(value))[len("<div>") : -len("</div>")] if value else value
    except etree.ParseError:
        return None


def translate_attrib_value(node: Any) -> bool:
    """Whether the `value` attribute of `node` is a text people read (a button)."""
    return _Walker.is_read(node, "value")


def xml_term_adapter(term_en: str) -> Callable[[str], str | None]:
    """A function that gives translations the outer markup of `term_en`, so that attributes stay those of the source."""
    orig = parse_html(term_en)

    def same_shape(one: Any, other: Any) -> bool:
        return (
            one.tag == other.tag
            and len(one) == len(other)
            and all(same_shape(a, b) for a, b in zip(one, other, strict=True))
        )

    def adapt(term: str) -> str | None:
        try:
            node = parse_html(term)
        except (ValueError, etree.LxmlError):
            return None
        if not same_shape(orig, node):
            return None
        for target, source in zip(node.iter(), orig.iter(), strict=True):
            if isinstance(target.tag, str):
                target.attrib.clear()
                target.attrib.update(source.attrib)
        return serialize_xml(node)[len("<div>") : -len("</div>")]

    return adapt


for _translate, _converter in ((html_translate, html_term_converter), (xml_translate, xml_term_converter)):
    _translate.get_text_content = get_text_content  # type: ignore[attr-defined]
    _translate.term_converter = _converter  # type: ignore[attr-defined]
    _translate.is_text = is_text  # type: ignore[attr-defined]
xml_translate.term_adapter = xml_term_adapter  # type: ignore[attr-defined]
