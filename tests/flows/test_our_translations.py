"""Our own modules in French and Arabic: the files have every text, and what they say fits it."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing

import pytest

from fondaco.i18n import po
from fondaco.modules import databases, pofiles
from fondaco.orm.environment import SUPERUSER_ID, Environment
from tests import fix_database, fix_server
from tests.translations import ADDONS, LANGUAGES, MODULES, without_translation

COMMAND = "run `python -m tests.translations`"
FILES = sorted(path for lang in LANGUAGES for path in ADDONS.glob(f"*/i18n/{lang}.po"))
HOLES = re.compile(r"%\(\w+\)s|%s")
# what people meet every day has next to no text that is not said; base also names what only developers see
EVERYDAY = ("base_import", "base_setup", "bus", "contacts", "product", "web", "auth_totp", "auth_password_policy")


@pytest.fixture(scope="module")
def env(registries):
    """All of our modules: those of the server of the tests and, on top, the few it does not have."""
    name = fix_database.create(registries, fix_server.MODULES)
    registries.update(name, install=MODULES)
    with closing(registries.get(name).cursor()) as cr:
        yield Environment(cr, SUPERUSER_ID, {})
    databases.drop(registries, name)


def test_the_files_have_every_text_and_no_other(env):
    stale = {
        str(rewrite.path.relative_to(ADDONS)): {"new": rewrite.new, "gone": rewrite.gone}
        for rewrite in pofiles.plan(env, MODULES, LANGUAGES)
        if rewrite.new or rewrite.gone
    }

    assert stale == {}, COMMAND


def is_filled_alike(text: str, entry: po.Entry) -> bool:
    """Whether a translation takes what its source takes; a form for one or two things may leave the number out."""
    if entry.plural:
        return not Counter(HOLES.findall(text)) - Counter(HOLES.findall(entry.plural))
    return Counter(HOLES.findall(text)) == Counter(HOLES.findall(entry.source))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_translations_take_the_values_of_their_texts(path):
    entries = list(po.read(path.read_bytes()))
    wrong = [
        (entry.source, text)
        for entry in entries
        for text in (entry.forms or (entry.translation,))
        if text and not is_filled_alike(text, entry)
    ]
    wrong += [
        (entry.source, f"{len(entry.forms)} forms")
        for entry in entries
        if entry.forms and len(entry.forms) != po.forms_of(path.stem)
    ]

    assert wrong == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_next_to_nothing_of_the_everyday_modules_is_unsaid(lang):
    for module in EVERYDAY:
        path = ADDONS / module / "i18n" / f"{lang}.po"
        unsaid = without_translation(path)
        total = sum(1 for _entry in po.read(path.read_bytes()))

        assert len(unsaid) <= total / 10, (module, unsaid, COMMAND)
