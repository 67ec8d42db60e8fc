"""The service `object` inside one process: what an addon puts in place of our functions is what clients meet."""

from __future__ import annotations

from unittest import mock

import pytest

from fondaco.errors import UserError
from fondaco.rpc.services import ObjectService
from tests.fix_database import PASSWORD


@pytest.fixture
def call(registries, database):
    service = ObjectService(registries)
    return lambda *words: service.dispatch("execute", [database, 2, PASSWORD, *words])


def test_an_addon_that_guards_calls_of_clients_is_asked_about_each(call):
    from odoo.service import model

    own = model.execute_cr

    def guarded(cr, uid, obj, method, *args, **kw):
        if method == "unlink":
            raise UserError("Nothing is deleted from outside.")
        return own(cr, uid, obj, method, *args, **kw)

    with mock.patch("odoo.service.model.execute_cr", guarded):
        assert call("res.users", "search", [("id", "=", 2)]) == [2]
        with pytest.raises(UserError, match="Nothing is deleted"):
            call("res.partner", "unlink", [1])


def test_parameters_of_a_method_may_have_any_name(registries, database):
    service = ObjectService(registries)

    found = service.dispatch(
        "execute_kw", [database, 2, PASSWORD, "ir.model.access", "check", [], {"model": "res.partner", "mode": "read"}]
    )

    assert found is True
