"""`odoo.tools.translate`: functions that take a cursor, over the engine of translations of modules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from fondaco.i18n import exchange
from fondaco.i18n.po import Entry
from fondaco.modules import terms, texts
from fondaco.orm.environment import Environment

_SUPERUSER = 1


def _env(cr: Any) -> Environment:
    return Environment(cr, _SUPERUSER, {})


def load_language(cr: Any, lang: str) -> None:
    """Activate a language with the translations of the installed modules."""
    env = _env(cr)
    env["base.language.install"].create(
        {"lang_ids": [(6, 0, env["res.lang"]._activate_lang(lang).ids)], "overwrite": False}
    ).lang_install()


def trans_export(lang: str | None, modules: Sequence[str], buffer: Any, format: str, cr: Any) -> bool:
    """Write the texts of modules to `buffer`; whether there were any."""
    names = sorted(_env(cr).registry.loaded_modules) if "all" in modules else list(modules)
    return _write(texts.of_modules(_env(cr), names, lang), lang, names, buffer, format)


def trans_export_records(
    lang: str | None, model_name: str, ids: Collection[int], buffer: Any, format: str, cr: Any
) -> bool:
    """Write the texts of records to `buffer`; whether there were any."""
    return _write(texts.of_records(_env(cr), model_name, ids, lang), lang, [], buffer, format)


def _write(entries: Sequence[Entry], lang: str | None, modules: Sequence[str], buffer: Any, format: str) -> bool:
    buffer.write(exchange.write(entries, lang, modules, format))
    return bool(entries)


def trans_load(cr: Any, filepath: str, lang: str, verbose: bool = True, overwrite: bool = False) -> None:
    """Bring the translations of a file in."""
    importer = TranslationImporter(cr, verbose=verbose)
    importer.load_file(filepath, lang)
    importer.save(overwrite=overwrite)


def trans_load_data(
    cr: Any, fileobj: Any, fileformat: str, lang: str, verbose: bool = True, overwrite: bool = False
) -> None:
    """Bring the translations of an open file in."""
    importer = TranslationImporter(cr, verbose=verbose)
    importer.load(fileobj, fileformat, lang)
    importer.save(overwrite=overwrite)


class TranslationImporter:
    """Collects translations of several files, and brings them in at once."""

    def __init__(self, cr: Any, verbose: bool = True) -> None:
        self.cr = cr
        self.verbose = verbose
        self._entries: dict[str, list[Entry]] = {}

    def load(self, fileobj: Any, fileformat: str, lang: str, xmlids: Collection[str] | None = None) -> None:
        """Take the entries of an open file; those of `xmlids` alone, if they are given."""
        found = exchange.read(fileobj.read(), fileformat)
        self._entries.setdefault(lang, []).extend(found if xmlids is None else _only(found, set(xmlids)))

    def load_file(self, filepath: str, lang: str, xmlids: Collection[str] | None = None) -> None:
        """Take the entries of a file; its name says the format."""
        with Path(filepath).open("rb") as file:
            self.load(file, exchange.format_of(filepath) or "po", lang, xmlids)

    def save(self, overwrite: bool = False, force_overwrite: bool = False) -> None:
        """Bring in what was taken."""
        for lang, entries in self._entries.items():
            terms.take(_env(self.cr), entries, lang, overwrite=overwrite or force_overwrite)
        self._entries.clear()


def _only(entries: Iterable[Entry], xmlids: set[str]) -> list[Entry]:
    return [entry for entry in entries if any(place.target in xmlids for place in entry.places)]


def translate_sql_constraint(cr: Any, key: str, lang: str) -> str:
    """The message of the constraint `key`, in a language."""
    message = _env(cr)(context={"lang": lang})["ir.model.constraint"].search([("name", "=", key)], limit=1).message
    return message or ""
