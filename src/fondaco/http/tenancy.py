"""Which databases may this host see, and which one is meant?

`dbfilter` is a regular expression in which %h stands for the host without port and %d for its first label (`www.`
skipped). A pattern that is only `%d` or `%h` means the whole name; others match from the start, as operators know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from fondaco.errors import AccessDenied
from fondaco.http.proxy import OLDER

HOST = re.compile(rb"\r\nhost:([^\r\n]*)", re.IGNORECASE)
FORWARDED_HOST = re.compile(rb"\r\nx-forwarded-host:(?:[^\r\n]*,)?([^\r\n,]*)", re.IGNORECASE)  # the last hop's
FORWARDED = re.compile(rb"\r\nforwarded:[^\r\n]*\bhost=\"?([^\r\n\",;]*)", re.IGNORECASE)  # the same
NAMES = {key: key.removeprefix("HTTP_").lower().replace("_", "-") for key in (*OLDER, "HTTP_FORWARDED", "HTTP_HOST")}
"""{key of an environ: header} of all that tells tenants apart"""
HAS_OLDER = re.compile(rb"\r\n(?:%s):" % "|".join(NAMES[key] for key in OLDER).encode(), re.IGNORECASE)


def host_only(host: str) -> str:
    """The host of a Host header: without port; the brackets of an IPv6 address stay."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def filtered(names: Iterable[str], host: str, config: Mapping[str, Any]) -> list[str]:
    """The names this host may see, in their order: those of `db_name`, if it names any, that pass `dbfilter`."""
    pattern = config.get("dbfilter") or ""
    allowed = _configured_names(config)
    if allowed:
        names = [name for name in names if name in allowed]
    if pattern:
        # The dot of the root means the same host; capitals are compared as they come (transcripts 16_dbfilter_proxy).
        host = host_only(host).removesuffix(".").removeprefix("www.")
        label = host.partition(".")[0]
        text = pattern.replace("%h", re.escape(host)).replace("%d", re.escape(label))
        regex = re.compile(text)
        test = regex.fullmatch if pattern in ("%d", "%h") else regex.match
        return [name for name in names if test(name)]
    return list(names)


def gate(config: Mapping[str, Any]) -> Callable[[str, str], bool]:
    """A function that answers whether a database, by name, may be reached at a host, whoever asks."""
    return lambda name, host: bool(filtered([name], host, config))


def visible(
    all_names: Callable[[], Iterable[str]], host: str, config: Mapping[str, Any], *, force: bool = False
) -> list[str]:
    """The databases to offer to this host; `AccessDenied` if listing is off and `force` is not given."""
    if not config.get("list_db", True) and not force:
        raise AccessDenied
    configured = _configured_names(config)
    if configured and not config.get("dbfilter"):
        return sorted(configured)
    return filtered(all_names(), host, config)


def _configured_names(config: Mapping[str, Any]) -> list[str]:
    names = config.get("db_name") or []
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")]
    return [name for name in names if name]


def is_by_host(config: Mapping[str, Any]) -> bool:
    """Whether the host decides which database is meant."""
    return any(mark in (config.get("dbfilter") or "") for mark in ("%h", "%d"))


def teller(config: Mapping[str, Any]) -> Callable[[bytes], bytes] | None:
    """A function that tells tenants apart by the first bytes of their requests; None where hosts do not."""
    if not is_by_host(config):
        return None
    has_proxy = config.get("proxy_mode")

    def tenant_of(head: bytes) -> bytes:
        patterns = [HOST]
        if has_proxy:  # as Proxies reads them: what sets the older headers may pass a client's `Forwarded` on
            patterns = [FORWARDED_HOST if HAS_OLDER.search(head) else FORWARDED, HOST]
        found = next((match for pattern in patterns if (match := pattern.search(head))), None)
        return _tenant(found[1]) if found else b""

    return tenant_of


def environ_teller(config: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bytes] | None:
    """The same by the environ of a request that has been read."""
    tenant_of = teller(config)
    if tenant_of is None:
        return None

    def of_environ(environ: Mapping[str, Any]) -> bytes:
        head = "".join(f"\r\n{name}:{environ[key]}" for key, name in NAMES.items() if key in environ)
        return tenant_of(head.encode("latin-1"))

    return of_environ


def _tenant(host: bytes) -> bytes:
    return host.strip().lower().partition(b":")[0].removeprefix(b"www.")


def mistakes(names: Collection[str], config: Mapping[str, Any]) -> list[str]:
    """What people will miss on a server of these databases, and the setting that gives it."""
    served = filtered(names, "", config) if not is_by_host(config) else []
    if len(served) < 2:
        return []
    count = f"{len(served)} databases are served and no host tells which one is meant"
    found = [
        f"{count}: pages and calls without a log-in cannot be answered. Set dbfilter, as in dbfilter = ^%d$, or name "
        "one database with db_name"
    ]
    if not config.get("list_db", True):
        found.append(
            f"{count}, and list_db = False lets nobody choose: people cannot log in. Set dbfilter, or name one "
            "database with db_name"
        )
    return found


def resolve(
    all_names: Callable[[], Iterable[str]],
    host: str,
    config: Mapping[str, Any],
    *,
    wanted: str | None,
    current: str | None,
) -> str | None:
    """The database of a request: the one asked for, else the session's, if this host may see it; else the only one
    there is.

    wanted: named by `?db=` or the header X-Odoo-Database. current: remembered by the session.
    """
    if wanted and filtered([wanted], host, config):
        if wanted == current or wanted in visible(all_names, host, config, force=True):
            return wanted
    if current and filtered([current], host, config):
        return current
    names = visible(all_names, host, config, force=True)
    return names[0] if len(names) == 1 else None
