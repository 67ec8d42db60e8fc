"""aio-odoorpc, unmodified: /jsonrpc without waiting, many calls at once. It wraps its `args` into one argument."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from aio_odoorpc import AsyncOdooRPC, OdooRPC


@pytest.fixture
def run(server):
    """run(story): carry out `story(odoo)` with a client on res.partner that logged in."""

    def run(story):
        async def telling():
            async with httpx.AsyncClient(base_url=f"{server.url}/jsonrpc", timeout=60) as http:
                odoo = AsyncOdooRPC(
                    database=server.database, username_or_uid=server.login, password=server.password,
                    http_client=http, default_model_name="res.partner",
                )  # fmt: skip
                await odoo.login()
                return await story(odoo)

        # In a thread of its own: the browser tests leave a running loop in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(telling())).result()

    return run


def test_a_log_in_answers_the_user_id(run):
    async def story(odoo):
        return odoo.uid

    assert run(story) == 2


def test_a_wrong_password_logs_nobody_in(server):
    with httpx.Client(base_url=f"{server.url}/jsonrpc", timeout=60) as http:
        odoo = OdooRPC(
            database=server.database, username_or_uid=server.login, password="wrong", http_client=http,
            default_model_name="res.partner",
        )  # fmt: skip

        assert odoo.login() is False
        with pytest.raises(RuntimeError, match="forget to login"):
            odoo.search([])


def test_the_life_of_a_record(run):
    async def story(odoo):
        name = f"Aio & Co {uuid.uuid4().hex[:8]}"
        made = await odoo.execute_kw("create", {"name": name, "city": "Roma"})
        by_name = [["name", "=", name]]
        assert await odoo.search(by_name) == [made]
        assert await odoo.search_count(by_name) == 1
        assert await odoo.search_read(by_name, fields=["name"]) == [{"id": made, "name": name}]
        assert await odoo.read([made], fields=["name", "city"]) == [{"id": made, "name": name, "city": "Roma"}]

        assert await odoo.write([made], {"city": "Milano"}) is True
        assert await odoo.read(made, fields=["city"]) == [{"id": made, "city": "Milano"}]

        assert await odoo.execute_kw("unlink", [made]) is True
        assert await odoo.search_count(by_name) == 0

    run(story)


def test_calls_at_once_are_all_answered(run):
    async def story(odoo):
        names = [f"aio {number}" for number in range(20)]
        made = await asyncio.gather(*(odoo.execute_kw("create", {"name": name}) for name in names))
        rows = await odoo.read(list(made), fields=["name"])
        assert [row["name"] for row in rows] == names

    run(story)


def test_an_error_of_the_server_carries_its_sentence(run):
    async def story(odoo):
        await odoo.write([2_000_000_000], {"name": "x"})

    with pytest.raises(RuntimeError, match="deleted"):
        run(story)
