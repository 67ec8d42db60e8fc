"""Whether the code that the documentation shows runs as printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.config import Config
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql.connection import Pools
from tests.fix_server import Server

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def blocks(page: str) -> list[str]:
    return BLOCK.findall((DOCS / page).read_text())


@pytest.mark.parametrize("number", range(len(blocks("integrator/external_api.md"))))
def test_the_scripts_of_the_external_api_run(server: Server, number: int) -> None:
    names = {"url": server.url, "db": server.database, "login": server.login, "password": server.password}

    exec(blocks("integrator/external_api.md")[number], {"__name__": "__main__", **names})


def test_the_addon_of_the_manual_installs_and_computes(
    config: Config, pools: Pools, database_with: Callable[..., str], tmp_path: Path
) -> None:
    addon = tmp_path / "addons" / "my_addon"
    addon.mkdir(parents=True)
    (addon / "__manifest__.py").write_text("{'name': 'My addon', 'depends': ['base'], 'license': 'LGPL-3'}")
    (addon / "__init__.py").write_text("from . import boat")
    (addon / "boat.py").write_text(blocks("integrator/addons.md")[0])
    registries = Registries(config.replace(addons_path=[str(addon.parent)]), pools)
    name = database_with()

    registries.update(name, install=["my_addon"])

    with registries.get(name).cursor() as cr:
        boat = Environment(cr, 1, {})["harbour.boat"].create({"name": "Bucintoro", "length": 35})
        assert boat.fee == 122.5
        cr.rollback()
