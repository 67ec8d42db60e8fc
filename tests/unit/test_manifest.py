"""What a manifest says, once read."""

import textwrap

import pytest

from fondaco.errors import ModuleError
from fondaco.modules.manifest import AddonsPath, adapt_version, missing_dependencies
from fondaco.modules.plan import Request, make_plan


@pytest.fixture
def addon(tmp_path):
    def make(name: str, text: str, folder: str = "addons") -> AddonsPath:
        path = tmp_path / folder / name
        path.mkdir(parents=True)
        (path / "__manifest__.py").write_text(textwrap.dedent(text))
        return AddonsPath([tmp_path / folder], own=None)

    return make


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1.0", "18.0.1.0"), ("18.0.1.2.3", "18.0.1.2.3"), ("18.0", "18.0.18.0"), ("2.1.4", "18.0.2.1.4")],
)
def test_a_version_gets_the_series_it_lacks(given, expected):
    assert adapt_version(given) == expected


def test_a_manifest_that_says_little_is_completed(addon):
    manifest = addon("small", "{'name': 'Small'}").manifest("small")

    assert manifest.depends == ("base",)
    assert (manifest.version, manifest.installable, manifest.required_for_auto_install) == ("18.0.1.0", True, None)
    assert manifest["license"] == "LGPL-3"
    assert manifest.data_files == []


def test_auto_install_true_means_all_dependencies_and_a_list_means_those(addon):
    addons = addon("link", "{'depends': ['a', 'b'], 'auto_install': True}")
    addon("part", "{'depends': ['a', 'b'], 'auto_install': ['a']}")

    assert addons.manifest("link").required_for_auto_install == {"a", "b"}
    assert addons.manifest("part").required_for_auto_install == {"a"}


def test_a_module_of_another_series_is_not_installable(addon):
    old = addon("old", "{'version': '17.0.1.0.0'}").manifest("old")
    off = addon("off", "{'version': '1.0', 'installable': False}").manifest("off")

    assert (old.installable, off.installable) == (False, False)
    assert old.refusal.startswith("its version is '17.0.1.0.0', which is not one of 18.0")
    assert "'installable': False" in off.refusal


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{'name':\n compute()}",
            r"__manifest__\.py:2: a manifest is one Python literal, a dict; found a name, a call",
        ),
        ("{'name': 'x'", r"__manifest__\.py:1: a manifest is one Python literal, a dict; '\{' was never closed"),
        ("['x']", "a dict, not list"),
        ("{'data': 'x.xml'}", "'data' is a list of names"),
        ("{'depends': ['a'], 'auto_install': ['b']}", "auto_install names b"),
    ],
)
def test_a_manifest_that_cannot_be_used_says_why(addon, text, message):
    with pytest.raises(ModuleError, match=message):
        addon("wrong", text).manifest("wrong")


def test_a_manifest_that_cannot_be_used_stands_in_the_way_of_those_alone_that_need_it(addon, caplog):
    addon("sound", "{'depends': ['base']}")
    addon("cracked", "{'depends': ['base'")
    addons = addon("above", "{'depends': ['cracked']}")
    addon("base", "{}")

    for _turn in range(2):
        manifests = addons.manifests()
        addons.forget()
    plan = make_plan(manifests, {}, Request.of(install=["sound"]))

    assert [step.module for step in plan.steps] == ["base", "sound"]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["module cracked is left out"]
    for name in ("cracked", "above"):
        with pytest.raises(ModuleError, match="Module 'cracked' cannot be installed: .*never closed"):
            make_plan(manifests, {}, Request.of(install=[name]))


def test_the_first_folder_of_the_path_wins(addon, tmp_path):
    addon("twice", "{'name': 'first'}", "one")
    addon("twice", "{'name': 'second'}", "two")

    addons = AddonsPath([tmp_path / "one", tmp_path / "two"], own=None)

    assert addons.manifest("twice").title == "first"
    assert addons.names() == ["twice"]


def test_a_file_is_found_inside_its_addon_only(addon, tmp_path):
    addons = addon("box", "{}")
    (tmp_path / "addons/box/x.xml").write_text("<odoo/>")
    (tmp_path / "secret").write_text("")

    assert addons.file("box/x.xml") == tmp_path / "addons/box/x.xml"
    assert addons.file("odoo/addons/box/x.xml") == tmp_path / "addons/box/x.xml"
    assert addons.file("box/../../secret") is None


def test_missing_packages_and_programs_are_named(addon):
    manifest = addon(
        "needy", "{'external_dependencies': {'python': ['lxml', 'no_such_pkg>=1.0'], 'bin': ['sh', 'no-such-program']}}"
    ).manifest("needy")

    missing = missing_dependencies(manifest)

    assert len(missing) == 2
    assert "pip install 'no_such_pkg>=1.0'" in missing[0]
    assert "no-such-program" in missing[1]


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ("lxml>=4,<99", None),
        ("lxml~=2.0", "is needed"),
        ("lxml!=1.0", None),
        ("lxml<1", "pip install --upgrade 'lxml<1'"),
        ("no_such_pkg; python_version < '3'", None),
        ("dateutil", None),  # the import; the distribution is python-dateutil
        ("psycopg2-binary>=2.9", None),  # our own driver answers to it
        ("lxml >> 1", "cannot be read"),
    ],
)
def test_ranges_and_markers_of_requirements_mean_what_they_mean_to_pip(addon, requirement, said):
    found = missing_dependencies(addon("r", repr({"external_dependencies": {"python": [requirement]}})).manifest("r"))

    assert found == [] if said is None else said in found[0]
