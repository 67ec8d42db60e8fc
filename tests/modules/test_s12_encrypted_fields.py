"""Encrypted fields: what the table shows, what records answer, how columns and keys change."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fondaco.checks import fields
from fondaco.checks.finding import Finding, Verdict
from fondaco.checks.site import Site
from fondaco.cli import encryption as command
from fondaco.cli.command import Exit
from fondaco.config import Config
from fondaco.config.commandline import Given
from fondaco.errors import ConfigError, UserError
from fondaco.modules import databases, encryption
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.orm import sealed_columns
from fondaco.orm.environment import Environment
from fondaco.orm.fields.encrypted import EncryptedChar
from fondaco.orm.vault import Vault
from fondaco.registry.transact import transact
from fondaco.rpc.call import execute_cr
from fondaco.security import keys
from fondaco.security.safe_eval import safe_eval
from fondaco.sql.connection import Pools
from fondaco.sql.fragment import SQL
from tests.fix_addons import AddonsFolder

PERSON = """
    from odoo import api, fields, models

    class Person(models.Model):
        _name = "s12.person"
        _description = "Person"
        _order = "name, id"
        _rec_name = "number"
        _sql_constraints = [("number", "UNIQUE(number, kind)", "This number is taken.")]

        name = fields.Char()
        kind = fields.Char(default="id")
        number = fields.Char(string="Number", size=20, encrypted=True)
        plain = fields.Char(string="The same, plain", size=20)
        note = fields.Text(encrypted=True, groups="base.group_system")
        memo = fields.Text()
        manager_id = fields.Many2one("s12.person")
        manager_number = fields.Char(related="manager_id.number")
        digits = fields.Char(compute="_compute_digits", store=True, encrypted=True)

        @api.depends("number")
        def _compute_digits(self):
            for person in self:
                person.digits = "".join(filter(str.isdigit, person.number or "")) or False

    class Employee(models.Model):
        _name = "s12.employee"
        _description = "Employee"
        _inherits = {"s12.person": "person_id"}

        person_id = fields.Many2one("s12.person", required=True, ondelete="cascade")
        wage = fields.Integer()
"""
RIGHTS = """
    id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink
    person,person,model_s12_person,base.group_user,1,1,1,1
    employee,employee,model_s12_employee,base.group_user,1,1,1,1
"""
PAGE = Path(__file__).parents[2] / "docs/operator/encryption.md"
BANK = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
"""The addon as operators are told to write it."""
IBAN, OTHER = "FR76 3000 6000 0112", "DE02 1203 0000 0000"


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("secret") / "keys")
    keys.add(path, "of the tests")
    return path


@pytest.fixture(scope="module")
def registries(folder: AddonsFolder, config: Config, pools: Pools, key_file: str) -> Registries:
    folder.write("s12_person", {"data": ["rights.csv"]}, models=PERSON, **{"ir.model.access.csv": RIGHTS})
    folder.write("s12_person", {"data": ["ir.model.access.csv"]})
    folder.write("s12_bank", {}, models=BANK)
    return Registries(config.replace(addons_path=[str(folder.path)], encryption_keys=key_file), pools)


@pytest.fixture(scope="module")
def database(registries: Registries) -> Iterator[str]:
    name = f"s12_{uuid.uuid4().hex[:8]}"
    databases.create(registries, NewDatabase(name, ()), more_follow=True)
    registries.update(name, install=["s12_person"])
    yield name
    databases.drop(registries, name)


@pytest.fixture
def env(registries: Registries, database: str) -> Iterator[Environment]:
    registry = registries.get(database)
    with closing(registry.cursor()) as cr:
        yield Environment(cr, 1, {})
    registry.clear_all_caches()


@pytest.fixture
def people(env: Environment) -> Any:
    return env["s12.person"].create(
        [
            {"name": "Ada", "number": "AB-1815", "plain": "AB-1815", "note": "first\nsecond"},
            {"name": "Bob", "number": "AB-1816", "plain": "AB-1816"},
            {"name": "Cid", "number": "", "plain": ""},
            {"name": "Dan"},
        ]
    )


def column(records: Any, name: str) -> list[Any]:
    """What the table has for the records."""
    sql = SQL(
        "SELECT %s FROM %s WHERE id = ANY(%s) ORDER BY id",
        SQL.identifier(name), SQL.identifier(records._table), records.ids,
    )  # fmt: skip
    return [None if value is None else bytes(value) for (value,) in records.env.execute_query(sql)]


def as_read_anew(records: Any) -> Any:
    records.env.flush_all()
    records.env.invalidate_all()
    return records


def test_s12_a_select_shows_ciphertext_and_records_show_the_text(people: Any, env: Environment) -> None:
    read = as_read_anew(people).read(["number", "note", "digits"])

    assert [row["number"] for row in read] == ["AB-1815", "AB-1816", "", False]
    assert [row["note"] for row in read] == ["first\nsecond", False, False, False]
    assert [row["digits"] for row in read] == ["1815", "1816", False, False]
    for name in ("number", "note", "digits"):
        values = column(people, name)
        assert not any(b"AB-18" in value or b"1815" in value or b"second" in value for value in values if value)
    assert [value is None for value in column(people, "number")] == [False, False, False, True]


LEAVES = [
    ("=", "AB-1815"), ("!=", "AB-1815"), ("=", "ab-1815"), ("=", False), ("!=", False), ("=", ""), ("!=", ""),
    ("in", ["AB-1815", "AB-1816"]), ("not in", ["AB-1815", "AB-1816"]), ("in", ["AB-1815", False]),
    ("not in", ["AB-1815", False]), ("in", []), ("not in", []), ("=", "none has it"), ("=?", False), ("=?", "AB-1816"),
    ("=", 1815),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "value"), LEAVES, ids=str)
def test_s12_equality_answers_as_for_a_plain_field(people: Any, operator: str, value: Any) -> None:
    model, own = people.browse(), ("id", "in", people.ids)
    as_read_anew(people)

    found = model.search([own, ("number", operator, value)])

    assert found == model.search([own, ("plain", operator, value)])
    assert people.filtered_domain([("number", operator, value)]) == found
    assert model.search([own, "!", ("number", operator, value)]) == people - found


def test_s12_a_search_reaches_an_encrypted_field_behind_links(people: Any) -> None:
    people[1].manager_id = people[0]
    as_read_anew(people)

    assert people.search([("manager_id.number", "=", "AB-1815")]) == people[1]
    assert people.search([("manager_number", "in", ["AB-1815"])]) == people[1]
    assert people[1].manager_number == "AB-1815"


def test_s12_who_knows_the_whole_value_finds_the_record_by_it_as_name(people: Any) -> None:
    as_read_anew(people)

    assert people.name_search("AB-1815") == [(people[0].id, "AB-1815")]
    assert people.name_search("AB-18") == []


@pytest.mark.parametrize("operator", ["like", "ilike", "not ilike", "=like", "=ilike", "<", ">=", "not like"])
def test_s12_what_the_database_would_have_to_see_is_refused_without_telling_the_value(
    people: Any, operator: str
) -> None:
    with pytest.raises(UserError, match=r"s12\.person\.number is encrypted and cannot be searched") as caught:
        people.search([("number", operator, "AB-1815")])
    assert "1815" not in str(caught.value)


def test_s12_order_groups_and_aggregates_are_refused(people: Any) -> None:
    for ask in (
        lambda: people.search([], order="number desc"),
        lambda: people._read_group([], ["number"]),
        lambda: people._read_group([], [], ["number:max"]),
        lambda: people.read_group([], ["name"], ["number"]),
    ):
        with pytest.raises(UserError, match=r"s12\.person\.number is encrypted and cannot be"):
            ask()
    described = people.fields_get(["number", "plain"], ["sortable", "groupable", "searchable", "encrypted"])
    assert described["number"] == {"sortable": False, "groupable": False, "searchable": True, "encrypted": True}
    assert described["plain"] == {"sortable": True, "groupable": True, "searchable": True}


def test_s12_an_inherited_or_related_field_is_refused_as_the_one_behind_it(people: Any, env: Environment) -> None:
    employee = env["s12.employee"].create({"name": "Eve", "number": "E-1", "kind": "e", "wage": 3})
    people[1].manager_id = people[0]
    as_read_anew(people)

    assert employee.search([("number", "=", "E-1")]) == employee and employee.number == "E-1"
    for ask in (
        lambda: employee._read_group([], ["number"], ["wage:sum"]),
        lambda: employee._read_group([], [], ["number:max"]),
        lambda: employee.search([], order="number"),
        lambda: employee.search([("number", "ilike", "E")]),
        lambda: people._read_group([], ["manager_number"]),
        lambda: people.search([], order="manager_number"),
    ):
        with pytest.raises(UserError, match=r"s12\.person\.number is encrypted and cannot be"):
            ask()
    for model, name in ((employee, "number"), (people, "manager_number")):
        described = model.fields_get([name], ["encrypted", "sortable", "groupable"])[name]
        assert described == {"encrypted": True, "sortable": False, "groupable": False}


def test_s12_code_of_actions_reaches_no_key(people: Any, env: Environment) -> None:
    field = people._fields["number"]
    for source in (
        "field.box()", "registry.vault", "box.vault", "box.vault.ring", "vault.ring", "vault.index_secret()",
        "vault.cipher_of(b'')", "'{0.vault}'.format(box)", "'{0.ring}'.format(vault)",
    ):  # fmt: skip
        names = {"field": field, "registry": env.registry, "box": field.box(), "vault": env.registry.vault}
        with pytest.raises(ValueError, match="is not allowed"):
            safe_eval(source, names)


def test_s12_the_receipt_of_a_save_tells_nothing_of_the_value(people: Any, env: Environment) -> None:
    key = uuid.uuid4().hex
    person = people[0].with_context(save_key=key)

    person.web_save({"number": "GUESS-ME"}, {"number": {}})

    receipt = env["web.save.receipt"].search([("key", "ilike", key)])
    assert "number" in receipt.written
    guesses = [json.dumps(text).encode() for text in ("GUESS-ME", "AB-1815")]
    assert not {hashlib.sha256(guess).hexdigest() for guess in guesses} & set(receipt.written["number"])


def test_s12_a_unique_constraint_holds_for_values_that_nobody_can_compare(people: Any, env: Environment) -> None:
    env.flush_all()

    with pytest.raises(psycopg.errors.UniqueViolation) as caught, env.cr.savepoint():
        people.create({"name": "Eve", "number": "AB-1815"})
    assert "AB-1815" not in str(caught.value)
    assert people.create({"name": "Eve", "number": "AB-1815", "kind": "other"})


def test_s12_writes_copies_and_forms_carry_the_text(people: Any, env: Environment) -> None:
    people[:2].write({"number": "the same", "kind": False})  # NULL: the constraint lets both have it
    copy = people[0].copy({"name": "Copy", "kind": "copy"})
    as_read_anew(people)

    assert people.mapped("number") == ["the same", "the same", "", False]
    assert copy.number == "the same" and copy.note == "first\nsecond"
    values = column(people, "number")
    assert values[0] != values[1] and values[0][:16] == values[1][:16]
    people[0].number = "x" * 30
    assert as_read_anew(people)[0].number == "x" * 20


def test_s12_exports_and_imports_carry_the_text(people: Any, env: Environment) -> None:
    rows = people[:2].export_data(["id", "name", "number"])["datas"]
    assert [row[2] for row in rows] == ["AB-1815", "AB-1816"]

    rows[0][2] = "ZZ-1"
    outcome = people.load(["id", "name", "number"], [*rows, [False, "New", "ZZ-2"]])

    assert not outcome["messages"]
    assert people.search([("number", "in", ["ZZ-1", "ZZ-2"])]).mapped("name") == ["Ada", "New"]


def test_s12_groups_hide_an_encrypted_field_as_any_other(people: Any, env: Environment) -> None:
    user = env["res.users"].create(
        {"name": "U", "login": uuid.uuid4().hex, "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )
    env.flush_all()

    seen = people.with_user(user)

    assert "note" not in seen.fields_get()
    assert seen[0].number == "AB-1815"
    with pytest.raises(UserError):
        seen.search([("note", "=", "first\nsecond")])


def test_s12_models_that_are_set_up_again_know_their_encrypted_fields(people: Any, env: Environment) -> None:
    known = sorted(map(str, env.registry.encrypted_fields))
    for _time in ("again", "once more"):
        env.registry.setup_models(env.cr)
        assert sorted(map(str, env.registry.encrypted_fields)) == known != []
        assert env["s12.person"].search([("number", "=", "AB-1815")]).mapped("number") == ["AB-1815"]


def test_s12_queries_are_as_many_as_for_a_plain_field(people: Any, env: Environment, queries: Any) -> None:
    def work(name: str) -> int:
        as_read_anew(people)
        with queries() as seen:
            people.search([("id", "in", people.ids), (name, "!=", "first")]).mapped(name)
            people[:3].write({name: "of all"})
            env.flush_all()
            people[0][name], people[1][name] = "of one", "of another"
            env.flush_all()
            people.create([{"name": "A", name: "A"}, {"name": "B", name: "B"}, {"name": "C", name: "B"}])
            env.flush_all()
        return len(seen)

    assert work("note") == work("memo") > 4


# -- values that do not open ---------------------------------------------------------------------------------------
def test_s12_a_value_that_was_moved_or_changed_is_refused_and_the_rest_of_the_record_is_read(
    people: Any, env: Environment
) -> None:
    env.flush_all()
    first, last = people[0], people[3]
    env.cr.execute(
        SQL("UPDATE s12_person SET note = (SELECT note FROM s12_person WHERE id = %s) WHERE id = %s", first.id, last.id)
    )
    env.cr.execute(SQL("UPDATE s12_person SET digits = number WHERE id = %s", first.id))
    as_read_anew(people)

    assert last.name == "Dan" and first.number == "AB-1815"
    refused = rf"s12\.person\.note of record {last.id} cannot be decrypted: it was changed, or was written for"
    with pytest.raises(UserError, match=refused):
        last.note
    with pytest.raises(UserError, match=rf"s12\.person\.digits of record {first.id} cannot be decrypted"):
        first.read(["digits"])
    env["res.lang"]._activate_lang("fr_FR")
    with pytest.raises(UserError, match=rf"s12\.person\.note de l’enregistrement {last.id} ne peut pas être déchiffré"):
        last.with_context(lang="fr_FR").note
    last.note = "new"
    assert as_read_anew(people)[3].note == "new"


def test_s12_without_its_key_a_server_reads_the_rest_and_writes_nothing(
    database: str, folder: AddonsFolder, config: Config, pools: Pools, tmp_path: Path, registries: Registries,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    stranger, kind = str(tmp_path / "keys"), uuid.uuid4().hex
    with registries.get(database).cursor() as cr:
        id_ = Environment(cr, 1, {})["s12.person"].create({"name": "Kept", "number": "K-1", "kind": kind}).id
    keys.add(stranger, "of somebody else")

    for path, message in ((stranger, "is not in"), ("", "encryption_keys is not set"), ("/none", "cannot be read")):
        there = Registries(config.replace(addons_path=[str(folder.path)], encryption_keys=path), pools)
        with closing(there.get(database).cursor()) as cr:
            person = Environment(cr, 1, {})["s12.person"].browse(id_)
            assert person.name == "Kept"
            with pytest.raises(UserError, match="cannot be decrypted: the server does not have the key"):
                person.number
            assert message in caplog.text
            for act in (
                lambda person=person: person.write({"number": "lost"}) and person.flush_recordset(),
                lambda person=person: person.search([("number", "=", "K-1")]),
            ):
                with pytest.raises(UserError, match="the server does not have the key") as caught:
                    act()
                assert not path or path not in str(caught.value)
                person.env.cr.rollback()
                person.env.invalidate_all(flush=False)
                person.env.clear()
    with closing(registries.get(database).cursor()) as cr:
        assert Environment(cr, 1, {})["s12.person"].browse(id_).number == "K-1"


# -- columns that become encrypted, and plain again ----------------------------------------------------------------
def test_s12_an_existing_column_is_encrypted_in_place_kept_through_upgrades_and_plain_after_the_uninstall(
    registries: Registries, folder: AddonsFolder, config: Config, pools: Pools
) -> None:
    name = f"s12_{uuid.uuid4().hex[:8]}"
    databases.create(registries, NewDatabase(name, ()), more_follow=True)
    try:
        with closing(registries.get(name).cursor()) as cr:
            before = column_facts(cr)
            partner = Environment(cr, 1, {})["res.partner"].create({"name": "Holder"})
            accounts = partner.env["res.partner.bank"].create(
                [{"partner_id": partner.id, "acc_number": number} for number in (IBAN, OTHER)]
            )
            partner.env.flush_all()
            cr.commit()
            ids = accounts.ids

        without_keys = Registries(config.replace(addons_path=[str(folder.path)]), pools)
        with pytest.raises(
            ConfigError, match="encryption_keys is not set; make a key with `fondaco encryption new-key"
        ):
            without_keys.update(name, install=["s12_bank"])
        with closing(registries.get(name).cursor()) as cr:
            assert column_facts(cr) == before
            assert cr.fetch(SQL("SELECT to_regclass('_fondaco.encryption')")) == [(None,)]

        registries.update(name, install=["s12_bank"])
        assert not plain_text_in(registries, name)
        accounts_answer(registries, name, ids)

        registries.update(name, upgrade=["base"])  # is changed before the module that encrypts is loaded
        assert not plain_text_in(registries, name)
        accounts_answer(registries, name, ids)
        with closing(registries.get(name).cursor()) as cr:
            assert isinstance(registries.get(name)["res.partner.bank"]._fields["acc_number"], EncryptedChar)
            env = Environment(cr, 1, {})
            with pytest.raises(psycopg.errors.UniqueViolation):
                env["res.partner.bank"].create({"partner_id": partner.id, "acc_number": IBAN.replace(" ", "")})

        addon = folder.path / "s12_bank"
        addon.rename(folder.path / "elsewhere")  # a disk that is not mounted asks for nothing to be decrypted
        try:
            registries.update(name, upgrade=["base"])
        finally:
            (folder.path / "elsewhere").rename(addon)
        assert not plain_text_in(registries, name)

        registries.update(name, uninstall=["s12_bank"])
        assert plain_text_in(registries, name)
        with closing(registries.get(name).cursor()) as cr:
            env = Environment(cr, 1, {})
            found = env["res.partner.bank"].browse(ids)
            assert found.mapped("acc_number") == [IBAN, OTHER]
            assert env["res.partner.bank"].search([("acc_number", "ilike", "fr76")]).ids == ids[:1]
            assert column_facts(cr) == before
            with pytest.raises(psycopg.errors.UniqueViolation):
                env["res.partner.bank"].create({"partner_id": partner.id, "acc_number": IBAN.replace(" ", "")})
    finally:
        databases.drop(registries, name)


def accounts_answer(registries: Registries, name: str, ids: list[int]) -> None:
    with closing(registries.get(name).cursor()) as cr:
        model = Environment(cr, 1, {})["res.partner.bank"]
        assert model.browse(ids).mapped("acc_number") == [IBAN, OTHER]
        assert model.search([("sanitized_acc_number", "=", IBAN.replace(" ", ""))]).ids == ids[:1]


def plain_text_in(registries: Registries, name: str) -> bool:
    """Whether the table, as PostgreSQL keeps it, has the account number in any live row."""
    with closing(registries.pools.cursor(name)) as cr:
        rows = cr.fetch(SQL("SELECT acc_number::text, sanitized_acc_number::text FROM res_partner_bank"))
    return any("FR76" in (value or "") for row in rows for value in row)


def column_facts(cr: Any) -> list[Any]:
    """Type, comment and requirement of the columns, and the indexes and constraints of the table."""
    columns = cr.fetch(
        SQL(
            """
            SELECT attname::text, atttypid::regtype::text, attnotnull, col_description(attrelid, attnum)
              FROM pg_attribute
             WHERE attrelid = 'res_partner_bank'::regclass AND attnum > 0 AND NOT attisdropped
             ORDER BY 1
            """
        )
    )
    indexes = cr.fetch(SQL("SELECT indexdef FROM pg_indexes WHERE tablename = 'res_partner_bank' ORDER BY 1"))
    return [columns, indexes]


def test_s12_a_row_that_changed_before_the_table_was_held_is_not_lost(registries: Registries, database: str) -> None:
    table = f"s12_{uuid.uuid4().hex[:8]}"
    name = SQL.identifier(table)

    def encrypt(cr: Any) -> None:
        sealed_columns.encrypt(cr, Vault.read(cr, registries.config), table, "code")

    with registries.pools.cursor(database) as cr:
        cr.execute(SQL("CREATE TABLE %s (id serial PRIMARY KEY, code varchar NOT NULL DEFAULT 'a')", name))
        cr.execute(SQL("INSERT INTO %s (code) VALUES ('one'), ('two')", name))
    with closing(registries.pools.cursor(database)) as cr:
        assert len(cr.fetch(SQL("SELECT id FROM %s", name))) == 2  # what this transaction sees is settled now
        with registries.pools.cursor(database) as other:
            other.execute(SQL("UPDATE %s SET code = 'ONE' WHERE code = 'one'", name))
        with pytest.raises(psycopg.errors.SerializationFailure, match="row 1 was changed while its column"):
            encrypt(cr)

    with registries.pools.cursor(database) as cr:
        encrypt(cr)
        box = Vault.read(cr, registries.config).box(table, "code")
        rows = cr.fetch(SQL("SELECT id, code FROM %s ORDER BY id", name))
        assert box is not None and [box.open(bytes(code), id_) for id_, code in rows] == ["ONE", "two"]
        cr.execute(SQL("DROP TABLE %s", name))


# -- other keys ----------------------------------------------------------------------------------------------------
@pytest.fixture
def ring(registries: Registries, database: str, key_file: str) -> Iterator[Any]:
    """The keys of the file, put back after the test; all values are by the first."""
    file = Path(key_file)
    before = file.read_text()
    yield lambda: [key.name for key in keys.read(key_file)]
    file.write_text(before + file.read_text())
    assert encryption.rotate(registries.pools, database, registries.config, str).left == 0
    file.write_text(before)


def committed(registries: Registries, database: str, count: int) -> list[int]:
    kind = uuid.uuid4().hex
    with registries.get(database).cursor() as cr:
        people = Environment(cr, 1, {})["s12.person"].create(
            [{"name": f"R{number}", "kind": kind, "number": f"R-{number}", "note": kind} for number in range(count)]
        )
        return people.ids


def test_s12_keys_are_rotated_while_people_write_and_a_run_that_ended_goes_on(
    registries: Registries, database: str, key_file: str, ring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_columns, "ROTATED_AT_ONCE", 7)
    ids = committed(registries, database, 60)
    first = ring()[0]
    new = keys.add(key_file, "second").name
    started, stop, errors = threading.Event(), threading.Event(), []

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1

            def work(env: Environment, number: int = number) -> None:
                person = env["s12.person"].browse(ids[number % len(ids)])
                assert person.number.startswith(("R-", "W-"))
                person.write({"number": f"W-{number}"})

            try:
                transact(registries.get(database), work, uid=1)
            except Exception as error:
                errors.append(error)  # shown by the assertions below
                return
            started.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert started.wait(60), errors
    with closing(registries.pools.cursor(database)) as cr:  # one that ends in the middle
        vault = Vault.read(cr, registries.config)
        sealed_columns.rotate(cr, vault.box("s12_person", "number"), "s12_person", "number", ids[20], {})
        cr.commit()
    done = encryption.rotate(registries.pools, database, registries.config, str)
    stop.set()
    writer.join(60)

    assert errors == [] and not writer.is_alive()
    assert not done.failed and not done.left
    found = encryption.survey(registries.pools, database, registries.config)
    assert found.keys == {new} and found.former(new) == 0
    assert ring() == [new, first]
    Path(key_file).write_text(Path(key_file).read_text().splitlines()[0] + "\n")  # the former key is not needed
    with closing(registries.get(database).cursor()) as cr:
        people = Environment(cr, 1, {})["s12.person"].browse(ids)
        assert all(number.startswith(("R-", "W-")) for number in people.mapped("number"))
        assert people.search([("id", "in", ids), ("number", "=", people[0].number)]) == people[0]


def test_s12_a_rotation_tells_which_values_do_not_open_and_keeps_them(
    registries: Registries, database: str, key_file: str, ring: Any
) -> None:
    first, second = committed(registries, database, 2)
    with registries.pools.cursor(database) as cr:
        copied = SQL("(SELECT note FROM s12_person WHERE id = %s)", first)
        cr.execute(SQL("UPDATE s12_person SET note = %s WHERE id = %s", copied, second))
    keys.add(key_file, "second")

    done = encryption.rotate(registries.pools, database, registries.config, str)

    assert list(done.failed) == [f"s12_person.note {second}"] and done.left == 1
    assert "written for another row" in done.failed[f"s12_person.note {second}"]
    with registries.get(database).cursor() as cr:
        people = Environment(cr, 1, {})["s12.person"]
        assert people.browse(first).note
        people.browse(second).unlink()


def test_s12_the_commands_make_keys_tell_their_state_and_rotate(
    registries: Registries, database: str, key_file: str, ring: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(registries, database, 1)
    config = registries.config.replace(db_name=[database])

    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        command.COMMAND.add_arguments(parser, Given())
        assert command.COMMAND.run(parser.parse_args(words), config) == Exit.OK
        return capsys.readouterr().out

    first = ring()[0]
    waiting = run("new-key", "--last").split()[2]
    assert ring() == [first, waiting]
    new = run("new-key", key_file).split()[2]
    assert ring() == [new, first, waiting]
    told = run("status")
    assert f"key {new} encrypts\nkey {first} opens" in told and "s12_person.number: " in told
    assert f"by {first}" in told and "missing" not in told
    assert "values encrypted anew; no former key is needed" in run("rotate")
    assert f"blind indexes by {new}" in run("status")


def test_s12_remote_calls_read_write_and_search(registries: Registries, database: str) -> None:
    (id_,) = committed(registries, database, 1)
    with closing(registries.get(database).cursor()) as cr:
        note = execute_cr(cr, 1, "s12.person", "read", [id_], ["note"])[0]["note"]
        execute_cr(cr, 1, "s12.person", "write", [id_], {"note": "by RPC"})

        assert execute_cr(cr, 1, "s12.person", "search_count", [("note", "=", note)]) == 0
        found = execute_cr(cr, 1, "s12.person", "search_read", [("note", "=", "by RPC")], ["number"])
        assert found == [{"id": id_, "number": "R-0"}]
        view = {"note": {}, "manager_number": {}}
        assert execute_cr(cr, 1, "s12.person", "web_read", [id_], view) == [
            {"id": id_, "note": "by RPC", "manager_number": False}
        ]


def test_s12_statements_and_their_log_have_ciphertext_only(
    people: Any, env: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "odoo.sql_db")
    people[0].number = "SECRET-1"
    env.flush_all()
    people.search([("number", "=", "SECRET-1")])

    assert "UPDATE" in caplog.text and "substr" in caplog.text
    assert "SECRET" not in caplog.text


def test_s12_a_copy_of_the_database_opens_as_it_does_and_its_values_open_nowhere_else(
    registries: Registries, database: str
) -> None:
    ids = committed(registries, database, 1)
    name = f"s12_{uuid.uuid4().hex[:8]}"
    databases.duplicate(registries, database, name, neutralized=True)
    try:
        with closing(registries.get(name).cursor()) as cr:
            person = Environment(cr, 1, {})["s12.person"].browse(ids)
            assert person.number == "R-0" and person.search([("id", "=", ids), ("number", "=", "R-0")]) == person
            assert b"R-0" not in column(person, "number")[0]
    finally:
        databases.drop(registries, name)


def test_s12_the_checklist_finds_a_former_key_in_use_and_one_that_is_missing(
    registries: Registries, database: str, key_file: str, ring: Any, tmp_path: Path
) -> None:
    committed(registries, database, 1)
    stranger = str(tmp_path / "keys")
    keys.add(stranger, "of somebody else")

    def finding(path: str) -> Finding:
        config = registries.config.replace(db_name=[database], encryption_keys=path)
        return fields.keys_in_use(Site(config, datetime.now(UTC), pools=registries.pools))

    assert finding(key_file).verdict is Verdict.PASS
    first, new = ring()[0], keys.add(key_file, "second").name
    former = finding(key_file)
    assert (former.verdict, former.next_step) == (Verdict.WARN, "fondaco encryption rotate")
    encryption.rotate(registries.pools, database, registries.config, str)
    assert finding(key_file).evidence.startswith(f"key {new} encrypts")
    for path in (stranger, "/nowhere/keys", ""):
        lost = finding(path)
        assert lost.verdict is Verdict.FAIL and f"need key {new}, which the server does not have" in lost.evidence
    assert first != new
