"""`odoo.modules.registry.Registry`: what addons write to reach another transaction of their database."""

from __future__ import annotations

import importlib
from contextlib import closing
from typing import Any

import pytest

import fondaco.alias
from fondaco.errors import UserError
from fondaco.sql.nested import NestedCursor


@pytest.fixture
def Registry(registries: Any) -> Any:  # noqa: N802
    fondaco.alias.install(registries=registries)
    return importlib.import_module("odoo.modules.registry").Registry


def test_a_registry_is_had_by_the_name_of_its_database(Registry, registries, database):  # noqa: N803
    assert Registry(database) is registries.get(database)
    assert isinstance(registries.get(database), Registry)

    built = Registry.new(database)

    assert Registry(database) is built
    Registry.delete(database)
    assert Registry(database) is not built


def test_a_cursor_of_its_own_commits_when_it_is_left(Registry, database):  # noqa: N803
    with Registry(database).cursor() as cr:
        cr.execute("CREATE TABLE left_behind (n int)")
        cr.execute("INSERT INTO left_behind VALUES (1)")
    with closing(Registry(database).cursor()) as cr:
        cr.execute("SELECT n FROM left_behind")
        assert cr.fetchall() == [(1,)]


def test_functions_wait_until_the_tables_are_there(shelf_registry):
    called: list[Any] = []
    with closing(shelf_registry.cursor()) as cr:
        shelf_registry.post_init(called.append, 1)
        shelf_registry.post_constraint(called.append, 2)
        assert called == []

        shelf_registry.init_models(cr, ["shelf.genre"], {"models_to_check": True})

    assert called == [1, 2]


def test_remembered_answers_of_work_that_failed_are_forgotten(shelf_registry):
    with pytest.raises(UserError), shelf_registry.manage_changes():
        shelf_registry.clear_cache()
        raise UserError("no")

    assert not shelf_registry._changes.caches


def test_a_test_lends_its_transaction_to_whoever_asks_for_a_cursor(shelf_registry):
    with closing(shelf_registry.cursor()) as cr:
        cr.execute("CREATE TABLE lent (n int)")
        assert not shelf_registry.in_test_mode()
        shelf_registry.enter_test_mode(cr)
        try:
            assert shelf_registry.in_test_mode()
            with shelf_registry.cursor() as other:
                assert isinstance(other, NestedCursor)
                other.execute("INSERT INTO lent VALUES (1)")
        finally:
            shelf_registry.leave_test_mode()
        cr.execute("SELECT n FROM lent")
        assert cr.fetchall() == [(1,)] and not shelf_registry.in_test_mode()
    with closing(shelf_registry.cursor()) as cr:
        cr.execute("SELECT to_regclass('lent')")
        assert cr.fetchone() == (None,)


def test_a_graph_goes_through_the_modules_from_those_that_need_nothing(Registry, database):  # noqa: N803
    graph = importlib.import_module("odoo.modules.graph").Graph()
    with closing(Registry(database).cursor()) as cr:
        assert graph.add_module(cr, "web") == 0  # what it stands on is not there yet
        assert graph.add_modules(cr, ["product", "uom", "web", "base", "no_such_addon"]) == 4

    assert [node.name for node in graph] == ["base", "uom", "web", "product"]
    assert [graph[name].state for name in ("base", "web", "product")] == ["installed", "installed", "uninstalled"]
    assert graph["uom"] in graph["base"].children
    assert graph["web"].depth == 1 and graph["web"].installed_version


def test_addons_connect_on_their_own_with_what_the_server_connects_with(registries, database):
    import psycopg2

    fondaco.alias.install(registries=registries)
    connection_info_for = importlib.import_module("odoo.sql_db").connection_info_for

    name, settings = connection_info_for(database)

    assert name == database
    with closing(psycopg2.connect(**settings)) as connection, connection.cursor() as cr:
        cr.execute("SELECT current_database()")
        assert cr.fetchone() == (database,)
    assert connection_info_for("postgresql://jo@db.example/sales") == (
        "sales",
        {"dsn": "postgresql://jo@db.example/sales"},
    )
