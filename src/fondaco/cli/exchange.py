"""Languages and their files from the command line: --load-language, --i18n-export and --i18n-import."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.cli.command import CommandError, Exit
from fondaco.config import Config
from fondaco.engine import Engine
from fondaco.modules.databases import names
from fondaco.modules.transaction import transact_on
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.i18n import exchange
    from fondaco.modules import terms, texts
else:
    exchange = Postponed("fondaco.i18n.exchange")
    terms, texts = Postponed("fondaco.modules.terms"), Postponed("fondaco.modules.texts")

_logger = logging.getLogger(__name__)


def load_languages(engine: Engine, database: str) -> None:
    """Activate the languages of --load-language that the database does not speak yet, with their translations."""
    wanted = engine.config["load_language"]
    if wanted:
        transact_on(engine.registries, database, lambda env: _load(env, database, wanted), uid=SUPERUSER_ID)


def _load(env: Environment, database: str, wanted: list[str]) -> None:
    found = env["res.lang"].with_context(active_test=False).search([("code", "in", wanted)])
    unknown = sorted(set(wanted) - set(found.mapped("code")))
    if unknown:
        raise CommandError(f"--load-language: {database} has no language {unknown[0]!r}; expected codes such as fr_FR")
    for lang in found.filtered(lambda lang: not lang.active):
        env["base.language.install"].create({"lang_ids": [(6, 0, lang.ids)], "overwrite": False}).lang_install()
        _logger.info("language loaded database=%s lang=%s", database, lang.code)


def wants_exchange(config: Config) -> bool:
    """Whether translations shall leave or come in, and nothing else."""
    return bool(config["translate_out"] or config["translate_in"])


def exchange_file(engine: Engine) -> None:
    """Write the file of --i18n-export, or bring in that of --i18n-import."""
    config = engine.config
    key, option = ("translate_out", "i18n-export") if config["translate_out"] else ("translate_in", "i18n-import")
    if len(config["db_name"]) != 1:
        raise CommandError(f"--{option}: name one database with -d", Exit.USAGE)
    (database,) = config["db_name"]
    if database not in names(engine.registries):
        raise CommandError(f"--{option}: there is no database {database!r}", Exit.NOT_FOUND)
    path, form = Path(config[key]), exchange.format_of(config[key])
    if form is None:
        raise CommandError(f"--{option}: {path}: expected a name that ends in .po, .pot, .csv or .tgz", Exit.USAGE)
    if key == "translate_out":
        content = transact_on(engine.registries, database, lambda env: _exported(env, config, form), uid=SUPERUSER_ID)
        path.write_bytes(content)
        _logger.info("translations exported database=%s file=%s bytes=%d", database, path, len(content))
    else:
        changed = transact_on(
            engine.registries, database, lambda env: _imported(env, config, path, form), uid=SUPERUSER_ID
        )
        _logger.info("translations imported database=%s file=%s values=%d", database, path, changed)


def _exported(env: Environment, config: Config, form: str) -> bytes:
    wanted = config["translate_modules"]
    there = sorted(env.registry.loaded_modules)
    modules = there if "all" in wanted else wanted
    absent = sorted(set(modules) - set(there))
    if absent:
        raise CommandError(f"--modules: not installed: {', '.join(absent)}", Exit.NOT_FOUND)
    lang = _language(env, config, "i18n-export") if config["language"] else None
    return exchange.write(texts.of_modules(env, modules, lang), lang, modules, form)


def _imported(env: Environment, config: Config, path: Path, form: str) -> int:
    lang = _language(env, config, "i18n-import")
    try:
        entries = exchange.read(path.read_bytes(), form)
    except FileNotFoundError:
        raise CommandError(f"--i18n-import: {path}: no such file", Exit.NOT_FOUND) from None
    except ValueError as error:
        raise CommandError(f"--i18n-import: {path}: {error}") from error
    return terms.take(env, entries, lang, overwrite=config["overwrite_existing_translations"])


def _language(env: Any, config: Config, option: str) -> str:
    code: str = config["language"]
    active = [code for code, _name in env["res.lang"].get_installed()]
    if code not in active:
        found = f"found {code!r}" if code else "no language given"
        raise CommandError(
            f"--{option}: {found}; expected -l with one that the database speaks ({', '.join(active)}), "
            "or add it first with --load-language",
            Exit.USAGE,
        )
    return code
