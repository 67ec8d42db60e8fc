"""`fondaco secret`: a random secret; `fondaco secret rotate ...`: another one in its place, while everybody works."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fondaco.checks import pgbouncer
from fondaco.checks.site import PGBOUNCER
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.serve import reload_server
from fondaco.cli.speech import answer, tell
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.config.sources import secret_from_file
from fondaco.engine import opened
from fondaco.kit import rotation
from fondaco.kit.rotation import AuthFile
from fondaco.security.credentials import hash_password, random_secret
from fondaco.server import telling

RELOAD_S, PAUSE_S = 120.0, 0.2


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    rotate = parser.add_subparsers(dest="action", metavar="ACTION").add_parser(
        "rotate",
        help="change the password of PostgreSQL (and PgBouncer), the master password or the keys of the object "
        "store while servers serve",
    )
    rotate.add_argument("what", choices=("database", "master", "s3"))
    rotate.add_argument("--key-id", help="s3: the id of the new key, made at the provider; its secret: --password-file")
    rotate.add_argument("--password-file", metavar="FILE", help="the new one; without it a random one is made")
    rotate.add_argument("--pgbouncer", type=Path, metavar="FILE", help=f"configuration of PgBouncer ({PGBOUNCER})")
    stage = rotate.add_mutually_exclusive_group()
    stage.add_argument(
        "--prepare",
        action="store_true",
        help="database, with --password-file: servers of this machine will take it; the first step on several machines",
    )
    stage.add_argument(
        "--finish",
        action="store_true",
        help="master: the one before opens nothing any more; database: this machine forgets the one before, which "
        "another machine has changed",
    )
    add_flags(rotate, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.action is None:
        answer(random_secret())
        return Exit.OK
    if arguments.prepare and arguments.what != "database":
        raise CommandError(f"--prepare is for the password of the database, not for {arguments.what}", Exit.USAGE)
    given = secret_from_file(arguments.password_file, "--password-file") if arguments.password_file else ""
    if arguments.what == "master":
        return _master(config, given, is_end=arguments.finish)
    if arguments.what == "s3":
        return _keys(config, arguments.key_id or "", given)
    return _database(arguments, config, given)


def _database(arguments: argparse.Namespace, config: Config, given: str) -> int:
    if arguments.prepare:
        if not given:
            raise CommandError("--prepare: give the password that all machines get, with --password-file", Exit.USAGE)
        path = rotation.prepare_database(config, given)
        answer(
            f"{path} has the new password beside the one before; when each machine has it, run `fondaco secret rotate "
            "database` where a PgBouncer is, then `--finish` on the others"
        )
        return Exit.OK
    with opened(config) as engine:
        if arguments.finish:
            rotation.finish_database(engine.pools, lambda text: tell(config, text))
            return Exit.OK
        users = _users(arguments.pgbouncer) if config["db_pgbouncer"] or arguments.pgbouncer else None
        rotation.rotate_database(engine.pools, users, password=given, tell=lambda text: tell(config, text))
    answer("the password of the database is another one; nothing needs to be reloaded")
    return Exit.OK


def _master(config: Config, given: str, *, is_end: bool) -> int:
    if is_end:
        rotation.withdraw_master(config)
        answer("the master password before opens nothing any more")
        return Exit.OK
    rotation.require_no_master_before(config)
    new = given or random_secret()
    # Told first: one that nobody knows must not be the only one.
    answer(f"the master password will be {'that of the file' if given else new}")
    rotation.rotate_master(config, hash_password(new))
    answer("it opens now; the one before opens too until `fondaco secret rotate master --finish`")
    return Exit.OK


def _keys(config: Config, key: str, secret: str) -> int:
    """The servers of this machine have the new keys when this ends, where their pid file is known."""
    if not key or not secret:
        raise CommandError("make a key at the provider first; then: --key-id ID --password-file FILE", Exit.USAGE)
    path = rotation.rotate_bucket_keys(config, key, secret)
    began = time.time()
    if not reload_server(config["pidfile"]):
        answer(f"{path} has the new keys; reload the servers, then delete the key before at the provider")
        return Exit.OK
    end = time.monotonic() + RELOAD_S
    while any(told["born"] < began for told in telling.read(config["data_dir"]).processes):
        if time.monotonic() > end:
            raise CommandError(f"{path} has the new keys, but the server is not reloaded yet: see its log")
        time.sleep(PAUSE_S)
    answer(f"{path} and the server have the new keys; delete the key before at the provider")
    return Exit.OK


def _users(path: Path | None) -> AuthFile:
    """Where PgBouncer has its users, and its process."""
    path = path or Path(PGBOUNCER)
    try:
        pooler = pgbouncer.read(path)
        pid = int(Path(pooler.settings.get("pidfile", "")).read_text())
    except (OSError, ValueError) as error:
        raise CommandError(
            f"the configuration of PgBouncer, or the process id in the pidfile that it names, cannot be read: {error}; "
            f"name it with --pgbouncer FILE, and run this as root: {path} and what it names belong to others"
        ) from error
    if pooler.auth_file is None:
        raise CommandError(f"{path} names no auth_file: its users come from PostgreSQL, run this without --pgbouncer")
    return AuthFile(pooler.auth_file, pid)


COMMAND = Command(
    "secret",
    "print a random secret, or change one while servers serve: rotate database|master|s3",
    run,
    add_arguments,
    needs_root=True,
)
