"""What a message of e-mail says, whoever wrote it: bytes in, plain values out.

Nothing here trusts the message. What cannot be read as it should be is read as well as it can be, and a message that
cannot be taken apart at all is kept whole, as an attachment: to return it would send it to whom a forger named as its
sender.
"""

from __future__ import annotations

import base64
import codecs
import email
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import Any

MOST_PARTS = 200
MOST_OF_A_HEADER = 998  # characters, as of a line (RFC 5322, 2.1.1)
MOST_OF_A_NAME = 200
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
YEARS = range(1970, 2101)  # other dates are invented
CODECS_OF_OTHER_THINGS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""What PostgreSQL or JSON does not take, or nobody sees."""
BULK = {"bulk", "junk", "list", "auto_reply"}
BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)
"""What Python's library raises for messages that break the rules."""


class Unusable(Exception):
    """The message cannot be taken, now or later; the sentence is for its sender."""


def values_of(content: bytes) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """(values of the message, its attachments as name and base64)."""
    if not content.strip():
        raise Unusable("The message is empty.")
    try:
        message = email.message_from_bytes(content)
        texts, attachments = taken_apart(message)
    except (TooManyParts, *BROKEN):
        message = BytesHeaderParser().parsebytes(content)
        texts, attachments = {}, [attachment("message.eml", content)]
    return {**headers_of(message, content), **texts}, attachments


# -- headers ----------------------------------------------------------------------------------------------------------
def headers_of(message: Message, content: bytes) -> dict[str, Any]:
    sender = header(message, "From")
    values = {
        "message_id": found_id(message, "Message-ID") or f"<{hashlib.sha256(content).hexdigest()}@no-message-id>",
        "sender": sender,
        "reply_to": header(message, "Reply-To"),
        "subject": header(message, "Subject"),
        "date": moment(message),
        "in_reply_to": found_id(message, "In-Reply-To"),
        "is_automatic": not sender or is_automatic(message),
    }
    return {name: value for name, value in values.items() if value}


def header(message: Message, name: str) -> str:
    """The header on one line, decoded as far as that is possible."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    value = decoded(str(raw).encode("utf-8", "surrogateescape"), None)
    try:
        parts = [part if isinstance(part, str) else decoded(part, charset) for part, charset in decode_header(value)]
    except BROKEN:
        parts = [value]
    return cleaned(" ".join("".join(parts).split()))[:MOST_OF_A_HEADER]


def found_id(message: Message, name: str) -> str | None:
    found = MESSAGE_ID.search(header(message, name))
    return found and found[0]


def moment(message: Message) -> str | None:
    """When it was written, in UTC; None when it does not say: then it counts as written when it is taken."""
    try:
        found = parsedate_to_datetime(header(message, "Date"))
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (*BROKEN, OverflowError):
        return None
    return f"{found:%Y-%m-%d %H:%M:%S}" if found.year in YEARS else None


def is_automatic(message: Message) -> bool:
    """Whether a program wrote it: then an answer could begin a conversation of two programs (RFC 3834)."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or header(message, "Precedence").lower() in BULK
        or header(message, "Return-Path").replace(" ", "") == "<>"
        or message.get_content_type() == "multipart/report"
        or any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id"))
    )


# -- parts ------------------------------------------------------------------------------------------------------------
class TooManyParts(Exception):
    """Nobody writes so many."""


def taken_apart(message: Message) -> tuple[dict[str, str], list[dict[str, str]]]:
    """(first text and first HTML, everything else as attachments)."""
    texts: dict[str, str] = {}
    attachments: list[dict[str, str]] = []
    for number, part in enumerate(leaves(message), 1):
        if number > MOST_PARTS:
            raise TooManyParts
        kind, body = part.get_content_type(), body_of(part)
        place = {"text/plain": "text", "text/html": "html"}.get(kind)
        name = name_of(part)
        if place and place not in texts and not name and part.get_content_disposition() != "attachment":
            texts[place] = cleaned(decoded(body, charset_of(part)))
        elif body or name:
            ending = "eml" if kind == "message/rfc822" else "txt" if place else "bin"
            attachments.append(attachment(name or f"part-{number}.{ending}", body))
    return texts, attachments


def leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something; a message within the message is one."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in within(message):
            yield from leaves(part)
    else:
        yield message


def within(message: Message) -> list[Message]:
    return [part for part in message.get_payload() if isinstance(part, Message)]


def body_of(part: Message) -> bytes:
    if part.is_multipart():  # message/rfc822, message/delivery-status
        return b"\n".join(one.as_bytes() for one in within(part))
    try:
        body = part.get_payload(decode=True)
    except BROKEN:
        body = str(part.get_payload()).encode("utf-8", "replace")
    return body if isinstance(body, bytes) else b""


def charset_of(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except BROKEN:
        return None


def name_of(part: Message) -> str:
    """The name of the file, without folders."""
    try:
        name = part.get_filename() or ""
        if "=?" in name:  # not allowed in a parameter, and written by half of the world
            name = "".join(one if isinstance(one, str) else decoded(one, kind) for one, kind in decode_header(name))
    except BROKEN:
        name = "unnamed"
    return cleaned(" ".join(name.split())).replace("\\", "/").rpartition("/")[2][-MOST_OF_A_NAME:]


def attachment(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "datas": base64.b64encode(content).decode("ascii")}


# -- texts ------------------------------------------------------------------------------------------------------------
def decoded(content: bytes, charset: str | None) -> str:
    """The text; in UTF-8 when that fits and the charset is unknown or a lie, else letter for letter."""
    for one in (charset or "utf-8", "utf-8"):
        try:
            if codecs.lookup(one).name not in CODECS_OF_OTHER_THINGS:
                return content.decode(one)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def cleaned(text: str) -> str:
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
