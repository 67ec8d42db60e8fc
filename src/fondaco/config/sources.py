"""What are the settings of this process: defaults, then the file, then the environment, then the command line."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fondaco.config import inifile
from fondaco.config.commandline import Given, add_flags, with_known_spelling
from fondaco.config.option import Option
from fondaco.config.settings import Config
from fondaco.config.table import BY_ENVIRONMENT, BY_KEY, BY_OBSOLETE_KEY, OPTIONS
from fondaco.errors import ConfigError

PREFIX = "FONDACO_"
OTHER_VARIABLES = frozenset({
    "FONDACO_RC", "FONDACO_ADMIN_PASSWORD", "FONDACO_ADMIN_PASSWORD_FILE", "FONDACO_PG_BIN", "FONDACO_INHERITED",
})  # fmt: skip
"""Variables of ours that are not options. FONDACO_TEST_* belong to the test suite."""
CONTAINER_VARIABLES = {
    "HOST": "db_host",
    "PORT": "db_port",
    "USER": "db_user",
    "PASSWORD": "db_password",
    "DATABASE": "db_name",
}
LOG_LEVEL_NAMES = ("DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "NOTSET")
HIGHEST_PORT = 65535
LIMITS_OF_PROCESSES = ("limit_memory_soft", "limit_memory_hard", "limit_time_cpu", "limit_request")


def load(argv: Sequence[str], environ: Mapping[str, str]) -> Config:
    """The settings that `argv` (server options only) and `environ` give; ConfigError, or usage and exit 2."""
    given = Given()
    add_flags(argparse.ArgumentParser(prog="fondaco"), given).parse_args(with_known_spelling(argv))
    return resolve(given.options, environ, given.notices)


def resolve(options: Mapping[str, Any], environ: Mapping[str, str], notices: Iterable[str] = ()) -> Config:
    """The settings for options given on the command line as values by key."""
    default = Config.default(environ)
    values: dict[str, Any] = dict(default)
    sources: dict[str, str] = {}
    remarks: list[str] = list(notices)
    misc: Mapping[str, Mapping[str, str]] = {}

    path = _config_path(options, environ)
    to_be_written = options.get("save") and path and not Path(path).exists()
    content = inifile.read(path) if path and not to_be_written else inifile.IniFile("", {}, {})
    from_container = _from_container(environ)
    for key, value in from_container.items():
        values[key], sources[key] = value, "container environment"
    _take_file(content, values, sources, remarks)
    misc = content.other_sections
    _take_environment(environ, values, sources, remarks)
    for key, value in options.items():
        if key == "log_handler" and sources.get(key):
            value = [*values[key], *value]
        elif key == "log_handler":
            value = [*default[key], *value]
        values[key], sources[key] = value, "command line"
    if not values["data_dir"]:
        values["data_dir"] = default["data_dir"]
    for key in ("data_dir", "logfile", "pidfile"):
        if values[key]:
            values[key] = os.path.abspath(os.path.expanduser(os.path.expandvars(values[key])))
    config = Config(values, sources, misc, tuple(remarks), path)
    return _validated(config)


def _config_path(options: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """The file to read: -c, then the variables, then the home directory; nothing when there is none."""
    if options.get("config"):
        return os.path.abspath(os.path.expanduser(str(options["config"])))
    for variable in ("FONDACO_RC", "ODOO_RC", "OPENERP_SERVER"):
        if environ.get(variable):
            return os.path.abspath(os.path.expanduser(environ[variable]))
    home = environ.get("HOME")
    candidates = [Path(home) / name for name in (".fondacorc", ".odoorc", ".openerp_serverrc")] if home else []
    found = next((str(path) for path in candidates if path.is_file()), "")
    if not found and options.get("save") and candidates:
        return str(candidates[0])
    return found


def _from_container(environ: Mapping[str, str]) -> dict[str, Any]:
    """HOST, USER, PASSWORD, DATABASE of container files; only together, for USER alone is in every shell."""
    if not all(environ.get(name) for name in ("HOST", "USER", "PASSWORD")):
        return {}
    found = {key: environ[name] for name, key in CONTAINER_VARIABLES.items() if environ.get(name)}
    if not found.get("db_port", "0").isdigit():
        # A linked container sets PORT=tcp://address:port; the number is in HOST's default then.
        del found["db_port"]
    return {key: BY_KEY[key].read(text) for key, text in found.items()}


def _take_file(content: inifile.IniFile, values: dict[str, Any], sources: dict[str, str], remarks: list[str]) -> None:
    remarks.extend(content.notices)
    for key, entry in content.options.items():
        where = f"{content.path}:{entry.line}"
        option = BY_KEY.get(key) or BY_OBSOLETE_KEY.get(key)
        if option is None or not option.in_file:
            remarks.append(f"{where}: unknown option {key!r} is ignored{_suggestion(key)}")
            values.setdefault(key, entry.text)
            continue
        if option.key != key:
            remarks.append(f"{where}: {key} is an obsolete name of {option.key}")
            if option.key in content.options:
                continue
        values[option.key], sources[option.key] = _read(option, entry.text, f"{where}: {key}"), where


def _suggestion(key: str) -> str:
    close = difflib.get_close_matches(key, [option.key for option in OPTIONS if option.in_file], n=1, cutoff=0.8)
    return f"; did you mean {close[0]!r}?" if close else ""


def _take_environment(
    environ: Mapping[str, str], values: dict[str, Any], sources: dict[str, str], remarks: list[str]
) -> None:
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        if variable in OTHER_VARIABLES or variable.startswith("FONDACO_TEST_"):
            continue
        key = variable.removeprefix(PREFIX).lower()
        option = BY_ENVIRONMENT.get(variable)
        if option is not None:
            values[option.key] = _read(option, environ[variable], variable)
            sources[option.key] = f"environment variable {variable}"
        elif (option := BY_ENVIRONMENT.get(variable.removesuffix("_FILE"))) is not None and option.is_secret:
            if option.environment in environ:
                raise ConfigError(f"{variable} and {option.environment} are both set; expected one of them")
            values[option.key] = _read(option, secret_from_file(environ[variable], variable), variable)
            sources[option.key] = f"file {environ[variable]} named by {variable}"
        else:
            remarks.append(f"environment: no option is called {key!r}; {variable} is ignored{_suggestion(key)}")


def secret_from_file(path: str, where: str) -> str:
    """The first line of a file that holds a secret; ConfigError, naming `where`, when there is none."""
    try:
        secret = Path(path).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: the secret cannot be read from {path!r}: {error}") from error
    if not secret:
        raise ConfigError(f"{where}: {path!r} is empty; expected the secret on its first line")
    return secret


def _read(option: Option, text: str, where: str) -> Any:
    try:
        return option.read(text)
    except ValueError:
        found = "a secret" if option.is_secret else repr(text)
        raise ConfigError(f"{where}: found {found}, expected {option.expected}") from None


def _validated(config: Config) -> Config:
    """`config`, held against the rules that concern more than the form of one value."""
    for key in ("http_port", "gevent_port", "db_port", "db_direct_port", "db_replica_port", "smtp_port"):
        if not 0 <= (config[key] or 0) <= HIGHEST_PORT:
            raise ConfigError(f"{_where(config, key)}: found {config[key]}, expected a port from 1 to {HIGHEST_PORT}")
    for key, lowest in (("workers", -1), ("db_maxconn", 1), ("max_cron_threads", 0), ("limit_request", 0)):
        if config[key] is None or config[key] < lowest:
            raise ConfigError(f"{_where(config, key)}: found {config[key]}, expected {lowest} or more")
    _check_dbfilter(config)
    for name in config["log_handler"]:
        level = name.rpartition(":")[2]
        if ":" not in name or level.upper() not in LOG_LEVEL_NAMES:
            raise ConfigError(
                f"{_where(config, 'log_handler')}: found {name!r}, "
                "expected logger:LEVEL, as in 'odoo.http:DEBUG' or ':INFO'"
            )
    remarks = list(config.notices)
    soft, hard = config["limit_memory_soft"], config["limit_memory_hard"]
    if soft and hard and soft > hard:
        remarks.append(
            f"{_where(config, 'limit_memory_soft')}: {soft} is above limit_memory_hard ({hard}) and never reached"
        )
    remarks.extend(idle_limits(config))
    for key in ("addons_path", "upgrade_path"):
        remarks.extend(_check_folders(config, key))
    return Config(config.values_by_key, config.sources, config.misc, tuple(remarks), config.rcfile)


def idle_limits(config: Config) -> list[str]:
    """Limits that somebody chose and that hold for worker processes, where there are none."""
    chosen = [key for key in LIMITS_OF_PROCESSES if config.is_given(key) and config[key] != BY_KEY[key].default]
    if config["workers"] != 0 or not chosen:
        return []
    return [f"{_where(config, chosen[0])}: with workers = 0 nothing holds to {', '.join(chosen)}; set workers"]


def _check_dbfilter(config: Config) -> None:
    pattern = config["dbfilter"].replace("%h", "host").replace("%d", "domain")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"{_where(config, 'dbfilter')}: {config['dbfilter']!r} is not a regular expression: {error}"
        ) from None


def _check_folders(config: Config, key: str) -> list[str]:
    """Directories that are not there: an error when just typed, a remark when a file was copied from elsewhere."""
    missing = [path for path in config[key] if not Path(path).expanduser().is_dir()]
    if missing and config.source(key) == "command line":
        raise ConfigError(f"--{key.replace('_', '-')}: {missing[0]!r} is no directory")
    return [f"{_where(config, key)}: {path!r} is no directory and is left out" for path in missing]


def _where(config: Config, key: str) -> str:
    return f"{config.source(key)}: {key}"


def save(config: Config) -> str:
    """Write the settings to the file they came from (or -c names); answer its path."""
    path = config.rcfile
    if not path:
        raise ConfigError("--save: no file to write to; name one with -c FILE")
    texts = {
        option.key: option.write(config[option.key])
        for option in OPTIONS
        if option.saving == "always" or (option.saving == "set" and config[option.key] != option.default)
    }
    texts.update({key: str(value) for key, value in config.items() if key not in BY_KEY})
    inifile.write(path, texts, config.misc)
    return path
