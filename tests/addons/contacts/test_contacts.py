"""The address book: companies, the people who work there, and what they share."""

from __future__ import annotations

from io import BytesIO

import pytest
import zxingcpp
from pypdf import PdfReader

from fondaco.errors import UserError, ValidationError


@pytest.fixture
def env(database_with, env_of):
    return env_of(database_with("contacts"))


@pytest.fixture
def company(env):
    return env["res.partner"].create(
        {"name": "Ca' d'Oro", "is_company": True, "street": "Strada Nova 1", "city": "Venezia", "vat": "BE0477472701",
         "country_id": env.ref("base.it").id,
         "child_ids": [(0, 0, {"name": "Anna", "email": "Anna@Example.com"}), (0, 0, {"name": "Bruno"})]}
    )  # fmt: skip


def test_the_action_shows_lists_and_forms_of_partners(env):
    action = env.ref("contacts.action_contacts")

    assert (action.res_model, action.path) == ("res.partner", "contacts")
    assert action.context == "{'default_is_company': True}"
    assert {"list", "kanban", "form"} <= set(action.view_mode.split(","))
    assert action.search_view_id == env.ref("base.view_res_partner_filter")
    assert env.ref("contacts.menu_contacts").child_id


def test_people_have_the_address_and_tax_number_of_their_company(company):
    anna = company.child_ids.filtered(lambda partner: partner.name == "Anna")

    assert anna.display_name == "Ca' d'Oro, Anna"
    assert anna.commercial_partner_id == company
    assert (anna.city, anna.vat, anna.commercial_company_name) == ("Venezia", "BE0477472701", "Ca' d'Oro")


def test_a_company_that_moves_takes_its_people_along(company, env):
    company.write({"city": "Mestre", "zip": "30170", "vat": False})
    env.flush_all()
    env.invalidate_all()

    assert set(company.child_ids.mapped("city")) == {"Mestre"}
    assert company.child_ids.mapped("vat") == [False, False]


def test_contacts_are_found_by_name_mail_and_company(company, env):
    find = env["res.partner"].name_search
    anna = company.child_ids.filtered("email")

    assert [name for _id, name in find("Ca' d'Oro", limit=1)] == ["Ca' d'Oro"]
    assert anna.id in [id_ for id_, _name in find("anna@example")]
    assert anna.id in [id_ for id_, _name in find("d'Oro")]


def test_nobody_works_for_himself(company):
    with pytest.raises((ValidationError, UserError)):
        company.parent_id = company.child_ids[0]


def test_an_archived_contact_is_hidden_but_there(company, env):
    anna = company.child_ids.filtered("email")

    anna.action_archive()

    assert anna not in env["res.partner"].search([("parent_id", "=", company.id)])
    assert anna in env["res.partner"].with_context(active_test=False).search([("parent_id", "=", company.id)])


def test_demo_data_come_only_when_asked_for(env):
    assert not env.ref("contacts.partner_lagoon", raise_if_not_found=False)


def test_a_contact_sheet_shows_the_contact_and_the_people_below(env):
    company = env["res.partner"].create(
        {"name": "Ada & Co", "email": "ada@example.com", "phone": "+44 20", "child_ids": [(0, 0, {"name": "Byron"})]}
    )

    content, _kind = env["ir.actions.report"]._render_qweb_pdf("contacts.report_contact_sheet", company.ids)

    (page,) = PdfReader(BytesIO(content)).pages
    text = page.extract_text()
    assert "Ada & Co" in text and "ada@example.com" in text and "Byron" in text
    assert [found.text for picture in page.images for found in zxingcpp.read_barcodes(picture.image)] == [
        "MECARD:N:Ada & Co;TEL:+44 20;EMAIL:ada@example.com;;"
    ]


def test_a_contact_sheet_speaks_the_language_of_who_prints(env):
    env["res.lang"]._activate_lang("fr_FR")
    partner = env["res.partner"].create({"name": "Ada", "phone": "+44 20", "vat": "BE0477472701"})
    reports = env["ir.actions.report"].with_context(lang="fr_FR")

    content, _kind = reports._render_qweb_pdf("contacts.report_contact_sheet", partner.ids)

    text = PdfReader(BytesIO(content)).pages[0].extract_text()
    assert "Téléphone" in text and "Page 1 sur 1" in text and "Phone" not in text
    assert reports._get_report("contacts.report_contact_sheet").name == "Fiche du contact"
