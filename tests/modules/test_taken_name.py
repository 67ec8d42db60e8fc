"""Another database takes a name: no process goes on with the answers that it remembers of the one before."""

from __future__ import annotations

import io

import pytest

from fondaco.errors import AccessError
from fondaco.modules import databases, dumps, restore
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.registry.transact import transact
from fondaco.sql.connection import Pools
from tests import fix_database
from tests.fix_database import SUPERUSER


def make_user(registries, name, group):
    def work(env):
        return env["res.users"].create({"name": "u", "login": "u", "groups_id": [(6, 0, [env.ref(group).id])]}).id

    return transact(registries.get(name), work, uid=SUPERUSER)


def parameters(registries, name, uid):
    """How many parameters a user sees, and whether he is an administrator, as a worker answers it."""

    def work(env: Environment):
        return env.user.has_group("base.group_system"), env["ir.config_parameter"].search_count([])

    return transact(registries.get(name), work, uid=uid)


def restored(registries, name, dump):
    restore.restore(registries, name, io.BytesIO(dump), replace=True)


def recreated(registries, name, dump):
    databases.drop(registries, name)
    restore.restore(registries, name, io.BytesIO(dump))


@pytest.mark.parametrize("replace", [restored, recreated])
def test_who_was_an_administrator_in_the_database_before_is_none_in_this_one(registries, replace):
    """Both have one template and as many changes, so that their sums are the same."""
    name, another = fix_database.create(registries, ()), fix_database.create(registries, ())
    administrator, customer = (
        make_user(registries, name, "base.group_system"),
        make_user(registries, another, "base.group_portal"),
    )
    dump = io.BytesIO()
    dumps.write(registries, another, dump)
    worker = Registries(registries.config, Pools(registries.config))
    try:
        assert administrator == customer
        assert parameters(worker, name, customer)[0]

        replace(registries, name, dump.getvalue())

        for each in (worker, registries):
            with pytest.raises(AccessError):
                parameters(each, name, customer)
    finally:
        worker.pools.close()
        databases.drop(registries, another)
        databases.drop(registries, name)


def test_a_row_that_other_code_has_put_beside_the_sums_harms_nobody(registries, database):
    registries.get(database)
    with registries.get(database).cursor() as cr:
        cr.execute("INSERT INTO _fondaco.signaling (name, amount) VALUES ('of tomorrow', 7)")

    assert registries.get(database).check_signaling()
