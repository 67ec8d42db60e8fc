"""Section 3 of the checklist, too: the keys of encrypted fields are there, theirs alone, and those in use."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psycopg

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, first_line, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.errors import ConfigError
from fondaco.modules import encryption
from fondaco.security import keys

NOT_SET = "encryption_keys is not set"


def _path(site: Site) -> Path | None:
    return Path(os.path.expanduser(site.config["encryption_keys"])) if site.config["encryption_keys"] else None


def key_file(site: Site) -> Finding:
    path = _path(site)
    if path is None:
        return skipped(NOT_SET)
    try:
        bits = stat.S_IMODE(path.stat().st_mode)
        found = keys.read(str(path))
    except (OSError, ConfigError) as error:
        return failed(first_line(error), "put the file back from where you keep its copy; docs/operator/encryption.md")
    if bits & keys.OPEN_TO_OTHERS:
        return failed(f"{path} has mode {bits:04o}: others can read the keys", f"chmod 0640 {path}, or --fix")
    return passed(f"{path} has {len(found)} {'key' if len(found) == 1 else 'keys'}, mode {bits:04o}")


def close_key_file(site: Site) -> str:
    path = _path(site)
    if path is None or not path.exists():
        return "there is no file of keys"
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~keys.OPEN_TO_OTHERS)
    return f"{path} has mode {stat.S_IMODE(path.stat().st_mode):04o} now"


def keys_in_use(site: Site) -> Finding:
    """Every value must open, and no former key be needed for one."""
    path = _path(site)
    try:
        known = [key.name for key in keys.read(str(path or ""))]
    except ConfigError:
        known = []
    former = {}
    count = 0
    for name in site.databases:
        try:
            assert site.pools is not None
            survey = encryption.survey(site.pools, name, site.config)
        except psycopg.Error as error:
            return skipped(f"{name} cannot be looked at: {first_line(error)}")
        if lost := survey.missing(set(known)):
            key, rows = max(lost.items(), key=lambda item: item[1])
            return failed(
                f"{name}: {rows} values need key {key}, which the server does not have",
                f"put it back into {path or 'the file of encryption_keys'} from where you keep its copy",
            )
        count += sum(sum(counts.values()) for counts in survey.rows.values())
        if known and (rows := survey.former(known[0])):
            former[name] = rows
    if former:
        name, rows = max(former.items(), key=lambda item: item[1])
        return warned(f"{name}: a former key encrypts {rows} values", "fondaco encryption rotate")
    return passed(f"key {known[0]} encrypts {count} values") if count else skipped("nothing is encrypted")


CHECKS = (
    Check(
        "settings.encryption_keys",
        "4:265",
        "The file with the keys of encrypted fields is there, for the server only",
        "Who reads it reads bank accounts in every copy of the database; without it nobody does.",
        key_file,
        close_key_file,
    ),
    Check(
        "settings.encryption_rotated",
        "4:265",
        "Every encrypted value opens, and by the key of today",
        "A key that was taken out too early is noticed by the first person who needs the field.",
        keys_in_use,
    ),
)
