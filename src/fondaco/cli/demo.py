"""`fondaco demo`: one command to a server with contacts and products; the second start finds everything again.

The first user's password is generated once and kept beside the data, readable by the owner only.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path

from fondaco.cli import password
from fondaco.cli.command import Command, CommandError
from fondaco.cli.demo_records import add_records
from fondaco.cli.progress import Progress
from fondaco.cli.serve import add_rehearsal, rehearse, serve_engine
from fondaco.cli.speech import answer, tell
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.engine import Engine, opened
from fondaco.modules.databases import NewDatabase, create, names
from fondaco.server import inheritance

DATABASE = "demo"
LOGIN = "admin"
MODULES = ("contacts", "product")
SECRET_FILE = "demo.json"


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("--port", type=int, dest="demo_port", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready")
    add_rehearsal(parser)


def run(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.demo_port is not None:
        config = config.replace(http_port=arguments.demo_port)
    if not config.is_given("http_interface"):
        config = config.replace(http_interface="127.0.0.1")
    name = (config["db_name"] or [DATABASE])[0]
    config = config.replace(db_name=[name], dbfilter=f"^{name}$")
    if arguments.rehearse:
        return rehearse(config, always_own=True)
    if not inheritance.is_present(os.environ):
        _require_free_port(config["http_interface"], config["http_port"])
    data_dir = Path(config["data_dir"])
    tell(config, f"Starting PostgreSQL in {data_dir} ...")
    with opened(config, always_own=True) as engine:
        access = _access(engine, name, data_dir / SECRET_FILE)

        def greet(url: str) -> None:
            if arguments.json:
                answer({"url": url, **access})
            else:
                answer(
                    f"\n  Fondaco is ready: {url}\n  database {access['database']}, login {access['login']}, "
                    f"password {access['password']}\n\n  Ctrl-C stops it; the data stay in {data_dir}.\n"
                )

        return serve_engine(engine, greet)


def _access(engine: Engine, name: str, secret_file: Path) -> dict[str, str]:
    """Database, login and password of the demo; creates the database at the first start."""
    known = _read(secret_file)
    if name in names(engine.registries):
        if known.get("database") != name:
            return {"database": name, "login": LOGIN, "password": "(the one you gave it)"}
        return known
    chosen = password.choose()
    access = {"database": name, "login": LOGIN, "password": chosen.text}
    # Written first: if the power goes during the installation, the password of what is there is known.
    _write(secret_file, access)
    tell(engine.config, f"Creating database {name} with {' and '.join(MODULES)}; this is done once ...")
    with Progress(engine.config) as progress:
        create(engine.registries, NewDatabase(name, MODULES, LOGIN, chosen.text), progress=progress)
    add_records(engine, name)
    return access


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CommandError(f"{path}: {error}; delete the file and the database, or restore the file") from error


def _write(path: Path, access: dict[str, str]) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(access, file)


def _require_free_port(interface: str, port: int) -> None:
    """Tell now rather than after the installation that the port is taken."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in interface else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((interface, port))
    except OSError as error:
        raise CommandError(
            f"port {port} of {interface} cannot be used: {error.strerror}. Choose another one with "
            f"`make demo PORT={port + 1}` or `--http-port {port + 1}`, or stop the program that holds it"
        ) from error


COMMAND = Command("demo", "a server with contacts and products on a PostgreSQL of its own", run, add_arguments)
