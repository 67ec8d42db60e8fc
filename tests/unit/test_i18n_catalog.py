"""Whose language counts, and what comes out of the PO files of a module."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from markupsafe import Markup

from fondaco.i18n import po
from fondaco.i18n.catalog import (
    LazyTranslate,
    _,
    code_translations,
    get_translation,
    language_sources,
    languages_of,
)

FRENCH = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#. module: tongues
#. odoo-python
#: code:addons/tongues/models/x.py:0
msgid "Hello %s"
msgstr "Bonjour %s"

#. module: tongues
#. odoo-python
#: code:addons/tongues/models/x.py:0
msgid "Broken %s"
msgstr "Cassé %d"

#. module: tongues
#. odoo-javascript
#: code:addons/tongues/static/x.js:0
msgid "Save"
msgstr "Enregistrer"

#. module: tongues
#: model:ir.model,name:tongues.model_x
#: model_terms:ir.ui.view,arch_db:tongues.view_x
msgid "Thing"
msgstr "Chose"
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    folder = tmp_path / "tongues"
    (folder / "i18n").mkdir(parents=True)
    (folder / "i18n" / "fr.po").write_text(FRENCH)
    (folder / "__init__.py").write_text("")
    addon = ModuleType("odoo.addons.tongues")
    addon.__file__ = str(folder / "__init__.py")
    monkeypatch.setitem(sys.modules, "odoo.addons.tongues", addon)
    code_translations.clear()
    yield "tongues"
    code_translations.clear()


def env(lang):
    return SimpleNamespace(lang=lang, context={"lang": lang})


def caller(source):
    """A function as an addon module would hold it."""
    names = {"__name__": "odoo.addons.tongues.models.x", "_": _, "_lt": LazyTranslate("odoo.addons.tongues.models.x")}
    exec(source, names)
    return names


def test_regions_fall_back_to_their_language(module):
    assert get_translation(module, "fr_BE", "Hello %s", ("Ann",)) == "Bonjour Ann"
    assert get_translation(module, "de_DE", "Hello %s", ("Ann",)) == "Hello Ann"
    assert languages_of("es_MX") == ["es", "es_419", "es_MX"]


def test_the_language_is_that_of_the_callers_environment(module):
    names = caller("class Model:\n    def hello(self):\n        return _('Hello %s', 'Ann')\n")
    model = names["Model"]()

    for lang, expected in (("fr_FR", "Bonjour Ann"), ("en_US", "Hello Ann"), (None, "Hello Ann")):
        model.env = env(lang)
        assert model.hello() == expected


def test_without_an_environment_the_request_is_asked(module, monkeypatch):
    names = caller("def hello():\n    return _('Hello %s', 'Ann')\n")
    monkeypatch.setattr("fondaco.i18n.catalog.language_sources", [lambda: None, lambda: "fr_FR"])

    assert names["hello"]() == "Bonjour Ann"
    assert language_sources is not None


def test_lazy_texts_are_translated_where_they_are_shown(module):
    names = caller("TEXT = _lt('Hello %s', 'Ann')\nclass Model:\n    def show(self):\n        return str(TEXT) + '!'\n")
    model = names["Model"]()
    model.env = env("fr_FR")

    assert model.show() == "Bonjour Ann!"
    assert get_translation(module, "fr_FR", names["TEXT"], ()) == "Bonjour Ann"


def test_a_translation_that_does_not_fit_falls_back(module):
    assert get_translation(module, "fr_FR", "Broken %s", ("x",)) == "Broken x"


def test_markup_in_the_values_escapes_the_text(module):
    assert get_translation(module, "en_US", "<%s>", (Markup("<b>x</b>"),)) == Markup("&lt;<b>x</b>&gt;")


def test_lists_are_joined(module):
    assert get_translation(module, "en_US", "Of %s", (["a", "b", "c"],)) == "Of a, b, and c"


def test_web_translations_are_those_marked(module):
    assert [dict(m) for m in code_translations.get_web_translations(module, "fr_FR")["messages"]] == [
        {"id": "Save", "string": "Enregistrer"}
    ]


def test_languages_and_modules_that_anybody_makes_up_leave_nothing_behind(module):
    expected = code_translations.get_web_translations(module, "fr_FR")
    kept = len(code_translations._web), len(code_translations._python), len(code_translations._stems)

    answers = [code_translations.get_web_translations(module, f"fr_X{number}") for number in range(50)]
    for made_up in ("nosuch", f"../{module}", f"{module}/."):
        assert not code_translations.get_python_translations(made_up, "fr_FR")
    for made_up in ("xx_YY", "../i18n/fr", ""):
        assert not code_translations.get_python_translations(module, made_up)

    assert all(answer is expected for answer in answers)
    assert kept == (len(code_translations._web), len(code_translations._python), len(code_translations._stems))


def test_po_files_survive_a_round_trip():
    entries = list(po.read(FRENCH.encode()))

    again = list(po.read(po.write(entries, "fr_FR", ["tongues"])))

    assert {e.source: (e.translation, set(e.places), e.modules, e.comments) for e in again} == {
        e.source: (e.translation, set(e.places), e.modules, e.comments) for e in entries
    }
    assert po.Place("model_terms", "ir.ui.view,arch_db", "tongues.view_x") in entries[3].places


def test_quotes_and_breaks_survive():
    entry = po.Entry('say "hi"\n\ttwice\\', "dis\n« salut »")

    assert list(po.read(po.write([entry], "fr_FR"))) == [entry]


def test_a_broken_file_names_the_line():
    with pytest.raises(ValueError, match="line 2: expected a quoted text"):
        list(po.read(b'msgid "a"\nmsgstr b\n'))


COUNTED = """
#. odoo-javascript
#: code:addons/tongues/static/x.js:0
msgid "%s row"
msgid_plural "%s rows"
msgstr[0] "%s ligne"
msgstr[1] "%s lignes"

#. odoo-javascript
#: code:addons/tongues/static/x.js:0
msgid "%s boat"
msgid_plural "%s boats"
msgstr[0] "%s bateau"
msgstr[1] ""
"""


def test_a_term_that_counts_has_a_form_for_each_kind_of_number():
    row, boat = po.read(COUNTED.encode())

    assert (row.plural, row.translation, row.forms) == ("%s rows", "%s ligne", ("%s ligne", "%s lignes"))
    assert boat.forms == ()  # half said is not said
    written = po.write([row], "fr", ["tongues"]).decode()
    assert 'msgid_plural "%s rows"\nmsgstr[0] "%s ligne"\nmsgstr[1] "%s lignes"\n' in written
    assert "Plural-Forms: nplurals=3; plural=(n == 0 || n == 1) ? 0" in written  # one, millions, others
    template = po.write([row], None, ["tongues"]).decode()
    assert 'msgstr[0] ""\nmsgstr[1] ""\n' in template and "ligne" not in template
    assert po.forms_of("ar") == po.MOST_FORMS
