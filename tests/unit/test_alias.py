"""Every row of the alias leads somewhere, and addons find the names they import."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import pytest

import fondaco.alias
from fondaco.alias.finder import resolve
from fondaco.alias.names import NAMES, Target
from fondaco.modules.importing import mount
from fondaco.modules.manifest import AddonsPath
from fondaco.registry import registry
from fondaco.testing.ground import Ground, stand_on

SHARED = Path(__file__).resolve().parents[3] / "shared"
COMPAT = SHARED / "compat/oca_dev_imports.json"

# Rooms that are planned and not built; a row that leads there is skipped until the room exists.
PLANNED = ("fondaco.backup.neutralize",)


@pytest.fixture(autouse=True, scope="module")
def alias():
    fondaco.alias.install()


def exists(module: str) -> bool:
    parts = module.split(".")
    return all(importlib.util.find_spec(".".join(parts[: n + 1])) is not None for n in range(len(parts)))


@pytest.mark.parametrize("module", NAMES)
def test_every_row_leads_to_an_object(module):
    importlib.import_module(module)
    dangling = []
    for name, target in NAMES[module].items():
        if isinstance(target, Target) and target.module.startswith(PLANNED) and not exists(target.module):
            continue
        try:
            resolve(module, name)
        except (AttributeError, ImportError) as error:
            dangling.append(f"{module}.{name} -> {target}: {error}")

    assert dangling == []


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("odoo.tools", "float_compare groupby html2plaintext format_date DEFAULT_SERVER_DATE_FORMAT misc config SQL"),
        ("odoo.exceptions", "AccessError MissingError RedirectWarning UserError ValidationError"),
        ("odoo.http", "Controller request route"),
        ("odoo.tests", "Form HttpCase TransactionCase common tagged"),
        ("odoo.tests.common", "Form HttpCase TransactionCase tagged users"),
        ("odoo.fields", "Char Many2one"),
        ("odoo", "Command api fields models"),
    ],
)
def test_an_import_of_all_names_brings_them_whatever_was_used_before(module, names):
    brought: dict[str, object] = {}
    exec(f"from {module} import *", brought)

    assert set(names.split()) - brought.keys() == set()
    assert {name for name in brought if name.startswith("_") or name in ("round", "Warning")} == {"__builtins__"}


def test_safe_eval_of_the_tools_is_the_module():
    import odoo.tools.safe_eval as imported
    from odoo import tools
    from odoo.tools import safe_eval
    from odoo.tools.convert import safe_eval as for_data

    assert imported is safe_eval is tools.safe_eval is sys.modules["odoo.tools.safe_eval"]
    assert safe_eval.safe_eval("a.year", {"a": safe_eval.datetime.date(2026, 1, 2)}) == 2026
    assert {"time", "datetime", "dateutil", "json", "pytz", "wrap_module", "const_eval"} <= set(dir(safe_eval))
    assert for_data("1 + a", {"a": 1}) == 2


def test_objects_are_ours_and_no_wrappers():
    from odoo import fields, models
    from odoo.exceptions import UserError
    from odoo.tools.float_utils import float_round

    from fondaco import errors
    from fondaco.orm import fields as own_fields
    from fondaco.orm.model import Model
    from fondaco.values import floats

    assert (models.Model, fields.Char, UserError) == (Model, own_fields.Char, errors.UserError)
    assert float_round is floats.float_round


def test_modules_are_reached_as_attributes_and_by_name():
    import odoo
    import odoo.tools.misc
    from odoo import tools

    assert odoo.tools is tools and tools.misc is odoo.tools.misc
    assert odoo.release.version_info[:2] == (18, 0)
    with pytest.raises(ImportError):
        importlib.import_module("odoo.tools.nothing_of_the_kind")
    with pytest.raises(AttributeError):
        _ = tools.nothing_of_the_kind


OWN_ADDONS = ("odoo.addons.base.", "odoo.addons.web.", "odoo.addons.product.", "odoo.addons.base_sparse_field.")


@pytest.mark.skipif(not COMPAT.exists(), reason="the list of imports is not at hand")
def test_the_imports_of_the_compat_set_are_served():
    counts = json.loads(COMPAT.read_text())
    mount(AddonsPath(()))
    missing = []
    for dotted in {**counts["code"], **counts["tests"]}:
        module, _dot, name = dotted.rpartition(".")
        target = NAMES.get(module, {}).get(name)
        if dotted in NAMES or (isinstance(target, Target) and target.module.startswith(PLANNED)):
            continue
        if dotted.startswith("odoo.addons") and (not dotted.startswith(OWN_ADDONS) or ".tests." in dotted):
            continue  # a module that is not ours, or what only the test runner brings
        try:
            getattr(importlib.import_module(module), name)
        except (AttributeError, ImportError):
            missing.append(dotted)

    assert missing == []


def test_a_distribution_called_odoo_cannot_take_the_place(tmp_path):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "__init__.py").write_text("raise SystemExit('the other one')")
    code = "import fondaco.alias; fondaco.alias.install(); import odoo; print(odoo.SUPERUSER_ID)"

    path = ":".join([str(tmp_path), *sys.path])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": path})

    assert (done.stdout.strip(), done.returncode) == ("1", 0), done.stderr


def test_the_configuration_is_a_view_that_writes_stay_in():
    from odoo.tools import config

    from fondaco.config.settings import Config

    fondaco.alias.install(Config.default().replace(db_host="db.example.com"))

    assert config["db_host"] == "db.example.com" and config.get("nothing", 3) == 3
    config["test_enable"] = True
    assert config["test_enable"] and config.filestore("x").endswith("/filestore/x")
    del config["test_enable"]


def test_options_that_a_test_of_an_addon_changes_are_changed_for_as_long_as_it_says():
    from unittest.mock import patch

    from odoo.tools import config

    from fondaco.config.settings import Config

    fondaco.alias.install(Config.default())
    port = config["http_port"]

    with patch.dict(config.options, {"running_env": "dev", "http_port": port + 1}):
        assert (config["running_env"], config["http_port"]) == ("dev", port + 1)
    assert "running_env" not in config and config["http_port"] == port and len(config) == len(list(config))
    fondaco.alias.install(Config.default().replace(http_port=port + 2))
    assert config["http_port"] == port + 2  # nothing of the settings was written down
    fondaco.alias.install(Config.default())


def test_an_addon_that_replaces_a_function_we_call_takes_its_place_for_as_long_as_it_says():
    from odoo.service import model

    from fondaco.rpc import call

    own = call.execute_cr
    with mock.patch("odoo.service.model.execute_cr") as guard:
        assert call.execute_cr is guard
    assert call.execute_cr is own is model.execute_cr


def test_muting_a_logger_of_odoo_mutes_the_rooms_that_speak_for_it(caplog):
    import logging

    from odoo.tools import mute_logger

    with mute_logger("odoo.sql_db"):
        logging.getLogger("fondaco.sql").error("hidden")
    logging.getLogger("fondaco.sql").error("shown")

    assert [record.getMessage() for record in caplog.records] == ["shown"]


def test_asking_whether_something_is_a_registry_or_a_mapping_comes_to_an_end():
    from odoo.modules.registry import Registry

    class Stranger:
        pass

    assert not isinstance(Stranger(), Registry)
    assert not isinstance(Stranger(), Mapping)
    assert issubclass(type("Other", (registry.Registry,), {}), Registry)


def test_pdf_files_are_read_and_written_by_the_names_that_addons_know() -> None:
    pdf = importlib.import_module("odoo.tools.pdf")
    writer, out = pdf.PdfFileWriter(), io.BytesIO()
    writer.addBlankPage(100, 200)
    writer.addMetadata({"/Title": "Two"})
    writer.insertPage(writer.getPage(0), 1)
    writer.write(out)

    reader = pdf.PdfFileReader(out)

    assert (reader.numPages, reader.getNumPages(), writer.getNumPages()) == (2, 2, 2)
    assert reader.getPage(1).mediabox.height == 200
    assert (reader.documentInfo.title, reader.isEncrypted) == ("Two", False)


def test_what_a_test_keeps_for_people_is_in_the_folder_of_screenshots(tmp_path, caplog):
    caplog.set_level("INFO")
    stand_on(Ground(mock.Mock(db_name="harbour"), {"screenshots": str(tmp_path)}, mock.Mock()))
    try:
        importlib.import_module("odoo.tests").save_test_file("test_page", b"<p>", "sc_", extension="html")
    finally:
        stand_on(None)

    (kept,) = (tmp_path / "harbour/screenshots").iterdir()
    assert kept.read_bytes() == b"<p>" and kept.name.startswith("sc_") and kept.name.endswith("_test_page.html")
    assert str(kept) in caplog.text
