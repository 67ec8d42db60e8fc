"""Section 7 of the checklist: TLS, towards people and towards the database."""

from __future__ import annotations

import ssl

from fondaco.checks import certificate
from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.front import Server
from fondaco.checks.host import is_loopback
from fondaco.checks.site import Site
from fondaco.checks.traffic import at_entrance

OUTDATED = ("sslv2", "sslv3", "tlsv1", "tlsv1.0", "tlsv1.1")
WEAK = ("RC4", "3DES", "DES-CBC", "CAMELLIA", "MD5", "NULL", "EXPORT", "IDEA", "SEED")
POSTGRESQL = 5432
VERIFIED = ("verify-full", "verify-ca")


def database(site: Site) -> Finding:
    host, mode = site.config["db_host"], site.config["db_sslmode"]
    if not host or host.startswith("/") or is_loopback(host):
        return skipped("the database is on this machine")
    if mode in VERIFIED:
        return passed(f"db_sslmode = {mode} to {host}")
    if mode == "require":
        return warned(f"db_sslmode = require to {host}: whoever sits between could pose as it", "take verify-full")
    return failed(f"db_sslmode = {mode} to {host}: the connection may be in clear text", "take verify-full, or require")


def database_certificate(site: Site) -> Finding:
    host, mode = site.config["db_host"], site.config["db_sslmode"]
    if mode not in VERIFIED or not host or host.startswith("/"):
        return skipped(f"db_sslmode = {mode or 'prefer'}: nobody looks at the certificate of the database")
    port = site.config["db_port"] or POSTGRESQL
    return certificate.of_postgresql(host, port, site.config["db_sslrootcert"] or "", site.now)


@at_entrance
def protocols(site: Site, server: Server) -> Finding:
    old = [name for name in server.protocols if name.lower() in OUTDATED]
    if old:
        return failed(f"{server.where}: {', '.join(old)} are allowed", "ssl_protocols TLSv1.2 TLSv1.3")
    return passed(", ".join(server.protocols) or "the defaults of the proxy")


@at_entrance
def ciphers(site: Site, server: Server) -> Finding:
    if not server.ciphers:
        return passed("the defaults of the proxy")
    asked = [name for name in server.ciphers.split(":") if name and name[0] not in "!-+@"]
    if not any(_exists(name) for name in asked):
        return failed(
            f"{server.where}: none of the ciphers exists in OpenSSL ({asked[0]} ...): nginx will not start",
            "remove the line, or take Mozilla's intermediate list",
        )
    weak = [name for name in asked if any(part in name.upper() for part in WEAK)]
    if weak:
        return failed(f"{server.where}: weak ciphers: {', '.join(weak[:4])}", "remove them")
    return passed(f"{len(asked)} ciphers, none of them weak")


def _exists(name: str) -> bool:
    """Whether OpenSSL knows a cipher, or a family of them, by this name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.set_ciphers(name)
    except ssl.SSLError:
        return name.startswith("TLS_")
    return True


@at_entrance
def redirect(site: Site, server: Server) -> Finding:
    plain = [one for one in (site.front.servers if site.front else ()) if not one.is_tls]
    bare = [one for one in plain if not one.is_redirect]
    if bare:
        return failed(
            f"{bare[0].where} answers without TLS and sends nobody to https", "return 301 https://$host$request_uri"
        )
    if not plain:
        return warned("nothing answers on port 80: who types the name alone gets an error", "redirect port 80 to https")
    return passed(f"{plain[0].where} redirects to https")


@at_entrance
def hsts(site: Site, server: Server) -> Finding:
    if server.has_hsts:
        return passed(f"{server.where} sets Strict-Transport-Security")
    return warned(
        f"{server.where} does not set Strict-Transport-Security",
        "add it once https works: browsers then never try http again",
    )


CHECKS = (
    Check(
        "tls.database",
        "2:49, 2:50",
        "The way to the database is encrypted where it leaves the machine",
        "Passwords and data cross it all the time.",
        database,
    ),
    Check(
        "tls.database_certificate",
        "2:51, 2:52",
        "The certificate of the database is for its name, and stays valid",
        "The day it ends, every request fails.",
        database_certificate,
    ),
    Check(
        "tls.protocols",
        "0:212, 1:187",
        "TLS 1.2 or later",
        "Older versions can be broken; browsers refuse them.",
        protocols,
    ),
    Check(
        "tls.ciphers",
        "3:181, 1:187",
        "The ciphers exist and are strong",
        "A list with misspelt names keeps nginx from starting.",
        ciphers,
    ),
    Check(
        "tls.redirect",
        "4:248, 0:185",
        "http leads to https",
        "A log-in sent over http is read by everybody on the way.",
        redirect,
    ),
    Check("tls.hsts", "4:248", "Browsers are told to stay with https", "It closes the first request, too.", hsts),
)
