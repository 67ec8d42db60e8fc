"""Whose work a command is: what root begins, the owner of the data directory does.

A file that root made there is one that the server may not touch: a restored attachment that nobody can read, a lock
that keeps the next backup waiting, a log that ends.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAM = (sys.prefix, sys.base_prefix, str(Path(__file__).parent))
"""Where what runs is."""


def become_owner(data_dir: str, program: Sequence[str] = PROGRAM) -> str:
    """Go on as the account that `data_dir` belongs to, when this is root and that is not; its name, or nothing.

    A root that may not change its account (as in a container without capabilities) goes on as it is, and so does one
    whose program that account cannot enter (as below /root).
    """
    if os.geteuid() != 0 or not os.path.isdir(data_dir):
        return ""
    owner = os.stat(data_dir).st_uid
    if owner == 0:
        return ""
    try:
        account = pwd.getpwuid(owner)
    except KeyError:  # a number without a name, as in a volume of a container
        return ""
    groups = os.getgrouplist(account.pw_name, account.pw_gid)
    if not all(_may_enter(Path(path), account.pw_uid, groups) for path in program):
        return ""
    try:
        os.initgroups(account.pw_name, account.pw_gid)
    except PermissionError:
        return ""
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.environ.pop("TMPDIR", None)  # root's own, perhaps
    os.environ.update(HOME=account.pw_dir, USER=account.pw_name, LOGNAME=account.pw_name)
    return account.pw_name


def _may_enter(folder: Path, user: int, groups: list[int]) -> bool:
    """Whether an account that is not root finds its way to a folder."""
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        found = place.stat()
        shift = 6 if found.st_uid == user else 3 if found.st_gid in groups else 0
        if not found.st_mode >> shift & 1:
            return False
    return True
