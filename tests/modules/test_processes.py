"""Two processes serve one database: what one changes the other knows, even when the first dies at once."""

from __future__ import annotations

import secrets
import xmlrpc.client
from pathlib import Path

import pytest

from tests import fix_database
from tests.external_api import service
from tests.fix_server import Fondaco, serving

# The clients of the standard library leave their sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
DIE_WITH_THE_COMMIT = """
import os, signal
env.cr.postcommit.add(lambda: os.kill(os.getpid(), signal.SIGKILL))
env.cr.commit()
"""


@pytest.fixture(scope="module")
def addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("addons")
    addon = folder / "kiosk"
    addon.mkdir()
    (addon / "__manifest__.py").write_text("{'name': 'Kiosk', 'data': ['access.xml']}")
    (addon / "__init__.py").write_text(
        "from odoo import fields, models\n\n\n"
        "class Paper(models.Model):\n    _name = 'kiosk.paper'\n    _description = 'Paper'\n    name = fields.Char()\n"
    )
    (addon / "access.xml").write_text(
        '<odoo><record id="access" model="ir.model.access"><field name="name">paper</field>'
        '<field name="model_id" ref="model_kiosk_paper"/><field name="perm_read" eval="1"/></record></odoo>'
    )
    return folder


@pytest.fixture(scope="module")
def running(config, registries, addons, tmp_path_factory):
    """A server of its own on a database of its own."""
    name = fix_database.create(registries, ())
    with serving(config.replace(addons_path=[str(addons)]), name, tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def call(running):
    models = service(running)

    def call(model, method, *args):
        return models.execute_kw(running.database, 2, running.password, model, method, list(args))

    return call


def run_and_die(fondaco: Fondaco, database: str, script: str) -> None:
    done = fondaco.run("shell", "-d", database, stdin=script + DIE_WITH_THE_COMMIT)
    assert done.returncode == -9, done.stderr


def test_an_answer_is_forgotten_though_the_process_that_changed_it_died(running, call, fondaco):
    call("ir.config_parameter", "set_param", "kiosk.place", "hall")
    assert call("ir.config_parameter", "get_param", "kiosk.place") == "hall"

    run_and_die(fondaco, running.database, "env['ir.config_parameter'].set_param('kiosk.place', 'yard')")

    assert call("ir.config_parameter", "get_param", "kiosk.place") == "yard"


def test_a_custom_field_is_there_though_the_process_that_made_it_died(running, call, fondaco):
    seat = f"x_seat_{secrets.token_hex(4)}"
    assert seat not in call("res.partner", "fields_get", [seat])
    script = (
        "env['ir.model.fields'].create({'model_id': env['ir.model']._get_id('res.partner'),"
        f" 'name': '{seat}', 'ttype': 'char', 'field_description': 'Seat'}})"
    )

    run_and_die(fondaco, running.database, script)

    partner = call("res.partner", "create", {"name": "Ada", seat: "12 F"})
    assert call("res.partner", "read", [partner], [seat])[0][seat] == "12 F"


def test_a_module_that_another_process_installs_and_removes_comes_and_goes(running, call, fondaco, addons):
    fondaco.run(
        "-d", running.database, "-i", "kiosk", "--stop-after-init", "--addons-path", str(addons), check=True
    )  # fmt: skip
    assert call("kiosk.paper", "search_count", []) == 0

    fondaco.run(
        "shell", "-d", running.database, "--addons-path", str(addons), check=True,
        stdin="env['ir.module.module'].search([('name', '=', 'kiosk')]).button_immediate_uninstall()",
    )  # fmt: skip
    with pytest.raises(xmlrpc.client.Fault, match=r"kiosk\.paper"):
        call("kiosk.paper", "search_count", [])


def test_two_processes_that_install_at_once_take_turns(fondaco, make, addons):
    db = make()
    command = ("module", "install", "kiosk", "-d", db, "--addons-path", str(addons))

    both = [fondaco.start(*command) for _process in range(2)]

    said = [process.communicate(timeout=200) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    done = fondaco.run("module", "list", "-d", db, "--installed", "--addons-path", str(addons), check=True)
    assert "kiosk" in done.stdout
