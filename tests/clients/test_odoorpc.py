"""odoorpc, unmodified, over JSON-RPC with a session: records as objects."""

from __future__ import annotations

import uuid

import odoorpc
import pytest
from odoorpc.error import RPCError


@pytest.fixture
def odoo(server):
    client = odoorpc.ODOO("127.0.0.1", port=server.port, timeout=60)
    client.login(server.database, server.login, server.password)
    return client


def test_who_logged_in_is_known(odoo, server):
    assert odoo.version.startswith("18.0")
    assert odoo.env.user.login == server.login
    assert odoo.env.context["lang"] == "en_US"


def test_a_wrong_password_is_an_error(server):
    client = odoorpc.ODOO("127.0.0.1", port=server.port, timeout=60)

    with pytest.raises(RPCError):
        client.login(server.database, server.login, "wrong")


def test_the_life_of_a_record(odoo):
    Partner = odoo.env["res.partner"]

    name = f"Odoorpc & Söhne {uuid.uuid4().hex[:8]}"
    made = Partner.create({"name": name, "is_company": True, "child_ids": [(0, 0, {"name": "Anna"})]})
    partner = Partner.browse(made)
    assert (partner.name, partner.is_company) == (name, True)
    assert [child.name for child in partner.child_ids] == ["Anna"]
    assert Partner.search([("name", "=", name)]) == [made]
    assert Partner.read([made], ["name", "country_id"]) == [{"id": made, "name": name, "country_id": False}]

    partner.city = "Bozen"
    partner.write({"country_id": odoo.env.ref("base.it").id})
    assert Partner.read([made], ["city", "country_id"])[0]["country_id"][1] == "Italy"

    partner.unlink()
    assert Partner.search([("id", "=", made)]) == []


def test_an_error_of_the_server_carries_its_sentence(odoo):
    with pytest.raises(RPCError) as caught:
        odoo.env["res.partner"].write([2_000_000_000], {"name": "x"})

    assert caught.value.info["data"]["name"] == "odoo.exceptions.MissingError"
    assert "deleted" in str(caught.value)


def test_an_unknown_model_is_an_error(odoo):
    with pytest.raises(RPCError):
        odoo.execute("no.such.model", "search", [])
