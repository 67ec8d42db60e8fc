"""Code of an addon that fails is told in one sentence with module, file and line; its traceback is in the log."""

from __future__ import annotations

import sys
import textwrap

import pytest

from fondaco.errors import ModuleError, UserError
from fondaco.modules import importing, migrations
from fondaco.modules.importing import import_module, mount, run_hook
from fondaco.modules.manifest import AddonsPath

CODE_BY_ADDON = {
    "bent_syntax": ({"__init__.py": "def go(:"}, r"/__init__\.py:1: SyntaxError: invalid syntax;"),
    "bent_model": ({"__init__.py": "from . import models", "models.py": "\nx = y"}, r"/models\.py:2: NameError: .*'y'"),
    "bent_exit": ({"__init__.py": "import sys\nsys.exit(3)"}, r"/__init__\.py:2: SystemExit: 3;"),
    "bent_file": ({"__init__.py": "from . import wizard"}, "has no wizard.py and no folder wizard"),
    "bent_part": ({"__init__.py": "from .wizard import Wizard"}, "has no wizard.py and no folder wizard"),
    "bent_addon": ({"__init__.py": "import odoo.addons.bent_away"}, "no addon 'bent_away' on the addons path"),
    "bent_library": ({"__init__.py": "import bent_library_of_none"}, "pip install bent_library_of_none"),
    "bent_name": ({"__init__.py": "from odoo.exceptions import None_"}, r"/__init__\.py:1: .*'None_' from 'odoo\.exc"),
    "bent_load": (
        {"__init__.py": "def go():\n    return {}['a']", "post_load": "go"},
        r"its post_load 'go' failed at .*/__init__\.py:2: KeyError: 'a';",
    ),
    "bent_hook": ({"__init__.py": "\ndef go(env):\n    1 / 0"}, r"hook 'go' failed at .*py:3: ZeroDivisionError: div"),
    "bent_call": ({"__init__.py": "def go(cr, registry): ..."}, r"py:1 takes \(cr, registry\); .* one argument, env"),
    "bent_none": ({"__init__.py": "def goo(env): ..."}, "no function of that name; did you mean 'goo'"),
}


@pytest.fixture
def addon(tmp_path):
    """addon(name, files): the manifest of an addon that was written."""

    def addon(name, files):
        (tmp_path / name).mkdir()
        keys = {"post_init_hook": "go", "post_load": files.get("post_load", ""), "depends": ["base"]}
        for file, text in {"__manifest__.py": repr(keys), **files}.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        addons = AddonsPath([tmp_path])
        mount(addons)
        return addons.manifest(name)

    yield addon
    for name in [name for name in sys.modules if name.startswith("odoo.addons.bent_")]:
        del sys.modules[name]
    importing._after_import_done.discard("bent_load")


def test_a_hook_may_be_wrapped_in_one_that_takes_what_it_is_given(addon):
    text = """
        from functools import wraps

        def adapted(hook):
            @wraps(hook)
            def wrapper(env):
                return hook(env, "registry")
            return wrapper

        @adapted
        def go(cr, registry):
            cr.append(registry)
    """
    manifest, told = addon("bent_wrapped", {"__init__.py": textwrap.dedent(text)}), []

    run_hook(import_module(manifest), manifest, "post_init_hook", told)

    assert told == ["registry"]


@pytest.mark.parametrize("name", CODE_BY_ADDON)
def test_code_that_fails_is_told_with_module_file_and_line(addon, caplog, name):
    files, message = CODE_BY_ADDON[name]
    manifest = addon(name, files)

    with pytest.raises(ModuleError, match=message) as told:
        run_hook(import_module(manifest), manifest, "post_init_hook", "an environment")

    assert str(told.value).startswith(f"Module {name!r}: ") and "\n" not in str(told.value)
    for record in caplog.records:
        assert record.getMessage() == str(told.value) and "fondaco/modules" not in record.exc_text
    assert len(caplog.records) == (name not in ("bent_call", "bent_none"))


def test_what_an_addon_says_to_people_stays_and_the_place_is_beside_it(addon):
    text = "from odoo.exceptions import UserError\n\ndef go(env):\n    raise UserError('Choose a country first')"
    manifest = addon("bent_word", {"__init__.py": text})

    with pytest.raises(UserError, match="^Choose a country first") as said:
        run_hook(import_module(manifest), manifest, "post_init_hook", "an environment")

    assert str(said.value) == "Choose a country first"
    (note,) = said.value.__notes__
    assert note.startswith("said by module 'bent_word', its post_init_hook 'go', at /") and note.endswith("py:4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def migrate(cr, version):\n    raise LookupError('no berth')", r"pre-x\.py:2: LookupError: no berth;"),
        ("import a_library_of_none", r"pre-x\.py:1: ModuleNotFoundError"),
        ("def migrate(cr, version", r"pre-x\.py:1: SyntaxError"),
        ("def migrate(env): ...", r"takes \(env\); it is called with two arguments, cr and version"),
        ("", r"defines migrate\(cr, version\)"),
    ],
)
def test_a_migration_that_fails_is_told_with_its_line_and_what_it_came_from(addon, tmp_path, text, message):
    manifest = addon("bent_script", {"__init__.py": ""})
    script = migrations.Script("bent_script", "pre", "18.0.1.1", tmp_path / "apart" / "pre-x.py")
    script.path.parent.mkdir()
    script.path.write_text(text)

    with pytest.raises(ModuleError, match=message) as told:
        migrations.run(None, manifest, script, "18.0.1.0")

    assert "18.0.1.1/pre-x.py, for a database that held 18.0.1.0" in str(told.value) or not text
