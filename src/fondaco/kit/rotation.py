"""How is a secret changed while everybody works?

The new one and the one before are known for a while, so there is no moment in which what somebody holds is refused
everywhere. Each step can be repeated: one that was interrupted is taken up by the next run, on this machine or on
another one that was prepared.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from fondaco.config import inifile
from fondaco.config.table import BY_KEY
from fondaco.errors import ConfigError, DatabaseError, StorageError
from fondaco.kit.secret import LENGTH, scram_verifier
from fondaco.sql.connection import Pools
from fondaco.sql.databases import MAINTENANCE
from fondaco.sql.fragment import SQL
from fondaco.sql.literals import quote_text
from fondaco.sql.passwords import BEFORE, KEY, is_refusal
from fondaco.storage.bucket import Bucket
from fondaco.storage.location import SETTINGS, location_of

MASTER, MASTER_BEFORE = "admin_passwd", "admin_passwd_before"
PATIENCE_S, PAUSE_S = 30.0, 0.2
SALT_SIZE, SALT_ITERATIONS = 16, 100_000
_USER = re.compile(r'"(?P<name>(?:[^"]|"")*)"\s+"(?P<secret>[^"]*)"')


@dataclass(frozen=True, slots=True)
class AuthFile:
    """The users of a PgBouncer, and the process that reads them."""

    path: Path
    pid: int

    def check(self, user: str) -> None:
        """ConfigError unless `set` will do: the user is there, the file may be replaced, the process be told."""
        self._line_of(user)
        found = self.path.stat()
        is_kept = found.st_uid == os.geteuid() and found.st_gid in (os.getegid(), *os.getgroups())
        if not (is_kept or os.geteuid() == 0) or not os.access(self.path.parent, os.W_OK):
            raise ConfigError(
                f"{self.path}: this account may not replace it and leave it to its owner and group; run this as root "
                "or as the owner"
            )
        try:
            os.kill(self.pid, 0)
        except OSError as error:
            raise ConfigError(
                f"process {self.pid}, which is PgBouncer by its pidfile, cannot be told to read {self.path}: "
                f"{error.strerror}; start it, or run this as root"
            ) from error

    def set(self, user: str, secret: str) -> None:
        """Give a user another secret, in one step; the file stays its owner's, and those read it who could."""
        lines, number = self._line_of(user)
        lines[number] = f'"{user}" "{secret}"'
        before = self.path.stat()
        handle, draft = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with open(handle, "w", encoding="utf-8") as file:
                os.fchown(file.fileno(), before.st_uid if os.geteuid() == 0 else -1, before.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
                file.write("\n".join(lines) + "\n")
            os.replace(draft, self.path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)
            raise
        os.kill(self.pid, signal.SIGHUP)

    def _line_of(self, user: str) -> tuple[list[str], int]:
        """The lines of the file, and the number of the last one about this user."""
        try:
            lines = self.path.read_text().splitlines()
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be read: {error.strerror}; run this as root") from error
        for number in reversed(range(len(lines))):
            found = _USER.match(lines[number])
            if found and found["name"] == user:
                return lines, number
        raise ConfigError(f"{self.path}: has no user {user!r}; add a line for it, or give another --pgbouncer")


def rotate_database(pools: Pools, users: AuthFile | None, *, password: str = "", tell: Callable[[str], None]) -> None:
    """Change the password of the server's role in PostgreSQL, in PgBouncer and in the configuration file."""
    path = _file_of(pools.config, KEY)
    new, old, is_begun = _planned(path, password)
    with contextlib.closing(pools.direct(MAINTENANCE)) as connection:
        row = connection.execute("SELECT current_user::text").fetchone()
        role = str(row[0]) if row else ""
        verifier = _verifier(role, new)
        if users is not None:
            users.check(role)
        if is_begun:
            tell("a change that was prepared or interrupted is taken up")
        else:
            _write_both(path, new, old)
            tell(f"{path} has the new password beside the one before: servers take whichever is right")
        # The verifier, not the password: it may be in a log of statements.
        connection.execute(SQL("ALTER ROLE %s PASSWORD %s", SQL.identifier(role), SQL(quote_text(verifier))).code % ())
    tell(f"PostgreSQL takes the new password of {role}")
    if users is not None:
        users.set(role, verifier)
        tell(f"{users.path} has it, and PgBouncer reads it")
    _forget_before(pools, path, new, old, tell)


def prepare_database(config: Mapping[str, Any], password: str) -> str:
    """Let the servers of one of several machines take this password as soon as it is right, and change nothing else;
    the path of their file."""
    path = _file_of(config, KEY)
    new, old, is_begun = _planned(path, password)
    if not is_begun:
        _write_both(path, new, old)
    return path


def finish_database(pools: Pools, tell: Callable[[str], None]) -> None:
    """Forget the password before on one of several machines, once another one has changed it."""
    path = _file_of(pools.config, KEY)
    new, old, is_begun = _planned(path, "")
    if not is_begun:
        raise ConfigError(f"{path}: no change of {KEY} is under way: there is nothing to finish")
    _forget_before(pools, path, new, old, tell)


def _write_both(path: str, new: str, old: str) -> None:
    inifile.put(path, BEFORE, old)
    inifile.put(path, KEY, new)


def _forget_before(pools: Pools, path: str, new: str, old: str, tell: Callable[[str], None]) -> None:
    """The end of a change on this machine: seen on the way that its servers take."""
    _until(lambda: _is_taken(pools, new), "the new password is not taken yet; run this again to go on")
    if not _is_refused(pools, old):
        raise DatabaseError(
            "the password before is still taken: pg_hba.conf or PgBouncer lets this address in without looking at it; "
            f"{path} keeps both until this is run again"
        )
    inifile.take_out(path, BEFORE)
    tell("the password before is refused and forgotten")


def _verifier(role: str, password: str) -> str:
    """What PostgreSQL and each PgBouncer keep of the password. They must keep the very same, whichever machine makes it
    and however often: so the salt follows from the password, by more work than guessing it from the verifier takes."""
    salt = hashlib.pbkdf2_hmac("sha256", password.encode(), f"salt of {role}".encode(), SALT_ITERATIONS, SALT_SIZE)
    return scram_verifier(password, salt)


def _planned(path: str, given: str) -> tuple[str, str, bool]:
    """The password that shall be, the one before, and whether a run before this one has written both to the file. One
    that was killed between its two lines has left the same one twice, and has changed nothing."""
    options = inifile.read(path).options
    now = options[KEY].text
    before = options[BEFORE].text if BEFORE in options else ""
    if before and before != now:
        if given and given != now:
            raise ConfigError(
                f"{path}: a change to another password than that of --password-file was interrupted, or prepared; run "
                "this without --password-file first, which ends it"
            )
        return now, before, True
    if given == now:
        raise ConfigError(f"{path}: this is the password already; choose another")
    return given or secrets.token_urlsafe(LENGTH), now, False


def require_no_master_before(config: Mapping[str, Any]) -> None:
    """ConfigError while a change of the master password is under way: another one would shut out who has the one
    before."""
    path = _file_of(config, MASTER)
    options = inifile.read(path).options
    if MASTER_BEFORE in options and MASTER not in options:
        raise ConfigError(
            f"{path}: {MASTER_BEFORE} stands there without {MASTER}, and opens nothing: take that line out and set "
            f"{MASTER}, then change it"
        )
    # One that was killed between its two lines has left the same one twice, and has changed nothing.
    if MASTER_BEFORE in options and options[MASTER_BEFORE].text != options[MASTER].text:
        raise ConfigError(
            f"{path}: the master password was changed already, and the one before opens too: end that with "
            "`fondaco secret rotate master --finish`, then change it again"
        )


def rotate_master(config: Mapping[str, Any], hashed: str) -> None:
    """Let another master password open, beside the one before; the servers see the file change."""
    path = _file_of(config, MASTER)
    entry = inifile.read(path).options.get(MASTER)
    if entry is not None and entry.text:
        inifile.put(path, MASTER_BEFORE, entry.text)
    inifile.put(path, MASTER, hashed)


def withdraw_master(config: Mapping[str, Any]) -> None:
    """Let the master password before open nothing any more."""
    inifile.take_out(_file_of(config, MASTER), MASTER_BEFORE)


def rotate_bucket_keys(config: Mapping[str, Any], key: str, secret: str) -> str:
    """Put another pair of keys to the object store into the configuration file, once they are seen to open it; the
    path of the file. Servers take them up when they are reloaded, and until then the pair before must stay good."""
    path = _file_of(config, SETTINGS)
    settings = {**config[SETTINGS], "access_key_id": key, "secret_access_key": secret}
    location = location_of({**config, SETTINGS: settings})
    if location is None:
        raise ConfigError("ir_attachment.location names no object store: there are no keys to change")
    bucket, name, content = Bucket(location), f".rotation-{secrets.token_hex(8)}", b"written to try new keys"
    bucket.put(name, io.BytesIO(content), len(content))
    if bucket.size(name) != len(content):
        raise StorageError(f"{location}: what was written with the new keys is not there")
    bucket.remove([name])
    inifile.put(path, SETTINGS, BY_KEY[SETTINGS].write(settings))
    return path


def _file_of(config: Mapping[str, Any], key: str) -> str:
    """The configuration file in which a secret stands."""
    path = str(getattr(config, "rcfile", ""))
    source = str(getattr(config, "sources", {}).get(key, ""))
    if not path or not source.startswith(f"{path}:"):
        raise ConfigError(
            f"{key} does not stand in a configuration file ({source or 'it is not set'}): name the file with -c; a "
            "secret that comes from elsewhere is changed there"
        )
    return path


def _until(condition: Callable[[], bool], message: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise DatabaseError(message)
        time.sleep(PAUSE_S)


def _is_taken(pools: Pools, password: str) -> bool:
    """Whether the way of the servers, pooler included, is open with this password."""
    try:
        with psycopg.connect(**{**pools.settings(MAINTENANCE), "password": password}) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _is_refused(pools: Pools, password: str) -> bool:
    try:
        psycopg.connect(**{**pools.settings(MAINTENANCE), "password": password}).close()
    except psycopg.OperationalError as error:
        return is_refusal(error)
    return False
