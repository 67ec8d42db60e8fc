"""The functions of `odoo.service.*` and `odoo.modules.db`, over `fondaco.rpc` and the registries of the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psycopg
from lxml import etree

from fondaco import SERIES
from fondaco.alias import process
from fondaco.data.execute import Execution
from fondaco.data.xml import Scope, read_tree
from fondaco.errors import DatabaseExists
from fondaco.modules import dumps, importing, neutralize
from fondaco.modules.manifest import AddonsPath
from fondaco.registry import transact
from fondaco.rpc import call
from fondaco.rpc.services import CommonService, DatabaseService, ObjectService
from fondaco.security.credentials import constant_time_equal
from fondaco.sql import databases as sql_databases
from fondaco.sql.fragment import SQL

MAX_TRIES_ON_CONCURRENCY_FAILURE = transact.TRIES
PG_CONCURRENCY_EXCEPTIONS_TO_RETRY = (
    psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected,
)  # fmt: skip
PG_CONCURRENCY_ERRORS_TO_RETRY = tuple(str(kind.sqlstate) for kind in PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)

# -- calls on models


def get_public_method(model: Any, name: str) -> Callable[..., Any]:
    """The method of this name that RPC may call; AccessError or AttributeError if there is none."""
    method: Callable[..., Any] = call.get_public_method(model, name)
    return method


def execute_kw(
    db: str, uid: int, obj: str, method: str, args: Sequence[Any], kw: Mapping[str, Any] | None = None
) -> Any:
    """Call a method with named arguments in a transaction of its own."""
    return execute(db, uid, obj, method, *args, **(kw or {}))


def execute(db: str, uid: int, obj: str, method: str, *args: Any, **kw: Any) -> Any:
    """Call a method in a transaction of its own."""
    return transact.transact(
        process.registry(db), lambda env: call.execute_cr(env.cr, uid, obj, method, *args, **kw), uid=uid
    )


def retrying(func: Callable[[], Any], env: Any) -> Any:
    """`func()` in the transaction of `env`, committed; repeated when it fails to serialise."""
    return transact.retrying(env.registry, env.cr, lambda: env, lambda _env: func())


def dispatch(method: str, params: Sequence[Any]) -> Any:
    return ObjectService(process.registries()).dispatch(method, params)


# -- sessions and log-in


def exp_version() -> Mapping[str, Any]:
    return CommonService(process.registries()).exp_version()


def exp_about(extended: bool = False) -> Any:
    return CommonService(process.registries()).exp_about(extended)


def exp_login(db: str, login: str, password: str) -> Any:
    return CommonService(process.registries()).exp_login(db, login, password)


def exp_authenticate(db: str, login: str, password: str, user_agent_env: Mapping[str, Any] | None) -> Any:
    return CommonService(process.registries()).exp_authenticate(db, login, password, user_agent_env)


def dispatch_common(method: str, params: Sequence[Any]) -> Any:
    return CommonService(process.registries()).dispatch(method, params)


def check(db: str, uid: int, passwd: str) -> Any:
    """AccessDenied unless `passwd` is the password (or an API key) of the user."""
    return process.registry(db)["res.users"].check(db, uid, passwd)


def compute_session_token(session: Any, env: Any) -> str | bool:
    """The token a session of this user must carry: it changes with the password."""
    token: str | bool = env["res.users"].browse(session.uid)._compute_session_token(session.sid)
    return token


def check_session(session: Any, env: Any, request: Any = None) -> bool:
    """Whether the session still belongs to its user."""
    expected = compute_session_token(session, env)
    return bool(expected) and constant_time_equal(str(expected), str(session.session_token or ""))


# -- databases


def _databases() -> DatabaseService:
    return DatabaseService(process.registries(), process.served.config)


def check_super(passwd: str) -> bool:
    return _databases().check_super(passwd)


def exp_create_database(*args: Any, **kwargs: Any) -> bool:
    return _databases().exp_create_database(*args, **kwargs)


def exp_duplicate_database(*args: Any, **kwargs: Any) -> bool:
    return _databases().exp_duplicate_database(*args, **kwargs)


def exp_drop(db_name: str) -> bool:
    return _databases().exp_drop(db_name)


def exp_rename(old_name: str, new_name: str) -> bool:
    return _databases().exp_rename(old_name, new_name)


def exp_db_exist(db_name: str) -> bool:
    return _databases().exp_db_exist(db_name)


def exp_list(document: bool = False) -> list[str]:
    return _databases().exp_list(document)


def exp_server_version() -> str:
    return _databases().exp_server_version()


def list_dbs(force: bool = False) -> list[str]:
    """The databases of this server; AccessDenied if listing is off, unless `force`."""
    return list(process.registries().names()) if force else exp_list()


def list_db_incompatible(databases: Iterable[str]) -> list[str]:
    """Those of the databases that hold no modules, or modules of another series."""
    return [name for name in databases if not _is_of_series(name)]


def _is_of_series(database: str) -> bool:
    with process.registries().pools.cursor(database, readonly=True) as cr:
        if not is_initialized(cr):
            return False
        rows = cr.fetch(SQL("SELECT latest_version FROM ir_module_module WHERE name = 'base'"))
    return bool(rows) and str(rows[0][0]).startswith(f"{SERIES}.")


def _create_empty_database(name: str) -> None:
    """Make a database with nothing of ours in it; DatabaseExists if there is one."""
    pools = process.registries().pools
    sql_databases.check_name(name)
    if sql_databases.exists(pools, name):
        raise DatabaseExists(f"database {name!r} already exists!")
    sql_databases.create(pools, name)


def exp_list_lang() -> Any:
    return _databases().exp_list_lang()


def exp_list_countries() -> Any:
    return _databases().exp_list_countries()


def exp_migrate_databases(databases: Sequence[str]) -> bool:
    return _databases().exp_migrate_databases(databases)


def exp_change_admin_password(new_password: str) -> bool:
    return _databases().exp_change_admin_password(new_password)


def exp_dump(db_name: str, format: str) -> str:
    return _databases().exp_dump(db_name, format)


def exp_restore(db_name: str, data: str, copy: bool = False) -> bool:
    return _databases().exp_restore(db_name, data, copy)


def dump_db(db_name: str, stream: IO[bytes] | None, backup_format: str = dumps.ZIP) -> IO[bytes] | None:
    """Write a dump into `stream`, or answer a file that holds it."""
    return _databases().dump_db(db_name, stream, backup_format)


def dump_db_manifest(cr: Any) -> dict[str, Any]:
    """What the manifest of a dump of this database would say."""
    return dumps.manifest_of(cr)


def restore_db(db: str, dump_file: IO[bytes] | str, copy: bool = False, neutralize_database: bool = False) -> None:
    """Make a database from a dump."""
    _databases().restore_db(db, dump_file, copy, neutralize_database)


def get_installed_modules(cursor: Any) -> list[str]:
    """The modules whose neutralizing statements count."""
    return neutralize.installed_modules(cursor)


def get_neutralization_queries(modules: Iterable[str]) -> Iterator[str]:
    """The statements of these modules that keep a database from acting on the world."""
    return neutralize.statements(process.registries().addons, modules)


def neutralize_database(cursor: Any) -> None:
    """Keep a database from acting on the world; the caller commits."""
    neutralize.neutralize(cursor, process.registries().addons)


def dispatch_db(method: str, params: Sequence[Any]) -> Any:
    return _databases().dispatch(method, params)


def dispatch_rpc(service_name: str, method: str, params: Sequence[Any]) -> Any:
    """Call a method of one of the services: common, db or object."""
    return {"common": dispatch_common, "db": dispatch_db, "object": dispatch}[service_name](method, params)


# -- what a database can


def has_unaccent(cr: Any) -> bool:
    """Whether the function `unaccent` is there."""
    cr.execute(SQL("SELECT 1 FROM pg_proc WHERE proname = 'unaccent'"))
    return cr.fetchone() is not None


def has_trigram(cr: Any) -> bool:
    """Whether pg_trgm is there."""
    cr.execute(SQL("SELECT 1 FROM pg_proc WHERE proname = 'word_similarity'"))
    return cr.fetchone() is not None


def is_initialized(cr: Any) -> bool:
    """Whether the database holds modules."""
    cr.execute(SQL("SELECT 1 FROM pg_class WHERE relname = 'ir_module_module' AND relkind = 'r'"))
    return cr.fetchone() is not None


def create_categories(cr: Any, categories: Sequence[str]) -> int | None:
    """The id of a module category given by its path, made with its parents where missing."""
    parent: int | None = None
    for name in categories:
        cr.execute(
            SQL(
                "SELECT id FROM ir_module_category WHERE name->>'en_US' = %s AND parent_id IS NOT DISTINCT FROM %s",
                name, parent,
            )
        )  # fmt: skip
        row = cr.fetchone()
        if row is None:
            cr.execute(
                SQL(
                    "INSERT INTO ir_module_category (name, parent_id)"
                    " VALUES (jsonb_build_object('en_US', %s::text), %s) RETURNING id",
                    name, parent,
                )
            )  # fmt: skip
            row = cr.fetchone()
        parent = row[0]
    return parent


# -- data files as objects


class xml_import:
    """The loader of one XML data file, for addons that drive it themselves."""

    def __init__(
        self, env: Any, module: str, idref: Any, mode: str, noupdate: bool = False, xml_filename: str | None = None
    ) -> None:
        self.env = env
        self.module = module
        self.mode = mode
        self.noupdate = noupdate
        self.xml_filename = xml_filename or ""
        self.idref: dict[str, int] = {} if idref is None else idref

    def make_xml_id(self, xml_id: str) -> str:
        """The xmlid with the module in front."""
        return xml_id if not xml_id or "." in xml_id else f"{self.module}.{xml_id}"

    def id_get(self, id_str: str, raise_if_not_found: bool = True) -> int | None:
        """The id of the record an xmlid names."""
        record = self.env.ref(self.make_xml_id(id_str), raise_if_not_found=raise_if_not_found)
        return record.id if record else None

    def model_id_get(self, id_str: str, raise_if_not_found: bool = True) -> tuple[str | None, int | None]:
        """(model, id) of the record an xmlid names."""
        record = self.env.ref(self.make_xml_id(id_str), raise_if_not_found=raise_if_not_found)
        return (record._name, record.id) if record else (None, None)

    def parse(self, de: etree._Element) -> None:
        """Load what is below a root element."""
        find_file: Callable[[str], Path | None] = AddonsPath(importing.mounted(), own=None).file
        operations = read_tree(de, Scope(self.module, self.xml_filename or self.module, self.noupdate))
        Execution(self.env, self.module, find_file, is_update=self.mode == "update").run(operations)


class CliCommand:
    """Base of commands that addons bring; the `fondaco` command lists its own and calls none of these."""

    name: str | None = None

    def run(self, args: Sequence[str]) -> Any:
        """What the command does."""
        raise NotImplementedError


def restart() -> None:
    """The supervisor replaces workers when modules change; nothing is to be done from inside."""
