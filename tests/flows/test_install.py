"""A module installed, upgraded and taken back on a real database: what it brings, and that nothing of it stays."""

import textwrap
import uuid

import pytest

from fondaco.errors import DataError, ModuleError
from fondaco.modules.registries import Registries
from fondaco.orm.environment import Environment
from fondaco.sql import databases
from fondaco.sql.connection import Pools

MODELS = """
from fondaco.addon import models, fields

class Shelf(models.Model):
    _name = "shelf.shelf"
    _description = "Shelf"
    name = fields.Char(required=True)
    place = fields.Selection([("hall", "Hall"), ("room", "Room")], default="hall")
    book_ids = fields.One2many("shelf.book", "shelf_id")
    tag_ids = fields.Many2many("res.partner.category")

class Book(models.Model):
    _name = "shelf.book"
    _description = "Book"
    name = fields.Char()
    pages = fields.Integer()
    shelf_id = fields.Many2one("shelf.shelf", ondelete="cascade")

class Partner(models.Model):
    _inherit = "res.partner"
    shelf_id = fields.Many2one("shelf.shelf")

    def look(self):
        return True
"""
DATA = """
<odoo>
    <record id="hall" model="shelf.shelf">
        <field name="name">Hall</field>
        <field name="book_ids">
            <record id="faust" model="shelf.book">
                <field name="name">Faust</field><field name="pages">{pages}</field>
            </record>
        </field>
    </record>
    {more}
    <data noupdate="1">
        <record id="kept" model="shelf.shelf"><field name="name">Kept {pages}</field></record>
    </data>
    <record id="shelf_form" model="ir.ui.view">
        <field name="name">shelf.form</field>
        <field name="model">shelf.shelf</field>
        <field name="arch" type="xml"><form><field name="name"/><field name="{field}"/></form></field>
    </record>
    <record id="shelf_action" model="ir.actions.act_window">
        <field name="name">Shelves</field><field name="res_model">shelf.shelf</field>
    </record>
    <menuitem id="shelf_root" name="Library"><menuitem id="shelf_menu" action="shelf_action"/></menuitem>
    <function model="shelf.shelf" name="write">
        <value eval="[ref('hall')]"/><value eval="{{'place': 'room'}}"/>
    </function>
</odoo>
"""
ACCESS = """id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink
access_shelf,shelf,model_shelf_shelf,base.group_user,1,1,1,1
access_book,book,model_shelf_book,base.group_user,1,0,0,0
"""
HOOKS = """
from . import models

def started(env):
    env["ir.config_parameter"].set_param("shelf.started", env["shelf.shelf"].search_count([]))

def stopped(env):
    env["ir.config_parameter"].set_param("shelf.stopped", "yes")
"""


def write_addon(folder, version="1.0", pages=100, field="place", more=""):
    addon = folder / "shelf"
    (addon / "security").mkdir(parents=True, exist_ok=True)
    (addon / "__manifest__.py").write_text(
        textwrap.dedent(
            f"""
            {{"name": "Shelf", "version": {version!r}, "depends": ["base"], "category": "Home/Library",
             "data": ["security/ir.model.access.csv", "data.xml"],
             "post_init_hook": "started", "uninstall_hook": "stopped"}}
            """
        )
    )
    (addon / "__init__.py").write_text(HOOKS)
    (addon / "models.py").write_text(MODELS)
    (addon / "data.xml").write_text(DATA.format(pages=pages, field=field, more=more).strip())
    (addon / "security/ir.model.access.csv").write_text(ACCESS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("addons")


@pytest.fixture(scope="module")
def registries(folder, config):
    write_addon(folder)
    config = config.replace(addons_path=[str(folder)])
    pools = Pools(config)
    yield Registries(config, pools)
    pools.close()


@pytest.fixture(scope="module")
def db(registries):
    name = f"modtest_{uuid.uuid4().hex[:8]}"
    registries.create(name, modules=("base",), login="ada", password="lovelace", country="fr")
    yield name
    registries.pools.close_database(name)
    databases.drop(registries.pools, name)


@pytest.fixture
def env(registries, db):
    with registries.get(db).cursor() as cr:
        yield Environment(cr, 1, {})
        cr.rollback()


def schema(registries, db):
    """Every table with its columns, every constraint and index; and the names of records."""
    with registries.pools.cursor(db) as cr:
        cr.execute(
            """
            SELECT 'column', table_name || '.' || column_name
              FROM information_schema.columns
             WHERE table_schema = 'public'
            UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname FROM pg_constraint
            UNION ALL SELECT 'index', indexname FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT 'xmlid', module || '.' || name FROM ir_model_data
            UNION ALL SELECT 'model', model FROM ir_model
            UNION ALL SELECT 'field', model || '.' || name FROM ir_model_fields
            """
        )
        return sorted(cr.fetchall())


def test_a_new_database_has_its_first_user_and_country(env):
    user = env["res.users"].browse(2)

    assert user.login == "ada"
    assert env["res.company"].browse(1).country_id.code == "FR"
    assert env["ir.module.module"].search([("name", "=", "base")]).state == "installed"
    assert env["ir.module.module"].search([("name", "=", "shelf")]).state == "uninstalled"
    assert env.ref("base.main_company").id == 1


def test_install_upgrade_and_uninstall_leave_what_was_there(registries, db, folder):
    registries.get(db)
    before = schema(registries, db)

    registries.update(db, install=["shelf"])
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        hall = env.ref("shelf.hall")
        assert (hall.place, hall.book_ids.mapped("name"), hall.book_ids.pages) == ("room", ["Faust"], 100)
        assert env.ref("shelf.shelf_menu").name == "Shelves"
        assert env.ref("shelf.shelf_menu").parent_id == env.ref("shelf.shelf_root")
        assert env["ir.config_parameter"].get_param("shelf.started") == "2"
        assert env["ir.model.access"].search_count([("name", "in", ["shelf", "book"])]) == 2
        env["shelf.shelf"].create({"name": "mine"})
        cr.commit()

    write_addon(
        folder, "1.1", 200, more='<record id="extra" model="shelf.shelf"><field name="name">Extra</field></record>'
    )
    registries.update(db, upgrade=["shelf"])
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        assert env.ref("shelf.faust").pages == 200
        assert env.ref("shelf.kept").name == "Kept 100"
        assert env["shelf.shelf"].search([("name", "=", "mine")])
        assert env.ref("shelf.extra")
        assert env["ir.module.module"].search([("name", "=", "shelf")]).latest_version == "18.0.1.1"

    write_addon(folder, "1.2", 200)
    registries.update(db, upgrade=["shelf"])
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        assert env.ref("shelf.extra", raise_if_not_found=False) is None
        assert not env["shelf.shelf"].search([("name", "=", "Extra")])

    registries.update(db, uninstall=["shelf"])
    assert schema(registries, db) == before
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        assert "shelf.shelf" not in env
        assert env["ir.config_parameter"].get_param("shelf.stopped") == "yes"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"field": "plcae"}, r"shelf/data.xml:\d+: .*unknown field 'plcae' of shelf.shelf.*'place'"),
        ({"more": "<record id='x' model='shelf.shelf'/>"}, r"shelf/data.xml:\d+: .*"),
        ({"more": "<record id='x' model='shelf.book'><field name='y'>1</field></record>"}, "has no field 'y'"),
        ({"more": "<record id='x' model='shelf.book'><field name='shelf_id' ref='z'/></record>"}, "xmlid 'shelf.z'"),
        (
            {"more": "<record id='x' model='shelf.book'><field name='name' eval='1/0'/></record>"},
            r"shelf/data.xml:\d+: .*expression '1/0': division by zero",
        ),
    ],
    ids=["view", "required", "field", "reference", "division"],
)
def test_a_faulty_file_is_named_with_its_line_and_changes_nothing(registries, db, folder, change, message):
    before = schema(registries, db)
    write_addon(folder, "1.3", **change)

    with pytest.raises(DataError, match=message):
        registries.update(db, install=["shelf"])

    write_addon(folder)
    assert schema(registries, db) == before
    assert "shelf.shelf" not in registries.get(db).models


def test_a_module_that_does_not_exist_is_refused(registries, db):
    with pytest.raises(ModuleError, match="did you mean 'shelf'"):
        registries.update(db, install=["shelff"])


def test_rows_are_loaded_and_exported(env):
    model = env["res.partner"]

    answer = model.load(
        ["id", "name", "country_id/id", "child_ids/name"],
        [["my.a", "A", "base.fr", "kid 1"], ["", "", "", "kid 2"], ["my.b", "B", "base.be", ""]],
    )

    assert answer["messages"] == []
    assert len(answer["ids"]) == 2
    assert env.ref("my.a").child_ids.mapped("name") == ["kid 1", "kid 2"]
    assert model.browse(answer["ids"]).export_data(["id", "name", "country_id/id", "child_ids/name"])["datas"] == [
        ["my.a", "A", "base.fr", "kid 1"],
        ["", "", "", "kid 2"],
        ["my.b", "B", "base.be", ""],
    ]


def test_a_row_may_name_the_record_of_an_earlier_row(env):
    answer = env["res.partner.category"].load(
        ["id", "name", "parent_id/id", "child_ids/name"],
        [["my.root", "Root", "", ""], ["my.twig", "Twig", "my.root", "leaf"], ["my.bud", "Bud", "my.twig", ""]],
    )
    named = env["res.partner.category"].load(["name", "parent_id"], [["Trunk", ""], ["Bough", "Trunk"]])

    assert (answer["messages"], named["messages"]) == ([], [])
    assert env.ref("my.bud").parent_id.parent_id == env.ref("my.root")
    assert env["res.partner.category"].browse(named["ids"][1]).parent_id.name == "Trunk"


def test_a_thousand_rows_are_one_create(env):
    model = env["res.partner"]
    calls = []
    original = type(model)._load_records_create

    def counted(self, values):
        calls.append(len(values))
        return original(self, values)

    type(model)._load_records_create = counted
    try:
        answer = model.load(["id", "name"], [[f"many.n{number}", f"N {number}"] for number in range(1000)])
    finally:
        del type(model)._load_records_create

    assert calls == [1000]
    assert len(answer["ids"]) == 1000


def test_a_module_that_came_after_the_database_is_listed_installed_and_taken_back(registries, db, folder):
    (folder / "late").mkdir()
    (folder / "late/__manifest__.py").write_text("{'name': 'Late', 'data': ['data.xml']}")
    (folder / "late/data.xml").write_text(
        '<odoo><record id="tag" model="res.partner.category"><field name="name">Late</field></record></odoo>'
    )

    registries.update(db, install=["late"])
    with registries.get(db).cursor() as cr:
        env = Environment(cr, 1, {})
        assert env["ir.module.module"].search([("name", "=", "late")]).state == "installed"
        assert env.ref("late.tag").name == "Late"

    registries.update(db, uninstall=["late"])
    with registries.get(db).cursor() as cr:
        assert Environment(cr, 1, {})["res.partner.category"].search([("name", "=", "Late")]).ids == []
