"""The recorded life of databases - the pages, the db service, lists, filters, proxies - on a PostgreSQL of its own.

Each exchange names the settings it was recorded with: it goes to an application with these. Databases that the
recording found are made before. What differs is in docs/compatibility.md, as for the other groups.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco import wsgi
from fondaco.config import Config
from fondaco.config.sources import save
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import Embedded
from tests.oracle.listed import Played, check, ids_of
from tests.oracle.replay import TRANSCRIPTS, InProcess, Outcome, Player, transcript

GROUPS = ("13", "14", "15", "16")
FOUND = {"13": (), "14": ("orc_m1", "orc_m2", "orc_m3"), "15": ("orc_m1", "orc_m2", "orc_m3")}
FOUND["16"] = (
    "orc_alpha",
    "orc_beta",
    "orc_h.example.com",
    *(f"orc_{name}" for name in "m1 m2 m3 m5 m6 r1 r2".split()),
)
NAME = {"13": "orc_m1", "14": "orc_m1", "15": "orc_m1", "16": "orc_alpha"}
WANTED_SHARE = 0.85
"""Of all groups together; what is missing are forms in pages that have nothing to fill them for: see the table."""

pytestmark = pytest.mark.skipif(not TRANSCRIPTS.is_dir(), reason=f"no recorded transcripts in {TRANSCRIPTS}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """The settings of a PostgreSQL that nobody else uses: lists of databases are compared."""
    folder = tmp_path_factory.mktemp("databases")
    embedded = Embedded(str(folder / "data"))
    connection = embedded.start()
    yield Config.default().replace(data_dir=str(folder / "data"), max_cron_threads=0, **connection)
    embedded.stop()


class Servers:
    """An application for each set of recorded settings."""

    host = "localhost:8069"

    def __init__(self, group: str, config: Config, pools: Pools) -> None:
        self.group, self.config, self.pools = group, config, pools
        self.made: dict[str, InProcess] = {}
        self.settings: dict[str, Any] = {}

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        key = json.dumps(self.settings, sort_keys=True)
        if key not in self.made:
            self.made[key] = InProcess(self._application(len(self.made)), self.host)
        return self.made[key].send(method, path, headers, body)

    def _application(self, number: int) -> Any:
        """From a file: a new master password goes there."""
        values = dict(self.settings)
        if "db_name" in values:
            values["db_name"] = values["db_name"].split(",")
        path = Path(self.config["data_dir"], f"server-{self.group}-{number}.conf")
        config = self.config.replace(**values)
        sources = {**config.sources, "admin_passwd": f"{path}:1"}
        config = Config(config.values_by_key, sources, {}, (), str(path))
        save(config)
        return wsgi.build(config, Registries(config, self.pools))


@pytest.fixture(scope="module")
def played(cluster: Config) -> Iterator[Played]:
    """played("13"): the outcomes of a transcript, by id; played once."""
    done: dict[str, dict[str, Outcome]] = {}
    pools = Pools(cluster)
    registries = Registries(cluster, pools)

    def played(group: str) -> dict[str, Outcome]:
        if group not in done:
            done[group] = {}  # what fails below is not tried again by every test
            for name in databases.names(registries):
                databases.drop(registries, name)
            for name in FOUND[group]:
                databases.create(registries, NewDatabase(name, (), "admin", "admin"), more_follow=True)
            servers = Servers(group, cluster, pools)
            player = Player(servers, NAME[group])
            for exchange in transcript(group):
                servers.settings = exchange.get("server_config", {})
                done[group][exchange["id"]] = player.play(exchange)
        return done[group]

    yield played
    pools.close()


@pytest.mark.parametrize("exchange_id", ids_of(GROUPS))
def test_an_exchange_is_equal_or_listed(exchange_id: str, played: Played) -> None:
    check(exchange_id, played)


def test_most_exchanges_are_equal(played: Played) -> None:
    outcomes = [outcome for group in GROUPS for outcome in played(group).values()]

    assert sum(outcome.is_equal for outcome in outcomes) / len(outcomes) >= WANTED_SHARE


def test_the_new_master_password_is_kept_as_a_hash(cluster: Config, played: Played) -> None:
    played("13")

    text = Path(cluster["data_dir"], "server-13-0.conf").read_text()

    assert "admin_passwd = $pbkdf2-sha512$" in text
    assert "orc-master" not in text
