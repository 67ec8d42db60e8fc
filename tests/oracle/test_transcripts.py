"""The recorded exchanges of base and web, played against Fondaco: each is equal, or listed with its reason for users
to read.

The list is the table of docs/compatibility.md, and nowhere else. One database for each transcript, copied from a
template.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from fondaco import wsgi
from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.sql.connection import Pools
from tests.oracle.listed import Played, check, ids_of
from tests.oracle.replay import SETUP, TRANSCRIPTS, WITHOUT_SETUP, InProcess, Outcome, Player, report, transcript

GROUPS = ("01", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
WANTED_SHARE = 0.98
OF_ISSUE_3 = ("03", "04", "05", "06", "07", "08", "09")
RECORDED_MODULES = ("auth_totp", "base_import", "base_setup", "bus")
"""What the recorded database had beside base and web; those of them that Fondaco has are installed."""

pytestmark = pytest.mark.skipif(not TRANSCRIPTS.is_dir(), reason=f"no recorded transcripts in {TRANSCRIPTS}")


@pytest.fixture(scope="module")
def played(config: Config, pools: Pools) -> Iterator[Played]:
    """played("04"): the outcomes of a transcript, by id; played once."""
    done: dict[str, dict[str, Outcome]] = {}
    names: list[str] = []
    config = config.replace(admin_passwd="orc-master", list_db=True)
    registries = Registries(config, pools)

    def played(group: str) -> dict[str, Outcome]:
        if group not in done:
            name = f"oracle_{group}_{os.getpid()}"
            modules = tuple(module for module in RECORDED_MODULES if registries.addons.manifest(module))
            databases.create(registries, NewDatabase(name, modules, "admin", "admin"), more_follow=True)
            names.append(name)
            application = wsgi.build(config.replace(dbfilter=f"^{name}$"), registries)
            # An address for each: one transcript guesses passwords until its address has to wait.
            player = Player(InProcess(application, client=f"127.0.1.{int(group)}"), name)
            if group not in WITHOUT_SETUP:
                for exchange in transcript(SETUP):
                    player.play(exchange)
            done[group] = {exchange["id"]: player.play(exchange) for exchange in transcript(group)}
        return done[group]

    yield played
    for name in names:
        databases.drop(registries, name)


@pytest.mark.parametrize("exchange_id", ids_of(GROUPS))
def test_an_exchange_is_equal_or_listed(exchange_id: str, played: Played) -> None:
    check(exchange_id, played)


def test_98_of_100_exchanges_are_equal(played: Played) -> None:
    outcomes = [outcome for group in OF_ISSUE_3 for outcome in played(group).values()]

    share = sum(outcome.is_equal for outcome in outcomes) / len(outcomes)

    assert share >= WANTED_SHARE, report(outcomes, strict=False)
