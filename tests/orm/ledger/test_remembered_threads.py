"""Are remembered answers right when several threads work at once?"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.registry import signaling
from fondaco.registry.transact import transact
from fondaco.sql.fragment import SQL


def elsewhere(work: Callable[[], Any]) -> None:
    """Do it in another thread and wait."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)


def parameter(registry: Any, key: str) -> Any:
    return transact(registry, lambda env: env["ir.config_parameter"].get_param(key), uid=1)


def set_parameter(registry: Any, key: str, value: str) -> None:
    transact(registry, lambda env: env["ir.config_parameter"].set_param(key, value), uid=1)


def announced(registry: Any, group: str) -> int:
    """How often the group was announced, read on a connection that announces nothing."""
    with registry.pools.cursor(registry.db_name) as cr:
        return signaling.read(cr)[group]


def test_work_that_fails_does_not_silence_other_work(ledger_registry: Any) -> None:
    def fail() -> None:
        with contextlib.suppress(ZeroDivisionError):
            transact(ledger_registry, lambda env: 1 / 0, uid=1)

    def work(env: Any) -> None:
        env.registry.clear_cache("users")
        elsewhere(fail)

    before = announced(ledger_registry, "users")
    transact(ledger_registry, work, uid=1)
    assert announced(ledger_registry, "users") == before + 1


def test_an_inner_commit_does_not_announce_the_outer_work(ledger_registry: Any) -> None:
    numbers = [announced(ledger_registry, "users")]

    def work(env: Any) -> None:
        env.registry.clear_cache("users")
        transact(ledger_registry, lambda inner: inner.registry.clear_cache("groups"), uid=1)
        numbers.append(announced(ledger_registry, "users"))

    transact(ledger_registry, work, uid=1)
    numbers.append(announced(ledger_registry, "users"))
    assert numbers == [numbers[0], numbers[0], numbers[0] + 1]


def test_an_older_transaction_does_not_bring_back_what_it_sees(ledger_registry: Any) -> None:
    set_parameter(ledger_registry, "some.right", "old")

    def work(env: Any) -> Any:
        env["res.users"].search([])  # from here on it sees the rows of this moment
        elsewhere(lambda: set_parameter(ledger_registry, "some.right", "new"))
        return env["ir.config_parameter"].get_param("some.right")

    assert transact(ledger_registry, work, uid=1) == "old"
    assert parameter(ledger_registry, "some.right") == "new"


def test_what_another_thread_remembered_before_the_commit_is_forgotten(ledger_registry: Any) -> None:
    set_parameter(ledger_registry, "some.right", "old")

    def work(env: Any) -> None:
        env["ir.config_parameter"].set_param("some.right", "new")
        elsewhere(lambda: parameter(ledger_registry, "some.right"))

    transact(ledger_registry, work, uid=1)
    assert parameter(ledger_registry, "some.right") == "new"


def test_many_announcements_stay_few_rows_and_none_is_lost(ledger_registry: Any, config: Any, pools: Any) -> None:
    other = Registries(config, pools).get(ledger_registry.db_name)
    before = announced(ledger_registry, "users")

    for _number in range(3 * signaling.EVERY):
        transact(ledger_registry, lambda env: env.registry.clear_cache("users"), uid=1)

    assert announced(ledger_registry, "users") == before + 3 * signaling.EVERY
    with pools.cursor(ledger_registry.db_name) as cr:
        assert cr.fetch(SQL("SELECT count(*) FROM _fondaco.signaling"))[0][0] < 2 * signaling.EVERY
    other.caches["users"]["question"] = "answer"
    assert other.check_signaling()
    assert "question" not in other.caches["users"]


def test_a_late_commit_of_an_early_transaction_is_seen(ledger_registry: Any, config: Any, pools: Any) -> None:
    other = Registries(config, pools).get(ledger_registry.db_name)

    def work(env: Any) -> None:
        env.registry.clear_cache("users")
        env["res.users"].search([])
        elsewhere(lambda: transact(ledger_registry, lambda env: env.registry.clear_cache("users"), uid=1))
        other.check_signaling()
        other.caches["users"]["question"] = "answer"

    transact(ledger_registry, work, uid=1)

    assert other.check_signaling()
    assert "question" not in other.caches["users"]


def test_what_is_not_committed_yet_is_remembered_for_nobody_else(ledger_registry: Any) -> None:
    set_parameter(ledger_registry, "some.right", "old")
    seen: list[Any] = []

    def work(env: Any) -> Any:
        env["ir.config_parameter"].set_param("some.right", "new")
        own = env["ir.config_parameter"].get_param("some.right")
        elsewhere(lambda: seen.append(parameter(ledger_registry, "some.right")))
        return own

    assert transact(ledger_registry, work, uid=1) == "new"
    assert seen == ["old"]
    assert parameter(ledger_registry, "some.right") == "new"


def test_nothing_is_remembered_of_what_was_rolled_back(ledger_registry: Any) -> None:
    set_parameter(ledger_registry, "some.right", "old")

    with contextlib.closing(ledger_registry.cursor()) as cr:
        parameters = Environment(cr, 1, {})["ir.config_parameter"]
        parameters.set_param("some.right", "new")
        assert parameters.get_param("some.right") == "new"
        cr.rollback()
        assert parameters.get_param("some.right") == "old"

    assert parameter(ledger_registry, "some.right") == "old"


def test_nothing_is_remembered_of_what_went_back_to_a_savepoint(ledger_registry: Any) -> None:
    set_parameter(ledger_registry, "some.right", "old")

    def work(env: Any) -> Any:
        parameters = env["ir.config_parameter"]
        parameters.set_param("some.right", "first")
        with contextlib.suppress(ZeroDivisionError), env.cr.savepoint():
            parameters.set_param("some.right", "second")
            assert parameters.get_param("some.right") == "second"
            raise ZeroDivisionError
        return parameters.get_param("some.right")

    assert transact(ledger_registry, work, uid=1) == "first"
    assert parameter(ledger_registry, "some.right") == "first"
