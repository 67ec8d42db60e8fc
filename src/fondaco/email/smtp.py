"""A connection over which messages leave, opened as its settings say; nothing secret is ever logged.

with session(Settings("smtp.example.com", 587, encryption="starttls", user="me", password=secret)) as smtp:
    smtp.send_message(message)
"""

from __future__ import annotations

import contextlib
import logging
import smtplib
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_logger = logging.getLogger(__name__)

TIMEOUT_S = 60


class MailDeliveryException(Exception):  # the name that addons catch
    """The message could not be handed to a server: (sentence, what the server said)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to and how. `encryption` is none, starttls or ssl; certificate and key are PEM."""

    host: str
    port: int = 25
    encryption: str = "none"
    user: str = ""
    password: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    private_key: bytes = field(default=b"", repr=False)
    is_verbose: bool = False
    from_filter: str = ""  # addresses and domains that may be senders here


class Session(smtplib.SMTP):
    """A connection that logs its dialogue, when it is verbose, without the log-in."""

    def _print_debug(self, *args: Any) -> None:
        _log_dialogue(args)


class EncryptedSession(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def _print_debug(self, *args: Any) -> None:
        _log_dialogue(args)


def _log_dialogue(args: tuple[Any, ...]) -> None:
    """One line of a dialogue. During AUTH only the server's side is shown: the other one is the password."""
    direction = str(args[0]) if args else ""
    if direction == "send:" and not _is_harmless(str(args[-1])):
        args = (direction, "***")
    _logger.info("smtp %s", " ".join(str(part) for part in args))


def _is_harmless(sent: str) -> bool:
    """Is it a command that holds no secret? Answers to AUTH are bare base64, messages have many lines."""
    verbs = ("ehlo", "helo", "mail from", "rcpt to", "data", "starttls", "quit", "rset", "noop")
    return sent.count("\\n") <= 1 and sent.strip("b'\"").lower().startswith(verbs)


def open_session(settings: Settings, timeout_s: float = TIMEOUT_S) -> smtplib.SMTP:
    """A connection, encrypted and logged in; `smtplib.SMTPException` or `OSError` if that fails, nothing left open."""
    context = _context(settings) if settings.encryption != "none" else None
    smtp: smtplib.SMTP
    if settings.encryption == "ssl":
        smtp = EncryptedSession(settings.host, settings.port, timeout=timeout_s, context=context)
    else:
        smtp = Session(settings.host, settings.port, timeout=timeout_s)
    try:
        smtp.set_debuglevel(settings.is_verbose)
        if settings.encryption == "starttls":
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if settings.user:
            smtp.login(_ascii_domain(settings.user), settings.password)
            smtp.user = smtp.password = ""  # code of a database may hold the session
    except (smtplib.SMTPException, OSError, UnicodeError):
        smtp.close()
        raise
    return smtp


@contextlib.contextmanager
def session(settings: Settings) -> Iterator[smtplib.SMTP]:
    """`open_session`, and `close_session` at the end."""
    smtp = open_session(settings)
    try:
        yield smtp
    finally:
        close_session(smtp)


def close_session(smtp: smtplib.SMTP) -> None:
    """Say goodbye; a server that is gone already is none to say it to."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    smtp.close()


def _context(settings: Settings) -> ssl.SSLContext:
    """Trust as the system has it, and our certificate if there is one."""
    context = ssl.create_default_context()
    if settings.certificate:
        # the ssl module reads certificates from files only
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = Path(folder, "certificate.pem"), Path(folder, "key.pem")
            certificate.write_bytes(settings.certificate)
            key.touch(mode=0o600)
            key.write_bytes(settings.private_key)
            context.load_cert_chain(certificate, key if settings.private_key else None)
    return context


def _ascii_domain(user: str) -> str:
    """A login whose domain has letters beyond ASCII, as servers know it."""
    local, at, domain = user.rpartition("@")
    return f"{local}{at}{domain.encode('idna').decode()}" if at and not domain.isascii() else user
