"""The other vocabulary: `odoo.*` and `psycopg2` as names for our own objects.

`install()` makes `import odoo` work in this process; with a configuration and registries it also fills what addons
read from the process: `odoo.tools.config`, `odoo.registry(db)`, `odoo.sql_db.db_connect(db)`.
"""

from __future__ import annotations

from typing import Any

from fondaco.alias import finder, process, weburls


def install(config: Any = None, registries: Any = None) -> None:
    """Serve `odoo.*` and `psycopg2`; what is given belongs to the process from now on. Again changes nothing else."""
    finder.install()
    finder.install_driver()
    weburls.lend_to_werkzeug()
    process.serve(config, registries)
