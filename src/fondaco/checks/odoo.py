"""What an Odoo 18 does with the same files where Fondaco does better: `fondaco check --odoo` judges a deployment of it.

Each line is a trap that operators reported: what the manuals print, pasted, and then does not work.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.config.table import BY_KEY
from fondaco.sql import databases
from fondaco.sql.fragment import SQL

AREA = "odoo"
NOT_SAID = "the deployment is of Fondaco, which does this otherwise (--odoo judges one of Odoo 18)"
OWNED_BY_OTHERS = SQL(
    """
    SELECT datname
      FROM pg_database
      JOIN pg_roles ON pg_roles.oid = datdba
     WHERE rolname <> current_user AND NOT datistemplate AND datname <> %s
     ORDER BY datname
    """,
    databases.MAINTENANCE,
)
LOUD = ("info", "debug", "debug_sql", "debug_rpc", "debug_rpc_answer")
"""Levels of the log at which Odoo 18 tells of log-ins"""
WHOLE = re.compile(r"\^.*%[hd].*\$")
LEAST_SOFT = 2 * 2**30
"""Bytes of virtual memory that a worker of Odoo takes before it has done anything, with room for its work"""


def of_odoo(probe: Callable[[Site], Finding]) -> Callable[[Site], Finding]:
    """A probe that is carried out where the deployment is one of Odoo 18."""
    return lambda site: probe(site) if site.is_odoo else skipped(NOT_SAID)


@of_odoo
def websocket(site: Site) -> Finding:
    entrance = site.front.entrance if site.front is not None else None
    location = entrance.location("/websocket") if entrance is not None else None
    if entrance is None or location is None or not location.passes_to:
        return skipped("no proxy passes /websocket on: see proxy.websocket")
    if not site.config["workers"]:
        return passed("workers = 0: one process answers pages and websockets")
    page = entrance.location("/web")
    if page is not None and page.passes_to == location.passes_to:
        return failed(
            f"{location.where}: /websocket goes to {location.passes_to} with the pages, and with workers = "
            f"{site.config['workers']} that port binds no websocket",
            f"add a location /websocket that passes to port {site.config['gevent_port']}, and publish that port",
        )
    return passed(f"{location.where} passes /websocket to {location.passes_to}, apart from the pages")


@of_odoo
def forwarded(site: Site) -> Finding:
    entrance = site.front.entrance if site.front is not None else None
    page = entrance.location("/web") if entrance is not None else None
    if page is None or not site.config["proxy_mode"]:
        return skipped("no proxy passes pages on, or proxy_mode is off")
    if page.headers.get("x-forwarded-host"):
        return passed("X-Forwarded-Host comes, so the other headers count")
    return failed(
        f"{page.where}: without X-Forwarded-Host all forwarded headers are ignored: links begin with http, and every "
        "visitor has the address of the proxy, which fail2ban then bans",
        "proxy_set_header X-Forwarded-Host $host;",
    )


@of_odoo
def log_ins(site: Site) -> Finding:
    level = site.config["log_level"]
    if level in LOUD:
        return passed(f"log_level = {level}: log-ins are in the log")
    return failed(
        f"log_level = {level} hides the lines of log-ins, which are INFO: fail2ban sees nobody guess",
        "log_level = info, or log_handler = odoo.addons.base.models.res_users:INFO",
    )


@of_odoo
def names(site: Site) -> Finding:
    rule = site.config["dbfilter"]
    if "%h" not in rule and "%d" not in rule:
        return skipped("dbfilter has neither %h nor %d")
    if WHOLE.fullmatch(rule):
        return passed(f"dbfilter = {rule} fits whole names")
    return failed(
        f"dbfilter = {rule} fits the beginning of a name: the host of shop reaches shop2 as well",
        "write ^ before it and $ behind it",
    )


@of_odoo
def owner(site: Site) -> Finding:
    if site.pools is None:
        return skipped("PostgreSQL was not asked: see postgresql.answers")
    others = [name for (name,) in site.rows(OWNED_BY_OTHERS)]
    if not others:
        return passed("every database belongs to the role of the server")
    if site.config["db_name"]:
        return passed(f"db_name names what is served; {', '.join(others[:3])} would not be listed")
    return warned(
        f"{', '.join(others[:5])} belong to another role: Odoo 18 leaves them out of its list",
        "name them in db_name; then they are served, and cannot be dropped from the manager",
    )


@of_odoo
def listening(site: Site) -> Finding:
    if site.pooler is None or site.config["db_port"] != site.pooler.port:
        return skipped("there is no pooler on the way")
    if site.pooler.settings.get("pool_mode", "session") == "session":
        return passed("pool_mode = session: LISTEN works")
    return failed(
        f"pool_mode = {site.pooler.settings['pool_mode']}: bus and jobs LISTEN, which a pooled connection forgets",
        "give jobs and live chat a server of their own that goes past PgBouncer, or pool by session",
    )


@of_odoo
def memory(site: Site) -> Finding:
    soft = site.config["limit_memory_soft"]
    if not soft or soft >= LEAST_SOFT:
        return passed(f"limit_memory_soft = {soft // 2**20} MiB of virtual memory")
    return warned(
        f"limit_memory_soft = {soft // 2**20} MiB is held against virtual memory, so workers are replaced all the time",
        "limit_memory_soft = 2147483648 and limit_memory_hard = 2684354560, and give the machine room for them",
    )


@of_odoo
def keys(site: Site) -> Finding:
    config = site.config
    path = str(site.config_file or "")
    ours = [key for key, source in config.sources.items() if path and source.startswith(f"{path}:") and _is_ours(key)]
    if not ours:
        return passed("every key of the file is one of Odoo 18's")
    return warned(f"Odoo 18 takes no notice of {', '.join(sorted(ours))}", "an Odoo needs an addon for each of these")


def _is_ours(key: str) -> bool:
    return key in BY_KEY and (BY_KEY[key].is_ours or "." in key)


CHECKS = (
    Check(
        "odoo.websocket",
        "3:202-208, 4:100, 4:59",
        "Websockets have the port that binds them",
        "With workers, Odoo 18 answers websockets on gevent_port alone: `Couldn't bind the websocket`.",
        websocket,
    ),
    Check(
        "odoo.forwarded",
        "4:95-98",
        "The forwarded headers count",
        "Odoo 18 looks at them when X-Forwarded-Host is among them, and not otherwise.",
        forwarded,
    ),
    Check(
        "odoo.log_ins",
        "3:108, 0:316",
        "Refused log-ins are in the log",
        "fail2ban reads nothing else.",
        log_ins,
    ),
    Check(
        "odoo.dbfilter",
        "1:32",
        "dbfilter fits whole names",
        "Odoo 18 compares from the beginning, not to the end.",
        names,
    ),
    Check(
        "odoo.owner",
        "0:272",
        "The databases are listed",
        "Odoo 18 lists those that its own role owns.",
        owner,
    ),
    Check(
        "odoo.listening",
        "2:36",
        "News and jobs are heard through the pooler",
        "LISTEN belongs to a session; in transaction mode the next statement has another one.",
        listening,
    ),
    Check(
        "odoo.memory",
        "0:156",
        "The soft limit leaves room for virtual memory",
        "Odoo 18 counts what a process reserved, not what it uses.",
        memory,
    ),
    Check(
        "odoo.keys",
        "4:131-141, 4:72, 3:242-245",
        "Every key means something to it",
        "A key that it does not know is passed over in silence.",
        keys,
    ),
)
