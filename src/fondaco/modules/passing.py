"""Under which name is a database made that is not to be served yet, and how does it take the place of another?

Whoever makes it holds a lock, so that what bears such a name without one was left by somebody who was killed: the next
one clears it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
from collections.abc import Iterator, Sequence

import psycopg

from fondaco.errors import DatabaseError, StorageError
from fondaco.modules import former
from fondaco.modules.databases import LOCK_SPACE
from fondaco.modules.files import list_unnamed
from fondaco.modules.registries import Registries
from fondaco.sql import databases
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of

_logger = logging.getLogger(__name__)

DRAFT = f"{databases.HIDDEN_PREFIX}restore_"
NEWS = "bus_bus_id_seq"
NEWS_MEANWHILE = 1000
"""So many more may come of the old one until it is replaced."""


@contextlib.contextmanager
def passing_name(registries: Registries) -> Iterator[str]:
    """A hidden name for a database that nobody is to be served; what bears it at the end goes away, or, if this process
    is killed, with the next that is asked for."""
    _clear_leftovers(registries)
    name = f"{DRAFT}{secrets.token_hex(6)}"
    with _alive(registries.pools, name):
        try:
            yield name
        finally:
            _drop(registries, name)


def take_name(registries: Registries, draft: str, name: str, along: Sequence[tuple[str, str]] = ()) -> None:
    """Give a database the name of one that is there: whoever dies on the way leaves the one or the other, whole.

    What had the name becomes a draft that nobody works on, as does what is kept of it from before its upgrade.
    along: (name, new name) of what is kept of the first one.
    """
    pools = registries.pools
    registries.forget(name)
    _count_on(pools, name, draft)
    stores = [tuple(store_of(registries.config, each) for each in change) for change in ((draft, name), *along)]
    for store, taken in stores:
        # Damaged files are a reason to restore: those of the draft take the place of what has their keys.
        store.copy_to(taken, over=True)
    gone = {old: f"{DRAFT}{secrets.token_hex(6)}" for old in (name, former.kept_name(name))}
    changes = [change for change in gone.items() if databases.exists(pools, change[0])]
    with pools.cursor(databases.MAINTENANCE) as cr:
        databases.change_names(pools, [*changes, (draft, name), *along], within=cr)
    try:
        # What the other one's sweep took away before: from now on only this one's rows are asked.
        for store, taken in stores:
            store.copy_to(taken)
    except (StorageError, OSError) as error:
        _logger.warning(
            "%s is the new one; whether a sweep took files of it away meanwhile could not be looked at: %s; "
            "`fondaco storage verify` tells, and then it is to be restored again", name, error,
        )  # fmt: skip
    try:
        for passing in gone.values():
            _drop(registries, passing)
        if not along:
            former.drop(registries, name)
        list_unnamed(pools, name, stores[0][1])  # the files that only the other one had go with the next sweep
    except (DatabaseError, StorageError, psycopg.Error) as error:
        _logger.warning("what %s replaced goes with the next restore or copy: %s", name, error)
    for store, _taken in stores:
        store.drop()


def _count_on(pools: Pools, name: str, draft: str) -> None:
    """Browsers and processes remember the number of the last news that they got of `name`, and take higher ones only:
    those of an older dump would be silent until they are as many."""
    try:
        with pools.cursor(name) as cr:
            last = _news(cr)
    except psycopg.Error as error:
        _logger.warning(
            "open pages of %s may have to be loaded again, its last news could not be read: %s", name, error
        )
        return
    with pools.cursor(draft) as cr:
        if _news(cr) < last:
            cr.fetch(SQL("SELECT setval(%s, %s)", NEWS, last + NEWS_MEANWHILE))


def _news(cr: Cursor) -> int:
    """The number of the last news; 0 where there is no bus."""
    if not cr.fetch(SQL("SELECT to_regclass(%s::text) IS NOT NULL", NEWS))[0][0]:
        return 0
    return int(cr.fetch(SQL("SELECT last_value FROM %s", SQL.identifier(NEWS)))[0][0])


@contextlib.contextmanager
def _alive(pools: Pools, draft: str) -> Iterator[None]:
    """Hold the lock that says somebody works on this draft."""
    with pools.cursor(databases.MAINTENANCE) as cr:
        cr.stay_open()
        cr.fetch(SQL("SELECT pg_advisory_xact_lock(%s::int4, %s::int4)", LOCK_SPACE, _number(draft)))
        yield
        cr.commit()


def _clear_leftovers(registries: Registries) -> None:
    for draft in leftovers(registries.pools):
        _drop(registries, draft)


def leftovers(pools: Pools) -> Iterator[str]:
    """Drafts of those who were killed, each locked until the next is asked for."""
    for draft in databases.list_databases(pools, hidden=True):
        if draft.startswith(DRAFT):
            with pools.cursor(databases.MAINTENANCE) as cr:
                question = SQL("SELECT pg_try_advisory_xact_lock(%s::int4, %s::int4)", LOCK_SPACE, _number(draft))
                if cr.fetch(question)[0][0]:
                    yield draft


def _number(draft: str) -> int:
    return int.from_bytes(hashlib.sha256(draft.encode()).digest()[:4], "big", signed=True)


def _drop(registries: Registries, draft: str) -> None:
    registries.pools.close_database(draft)
    databases.drop(registries.pools, draft)
    store_of(registries.config, draft).drop()
