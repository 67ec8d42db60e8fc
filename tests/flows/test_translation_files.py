"""Languages and their files from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fondaco.cli.command import CommandError
from fondaco.cli.exchange import exchange_file, load_languages
from fondaco.config import Config
from fondaco.engine import Engine
from fondaco.modules.registries import Registries
from fondaco.modules.transaction import transact_on
from fondaco.orm.environment import Environment
from fondaco.sql.connection import Pools

PLACE = "model:res.country,name:base.be"


@pytest.fixture
def engine(config: Config, pools: Pools, registries: Registries, database: str) -> Callable[..., Engine]:
    """engine(language="fr_FR"): on the database, with these options."""
    return lambda **options: Engine(config.replace(**{"db_name": [database], **options}), pools, registries)


def belgium(registries: Registries, database: str, lang: str) -> str:
    def name(env: Environment) -> Any:
        return env.ref("base.be").with_context(lang=lang).name

    found: str = transact_on(registries, database, name, uid=1)
    return found


def test_a_language_is_added_and_its_texts_come_in_and_leave(engine, registries, database, tmp_path: Path) -> None:
    file, out, template = tmp_path / "be.po", tmp_path / "out.po", tmp_path / "base.pot"
    file.write_text(f'#. module: base\n#: {PLACE}\nmsgid "Belgium"\nmsgstr "Belgien"\n')
    load_languages(engine(load_language=["fr_FR", "de_DE"]), database)

    exchange_file(engine(translate_in=str(file), language="de_DE", overwrite_existing_translations=True))
    exchange_file(engine(translate_out=str(out), language="de_DE", translate_modules=["base"]))
    exchange_file(engine(translate_out=str(template), translate_modules=["base"]))

    assert [belgium(registries, database, lang) for lang in ("de_DE", "en_US")] == ["Belgien", "Belgium"]
    assert 'msgid "Belgium"\nmsgstr "Belgien"' in out.read_text()
    assert 'msgid "Belgium"\nmsgstr ""' in template.read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"translate_in": "x.po"}, "--i18n-import: no language given; expected -l"),
        ({"translate_in": "x.po", "language": "nl_NL"}, "found 'nl_NL'; expected -l with one that the database speaks"),
        ({"translate_in": "missing.po", "language": "en_US"}, "missing.po: no such file"),
        ({"translate_out": "x.xls"}, "x.xls: expected a name that ends in .po"),
        ({"translate_out": "x.po", "translate_modules": ["nowhere"]}, "--modules: not installed: nowhere"),
        ({"translate_out": "x.po", "db_name": []}, "name one database with -d"),
    ],
)
def test_what_is_missing_is_said(engine, options: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        exchange_file(engine(**options))


def test_a_language_that_nobody_knows_is_named(engine, database) -> None:
    with pytest.raises(CommandError, match="has no language 'xx_YY'"):
        load_languages(engine(load_language=["xx_YY"]), database)
