"""odoo-client-lib (module odoolib), unmodified, over /xmlrpc/... of old and over /jsonrpc."""

from __future__ import annotations

import uuid
import xmlrpc.client

import odoolib
import pytest
from odoolib.tools import AuthenticationError, JsonRPCException

# It leaves the closing of its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(params=["xmlrpc", "jsonrpc"])
def protocol(request):
    return request.param


@pytest.fixture
def connection(server, protocol):
    return odoolib.get_connection("127.0.0.1", protocol, server.port, server.database, server.login, server.password)


def test_who_logged_in_is_known(connection, server):
    connection.check_login()

    users = connection.get_model("res.users")
    assert users.read(connection.user_id, ["login"])["login"] == server.login
    assert connection.get_user_context()["lang"] == "en_US"


def test_a_wrong_password_is_an_error(server, protocol):
    connection = odoolib.get_connection("127.0.0.1", protocol, server.port, server.database, server.login, "wrong")

    with pytest.raises(AuthenticationError):
        connection.check_login()


def test_the_life_of_a_record(connection):
    partners = connection.get_model("res.partner")

    name = f"Client & Lib {uuid.uuid4().hex[:8]}"
    made = partners.create({"name": name, "category_id": [(0, 0, {"name": "Friend"})]})
    assert partners.search([("name", "=", name)]) == [made]
    assert partners.search_read([("id", "=", made)], ["name", "lang"]) == [{"id": made, "name": name, "lang": "en_US"}]

    assert partners.write([made], {"name": "Client and Lib", "phone": "+39 1"}) is True
    assert partners.read([made], ["name", "phone"]) == [{"id": made, "name": "Client and Lib", "phone": "+39 1"}]

    assert partners.unlink([made]) is True
    assert partners.search_count([("id", "=", made)]) == 0


def test_an_error_of_the_server_carries_its_sentence(connection):
    with pytest.raises((xmlrpc.client.Fault, JsonRPCException)) as caught:
        connection.get_model("res.partner").write([2_000_000_000], {"name": "x"})

    # The first version of XML-RPC carries the text in the code of the fault.
    text = caught.value.faultCode if isinstance(caught.value, xmlrpc.client.Fault) else str(caught.value)
    assert "deleted" in text
