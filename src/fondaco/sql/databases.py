"""Which databases are there, and how one is created, copied, renamed and dropped - the rows only, not the files.

Each function takes the pools and works on the maintenance database in autocommit, as PostgreSQL demands.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from fondaco.errors import DatabaseError, DatabaseExists, DatabaseNotFound
from fondaco.sql.connection import Pools
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.sql.literals import quote_text

_logger = logging.getLogger(__name__)

MAINTENANCE = "postgres"
"""Always there; nobody works in it."""
PRISTINE = "template0"
HIDDEN_PREFIX = "_fondaco_"
EXTENSIONS = ("pg_trgm", "unaccent")
OWN_UNACCENT = "fondaco_unaccent"
"""The function that stands for `unaccent` in indexes and searches where our role may not change that one."""
MAX_NAME = 63
ATTEMPTS, PAUSE_S = 20, 0.1
"""Another process may connect between our terminating connections and PostgreSQL's look at them."""
DROP_S = 300.0
"""How long PostgreSQL may wait for all its sessions to take note that a database goes."""
MARKER_TABLE = "ir_module_module"
PROBE_TTL_S = 60.0

_RIGHTS = {"CREATE": "CREATE", "CONNECT": "CONNECT", "TEMPORARY": "TEMPORARY"}

_PROVIDERS = {"c": ("libc", ""), "i": ("icu", "ICU_LOCALE"), "b": ("builtin", "BUILTIN_LOCALE")}
"""Who orders the letters of a database, by PostgreSQL's letter: its word, and the option that names the locale."""
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_probed: dict[tuple[str, int], tuple[float, bool]] = {}


def check_name(name: str) -> None:
    """Refuse a name for a new database that PostgreSQL, a file system or a URL would not take."""
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME or name.startswith("template"):
        raise DatabaseError(
            f"database name {name!r}: expected up to {MAX_NAME} letters, digits, '_', '-' and '.', "
            "beginning with a letter or digit and not with 'template'"
        )


def exists(pools: Pools, name: str) -> bool:
    """Whether there is a database of this name, ours or not; what PostgreSQL cannot spell names none."""
    if "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        return False
    with pools.autocommit(MAINTENANCE) as cr:
        return bool(cr.fetch(SQL("SELECT 1 FROM pg_database WHERE datname = %s", name)))


def list_databases(pools: Pools, *, hidden: bool = False) -> list[str]:
    """The databases that may be served, sorted: our own, and others' that we may connect to and that hold our tables.

    hidden: also the ones Fondaco keeps for itself.
    """
    with pools.autocommit(MAINTENANCE) as cr:
        rows = cr.fetch(
            SQL(
                """
                SELECT datname, oid::int8, datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                  FROM pg_database
                 WHERE NOT datistemplate
                   AND datallowconn
                   AND datname <> %s
                   AND has_database_privilege(datname, 'CONNECT')
                 ORDER BY datname
                """,
                MAINTENANCE,
            )
        )
    return [
        name
        for name, oid, is_own in rows
        if (hidden or not name.startswith(HIDDEN_PREFIX)) and (is_own or _holds_our_tables(pools, name, oid))
    ]


def _holds_our_tables(pools: Pools, name: str, oid: int) -> bool:
    """Look into a database of another owner; the answer is remembered for a minute."""
    key = (name, oid)
    known = _probed.get(key)
    if known is not None and time.monotonic() - known[0] < PROBE_TTL_S:
        return known[1]
    try:
        with pools.direct(name) as connection:
            row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [MARKER_TABLE]).fetchone()
            answer = bool(row and row[0])
    except psycopg.OperationalError:
        answer = False
    _probed[key] = (time.monotonic(), answer)
    return answer


def create(pools: Pools, name: str, *, template: str = PRISTINE, extensions: tuple[str, ...] = EXTENSIONS) -> None:
    """Create a database in UTF-8; from template0 it sorts by code point (collation C). Missing extensions are
    skipped."""
    _copy(pools, name, template)
    equip(pools, name, extensions)


def require_unicode(pools: Pools, name: str) -> None:
    """Refuse a database that somebody else created and that does not keep UTF-8: some texts would be lost in it."""
    with pools.autocommit(MAINTENANCE) as cr:
        rows = cr.fetch(SQL("SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = %s", name))
    if rows and rows[0][0] != "UTF8":
        raise DatabaseError(
            f"database {name!r} keeps text in {rows[0][0]}; expected UTF8: drop it while it is empty, and make it with "
            f"createdb --encoding=UTF8 --template={PRISTINE}, or let `fondaco db create` make it"
        )


def equip(pools: Pools, name: str, extensions: tuple[str, ...] = EXTENSIONS) -> None:
    """Add what our databases have to one that somebody else created."""
    with pools.autocommit(name) as cr:
        for extension in extensions:
            _add_extension(cr, extension)
        if "unaccent" in extensions:
            _allow_unaccent_in_indexes(cr)


def create_like(pools: Pools, name: str, model: str) -> None:
    """Create an empty database that has the encoding and the order of letters of another."""
    question = SQL(
        """
        SELECT pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text,
               to_jsonb(d) ->> 'datlocprovider',
               coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
               to_jsonb(d) ->> 'daticurules'
          FROM pg_database d
         WHERE datname = %s
        """,
        model,
    )
    with pools.autocommit(MAINTENANCE) as cr:
        encoding, collate, ctype, provider, locale, rules = cr.fetch(question)[0]
    options = {"ENCODING": encoding, "LC_COLLATE": collate, "LC_CTYPE": ctype}
    if provider is not None:  # since PostgreSQL 15
        word, key = _PROVIDERS[provider]
        options |= {"LOCALE_PROVIDER": word} | ({key: locale} if key else {}) | ({"ICU_RULES": rules} if rules else {})
    statement = SQL(
        "CREATE DATABASE %s TEMPLATE %s %s",
        SQL.identifier(name),
        SQL.identifier(PRISTINE),
        SQL(" ").join(SQL(f"{key} {quote_text(text)}".replace("%", "%%")) for key, text in options.items()),
    )
    with _errors_as_sentences(f"create {name!r} like {model!r}"), pools.autocommit(MAINTENANCE) as cr:
        cr.execute(statement, log_exceptions=False)
    equip(pools, name)


def size(pools: Pools, name: str) -> int:
    """Bytes that the rows of a database take."""
    with pools.autocommit(MAINTENANCE) as cr:
        return int(cr.fetch(SQL("SELECT pg_database_size(%s)", name))[0][0])


def copy(pools: Pools, source: str, target: str) -> None:
    """Copy all rows of `source` into a new database; those connected to it are thrown out."""
    _copy(pools, target, source)
    with pools.autocommit(target) as cr:
        # PostgreSQL logs a sequence every 32 values; the copy of one believes that its next ones are logged, and they
        # are those of the source: after a crash the same numbers would come again. This logs each where it stands.
        cr.execute(
            """
            SELECT setval(seqrelid::regclass, pg_sequence_last_value(seqrelid))
              FROM pg_sequence
             WHERE pg_sequence_last_value(seqrelid) IS NOT NULL AND has_sequence_privilege(seqrelid, 'UPDATE')
            """
        )


def rename(pools: Pools, source: str, target: str) -> None:
    """Give a database another name; those connected to it are thrown out."""
    statement = SQL("ALTER DATABASE %s RENAME TO %s", SQL.identifier(source), SQL.identifier(target))
    _insist(
        pools, source, lambda cr: cr.execute(statement, log_exceptions=False), about=f"rename {source!r} to {target!r}"
    )


def change_names(pools: Pools, changes: Sequence[tuple[str, str]], within: Cursor) -> None:
    """Rename several databases, one after the other, (name, new name), as the end of the transaction of `within`: all
    or none. Those connected to any of them are thrown out; who connects meanwhile waits, and finds what has the name
    afterwards."""

    def every(cr: Cursor) -> None:
        # Back to a savepoint: what the transaction holds stays held. The sessions are looked for in another one, for
        # what pg_stat_activity tells a transaction does not change.
        with within.savepoint(flush=False):
            for name, new in changes:
                pools.close_database(name)
                _terminate(cr, name)
                within.execute(
                    SQL("ALTER DATABASE %s RENAME TO %s", SQL.identifier(name), SQL.identifier(new)),
                    log_exceptions=False,
                )
        within.commit()

    _insist(pools, changes[0][0], every, about=", ".join(f"rename {name!r} to {new!r}" for name, new in changes))


def resemble(pools: Pools, name: str, model: str) -> None:
    """Give a copy what PostgreSQL keeps beside a database and does not copy: settings, rights, limit, comment."""
    with pools.autocommit(model) as cr:
        (oid, limit, comment, rights) = cr.fetch(
            SQL(
                """
                SELECT oid::int8, datconnlimit, shobj_description(oid, 'pg_database'), datacl IS NOT NULL
                  FROM pg_database
                 WHERE datname = current_database()
                """
            )
        )[0]
        copy = SQL.identifier(name)
        for (setting,) in cr.fetch(
            SQL(
                """
                SELECT split_part(entry, '=', 1)
                  FROM pg_db_role_setting, unnest(setconfig) AS entry
                 WHERE setdatabase = %s AND setrole = 0 AND entry NOT LIKE 'default_transaction_read_only=%%'
                """,
                oid,
            )
        ):
            # A session of the model has its settings: so their text need not be taken apart and quoted again.
            cr.execute(SQL("ALTER DATABASE %s SET %s FROM CURRENT", copy, SQL.identifier(*setting.split("."))))
        if limit >= 0:
            cr.execute(SQL("ALTER DATABASE %s CONNECTION LIMIT %s", copy, SQL(str(int(limit)))))
        if comment is not None:
            cr.execute(SQL("COMMENT ON DATABASE %s IS %s", copy, SQL(quote_text(comment).replace("%", "%%"))))
        if rights:
            _grant(cr, copy, oid)


def _grant(cr: Cursor, copy: SQL, oid: int) -> None:
    """The rights on the database of this number, given on its copy."""
    cr.execute(SQL("REVOKE ALL ON DATABASE %s FROM PUBLIC", copy))
    for grantee, right, may_grant in cr.fetch(
        SQL(
            """
            SELECT CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee)::text END, a.privilege_type, a.is_grantable
              FROM pg_database d, aclexplode(d.datacl) a
             WHERE d.oid = %s AND a.grantee <> d.datdba
            """,
            oid,
        )
    ):
        role = SQL("PUBLIC") if grantee is None else SQL.identifier(grantee)
        option = SQL(" WITH GRANT OPTION" if may_grant else "")
        cr.execute(SQL("GRANT %s ON DATABASE %s TO %s%s", SQL(_RIGHTS[right]), copy, role, option))


def drop(pools: Pools, name: str) -> bool:
    """Drop a database, throwing out those connected to it; whether there was one."""
    if not exists(pools, name):
        return False
    # Not FORCE: that fails while autovacuum is at work, which a plain DROP sends away.
    statement = SQL("DROP DATABASE IF EXISTS %s", SQL.identifier(name))
    _insist(pools, name, lambda cr: _drop(pools, cr, statement), about=f"drop {name!r}")
    return True


def _drop(pools: Pools, cr: Cursor, statement: SQL) -> None:
    """Every session of PostgreSQL must take note, those of other databases too. One whose client is stopped, and reads
    nothing, does not: PostgreSQL itself would wait for it without end."""
    is_late = threading.Event()

    def give_up(thread: int) -> None:
        is_late.set()
        pools.cancel(thread)

    timer = threading.Timer(DROP_S, give_up, [threading.get_ident()])
    timer.daemon = True
    timer.start()
    try:
        cr.execute(statement, log_exceptions=False)
    except psycopg.errors.QueryCanceled as error:
        if not is_late.is_set():
            raise
        deaf = cr.fetch(SQL("SELECT pid, application_name FROM pg_stat_activity WHERE wait_event = 'ClientWrite'"))
        named = ", ".join(f"{pid} ({application})" for pid, application in deaf) or "none that we may see"
        raise DatabaseError(
            f"PostgreSQL has waited {DROP_S:.0f} s for its sessions to take note that the database goes. Sessions "
            f"whose client does not read: {named}. End them (pg_terminate_backend), then drop it again"
        ) from error
    finally:
        timer.cancel()


def _copy(pools: Pools, name: str, template: str) -> None:
    options = [SQL("TEMPLATE %s ENCODING 'UTF8'", SQL.identifier(template))]
    if template == PRISTINE:
        options.append(SQL("LC_COLLATE 'C'"))
    statement = SQL("CREATE DATABASE %s %s", SQL.identifier(name), SQL(" ").join(options))
    _insist(
        pools,
        template,
        lambda cr: cr.execute(statement, log_exceptions=False),
        about=f"create {name!r} from {template!r}",
    )


def _insist(pools: Pools, name: str, work: Callable[[Cursor], Any], *, about: str) -> None:
    """Do what needs `name` to have no connections, throwing them out until it works."""
    pools.close_database(name)
    with _errors_as_sentences(about), pools.autocommit(MAINTENANCE) as cr:
        for attempt in range(ATTEMPTS):
            if name != PRISTINE:
                _terminate(cr, name)
            try:
                work(cr)
                return
            except psycopg.errors.ObjectInUse:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(PAUSE_S)


def _terminate(cr: Cursor, name: str) -> None:
    # Clients only: a role that is no superuser may not end autovacuum, which makes way by itself.
    cr.fetch(
        SQL(
            """
            SELECT pg_terminate_backend(pid)
              FROM pg_stat_activity
             WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """,
            name,
        )
    )


@contextmanager
def _errors_as_sentences(about: str) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.DuplicateDatabase as error:
        raise DatabaseExists(f"cannot {about}: {error}; choose another name or drop that one first") from error
    except psycopg.errors.InvalidCatalogName as error:
        raise DatabaseNotFound(f"cannot {about}: {error}") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseError(
            f"cannot {about}: {error}; the PostgreSQL role needs CREATEDB and must own the database"
        ) from error
    except psycopg.errors.ObjectInUse as error:
        raise DatabaseError(f"cannot {about}: {error}; stop the servers that use it and try again") from error
    except psycopg.errors.DiskFull as error:
        raise DatabaseError(f"cannot {about}: the disk of PostgreSQL is full; free some space and try again") from error


def _add_extension(cr: Cursor, name: str) -> None:
    try:
        cr.execute(SQL("CREATE EXTENSION IF NOT EXISTS %s", SQL.identifier(name)), log_exceptions=False)
    except psycopg.Error as error:
        # Searches work without them, more slowly or with accents.
        _logger.warning("extension not available db=%s extension=%s: %s", cr.dbname, name, error)


def _allow_unaccent_in_indexes(cr: Cursor) -> None:
    """PostgreSQL calls unaccent STABLE because its dictionary could change; ours does not, and indexes want
    IMMUTABLE. Only a superuser owns a function of PostgreSQL's extensions: others get one of their own around it."""
    try:
        cr.execute("ALTER FUNCTION unaccent(text) IMMUTABLE", log_exceptions=False)
    except psycopg.errors.InsufficientPrivilege:
        _make_own_unaccent(cr)
    except psycopg.Error as error:
        _logger.info("unaccent is not there db=%s: %s", cr.dbname, error)


def _make_own_unaccent(cr: Cursor) -> None:
    row = cr.fetch(SQL("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'unaccent'"))
    # With its schema, as the body of a function is read wherever it is called; regnamespace quotes the name.
    unaccent = f"{row[0][0]}.unaccent"
    body = quote_text(f"SELECT {unaccent}({quote_text(unaccent)}::regdictionary, $1)")
    try:
        cr.execute(
            f"CREATE OR REPLACE FUNCTION {OWN_UNACCENT}(text) RETURNS text"
            f" LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS {body}",
            log_exceptions=False,
        )
    except psycopg.Error as error:
        # Searches give the same answers without the index.
        _logger.info("unaccent stays out of indexes db=%s: %s", cr.dbname, error)
