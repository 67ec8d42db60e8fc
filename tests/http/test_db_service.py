"""The db service: databases made, copied, renamed and dropped by other programs."""

from __future__ import annotations

import os
import xmlrpc.client

import pytest

from fondaco.errors import AccessDenied
from fondaco.rpc.endpoints import Endpoints
from fondaco.sql import databases

MASTER = "a-master-password"


@pytest.fixture
def service(config, registries):
    endpoints = Endpoints(registries, config.replace(admin_passwd=MASTER, list_db=True))

    def call(method, *args):
        return endpoints.dispatch_rpc("db", method, args)

    return call


def test_the_life_of_a_database(service, registries, config):
    name, copy, renamed = (f"test_{os.getpid()}_svc_{part}" for part in "abc")

    assert service("create_database", MASTER, name, False, "en_US", "secret-pw", "boss", "fr", "+3212345") is True
    try:
        with pytest.raises(Exception, match="already exists"):
            service("create_database", MASTER, name, False, "en_US", "x", "y")
        assert service("db_exist", name) is True
        assert service("duplicate_database", MASTER, name, copy) is True
        assert service("rename", MASTER, copy, renamed) is True
        assert (service("db_exist", copy), service("db_exist", renamed)) == (False, True)
        assert {name, renamed} <= set(service("list"))

        common = Endpoints(registries, config).services["common"]
        uid = common.dispatch("login", (renamed, "boss", "secret-pw"))
        objects = Endpoints(registries, config).services["object"]
        (company,) = objects.dispatch(
            "execute_kw", (name, uid, "secret-pw", "res.company", "read", [[1], ["country_id", "phone"]])
        )
        assert (company["country_id"][1], company["phone"]) == ("France", "+3212345")
    finally:
        assert service("drop", MASTER, name) is True
        service("drop", MASTER, renamed)
    assert service("drop", MASTER, name) is False
    with pytest.raises(Exception, match="Couldn't rename database"):
        service("rename", MASTER, name, copy)


HOSTILE_NAMES = [
    "", " ", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "a\n", "a\x00b", "\ud800", "-d", "--drop", "a b", "a;b",
    'a"b', 'x"; DROP DATABASE postgres; --', "a'b", "a%s", "$(id)", "`id`", "a" * 64, "template9", "host=evil",
    "\u00e4", "postgresql://evil/x", "_fondaco_x", "\u202ea", "a?b", "a#b", "a@b",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_no_sql_path_or_address(service, registries, name):
    before = set(databases.list_databases(registries.pools, hidden=True))
    source = f"test_{os.getpid()}_absent"

    for method, args in (
        ("create_database", (name, False, "en_US", "secret-pw")),
        ("duplicate_database", (source, name)),
        ("rename", (source, name)),
        ("rename", (name, source)),
        ("duplicate_database", (name, source)),
        ("dump", (name, "zip")),
        ("restore", (name, "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==")),
    ):
        with pytest.raises(Exception, match=r"atabase|dump"):
            service(method, MASTER, *args)
    assert service("drop", MASTER, name) is False
    assert service("db_exist", name) is False
    new = set(databases.list_databases(registries.pools, hidden=True)) - before
    # other processes of the run make databases meanwhile, with plain names
    assert name not in new and source not in new
    assert not any(set(other) & set(" ;'\"`$/\\%=") for other in new)


@pytest.mark.parametrize("method", ["create_database", "drop", "rename", "duplicate_database", "change_admin_password"])
def test_without_the_master_password_nothing_happens(service, method):
    with pytest.raises(AccessDenied):
        service(method, "wrong", "a", "b", "c")


def test_the_master_password_everybody_knows_opens_nothing(config, registries):
    endpoints = Endpoints(registries, config.replace(admin_passwd="admin"))

    with pytest.raises(AccessDenied):
        endpoints.dispatch_rpc("db", "drop", ("admin", "x"))


def test_management_can_be_off(config, registries):
    endpoints = Endpoints(registries, config.replace(admin_passwd=MASTER, list_db=False))

    for method, args in (("list", ()), ("drop", (MASTER, "x")), ("rename", (MASTER, "x", "y"))):
        with pytest.raises(AccessDenied):
            endpoints.dispatch_rpc("db", method, args)
    assert endpoints.dispatch_rpc("db", "server_version", ()) == "18.0"


def test_a_new_master_password_replaces_the_old_one(service):
    assert service("change_admin_password", MASTER, "another") is True

    with pytest.raises(AccessDenied):
        service("drop", MASTER, "x")
    assert service("drop", "another", "no_such_database_here") is False


def test_wrong_calls_are_told_as_recorded(service):
    with pytest.raises(KeyError, match="Method not found: frob"):
        service("frob")
    with pytest.raises(IndexError):
        service("drop")


def test_languages_and_countries_are_listed(service):
    assert ["en_US"] == [code for code, _name in service("list_lang") if code == "en_US"]
    assert ["fr", "France"] in service("list_countries", MASTER)
    assert xmlrpc.client.dumps((service("list_lang"),))
