"""Whether templates show records as their readers know them, and translations leave and come back."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest

from fondaco.errors import UserError
from fondaco.orm.environment import Environment
from fondaco.qweb.render import QWebException
from fondaco.testing.mockrequest import MockRequest


def template(env: Environment, key: str, content: str) -> str:
    env["ir.ui.view"].create({"type": "qweb", "key": key, "name": key, "arch": f'<t t-name="{key}">{content}</t>'})
    return key


def test_template_shows_fields_by_their_kind(env: Environment) -> None:
    partner = env["res.partner"].create({"name": "<Ada>", "country_id": env.ref("base.be").id, "color": 1234})
    key = template(
        env, "t.card", '<b t-field="p.name"/><i t-field="p.country_id"/><u t-field="p.color"/><s t-field="p.street"/>'
    )

    assert env["ir.qweb"]._render(key, {"p": partner}) == "<b>&lt;Ada&gt;</b><i>Belgium</i><u>1,234</u><s></s>"


def test_template_that_changed_is_compiled_again(env: Environment) -> None:
    key = template(env, "t.one", "<p>before</p>")
    view = env["ir.ui.view"].search([("key", "=", key)])
    assert env["ir.qweb"]._render(key) == "<p>before</p>"

    view.arch = view.arch.replace("before", "after")
    assert env["ir.qweb"]._render(key) == "<p>after</p>"


def test_a_part_of_a_page_is_kept_until_its_record_changes(env: Environment) -> None:
    key = template(env, "t.kept", '<p t-cache="country"><t t-out="country.name"/> <t t-out="word"/></p>')
    country = env.ref("base.be")

    def page(word: str, **context: object) -> str:
        return str(env["ir.qweb"].with_context(**context)._render(key, {"country": country, "word": word}))

    assert [page("first"), page("second")] == ["<p>Belgium first</p>"] * 2
    assert page("third", tz="Asia/Tokyo") == "<p>Belgium third</p>"
    country.name = "Belgica"
    assert page("fourth") == "<p>Belgica fourth</p>"
    country.name = "België"
    assert page("fifth") == "<p>België fifth</p>"


def test_a_part_that_was_kept_for_one_group_is_not_shown_to_another(env: Environment) -> None:
    key = template(env, "t.guarded", '<p t-cache="1">open<i groups="base.group_system">secret</i></p>')
    administrator = env.ref("base.user_admin")
    visitor = env.ref("base.public_user")

    shown = [str(env["ir.qweb"].with_user(user)._render(key)) for user in (administrator, visitor, administrator)]

    assert shown == ["<p>open<i>secret</i></p>", "<p>open</p>", "<p>open<i>secret</i></p>"]


def test_a_template_that_may_be_missing_is_nothing(env: Environment) -> None:
    key = template(env, "t.there", "<p>here</p>")
    assert env["ir.qweb"]._render("base.not_there", {}, raise_if_not_found=False) == ""
    assert env["ir.qweb"]._render(key, {}, raise_if_not_found=False) == "<p>here</p>"
    with pytest.raises(ValueError, match=r"base\.not_there"):
        env["ir.qweb"]._render("base.not_there", {})


def test_a_part_that_was_kept_in_one_company_is_not_shown_in_another(env: Environment) -> None:
    key = template(env, "t.companies", '<p t-cache="1"><t t-out="env.company.name"/></p>')
    companies = env["res.company"].create([{"name": "Here"}, {"name": "There"}])
    users = env["res.users"].create([
        {"name": name, "login": name, "company_id": company.id, "company_ids": [(6, 0, companies.ids)]}
        for name, company in zip(("one of both", "the other"), companies)
    ])  # fmt: skip

    shown = [str(env["ir.qweb"].with_user(user)._render(key)) for user in users]

    assert shown == ["<p>Here</p>", "<p>There</p>"]


def test_a_part_that_was_kept_in_developer_mode_is_not_shown_without_it(env: Environment) -> None:
    key = template(env, "t.debugged", '<p t-cache="1">all<i t-if="debug">developers</i></p>')
    shown = []
    for mode in ("1", "", "1"):
        with MockRequest(env) as request:
            request.session.debug = mode
            shown.append(str(env["ir.qweb"]._render(key)))

    assert shown == ["<p>all<i>developers</i></p>", "<p>all</p>", "<p>all<i>developers</i></p>"]


def test_a_kept_part_is_forgotten_with_its_template(env: Environment) -> None:
    key = template(env, "t.edited", '<p t-cache="1">before</p>')
    view = env["ir.ui.view"].search([("key", "=", key)])
    assert env["ir.qweb"]._render(key) == "<p>before</p>"

    view.arch = view.arch.replace("before", "after")

    assert env["ir.qweb"]._render(key) == "<p>after</p>"


def test_called_template_speaks_the_language_it_is_called_in(env: Environment) -> None:
    env["res.lang"]._activate_lang("fr_FR")
    env.ref("base.be").with_context(lang="fr_FR").name = "Belgique"
    inner = template(env, "t.inner", "<i t-out=\"env.ref('base.be').name\"/>")
    key = template(env, "t.outer", f'<t t-call="{inner}" t-lang="\'fr_FR\'"/><t t-call="{inner}"/>')

    assert env["ir.qweb"]._render(key) == "<i>Belgium</i><i>Belgium</i>"
    inner_by_language = template(env, "t.named", '<i t-field="country.name"/>')
    named = template(env, "t.names", f'<t t-call="{inner_by_language}" t-lang="\'fr_FR\'"/>')
    assert env["ir.qweb"]._render(named, {"country": env.ref("base.be")}) == "<i>Belgique</i>"


@pytest.mark.parametrize(
    ("value", "options", "shown"),
    [
        (1.5, {"widget": "duration", "unit": "hour", "digital": True, "round": "minute"}, "01:30"),
        (90, {"widget": "duration", "unit": "minute", "format": "short"}, "1 hr 30 min"),
        (-2, {"widget": "duration", "unit": "day", "add_direction": True}, "2 days ago"),
        (13.5, {"widget": "time", "format": "HH:mm:ss"}, "13:30:00"),
        (12345, {"widget": "integer", "format_decimalized_number": True}, "12.3k"),
        ("a", {"widget": "selection", "selection": [("a", "A")]}, "A"),
        ("2024-02-03", {"widget": "date", "format": "d MMMM y"}, "3 February 2024"),
        (datetime(2024, 2, 3, 4, 5), {"widget": "datetime", "tz_name": "Asia/Tokyo", "time_only": True}, "13:05:00"),
        (datetime(2024, 2, 3, 4, 5), {"widget": "relative", "now": "2024-02-03 05:05:00"}, "1 hour ago"),
        (1.25, {"widget": "float_time"}, "01:15"),
        ("a<b\nc", {"widget": "text"}, "a&lt;b<br>\nc"),
        (0.1 + 0.2, {"widget": "float", "precision": 2}, "0.30"),
    ],
    ids=lambda value: str(value.get("widget")) if isinstance(value, dict) else "",
)
def test_values_are_shown_as_their_widget_says(env: Environment, value: object, options: object, shown: str) -> None:
    key = template(env, "t.widget", '<t t-out="value" t-options="options"/>')

    assert env["ir.qweb"]._render(key, {"value": value, "options": {"widget": "text", **dict(options)}}) == shown  # type: ignore[call-overload]


@pytest.mark.parametrize(("widget", "option"), [("monetary", "display_currency"), ("selection", "selection")])
def test_an_option_that_a_widget_needs_is_named(env: Environment, widget: str, option: str) -> None:
    key = template(env, "t.bare", f'<t t-out="value" t-options-widget="\'{widget}\'"/>')

    with pytest.raises(QWebException, match=f"widget '{widget}' needs the option '{option}'"):
        env["ir.qweb"]._render(key, {"value": 3})


def test_pictures_and_barcodes_take_attributes_and_escape_them(env: Environment) -> None:
    key = template(env, "t.code", '<t t-out="code" t-options="options"/>')
    options = {"widget": "barcode", "img_style": 'width: 3cm"', "img_class": "bars"}

    shown = env["ir.qweb"]._render(key, {"code": "<1>", "options": options})

    assert shown.startswith('<img src="data:image/png;base64,')
    assert shown.endswith(' alt="&lt;1&gt;" style="width: 3cm&#34;" class="bars">')


def test_field_that_does_not_exist_is_named_with_its_place(env: Environment) -> None:
    key = template(env, "t.wrong", '<p><b t-field="user_id.nmae"/></p>')

    with pytest.raises(QWebException, match=r"res.users has no field 'nmae'\n.*t.wrong.*<b t-field="):
        env["ir.qweb"]._render(key)


def test_report_is_written_as_html(env: Environment) -> None:
    model = env["ir.model"]._get("res.partner")

    html, kind = env["ir.actions.report"]._render_qweb_html("base.report_irmodeloverview", model.ids)

    assert kind == "html"
    assert b"res.partner" in html and b"commercial_partner_id" in html


def test_translations_leave_in_a_file_and_come_back(env: Environment) -> None:
    env["res.lang"]._activate_lang("fr_FR")
    country = env.ref("base.be")
    country.with_context(lang="fr_FR").name = "Belgique"
    wizard = env["base.language.export"].create(
        {"lang": "fr_FR", "export_type": "model", "model_id": env.ref("base.model_res_country").id,
         "domain": f"[('id', '=', {country.id})]"}
    )  # fmt: skip
    wizard.act_getfile()
    written = base64.b64decode(wizard.data).decode()

    assert 'model:res.country,name:base.be\nmsgid "Belgium"\nmsgstr "Belgique"' in written

    changed = base64.b64encode(written.replace("Belgique", "Royaume de Belgique").encode())
    brought = {"name": "Français", "code": "fr_FR", "filename": "fr.po", "data": changed, "overwrite": True}
    env["base.language.import"].create(brought).import_lang()

    assert country.with_context(lang="fr_FR").name == "Royaume de Belgique"
    assert country.with_context(lang="en_US").name == "Belgium"


def test_file_that_is_no_po_file_is_refused(env: Environment) -> None:
    wizard = env["base.language.import"].create(
        {"name": "x", "code": "fr_FR", "filename": "fr.po", "data": base64.b64encode(b'msgid "a\nnonsense')}
    )
    with pytest.raises(UserError, match="fr.po is no PO file"):
        wizard.import_lang()
