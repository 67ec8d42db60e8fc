"""Programs that were written for Odoo 18 and `import odoo` run unchanged (`fondaco run`)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from fondaco.alias.process import config as settings

SCRIPT = """
import sys
import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

database = sys.argv[2]
odoo.tools.config.parse_config(["-d", database, "--log-level=info", "--without-demo=all"], setup_logging=True)
print(sys.argv[1:], odoo.tools.config["db_name"], odoo.service.db.list_db_incompatible([database]))
odoo.tools.config["update"] = {"web_tour": 1}
registry = Registry.new(database, update_module=True)
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["ir.config_parameter"].set_param("programs.said", "kept")
sys.exit(7)
"""


def test_a_program_works_on_a_database_with_arguments_of_its_own(fondaco, env_of, database, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)

    done = fondaco.run("run", str(tmp_path / "script.py"), "--workers", database, "--", "-c", "no file of ours")

    assert done.returncode == 7, done.stderr
    told = ["--workers", database, "--", "-c", "no file of ours"]
    assert done.stdout.splitlines() == [f"{told} {[database]} []"]
    assert "module upgraded module=web_tour" in done.stderr
    assert env_of(database)["ir.config_parameter"].get_param("programs.said") == "kept"


def test_click_odoo_runs_a_script_with_env(fondaco, env_of, database, tmp_path):
    (tmp_path / "script.py").write_text("print(env.user.login, env.company.name)\nenv.user.name = 'by click-odoo'")
    program = str(Path(sys.executable).with_name("click-odoo"))

    done = fondaco.run("run", "--log-level=info", "--", program, "-d", database, str(tmp_path / "script.py"))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("__system__ ")
    assert env_of(database)["res.users"].browse(1).name == "by click-odoo"


def test_what_is_no_program_of_python_is_told(fondaco):
    missing = fondaco.run("run", "/nowhere/script.py")
    other = fondaco.run("run", str(shutil.which("ls")))

    assert missing.returncode == 3 and "no file '/nowhere/script.py'" in missing.stderr
    assert other.returncode == 2 and "is no Python program" in other.stderr


def test_an_addon_cannot_give_its_server_other_settings():
    with pytest.raises(RuntimeError, match="started by `fondaco run PROGRAM`"):
        settings.parse_config(["-d", "other"])
