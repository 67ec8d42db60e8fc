"""What base promises to every addon: rights, numbers, rates, files, parameters, custom models."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from fondaco.addon import api
from fondaco.data.load import load_file
from fondaco.errors import AccessDenied, AccessError, DataError, UserError, ValidationError
from fondaco.orm import schema
from fondaco.orm.environment import Environment
from fondaco.sql.tables import Catalog
from tests.fix_addons import addon_module


@pytest.fixture
def employee(env: Environment):
    return env["res.users"].create(
        {
            "name": "Eva",
            "login": "eva",
            "password": "secret-of-eva",
            "groups_id": [(6, 0, [env.ref("base.group_user").id])],
        }
    )


def test_fixed_ids_are_those_that_clients_know(env: Environment) -> None:
    found = {
        xmlid: env.ref(f"base.{xmlid}", raise_if_not_found=True).id
        for xmlid in (
            "main_company",
            "user_root",
            "user_admin",
            "partner_admin",
            "group_user",
            "group_portal",
            "group_public",
            "USD",
            "be",
        )
    }

    assert found == {
        "main_company": 1, "user_root": 1, "user_admin": 2, "partner_admin": 3, "group_user": 1, "group_portal": 10,
        "group_public": 11, "USD": 1, "be": 20,
    }  # fmt: skip


def test_a_group_brings_along_what_it_implies(env: Environment, employee) -> None:
    manager = env["res.groups"].create({"name": "Managers", "implied_ids": [(4, env.ref("base.group_erp_manager").id)]})

    employee.write({"groups_id": [(4, manager.id)]})

    assert employee.has_group("base.group_erp_manager")
    assert not employee.has_group("base.group_system")
    assert employee.has_groups("base.group_system,base.group_erp_manager")
    assert not employee.has_groups("!base.group_user,base.group_erp_manager")


def test_a_user_in_a_form_is_in_the_groups_that_the_form_has(env: Environment, employee) -> None:
    manager = env.ref("base.group_erp_manager")
    edited = env["res.users"].new({"groups_id": [(4, manager.id)]}, origin=employee)
    new = env["res.users"].new({"groups_id": [(6, 0, [env.ref("base.group_system").id])]})

    assert edited.has_group("base.group_erp_manager")
    assert not employee.has_group("base.group_erp_manager")
    assert new.has_groups("base.group_user,!base.group_portal")
    assert not env["res.users"].new({"groups_id": False}).has_group("base.group_user")


def test_checks_of_users_see_the_groups_that_are_being_given(env: Environment, employee, monkeypatch) -> None:
    system, seen = env.ref("base.group_system"), set()

    @api.constrains("groups_id")
    def check(users):
        seen.add(users.has_group("base.group_system"))

    Users = type(env["res.users"])  # noqa: N806
    monkeypatch.setattr(Users, "_constraint_methods", (*Users._constraint_methods, check))
    assert not employee.has_group("base.group_system")

    for command, told in (((4, system.id), {True}), ((3, system.id), {False})):
        seen.clear()
        employee.write({"groups_id": [command]})
        assert seen == told
    with pytest.raises(ValueError, match="undone"), env.cr.savepoint():
        employee.write({"groups_id": [(4, system.id)]})
        raise ValueError("undone")
    assert not employee.has_group("base.group_system")


def test_a_user_is_internal_or_portal_but_not_both(env: Environment, employee) -> None:
    with pytest.raises(ValidationError):
        employee.write({"groups_id": [(4, env.ref("base.group_portal").id)]})


def test_rights_of_groups_decide_on_a_model(env: Environment, employee) -> None:
    mine = env(user=employee.id)

    assert mine["ir.model.access"].check("res.partner", "read", raise_exception=False)
    with pytest.raises(AccessError):
        mine["ir.config_parameter"].search([])


def test_record_rules_of_groups_add_up_and_global_ones_hold(env: Environment, employee) -> None:
    model = env["ir.model"]._get("res.partner.category")
    tags = env["res.partner.category"].create(
        [{"name": "red", "color": 1}, {"name": "blue", "color": 2}, {"name": "green", "color": 3}]
    )
    group = env.ref("base.group_user").id
    env["ir.rule"].create(
        [
            {"name": "red", "model_id": model.id, "domain_force": "[('color', '=', 1)]", "groups": [(4, group)]},
            {"name": "blue", "model_id": model.id, "domain_force": "[('color', '=', 2)]", "groups": [(4, group)]},
            {"name": "all", "model_id": model.id, "domain_force": "[('name', '!=', 'blue')]"},
        ]
    )

    found = env(user=employee.id)["res.partner.category"].search([("id", "in", tags.ids)])

    assert found.sudo().mapped("name") == ["red"]


def test_only_the_right_password_logs_in(env: Environment, employee) -> None:
    eva = employee.with_user(employee)

    outcome = eva._check_credentials({"type": "password", "password": "secret-of-eva"}, {"interactive": True})

    assert outcome == {"uid": employee.id, "auth_method": "password", "mfa": "default"}
    with pytest.raises(AccessDenied):
        eva._check_credentials({"type": "password", "password": "wrong"}, {"interactive": True})


def test_a_password_is_never_read_back(env: Environment, employee) -> None:
    assert employee.read(["password"])[0]["password"] == ""
    env.cr.execute("SELECT password FROM res_users WHERE id = %s", (employee.id,))
    assert env.cr.fetchone()[0].startswith("$pbkdf2-sha512$")


def test_sequences_count_with_prefix_and_padding(env: Environment) -> None:
    env["ir.sequence"].create(
        {"name": "n", "code": "t.code", "prefix": "INV/%(year)s/", "padding": 4, "implementation": "no_gap"}
    )

    numbers = [env["ir.sequence"].next_by_code("t.code", sequence_date=date(2031, 5, 4)) for _ in range(2)]

    year = date.today().year
    assert numbers == [f"INV/{year}/0001", f"INV/{year}/0002"]
    assert env["ir.sequence"].next_by_code("no.such") is False


def test_sequences_by_date_count_each_year_anew(env: Environment) -> None:
    sequence = env["ir.sequence"].create({"name": "n", "use_date_range": True, "prefix": "%(range_year)s-"})

    numbers = [sequence.next_by_id(day) for day in (date(2030, 1, 2), date(2030, 6, 1), date(2031, 1, 1))]

    assert numbers == ["2030-1", "2030-2", "2031-1"]


def test_amounts_are_converted_at_the_rate_of_the_day(env: Environment) -> None:
    dollar, euro = env.ref("base.USD"), env.ref("base.EUR")
    euro.active = True
    env["res.currency.rate"].create(
        [
            {"currency_id": euro.id, "name": "2030-01-01", "rate": 0.5},
            {"currency_id": euro.id, "name": "2030-02-01", "rate": 0.8},
        ]
    )

    january = dollar._convert(100, euro, env.company, date(2030, 1, 15))
    february = euro._convert(100, dollar, env.company, date(2030, 2, 15))

    assert (january, february) == (50.0, 125.0)
    assert dollar.round(1.005) == 1.01
    assert euro.is_zero(0.004)


def test_two_active_currencies_switch_multi_currency_on(env: Environment, employee) -> None:
    assert not employee.has_group("base.group_multi_currency")

    env.ref("base.EUR").active = True

    assert employee.has_group("base.group_multi_currency")


def test_people_take_over_the_address_and_tax_number_of_their_company(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Acme", "is_company": True, "city": "Gent", "vat": "BE1"})
    person = env["res.partner"].create({"name": "Ann", "parent_id": company.id})

    company.write({"city": "Brugge", "vat": "BE2"})

    assert (person.city, person.vat, person.display_name) == ("Brugge", "BE2", "Acme, Ann")
    assert person.commercial_partner_id == company


def test_the_first_person_gives_a_company_its_address(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Acme", "is_company": True})

    env["res.partner"].create({"name": "Ann", "parent_id": company.id, "street": "Main 1"})

    assert company.street == "Main 1"


def test_addresses_are_found_below_and_above(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Acme", "is_company": True})
    invoice = env["res.partner"].create({"name": "Bills", "parent_id": company.id, "type": "invoice"})
    person = env["res.partner"].create({"name": "Ann", "parent_id": company.id})

    found = person.address_get(["invoice", "delivery"])

    assert found == {"contact": person.id, "invoice": invoice.id, "delivery": person.id}


def test_a_contact_is_made_from_a_name_and_an_address(env: Environment) -> None:
    id_, name = env["res.partner"].name_create("Raoul Grosbedon <raoul@example.com>")

    assert (name, env["res.partner"].browse(id_).email) == ("Raoul Grosbedon", "raoul@example.com")
    assert env["res.partner"].find_or_create("raoul@example.com").id == id_


def test_a_parameter_is_text_and_false_removes_it(env: Environment) -> None:
    parameters = env["ir.config_parameter"]

    assert parameters.set_param("t.key", 7) is False
    assert parameters.get_param("t.key") == "7"
    assert parameters.set_param("t.key", False) == "7"
    assert parameters.get_param("t.key", "none") == "none"


def test_defaults_of_a_user_come_before_those_of_all(env: Environment) -> None:
    env["ir.default"].set("res.partner", "city", "Gent")
    env["ir.default"].set("res.partner", "city", "Luik", user_id=True)

    assert env["res.partner"].default_get(["city"])["city"] == "Luik"
    assert env(user=2)["res.partner"].default_get(["city"])["city"] == "Gent"


def test_files_with_equal_content_share_one_place(env: Environment) -> None:
    content = base64.b64encode(b"the same words")

    first, second = env["ir.attachment"].create(
        [{"name": "a.txt", "datas": content}, {"name": "b.txt", "datas": content}]
    )

    assert first.store_fname == second.store_fname
    assert (first.raw, first.mimetype, first.index_content) == (b"the same words", "text/plain", "the same words")


def test_a_file_is_read_by_those_who_may_read_its_record(env: Environment, employee) -> None:
    parameter = env["ir.config_parameter"].search([], limit=1)
    hidden = env["ir.attachment"].create(
        {"name": "x", "raw": b"x", "res_model": "ir.config_parameter", "res_id": parameter.id}
    )
    shown = env["ir.attachment"].create(
        {"name": "y", "raw": b"y", "res_model": "res.partner", "res_id": employee.partner_id.id}
    )
    files = env(user=employee.id)["ir.attachment"]

    assert files.search([("id", "in", [hidden.id, shown.id])]).ids == [shown.id]
    with pytest.raises(AccessError):
        files.browse(hidden.id).read(["raw"])


def test_a_server_action_runs_its_code_on_the_records(env: Environment) -> None:
    tag = env["res.partner.category"].create({"name": "Tag"})
    action = env["ir.actions.server"].create(
        {
            "name": "Paint", "model_id": env["ir.model"]._get_id("res.partner.category"), "state": "code",
            "code": "records.write({'color': 9})\naction = {'type': 'done'}",
        }
    )  # fmt: skip

    answer = action.with_context(active_model="res.partner.category", active_ids=tag.ids, active_id=tag.id).run()

    assert (tag.color, answer) == (9, {"type": "done"})


def test_code_of_server_actions_is_checked_when_written(env: Environment) -> None:
    with pytest.raises(ValidationError):
        env["ir.actions.server"].create(
            {"name": "x", "model_id": env["ir.model"]._get_id("res.partner"), "state": "code", "code": "import os"}
        )


def test_a_menu_shows_to_those_who_may_read_what_it_opens(env: Environment, employee) -> None:
    mine = env(user=employee.id)["ir.ui.menu"].load_menus(False)
    all_ = env(user=2)["ir.ui.menu"].load_menus(False)

    visible = env(user=2)["ir.ui.menu"]._visible_menu_ids()
    visible.clear()  # an addon that hides some takes them out
    assert env(user=2)["ir.ui.menu"]._visible_menu_ids()
    settings = env.ref("base.menu_administration").id
    assert settings in all_
    assert settings not in mine


def test_users_come_before_companies_as_recorded(env: Environment) -> None:
    menus = env(user=2)["ir.ui.menu"].load_menus(False)

    shown = menus[env.ref("base.menu_users").id]["children"]

    assert shown[:2] == [env.ref("base.menu_action_res_users").id, env.ref("base.menu_action_res_company_form").id]


def test_a_custom_model_has_a_table_and_goes_again(env: Environment) -> None:
    row = env["ir.model"].create(
        {
            "name": "Thing", "model": "x_thing",
            "field_id": [
                (0, 0, {"name": "x_name", "ttype": "char", "field_description": "Name"}),
                (0, 0, {"name": "x_owner", "ttype": "many2one", "relation": "res.partner", "field_description": "O"}),
            ],
        }
    )  # fmt: skip
    thing = env["x_thing"].create({"x_name": "one", "x_owner": env.company.partner_id.id})

    assert (thing.display_name, thing.x_owner) == ("one", env.company.partner_id)

    row.unlink()
    assert "x_thing" not in env


def test_a_custom_field_is_a_column_that_can_be_searched(env: Environment) -> None:
    env["ir.model.fields"].create(
        {
            "name": "x_points",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "ttype": "integer",
            "field_description": "Points",
        }
    )
    partner = env["res.partner"].create({"name": "Ann", "x_points": 7})

    assert env["res.partner"].search([("x_points", ">", 6)]) == partner


def test_only_data_files_name_custom_fields_freely(env: Environment) -> None:
    values = {
        "name": "loyalty_points",
        "model_id": env["ir.model"]._get_id("res.partner"),
        "ttype": "integer",
        "field_description": "P",
    }

    with pytest.raises(ValidationError), env.cr.savepoint():
        env["ir.model.fields"].create(values)

    env["ir.model.fields"].with_context(install_mode=True).create(values)
    assert "loyalty_points" in env["res.partner"]._fields


def test_fields_of_modules_cannot_be_removed(env: Environment) -> None:
    with pytest.raises(UserError):
        env["ir.model.fields"]._get("res.partner", "name").unlink()


def test_a_view_must_hold(env: Environment) -> None:
    with pytest.raises(ValidationError, match="nonsense"):
        env["ir.ui.view"].create({"name": "v", "model": "res.partner", "arch": '<form><field name="nonsense"/></form>'})


def test_a_language_writes_numbers_in_groups(env: Environment) -> None:
    french = env["res.lang"].with_context(active_test=False).search([("code", "=", "fr_BE")])
    english = env["res.lang"]._lang_get("en_US")

    assert english.format("%.2f", 1234567.891, grouping=True) == "1,234,567.89"
    assert french.format("%.2f", 1234.5, grouping=True) == "1.234,50"
    assert env["res.lang"].get_installed() == [("en_US", "English (US)")]


def test_rows_that_describe_the_models_cost_a_handful_of_statements(env: Environment, queries) -> None:
    names = list(env.registry.models)

    with queries() as seen:
        env["ir.model"]._reflect_models(names)
        env["ir.model.fields"]._reflect_fields(names)
        env["ir.model.fields.selection"]._reflect_selections(names)

    assert len(seen) < 40, seen


def test_a_new_database_has_all_tables_columns_indexes_and_keys_that_its_models_ask_for(env: Environment) -> None:
    models = [env[name] for name in env.registry.models]

    assert not [str(step) for step in schema.plan(models, Catalog.read(env.cr))]


def test_described_rows_are_added_changed_or_left_and_answer_their_ids(env: Environment) -> None:
    env.cr.execute(
        """
        CREATE TEMP TABLE described (id serial PRIMARY KEY, key varchar, title jsonb, number int4) ON COMMIT DROP;
        INSERT INTO described (key, title, number) VALUES
            ('same', '{"en_US": "Same"}', 1), ('other', '{"en_US": "Old", "fr_FR": "Vieux"}', NULL), ('gone', NULL, 9)
        """
    )
    rows = [
        {"key": "new", "title": {"en_US": "New"}, "number": None},
        {"key": "other", "title": {"en_US": "Young"}, "number": 2},
        {"key": "same", "title": {"en_US": "Same"}, "number": 1},
    ]
    columns = {"key": "varchar", "title": "jsonb", "number": "int4"}
    upsert = addon_module("base.models.reflection").upsert

    ids = upsert(env.cr, "described", ["key"], columns, rows, translated=["title"])

    assert ids == {("same",): 1, ("other",): 2, ("new",): 4}
    assert upsert(env.cr, "described", ["key"], {"key": "varchar"}, [{"key": "gone"}]) == {("gone",): 3}
    env.cr.execute("SELECT id, title, number FROM described ORDER BY id")
    assert env.cr.fetchall() == [
        (1, {"en_US": "Same"}, 1),
        (2, {"en_US": "Young", "fr_FR": "Vieux"}, 2),
        (3, None, 9),
        (4, {"en_US": "New"}, None),
    ]
    env.cr.execute("SELECT id FROM described WHERE ctid IN ('(0,1)', '(0,3)') ORDER BY id")
    assert env.cr.fetchall() == [(1,), (3,)], "equal rows are not written again"


OURS = (
    "model_ir_check_result", "model_ir_check_run", "model_ir_job", "model_ir_job_channel", "model_ir_lock",
    "model_res_users_refusal",
)  # fmt: skip
"""Models of base that the recorded server has not."""


def test_every_recorded_model_and_field_is_there(env: Environment) -> None:
    expected = {"ir.model": 119, "res.country": 250, "res.currency": 169, "res.groups": 11, "res.lang": 92}

    rows = {
        "ir.model": env["ir.model.data"].search_count(
            [("module", "=", "base"), ("model", "=", "ir.model"), ("name", "not in", OURS)]
        ),
        "res.country": env["res.country"].search_count([]),
        "res.currency": env["res.currency"].with_context(active_test=False).search_count([]),
        "res.groups": env["ir.model.data"].search_count([("module", "=", "base"), ("model", "=", "res.groups")]),
        "res.lang": env["res.lang"].with_context(active_test=False).search_count([]),
    }

    assert rows == expected


def test_who_works_in_several_companies_may_choose_among_them(env):
    group = env.ref("base.group_multi_company")
    user = env["res.users"].create({"name": "Ada", "login": "ada"})
    other = env["res.company"].create({"name": "Other"})
    assert group not in user.groups_id

    user.company_ids += other

    assert group in user.groups_id
    user.company_ids -= other
    assert group not in user.groups_id


def test_technical_features_show_in_developer_mode_only(env):
    user = env.ref("base.user_admin")

    assert env.ref("base.group_no_one") in user.groups_id
    assert not user.has_group("base.group_no_one")
    assert user._has_group("base.group_no_one")


def test_views_leave_out_the_extensions_that_an_override_leaves_out(env, monkeypatch):
    views = env["ir.ui.view"]
    form = views.create({"name": "f", "model": "res.partner", "arch": "<form><field name='name'/></form>"})
    arch = "<field name='name' position='after'><field name='ref'/></field>"
    extension = views.create({"name": "e", "model": "res.partner", "inherit_id": form.id, "arch": arch})
    assert "ref" in form.get_combined_arch()

    monkeypatch.setattr(
        type(views), "_get_inheriting_views_domain", lambda self: [("active", "=", True), ("id", "!=", extension.id)]
    )

    assert "ref" not in form.get_combined_arch()


def test_a_data_file_calls_methods_on_what_others_find_and_reckons_with_moments(env, tmp_path):
    (tmp_path / "d.xml").write_text("""<odoo>
        <record id="base.filed" model="res.partner">
            <field name="name">Filed</field>
            <field name="street" eval="(datetime.now() - relativedelta(days=7)).strftime('%Y-%m-%d')"/>
            <field name="ref" eval="datetime(2031, 2, 3).strftime('%d') + str(datetime.datetime(2031, 2, 3).month)"/>
        </record>
        <function model="res.partner" name="write">
            <function eval="[[('name', '=', 'Filed')]]" model="res.partner" name="search"/>
            <value eval="{'function': 'found'}"/>
        </function></odoo>""")

    load_file(env, "base", tmp_path / "d.xml")

    filed = env.ref("base.filed")
    assert (filed.function, filed.ref) == ("found", "032")
    assert filed.street < str(date.today())


def test_a_file_of_the_addon_is_kept_as_its_module_and_its_path(env, tmp_path):
    (tmp_path / "d.xml").write_text("""<odoo><record id="base.with_file" model="res.partner">
        <field name="name" type="file">data/hello.txt</field>
    </record></odoo>""")
    there = {"base/data/hello.txt": tmp_path / "hello.txt"}

    load_file(env, "base", tmp_path / "d.xml", find_file=there.get)

    assert env.ref("base.with_file").name == "base,data/hello.txt"
    with pytest.raises(DataError, match="hello.txt"):
        load_file(env, "base", tmp_path / "d.xml", find_file={}.get)


@pytest.mark.parametrize("form", ["base.view_partner_form", "base.view_partner_simple_form"])
def test_public_addons_find_the_names_of_people_and_of_companies_in_forms(env, form):
    arch = etree.fromstring(env["res.partner"].get_view(env.ref(form).id, "form")["arch"])

    assert [node.get("id") for node in arch.xpath("//h1//field[@name='name']")] == ["company", "individual"]


def test_an_upgrade_leaves_languages_and_currencies_as_people_use_them(env):
    french = env["res.lang"].with_context(active_test=False).search([("code", "=", "fr_FR")])
    french.write({"active": True, "date_format": "%Y-%m-%d"})
    env.user.lang = "fr_FR"
    peso = env["res.currency"].with_context(active_test=False).search([("name", "=", "ARS")])
    peso.write({"active": True, "symbol": "?", "currency_unit_label": "Pesos of ours", "currency_subunit_label": False})
    data = Path(addon_module("base").__file__).parent / "data"

    for file in ("res.lang.csv", "res.currency.csv"):
        load_file(env, "base", data / file, mode="update")

    assert (french.active, french.date_format) == (True, "%Y-%m-%d")
    assert peso.active and peso.symbol != "?"
    assert (peso.currency_unit_label, peso.currency_subunit_label) == ("Pesos of ours", "Centavos")


@pytest.mark.parametrize(
    ("code", "amount", "words"),
    [
        ("EUR", 12.5, "12 Euros and 50 Cents"),
        ("USD", 1204.0, "1204 Dollars"),
        ("GBP", -0.05, "Minus 0 Pounds and 5 Pence"),
        ("KWD", 3.125, "3 Dinars and 125 Fils"),
        ("JPY", 300, "300 Yen"),
        ("MGA", 2.4, "2.40 Ariary"),
        ("COU", 2.0, "2 COU"),
    ],
)
def test_an_amount_reads_well_without_num2words(env, monkeypatch, code, amount, words):
    monkeypatch.setattr(addon_module("base.models.amount_words"), "num2words", None)
    currency = env["res.currency"].with_context(active_test=False).search([("name", "=", code)])

    assert currency.amount_to_text(amount) == words
