"""Which services exist for other programs: common (who are you), object (call a model), db (life of databases).

Functions named `exp_*` carry the documented names and parameters; a wrong number of arguments is told by Python
itself, with them.
"""

from __future__ import annotations

import base64
import binascii
import logging
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any, ClassVar

import psycopg

from fondaco import log
from fondaco.config import Config
from fondaco.errors import AccessDenied, DatabaseError, DatabaseExists, DatabaseNotFound
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.transaction import registry_of, transact_on
from fondaco.registry.transact import transact
from fondaco.rpc import call, passwords, places
from fondaco.rpc.master import MasterPassword
from fondaco.server import deadlines
from fondaco.sql.databases import exists
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.modules import dumps, restore
else:
    dumps, restore = Postponed("fondaco.modules.dumps"), Postponed("fondaco.modules.restore")

_logger = logging.getLogger("fondaco.rpc")

SERVER_VERSION = "18.0"
SERVER_VERSION_INFO = (18, 0, 0, "final", 0, "")
COUNTRIES = ("data/res.country-a-k.csv", "data/res.country-l-z.csv")
BASE64_BLOCK = 3 * 256 * 1024  # bytes encoded at a time: a multiple of 3, so that the pieces join
ABOUT = "See http://openerp.com"
RPC_VERSION_1: Mapping[str, Any] = {
    "server_version": SERVER_VERSION,
    "server_version_info": list(SERVER_VERSION_INFO),
    "server_serie": "18.0",
    "protocol_version": 1,
}


def no_database(db: str) -> psycopg.OperationalError:
    """What clients know for a database that does not exist: the words of PostgreSQL."""
    return psycopg.OperationalError(f'connection failed: FATAL:  database "{db}" does not exist\n')


class CommonService:
    """Version and log-in; needs no credentials."""

    def __init__(self, registries: Any) -> None:
        self.registries = registries

    def dispatch(self, method: str, params: Sequence[Any]) -> Any:
        """Call `method`; `Exception` if there is none of that name, as clients know it."""
        function = getattr(self, f"exp_{method}", None)
        if function is None:
            raise Exception(f"Method not found: {method}")
        return function(*params)

    def exp_version(self) -> Mapping[str, Any]:
        return RPC_VERSION_1

    def exp_about(self, extended: bool = False) -> str | list[str]:
        return [ABOUT, SERVER_VERSION] if extended else ABOUT

    def exp_set_loglevel(self, loglevel: Any, logger: Any = None) -> bool:
        # A stranger does not choose what we log: accepted and not done, as the documented server.
        return True

    def exp_login(self, db: str, login: str, password: str) -> int | bool:
        return exp_authenticate(self.registries, db, login, password, None)

    def exp_authenticate(
        self, db: str, login: str, password: str, user_agent_env: Mapping[str, Any] | None
    ) -> int | bool:
        return exp_authenticate(self.registries, db, login, password, user_agent_env)


# Clients see these names in the message about missing arguments, without the class.
CommonService.exp_authenticate.__qualname__ = "exp_authenticate"
CommonService.exp_login.__qualname__ = "exp_login"


def exp_authenticate(
    registries: Any, db: str, login: str, password: str, user_agent_env: Mapping[str, Any] | None
) -> int | bool:
    """The id of the user, or False."""
    try:
        registry = registries.get(db)
    except DatabaseNotFound as error:
        raise no_database(db) from error
    credential = {"login": login, "password": password, "type": "password"}
    agent = {**(user_agent_env or {}), "interactive": False}
    with log.about(db=db):
        try:
            return int(registry["res.users"].authenticate(db, credential, agent)["uid"])
        except AccessDenied:
            return False


class ObjectService:
    """Calls of model methods, each with its own credentials."""

    def __init__(self, registries: Any) -> None:
        self.registries = registries

    def dispatch(self, method: str, params: Sequence[Any], notes: dict[str, Any] | None = None) -> Any:
        """Call a model. `notes` learns the database and what the call cost, for the access log."""
        db, user, password = params[0], int(params[1]), params[2]
        if not isinstance(db, str):
            raise TypeError(f"the name of the database is a {type(db).__name__}; expected a text")
        if method == "execute_kw":
            model, name, args, kwargs = execute_kw(db, user, *params[3:])
        elif method == "execute":
            model, name, args, kwargs = execute(db, user, *params[3:])
        else:
            raise NameError(f"Method not available {method}")
        cursors: list[Any] = []
        noted: dict[str, Any] = {"fondaco.call": f"{model}.{name}"}

        def work(env: Any, *, is_proven: bool = False) -> Any:
            cursors.append(env.cr)
            if not is_proven:
                passwords.require_known(env.registry, user, password)
            noted["fondaco.uid"] = user
            return call.execute_cr(env.cr, user, model, name, *args, **kwargs)

        try:
            models = registry_of(self.registries, db).models
            noted["fondaco.db"] = db  # from here on it is the name of a database, not only what a stranger sent
            with log.about(db=db, uid=user):
                readonly = model in models and call.is_readonly(models[model], name)
                run = partial(transact_on, self.registries, db, uid=user, context={}, readonly=readonly)
                try:
                    return run(work)
                except passwords.Unproven:
                    # Looked up with no transaction open: many calls that each hold a connection while they wait for
                    # another one would wait for each other, behind a pooler of few.
                    passwords.check(registry_of(self.registries, db), user, password)
                return run(partial(work, is_proven=True))
        except DatabaseNotFound as error:
            raise no_database(db) from error
        finally:
            if cursors:
                noted["fondaco.performance"] = (cursors[-1].sql_count, cursors[-1].sql_seconds)
            if notes is not None:
                notes.update(noted)


Call = tuple[str, str, Sequence[Any], Mapping[str, Any]]


def execute_kw(
    db: str, uid: int, obj: str, method: str, args: Sequence[Any], kw: Mapping[str, Any] | None = None
) -> Call:
    """(model, method, positional, named) of a call with named arguments."""
    return obj, method, args, kw or {}


def execute(db: str, uid: int, obj: str, method: str, *args: Any, **kw: Any) -> Call:
    """(model, method, positional, named) of a call with positional arguments only."""
    return obj, method, args, kw


class DatabaseService:
    """Create, copy, rename, drop and list databases; guarded by the master password and by `list_db`."""

    FREE_METHODS: ClassVar[frozenset[str]] = frozenset({"db_exist", "list", "list_lang", "server_version"})

    def __init__(self, registries: Any, config: Config) -> None:
        self.registries = registries
        self.config = config
        self.master = MasterPassword(config)

    def dispatch(self, method: str, params: Sequence[Any]) -> Any:
        function = getattr(self, f"exp_{method}", None)
        if function is None:
            raise KeyError(f"Method not found: {method}")
        if method not in self.FREE_METHODS:
            password = params[0]
            params = params[1:]
            self.check_super(password)
        return function(*params)

    def check_super(self, passwd: Any) -> bool:
        """True if `passwd` is the master password; else `AccessDenied`. What follows may take the time it needs."""
        is_right = self.master.check(passwd)
        deadlines.unlimited()
        return is_right

    def require_management(self) -> None:
        """`AccessDenied` where the administrator switched the management of databases off."""
        if not self.config.get("list_db", True):
            _logger.error("Database management functions blocked, admin disabled database listing")
            raise AccessDenied

    # -- reading -----------------------------------------------------------------------------------------------------
    def exp_db_exist(self, db_name: str) -> bool:
        return bool(exists(self.registries.pools, db_name))

    def exp_list(self, document: bool = False) -> list[str]:
        self.require_management()
        names = self.config.get("db_name") or []
        return sorted(names) if names and not self.config.get("dbfilter") else list(self.registries.names())

    def exp_server_version(self) -> str:
        return SERVER_VERSION

    def exp_list_lang(self) -> list[list[str]]:
        """[code, name] of the languages a database can be created in."""
        return places.language_names()

    def exp_list_countries(self) -> list[list[str]]:
        """[code, name] of the countries, by name."""
        return places.country_names(self.registries.addons.folder_of("base") / name for name in COUNTRIES)

    # -- changing ----------------------------------------------------------------------------------------------------
    def exp_create_database(
        self,
        db_name: str,
        demo: bool,
        lang: str,
        user_password: str = "admin",
        login: str = "admin",
        country_code: str | None = None,
        phone: str | None = None,
    ) -> bool:
        self.require_management()
        if self.exp_db_exist(db_name):
            raise DatabaseExists(f"database {db_name!r} already exists!")
        new = NewDatabase(
            db_name,
            login=login,
            password=user_password,
            with_demo=bool(demo),
            lang=lang or "en_US",
            country=country_code or None,
        )
        databases.create(self.registries, new)
        if phone:
            registry = self.registries.get(db_name)
            transact(registry, lambda env: env["res.company"].browse(1).write({"phone": phone}), uid=1, context={})
        return True

    def exp_duplicate_database(self, db_original_name: str, db_name: str, neutralize_database: bool = False) -> bool:
        self.require_management()
        try:
            databases.duplicate(self.registries, db_original_name, db_name, neutralized=bool(neutralize_database))
        except DatabaseExists as error:
            # What clients know is the error of PostgreSQL.
            raise psycopg.errors.DuplicateDatabase(f'database "{db_name}" already exists\n') from error
        return True

    def exp_drop(self, db_name: str) -> bool:
        self.require_management()
        if not self.exp_db_exist(db_name):
            return False
        databases.drop(self.registries, db_name)
        return True

    def exp_rename(self, old_name: str, new_name: str) -> bool:
        self.require_management()
        try:
            databases.rename(self.registries, old_name, new_name)
        except DatabaseError as error:
            raise Exception(f"Couldn't rename database {old_name} to {new_name}: {error}") from error
        return True

    def exp_migrate_databases(self, names: Sequence[str]) -> bool:
        self.require_management()
        for name in names:
            self.registries.update(name, upgrade=("base",))
        return True

    def exp_change_admin_password(self, new_password: str) -> bool:
        """Store another master password, hashed, in the configuration file in use."""
        self.require_management()
        self.master.change(new_password)
        return True

    # -- dumps -------------------------------------------------------------------------------------------------------
    def exp_dump(self, db_name: str, format: str) -> str:
        """A dump as base64; large databases go through `fondaco db dump` or the page, which hold none of it in
        memory."""
        with tempfile.TemporaryFile() as file:
            try:
                self.dump_db(db_name, file, format)
            except DatabaseNotFound as error:
                raise no_database(db_name) from error
            file.seek(0)
            blocks = iter(lambda: file.read(BASE64_BLOCK), b"")
            return "".join(base64.b64encode(block).decode("ascii") for block in blocks)

    def exp_restore(self, db_name: str, data: str | bytes, copy: bool = False) -> bool:
        """Make a database from a dump in base64."""
        self.require_management()
        with tempfile.TemporaryFile() as file:
            try:
                file.write(binascii.a2b_base64(data))
            except binascii.Error as error:
                raise Exception(f"Couldn't restore database: the data are no base64: {error}") from error
            self.restore_db(db_name, file, copy=bool(copy))
        return True

    def dump_db(self, db_name: str, stream: IO[bytes] | None, backup_format: str = "zip") -> IO[bytes] | None:
        """Write a dump into `stream`; without one, answer a file that holds it."""
        self.require_management()
        if stream is not None:
            dumps.write(self.registries, db_name, stream, backup_format)
            return None
        file = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
        try:
            dumps.write(self.registries, db_name, file, backup_format)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def restore_db(
        self, db: str, dump_file: IO[bytes] | str, copy: bool = False, neutralize_database: bool = False
    ) -> None:
        """Make a database from a file, or from the file at a path."""
        self.require_management()
        if isinstance(dump_file, str):
            with open(dump_file, "rb") as file:
                return self.restore_db(db, file, copy, neutralize_database)
        try:
            with tempfile.TemporaryFile() as spool:
                source = dump_file
                if not dump_file.seekable():
                    shutil.copyfileobj(dump_file, spool)
                    source = spool
                restore.restore(self.registries, db, source, copy=copy, neutralized=neutralize_database)
        except DatabaseExists as error:
            raise Exception("Database already exists") from error
        except DatabaseError as error:
            raise Exception(f"Couldn't restore database: {error}") from error
        return None
