"""How e-mail addresses are found in text, normalised, compared and written into headers.

An address is kept as people wrote it (`"Ann" <ann@example.com>`); the normal form is the bare address in lower case,
with the domain in IDNA where that is what goes over the wire. Interface of `odoo.tools.mail`.
"""

from __future__ import annotations

import re
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import Any, Literal

from markupsafe import Markup, escape

# What may stand around an @ in free text; the local part allows Unicode (RFC 6531).
_STOP = r"\s<>()\[\],;:\""
_ADDRESS = re.compile(rf"(?<![^{_STOP}])[^{_STOP}@]+@[^{_STOP}@]+(?![^{_STOP}])")
_ADDRESS_IN_TEXT = re.compile(r"(?:\"[^\"]*\"|[^\s<>()\[\],;:\"@]+)@[a-zA-Z0-9\u0080-\uffff._\-]+", re.UNICODE)
_PART = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",;\r\n]|"(?=[^"]*$))+')
_IN_ANGLES = re.compile(r"<([^<>]*)>")
_QUOTED_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"(?!@)')
_QUOTED = re.compile(r'[\\"]')

single_email_re = re.compile(r"^[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+\.[^\s<>()\[\],;:\"@]+$", re.UNICODE)
mail_header_msgid_re = re.compile(r"<[^<>]+>")
email_addr_escapes_re = _QUOTED


def email_split_tuples(text: str | None) -> list[tuple[str, str]]:
    """(name, address) pairs found in `text`, which may be a header, a list with ',', ';' or line breaks, or prose.

    >>> email_split_tuples('"Ann, B." <ann@example.com>; bob@example.com')
    [('Ann, B.', 'ann@example.com'), ('', 'bob@example.com')]
    """
    if not text:
        return []
    found: list[tuple[str, str]] = []
    for part in _parts(str(text)):
        end = 0
        for match in _IN_ANGLES.finditer(part):
            before = part[end : match.start()]
            end = match.end()
            addresses = _ADDRESS.findall(match[1])
            # "<a@b.c d@e.f>" is no address anybody can write to
            if len(addresses) == 1 and addresses[0] == match[1].strip():
                found.append((_name(before), addresses[0]))
        if not end or part[end:].strip():
            found.extend(("", address) for address in _ADDRESS.findall(_QUOTED_TEXT.sub(" ", part[end:])))
    return [(name, address) for name, address in found if _is_plausible(address)]


def _parts(text: str) -> list[str]:
    """`text` cut at commas, semicolons and line breaks that stand outside of quotes."""
    return [part for part in _PART.findall(text) if part.strip()]


def _name(text: str) -> str:
    """A display name without its quotes, comments and encoded words."""
    if "=?" in text:
        text = str(make_header(decode_header(text)))
    without_quotes = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda match: re.sub(r"\\(.)", r"\1", match[1]), text)
    return " ".join(without_quotes.split())


def _is_plausible(address: str) -> bool:
    local, _at, domain = address.rpartition("@")
    return bool(local and domain) and "@" not in local and not domain.startswith((".", "-"))


def email_split(text: str | None) -> list[str]:
    """The addresses in `text`, in order."""
    return [address for _name, address in email_split_tuples(text)]


def email_split_and_format(text: str | None) -> list[str]:
    """The addresses in `text` with their names, each ready for a header."""
    return [formataddr(pair) for pair in email_split_tuples(text)]


def email_split_and_format_normalize(text: str | None) -> list[str]:
    """As `email_split_and_format`, with normalised addresses."""
    return [formataddr((name, _normal(address))) for name, address in email_split_tuples(text)]


def email_normalize(text: str | None, strict: bool = True) -> str | Literal[False]:
    """The one address in `text` in its normal form; False for none, and for several when `strict`.

    >>> email_normalize('"Ann" <Ann@Example.COM>'), email_normalize("a@x.y, b@x.y"), email_normalize("none")
    ('ann@example.com', False, False)
    """
    found = email_split(text)
    if not found or (strict and len(found) != 1):
        return False
    return _normal(found[0])


def email_normalize_all(text: str | None) -> list[str]:
    """All addresses in `text` in their normal form, in order, with repetitions."""
    return [_normal(address) for address in email_split(text)]


def _normal(address: str) -> str:
    """Lower case; a local part with letters beyond ASCII keeps its case, which may mean something there."""
    local, at, domain = address.rpartition("@")
    return (local.lower() if local.isascii() else local) + at + domain.lower()


def email_domain_extract(email: str | None) -> str | Literal[False]:
    """The domain of the address in `email`, in lower case; False if there is none."""
    normal = email_normalize(email)
    return normal.split("@")[1] if normal else False


def email_domain_normalize(domain: str | None) -> str | Literal[False]:
    """`domain` in lower case; False for nothing and for what is no bare domain."""
    if not domain or "@" in domain:
        return False
    return domain.lower()


def email_escape_char(email_address: str) -> str:
    """`email_address` with the wildcards of LIKE made literal."""
    return email_address.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def email_anonymize(normalized_email: str | None, *, redact_domain: bool = False) -> str | None:
    """`ann@example.com` as `a**@example.com`, for logs and pages of strangers."""
    if not normalized_email:
        return normalized_email
    local, at, domain = normalized_email.partition("@")
    hidden = local[:1] + "*" * (len(local) - 1)
    if redact_domain and domain:
        name, dot, top = domain.rpartition(".")
        domain = name[:1] + "*" * max(len(name) - 1, 0) + dot + top
    return hidden + at + domain


def formataddr(pair: tuple[str, str], charset: str = "utf-8") -> str:
    """`"name" <address>` for a header, the name quoted where it must be.

    With charset 'ascii' everything comes out in ASCII: the name as an encoded word, the domain in IDNA; an address
    whose local part has other letters raises UnicodeEncodeError.
    """
    name, address = pair
    local, _at, domain = address.rpartition("@")
    try:
        domain.encode(charset)
    except UnicodeEncodeError:
        # One label at a time: a label IDNA refuses must not lose the others.
        domain = ".".join(label.encode("idna").decode("ascii") for label in domain.split("."))
    local.encode(charset)
    written = f"{local}@{domain}" if domain else local
    if not name:
        return written
    try:
        name.encode(charset)
    except UnicodeEncodeError:
        return f"{make_header([(name.encode(), 'utf-8')]).encode()} <{written}>"
    escaped = _QUOTED.sub(lambda match: "\\" + match[0], name)
    return f'"{escaped}" <{written}>'


def parse_contact_from_email(text: str | None) -> tuple[str, str]:
    """(name, normalised address) from what a user typed into one field; the text is the name if it holds no address.

    >>> parse_contact_from_email('Ann <Ann@example.com>'), parse_contact_from_email("Ann ann@example.com")
    (('Ann', 'ann@example.com'), ('Ann', 'ann@example.com'))
    """
    if not text or not text.strip():
        return "", ""
    found = email_split_tuples(text)
    name, address = found[0] if found else ("", "")
    if address and not name:
        # `Ann ann@example.com`: what is left beside the address
        rest = re.sub(re.escape(address), "", text, count=1).strip(" \t\r\n<>\"',;")
        name = rest if rest and "@" not in rest else ""
    elif not address:
        name = text.strip()
    return name, (email_normalize(address, strict=False) or "") if address else ""


def unfold_references(msg_references: str) -> list[str]:
    """The message ids of a References header, folded or not."""
    return mail_header_msgid_re.findall(re.sub(r"\r?\n[ \t]+", " ", msg_references or ""))


def decode_message_header(message: Any, header: str, separator: str = " ") -> str:
    """All values of a header of an email.message, decoded, joined by `separator`."""
    values = message.get_all(header, [])
    return separator.join(str(make_header(decode_header(str(value)))) for value in values if value)


def wire_addresses(text: str | None) -> list[str]:
    """The addresses in a header value, each with its domain in ASCII, as they go over the wire.

    >>> wire_addresses('"Ann, B" <ann@b\u00fccher.example>, bob@example.org')
    ['ann@xn--bcher-kva.example', 'bob@example.org']
    """
    found = [address.rpartition("@") for _name, address in getaddresses([text or ""]) if "@" in address]
    return [f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}" for local, _at, domain in found]


def encapsulate_email(old_email: str, new_email: str) -> str:
    """The sender `old_email` shown in a From header that must carry our own address.

    >>> encapsulate_email('"Ann" <ann@gmail.com>', "bounce@example.com")
    '"Ann" <bounce@example.com>'
    """
    old, new = email_split_tuples(old_email), email_split_tuples(new_email)
    if not old or not new:
        return new_email
    name, address = old[0]
    return formataddr((name or address.split("@")[0], new[0][1]))


def tag_addresses(text: str) -> Markup:
    """`text` escaped, its addresses as mailto links."""
    result = Markup("")
    end = 0
    for match in _ADDRESS_IN_TEXT.finditer(text):
        result += escape(text[end : match.start()])
        result += Markup('<a href="mailto:{0}">{0}</a>').format(match[0])
        end = match.end()
    return result + escape(text[end:])


def generate_tracking_message_id(res_id: object, host: str, stamp: float, token: str) -> str:
    """A Message-Id that names the record it is about: `<token.stamp-openobject-42@host>`."""
    return f"<{token}.{stamp:.15f}-openobject-{res_id}@{host}>"
