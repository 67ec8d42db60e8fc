"""What does one scrape find: the counts of all processes, the machine, PostgreSQL, PgBouncer, the databases at work?

Databases are asked by a connection each, so only those that some process has loaded are, and not at every scrape. What
cannot be asked is left out and told by `fondaco_collector_up`; the rest of the scrape stands.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import psycopg

from fondaco import VERSION
from fondaco.metrics import Reading
from fondaco.monitoring import backups, host, pooler, postgresql, work
from fondaco.monitoring.table import Sheet
from fondaco.server import telling
from fondaco.sql.announcing import MAINTENANCE

if TYPE_CHECKING:
    from fondaco.config import Config
    from fondaco.modules.registries import Registries

_logger = logging.getLogger(__name__)

FRESH_S = 2.0  # several readers within this time get the same answer
DATABASE_S = 30.0  # between two looks into the databases themselves
PATIENCE_S = 4.0  # for what does not answer: a saturated pooler holds questions for minutes
MOST_DATABASES = 100


class Scrape:
    """Asks, and remembers for a moment what it was told."""

    def __init__(self, config: Config, registries: Registries) -> None:
        self.config = config
        self.registries = registries
        self._lock = threading.Lock()
        self._found: tuple[float, list[Reading]] = (0.0, [])
        self._inside: tuple[float, Sheet] = (0.0, Sheet())
        self._threads = ThreadPoolExecutor(thread_name_prefix="fondaco.scrape")
        self._pending: dict[str, Future[Sheet]] = {}  # what was asked by an earlier scrape and is not answered yet

    def __repr__(self) -> str:
        return f"<Scrape data_dir={self.config['data_dir']} pending={sorted(self._pending)}>"

    def readings(self) -> list[Reading]:
        """Everything there is to tell, fresh or nearly so."""
        with self._lock:
            at, found = self._found
            if not at or time.monotonic() - at > FRESH_S:
                found = self._asked()
                self._found = (time.monotonic(), found)
            return found

    def _asked(self) -> list[Reading]:
        told = telling.read(self.config["data_dir"])
        databases = self._databases(told.processes)
        sheet = Sheet()
        sheet.put("fondaco_build_info", 1, VERSION)
        sheet.put("fondaco_pg_up", 0)
        parts: dict[str, Callable[[Sheet], object]] = {
            "host": lambda sheet: host.machine(sheet, self.config["data_dir"]),
            "processes": lambda sheet: host.processes(sheet, told.processes),
            "backups": lambda sheet: backups.state(sheet, self.config),
            "postgresql": lambda sheet: self._ask_cluster(sheet, databases),
            "databases": lambda sheet: self._ask_inside(sheet, databases),
        }
        if self.config["db_pgbouncer"]:
            sheet.put("fondaco_pgbouncer_up", 0)
            parts["pgbouncer"] = lambda sheet: pooler.pools(sheet, self.registries.pools.settings, databases)
        for part, ask in parts.items():
            if part not in self._pending:
                self._pending[part] = self._threads.submit(_answered, ask)
        wait(self._pending.values(), PATIENCE_S)
        for part in parts:
            sheet.add(self._answer(part))
        return [*told.readings, *sheet.readings()]

    def _answer(self, part: str) -> Sheet:
        """What a part said; nothing where it did not, or not yet."""
        future = self._pending[part]
        if not future.done():
            _logger.info("%s does not answer; the scrape goes without", part)
            sheet = Sheet()
        else:
            del self._pending[part]
            try:
                sheet = future.result()
                sheet.put("fondaco_collector_up", 1, part)
                return sheet
            except (psycopg.Error, OSError, ValueError) as error:
                _logger.info("%s not asked for its numbers: %s", part, str(error).strip())
                sheet = Sheet()
        sheet.put("fondaco_collector_up", 0, part)
        return sheet

    def _databases(self, processes: list[dict[str, Any]]) -> list[str]:
        """Those at work."""
        found = {*self.config["db_name"], *(name for facts in processes for name in facts.get("databases", ()))}
        return sorted(found)[:MOST_DATABASES]

    def _ask_cluster(self, sheet: Sheet, databases: list[str]) -> None:
        with self.registries.pools.autocommit(MAINTENANCE) as cr:
            postgresql.cluster(sheet, cr, databases)

    def _ask_inside(self, sheet: Sheet, databases: list[str]) -> None:
        """Each database; one that is gone keeps nobody from the others."""
        at, inside = self._inside
        if not at or time.monotonic() - at > DATABASE_S:
            inside = Sheet()
            # PgBouncer keeps waiting for one that is gone, and those behind it in the list with it.
            with self.registries.pools.autocommit(MAINTENANCE) as cr:
                cr.execute("SELECT datname FROM pg_database WHERE datname = ANY(%s) ORDER BY datname", [databases])
                there = [name for (name,) in cr.fetchall()]
            for database in there:
                try:
                    with self.registries.pools.autocommit(database) as cr:
                        postgresql.database(inside, cr)
                        work.jobs(inside, cr)
                except psycopg.Error as error:
                    _logger.info("database not asked for its numbers database=%s: %s", database, str(error).strip())
                finally:
                    self.registries.pools.close_database(database)
            self._inside = (time.monotonic(), inside)
        sheet.add(inside)


def _answered(ask: Callable[[Sheet], object]) -> Sheet:
    sheet = Sheet()
    ask(sheet)
    return sheet
