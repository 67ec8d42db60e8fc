"""How HTML and plain text become each other, and when HTML says nothing.

`Markup` marks text that is safe to show; everything else is escaped where it meets markup.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from markupsafe import Markup, escape

from fondaco.values.sanitize import html_normalize, html_sanitize, is_safe_url

__all__ = [
    "Markup",
    "append_content_to_html",
    "create_link",
    "escape",
    "html2plaintext",
    "html_escape",
    "html_keep_url",
    "html_normalize",
    "html_sanitize",
    "html_to_inner_content",
    "is_html_empty",
    "is_safe_url",
    "nl2br",
    "plaintext2html",
    "prepend_html_content",
    "url_domain_extract",
    "validate_url",
]

html_escape = escape

URL_SKIP_PROTOCOL_REGEX = r"mailto:|tel:|sms:"
URL_REGEX = rf"(\bhref=['\"](?!{URL_SKIP_PROTOCOL_REGEX})([^'\"]+)['\"])"
TEXT_URL_REGEX = r"https?://[\w@:%.+&~#=/-]+(?:\?\S+)?"
HTML_TAG_URL_REGEX = rf"{URL_REGEX}([^<>]*>([^<>]+)<\/)?"

_BARE_URL = re.compile(r"(?<![\w/\"'=])(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]])")
_EMPTY_ELEMENTS = re.compile(
    r"</?(?:html|body|p|div|section|article|span|br|b|i|u|em|strong|font|small|s|strike|h[1-6]|a|blockquote|pre|code"
    r"|ul|ol|li)\b(?![^>]*\bclass\s*=\s*[\"'][^\"']*\b(?:fa|oi|o_image)\b)[^>]*>|<!--.*?-->|&nbsp;|&#160;|&#xa0;",
    re.IGNORECASE | re.DOTALL,
)
_EMPHASIS = {"b": "*", "strong": "*", "i": "/", "em": "/", "h1": "**", "h2": "**", "h3": "*", "h4": "*", "tr": ""}
_SKIPPED = frozenset({"script", "style", "head", "title", "template"})
_BREAKING = frozenset(
    {"p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "section"}
)


def is_html_empty(html_content: Any) -> bool:
    """Whether nothing would be seen: no text, picture, icon or other content, only formatting."""
    if not html_content:
        return True
    return not _EMPTY_ELEMENTS.sub("", str(html_content)).strip()


def nl2br(text: object, enclosure_tag: str | None = None) -> Markup:
    """`text`, escaped unless Markup, with a <br> at each line break."""
    escaped = str(escape(text)).replace("\r\n", "\n").replace("\n", "<br>\n")
    return Markup(f"<{enclosure_tag}>{escaped}</{enclosure_tag}>") if enclosure_tag else Markup(escaped)


def plaintext2html(text: object, container_tag: str | None = None) -> Markup:
    """Plain `text` as paragraphs: blank lines part them, single breaks become <br/>, bare URLs become links."""
    plain = "" if not text else str(text)
    plain = plain.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    escaped = _link_urls(str(escape(plain)))
    paragraphs = re.split(r"\n[ \t]*(?:\n[ \t]*)+", escaped)
    html = "".join("<p>" + part.replace("\n", "<br/>") + "</p>" for part in paragraphs)
    return Markup(f"<{container_tag}>{html}</{container_tag}>") if container_tag else Markup(html)


def _link_urls(escaped: str) -> str:
    return _BARE_URL.sub(r'<a href="\1" target="_blank" rel="noreferrer noopener">\1</a>', escaped)


def html_keep_url(text: str) -> str:
    """`text` (already HTML) in which bare URLs are links; URLs inside tags and links stay as they are."""
    result: list[str] = []
    in_link = False
    for piece in re.split(r"(<[^>]*>)", text or ""):
        if piece.startswith("<"):
            if re.match(r"<a\b", piece, re.IGNORECASE):
                in_link = True
            elif re.match(r"</a\b", piece, re.IGNORECASE):
                in_link = False
            result.append(piece)
        else:
            result.append(piece if in_link else _link_urls(piece))
    return "".join(result)


def create_link(url: str, label: str) -> Markup:
    """A link that opens in a new tab and tells the target nothing."""
    return Markup('<a href="{}" target="_blank" rel="noreferrer noopener">{}</a>').format(url, label)


def html2plaintext(html: Any, body_id: str | None = None, encoding: str = "utf-8") -> str:
    """`html` as text: *bold*, /italic/, links as [n] with their targets listed below.

    `body_id` names the one element to convert. Images are listed as links of their source.
    """
    if not html:
        return ""
    text = html.decode(encoding) if isinstance(html, bytes) else str(html)
    if not text.strip():
        return ""
    root = etree.fromstring(
        text.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    )
    if root is None:
        return ""
    if body_id is not None:
        found: Any = root.xpath("//*[@id=$wanted]", wanted=body_id)
    else:
        found = root.xpath("//body")
    writer = _PlainText()
    writer.element(found[0] if found else root)
    return writer.finish()


class _PlainText:
    """Collects text from a tree; numbers links and images as they come."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.references: list[str] = []

    def element(self, node: Any, depth: int = 0) -> None:
        tag = node.tag
        if not isinstance(tag, str) or tag in _SKIPPED or depth > 400:
            return
        mark = _EMPHASIS.get(tag, "")
        if tag == "br":
            self.parts.append("\n")
            return
        if tag in _BREAKING:
            self.line_break()
        if tag == "li":
            self.parts.append("* ")
        self.parts.append(mark)
        self.text(node.text)
        for child in node:
            self.element(child, depth + 1)
            self.text(child.tail)
        self.parts.append(mark)
        if tag == "a" and (url := node.get("href")):
            self.reference(node.text or "", url)
        elif tag == "img" and (url := node.get("src")):
            self.parts.append(node.get("alt") or "Image")
            self.reference("", url)
        elif tag in {"td", "th"}:
            self.parts.append(" ")
        if tag in _BREAKING:
            self.line_break()

    def text(self, text: str | None) -> None:
        if text:
            collapsed = re.sub(r"[ \t\r\n\f]+", " ", text)
            if collapsed == " " and (not self.parts or self.parts[-1].endswith(("\n", " "))):
                return
            self.parts.append(collapsed)

    def reference(self, label: str, url: str) -> None:
        if label.strip() == url:
            return
        self.references.append(url)
        self.parts.append(f" [{len(self.references)}]")

    def line_break(self) -> None:
        for part in reversed(self.parts):
            if part:
                if not part.endswith("\n"):
                    self.parts.append("\n")
                return

    def finish(self) -> str:
        text = "".join(self.parts).replace("\xa0", " ")
        lines = [line.strip() for line in text.split("\n")]
        text = "\n".join(lines).strip()
        if self.references:
            listed = "\n".join(f"[{number}] {url}" for number, url in enumerate(self.references, start=1))
            text = f"{text}\n\n\n{listed}"
        return text


def html_to_inner_content(html: Any) -> str:
    """The text inside `html` on one line, entities resolved: for previews and comparisons."""
    if is_html_empty(html):
        return ""
    text = re.sub(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^>]*>", " ", str(html), flags=re.IGNORECASE)
    text = re.sub(r"<[^>]*>", "", text)
    return re.sub(r"\s+", " ", Markup(text).unescape()).strip()


def append_content_to_html(
    html: Any, content: Any, plaintext: bool = True, preserve: bool = False, container_tag: str | None = None
) -> Markup:
    """`html` with `content` added at the end of its body.

    Plain text becomes HTML first, within `container_tag` if given; with `preserve` it stays as typed, in a <pre>.
    """
    if plaintext and preserve:
        addition = Markup("\n<pre>{}</pre>\n").format(str(content))
    elif plaintext:
        addition = Markup("\n{}\n").format(plaintext2html(content, container_tag))
    else:
        inner = re.sub(r"</?(?:html|body|head|!\s*doctype)[^>]*>", "", str(content), flags=re.IGNORECASE)
        addition = Markup("\n%s\n") % Markup(inner)
    base = re.sub(r"(</?)(\w+)([ >])", lambda m: m[1] + m[2].lower() + m[3], str(html or ""))
    position = base.find("</body>")
    if position < 0:
        position = base.find("</html>")
    if position < 0:
        return Markup(base + str(addition))
    return Markup(base[:position] + str(addition) + base[position:])


def prepend_html_content(html_body: Any, html_content: Any) -> Markup:
    """`html_body` with `html_content` put at the start of its body."""
    body = str(html_body or "")
    inner = re.sub(r"</?(?:html|body|head|!\s*doctype)[^>]*>", "", str(html_content or ""), flags=re.IGNORECASE)
    opening = re.search(r"<body\b[^>]*>", body, re.IGNORECASE) or re.search(r"<html\b[^>]*>", body, re.IGNORECASE)
    position = opening.end() if opening else 0
    return Markup(body[:position] + inner + body[position:])


def validate_url(url: str) -> str:
    """`url`, with http:// in front where it has no scheme we link to."""
    if urlsplit(url).scheme in {"http", "https", "ftp", "ftps"}:
        return url
    return "http://" + url


def url_domain_extract(url: str) -> str | bool:
    """The last two labels of the host, e.g. 'example.com' for 'https://www.example.com/x'; False without a host."""
    host = urlsplit(url).hostname
    if not host:
        return False
    return ".".join(host.split(".")[-2:]) if "." in host else host
