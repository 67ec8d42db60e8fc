"""A database with the example addon `emporium`, its server, and the scripts of examples/exchange at work on it."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from aiosmtpd.controller import Controller

from fondaco.config import Config
from fondaco.modules.registries import Registries
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.sql.connection import Pools
from tests import fix_database
from tests.fix_addons import AddonsFolder
from tests.fix_jobs import Bench
from tests.fix_server import MODULES, Server, free_port, serving

EXAMPLES = Path(__file__).parents[1] / "examples"
QUICK = """
    from fondaco.addon import models
    from fondaco.security.credentials import CryptContext

    class Users(models.Model):
        _inherit = "res.users"

        def _crypt_context(self):
            return CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=1000)
"""
"""Each run of a script logs in, and a third of a second for each password would be most of what these tests take."""


class House(Bench):
    """`house.done("products_in.py", "-", stdin=file)` is what the script says."""

    def __init__(self, registries: Registries, server: Server, key: str) -> None:
        super().__init__(registries, server.database)
        self.server, self.key = server, key

    def command(self, script: str, *arguments: object, **given: str) -> list[str]:
        options = {"url": self.server.url, "db": self.server.database, "login": self.server.login, **given}
        named = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [sys.executable, str(EXAMPLES / "exchange" / script), *named, *map(str, arguments)]

    def run_script(
        self, script: str, *arguments: object, stdin: str | bytes = b"", key: str = "", **given: str
    ) -> tuple[int, str, str]:
        """(exit code, stdout, stderr)."""
        stdin = stdin if isinstance(stdin, bytes) else stdin.encode()
        environ = {**os.environ, "FONDACO_EXCHANGE_PASSWORD": key or self.key}
        command = self.command(script, *arguments, **given)
        done = subprocess.run(command, input=stdin, capture_output=True, env=environ, timeout=120, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def done(self, script: str, *arguments: object, **options: Any) -> str:
        """stdout of a run that must end well."""
        code, out, err = self.run_script(script, *arguments, **options)
        assert code == 0, err
        return out


@pytest.fixture(scope="module")
def house(
    config: Config, pools: Pools, folder: AddonsFolder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The scripts log in by an API key of the administrator."""
    folder.write("quick_passwords", {"depends": ["emporium"]}, models=QUICK)
    settings = config.replace(addons_path=[str(EXAMPLES), str(folder.path)], max_cron_threads=0)
    registries = Registries(settings, pools)
    name = fix_database.create(registries, MODULES)
    registries.update(name, install=["quick_passwords"])
    with registries.get(name).cursor() as cr:
        admin = Environment(cr, SUPERUSER_ID, {}).ref("base.user_admin")
        admin.password = fix_database.PASSWORD  # hashed anew, the quick way
        key = admin.with_user(admin).env["res.users.apikeys"]._generate("rpc", "scripts", None)
        cr.commit()
    with serving(settings, name, tmp_path_factory.mktemp("house")) as server:
        yield House(registries, server, key)
    fix_database.databases.drop(registries, name)


@pytest.fixture
def word() -> str:
    """What names of a test's own records have in them."""
    return secrets.token_hex(4)


class Mailbox:
    """(recipients, message) of each that was sent."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Any]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 taken"


@pytest.fixture
def mailbox(house: House) -> Iterator[Mailbox]:
    """A mail server that the database sends through."""
    box, port = Mailbox(), free_port()
    controller = Controller(box, "127.0.0.1", port)
    controller.start()
    with house.env() as env:
        values = {"name": "S", "smtp_host": "127.0.0.1", "smtp_port": port, "sequence": 0}
        server = env["ir.mail_server"].create(values)
        env["ir.config_parameter"].set_param("mail.default.from", "shop@fondaco.example")
    yield box
    controller.stop()
    with house.env() as env:
        server.with_env(env).unlink()


@contextlib.contextmanager
def stopping_at(address: str, sign: bytes) -> Iterator[tuple[str, threading.Event]]:
    """(address of a proxy before the server at `address`, event): a call that holds the sign gets no further."""
    reached, over = threading.Event(), threading.Event()

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if sign in body:
                reached.set()
                over.wait(60)
                return
            headers = {"Content-Type": "application/json"}
            answer = requests.post(address + self.path, data=body, headers=headers, timeout=60)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", reached
    finally:
        over.set()
        server.shutdown()
        server.server_close()
