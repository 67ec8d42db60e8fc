"""B1: what a server does all day, through PgBouncer in transaction mode; live news and jobs are in tests/bus."""

from __future__ import annotations

import xmlrpc.client

import pytest

from tests.fix_server import free_port, serving


@pytest.mark.parametrize("workers", [0, 2], ids=["threads", "processes"])
def test_b1_records_and_modules_change_behind_pgbouncer(pooled, database_with, run_dir, workers):
    name = database_with("base", "web") if workers else database_with()
    settings = pooled(is_direct=True).replace(workers=workers, gevent_port=free_port(), db_maxconn=8)

    with serving(settings, name, run_dir) as server:
        with xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/common") as common:
            uid = common.authenticate(name, server.login, server.password, {})
        with xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/object", allow_none=True) as models:

            def call(model, method, *args, **kwargs):
                return models.execute_kw(name, uid, server.password, model, method, list(args), kwargs)

            numbers = [call("res.partner", "create", {"name": f"pooled {number}"}) for number in range(20)]
            call("res.partner", "write", numbers, {"comment": "<p>seen</p>"})
            found = call("res.partner", "search_read", [("name", "like", "pooled ")], ["name", "comment"], order="id")
            assert [one["id"] for one in found] == numbers
            assert {one["comment"] for one in found} == {"<p>seen</p>"}

            (module,) = call("ir.module.module", "search", [("name", "=", "contacts")])
            call("ir.module.module", "button_immediate_install", [module])
            assert call("ir.module.module", "read", [module], ["state"])[0]["state"] == "installed"
            assert call("res.partner", "search_count", [("id", "in", numbers)]) == 20
