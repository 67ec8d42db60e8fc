"""An addon that speaks several languages: its models, views, menus and code, and what users see of them."""

from __future__ import annotations

import base64
import io
from datetime import datetime

import pytest

from fondaco.errors import UserError
from fondaco.i18n import po
from fondaco.modules import pofiles, terms

MODELS = """
from odoo import _, fields, models
from odoo.tools import LazyTranslate
from odoo.tools.translate import html_translate, xml_translate

_lt = LazyTranslate(__name__)
LAZY = _lt("A lazy boat")


class Boat(models.Model):
    _name = "marina.boat"
    _description = "Boat"

    name = fields.Char("Name of the boat", translate=True, help="How it is called")
    kind = fields.Selection([("sail", "Sailing boat"), ("motor", "Motor boat")])
    story = fields.Html(translate=html_translate, sanitize=False)
    draught = fields.Selection([("deep", "Deep keel")], "Draught of it", export_string_translation=False)

    def greet(self):
        return _("Welcome aboard %s", "Ada")

    def greet_by_env(self):
        return self.env._("Welcome aboard %(who)s", who="Bob")

    def lazy(self):
        return str(LAZY)


class Pier(models.Model):
    _name = "marina.pier"
    _description = "Pier"
    _translate = False

    planks = fields.Integer("Planks of the pier")
"""
DATA = """
<odoo>
    <record id="swan" model="marina.boat">
        <field name="name">Swan</field><field name="story"><![CDATA[<p>Built in <b>Ghent</b></p><p>Sold</p>]]></field>
    </record>
    <record id="boat_form" model="ir.ui.view">
        <field name="name">boat.form</field><field name="model">marina.boat</field>
        <field name="arch" type="xml">
            <form>
                <group string="Papers"><field name="name" placeholder="e.g. Swan"/></group><p>Keep it afloat</p>
            </form>
        </field>
    </record>
    <record id="boats" model="ir.actions.act_window">
        <field name="name">Boats</field><field name="res_model">marina.boat</field>
    </record>
    <menuitem id="marina_menu" name="Marina" action="boats"/>
    <template id="card"><p title="Card of a boat">Boat: <t t-out="name"/></p></template>
</odoo>
"""
FRENCH = [
    ("model:ir.model.fields,field_description:marina.field_marina_boat__name", "Name of the boat", "Nom du bateau"),
    ("model:ir.model.fields,help:marina.field_marina_boat__name", "How it is called", "Comment il s'appelle"),
    ("model:ir.model.fields.selection,name:marina.selection__marina_boat__kind__sail", "Sailing boat", "Voilier"),
    ("model:ir.model,name:marina.model_marina_boat", "Boat", "Bateau"),
    ("model:marina.boat,name:marina.swan", "Swan", "Cygne"),
    ("model_terms:marina.boat,story:marina.swan", "Built in <b>Ghent</b>", "Construit à <b>Gand</b>"),
    ("model_terms:ir.ui.view,arch_db:marina.boat_form", "Papers", "Papiers"),
    ("model_terms:ir.ui.view,arch_db:marina.boat_form", "e.g. Swan", "p. ex. Cygne"),
    ("model_terms:ir.ui.view,arch_db:marina.boat_form", "Keep it afloat", "Gardez-le à flot"),
    ("model:ir.ui.menu,name:marina.marina_menu", "Marina", "Port"),
    ("model:ir.actions.act_window,name:marina.boats", "Boats", "Bateaux"),
    ("model_terms:ir.ui.view,arch_db:marina.card", "Card of a boat", "Fiche d'un bateau"),
    ("model_terms:ir.ui.view,arch_db:marina.card", "Boat:", "Bateau :"),
]
CODE = [
    ("Welcome aboard %s", "Bienvenue à bord, %s"),
    ("Welcome aboard %(who)s", "Bienvenue à bord, %(who)s"),
    ("A lazy boat", "Un bateau paresseux"),
]


def po_file(rows, code=()):
    entries = [f'#. module: marina\n#: {place}\nmsgid "{source}"\nmsgstr "{text}"\n' for place, source, text in rows]
    entries += [
        f'#. module: marina\n#. odoo-python\n#: code:addons/marina/models.py:0\nmsgid "{source}"\nmsgstr "{text}"\n'
        for source, text in code
    ]
    return 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' + "\n".join(entries)


@pytest.fixture(scope="module", autouse=True)
def addon(folder):
    folder.write(
        "marina", {"data": ["data.xml"], "depends": ["base", "web"]}, models=MODELS,
        **{"data.xml": DATA, "i18n/fr.po": po_file(FRENCH, CODE),
           "i18n_extra/fr.po": po_file([FRENCH[-1][:2] + ("Navire :",)])},
    )  # fmt: skip


@pytest.fixture(scope="module")
def marina(make):
    return make("marina")


@pytest.fixture
def env(env_of, marina):
    """The environment of a database that learnt French after the addon was installed."""
    env = env_of(marina)
    french = env["res.lang"].with_context(active_test=False).search([("code", "=", "fr_FR")])
    env["base.language.install"].create({"lang_ids": [(6, 0, french.ids)]}).lang_install()
    return env


@pytest.fixture
def french(env):
    return env(context={"lang": "fr_FR"})


def test_labels_helps_choices_and_names_of_models_are_translated(env, french):
    described = french["marina.boat"].fields_get(["name", "kind"], ["string", "help", "selection"])

    assert described["name"]["string"] == "Nom du bateau" and described["name"]["help"] == "Comment il s'appelle"
    assert described["kind"]["selection"] == [("sail", "Voilier"), ("motor", "Motor boat")]
    assert french["ir.model"]._get("marina.boat").name == "Bateau"
    assert env["marina.boat"].fields_get(["name"], ["string"])["name"]["string"] == "Name of the boat"


def test_values_and_terms_of_records_are_translated(env, french):
    swan = french.ref("marina.swan")

    assert swan.name == "Cygne" and env.ref("marina.swan").name == "Swan"
    assert swan.story == "<p>Construit à <b>Gand</b></p><p>Sold</p>"


def test_views_menus_actions_and_templates_are_translated(env, french):
    arch = french["marina.boat"].get_view(env.ref("marina.boat_form").id, "form")["arch"]

    assert 'string="Papiers"' in arch and 'placeholder="p. ex. Cygne"' in arch and "Gardez-le à flot" in arch
    assert french.ref("marina.marina_menu").name == "Port" and french.ref("marina.boats").name == "Bateaux"
    assert french["ir.qweb"]._render("marina.card", {"name": "x"}) == '<p title="Fiche d&#39;un bateau">Navire : x</p>'


def test_texts_of_code_speak_the_language_of_the_environment(env, french):
    boat = french["marina.boat"]

    assert boat.greet() == "Bienvenue à bord, Ada"
    assert boat.greet_by_env() == "Bienvenue à bord, Bob"
    assert boat.lazy() == "Un bateau paresseux"
    assert env["marina.boat"].with_context(lang="en_US").greet() == "Welcome aboard Ada"


def test_what_the_server_says_itself_is_said_in_the_language_of_the_environment(french):
    boats = french["marina.boat"]

    (problem,) = boats.load(["name", "kind"], [["Swan", "rowing"]])["messages"]

    assert problem["message"].startswith("La valeur « rowing » n’est pas parmi les choix du champ")


def test_a_module_installed_later_comes_in_the_active_languages(make, env_of, registries):
    name = make()
    env = env_of(name)
    env["res.lang"]._activate_lang("fr_FR")
    env.cr.commit()

    registries.update(name, install=["marina"])

    assert env_of(name)["marina.boat"].with_context(lang="fr_FR").search([]).mapped("name") == ["Cygne"]


def test_what_users_changed_stays_unless_it_is_to_be_overwritten(env, french):
    swan = french.ref("marina.swan")
    swan.name = "Mon cygne"
    module = env["ir.module.module"].search([("name", "=", "marina")])

    module._update_translations("fr_FR")
    assert swan.name == "Mon cygne"
    module._update_translations("fr_FR", overwrite=True)
    assert swan.name == "Cygne"


@pytest.mark.parametrize("form", ["po", "csv", "tgz"])
def test_translations_leave_in_each_format_and_come_back(env, french, form):
    module = env["ir.module.module"].search([("name", "=", "marina")])
    wizard = env["base.language.export"].create({"lang": "fr_FR", "format": form, "modules": [(6, 0, module.ids)]})
    wizard.act_getfile()
    assert wizard.name == f"marina.{form}"
    french.ref("marina.swan").name = "Autre"
    french.ref("marina.swan").story = "<p>Autre <b>Gand</b></p><p>Vendu</p>"

    env["base.language.import"].create(
        {"name": "French", "code": "fr_FR", "filename": wizard.name, "data": wizard.data, "overwrite": True}
    ).import_lang()

    assert french.ref("marina.swan").name == "Cygne"
    assert "Construit à <b>Gand</b>" in french.ref("marina.swan").story


def test_a_template_of_translations_has_the_texts_and_no_translation(env):
    module = env["ir.module.module"].search([("name", "=", "marina")])
    wizard = env["base.language.export"].create({"modules": [(6, 0, module.ids)]})

    wizard.act_getfile()

    text = base64.b64decode(wizard.data).decode()
    assert wizard.name == "marina.pot"
    for source in (*(row[1] for row in FRENCH), *(source for source, _text in CODE)):
        assert f'msgid "{source}"' in text
    assert "Cygne" not in text and "#. odoo-python\n#: code:addons/marina/models.py:0" in text


@pytest.mark.parametrize(
    ("filename", "content", "message"),
    [
        ("a.txt", b"x", "PO, CSV or TGZ"),
        ("a.csv", b"a,b\n1,2\n", "line 1: the columns name, res_id, src, type, value are missing"),
        ("a.tgz", b"no archive", "no archive"),
    ],
)
def test_files_that_hold_no_translations_are_refused(env, filename, content, message):
    wizard = env["base.language.import"].create(
        {"name": "F", "code": "fr_FR", "filename": filename, "data": base64.b64encode(content)}
    )

    with pytest.raises(UserError, match=message):
        wizard.import_lang()


def test_the_functions_that_addons_call_do_the_same(env, french):
    from odoo.tools.translate import TranslationImporter, load_language, trans_export, trans_load_data

    out = io.BytesIO()
    assert trans_export("fr_FR", ["marina"], out, "po", env.cr)
    changed = out.getvalue().decode().replace("Cygne", "Canard").encode()
    trans_load_data(env.cr, io.BytesIO(changed), "po", "fr_FR", overwrite=True)
    assert french.ref("marina.swan").name == "Canard"

    importer = TranslationImporter(env.cr)
    importer.load(io.BytesIO(out.getvalue()), "po", "fr_FR", xmlids=["marina.marina_menu"])
    importer.save(overwrite=True)
    assert french.ref("marina.swan").name == "Canard"

    load_language(env.cr, "de_DE")
    assert "de_DE" in [code for code, _name in env["res.lang"].get_installed()]


def test_dates_numbers_and_amounts_are_written_as_the_language_does(env, french):
    from odoo.tools import format_amount, format_date, format_datetime
    from odoo.tools.misc import formatLang, get_lang

    moment = datetime(2024, 2, 3, 13, 5, 6)
    euro = env.ref("base.EUR")

    assert format_date(french, moment.date()) == "03/02/2024"
    assert format_date(french, moment.date(), date_format="d MMMM y") == "3 février 2024"
    assert format_datetime(french, moment, tz="Europe/Brussels", dt_format="HH:mm") == "14:05"
    assert formatLang(french, 1234567.891, digits=2).replace("\u202f", " ").replace("\xa0", " ") == "1 234 567,89"
    assert format_amount(french, 1234.5, euro).replace("\u202f", " ").replace("\xa0", " ") == "1 234,50 €"
    assert formatLang(env(context={"lang": "en_US"}), 1234.5, currency_obj=env.ref("base.USD")) == "$\xa01,234.50"
    assert get_lang(french).code == "fr_FR"


def test_the_files_of_an_addon_are_brought_up_to_its_texts(env, folder):
    french_file = folder.path / "marina/i18n/fr.po"
    kept = french_file.read_text()
    french_file.write_text(kept + '\nmsgid "A text that is gone"\nmsgstr "Parti"\n')
    rewrites = pofiles.plan(env, ["marina"], ["ar"])
    template, arabic, french = rewrites

    assert (template.path.name, arabic.path.name, french.path.name) == ("marina.pot", "ar.po", "fr.po")
    assert "Kind" in french.new and french.gone == ("A text that is gone",) and not french.is_current
    assert arabic.missing == arabic.total == template.total

    pofiles.carry_out(rewrites)

    assert 'msgid "Swan"\nmsgstr "Cygne"' in french_file.read_text()
    assert all(rewrite.is_current for rewrite in pofiles.plan(env, ["marina"]))
    template.path.unlink()
    arabic.path.unlink()
    french_file.write_text(kept)


def test_labels_that_a_field_or_its_model_keeps_out_of_the_files_are_not_in_them(env):
    template = pofiles.plan(env, ["marina"])[0].content.decode()

    assert 'msgid "Name of the boat"' in template and 'msgid "Pier"' in template
    for kept_out in ("Planks of the pier", "Draught of it", "Deep keel"):
        assert kept_out not in template


def test_terms_that_a_file_brings_join_those_that_are_there(env, french):
    """A view of a new version has new texts: in languages that it has already they are translated all the same."""

    def bring(text, overwrite):
        file = po_file([("model_terms:marina.boat,story:marina.swan", "Sold", text)])
        terms.take(env, po.read(file.encode()), "fr_FR", overwrite=overwrite)
        return french.ref("marina.swan").story

    built = "<p>Construit à <b>Gand</b></p>"
    assert french.ref("marina.swan").story == f"{built}<p>Sold</p>"

    assert bring("Vendu", overwrite=False) == f"{built}<p>Vendu</p>"
    assert bring("Cédé", overwrite=False) == f"{built}<p>Vendu</p>"
    assert bring("Cédé", overwrite=True) == f"{built}<p>Cédé</p>"
