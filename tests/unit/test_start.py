"""What a start loads, and what it leaves for the call that needs it."""

from __future__ import annotations

import subprocess
import sys

from fondaco.cli.main import COMMANDS

DEFERRED = (
    "babel.dates", "crossplane", "dateutil.parser", "dateutil.rrule", "email.policy", "jinja2", "lxml.html", "openpyxl",
    "packaging", "PIL", "pypdf", "requests", "rich", "tarfile", "urllib3", "websockets", "xlsxwriter", "zxingcpp",
)  # fmt: skip

LOADED_WITH_EVERYTHING = """
import sys
import fondaco.cli.main
import fondaco.cli.serve
from fondaco.modules.importing import import_module, mount
from fondaco.modules.manifest import AddonsPath
addons = AddonsPath(())
mount(addons)
for manifest in addons.manifests().values():
    import_module(manifest)
print(*sys.modules)
from dataclasses import is_dataclass
ours = (vars(module) for name, module in [*sys.modules.items()] if name.startswith(("fondaco", "odoo")))
print(*{one.__qualname__ for names in ours for one in [*names.values()] if isinstance(one, type) and is_dataclass(one)})
from fondaco.values.deferred import load_postponed
load_postponed()
load_postponed()
print(*sys.modules)
"""

OF_OTHER_COMMANDS = ("fondaco.backup", "fondaco.checks", "fondaco.kit", "fondaco.testing.run")
AFTER_THE_FIRST_ANSWER = (
    "fondaco.cron.jobs", "fondaco.data.cells", "fondaco.data.rows", "fondaco.data.xml", "fondaco.email.address",
    "fondaco.i18n.po", "fondaco.jobs.runner", "fondaco.modules.bootstrap", "fondaco.modules.dumps",
    "fondaco.modules.former", "fondaco.modules.handmade", "fondaco.modules.migrations", "fondaco.modules.rehearsal",
    "fondaco.modules.restore", "fondaco.modules.uninstall", "fondaco.monitoring.scrape", "fondaco.orm.schema",
    "fondaco.pdf.engine", "fondaco.rpc.xmlrpc", "fondaco.sql.locks", "fondaco.sql.psycopg2_shim", "fondaco.sql.tables",
    "fondaco.storage.bucket", "fondaco.views.validate",
)  # fmt: skip
AFTER_THE_COMMAND = """
import gc, sys
from fondaco.__main__ import main
sys.argv = ["fondaco", "--stop-after-init"]
main()
print(*sys.modules)
print(gc.isenabled(), gc.get_freeze_count() > 20_000)
"""


def output_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def test_libraries_that_few_calls_need_are_not_loaded_with_the_server_and_its_addons() -> None:
    loaded, classes, in_the_end = (line.split() for line in output_of(LOADED_WITH_EVERYTHING).splitlines())

    assert "fondaco.http.serve" in loaded and "odoo.addons.web.models.periods" in loaded
    assert [name for name in (*DEFERRED, *OF_OTHER_COMMANDS, *AFTER_THE_FIRST_ANSWER) if name in loaded] == []
    assert set(AFTER_THE_FIRST_ANSWER) <= set(in_the_end)
    # each takes 0.5 ms of every start, five times what a NamedTuple does
    assert len(classes) < 25, classes
    # an addon is imported under one name: under a second one its classes and its state would be there twice
    assert [name for name in loaded if name.startswith("fondaco.addons.")] == []


def test_a_start_loads_its_command_alone_and_looks_for_garbage_once_that_is_there() -> None:
    modules, garbage = output_of(AFTER_THE_COMMAND).splitlines()[-2:]

    assert "fondaco.cli.serve" in modules.split()
    assert [name for name in OF_OTHER_COMMANDS if name in modules.split()] == []
    assert garbage == "True True"


def test_the_help_names_every_command() -> None:
    text = output_of("import sys; from fondaco.__main__ import main; sys.argv = ['fondaco', '--help']; main()")

    assert [name for name in COMMANDS if f"  fondaco {name} " not in text] == []


def test_each_command_has_the_name_by_which_it_is_called() -> None:
    assert {name: file.COMMAND.name for name, file in COMMANDS.items()} == {name: name for name in COMMANDS}
