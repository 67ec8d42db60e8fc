"""How are short texts with holes filled, such as the subject of a mail: `Order {{ object.name ||| without name }}`?"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dateutil.relativedelta import relativedelta
from markupsafe import Markup, escape

from fondaco.security.safe_eval import safe_eval

Part = tuple[str, str, str]
"""Text, then an expression ('' for none) and what stands there when its value is empty."""

_HOLE = re.compile(r"\{\{(.+?)(?:\|\|\|\s*(.*?))?\}\}", re.S)


def relativedelta_proxy(*args: Any, **kwargs: Any) -> relativedelta:
    """`relativedelta` for texts, which must not see the class itself."""
    return relativedelta(*args, **kwargs)


def parse_inline_template(text: str) -> list[Part]:
    """The parts of a text, in order."""
    parts: list[Part] = []
    end = 0
    for match in _HOLE.finditer(text):
        parts.append((text[end : match.start()], match.group(1).strip(), (match.group(2) or "").strip()))
        end = match.end()
    if text[end:]:
        parts.append((text[end:], "", ""))
    return parts


def render_inline_template(template_instructions: Sequence[Part], variables: Mapping[str, Any]) -> str:
    """The text with its holes filled."""
    written = []
    for text, expression, default in template_instructions:
        written.append(text)
        if expression:
            value = safe_eval(expression, dict(variables))
            written.append(str(value) if value else default)
    return "".join(written)


def convert_inline_template_to_qweb(template: str | None) -> Markup:
    """The same text as a template of markup."""
    written = Markup("")
    for text, expression, default in parse_inline_template(template or ""):
        written += escape(text)
        if expression:
            written += Markup('<t t-out="%s">%s</t>') % (expression, default)
    return written
