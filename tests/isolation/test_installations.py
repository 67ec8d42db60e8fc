"""Several installations on one PostgreSQL, each with a role of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fondaco.config import Config
from fondaco.modules.registries import Registries
from fondaco.sql import databases as rows
from fondaco.sql.connection import Pools
from fondaco.sql.embedded import SUPERUSER
from fondaco.sql.fragment import SQL

pytestmark = pytest.mark.direct("it brings a PostgreSQL of its own")

PASSWORD = "of-an-installation"


@pytest.fixture
def installations(config: Config, tmp_path_factory) -> Iterator[dict[str, Registries]]:
    """Two servers with roles, data directories and databases of their own: {name of the database: registries}."""
    made = {}
    secret = Path(config["data_dir"], "postgresql", "superuser-password")
    if not secret.exists():
        pytest.skip("roles are made on the PostgreSQL of the run alone, not on one that was given")
    owner = Pools(config.replace(db_user=SUPERUSER, db_password=secret.read_text()))
    with owner.autocommit("postgres") as cr:
        for label in ("first", "second"):
            name = f"inst{os.getpid()}{label}"
            cr.execute(SQL(f"CREATE ROLE %s LOGIN CREATEDB PASSWORD '{PASSWORD}'", SQL.identifier(name)))
            here = config.replace(db_user=name, db_password=PASSWORD, data_dir=str(tmp_path_factory.mktemp(label)))
            made[name] = Registries(here, Pools(here))
    yield made
    for name, one in made.items():
        rows.drop(one.pools, name)
        one.pools.close()
    with owner.autocommit("postgres") as cr:
        for name in made:
            cr.execute(SQL("DROP ROLE %s", SQL.identifier(name)))
    owner.close()


def test_t16_two_installations_list_and_reach_only_their_own(installations):
    for name, one in installations.items():
        rows.create(one.pools, name, extensions=())
        with one.pools.autocommit(name) as cr:
            cr.execute("CREATE TABLE ir_module_module (id int)")
            cr.execute(SQL("REVOKE CONNECT ON DATABASE %s FROM PUBLIC", SQL.identifier(name)))

    for name, one in installations.items():
        (other,) = set(installations) - {name}
        assert set(one.names()) & set(installations) == {name}
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            one.pools.cursor(other)
