"""The tests of an addon are run by the command and by the server, and told as Odoo 18 tells them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.modules import databases
from fondaco.modules.registries import Registries
from tests.fix_server import Fondaco

MANIFEST = "{'name': 'Harbour', 'version': '18.0.1.0', 'depends': ['base', 'web'], 'license': 'LGPL-3'}"
MODELS = """
from odoo import api, fields, models

class Boat(models.Model):
    _name = "harbour.boat"
    _description = "Boat"
    name = fields.Char(required=True)
    length = fields.Float()
    fee = fields.Float(compute="_compute_fee", store=True)
    crew_ids = fields.One2many("harbour.sailor", "boat_id")
    tag_ids = fields.Many2many("res.partner.category")
    owner_id = fields.Many2one("res.partner")

    @api.depends("length")
    def _compute_fee(self):
        for boat in self:
            boat.fee = 3.5 * boat.length

    @api.onchange("owner_id")
    def _onchange_owner_id(self):
        if self.owner_id:
            self.name = f"The boat of {self.owner_id.name}"

class Sailor(models.Model):
    _name = "harbour.sailor"
    _description = "Sailor"
    name = fields.Char(required=True)
    rank = fields.Char(default="mate")
    boat_id = fields.Many2one("harbour.boat")
"""
CONTROLLERS = """
from odoo import http

class Harbour(http.Controller):
    @http.route("/harbour/boats", type="http", auth="user")
    def boats(self):
        http.request.env["harbour.boat"].create({"name": "From the page"})
        return ",".join(http.request.env["harbour.boat"].search([], order="id").mapped("name"))
"""
ACCESS = """id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink
boat,boat,model_harbour_boat,base.group_user,1,1,1,1
sailor,sailor,model_harbour_sailor,base.group_user,1,1,1,1
"""
VIEWS = """<odoo><record id="boat_form" model="ir.ui.view">
<field name="name">boat</field><field name="model">harbour.boat</field><field name="arch" type="xml">
<form><field name="owner_id"/><field name="name"/><field name="length" readonly="name == 'Sunk'"/>
<field name="fee"/><field name="tag_ids" widget="many2many_tags" invisible="length &gt; 100"/>
<field name="crew_ids"><list editable="bottom"><field name="name"/><field name="rank" readonly="1"/></list></field>
</form></field></record></odoo>"""
TESTS = """
from odoo.exceptions import UserError
from odoo.tests import Form, HttpCase, SingleTransactionCase, TransactionCase, new_test_user, tagged, users

class TestBoat(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boat = cls.env["harbour.boat"].create({"name": "Ada", "length": 10})
        new_test_user(cls.env, "skipper")

    def test_1_change(self):
        self.boat.length = 20
        self.env["harbour.boat"].create({"name": "Bea"})
        self.assertRecordValues(self.boat, [{"name": "Ada", "fee": 70, "crew_ids": []}])
        with self.assertRaises(AssertionError):
            self.env.cr.commit()

    def test_2_is_undone(self):
        self.assertEqual((self.boat.length, self.boat.fee), (10, 35))
        self.assertEqual(self.env["harbour.boat"].search_count([]), 1)

    @users("skipper", "admin")
    def test_users(self):
        self.assertIn(self.env.user.login, ("skipper", "admin"))
        self.assertFalse(self.env.su)

    def test_form(self):
        owner = self.env["res.partner"].create({"name": "Eve"})
        with Form(self.env["harbour.boat"]) as form:
            form.owner_id = owner
            self.assertEqual(form.name, "The boat of Eve")
            form.length = 2
            with form.crew_ids.new() as sailor:
                self.assertEqual(sailor.rank, "mate")
                sailor.name = "Tom"
                with self.assertRaises(AssertionError):
                    sailor.rank = "captain"
            form.tag_ids.add(self.env["res.partner.category"].create({"name": "Fast"}))
        boat = form.record
        self.assertEqual((boat.fee, boat.tag_ids.name), (7, "Fast"))
        self.assertRecordValues(boat.crew_ids, [{"name": "Tom", "rank": "mate"}])
        with Form(boat) as form:
            with form.crew_ids.edit(0) as sailor:
                sailor.name = "Tim"
            form.length = 200
            with self.assertRaises(AssertionError):
                form.tag_ids.clear()
        self.assertEqual(boat.crew_ids.name, "Tim")
        with Form(boat) as form:
            form.name = "Sunk"
            with self.assertRaises(AssertionError):
                form.length = 1
            form.crew_ids.remove(0)
        self.assertFalse(boat.crew_ids)
        with self.assertRaises(AssertionError):
            Form(self.env["harbour.boat"]).save()

    def test_a_failed_statement_does_not_end_the_test(self):
        with self.assertRaises(Exception):
            self.env.cr.execute("SELECT * FROM nothing_of_the_kind", log_exceptions=False)
        self.assertTrue(self.boat.exists())

class TestOnce(SingleTransactionCase):
    def test_1(self):
        type(self).kept = self.env["harbour.boat"].create({"name": "Kept"})

    def test_2(self):
        self.assertTrue(self.kept.exists())

@tagged("post_install", "-at_install")
class TestPage(HttpCase):
    def test_page_sees_the_test_and_the_test_the_page(self):
        self.env["harbour.boat"].create({"name": "Not committed"})
        self.assertIn("/web/login", self.url_open("/harbour/boats").url)
        self.authenticate("admin", "admin")
        self.assertEqual(self.url_open("/harbour/boats").text, "Not committed,From the page")
        self.assertEqual(self.env["harbour.boat"].search_count([("name", "=", "From the page")]), 1)

    def test_page_of_another_test_is_undone(self):
        self.assertEqual(self.env["harbour.boat"].search_count([]), 0)

    def test_tour(self):
        self.start_tour("/odoo", "harbour_tour")

@tagged("broken", "-standard")
class TestBroken(TransactionCase):
    def test_wrong(self):
        self.assertEqual(1, 2)

    def test_odd(self):
        raise UserError("no")
"""
PASSING = 9


@pytest.fixture(scope="module")
def addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("addons")
    files = {
        "__init__.py": "from . import controllers, models\n",
        "__manifest__.py": MANIFEST.replace("}", ", 'data': ['ir.model.access.csv', 'views.xml']}"),
        "models.py": MODELS,
        "controllers.py": CONTROLLERS,
        "ir.model.access.csv": ACCESS,
        "views.xml": VIEWS,
        "tests/__init__.py": "from . import test_harbour\n",
        "tests/test_harbour.py": TESTS,
    }
    for name, text in files.items():
        path = folder / "harbour" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def name(registries: Registries) -> Iterator[str]:
    name = f"test_harbour_{uuid.uuid4().hex[:8]}"
    yield name
    if name in databases.names(registries):
        databases.drop(registries, name)


def test_the_command_runs_them_on_a_database_of_their_own(
    fondaco: Fondaco, addons: Path, registries: Registries
) -> None:
    done = fondaco.run("test", "harbour", "--json", f"--addons-path={addons}")

    report = json.loads(done.stdout)
    assert report["problems"] == []
    assert (done.returncode, report["passed"], list(report["skipped"])) == (0, PASSING, ["TestPage.test_tour"])
    # other tests make and drop databases meanwhile: only the one of this run is looked for
    (name,) = set(re.findall(r"INFO (test_[0-9a-f]{12}) ", done.stderr))
    assert name not in databases.names(registries)


def test_tests_that_fail_are_told_and_counted(fondaco: Fondaco, addons: Path) -> None:
    done = fondaco.run("test", "harbour", "--test-tags=broken", f"--addons-path={addons}")

    assert done.returncode == 1
    assert "failure: harbour: TestBroken.test_wrong" in done.stdout
    assert "error: harbour: TestBroken.test_odd" in done.stdout
    assert "2 tests: 0 passed, 1 failed, 1 with errors, 0 skipped" in done.stdout


def test_an_installation_runs_them_and_ends_with_their_outcome(fondaco: Fondaco, addons: Path, name: str) -> None:
    path = f"--addons-path={addons}"

    good = fondaco.run("-d", name, "-i", "harbour", "--test-enable", "--stop-after-init", path)
    bad = fondaco.run("-d", name, "-u", "harbour", "--test-tags", "broken/harbour", "--stop-after-init", path)

    assert good.returncode == 0, good.stderr
    assert re.search(
        rf"INFO {name} odoo\.addons\.harbour\.tests\.test_harbour: Starting TestBoat\.test_form", good.stderr
    )
    # some tests run when the module is installed, some when all are
    assert good.stderr.index("Starting TestBoat.test_form") < good.stderr.index("Starting TestPage.test_tour")
    result = rf"INFO {name} odoo\.tests\.result: 0 failed, 0 error\(s\) of {PASSING + 1} tests when loading database"
    assert re.search(result, good.stderr)
    assert bad.returncode == 1
    assert re.search(
        rf"ERROR {name} odoo\.addons\.harbour\.tests\.test_harbour: FAIL: TestBroken\.test_wrong", bad.stderr
    )
    assert f"1 failed, 1 error(s) of 2 tests when loading database '{name}'" in bad.stderr


def test_tests_that_cannot_be_imported_are_an_error(fondaco: Fondaco, tmp_path: Path) -> None:
    tests = tmp_path / "wreck" / "tests"
    tests.mkdir(parents=True)
    (tmp_path / "wreck" / "__init__.py").write_text("")
    (tmp_path / "wreck" / "__manifest__.py").write_text(MANIFEST)
    (tests / "__init__.py").write_text("from . import test_wreck\n")
    (tests / "test_wreck.py").write_text("import nothing_of_the_kind\n")

    done = fondaco.run("test", "wreck", f"--addons-path={tmp_path}")

    assert done.returncode == 1
    assert "No module named 'nothing_of_the_kind'" in done.stdout


def test_a_module_that_is_not_there_is_told(fondaco: Fondaco) -> None:
    done = fondaco.run("test", "nothing_of_the_kind")

    assert done.returncode == 3
    assert "there is no module 'nothing_of_the_kind' on the addons path" in done.stderr


def pytest_run(fondaco: Fondaco, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process of its own, as somebody runs it who has Fondaco installed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "fondaco.cli.pytest_plugin",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "-q", "-rs", *arguments], capture_output=True, text=True, check=False, timeout=300,
        env=fondaco.environ, cwd=fondaco.environ["HOME"],
    )  # fmt: skip


def test_pytest_runs_them_on_a_database_and_leaves_it_as_it_was(fondaco: Fondaco, addons: Path, name: str) -> None:
    path = addons / "harbour" / "tests"
    fondaco.run("-d", name, "-i", "harbour", "--stop-after-init", f"--addons-path={addons}", check=True)

    done = pytest_run(fondaco, f"--fondaco-db={name}", str(path))
    again = pytest_run(fondaco, f"--fondaco-db={name}", f"{path}/test_harbour.py::TestOnce")
    broken = pytest_run(fondaco, f"--fondaco-db={name}", "--fondaco-test-tags=broken", str(path))

    assert f"{PASSING} passed, 1 skipped, 2 deselected" in done.stdout, done.stdout + done.stderr
    assert "2 passed" in again.stdout
    assert "2 failed" in broken.stdout and broken.returncode == 1


def test_pytest_says_what_is_missing(fondaco: Fondaco, addons: Path, name: str) -> None:
    path = str(addons / "harbour" / "tests")

    without = pytest_run(fondaco, path)
    nowhere = pytest_run(fondaco, f"--fondaco-db={name}", path)
    fondaco.run("-d", name, "-i", "base", "--stop-after-init", check=True)
    uninstalled = pytest_run(fondaco, f"--fondaco-db={name}", path)

    assert without.returncode != 0
    assert nowhere.returncode == 4 and name in nowhere.stderr
    assert f"fondaco module install harbour -d {name}" in uninstalled.stdout
