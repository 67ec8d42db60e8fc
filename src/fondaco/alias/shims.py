"""The few names of `odoo.*` that need behaviour of their own: files of addons, loggers by their public names, ...

Each stands for one documented function; everything else is a row in `names.py`.
"""

from __future__ import annotations

import contextlib
import csv
import importlib
import io
import os
import shutil
import sys
import tempfile
import threading
import traceback
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fondaco.alias import process
from fondaco.data.load import load_file
from fondaco.domain.polish import normalize_domain
from fondaco.domain.tree import parse as parse_domain
from fondaco.errors import UserError
from fondaco.modules import importing
from fondaco.modules.manifest import AddonsPath, manifest_file
from fondaco.security.safe_eval import safe_eval
from fondaco.sql import programs
from fondaco.values import images, loggers

# -- files of addons


def _addon_folders() -> list[Path]:
    return [folder.resolve() for folder in importing.mounted()]


def file_path(file_path: str, filter_ext: Sequence[str] = ("",), env: Any = None) -> str:
    """The absolute path of a file of an addon: 'sale/static/x.png', 'addons/sale/...' or an absolute path inside one.

    FileNotFoundError if there is none; ValueError for a suffix outside `filter_ext`, which guards downloads.
    """
    if filter_ext and not file_path.lower().endswith(tuple(filter_ext)):
        raise ValueError(f"Unsupported file: {file_path}")
    wanted = Path(os.path.normpath(os.path.normcase(file_path)))
    temporary = getattr(getattr(env, "transaction", None), "_file_open_tmp_paths", ())
    folders = [*_addon_folders(), *(Path(path).resolve() for path in temporary)]
    if wanted.is_absolute():
        candidates = [wanted]
    else:
        parts = wanted.parts
        if parts[:2] == ("odoo", "addons"):
            parts = parts[2:]
        elif parts[:1] == ("addons",):
            parts = parts[1:]
        candidates = [folder.joinpath(*parts) for folder in folders]
    for candidate in candidates:
        resolved = candidate.resolve()
        if resolved.exists() and any(resolved.is_relative_to(folder) for folder in folders):
            return str(candidate)
    raise FileNotFoundError(f"File not found: {file_path}")


def file_open(name: str, mode: str = "r", filter_ext: Sequence[str] = (), env: Any = None) -> Any:
    """Open a file of an addon as `file_path` finds it; text is UTF-8."""
    path = file_path(name, filter_ext=filter_ext, env=env)
    if not set(mode) <= set("rbt"):
        raise ValueError(f"file_open: files of addons are read only, got mode {mode!r}")
    return open(path, mode) if "b" in mode else open(path, mode, encoding="utf-8")


@contextlib.contextmanager
def file_open_temporary_directory(env: Any) -> Iterator[str]:
    """A temporary folder whose files `file_path` finds while the block runs."""
    transaction = env.transaction
    with tempfile.TemporaryDirectory() as folder:
        transaction._file_open_tmp_paths = (*getattr(transaction, "_file_open_tmp_paths", ()), folder)
        try:
            yield folder
        finally:
            transaction._file_open_tmp_paths = transaction._file_open_tmp_paths[:-1]


def _addons() -> AddonsPath:
    return AddonsPath(importing.mounted(), own=None)


def get_module_path(module: str, downloaded: bool = False, display_warning: bool = True) -> str | bool:
    """The folder of an addon, False if the addons path has none."""
    folder = _addons().folder_of(module)
    return str(folder) if folder is not None else False


def get_manifest(module: str, mod_path: str | None = None) -> dict[str, Any]:
    """The normalised manifest of an addon as a dict, empty if there is no such addon."""
    addons = AddonsPath([Path(mod_path).parent], own=None) if mod_path else _addons()
    manifest = addons.manifest(module)
    return {**manifest.values, "addons_path": str(manifest.path.parent)} if manifest is not None else {}


def get_modules() -> list[str]:
    """The names of all addons of the path."""
    return _addons().names()


def get_module_resource(module: str, *args: str) -> str | bool:
    """The path of a file of an addon, False if it is not there."""
    try:
        return file_path(os.path.join(module, *args))
    except FileNotFoundError:
        return False


def get_resource_from_path(path: str) -> tuple[str, str, str] | None:
    """(addon, path in the addon, the same with the system's separators) of a file of an addon."""
    for folder in sorted(_addon_folders(), key=lambda folder: -len(str(folder))):
        with contextlib.suppress(ValueError):
            module, *rest = Path(path).resolve().relative_to(folder).parts
            return module, "/".join(rest), os.path.sep.join(rest)
    return None


def module_manifest(path: str) -> str | None:
    """The manifest file in a folder, None if it holds none."""
    found = manifest_file(Path(path))
    return str(found) if found is not None else None


def get_module_root(path: str) -> str | None:
    """The folder of the addon that a path lies in."""
    for folder in (Path(path), *Path(path).parents):
        if manifest_file(folder) is not None:
            return str(folder)
    return None


def get_module_icon(module: str) -> str:
    """The URL of an addon's icon, or of the default one."""
    icon = "static/description/icon.png"
    return f"/{module}/{icon}" if get_module_resource(module, icon) else f"/base/{icon}"


def load_openerp_module(module_name: str) -> None:
    """Import an addon."""
    importlib.import_module(f"{importing.NAMESPACE}.{module_name}")


# -- data files


def convert_file(
    env: Any,
    module: str,
    filename: str,
    idref: Any = None,
    mode: str = "update",
    noupdate: bool = False,
    kind: str | None = None,
    pathname: str | None = None,
) -> None:
    """Load a data file of an addon."""
    path = Path(pathname or file_path(os.path.join(module, filename)))
    load_file(env, module, path, name=f"{module}/{filename}", mode=mode, noupdate=noupdate, find_file=_addons().file)


def _convert_text(env: Any, module: str, name: str, content: bytes, suffix: str, mode: str, noupdate: bool) -> None:
    """The loaders read files: the text goes through one of the right name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name if Path(name).suffix == suffix else Path(name).stem + suffix)
        path.write_bytes(content)
        load_file(env, module, path, name=f"{module}/{name}", mode=mode, noupdate=noupdate, find_file=_addons().file)


def convert_csv_import(
    env: Any, module: str, fname: str, csvcontent: bytes, idref: Any = None, mode: str = "init", noupdate: bool = False
) -> None:
    """Load CSV rows; the model is the name of the file."""
    _convert_text(env, module, fname, csvcontent, ".csv", mode, noupdate)


def convert_xml_import(
    env: Any,
    module: str,
    xmlfile: Any,
    idref: Any = None,
    mode: str = "init",
    noupdate: bool = False,
    report: Any = None,
) -> None:
    """Load an XML data file, given by path or as an open file."""
    if isinstance(xmlfile, (str, os.PathLike)):
        load_file(env, module, Path(xmlfile), mode=mode, noupdate=noupdate, find_file=_addons().file)
        return
    content = xmlfile.read()
    name = str(getattr(xmlfile, "name", "data.xml"))
    data = content if isinstance(content, bytes) else content.encode()
    _convert_text(env, module, name, data, ".xml", mode, noupdate)


def convert_sql_import(env: Any, fp: Any) -> None:
    """Execute a file of SQL."""
    env.cr.execute(fp.read())


def nodeattr2bool(node: Any, attr: str, default: bool = False) -> bool:
    """The truth of an attribute of a data file's element."""
    text = node.get(attr)
    if not text or not text.strip():
        return default
    return text.strip().lower() not in {"0", "false", "off"}


# -- pictures: what is refused becomes a sentence for the user


def _for_users(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except images.ImageError as error:
            raise UserError(str(error)) from error

    wrapped.__name__ = function.__name__
    wrapped.__doc__ = function.__doc__
    return wrapped


base64_to_image = _for_users(images.base64_to_image)
binary_to_image = _for_users(images.binary_to_image)
image_process = _for_users(images.image_process)
image_apply_opt = _for_users(images.image_apply_opt)
image_to_base64 = _for_users(images.image_to_base64)


# -- loggers: addons name those of `odoo`, ours have other names

_LOGGERS = {
    "odoo.sql_db": ("fondaco.sql",),
    "odoo.models": ("fondaco.orm",),
    "odoo.models.unlink": ("fondaco.orm.unlink",),
    "odoo.fields": ("fondaco.orm.fields",),
    "odoo.http": ("fondaco.http", "fondaco.rpc"),
    "odoo.modules": ("fondaco.modules",),
    "odoo.modules.loading": ("fondaco.modules",),
    "odoo.modules.registry": ("fondaco.registry",),
    "odoo.service": ("fondaco.rpc", "fondaco.registry.transact"),
    "odoo.schema": ("fondaco.orm.schema", "fondaco.orm.steps"),
    "odoo.tools": ("fondaco.values", "fondaco.i18n", "fondaco.security"),
    "odoo.tools.convert": ("fondaco.data",),
    "odoo.tools.translate": ("fondaco.i18n",),
    "odoo.tools.safe_eval": ("fondaco.security.safe_eval",),
    "odoo.osv.expression": ("fondaco.domain", "fondaco.orm.where"),
    "odoo": ("fondaco",),
}


class mute_logger(loggers.mute_logger):
    """Drops what the named loggers say; a name of `odoo` stands for the rooms of ours that say it."""

    def __init__(self, *names: str) -> None:
        super().__init__(*dict.fromkeys(own for name in names for own in (name, *_LOGGERS.get(name, ()))))


# -- processes


def find_in_path(name: str) -> str:
    """The program of this name; OSError if there is none."""
    path = os.pathsep.join(filter(None, (process.config.get("bin_path"), os.environ.get("PATH"))))
    found = shutil.which(name, path=path)
    if found is None:
        raise OSError(f"{name} not found")
    return found


def find_pg_tool(name: str) -> str:
    """A program of PostgreSQL that suits the server, such as pg_dump."""
    found = shutil.which(name, path=exec_pg_environ()["PATH"])
    if found is None:
        raise Exception(f"Command `{name}` not found.")
    return found


def exec_pg_environ() -> dict[str, str]:
    """The environment in which programs of PostgreSQL find the server, and those of its version are found first."""
    names = {"PGHOST": "db_host", "PGPORT": "db_port", "PGUSER": "db_user", "PGPASSWORD": "db_password"}
    given = {variable: str(process.config[key]) for variable, key in names.items() if process.config.get(key)}
    folder = programs.suiting(process.registries().pools).folder
    return {**os.environ, **given, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def stripped_sys_argv(*strip_args: str) -> list[str]:
    """The command line of this process without the flags that act once (-i, -u, -s and the given)."""
    once = {"-s", "--save", "-u", "--update", "-i", "--init", "--i18n-overwrite", *strip_args}
    kept: list[str] = []
    skip = False
    for argument in sys.argv:
        flag = argument.split("=")[0]
        if skip and not argument.startswith("-"):
            skip = False
            continue
        skip = False
        if flag in once:
            skip = "=" not in argument and flag not in {"-s", "--save", "--i18n-overwrite"}
            continue
        kept.append(argument)
    return kept


def dumpstacks(sig: Any = None, frame: Any = None, thread_idents: Any = None, log_level: int = 20) -> None:
    """Write what every thread is doing to stderr."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, stack in sys._current_frames().items():
        if thread_idents is None or ident in thread_idents:
            sys.stderr.write(f"\n# Thread {names.get(ident, ident)}\n" + "".join(traceback.format_stack(stack)))


def zip_dir(path: str, stream: Any, include_dir: bool = True, fnct_sort: Callable[[str], Any] | None = None) -> None:
    """Write a ZIP of the folder to `stream`, compiled Python left out."""
    base = os.path.normpath(path)
    start = len(base) + 1 if not include_dir else len(os.path.dirname(base)) + bool(os.path.dirname(base))
    with zipfile.ZipFile(stream, "w", compression=zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for folder, _folders, names in os.walk(base):
            for name in sorted(names, key=fnct_sort):
                if not name.endswith((".pyc", ".pyo")) and name != ".DS_Store":
                    full = os.path.join(folder, name)
                    archive.write(full, full[start:])


def which(file: str, mode: int = os.F_OK | os.X_OK, path: str | None = None, pathext: Any = None) -> str:
    """The first program of this name in the path; OSError(ENOENT) if there is none."""
    found = shutil.which(file, mode, path)
    if found is None:
        raise FileNotFoundError(2, "No such file or directory", file)
    return found


# -- text and tables


def csv_reader(stream: Any, **params: Any) -> Any:
    """Rows of text from a binary stream in UTF-8."""
    return csv.reader(io.TextIOWrapper(stream, encoding="utf-8", newline=""), **params)


def csv_writer(stream: Any, **params: Any) -> Any:
    """A writer of rows to a binary stream in UTF-8."""
    return csv.writer(io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True), **params)


def to_text(source: Any) -> str:
    """`source` as text; bytes are UTF-8, None and False are ''."""
    if source is None or source is False:
        return ""
    return source.decode() if isinstance(source, bytes) else str(source)


def is_running_as_nt_service() -> bool:
    return False


# -- domains as objects of older addons


class expression:
    """`odoo.osv.expression.expression(domain, model)`: a domain compiled for a model; read `query`."""

    def __init__(self, domain: Any, model: Any, alias: str | None = None, query: Any = None) -> None:
        self.root_model = model
        self.root_alias = alias or model._table
        self.expression = normalize_domain(domain)
        parse_domain(self.expression, model._name)
        self.query = query if query is not None else model._where_calc(domain, active_test=False)

    def get_tables(self) -> list[str]:
        return list(getattr(self.query, "_tables", {}))


# -- the process's databases


class Connection:
    """One database of the server, from which cursors are had."""

    dbname: str
    dsn: dict[str, str]

    def __init__(self, dbname: str) -> None:
        self.dbname = dbname
        self.dsn = {"database": dbname}

    def cursor(self) -> Any:
        return process.registries().pools.cursor(self.dbname)


def db_connect(to: str, allow_uri: bool = False, readonly: bool = False) -> Connection:
    """The database `to`."""
    return Connection(to)


def connection_info_for(db_or_uri: str, readonly: bool = False) -> tuple[str, dict[str, Any]]:
    """(name, what a driver is called with) for a connection of one's own: to a database of the server, or to that of a
    URI."""
    if db_or_uri.startswith(("postgresql://", "postgres://")):
        parts = urlsplit(db_or_uri)
        return parts.path.lstrip("/") or parts.username or parts.hostname or "", {"dsn": db_or_uri}
    settings = process.registries().pools.connector.settings(db_or_uri)
    names = ("host", "port", "user", "password", "sslmode", "sslrootcert", "application_name")
    return db_or_uri, {"database": db_or_uri, **{name: settings[name] for name in names if name in settings}}


def close_db(db_name: str) -> None:
    """Close the pooled connections to a database."""
    process.registries().pools.close_database(db_name)


def close_all() -> None:
    """Close all pooled connections."""
    process.registries().pools.close()


def get_text_alias(source: str, *args: Any, **kwargs: Any) -> str:
    """The text itself, filled: a `_` that translates nothing, for code without a language."""
    return source % (args or kwargs) if args or kwargs else source


def relaxed_eval(expr: str, ctx: Any = None) -> Any:
    """`safe_eval` as data files use it."""
    return safe_eval(expr, dict(ctx or {}), nocopy=True)
