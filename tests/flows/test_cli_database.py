"""Databases from the command line: create, list, duplicate, rename, drop; what stdout, stderr and exit codes say."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from fondaco.security.credentials import verify_password
from fondaco.sql.fragment import SQL
from tests.fix_server import Fondaco

OWN_PARAMETERS = ["database.uuid", "database.secret"]


@pytest.fixture
def name(registries: Registries) -> Iterator[str]:
    """A name for new databases; what begins with it is dropped afterwards."""
    name = f"test_cli_{uuid.uuid4().hex[:8]}"
    yield name
    for found in databases.names(registries):
        if found.startswith(name):
            databases.drop(registries, found)


def stored_login(registries: Registries, name: str) -> tuple[str, str]:
    with registries.pools.cursor(name) as cr:
        [(login, password)] = cr.fetch(SQL("SELECT login, password FROM res_users WHERE id = 2"))
    return login, password


def test_t15_a_created_database_has_a_generated_password_shown_once(
    fondaco: Fondaco, registries: Registries, name: str
) -> None:
    done = fondaco.run("db", "create", name, "--json")

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["database"], result["login"]) == (name, "admin")
    login, stored = stored_login(registries, name)
    assert login == "admin"
    assert verify_password(result["password"], stored)
    assert not verify_password("admin", stored)


def test_login_and_password_may_be_given(fondaco: Fondaco, registries: Registries, name: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")

    fondaco.run("db", "create", name, "--login=jo", f"--password-file={tmp_path / 'password'}", check=True)
    done = fondaco.run("db", "create", f"{name}_2", "--json", FONDACO_ADMIN_PASSWORD="from the environment")

    login, stored = stored_login(registries, name)
    assert login == "jo"
    assert verify_password("from a file", stored)
    assert "password" not in json.loads(done.stdout)
    assert verify_password("from the environment", stored_login(registries, f"{name}_2")[1])


def test_the_second_database_of_the_same_modules_is_a_copy(fondaco: Fondaco, registries: Registries, name: str) -> None:
    fondaco.run("db", "create", f"{name}_1", check=True)

    fondaco.run("db", "create", f"{name}_2", check=True)

    values = []
    for number in (1, 2):
        with registries.pools.cursor(f"{name}_{number}") as cr:
            values += cr.fetch(SQL("SELECT value FROM ir_config_parameter WHERE key = ANY(%s)", OWN_PARAMETERS))
    assert len(set(values)) == 4
    assert not any(found.startswith("_fondaco_") for found in fondaco.run("db", "list").stdout.split())


def test_d5_the_life_of_a_database_needs_no_server(fondaco: Fondaco, name: str, tmp_path: Path) -> None:
    def told(*arguments: str) -> object:
        return json.loads(fondaco.run("db", *arguments, "--json", check=True).stdout)

    dump = str(tmp_path / "it.zip")

    assert told("create", name)["database"] == name
    assert told("dump", name, dump)["file"] == dump
    assert told("clone", name, f"{name}_2", "--live") == {"database": f"{name}_2", "neutralized": False}
    statements = fondaco.run("neutralize", "-d", f"{name}_2", "--stdout", check=True).stdout
    assert "UPDATE ir_cron" in statements and fondaco.run("neutralize").returncode == 2
    assert fondaco.run("neutralize", "-d", f"{name}_2", check=True).stdout == f"{name}_2 neutralized\n"
    active = "print(env['ir.cron'].search_count([('active', '=', True)]))"
    assert fondaco.run("shell", "-d", f"{name}_2", stdin=active, check=True).stdout in ("0\n", "1\n")
    assert told("drop", name) == {"dropped": name}
    assert told("restore", name, dump) == {"database": name}
    assert {"name": name} in told("list")


def test_s19_a_database_is_listed_duplicated_without_a_life_renamed_and_dropped(fondaco: Fondaco, name: str) -> None:
    fondaco.run("db", "create", name, check=True)
    asked = "print(env['ir.config_parameter'].sudo().get_param('database.is_neutralized'))"

    assert {"name": name} in json.loads(fondaco.run("db", "list", "--json").stdout)
    assert fondaco.run("db", "duplicate", name, f"{name}_2").stdout == (
        f"database {name} copied to {name}_2; neutralised: no mail, no jobs\n"
    )
    assert fondaco.run("shell", "-d", f"{name}_2", stdin=asked, check=True).stdout == "true\n"
    assert fondaco.run("db", "duplicate", name, f"{name}_4", "--live", "--neutralize").returncode == 2
    assert fondaco.run("db", "rename", f"{name}_2", f"{name}_3").returncode == 0
    assert fondaco.run("db", "drop", f"{name}_3", "--json").stdout == f'{{"dropped":"{name}_3"}}\n'
    assert [found for found in fondaco.run("db", "list").stdout.split() if found.startswith(name)] == [name]


def test_exit_codes_tell_what_was_wrong(fondaco: Fondaco, name: str) -> None:
    fondaco.run("db", "create", name, check=True)

    again = fondaco.run("db", "create", name)
    missing = fondaco.run("db", "drop", f"{name}_no")
    wrong = fondaco.run("db", "create", "no/name")
    unknown = fondaco.run("db", "create", f"{name}_x", "-i", "no_such_module")

    assert (again.returncode, again.stderr) == (
        5,
        f"fondaco: database {name!r} exists already; drop it first, or choose another name\n",
    )
    assert missing.returncode == 3
    assert f"database '{name}_no' does not exist" in missing.stderr
    assert wrong.returncode in (1, 2)
    assert unknown.returncode in (1, 3)
    assert "no_such_module" in unknown.stderr
    assert all(done.stdout == "" for done in (again, missing, wrong, unknown))


def test_modules_are_installed_in_an_existing_database(fondaco: Fondaco, registries: Registries, name: str) -> None:
    fondaco.run("db", "create", name, check=True)

    done = fondaco.run("-d", name, "-i", "product", "--stop-after-init")

    assert done.returncode == 0, done.stderr
    with registries.pools.cursor(name) as cr:
        installed = [row[0] for row in cr.fetch(SQL("SELECT name FROM ir_module_module WHERE state = 'installed'"))]
    assert {"base", "web", "uom", "product"} <= set(installed)


def test_w17_init_creates_the_database_and_tells_the_password(
    fondaco: Fondaco, registries: Registries, name: str
) -> None:
    done = fondaco.run("-d", name, "-i", "base", "--stop-after-init")

    assert done.returncode == 0, done.stderr
    password = done.stderr.partition("password ")[2].split()[0]
    assert verify_password(password, stored_login(registries, name)[1])


def test_init_fills_a_database_that_was_created_empty_by_sql(
    fondaco: Fondaco, registries: Registries, name: str
) -> None:
    """The manuals have people create the database in psql before the first start."""
    with registries.pools.autocommit("postgres") as cr:
        cr.run(SQL("CREATE DATABASE %s", SQL.identifier(name)))

    done = fondaco.run("-d", name, "-i", "base", "--stop-after-init")

    assert done.returncode == 0, done.stderr
    login, stored = stored_login(registries, name)
    assert login == "admin"
    assert verify_password(done.stderr.partition("password ")[2].split()[0], stored)
    with registries.pools.cursor(name) as cr:
        [(identities,)] = cr.fetch(
            SQL("SELECT count(value) FROM ir_config_parameter WHERE key = ANY(%s)", OWN_PARAMETERS)
        )
    assert identities == 2

    again = fondaco.run("-d", name, "-i", "base", "--stop-after-init")

    assert (again.returncode, stored_login(registries, name)) == (0, (login, stored))


def test_serving_a_database_that_is_not_there_is_an_error(fondaco: Fondaco, name: str) -> None:
    done = fondaco.run("-d", name, "--stop-after-init")

    assert done.returncode == 3
    assert f"create it with `fondaco db create {name}`" in done.stderr


def test_a_script_runs_in_the_shell(fondaco: Fondaco, database: str) -> None:
    script = "print(env['res.users'].browse(2).login, env.cr.dbname)"

    done = fondaco.run("shell", "-d", database, stdin=script)

    assert done.stdout == f"admin {database}\n", done.stderr


def test_a_scaffold_is_an_addon_that_installs_and_passes_its_test(fondaco: Fondaco, tmp_path: Path) -> None:
    made = fondaco.run("scaffold", "boat_house", str(tmp_path), check=True)

    assert f"{tmp_path / 'boat_house'} made" in made.stdout
    done = fondaco.run("test", "boat_house", f"--addons-path={tmp_path}", "--json", check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["tests"], report["passed"]) == (1, 1), done.stderr
    assert "is there already" in fondaco.run("scaffold", "boat_house", str(tmp_path)).stderr
    assert "cannot be imported" in fondaco.run("scaffold", "Boat-House", str(tmp_path)).stderr


PRINTS = """
arch = '<t t-name="base.letter"><t t-call="web.html_container"><t t-foreach="docs" t-as="o"><t t-call="web.external_layout"><p>x</p></t></t></t></t>'
env['ir.ui.view'].create({'name': 'letter', 'type': 'qweb', 'key': 'base.letter', 'arch': arch})
report = env['ir.actions.report'].create({'name': 'Letter', 'model': 'res.partner', 'report_name': 'base.letter'})
print({report._render_qweb_pdf(report, [1, 3])[0][:4] for _turn in range(12)})
"""  # noqa: E501


def test_a_script_that_prints_many_documents_ends_well(fondaco: Fondaco, database: str) -> None:
    """Fonts outlive Python in the library that lays out: the process ended with a segmentation fault."""
    done = fondaco.run("shell", "-d", database, stdin=PRINTS)

    assert (done.returncode, done.stdout) == (0, "{b'%PDF'}\n"), done.stderr


@pytest.mark.parametrize("hostile", ["../x", 'x"; DROP DATABASE postgres; --', "host=evil", "template9"])
def test_a_name_is_no_sql_path_or_address(fondaco: Fondaco, registries: Registries, hostile: str) -> None:
    done = fondaco.run("db", "create", hostile)

    assert done.returncode != 0
    assert f"database name {hostile!r}" in done.stderr
    assert "Traceback" not in done.stderr
    assert hostile not in databases.names(registries)
