"""How a message is built: headers that cannot be forged by their values, bodies, attachments."""

from __future__ import annotations

import email
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING

from fondaco.values.deferred import Deferred
from fondaco.values.html import html2plaintext

if TYPE_CHECKING:
    from email import policy
else:
    policy = Deferred("email.policy")

Attachment = tuple[str, bytes | str] | tuple[str, bytes | str, str | None]
"""Name, content and media type."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be said. `subtype` is that of the body: plain or html."""

    sender: str
    to: Sequence[str]
    subject: str
    body: str
    subtype: str = "plain"
    alternative: str = ""
    alternative_subtype: str = "plain"
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    reply_to: str = ""
    references: str = ""
    message_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: Iterable[Attachment] = ()


def build(content: Content) -> EmailMessage:
    """A message ready to send. Line breaks in headers become spaces."""
    message = EmailMessage(policy=policy.SMTP)
    headers = {
        "Message-Id": content.message_id or make_msgid(),
        "References": content.references,
        "Subject": content.subject,
        "From": content.sender,
        "Reply-To": content.reply_to or content.sender,
        "To": ", ".join(content.to),
        "Cc": ", ".join(content.cc),
        "Bcc": ", ".join(content.bcc),
        "Date": formatdate(),
    }
    given = {name.lower() for name in content.headers}
    for name, value in (*((n, v) for n, v in headers.items() if n.lower() not in given), *content.headers.items()):
        if value or name == "Subject":
            message[name] = one_line(str(value or ""))
    body = content.body or ""
    if content.subtype == "html" and not content.alternative:
        message.set_content(html2plaintext(body))
        message.add_alternative(body, subtype="html")
    else:
        message.set_content(body, subtype=content.subtype)
        if content.alternative:
            message.add_alternative(content.alternative, subtype=content.alternative_subtype)
    for name, data, *kind in content.attachments:
        _attach(message, name, data, kind[0] if kind else None)
    return message


def one_line(text: str) -> str:
    """
    >>> one_line("Hello\\r\\n Bcc: everyone@example.com")
    'Hello Bcc: everyone@example.com'
    """
    return " ".join(text.split()) if any(sign in text for sign in "\r\n") else text


def _attach(message: EmailMessage, name: str, data: bytes | str, kind: str | None) -> None:
    raw = data.encode() if isinstance(data, str) else data
    maintype, _slash, subtype = (kind or "application/octet-stream").partition("/")
    if maintype == "message" and subtype == "rfc822":
        inner = email.message_from_bytes(raw, policy=policy.SMTP)
        message.add_attachment(inner, filename=name)
    else:
        message.add_attachment(raw, maintype=maintype, subtype=subtype or "octet-stream", filename=name)
