"""How do pg_dump and psql reach a server?"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from fondaco.modules import dumps, restore
from fondaco.modules.registries import Registries
from fondaco.sql.connection import Pools

PROGRAM = r"""#!/bin/sh
echo "$0 $@" >> {told}
printf '%s\n' 'program (PostgreSQL) 99.0 \restrict'
"""


def test_programs_hang_up_on_a_server_that_is_gone(config: Any, tmp_path: Path) -> None:
    """A machine that lost its power held a restore, and whoever waited for it, until somebody looked."""
    told = tmp_path / "told"
    for name in ("pg_dump", "pg_restore", "psql"):
        (tmp_path / name).write_text(PROGRAM.format(told=told))
        (tmp_path / name).chmod(0o755)
    pools = Pools(config.replace(pg_path=str(tmp_path)))

    with dumps.rows_of(Registries(pools.config, pools), "postgres") as rows:
        rows.read()
    restore.run_sql(pools, "postgres", io.BytesIO())
    pools.close()

    calls = [line for line in told.read_text().splitlines() if "--no-password" in line]
    assert [call.partition(" ")[0].rpartition("/")[2] for call in calls] == ["pg_dump", "psql"]
    wanted = "--dbname=keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000"
    assert all(wanted in call for call in calls)
