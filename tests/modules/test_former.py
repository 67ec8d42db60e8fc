"""What is kept of a database from before its upgrade goes where that goes, and to nobody else."""

from __future__ import annotations

import io
import secrets

import pytest

from fondaco.errors import DatabaseExists
from fondaco.modules import databases as whole
from fondaco.modules import dumps, former, restore
from fondaco.modules.databases import NewDatabase
from fondaco.sql import databases, readable
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of


def is_kept(registries, name):
    return databases.exists(registries.pools, former.kept_name(name))


def test_what_is_kept_of_a_database_follows_its_name_and_goes_with_it(registries):
    pools, name = registries.pools, f"renamed_{secrets.token_hex(4)}"
    new = f"{name}_since"
    for each in (name, former.kept_name(name)):
        databases.create(pools, each, extensions=())
    before, after = (store_of(registries.config, former.kept_name(each)) for each in (name, new))
    key = before.write(b"of before")

    whole.rename(registries, name, new)
    kept = [(one.of, one.is_there) for one in former.listed(registries) if one.of in (name, new)]
    has_files = (before.exists(key), after.exists(key))
    whole.drop(registries, new)

    assert kept == [(new, True)] and has_files == (False, True)
    assert not [one for one in former.listed(registries) if one.of in (name, new)]
    assert not after.exists(key)


class Killed(BaseException):
    """What stops a process in the middle."""


@pytest.fixture
def forsaken(registries):
    """(name, key of a file): a name that nobody has, of which something is kept."""
    name = f"again_{secrets.token_hex(4)}"
    databases.create(registries.pools, former.kept_name(name), extensions=())
    yield name, store_of(registries.config, former.kept_name(name)).write(b"of somebody else")
    former.drop(registries, name)
    databases.drop(registries.pools, name)
    store_of(registries.config, name).drop()


@pytest.mark.parametrize("way", ["created", "restored", "copied", "renamed"])
def test_a_new_database_has_nothing_of_who_had_its_name_before(registries, db, forsaken, way):
    name, key = forsaken
    if way == "created":
        whole.create(registries, NewDatabase(name, password="secret"))
    elif way == "restored":
        dump = io.BytesIO()
        dumps.write(registries, db, dump, dumps.CUSTOM)
        restore.restore(registries, name, dump)
    elif way == "copied":
        whole.duplicate(registries, db, name)
    else:
        databases.create(registries.pools, f"{name}_other", extensions=())
        whole.rename(registries, f"{name}_other", name)

    assert databases.exists(registries.pools, name)
    assert not is_kept(registries, name)
    assert not store_of(registries.config, former.kept_name(name)).exists(key)


def test_who_is_killed_while_a_database_is_dropped_leaves_nothing_of_before_its_upgrade(
    registries, forsaken, monkeypatch
):
    name, _key = forsaken
    databases.create(registries.pools, name, extensions=())

    def stop_at_last(pools, each, drop=databases.drop):
        if each == name:
            raise Killed
        return drop(pools, each)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(databases, "drop", stop_at_last)
        whole.drop(registries, name)

    assert databases.exists(registries.pools, name) and not is_kept(registries, name)


def test_a_database_and_what_is_kept_of_it_change_their_names_together_or_not_at_all(
    registries, db, forsaken, monkeypatch
):
    name, new = forsaken[0], f"{forsaken[0]}_since"
    databases.create(registries.pools, name, extensions=())
    monkeypatch.setattr(former, "changes", lambda *_names: [(former.kept_name(name), db)])  # in the way

    with pytest.raises(DatabaseExists):
        whole.rename(registries, name, new)

    assert databases.exists(registries.pools, name) and not databases.exists(registries.pools, new)
    assert is_kept(registries, name)
    store_of(registries.config, new).drop()


def test_what_is_kept_of_a_database_that_is_gone_goes_by_its_own_name(registries, fondaco):
    name = f"a_name_of_more_than_thirty_letters_{secrets.token_hex(4)}"
    kept = former.kept_name(name)
    databases.create(registries.pools, kept, extensions=())

    told = fondaco.run("upgrade", "--list", check=True).stdout
    fondaco.run("upgrade", "-d", kept, "--forget", check=True)

    assert f"`-d {kept} --forget` frees its room" in told
    assert not is_kept(registries, name)


def test_what_is_dropped_while_it_is_listed_is_not_listed(registries, forsaken, monkeypatch):
    name = forsaken[0]

    def drop_before(pools, each, size=databases.size):
        if each == former.kept_name(name):
            databases.drop(pools, each)
        return size(pools, each)

    monkeypatch.setattr(databases, "size", drop_before)

    assert name not in [one.of for one in former.listed(registries)]


@pytest.mark.parametrize(("mark", "since"), [("1", None), ("2026-11-28 21:40", "2026-11-28 21:40")])
def test_since_when_something_is_kept_is_a_date_or_not_known(registries, forsaken, mark, since):
    with registries.pools.cursor(former.kept_name(forsaken[0])) as cr:
        cr.execute("CREATE TABLE ir_config_parameter (key varchar, value text)")
        cr.run(SQL("INSERT INTO ir_config_parameter VALUES (%s, %s)", readable.MARK, mark))
        cr.commit()

    assert [one.since for one in former.listed(registries) if one.of == forsaken[0]] == [since]


def test_the_date_of_one_that_was_killed_gives_way(registries, db):
    with registries.pools.cursor(db) as cr:
        cr.run(SQL("INSERT INTO ir_config_parameter (key, value) VALUES (%s, '2001-01-01 00:00')", readable.MARK))
        cr.commit()
    with readable.alone(registries.pools, db), readable.closed(registries.pools, db):
        with registries.pools.cursor(db, readonly=True) as cr:
            (date,) = cr.fetch(SQL("SELECT value FROM ir_config_parameter WHERE key = %s", readable.MARK))[0]

    assert date > "2001-01-01 00:00"
