"""Which texts does a file of the client show: those in `_t` and `_n`, and those in its owl templates.

Pure functions from the source of a file to its texts, each once, as owl and `@web/core/i18n` look them up: owl asks for
every text node and attribute on its own, `_n("%s row", "%s rows", count)` for its first text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from babel.messages import extract
else:
    extract = Deferred("babel.messages.extract")

_WORDS: dict[str, Any] = {"_t": None, "_lt": None, "_n": (1, 2)}
_OPTIONS: Any = {"encoding": "utf-8", "parse_template_string": True}
# what owl translates unless a template says otherwise
_ATTRIBUTES = frozenset(
    {
        "alt", "aria-label", "aria-placeholder", "aria-roledescription", "aria-valuetext", "label", "placeholder",
        "title",
    }
)  # fmt: skip
_TRANSLATED_PROP = ".translate"
_TEMPLATE = re.compile(r"\bxml`((?:\\.|[^`\\])*)`", re.DOTALL)
_HOLE = re.compile(r"\$\{[^}]*\}")
_BARE_AMPERSAND = re.compile(r"&(?![\w#]+;)")
_WORD = re.compile(r"[^\W\d_]")


class Text(NamedTuple):
    """A text, and how it reads for several things where it counts them."""

    one: str
    many: str = ""


def texts_of_script(source: str) -> list[Text]:
    """The texts of a JavaScript file: what it marks, and what its templates in `xml` literals say."""
    marked = extract.extract_javascript(BytesIO(source.encode()), _WORDS, (), _OPTIONS)
    found = list(_marked(marked))
    for literal in _TEMPLATE.findall(source):
        markup = _BARE_AMPERSAND.sub("&amp;", _HOLE.sub("", literal))
        found += map(Text, _texts_under(etree.fromstring(f"<t>{markup}</t>", etree.XMLParser(recover=True))))
    return list(dict.fromkeys(found))


def texts_of_templates(source: bytes) -> list[Text]:
    """The texts of an XML file of owl templates."""
    return list(dict.fromkeys(map(Text, _texts_under(etree.fromstring(source)))))


def _marked(extracted: Iterable[Any]) -> Iterator[Text]:
    for _line, function, texts, _comments in extracted:
        words: Sequence[str] = (texts,) if isinstance(texts, str) else texts
        if function == "_n":
            if len(words) > 1 and all(words[:2]):
                yield Text(words[0], words[1])
        elif words and (words[0] or "").strip():
            yield Text(words[0])


def _texts_under(node: Any) -> Iterator[str]:
    """The texts of an element and of what is in it, in the order of the page."""
    if isinstance(node.tag, str) and node.get("t-translation") != "off":
        values = (value for name, value in node.attrib.items() if _is_read(node, name))
        yield from (text.strip() for text in (*values, node.text or "") if _WORD.search(text))
        for child in node:
            yield from _texts_under(child)
            if _WORD.search(child.tail or ""):
                yield child.tail.strip()


def _is_read(node: Any, name: str) -> bool:
    # on a component an attribute is an expression, unless its name ends in .translate
    is_component = node.tag[:1].isupper() or "t-component" in node.attrib
    return name.endswith(_TRANSLATED_PROP) if is_component else name in _ATTRIBUTES
