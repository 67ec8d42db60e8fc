"""A first database made of an image is the one that the installer makes, but for what no two databases share."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import secrets
import subprocess
from argparse import Namespace
from types import SimpleNamespace

import pytest

from fondaco.cli import database
from fondaco.modules import databases as whole
from fondaco.modules import fingerprint, image, recording
from fondaco.modules.databases import ALWAYS, NewDatabase
from fondaco.modules.image import Image
from fondaco.modules.manifest import AddonsPath
from fondaco.modules.plan import Request, make_plan
from fondaco.modules.registries import Registries
from fondaco.sql import databases, programs
from fondaco.storage.stores import store_of
from tests.fix_database import LOGIN, PASSWORD
from tests.modules import inventory

OWN = {
    ("ir_config_parameter", "value"): "key IN ('database.uuid', 'database.secret', 'database.create_date')",
    ("ir_cron", "nextcall"): "true",
    ("res_users", "password"): "id = 2",
}
"""Values that are a database's own: column, and in which rows."""
DATES = ("create_date", "write_date")
NAMES_OF_TABLES = """
    SELECT oid::regclass::text FROM pg_class
     WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', '_fondaco')
"""
COLUMNS = """
    SELECT attname::text FROM pg_attribute
     WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
IDENTITY = "SELECT key, value FROM ir_config_parameter WHERE key IN ('database.uuid', 'database.secret')"
SEQUENCES = "SELECT sequencename::text, last_value FROM pg_sequences ORDER BY 1"


@pytest.fixture(scope="module")
def installed(registries):
    """The name of a database that was made step by step."""
    name = f"installed_{secrets.token_hex(4)}"
    registries.create(name, ALWAYS)
    yield name
    whole.drop(registries, name)


@pytest.fixture(scope="module")
def recorded(registries, installed, tmp_path_factory):
    """The image of it, and its file."""
    file = tmp_path_factory.mktemp("image") / "first_database.image"
    made = recording.taken(registries, installed, ALWAYS)
    file.write_bytes(made.to_bytes())
    return made, file


def addon(path, name, **manifest):
    """An addons path with an addon of no more than a manifest."""
    (path / name).mkdir()
    (path / name / "__manifest__.py").write_text(repr({"name": name, "depends": ["base"], **manifest}))
    return AddonsPath([str(path)])


@pytest.fixture
def used(recorded, monkeypatch):
    """The image is where the package has it; log lines of its use."""
    monkeypatch.setattr(image, "FILE", recorded[1])
    return recorded[0]


@pytest.fixture
def names(registries):
    """names(): a name for a database, which is gone after the test."""
    made = []

    def name():
        made.append(f"imaged_{secrets.token_hex(4)}")
        return made[-1]

    yield name
    for one in made:
        if databases.exists(registries.pools, one):
            whole.drop(registries, one)


@pytest.fixture(scope="module")
def made(registries, recorded):
    """The name of a database of the image, made as a first one is."""
    name = f"imaged_{secrets.token_hex(4)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image, "FILE", recorded[1])
        patch.setattr(whole, "_is_first", lambda registries, template: True)
        patch.setattr(whole, "template_name", lambda config, new: f"{whole.TEMPLATE}{name}_of")
        whole.create(registries, NewDatabase(name, (), LOGIN, PASSWORD))
    yield name
    whole.drop(registries, name)


def dump(registries, name):
    """What pg_dump says of the structure."""
    said = subprocess.run(
        [programs.suiting(registries.pools).path("pg_dump"), "--schema-only", "--no-owner", "--no-privileges"],
        env=programs.environment(registries.pools, name), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [line for line in said.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def rows(cr):
    """{table: its rows as texts, in order}, without dates and what is a database's own; and what is."""
    cr.execute(NAMES_OF_TABLES)
    found, own = {}, {}
    for (table,) in cr.fetchall():
        cr.execute(COLUMNS, [table])
        columns = [f'"{name}"' for (name,) in cr.fetchall() if name not in DATES]
        for name, where in ((name, where) for (of, name), where in OWN.items() if of == table):
            cr.execute(f'SELECT "{name}"::text FROM {table} WHERE {where} ORDER BY 1')
            own[table] = [value for (value,) in cr.fetchall()]
            columns[columns.index(f'"{name}"')] = f'CASE WHEN NOT ({where}) THEN "{name}" END'
        cr.execute(f"SELECT ROW({', '.join(columns)})::text FROM ONLY {table} ORDER BY 1")
        found[table] = [row for (row,) in cr.fetchall()]
    return found, own


def identity(own):
    """The uuid and the secret of a database, without the day of its creation."""
    found = [value for value in own["ir_config_parameter"] if ":" not in value]
    assert len(found) == 2 and all(re.fullmatch(UUID, value) for value in found)
    return found


def files(registries, name):
    store = store_of(registries.config, name)
    return {key: store.read(key) for key in store.keys()}, store.marked()


def test_a_database_of_the_image_is_the_one_that_is_installed_but_for_what_is_its_own(registries, installed, made):
    assert dump(registries, made) == dump(registries, installed)
    with registries.pools.cursor(installed) as cr, registries.pools.cursor(made) as other:
        (by_steps, own), (imaged, its_own) = rows(cr), rows(other)
        positions = []
        for one in (cr, other):
            one.execute(SEQUENCES)
            positions.append(one.fetchall())
        for one in (cr, other):
            one.execute("SELECT min(create_date), max(write_date) FROM ir_model_data")
        (first, last), (its_first, its_last) = cr.fetchone(), other.fetchone()

    assert imaged.keys() == by_steps.keys()
    assert [table for table in imaged if imaged[table] != by_steps[table]] == []
    assert positions[0] == positions[1] and len(positions[0]) > 50
    assert files(registries, made) == files(registries, installed) != ({}, [])
    assert first <= last < its_first <= its_last
    assert own.keys() == its_own.keys() and len(own["ir_config_parameter"]) == 3
    assert set(identity(own)).isdisjoint(identity(its_own))
    assert {*its_own["ir_cron"]} == {f"{its_first:%Y-%m-%d %H:%M:%S}"}
    assert its_own["res_users"][0].startswith("$")


def test_a_module_that_comes_and_goes_leaves_the_same_in_both(registries, installed, made, names):
    left = []
    for source in (installed, made):
        name = names()
        whole.copy_rows_and_files(registries, source, name)
        registries.update(name, install=["contacts"])
        registries.update(name, uninstall=["contacts"])
        with registries.pools.cursor(name) as cr:
            left.append(inventory.take(cr))

    assert inventory.differences(*left) == []


def test_a_database_that_was_created_by_hand_is_filled_from_the_image(registries, used, names, caplog):
    name = names()
    databases.create(registries.pools, name, extensions=())

    with caplog.at_level("INFO"):
        whole.fill(registries, NewDatabase(name, ("base",), "ada", PASSWORD))

    assert f"database made of the image db={name}" in caplog.text
    with registries.get(name).cursor() as cr:
        cr.execute("SELECT login FROM res_users WHERE id = 2")
        assert cr.fetchone() == ("ada",)


def test_modules_that_only_this_addons_path_has_are_listed_and_languages_and_countries_come(
    used, names, tmp_path, config, pools, caplog
):
    addon(tmp_path, "only_beside_the_image")
    registries = Registries(config.replace(addons_path=[str(tmp_path)]), pools)
    name = names()

    with caplog.at_level("INFO"):
        registries.create(name, ALWAYS, country="FR")

    with registries.get(name).cursor() as cr:
        cr.execute("SELECT state FROM ir_module_module WHERE name = 'only_beside_the_image'")
        state = cr.fetchone()
        cr.execute("SELECT c.code FROM res_partner p JOIN res_country c ON c.id = p.country_id WHERE p.id = 1")
        country = cr.fetchone()
    assert f"database made of the image db={name}" in caplog.text
    assert (state, country) == (("uninstalled",), ("FR",))


def test_an_image_that_postgresql_refuses_leaves_the_database_as_it_was(registries, used, names, made):
    name = names()
    databases.create(registries.pools, name)
    store = store_of(registries.config, name)
    wrong = dataclasses.replace(used, after=f"{used.after}SELECT 1 / 0;")

    done = [image.apply(registries.pools, name, store, one, is_draft=True) for one in (wrong, used, used)]

    assert done == [False, True, False]  # what is not empty any more is no place for one
    with registries.pools.cursor(name) as cr, registries.pools.cursor(made) as other:
        cr.execute(IDENTITY)
        other.execute(IDENTITY)
        assert len({*cr.fetchall(), *other.fetchall()}) == 4


def test_what_a_packager_records_is_proved_and_lies_in_the_package(
    registries, installed, used, names, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(image, "FILE", tmp_path / "of_the_package.image")
    made = []

    def create(name, modules, *, from_image):
        made.append((name, modules, from_image))
        whole.copy_rows_and_files(registries, installed, name)

    monkeypatch.setattr(registries, "create", create)

    code = database._image(Namespace(json=True), SimpleNamespace(registries=registries))

    assert code == 0 and json.loads(capsys.readouterr().out)["file"] == str(image.FILE)
    assert Image.of_bytes(image.FILE.read_bytes()) == used
    assert [options for _name, *options in made] == [[ALWAYS, False]]
    left = databases.list_databases(registries.pools, hidden=True)
    assert [name for name in left if name.startswith(recording.DRAFT)] == []


def test_no_identity_and_no_password_is_in_an_image(used):
    content = b"".join(data for _table, data in used.rows)

    assert not re.search(UUID.encode(), content) and b"$pbkdf2" not in content


def test_a_creation_that_is_interrupted_leaves_nothing(registries, used, names, monkeypatch):
    name = names()
    drafts = []

    def interrupted(pools, draft, *args, **options):
        drafts.append(draft)
        raise KeyboardInterrupt

    monkeypatch.setattr(image, "apply", interrupted)
    monkeypatch.setattr(whole, "template_name", lambda config, new: f"{whole.TEMPLATE}{name}_of")
    with pytest.raises(KeyboardInterrupt):
        whole.create(registries, NewDatabase(name, (), LOGIN, PASSWORD), more_follow=True)

    assert drafts and not databases.exists(registries.pools, name)
    assert not databases.exists(registries.pools, drafts[0])


# -- whether it fits ------------------------------------------------------------------------------------------------
@pytest.fixture
def fits(used, config):
    """fits(): whether the image stands for an installation of base and web with these settings."""

    def fits(addons=None, modules=ALWAYS, with_demo=False, **settings):
        addons = addons or AddonsPath()
        plan = make_plan(addons.manifests(), {}, Request.of(install=modules))
        return image.fitting(config.replace(**settings), addons, plan, with_demo=with_demo) is not None

    assert fits()
    return fits


def test_an_image_is_used_only_for_what_it_was_made_of(fits, tmp_path):
    beside = addon(tmp_path, "imaged_beside")
    drawn = addon(tmp_path / "imaged_beside", "imaged_drawn", depends=["web"], auto_install=True)

    assert fits(addons=beside)
    assert not fits(addons=beside, server_wide_modules=["base", "web", "imaged_beside"])
    assert not fits(addons=drawn)
    assert not fits(modules=("base", "web", "contacts"))
    assert not fits(with_demo=True)
    assert not fits(unaccent=True)


def test_an_image_of_other_code_is_not_used(fits, monkeypatch):
    monkeypatch.setattr(fingerprint, "of_contents", lambda addons, modules: "other")

    assert not fits()


def test_one_byte_of_a_data_file_counts_and_when_it_was_written_does_not(tmp_path):
    addons, file = addon(tmp_path, "imaged_byte"), tmp_path / "imaged_byte/imaged.xml"
    file.write_text("<odoo/>")
    first = fingerprint.of_contents(addons, ["imaged_byte"])

    os.utime(file, (1, 1))
    again = fingerprint.of_contents(addons, ["imaged_byte"])
    file.write_text("<odoo/> ")

    assert first == again != fingerprint.of_contents(addons, ["imaged_byte"])


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data[:3], lambda data: data[:-9] + b"123456789"]
)
def test_a_damaged_image_is_not_used(fits, recorded, tmp_path, monkeypatch, damage):
    damaged = tmp_path / "damaged.image"
    damaged.write_bytes(damage(recorded[1].read_bytes()))
    monkeypatch.setattr(image, "FILE", damaged)

    assert not fits()
