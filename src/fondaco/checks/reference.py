"""The go-live page, written from the table of checks: `python -m fondaco.checks.reference FILE`."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from fondaco.checks.check import Check
from fondaco.checks.table import CHECKS

AREAS = {
    "exposure": "Network and exposure",
    "proxy": "Reverse proxy and websocket",
    "settings": "Settings",
    "limits": "Processes and limits",
    "pooler": "PgBouncer",
    "tls": "TLS",
    "postgresql": "PostgreSQL",
    "stores": "Sessions and files",
    "host": "The machine",
    "tenants": "Databases",
    "upkeep": "Backups and day 2",
    "observation": "Observability",
    "outside": "From outside",
    "odoo": "Where this is an Odoo 18",
}
HEAD = """\
# Before going live

*This page is generated from the table of checks (`src/fondaco/checks/table.py`); `make docs` writes it.*

`fondaco check -c /etc/fondaco.conf` goes through this list and says of each line what it saw: PASS, WARN, FAIL, or SKIP
where there is nothing to look at. It needs no server that runs, and it audits the `odoo.conf` of an Odoo 18 as well.

```
fondaco check -c FILE [--only AREA_OR_ID,...] [--json] [--fix] [--proxy FILE] [--pgbouncer FILE] [--backups FOLDER]
              [--url https://erp.example.com [--ca FILE] [--outside-from NETNS]] [--odoo] [--state ID TEXT] [--history]
```

- The files of nginx or HAProxy and of PgBouncer are those of Debian unless named.
- `--url` asks the public address as a visitor would. Run `fondaco check --only outside --url ...` on another machine to
  see what the firewall lets through, or have root do so from a network namespace of this one: `--outside-from NETNS`.
- `--odoo` judges the deployment of an Odoo 18, by its `odoo.conf` and the files around it: before anything is switched,
  see what it does with them. The last section has what Fondaco does otherwise. Nothing is changed.
- `--fix` mends what can be mended without asking: modes of files.
- Some lines no program can see. `--state ID TEXT` writes down who says that they hold; that counts for 90 days.
- Each run is remembered in `<data_dir>/checks/history.jsonl`, the last hundred; `--history` shows them. Run it from a
  timer.
- Administrators see the same in the web client (*Settings*, *Go-live Checklist*): what each check saw last, with
  evidence and the next step, and the runs so far. *Look again* goes through the list from there, but for what is asked
  from outside, with the account of the server: what is closed to that account is a SKIP. The list tells of the whole
  machine, so it is shown where the server has one database (`db_name`), or to those that `checklist_databases` names.

![The checklist in the client: what each check saw, and what to do](../img/checklist.png)

- Exit code: 0 all passes, 10 with warnings, 20 with failures.
"""


def page() -> str:
    """The whole page, Markdown."""
    parts = [HEAD]
    for area, checks in groupby(sorted(CHECKS, key=lambda one: list(AREAS).index(one.area)), lambda one: one.area):
        parts.append(f"## {AREAS[area]}\n")
        parts.extend(_entry(check) for check in checks)
    return "\n".join(parts)


def _entry(check: Check) -> str:
    fix = " `--fix` mends it." if check.fix is not None else ""
    return f"### {check.id}\n\n{check.title}. {check.why}{fix} (Seed lines {check.seed}.)\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
