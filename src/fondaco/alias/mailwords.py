"""Words of `odoo.tools.mail` about message ids and quoted text."""

from __future__ import annotations

import random
import re
import socket
import time
from typing import Any

from fondaco.email import address

_QUOTING_CLASSES = re.compile(
    r"\b(gmail_extra|gmail_quote|yahoo_quoted|moz-cite-prefix|o_mail_quote)\b|divRplyFwdMsg|ms-outlook"
)
_QUOTING_TEXT = re.compile(r"^\s*(>|-{3,}\s*Original|_{10,}|--\s*$)")


def generate_tracking_message_id(res_id: object) -> str:
    """A new Message-Id that names the record it is about."""
    token = f"{random.SystemRandom().randrange(10**14, 10**15)}"
    return address.generate_tracking_message_id(res_id, socket.gethostname(), time.time(), token)


def tag_quote(el: Any) -> None:
    """Mark an element of a received mail that quotes an earlier one: `data-o-mail-quote="1"`."""
    marks = " ".join((el.get("class") or "", el.get("id") or ""))
    parent = el.getparent()
    is_quote = (
        el.tag == "blockquote"
        or bool(_QUOTING_CLASSES.search(marks))
        or bool(_QUOTING_TEXT.match(el.text or ""))
        or (parent is not None and parent.get("data-o-mail-quote-container") == "1")
    )
    if is_quote:
        el.set("data-o-mail-quote", "1")
        if el.tag == "blockquote" or _QUOTING_CLASSES.search(marks):
            el.set("data-o-mail-quote-container", "1")
