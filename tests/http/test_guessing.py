"""How far does one get by guessing: passwords over RPC, methods that only the server should call?"""

from __future__ import annotations

import contextlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fondaco.config import Config
from fondaco.errors import AccessDenied
from fondaco.http.application import Application
from fondaco.http.current import peer
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.registry.transact import transact
from fondaco.rpc.endpoints import Endpoints
from fondaco.rpc.services import ObjectService
from fondaco.sql.connection import Pools
from tests.fix_database import LOGIN, PASSWORD

ADDRESS = "203.0.113.7"


@pytest.fixture
def application(registries: Registries, config: Config, database: str) -> Application:
    """A server that answers three guesses, of which nobody has had one yet."""

    def begin(env: Environment) -> None:
        env["ir.config_parameter"].set_param("base.login_cooldown_after", "3")
        env.cr.execute("DELETE FROM res_users_refusal")

    transact(registries.get(database), begin, uid=1)
    return Application(registries, config, direct=Endpoints(registries, config).handlers())


def call(application: Application, service: str, method: str, *args: Any, address: str = ADDRESS) -> Any:
    body = json.dumps({"params": {"service": service, "method": method, "args": args}}).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/jsonrpc",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": address,
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    return json.loads(b"".join(application(environ, lambda *_args: None)))


def test_guessing_over_rpc_is_slowed_down(application: Application, database: str) -> None:
    for number in range(3):
        assert call(application, "common", "login", database, LOGIN, f"wrong {number}")["result"] is False
    assert call(application, "common", "login", database, LOGIN, PASSWORD)["result"] is False
    assert call(application, "common", "login", database, LOGIN, PASSWORD, address="198.51.100.1")["result"] == 2


def test_calls_with_a_wrong_password_count_too(application: Application, registries: Registries, database: str) -> None:
    # a password that was found right a moment ago is not guessed: here nobody has asked yet
    registries.get(database).clear_cache("users")

    def ask(password: str) -> Any:
        return call(
            application, "object", "execute", database, 2, password, "res.users", "search", [], address="203.0.113.8"
        )

    for number in range(3):
        ask(f"wrong {number}")
    answer = ask(PASSWORD)
    assert "Too many" in answer["error"]["data"]["message"]


def test_of_many_guesses_at_once_no_more_are_answered_than_one_after_the_other(
    application: Application, registries: Registries, database: str
) -> None:
    registries.get(database).clear_cache("users")

    def guess(number: int) -> str:
        args = (database, 2, f"guess {number}", "res.users", "search", [])
        return call(application, "object", "execute", *args, address="203.0.113.10")["error"]["data"]["message"]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(12)))

    assert sum("Too many" not in answer for answer in answers) == 3


def test_a_password_is_looked_up_with_one_connection_at_a_time(config: Config, database: str) -> None:
    # Who holds one and waits for another waits for ever, once as many do so as a pooler has.
    pools = Pools(config.replace(db_maxconn=1))
    service = ObjectService(Registries(config, pools))
    with contextlib.closing(pools):
        for _ in range(2):
            assert service.dispatch("execute", [database, 2, PASSWORD, "res.users", "search", [("id", "=", 2)]]) == [2]
            with pytest.raises(AccessDenied):
                service.dispatch("execute", [database, 2, "wrong", "res.users", "search", []])


def test_after_the_pause_one_more_guess_is_answered_and_not_put_off(
    application: Application, registries: Registries, database: str
) -> None:
    users = registries.get(database)["res.users"]
    token = peer.set("203.0.113.12")

    def refused() -> str:
        with pytest.raises(AccessDenied) as caught, users._attempting(LOGIN):
            raise AccessDenied
        return str(caught.value)

    try:
        plain = [refused() for _ in range(3)][0]
        assert "Too many" in refused()
        with registries.pools.autocommit(database) as cr:
            cr.execute("UPDATE res_users_refusal SET last = last - interval '1 hour' WHERE failures >= 3")
        assert refused() == plain
        assert "Too many" in refused()
    finally:
        peer.reset(token)


def test_the_right_guess_among_many_at_once_is_not_told_from_the_wrong_ones(
    application: Application, registries: Registries, database: str
) -> None:
    users = registries.get(database)["res.users"]
    token = peer.set("203.0.113.11")
    try:
        with pytest.raises(AccessDenied, match="Too many"), users._attempting(LOGIN):
            for _ in range(3):
                with contextlib.suppress(AccessDenied), users._attempting(LOGIN):
                    raise AccessDenied
    finally:
        peer.reset(token)


def test_many_clients_with_the_right_password_come_at_the_same_moment(application: Application, database: str) -> None:
    """As those of an integration do after a start: none has to wait for the others."""

    def log_in(_number: int) -> Any:
        return call(application, "common", "login", database, LOGIN, PASSWORD, address="192.0.2.77")["result"]

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(log_in, range(20))) == {2}


@pytest.mark.parametrize(
    ("model", "method", "args"),
    [
        ("res.users", "authenticate", [[], {"login": LOGIN, "password": PASSWORD, "type": "password"}, {}]),
        ("res.users", "check", [[], 2, PASSWORD]),
        ("ir.mail_server", "connect", [[], "127.0.0.1", 9]),
        ("ir.mail_server", "send_email", [{"From": "a@example.org", "To": "b@example.org"}]),
    ],
)
def test_what_only_the_server_calls(
    application: Application, database: str, model: str, method: str, args: list[Any]
) -> None:
    answer = call(application, "object", "execute", database, 2, PASSWORD, model, method, *args, address="203.0.113.9")
    assert "cannot be called remotely" in answer["error"]["data"]["message"]
