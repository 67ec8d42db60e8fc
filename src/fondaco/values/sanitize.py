"""Which part of somebody else's HTML may be stored and shown.

The text is parsed once by a forgiving HTML parser, the tree is walked with allow lists, and a serialiser of our own
writes the result: it escapes `<`, `>`, `&` and quotes wherever they stand, so that no browser reads the output as a
tree other than the one that was checked. Interface of `odoo.tools.mail.html_sanitize`; source of the details:
transcripts 06_orm_types 142-191.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from lxml import etree
from markupsafe import Markup

_logger = logging.getLogger(__name__)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Elements that disappear with everything in them: they run code, load documents, change how the rest is parsed or write
# the attributes of others (those of SVG that animate: a link's address, too).
KILLED_TAGS = _words(
    """
    animate animatemotion animatetransform applet base embed fencedframe frame frameset iframe link math meta
    noembed noframes noscript object param plaintext portal script set template title xmp
    """
)
STYLE_TAGS = frozenset({"style"})
FORM_TAGS = _words(
    """
    button datalist input optgroup option select textarea
    """
)

ALLOWED_TAGS = _words(
    """
    a abbr acronym address area article aside audio b bdi bdo big blockquote br caption center cite code col
    colgroup data dd del details dfn dir div dl dt em fieldset figcaption figure font footer h1 h2 h3 h4 h5
    h6 header hgroup hr i img ins kbd label legend li main map mark menu nav ol p picture pre q rp rt ruby s
    samp section small source span strike strong sub summary sup svg table tbody td tfoot th thead time tr
    track tt u ul var video wbr
    """
)
BLOCK_TAGS = _words(
    """
    address article aside blockquote center dd details dir div dl dt fieldset figure footer form h1 h2 h3 h4
    h5 h6 header hr isindex li main menu nav noframes noscript ol p pre section table tbody td tfoot th
    thead tr ul
    """
)
VOID_TAGS = _words(
    """
    area base br col embed hr img input link meta param source track wbr
    """
)

ALLOWED_ATTRIBUTES = _words(
    """
    abbr align alt axis bgcolor border cellpadding cellspacing char charoff cite class clear color cols
    colspan compact controls coords datetime dir disabled face headers height href hreflang hspace id ismap
    label lang loading longdesc loop maxlength media method name nohref noshade nowrap poster rel rev role
    rows rowspan rules scope shape size span src srcset start style summary tabindex target title type
    usemap valign value vspace width
    """
)
# Form attributes count only where forms are kept.
FORM_ATTRIBUTES = _words(
    """
    accept accept-charset action checked enctype for method multiple placeholder prompt readonly required
    selected
    """
)
# data-* names that the editor and the mail gateway need back (their prefixes), all others go.
ALLOWED_DATA_PREFIXES = ("data-oe-", "data-o-mail", "data-o-", "data-embedded", "data-behavior", "data-last-history")
URL_ATTRIBUTES = _words(
    """
    action background cite classid codebase data dynsrc formaction href longdesc lowsrc manifest poster
    profile src usemap xlink:href
    """
)

ALLOWED_STYLES = _words(
    """
    background background-color border border-bottom border-bottom-color border-bottom-left-radius
    border-bottom-right-radius border-bottom-style border-bottom-width border-collapse border-color
    border-left border-left-color border-left-style border-left-width border-radius border-right
    border-right-color border-right-style border-right-width border-spacing border-style border-top
    border-top-color border-top-left-radius border-top-right-radius border-top-style border-top-width
    border-width clear color direction display float font font-family font-size font-style font-variant
    font-weight height letter-spacing line-height list-style list-style-type margin margin-bottom
    margin-left margin-right margin-top max-height max-width min-height min-width opacity overflow padding
    padding-bottom padding-left padding-right padding-top table-layout text-align text-decoration
    text-indent text-transform vertical-align visibility white-space width word-break word-wrap
    """
)

_URL_SCHEME = re.compile(r"^([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]+")
_SAFE_DATA_URL = re.compile(r"^data:image/(?:png|jpe?g|gif|webp|bmp|x-icon|avif);", re.IGNORECASE)
_DANGEROUS_STYLE = re.compile(r"expression|javascript|vbscript|behaviou?r|-moz-binding|@import|@charset", re.IGNORECASE)
_CSS_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?|\\(.)", re.IGNORECASE | re.DOTALL)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ADDRESS_IN_ANGLES = re.compile(r"<([^\s<>/@=\"']+@[^\s<>/@=\"']+)>")
_HAS_MARKUP = re.compile(r"[<&]")
_ATTRIBUTE_NAME = re.compile(r"^[a-z_:][a-z0-9_:.\-]*$", re.IGNORECASE)
_TAG_NAME = re.compile(r"^[a-z][a-z0-9_.\-]*$")
_CONDITIONAL = re.compile(r"\[\s*(?:if\b|endif)", re.IGNORECASE)


def html_sanitize(
    src: Any,
    silent: bool = True,
    sanitize_tags: bool = True,
    sanitize_attributes: bool = False,
    sanitize_style: bool = False,
    sanitize_form: bool = True,
    sanitize_conditional_comments: bool = True,
    strip_style: bool = False,
    strip_classes: bool = False,
    output_method: str = "html",
) -> Any:
    """Return `src` as safe Markup; falsy values come back as they are.

    Scripts, event handlers, script URLs and embedded documents go in any case. `sanitize_tags` keeps known elements
    only, `sanitize_attributes` known attributes only, `sanitize_style` known CSS properties only. What cannot be
    parsed raises when not `silent`, else it becomes a sentence that says so.
    """
    if not src:
        return src
    policy = _Policy(
        sanitize_tags,
        sanitize_attributes,
        sanitize_style,
        sanitize_form,
        sanitize_conditional_comments,
        strip_style,
        strip_classes,
    )
    try:
        return Markup(_normalize(src, policy.clean, output_method))
    except (TypeError, ValueError, etree.LxmlError) as error:
        if not silent:
            raise
        if not isinstance(error, TypeError):
            _logger.warning("html not sanitised: %s", error)
        return Markup("<p>Unknown error when sanitizing</p>")


def html_normalize(src: Any, filter_callback: Callable[[Any], Any] | None = None, output_method: str = "html") -> Any:
    """`src` parsed and written again as well-formed HTML; `filter_callback(root)` may change or replace the tree."""
    if not src:
        return src

    def apply(root: Any) -> None:
        if filter_callback is not None:
            filter_callback(root)

    return _normalize(src, apply, output_method)


def _normalize(src: Any, transform: Callable[[Any], None], output_method: str) -> str:
    text = src.decode() if isinstance(src, bytes) else src
    if not isinstance(text, str):
        raise TypeError(f"html_sanitize: expected text, got {text!r}")
    text = text.replace("\x00", "")
    text = _ADDRESS_IN_ANGLES.sub(r"&lt;\1&gt;", text)
    body = _parse_body(text)
    if body is None:
        return ""
    wrapper = _wrapper(body)
    transform(body)
    parts: list[str] = []
    _write_content(body, parts, output_method)
    inner = "".join(parts).strip()
    return f"<{wrapper}>{inner}</{wrapper}>" if wrapper else inner


def _parse_body(text: str) -> Any:
    if not text.strip():
        return None
    parser = etree.HTMLParser(encoding="utf-8", remove_pis=True, no_network=True, huge_tree=True)
    # Lone surrogates cannot be encoded and mean nothing.
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        return None
    return root if root.tag == "body" else root.find("body")


def _wrapper(body: Any) -> str | None:
    """The element that must surround inline content so that it has one root; None where it needs no other.

    One lone element is its own root; several with a block among them stand side by side.
    """
    children = len(body)
    if not children:
        return "span" if (body.text or "").strip() else None
    if children == 1 and not (body.text or "").strip() and not (body[0].tail or "").strip():
        return None
    return None if any(node.tag in BLOCK_TAGS for node in body.iterdescendants(etree.Element)) else "span"


class _Policy:
    """The choices of one call, applied to a tree in place."""

    def __init__(
        self,
        tags: bool,
        attributes: bool,
        style: bool,
        form: bool,
        comments: bool,
        strip_style: bool,
        strip_class: bool,
    ) -> None:
        self.killed = KILLED_TAGS | (STYLE_TAGS if tags else frozenset()) | (FORM_TAGS if form else frozenset())
        allowed = ALLOWED_TAGS | (frozenset() if form else FORM_TAGS | {"form", "output", "progress", "meter"})
        self.allowed_tags = allowed if tags else None
        self.unwrapped = _UNWRAPPED | {"form"} if form else _UNWRAPPED
        self.allowed_attributes = ALLOWED_ATTRIBUTES | (frozenset() if form else FORM_ATTRIBUTES)
        self.check_attributes = attributes
        self.check_style = style
        self.comments = comments
        self.strip_style = strip_style
        self.strip_class = strip_class

    def clean(self, body: Any) -> None:
        """Remove from `body` what must not be there."""
        for node in list(body.iterdescendants()):
            tag = node.tag
            if not isinstance(tag, str):
                if tag is not etree.Comment or not self._may_keep_comment(node.text or ""):
                    _remove(node)
            elif tag in self.killed or not _TAG_NAME.match(tag):
                _remove(node)
            elif tag == "style" and "<" in (node.text or ""):
                # Inside <svg> a browser would read elements here.
                _remove(node)
            elif tag in self.unwrapped or (self.allowed_tags is not None and tag not in self.allowed_tags):
                _unwrap(node)
            elif node.attrib:
                self._clean_attributes(node)

    def _may_keep_comment(self, text: str) -> bool:
        if "<" in text or ">" in text or "--" in text:
            # Browsers disagree on where such a comment ends.
            return not self.comments and bool(_CONDITIONAL.search(text)) and "--" not in text
        return not (self.comments and _CONDITIONAL.search(text))

    def _clean_attributes(self, node: Any) -> None:
        attributes = node.attrib
        for name, value in list(attributes.items()):
            if not self._may_keep_attribute(name.lower()):
                del attributes[name]
            elif name in URL_ATTRIBUTES:
                if not is_safe_url(value, name):
                    attributes[name] = ""
            elif name == "srcset":
                if not all(is_safe_url(part.split()[0], "src") for part in value.split(",") if part.split()):
                    del attributes[name]
            elif name == "style":
                style = self._clean_style(value)
                if style:
                    attributes[name] = style
                else:
                    del attributes[name]

    def _may_keep_attribute(self, name: str) -> bool:
        if name.startswith("on") or name in {"srcdoc", "formaction"} or not _ATTRIBUTE_NAME.match(name):
            return False
        if name == "style":
            return not self.strip_style
        if name == "class":
            return not self.strip_class
        if not self.check_attributes:
            return True
        return name in self.allowed_attributes or name.startswith(ALLOWED_DATA_PREFIXES)

    def _clean_style(self, style: str) -> str:
        plain = _CSS_COMMENT.sub("", _CSS_ESCAPE.sub(_css_character, style))
        if _DANGEROUS_STYLE.search(_INVISIBLE.sub("", plain)):
            return ""
        if not self.check_style:
            return style
        kept = []
        for declaration in plain.split(";"):
            name, colon, value = declaration.partition(":")
            if colon and name.strip().lower() in ALLOWED_STYLES:
                kept.append(f"{name.strip().lower()}:{value.strip()}")
        return "; ".join(kept)


_UNWRAPPED = frozenset({"html", "body", "head"})


def _css_character(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return chr(code) if 0 < code < 0x110000 else ""
    return match[2]


def is_safe_url(url: str, attribute: str = "href") -> bool:
    """Whether following or loading `url` runs no code; relative URLs are safe, images may be data URLs."""
    plain = _INVISIBLE.sub("", url)
    for candidate in (plain, _INVISIBLE.sub("", unquote(plain))):
        match = _URL_SCHEME.match(candidate)
        scheme = match[1].lower() if match else ""
        if scheme in {"javascript", "vbscript", "livescript", "mocha", "jscript", "view-source", "file"}:
            return False
        if scheme == "data" and not (attribute in {"src", "poster", "background"} and _SAFE_DATA_URL.match(candidate)):
            return False
    return True


def _remove(node: Any) -> None:
    """Take `node` and its content away; the text behind it stays."""
    parent = node.getparent()
    if parent is None:
        return
    if node.tail:
        previous = node.getprevious()
        if previous is None:
            parent.text = (parent.text or "") + node.tail
        else:
            previous.tail = (previous.tail or "") + node.tail
    parent.remove(node)


def _unwrap(node: Any) -> None:
    """Replace `node` by its content."""
    parent = node.getparent()
    if parent is None:
        return
    index = parent.index(node)
    previous = node.getprevious()

    def append(text: str | None, after: Any) -> None:
        if not text:
            return
        if after is None:
            parent.text = (parent.text or "") + text
        else:
            after.tail = (after.tail or "") + text

    append(node.text, previous)
    children = list(node)
    tail = node.tail
    node.tail = None
    parent[index : index + 1] = children
    append(tail, children[-1] if children else previous)


def _escape_text(text: str) -> str:
    if not text.isascii():
        text = text.replace("\xa0", "\ue000nbsp")
    if _HAS_MARKUP.search(text) or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\ue000nbsp", "&nbsp;")


def _escape_attribute(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


_RAW_TEXT_TAGS = frozenset({"style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext"})


def _write_content(node: Any, parts: list[str], method: str, depth: int = 0) -> None:
    if node.text:
        # Only elements that the policy kept come here; raw text must not be escaped, nor may it end its element.
        parts.append(node.text.replace("</", "<\\/") if node.tag in _RAW_TEXT_TAGS else _escape_text(node.text))
    for child in node:
        _write_element(child, parts, method, depth + 1)


def _write_element(node: Any, parts: list[str], method: str, depth: int) -> None:
    tag = node.tag
    if not isinstance(tag, str):
        if tag is etree.Comment:
            parts.append(f"<!--{node.text or ''}-->")
    elif depth < _MAX_DEPTH:
        attributes = "".join(f' {name}="{_escape_attribute(value)}"' for name, value in node.attrib.items())
        if tag in VOID_TAGS:
            parts.append(f"<{tag}{attributes}/>" if method == "xml" else f"<{tag}{attributes}>")
        else:
            parts.append(f"<{tag}{attributes}>")
            _write_content(node, parts, method, depth)
            parts.append(f"</{tag}>")
    if node.tail:
        parts.append(_escape_text(node.tail))


# Deeper nesting has no meaning for a reader and would exhaust the stack of this writer and of browsers.
_MAX_DEPTH = 400
