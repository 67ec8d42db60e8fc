"""How does a database in use come to the new code of its modules, so that a failure costs nothing?

    found = rehearse(registries, "shop", wanted)    # on a neutralized copy, while everybody works
    switch(registries, "shop", wanted)              # on a second copy, which takes the name when it is ready
    undo(registries, "shop")                        # the one before comes back; the two may change places again

The database itself is never upgraded. While its copy is, it can be read and takes no changes, so the copy misses
nothing; two renames in one transaction then give the copy its name. Whoever fails or is killed before leaves the
database as it was: what remains is cleared by the next one, and the first change that is refused opens the database
again (`sql.readable`).
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import psycopg

from fondaco.errors import DatabaseError, DatabaseNotFound
from fondaco.modules import difference, dumps, former, listing, neutralize, restore
from fondaco.modules.databases import copy_rows_and_files
from fondaco.modules.difference import Difference, Picture
from fondaco.modules.former import aside, kept_name
from fondaco.modules.install import AfterModule, Progress, no_progress
from fondaco.modules.passing import passing_name
from fondaco.modules.plan import Plan
from fondaco.modules.registries import Registries
from fondaco.modules.restore import drafted
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.registry.registry import Registry
from fondaco.sql import databases, readable
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of

_logger = logging.getLogger(__name__)

BY_FILES, BY_ROWS = "files", "rows"
"""How the copy is made that becomes the database. By files PostgreSQL does it, which is quick and wants nobody
connected; by rows it goes through a dump, which takes several times as long, and everything can be read."""
LARGE = 128 * 1024**2
"""Bytes, from which on rows are copied one by one: longer than copying its files takes, requests do not wait."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; names of modules, `all` among them."""

    upgrade: tuple[str, ...]
    install: tuple[str, ...] = ()
    with_demo: bool = False
    after_module: AfterModule | None = None
    afterwards: Callable[[Registry, Plan], None] | None = None
    """Called with what was upgraded; tests, for a rehearsal."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """plan: what was done; seconds: how long it took, without making the copy; read_only_s: how long the database took
    no changes; away_s: for how much of that, at most, nobody could connect."""

    plan: Plan
    difference: Difference
    seconds: float
    read_only_s: float = 0.0
    away_s: float = 0.0


def rehearse(
    registries: Registries, name: str, wanted: Wanted, *, copy: str = "", progress: Progress = no_progress
) -> Outcome:
    """Do it in earnest to a copy that does not act on the world; what fails there is raised. The copy is made from a
    dump: nobody who works in the database is disturbed, nor waits. copy: as for `switch`."""
    _require(registries, name)
    readable.reopen_abandoned(registries.pools, name)
    with _dumped(registries, name, _suiting(registries, name, copy), progress) as draft:
        with registries.pools.cursor(draft) as cr:
            neutralize.neutralize(cr, registries.addons)
            cr.commit()
        return _upgraded(registries, draft, wanted, progress)


@contextlib.contextmanager
def _dumped(registries: Registries, name: str, copy: str, progress: Progress) -> Iterator[str]:
    """A copy through a dump. Where the switch will copy by rows it is made as there: what hinders that is found now."""
    if copy == BY_ROWS:
        with passing_name(registries) as draft:
            progress("copy")
            _copied(registries, name, draft, BY_ROWS)
            yield draft
        return
    with tempfile.TemporaryFile() as file:
        dumps.write(registries, name, file, dumps.CUSTOM, progress=progress)
        with drafted(registries, file, progress=progress) as draft:
            store_of(registries.config, name).copy_to(store_of(registries.config, draft))
            yield draft


def switch(
    registries: Registries,
    name: str,
    wanted: Wanted,
    *,
    copy: str = "",
    refuse: Callable[[Difference], str] = lambda _found: "",
    progress: Progress = no_progress,
) -> Outcome:
    """Upgrade the database; the one before is kept for `undo`. copy: BY_FILES, BY_ROWS, or what suits its size.
    refuse: why what came of it must not be used, if so."""
    pools = registries.pools
    _require(registries, name)
    _require_no_subscribers(registries, name)
    copy = _suiting(registries, name, copy)
    readable.reopen_abandoned(pools, name)
    kept = kept_name(name)
    with readable.alone(pools, name) as holder, passing_name(registries) as draft:
        databases.drop(pools, aside(kept))  # of one that was killed
        progress("copy")
        with readable.closed(pools, name):
            began = time.monotonic()
            away_s = _copied(registries, name, draft, copy)
            databases.resemble(pools, draft, name)
            readable.forget_mark(pools, draft)
            outcome = _upgraded(registries, draft, wanted, progress)
            if reason := refuse(outcome.difference):
                raise DatabaseError(f"{reason}; {name} is as it was")
            _share_files(registries, [(name, kept), (draft, name)])
            earlier = [(kept, aside(kept))] if databases.exists(pools, kept) else []
            readable.require_closed(pools, name, holder)
            # In the session that kept everybody away: if it is lost even now, nothing has another name.
            databases.change_names(pools, [*earlier, (name, kept), (draft, name)], within=holder)
            read_only_s = time.monotonic() - began
        try:
            databases.drop(pools, aside(kept))
        except (DatabaseError, psycopg.Error) as error:
            _logger.warning("what an earlier upgrade kept goes with the next one: %s", error)
    _logger.info("database upgraded db=%s seconds=%.1f kept=%s", name, read_only_s, kept)
    return replace(outcome, read_only_s=read_only_s, away_s=away_s)


def undo(registries: Registries, name: str) -> None:
    """Put the database of before the upgrade back; the upgraded one is kept in its place, so undoing twice is none."""
    pools, kept = registries.pools, kept_name(name)
    _require(registries, name)
    if not databases.exists(pools, kept):
        raise DatabaseNotFound(f"nothing is kept of {name!r} from before an upgrade")
    with readable.alone(pools, name) as holder:
        readable.reopen(pools, kept)
        passing = aside(kept)
        databases.drop(pools, passing)  # of one that was killed
        _share_files(registries, [(name, kept), (kept, name)])
        databases.change_names(pools, [(name, passing), (kept, name), (passing, kept)], within=holder)
    _logger.info("upgrade undone db=%s", name)


def forget(registries: Registries, name: str) -> bool:
    """Drop what is kept of `name` from before an upgrade; whether there was something."""
    with readable.alone(registries.pools, name):
        return former.drop(registries, name)


def behind(registries: Registries) -> list[str]:
    """The databases that may be served and have modules of another version than their code on the disk."""
    manifests, found = registries.addons.manifests(), []
    for name in databases.list_databases(registries.pools):
        try:
            with registries.pools.cursor(name, readonly=True) as cr:
                states = listing.states(cr)
        except psycopg.Error as error:
            _logger.warning("not looked at db=%s: %s", name, error)
            continue
        if any(
            state.is_installed and module in manifests and state.version != manifests[module].version
            for module, state in states.items()
        ):
            found.append(name)
    return found


def _suiting(registries: Registries, name: str, copy: str) -> str:
    return copy or (BY_ROWS if databases.size(registries.pools, name) >= LARGE else BY_FILES)


def _copied(registries: Registries, name: str, draft: str, copy: str) -> float:
    """Make the copy that becomes the database; for how many seconds nobody could connect to the original."""
    began = time.monotonic()
    if copy == BY_FILES:
        copy_rows_and_files(registries, name, draft)
        return time.monotonic() - began
    databases.create_like(registries.pools, draft, name)
    try:
        with dumps.rows_of(registries, name, with_rights=True) as rows:
            restore.run_sql(registries.pools, draft, rows, is_strict=True)
    except DatabaseError as error:
        raise DatabaseError(
            f"{error}; `--copy {BY_FILES}` has PostgreSQL copy {name} as it is, and nobody can connect meanwhile"
        ) from error
    with registries.pools.autocommit(draft) as cr:
        cr.execute("ANALYZE")
    store_of(registries.config, name).copy_to(store_of(registries.config, draft))
    return 0.0


def _upgraded(registries: Registries, draft: str, wanted: Wanted, progress: Progress) -> Outcome:
    """Upgrade a copy under its hidden name, and look at what came of it."""
    before = _picture(registries, draft)
    began = time.monotonic()
    with _warnings() as warnings:
        try:
            plan = registries.update(
                draft,
                wanted.install,
                wanted.upgrade,
                progress=progress,
                with_demo=wanted.with_demo,
                after_module=wanted.after_module,
            )
        except Exception as error:
            error.add_note(
                "this was on a copy: the database itself is as it was. Mend the module, or put its code back"
            )
            raise
        seconds = time.monotonic() - began
        registry = registries.get(draft)
    with registry.cursor() as cr:
        broken = difference.broken_views(Environment(cr, SUPERUSER_ID, {}))
    found = replace(
        difference.compare(before, _picture(registries, draft)), broken_views=broken, warnings=tuple(warnings)
    )
    if wanted.afterwards is not None:
        wanted.afterwards(registry, plan)
    registries.forget(draft)
    return Outcome(plan, found, seconds)


def _picture(registries: Registries, name: str) -> Picture:
    with registries.pools.cursor(name, readonly=True) as cr:
        return difference.take(cr)


def _share_files(registries: Registries, ways: Sequence[tuple[str, str]]) -> None:
    """Before databases change names, (from, to): files are named by their content, so each store may hold what its rows
    do not name, and a sweep takes it in time. Registries and connections go, for they mean what had the name before."""
    for source, target in ways:
        store_of(registries.config, source).copy_to(store_of(registries.config, target))
    for name in {name for way in ways for name in way}:
        registries.forget(name)
        registries.pools.close_database(name)


def _require(registries: Registries, name: str) -> None:
    if not databases.exists(registries.pools, name):
        raise DatabaseNotFound(f"database {name!r} does not exist; `fondaco db list` shows those that do")


def _require_no_subscribers(registries: Registries, name: str) -> None:
    """A slot of logical replication stays with the old database; nobody would notice that it falls silent."""
    with registries.pools.autocommit(databases.MAINTENANCE) as cr:
        slots = cr.fetch(SQL("SELECT slot_name::text FROM pg_replication_slots WHERE database = %s", name))
    if slots:
        raise DatabaseError(
            f"database {name!r} is replicated logically (slot {slots[0][0]!r}), and its successor would not be: end "
            "the replication first, or upgrade in place with `fondaco module upgrade`"
        )


class _Listening(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.setdefault(f"{record.levelname.lower()}: {record.getMessage()}")


@contextlib.contextmanager
def _warnings() -> Iterator[dict[str, None]]:
    """What is logged as a warning or worse meanwhile, each text once."""
    handler = _Listening()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.texts
    finally:
        root.removeHandler(handler)
