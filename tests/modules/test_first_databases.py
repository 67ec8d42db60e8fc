"""When is a template kept? With the second database of its kind, and with the first where others are expected."""

from __future__ import annotations

import secrets

import pytest

from fondaco.errors import DatabaseExists
from fondaco.modules import databases as whole
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.sql import databases


@pytest.fixture
def maker(config, pools, tmp_path, monkeypatch):
    """(registries of a data directory of its own, names of what was installed): an installation is two small tables."""
    installed = []

    def install(registries, new, name, progress, hashed, *, in_place=False):
        installed.append(name)
        databases.create(pools, name, extensions=())
        with pools.cursor(name) as cr:
            cr.execute("CREATE TABLE res_users (id int, login text, password text)")
            cr.execute("INSERT INTO res_users (id) VALUES (2)")
            cr.execute("CREATE TABLE ir_config_parameter (key text, value text)")

    monkeypatch.setattr(whole, "_install", install)
    monkeypatch.setattr(whole, "hash_password", lambda password: f"hash of {password}")
    return Registries(config.replace(data_dir=str(tmp_path)), pools), installed


@pytest.fixture
def kind(pools):
    """Databases that nobody else asks for: kind("a") is one of them, by the end of its name."""
    mark = secrets.token_hex(4)
    yield lambda end: NewDatabase(f"kind_{mark}_{end}", (), f"login-{end}", "secret", country=mark)
    for name in databases.list_databases(pools, hidden=True):
        if mark in name:
            databases.drop(pools, name)


def template_of(registries, new):
    return whole.template_name(registries.config, new)


def test_the_second_database_of_a_kind_leaves_a_template_and_the_third_is_a_copy(maker, kind, pools):
    registries, installed = maker
    template = template_of(registries, kind("a"))

    try:
        kept = []
        for end in "abc":
            whole.create(registries, kind(end))
            kept.append(databases.exists(pools, template))
        with pools.cursor(kind("a").name) as cr:
            cr.execute("SELECT login, password FROM res_users")
            first = cr.fetchall()
    finally:
        databases.drop(pools, template)

    assert kept == [False, True, True]
    assert len(installed) == 2 and all(name.startswith(whole.DRAFT) for name in installed)
    assert first == [("login-a", "hash of secret")]
    assert not [name for name in databases.list_databases(pools, hidden=True) if name in installed]


def test_a_first_database_that_cannot_be_noted_is_there_all_the_same(maker, kind, pools, tmp_path, caplog):
    """The creation failed with the database in place, and tried again it existed."""
    registries, _installed = maker
    (tmp_path / whole.FIRSTS).symlink_to("nowhere/at_all")  # as where the data directory cannot be written

    whole.create(registries, kind("a"))
    is_there = databases.exists(pools, kind("a").name)
    databases.drop(pools, kind("a").name)

    assert is_there
    assert f"first database not noted db={kind('a').name}" in caplog.text


def test_where_others_are_expected_the_first_leaves_one(maker, kind, pools):
    registries, installed = maker
    template = template_of(registries, kind("a"))

    whole.create(registries, kind("a"), more_follow=True)
    is_kept = databases.exists(pools, template)
    databases.drop(pools, template)

    assert is_kept and len(installed) == 1


def test_a_first_database_whose_name_was_taken_meanwhile_leaves_nothing(maker, kind, pools, monkeypatch):
    registries, installed = maker
    move = whole._move

    def late(registries, *changes):
        databases.create(pools, kind("a").name, extensions=())
        move(registries, *changes)

    monkeypatch.setattr(whole, "_move", late)

    with pytest.raises(DatabaseExists):
        whole.create(registries, kind("a"))

    assert not databases.exists(pools, installed[0])


def test_a_copy_that_fails_before_it_has_a_password_never_had_its_name(maker, kind, pools, monkeypatch):
    registries, _installed = maker
    template = template_of(registries, kind("a"))
    whole.create(registries, kind("a"), more_follow=True)
    was_listed = []

    def renew(_cr):
        was_listed.append(kind("b").name in whole.names(registries))
        raise KeyboardInterrupt

    try:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(whole, "renew_identity", renew)
            whole.create(registries, kind("b"))
        is_there = databases.exists(pools, kind("b").name)
        whole.create(registries, kind("b"))
        with pools.cursor(kind("b").name) as cr:
            cr.execute("SELECT login, password FROM res_users")
            made = cr.fetchall()
    finally:
        databases.drop(pools, template)

    assert (was_listed, is_there) == ([False], False)
    assert made == [("login-b", "hash of secret")]
    drafts = template.rpartition("_")[0].replace(whole.TEMPLATE, whole.DRAFT)
    assert not [name for name in databases.list_databases(pools, hidden=True) if name.startswith(drafts)]
