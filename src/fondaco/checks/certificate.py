"""A certificate as whoever connects sees it: whom it is for, who signed it, and for how long it still holds."""

from __future__ import annotations

import socket
import ssl
import struct
from datetime import UTC, datetime

from fondaco.checks.finding import Finding, failed, first_line, passed, warned

PATIENCE_S = 10
SOON_DAYS = 21
EXPIRED, WRONG_NAME = 10, 62
"""OpenSSL's numbers for what is wrong with a certificate"""
ASK_FOR_TLS = struct.pack("!ii", 8, 80877103)
"""The SSLRequest of PostgreSQL's protocol, which PgBouncer speaks too; the answer is one letter"""
IS_WILLING = b"S"


def judged(plain: socket.socket, host: str, ca_file: str, now: datetime, renewal: str) -> Finding:
    """What a certificate is worth that a server shows on an open connection. renewal: how to get another one."""
    context = ssl.create_default_context(cafile=ca_file or None)
    try:
        with context.wrap_socket(plain, server_hostname=host) as secure:
            ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"])), UTC)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == WRONG_NAME:
            return failed(f"the certificate is not for {host}", "ask for one with this name (SAN)")
        what = "has expired" if error.verify_code == EXPIRED else f"is not trusted: {error.verify_message}"
        return failed(f"the certificate {what}", renewal)
    days = (ends - now).days
    if days < SOON_DAYS:
        return warned(f"the certificate ends in {days} days, on {ends:%Y-%m-%d}", "see why it was not renewed")
    return passed(f"for {host}, until {ends:%Y-%m-%d} ({days} days)")


def of_web(host: str, port: int, ca_file: str, now: datetime) -> Finding:
    """That of a web server."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_S) as plain:
            return judged(plain, host, ca_file, now, "renew it: certbot renew")
    except OSError as error:
        return failed(f"no TLS with {host}: {error}", "open port 443, and start the proxy")


def of_postgresql(host: str, port: int, ca_file: str, now: datetime) -> Finding:
    """That of PostgreSQL or PgBouncer."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_S) as plain:
            plain.sendall(ASK_FOR_TLS)
            if plain.recv(1) != IS_WILLING:
                return failed(
                    f"{host}:{port} does not speak TLS", "set ssl in PostgreSQL, client_tls_sslmode in PgBouncer"
                )
            return judged(plain, host, ca_file, now, "renew it, and have PostgreSQL or PgBouncer reload")
    except OSError as error:
        return failed(f"no TLS with {host}:{port}: {first_line(error)}", "see postgresql.answers")
