"""Work on a database that others change at the same time, and what remains of work that fails."""

from __future__ import annotations

import threading
from typing import Any

import psycopg.errors
import pytest

from fondaco.errors import UserError, ValidationError
from fondaco.registry import transact as transact_module
from fondaco.registry.transact import transact


@pytest.fixture
def tag_id(ledger_registry: Any) -> Any:
    """A committed tag that starts at '0'."""
    id_ = transact(ledger_registry, lambda env: env["ledger.tag"].create({"name": "0"}).id, uid=1)
    yield id_
    transact(ledger_registry, lambda env: env["ledger.tag"].browse(id_).unlink(), uid=1)


def name_of(registry: Any, id_: int) -> str:
    return transact(registry, lambda env: env["ledger.tag"].browse(id_).name, uid=1, readonly=True)


def test_work_that_met_a_concurrent_change_is_repeated(ledger_registry: Any, tag_id: int) -> None:
    seen = []

    def work(env: Any) -> str:
        tag = env["ledger.tag"].browse(tag_id)
        seen.append(tag.name)
        if len(seen) == 1:
            other = threading.Thread(
                target=transact, args=(ledger_registry, lambda env: tag_add(env, tag_id, 10)), kwargs={"uid": 1}
            )
            other.start()
            other.join(60)
        tag_add(env, tag_id, 1)
        return "done"

    assert transact(ledger_registry, work, uid=1) == "done"
    assert seen == ["0", "10"]
    assert name_of(ledger_registry, tag_id) == "11"


def tag_add(env: Any, id_: int, number: int) -> None:
    tag = env["ledger.tag"].browse(id_)
    tag.name = str(int(tag.name) + number)


def test_no_change_is_lost_between_threads(ledger_registry: Any, tag_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transact_module, "TRIES", 50)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(5):
                transact(ledger_registry, lambda env: tag_add(env, tag_id, 1), uid=1)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert name_of(ledger_registry, tag_id) == "15"


def test_a_lock_that_is_held_for_a_while_is_waited_for(ledger_registry: Any, tag_id: int) -> None:
    """Five tries within milliseconds would not outlast it: numbers without gaps are taken with NOWAIT."""
    tries = []
    holder = ledger_registry.cursor()
    holder.execute("SELECT id FROM ledger_tag WHERE id = %s FOR UPDATE", [tag_id])

    def work(env: Any) -> None:
        tries.append(env.cr)
        if len(tries) == 4:
            holder.close()
        env.cr.execute("SELECT id FROM ledger_tag WHERE id = %s FOR UPDATE NOWAIT", [tag_id])

    waits = [transact_module._wait_s("lock", attempt) for attempt in range(1, transact_module.TRIES)]
    assert sum(waits) > 3 and waits[0] <= 0.05
    transact(ledger_registry, work, uid=1)
    assert len(tries) == 4


def test_work_that_never_gets_through_gives_up(
    ledger_registry: Any, tag_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transact_module.time, "sleep", lambda seconds: None)
    tries = []

    def work(env: Any) -> None:
        tries.append(1)
        env["ledger.tag"].browse(tag_id).name = "never"
        raise psycopg.errors.SerializationFailure("as if")

    with pytest.raises(psycopg.errors.SerializationFailure):
        transact(ledger_registry, work, uid=1)
    assert len(tries) == transact_module.TRIES
    assert name_of(ledger_registry, tag_id) == "0"


def test_an_error_takes_everything_back(ledger_registry: Any, tag_id: int) -> None:
    def work(env: Any) -> None:
        env["ledger.tag"].browse(tag_id).name = "no"
        env.flush_all()
        raise UserError("stop")

    with pytest.raises(UserError, match="stop"):
        transact(ledger_registry, work, uid=1)
    assert name_of(ledger_registry, tag_id) == "0"


def test_what_is_pending_is_flushed_and_checked_before_the_commit(ledger_registry: Any) -> None:
    def work(env: Any) -> None:
        first, second = env["ledger.order"].create([{"code": "a"}, {"code": "b"}])
        first.code = "b"

    with pytest.raises(ValidationError, match="same code"):
        transact(ledger_registry, work, uid=1)
    assert transact(ledger_registry, lambda env: env["ledger.order"].search_count([]), uid=1) == 0


def test_a_read_only_transaction_cannot_write(ledger_registry: Any, tag_id: int) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        transact(ledger_registry, lambda env: tag_add(env, tag_id, 1), uid=1, readonly=True)


def test_hooks_run_once_the_commit_is_certain(ledger_registry: Any, tag_id: int) -> None:
    done: list[str] = []

    def work(env: Any) -> None:
        env.cr.precommit.add(lambda: done.append("before"))
        env.cr.postcommit.add(lambda: done.append("after"))
        tag_add(env, tag_id, 1)

    def failing(env: Any) -> None:
        env.cr.postcommit.add(lambda: done.append("never"))
        raise UserError("no")

    transact(ledger_registry, work, uid=1)
    with pytest.raises(UserError):
        transact(ledger_registry, failing, uid=1)
    assert done == ["before", "after"]
