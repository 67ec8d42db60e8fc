"""`pytest --fondaco-db NAME path/to/addon/tests`: the tests of addons, run by pytest.

pytest loads this file in every run, so it only knows the options; `addon_tests` does the work when they are given.
"""

from __future__ import annotations

import pytest

WORKER = "fondaco.cli.addon_tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fondaco", "tests of addons, on a database of Fondaco")
    group.addoption(
        "--fondaco-db", metavar="NAME", help="database to run tests of addons on; what the tests do there is undone"
    )
    group.addoption(
        "--fondaco-addons-path", metavar="FOLDERS", help="folders of further addons, separated by commas; the rest of "
        "the settings comes from the configuration file and FONDACO_* variables",
    )  # fmt: skip
    group.addoption("--fondaco-test-tags", metavar="SPECS", help="which of the tests to run, as --test-tags has it")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fondaco-db") and not config.getoption("help"):
        config.pluginmanager.import_plugin(WORKER)
