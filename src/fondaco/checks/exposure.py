"""Section 1 of the checklist: what can be reached from where."""

from __future__ import annotations

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped
from fondaco.checks.host import is_loopback
from fondaco.checks.site import Site

BIND = "bind it to 127.0.0.1 or a private address, or close the port in the firewall"


def interface(site: Site) -> Finding:
    address = site.config["http_interface"]
    if not site.is_exposed:
        return passed(f"http_interface = {address}")
    return failed(
        f"http_interface = {address or 'all addresses'}: whoever finds the port reaches the server past the proxy",
        "set http_interface = 127.0.0.1, or the private address on which the proxy reaches it",
    )


def proxy(site: Site) -> Finding:
    if site.front is None:
        return failed(
            "no configuration of nginx or HAProxy was given or found",
            "put a proxy with TLS in front (docs/operator/proxy.md), or name its file with --proxy",
        )
    if site.front.complaint:
        return failed(f"{site.front.source} cannot be read: {site.front.complaint}", "mend the file")
    entrance = site.front.entrance
    if entrance is None:
        return failed(f"{site.front.source} passes no pages on", "add a location / that passes to the server")
    if not entrance.is_tls:
        return failed(f"{entrance.where} answers without TLS", "listen on 443 with a certificate")
    return passed(f"{site.front.program} answers on {', '.join(map(str, entrance.ports))} with TLS")


def application_ports(site: Site) -> Finding:
    ports = [site.config["http_port"], site.config["gevent_port"]]
    return _closed(site, [port for port in ports if port], "the server")


def pooler_port(site: Site) -> Finding:
    if site.pooler is None:
        return skipped("there is no pooler")
    return _closed(site, [site.pooler.port], "PgBouncer")


def postgresql_port(site: Site) -> Finding:
    if site.pools is None:
        return skipped("PostgreSQL was not asked: see postgresql.answers")
    addresses = [part.strip() for part in site.settings["listen_addresses"].split(",") if part.strip()]
    outward = [address for address in addresses if not is_loopback(address)]
    if not outward:
        return passed(f"listen_addresses = {site.settings['listen_addresses'] or '(only the socket)'}")
    if "*" in outward or "0.0.0.0" in outward or "::" in outward:
        return failed(
            f"listen_addresses = {site.settings['listen_addresses']}",
            "name the private address on which the pooler connects, and check pg_hba.conf",
        )
    return passed(f"PostgreSQL listens on {', '.join(outward)}")


def _closed(site: Site, ports: list[int], who: str) -> Finding:
    open_ = {port: addresses for port in ports if (addresses := site.host.public_listeners(port))}
    if not open_:
        return passed(f"{', '.join(map(str, ports))}: not open beyond loopback on this machine")
    said = "; ".join(f"{port} on {', '.join(addresses)}" for port, addresses in open_.items())
    if any(address in ("0.0.0.0", "::") for addresses in open_.values() for address in addresses):
        return failed(f"{who} listens on {said}", BIND)
    return passed(f"{who} listens on {said}, not on all addresses")


CHECKS = (
    Check(
        "exposure.interface",
        "2:3, 2:4",
        "The server listens on loopback or a private network",
        "Only a reverse proxy should be seen from the Internet: it ends TLS, limits sizes and rates.",
        interface,
    ),
    Check(
        "exposure.proxy",
        "2:5, 2:7, 0:278",
        "A reverse proxy with TLS stands in front",
        "Log-ins and business data must not travel in clear text.",
        proxy,
    ),
    Check(
        "exposure.application_ports",
        "2:8",
        "The ports of the server are closed to the world",
        "A container that publishes 8069 on all addresses goes past ufw, whatever the firewall says.",
        application_ports,
    ),
    Check(
        "exposure.pooler_port",
        "2:9",
        "PgBouncer is reached from the internal network only",
        "Passwords to the database are tried wherever the port is open.",
        pooler_port,
    ),
    Check(
        "exposure.postgresql_port",
        "2:10",
        "PostgreSQL is reached from the pooler or a bastion only",
        "A database on the Internet is found within hours.",
        postgresql_port,
    ),
)
