"""odooly, unmodified, over /jsonrpc and over the addresses of the browser."""

from __future__ import annotations

import uuid

import odooly
import pytest


@pytest.fixture(params=["/jsonrpc", ""], ids=["jsonrpc", "web"])
def client(server, request):
    return odooly.Client(f"{server.url}{request.param}", server.database, server.login, server.password)


def test_who_logged_in_is_known(client, server):
    assert client.version_info == 18.0
    assert client.env.user.login == server.login


def test_an_unknown_user_is_an_error(server):
    with pytest.raises(odooly.Error, match="Invalid username or password"):
        odooly.Client(f"{server.url}/jsonrpc", server.database, "nobody", "wrong")


def test_a_wrong_password_is_an_error(server, client):
    with pytest.raises(odooly.ServerError) as caught:
        odooly.Client(f"{server.url}/jsonrpc", server.database, server.login, "wrong")

    assert caught.value.args[0]["data"]["name"] == "odoo.exceptions.AccessDenied"


def test_the_life_of_a_record(client):
    Partner = client.env["res.partner"]

    name = f"Odooly & Fils {uuid.uuid4().hex[:8]}"
    partner = Partner.create({"name": name, "street": "Rue 1"})
    assert Partner.search([("name", "=", name)]).ids == [partner.id]
    assert Partner.search_count([f"name = {name}"]) == 1
    assert partner.read(["name", "street"]) == {"id": partner.id, "name": name, "street": "Rue 1"}

    partner.write({"street": "Rue 2"})
    partner.country_id = client.env.ref("base.fr")
    partner.refresh()
    assert (partner.street, partner.country_id.code) == ("Rue 2", "FR")

    partner.unlink()
    assert Partner.search_count([("id", "=", partner.id)]) == 0


def test_models_and_fields_are_found(client):
    assert "list_price" in client.env["product.template"]._keys
    assert client.env["product.template"].field("list_price")["type"] == "float"


def test_an_error_of_the_server_carries_its_sentence(client):
    partner = client.env["res.partner"].create({"name": "Odooly loop"})

    with pytest.raises(odooly.ServerError) as caught:
        partner.write({"parent_id": partner.id})

    assert caught.value.args[0]["data"]["name"] == "odoo.exceptions.ValidationError"
    assert caught.value.args[0]["data"]["message"].endswith(".")
