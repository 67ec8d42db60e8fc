"""Answers shared through Redis: another process finds them, and nobody an old one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fondaco.modules.registries import Registries
from fondaco.modules.transaction import transact_on
from fondaco.registry.sharing import NotPlain, packed, unpacked
from fondaco.sql.connection import Pools
from fondaco.values.collections import frozendict
from tests.fix_redis import Redis
from tests.isolation.conftest import Tenant

PATH = "//form"


@pytest.fixture
def workers(config, redis: Redis) -> Iterator[Callable[[], Registries]]:
    """workers(): the registries of a further worker process, with connections of its own."""
    opened = []

    def workers() -> Registries:
        here = config.replace(redis_url=redis.url)
        opened.append(Pools(here))
        return Registries(here, opened[-1])

    yield workers
    for pools in opened:
        pools.close()


def form(worker: Registries, tenant: Tenant) -> str:
    """The form of contacts, as a client gets it."""
    return transact_on(
        worker, tenant.name, lambda env: env["res.partner"].get_views([(False, "form")])["views"]["form"]["arch"], uid=2
    )


def title(worker: Registries, tenant: Tenant, text: str) -> None:
    """Give that form another title, by an inheriting view."""

    def work(env) -> None:
        view = env["res.partner"].get_views([(False, "form")])["views"]["form"]["id"]
        found = env["ir.ui.view"].search([("name", "=", "title of the test")])
        arch = f'<xpath expr="{PATH}" position="attributes"><attribute name="string">{text}</attribute></xpath>'
        values = {"name": "title of the test", "model": "res.partner", "inherit_id": view, "arch": arch}
        found.write({"arch": arch}) if found else env["ir.ui.view"].create(values)

    transact_on(worker, tenant.name, work, uid=2)


def test_r8_what_one_worker_found_the_other_finds_in_redis(workers, tenants, queries):
    acme = tenants["acme"]
    first, second, alone = workers(), workers(), workers()
    alone.get(acme.name).sharing = None
    for worker in (first, second, alone):
        worker.get(acme.name)

    arch = form(first, acme)
    with queries() as shared:
        assert form(second, acme) == arch
    with queries() as found:
        assert form(alone, acme) == arch

    assert second._shared.hits > 0
    assert len(shared) < len(found)


def test_r8_a_database_of_another_cluster_with_the_same_name_and_number_is_another(workers, tenants):
    acme = tenants["acme"]
    first, second, third = workers(), workers(), workers()
    arch = form(first, acme)

    def other_identity(env) -> None:
        env.cr.execute("UPDATE ir_config_parameter SET value = value || '-copy' WHERE key = 'database.uuid'")

    assert form(second, acme) == arch
    transact_on(first, acme.name, other_identity, uid=1)
    assert form(third, acme) == arch

    assert second._shared.hits > 0
    assert third._shared.hits == 0


def test_r8_a_change_is_seen_by_every_worker_with_its_commit(workers, tenants):
    acme, bravo = tenants["acme"], tenants["bravo"]
    first, second = workers(), workers()
    before = form(second, bravo)

    for number in range(3):
        title(first, acme, f"Title {number}")
        for worker in (second, first, workers()):
            assert f'string="Title {number}"' in form(worker, acme)

    assert form(second, bravo) == before


def test_r8_a_transaction_that_began_before_a_change_tells_nobody_what_it_sees(workers, tenants):
    acme = tenants["acme"]
    first, second = workers(), workers()
    title(first, acme, "Old")
    form(second, acme)

    def late(env) -> str:
        title(first, acme, "New")
        env.registry.caches["templates"].clear()
        return env["res.partner"].get_views([(False, "form")])["views"]["form"]["arch"]

    seen = transact_on(second, acme.name, late, uid=2)

    assert 'string="Old"' in seen
    assert 'string="New"' in form(second, acme)
    assert 'string="New"' in form(workers(), acme)


def test_r8_what_is_not_committed_is_not_shared(workers, tenants):
    acme = tenants["acme"]
    first, second = workers(), workers()
    title(first, acme, "Committed")

    def undone(env) -> None:
        view = env["ir.ui.view"].search([("name", "=", "title of the test")])
        view.arch = view.arch.replace("Committed", "Undone")
        assert 'string="Undone"' in env["res.partner"].get_views([(False, "form")])["views"]["form"]["arch"]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transact_on(first, acme.name, undone, uid=2)

    assert 'string="Committed"' in form(second, acme)
    assert 'string="Committed"' in form(first, acme)


def test_r8_without_redis_every_worker_finds_its_answers_by_itself(workers, tenants, redis):
    acme = tenants["acme"]
    first = workers()
    title(first, acme, "There")
    redis.stop()

    title(first, acme, "Away")

    assert 'string="Away"' in form(first, acme)
    assert 'string="Away"' in form(workers(), acme)


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 1.5, "x", [1, (2, "a")], {1: "a", "b": None}, frozendict(a=(1,)), frozenset({1, 2}), {"": 1}],
)
def test_what_is_read_back_is_what_was_written(value):
    again = unpacked(packed(value))

    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("value", [b"bytes", object(), [object()], type("Text", (str,), {})("x")])
def test_other_values_are_not_shared(value):
    with pytest.raises(NotPlain):
        packed(value)
