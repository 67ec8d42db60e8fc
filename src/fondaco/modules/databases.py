"""How a whole database comes and goes: its rows and its files together; new ones are copied from kept templates.

The first database of a set of modules is installed under a hidden name, and gets its own when it is whole. With the
second one a template is kept: from then on they are copies, with a login, a password and an identity of their own. So
a database that is listed is complete, whatever was interrupted, and whoever wants but one pays for no template.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.config import Config
from fondaco.errors import DatabaseExists, DatabaseNotFound
from fondaco.modules import fingerprint, listing
from fondaco.modules.first_user import FIRST_USER
from fondaco.modules.install import Progress
from fondaco.modules.manifest import AddonsPath
from fondaco.modules.plan import upstream
from fondaco.modules.registries import Registries
from fondaco.security.credentials import hash_password
from fondaco.sql import databases
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.storage.stores import store_of
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.modules import former, neutralize, passing
else:
    former, neutralize = Postponed("fondaco.modules.former"), Postponed("fondaco.modules.neutralize")
    passing = Postponed("fondaco.modules.passing")

_logger = logging.getLogger(__name__)

TEMPLATE = f"{databases.HIDDEN_PREFIX}template_"
DRAFT = f"{databases.HIDDEN_PREFIX}draft_"
FIRSTS = "first-databases"
"""Below the data directory: a file for each kind of database of which there was one, with the code that made it."""
ALWAYS = ("base", "web")
LOCK_SPACE = 0x666F6E64  # "fond": the first half of our advisory locks
Hashed = Callable[[], Future[str]]
"""Begins the hash of a password, if it has not begun, and answers where it will be."""


@dataclass(frozen=True, slots=True)
class NewDatabase:
    """What a new database shall be."""

    name: str
    modules: tuple[str, ...] = ()
    login: str = "admin"
    password: str = field(default="", repr=False)
    with_demo: bool = False
    lang: str = "en_US"
    country: str | None = None


def create(
    registries: Registries,
    new: NewDatabase,
    *,
    progress: Progress | None = None,
    fresh: bool = False,
    more_follow: bool = False,
) -> None:
    """Make the database; `fresh` takes each step of the installation, and keeps no template.

    more_follow: others like it are expected, so a template is kept already with the first.
    """
    databases.check_name(new.name)
    if databases.exists(registries.pools, new.name):
        raise DatabaseExists(f"database {new.name!r} exists already; drop it first, or choose another name")
    former.drop(registries, new.name)
    with _hashing(new) as hashed:
        if fresh:
            _install(registries, new, new.name, progress, hashed, from_image=False)
            _personalise(registries, new, new.name, hashed)
            return
        template = template_name(registries.config, new)
        kind = template.rpartition("_")[0]
        with _locked(registries, kind):
            if not databases.exists(registries.pools, template):
                if not more_follow and _is_first(registries, template):
                    _make_first(registries, new, template, progress, hashed)
                    return
                _make_template(registries, new, template, progress, hashed)
            hashed()
            copy = f"{kind.replace(TEMPLATE, DRAFT)}_copy"
            _discard(registries, copy)  # of one that was killed
            copy_rows_and_files(registries, template, copy)
            _bring_out(registries, new, copy, hashed)


def fill(registries: Registries, new: NewDatabase, *, progress: Progress | None = None) -> None:
    """Make what a new database has in one that exists and is empty, as manuals have people create it by SQL."""
    former.drop(registries, new.name)
    with _hashing(new) as hashed:
        _install(registries, new, new.name, progress, hashed, in_place=True)
        _personalise(registries, new, new.name, hashed)


@contextlib.contextmanager
def _hashing(new: NewDatabase) -> Iterator[Hashed]:
    """The hash of the password, which takes a third of a second by design: the first call begins it, beside what
    PostgreSQL and Python do in turns."""
    with ThreadPoolExecutor(1) as thread:
        yield functools.cache(lambda: thread.submit(hash_password, new.password))


def is_empty(registries: Registries, name: str) -> bool:
    """Whether a database that exists has nothing of ours in it yet."""
    with registries.pools.cursor(name, readonly=True) as cr:
        return not listing.has_modules(cr)


def names(registries: Registries) -> list[str]:
    """Every database that can be served, whatever -d says."""
    return databases.list_databases(registries.pools)


def duplicate(
    registries: Registries, source: str, target: str, *, neutralized: bool = False, replace: bool = False
) -> None:
    """Copy a database and its files; the copy has an identity of its own and, neutralized, does not act on the
    world. replace: a database of that name goes away, but only when the copy is ready."""
    _require(registries, source, absent=target, unless=replace)
    # Under a hidden name: nobody serves it, and nobody runs its jobs, before it is what it shall be.
    with passing.passing_name(registries) as draft:
        copy_rows_and_files(registries, source, draft)
        with registries.pools.cursor(draft) as cr:
            renew_identity(cr)
            if neutralized:
                neutralize.neutralize(cr, registries.addons)
            cr.commit()
        registries.pools.close_database(draft)
        _put(registries, (draft, target), replace=replace)


def rename(registries: Registries, source: str, target: str, *, replace: bool = False) -> None:
    """Give a database and its files another name; what is kept of it from before an upgrade stays its way back.
    replace: a database of that name goes away, in the same step."""
    _require(registries, source, absent=target, unless=replace)
    registries.forget(source)
    registries.pools.close_database(source)
    _put(registries, (source, target), *former.changes(registries, source, target), replace=replace)


def _put(registries: Registries, change: tuple[str, str], *along: tuple[str, str], replace: bool) -> None:
    source, target = change
    if replace and databases.exists(registries.pools, target):
        passing.take_name(registries, source, target, along)
    else:
        former.drop(registries, target)
        _move(registries, change, *along)


def drop(registries: Registries, name: str) -> None:
    """Delete a database and its files, and what is kept of it from before an upgrade."""
    _require(registries, name)
    registries.forget(name)
    registries.pools.close_database(name)
    former.drop(registries, name)  # first: whoever is given this name later must not find it
    databases.drop(registries.pools, name)
    store_of(registries.config, name).drop()


def copy_rows_and_files(registries: Registries, source: str, target: str) -> None:
    registries.forget(source)
    registries.pools.close_database(source)
    databases.copy(registries.pools, source, target)
    copies = store_of(registries.config, target)
    try:
        store_of(registries.config, source).copy_to(copies)
    except BaseException:
        databases.drop(registries.pools, target)
        copies.drop()
        raise


def _move(registries: Registries, *changes: tuple[str, str]) -> None:
    """Rename databases that nobody is connected to, all or none. Files first: a database that is listed is complete."""
    stores = [tuple(store_of(registries.config, name) for name in change) for change in changes]
    for files, moved in stores:
        files.copy_to(moved)
    with registries.pools.cursor(databases.MAINTENANCE) as cr:
        databases.change_names(registries.pools, changes, within=cr)
    for files, moved in stores:
        files.copy_to(moved)  # what others wrote meanwhile: from now on nobody writes under the old name
        files.drop()


def _require(registries: Registries, present: str, *, absent: str | None = None, unless: bool = False) -> None:
    if not databases.exists(registries.pools, present):
        raise DatabaseNotFound(f"database {present!r} does not exist; `fondaco db list` shows those that do")
    if absent is not None:
        databases.check_name(absent)
        if not unless and databases.exists(registries.pools, absent):
            raise DatabaseExists(f"database {absent!r} exists already; drop it first, or choose another name")


def template_name(config: Config, new: NewDatabase) -> str:
    """The template of databases like `new`: what is asked for, then a fingerprint of the code that makes it."""
    folders = AddonsPath(config["addons_path"])
    modules = sorted(upstream(folders.manifests(), {*ALWAYS, *new.modules}))
    demo = (new.with_demo, config["without_demo"])
    wanted = f"{modules} {demo} {new.lang} {new.country} {config['unaccent']} {config['db_template']}"
    code = fingerprint.of_code(folders, modules)
    return f"{TEMPLATE}{hashlib.sha256(wanted.encode()).hexdigest()[:10]}_{code[:10]}"


def _is_first(registries: Registries, template: str) -> bool:
    """Whether this data directory knows of no database that this template would have served."""
    try:
        return _note_of(registries, template).read_text(encoding="utf-8") != template
    except FileNotFoundError:
        return True


def _note_of(registries: Registries, template: str) -> Path:
    kind = template.rpartition("_")[0].removeprefix(TEMPLATE)
    return Path(registries.config["data_dir"], FIRSTS, kind)


def _make_first(
    registries: Registries, new: NewDatabase, template: str, progress: Progress | None, hashed: Hashed
) -> None:
    """Install, and remember that there has been one: the next one of its kind leaves a template."""
    draft = _install_draft(registries, new, template, progress, hashed)
    _bring_out(registries, new, draft, hashed)
    note = _note_of(registries, template)
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(template, encoding="utf-8")
    except OSError as error:  # the database is there, whole: the next one of its kind is a first one, too
        _logger.warning("first database not noted db=%s file=%s: %s", new.name, note, error)


def _bring_out(registries: Registries, new: NewDatabase, draft: str, hashed: Hashed) -> None:
    """Make what was installed or copied under a passing name the database that was asked for, and only then name it."""
    try:
        _personalise(registries, new, draft, hashed)
        _let_go(registries, draft)
        _move(registries, (draft, new.name))
    except BaseException:
        _discard(registries, draft)
        raise


def _make_template(
    registries: Registries, new: NewDatabase, template: str, progress: Progress | None, hashed: Hashed
) -> None:
    draft = _install_draft(registries, new, template, progress, hashed)
    _let_go(registries, draft)
    _move(registries, (draft, template))


def _install_draft(
    registries: Registries, new: NewDatabase, template: str, progress: Progress | None, hashed: Hashed
) -> str:
    """Install under a passing name, which is the answer, so that what has another is never half a one; drop the
    templates of older code."""
    draft = template.replace(TEMPLATE, DRAFT)
    older = template.rpartition("_")[0]
    for name in databases.list_databases(registries.pools, hidden=True):
        if name == draft or name.startswith(f"{older}_"):
            _discard(registries, name)
    _install(registries, new, draft, progress, hashed)
    return draft


def _discard(registries: Registries, name: str) -> None:
    """Drop a hidden database that may be there, and its files."""
    databases.drop(registries.pools, name)
    store_of(registries.config, name).drop()


def _let_go(registries: Registries, name: str) -> None:
    registries.forget(name)
    registries.pools.close_database(name)


def _install(
    registries: Registries,
    new: NewDatabase,
    name: str,
    progress: Progress | None,
    hashed: Hashed,
    *,
    in_place: bool = False,
    from_image: bool = True,
) -> None:
    """Make a database in which nobody can log in yet: the password comes with `_personalise`."""
    started = time.monotonic()
    registries.create(
        name,
        modules=tuple(dict.fromkeys((*ALWAYS, *new.modules))),
        with_demo=new.with_demo,
        login=new.login,
        lang=new.lang,
        country=new.country,
        progress=progress,
        in_place=in_place,
        from_image=from_image,
        when_made=hashed,
    )
    _logger.info("database installed db=%s seconds=%.1f", name, time.monotonic() - started)


def _personalise(registries: Registries, new: NewDatabase, name: str, hashed: Hashed) -> None:
    """Give what was made for `new` its first user's login and password, and an identity."""
    with registries.pools.cursor(name) as cr:
        cr.run(SQL("UPDATE res_users SET login = %s WHERE id = %s", new.login, FIRST_USER))
        cr.run(SQL("UPDATE res_users SET password = %s WHERE id = %s", hashed().result(), FIRST_USER))
        renew_identity(cr)
        cr.commit()


def renew_identity(cr: Cursor) -> None:
    """Values that no two databases share."""
    for key, value in (("database.uuid", str(uuid.uuid1())), ("database.secret", str(uuid.uuid4()))):
        cr.run(SQL("UPDATE ir_config_parameter SET value = %s WHERE key = %s", value, key))


@contextlib.contextmanager
def _locked(registries: Registries, kind: str) -> Iterator[None]:
    """Only one process makes or copies a template of this kind at a time."""
    number = int.from_bytes(hashlib.sha256(kind.encode()).digest()[:4], "big", signed=True)
    with registries.pools.cursor(databases.MAINTENANCE) as cr:
        cr.fetch(SQL("SELECT pg_advisory_xact_lock(%s::int4, %s::int4)", LOCK_SPACE, number))
        cr.stay_open()  # a template of many modules takes minutes, and the lock goes with the transaction
        yield
        cr.commit()
