"""Section 3 of the checklist: the settings that everybody should have."""

from __future__ import annotations

import math
import os
import re
import stat
from collections import Counter
from pathlib import Path

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import FOLDER_UNKNOWN, Site
from fondaco.config.sources import idle_limits

HASHED = "$pbkdf2-"
LEAST_BITS = 60.0
"""What a master password must be worth: about 12 random letters"""
OTHERS = 0o007
CLOSED = 0o640
ROTATED = ("/etc/logrotate.d",)
JOURNALS = ("journal", "syslog")


def master_password(site: Site) -> Finding:
    stored = site.config["admin_passwd"]
    if not site.config["list_db"]:
        return passed("list_db = False: the password opens nothing")
    if not stored:
        return passed("none is set: the database manager stays closed")
    if stored == "admin":
        return failed("admin_passwd is the one that every manual prints", "set a long random one, or list_db = False")
    if stored.startswith(HASHED):
        return passed("admin_passwd is stored as a hash")
    bits = _worth(stored)
    if bits < LEAST_BITS:
        return failed(
            f"admin_passwd is worth about {bits:.0f} bits",
            "take 32 random characters, as `openssl rand -base64 24` gives",
        )
    return passed(f"admin_passwd is worth about {bits:.0f} bits")


def _worth(password: str) -> float:
    """An upper bound of its bits: its length times the variety of its letters."""
    counts = Counter(password)
    return sum(-count * math.log2(count / len(password)) for count in counts.values())


def outside_repository(site: Site) -> Finding:
    path = site.config_file
    if path is None:
        return skipped("no configuration file")
    if not site.config["admin_passwd"]:
        return passed(f"{path} holds no admin_passwd")
    for folder in path.resolve().parents:
        if (folder / ".git").exists():
            return failed(
                f"{path} with admin_passwd lies in the repository {folder}",
                "move it to /etc, or give the secret by FONDACO_ADMIN_PASSWD_FILE",
            )
    return passed(f"{path} lies in no repository")


def file_mode(site: Site) -> Finding:
    path = site.config_file
    if path is None:
        return skipped("no configuration file")
    bits = stat.S_IMODE(path.stat().st_mode)
    if bits & OTHERS:
        return failed(f"{path} has mode {bits:04o}: other users can read its secrets", f"chmod 0640 {path}, or --fix")
    return passed(f"{path} has mode {bits:04o}")


def close_file(site: Site) -> str:
    path = site.config_file
    if path is None:
        return "there is no configuration file"
    path.chmod(stat.S_IMODE(path.stat().st_mode) & CLOSED)
    return f"{path} has mode {stat.S_IMODE(path.stat().st_mode):04o} now"


def list_db(site: Site) -> Finding:
    if not site.config["list_db"]:
        return passed("list_db = False")
    return failed(
        "list_db = True: the names of all databases and the manager's pages can be seen", "set list_db = False"
    )


def _served(site: Site) -> list[str] | None:
    """The databases that every host reaches; None where the host tells which one is meant."""
    rule = site.config["dbfilter"]
    if "%h" in rule or "%d" in rule:
        return None
    return [name for name in site.databases if not rule or re.match(rule, name)]


def dbfilter(site: Site) -> Finding:
    served, rule = _served(site), site.config["dbfilter"]
    if served is None:
        return passed(f"dbfilter = {rule}")
    if len(served) < 2:
        return passed(f"{len(served)} database is served" + (f" by dbfilter = {rule}" if rule else ""))
    return failed(
        f"{len(served)} databases and {f'dbfilter = {rule} fits them all' if rule else 'no dbfilter'}: "
        "a visitor who is not logged in has none",
        "set dbfilter, as in ^%d$ for the first part of the host name",
    )


def lockout(site: Site) -> Finding:
    if site.config["list_db"]:
        return skipped("list_db = True: people can choose")
    served = _served(site)
    if served is None or len(served) < 2:
        return passed("dbfilter, db_name or the only database says which one is meant")
    return failed(
        f"list_db = False, and {len(served)} databases are served to every host: nobody can log in",
        "set db_name or dbfilter to what leaves one",
    )


def addons_path(site: Site) -> Finding:
    folders = site.config["addons_path"]
    if not folders:
        return passed("no addons besides those that come with Fondaco")
    missing = [folder for folder in folders if not Path(folder).is_dir()]
    if missing:
        return failed(f"addons_path names {missing[0]}, which is no folder", "correct the path")
    open_ = [folder for folder in folders if Path(folder).stat().st_mode & stat.S_IWOTH]
    if open_:
        return failed(f"everybody may write into {open_[0]}", f"chmod o-w {open_[0]}")
    return passed(f"{len(folders)} folders of addons, apart from those that come with Fondaco")


def logfile(site: Site) -> Finding:
    path = site.config["logfile"]
    if site.config["syslog"]:
        return passed("the log goes to syslog")
    if not path:
        return passed("the log goes to standard error, for journald or the container")
    rules = [rule for folder in ROTATED for rule in _files(site.host.path(folder)) if _names(rule, path)]
    if rules:
        return passed(f"{path} is rotated by {rules[0]}")
    return warned(f"nothing in {ROTATED[0]} rotates {path}", "add a rule: a log that grows for ever fills the disk")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _names(rule: Path, path: str) -> bool:
    try:
        text = rule.read_text(errors="replace")
    except OSError:
        return False
    return path in text or f"{Path(path).parent}/*" in text


def data_dir(site: Site) -> Finding:
    if site.is_folder_unknown:
        return skipped(FOLDER_UNKNOWN)
    path = Path(site.config["data_dir"])
    if not path.is_dir():
        return failed(f"data_dir = {path} does not exist", "create it, owned by the account of the server")
    if not os.access(path, os.W_OK):
        return failed(f"{path} cannot be written by this account", "chown it to the account of the server")
    found = path.stat()
    if found.st_mode & OTHERS:
        return warned(f"{path} has mode {stat.S_IMODE(found.st_mode):04o}", "chmod 0750: it holds sessions and files")
    return passed(f"{path}, mode {stat.S_IMODE(found.st_mode):04o}")


def close_data_dir(site: Site) -> str:
    path = Path(site.config["data_dir"])
    path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o750)
    return f"{path} has mode {stat.S_IMODE(path.stat().st_mode):04o} now"


def known_keys(site: Site) -> Finding:
    # Limits that hold for nobody without workers are what limits.workers speaks of.
    remarks = [notice for notice in site.config.notices if notice not in idle_limits(site.config)]
    if not remarks:
        return passed("every key of the file is known")
    next_step = "correct or remove these lines"
    if site.is_odoo:
        next_step += "; what odoo.keys does not name is Odoo's own, and Fondaco does without"
    return warned("; ".join(remarks), next_step)


CHECKS = (
    Check(
        "settings.master_password",
        "2:21, 0:347",
        "The master password is strong, or there is none",
        "It opens the database manager: create, copy, download, delete.",
        master_password,
    ),
    Check(
        "settings.outside_repository",
        "2:21",
        "Secrets do not lie in a repository",
        "What was committed once is in every clone for ever.",
        outside_repository,
    ),
    Check(
        "settings.file_mode",
        "3:249",
        "Only the account of the server reads the configuration",
        "It holds the passwords of the database and of the manager.",
        file_mode,
        close_file,
    ),
    Check(
        "settings.list_db",
        "2:22, 0:270",
        "Databases are not listed",
        "Names of customers are nobody's business, and the manager is a tool for operators.",
        list_db,
    ),
    Check(
        "settings.dbfilter",
        "2:23, 0:17, 0:268",
        "Each host name has its database",
        "A visitor who is not logged in is bound to no database; a rule must say which one is meant.",
        dbfilter,
    ),
    Check(
        "settings.lockout",
        "0:343",
        "With the list off, people still reach their database",
        "list_db = False without db_name or dbfilter locks everybody out.",
        lockout,
    ),
    Check(
        "settings.addons_path",
        "2:24",
        "Own addons lie apart, and nobody else can write them",
        "Whoever writes an addon's file runs code in the server.",
        addons_path,
    ),
    Check("settings.logfile", "2:25", "The log is kept and rotated", "Full disks stop databases.", logfile),
    Check(
        "settings.data_dir",
        "3:106",
        "The data directory belongs to the server",
        "It holds attachments and sessions.",
        data_dir,
        close_data_dir,
    ),
    Check(
        "settings.known_keys",
        "3:304, 4:261",
        "Every key of the configuration is one",
        "A setting that was misspelt, invented or renamed does nothing, silently elsewhere.",
        known_keys,
    ),
)
