"""The databases themselves: default passwords, demo data."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.security.credentials import verify_password
from fondaco.sql.fragment import SQL

DEFAULTS = ("admin", "demo", "odoo", "fondaco", "password", "123456", "12345678")
USERS = SQL(
    "SELECT login, password FROM res_users WHERE active AND password IS NOT NULL AND login = ANY(%s)", list(DEFAULTS)
)
WITH_DEMO = SQL("SELECT name FROM ir_module_module WHERE demo AND state = 'installed' ORDER BY name")


def _each(probe: Callable[[Site, str], str]) -> Callable[[Site], str | None]:
    """What a probe finds wrong in any database; None where there is nothing to look at."""

    def probed(site: Site) -> str | None:
        if site.pools is None or not site.databases:
            return None
        return "; ".join(said for name in site.databases if (said := probe(site, name)))

    return probed


@_each
def _guessable(site: Site, name: str) -> str:
    for login, stored in site.rows(USERS, name):
        guesses = {login, *DEFAULTS[:2]}
        if any(verify_password(guess, stored) for guess in guesses):
            return f"{name}: the password of {login!r} is a default"
    return ""


@_each
def _demo(site: Site, name: str) -> str:
    modules = [module for (module,) in site.rows(WITH_DEMO, name)]
    return f"{name}: {', '.join(modules[:3])}" if modules else ""


def default_passwords(site: Site) -> Finding:
    found = _guessable(site)
    if found is None:
        return skipped("there is no database, or PostgreSQL was not asked")
    if found:
        return failed(found, "change it now: it is the first that anybody tries")
    return passed(f"no default password in {len(site.databases)} databases")


def demo_data(site: Site) -> Finding:
    found = _demo(site)
    if found is None:
        return skipped("there is no database, or PostgreSQL was not asked")
    if found:
        return warned(
            f"demo data are installed: {found}", "use a database without them: demo users have known passwords"
        )
    return passed(f"no demo data in {len(site.databases)} databases")


CHECKS = (
    Check(
        "tenants.default_passwords",
        "0:262, 0:264",
        "Nobody has a default password",
        "admin/admin is tried within minutes.",
        default_passwords,
    ),
    Check(
        "tenants.demo_data",
        "0:266",
        "No demo data where others can log in",
        "Demo users come with passwords that everybody knows.",
        demo_data,
    ),
)
