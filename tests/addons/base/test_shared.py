"""What travels: between a company and its people, between modules that need each other, between days and numbers."""

from __future__ import annotations

import re
from datetime import date

import pytest

from fondaco.errors import UserError
from fondaco.orm.environment import Environment


def test_people_say_what_their_company_decides(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Doria", "is_company": True, "vat": "IT1", "city": "Genova"})
    person = env["res.partner"].create({"name": "Andrea", "parent_id": company.id})
    clerk = env["res.partner"].create({"name": "Luca", "parent_id": person.id})

    company.write({"vat": "IT2", "city": "Savona"})

    assert (person.vat, clerk.vat) == ("IT2", "IT2")
    assert person.city == "Savona"


def test_a_company_below_decides_for_itself(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Doria", "is_company": True, "vat": "IT1"})
    branch = env["res.partner"].create({"name": "Branch", "is_company": True, "vat": "IT9", "parent_id": company.id})

    company.vat = "IT2"

    assert branch.vat == "IT9"


def test_who_moves_to_another_company_takes_over_its_number_and_address(env: Environment) -> None:
    old, new = env["res.partner"].create(
        [
            {"name": "Old", "is_company": True, "vat": "IT1", "city": "Genova"},
            {"name": "New", "is_company": True, "vat": "IT2", "city": "Pisa"},
        ]
    )
    person = env["res.partner"].create({"name": "Andrea", "parent_id": old.id})

    person.parent_id = new

    assert (person.vat, person.city, person.commercial_partner_id) == ("IT2", "Pisa", new)


def test_the_first_person_lends_the_company_an_address(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Doria", "is_company": True})

    env["res.partner"].create({"name": "Andrea", "parent_id": company.id, "city": "Genova"})
    env["res.partner"].create({"name": "Luca", "parent_id": company.id, "type": "other", "city": "Pisa"})

    assert company.city == "Genova"


def test_the_nearest_address_of_a_kind_serves_it(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Doria", "is_company": True})
    person, invoices = env["res.partner"].create(
        [
            {"name": "Andrea", "parent_id": company.id},
            {"name": "Books", "parent_id": company.id, "type": "invoice"},
        ]
    )

    found = person.address_get(["invoice", "delivery"])

    assert found == {"contact": person.id, "invoice": invoices.id, "delivery": person.id}


def test_a_name_shows_what_the_context_asks_for(env: Environment) -> None:
    partner = env["res.partner"].create({"name": "Andrea", "city": "Genova", "email": "a@example.com"})

    assert partner.with_context(show_email=True).display_name == "Andrea <a@example.com>"
    assert partner.with_context(show_address=True).display_name == "Andrea\nGenova"
    assert partner.with_context(show_address=True, address_inline=True).display_name == "Andrea, Genova"


def test_a_module_is_marked_with_what_it_needs(env: Environment) -> None:
    modules = env["ir.module.module"].search([("name", "in", ("product", "uom"))])
    product = modules.filtered(lambda module: module.name == "product")
    if set(modules.mapped("state")) != {"uninstalled"}:
        pytest.skip("product is installed here")

    product.button_install()

    assert set(modules.mapped("state")) == {"to install"}


def test_base_is_not_removed(env: Environment) -> None:
    with pytest.raises(UserError):
        env.ref("base.module_base").button_uninstall()


def test_numbers_by_period_leave_no_day_without_one(env: Environment) -> None:
    sequence = env["ir.sequence"].create({"name": "By year", "use_date_range": True, "prefix": "%(range_year)s/"})
    ranges = env["ir.sequence.date_range"]
    ranges.create({"sequence_id": sequence.id, "date_from": date(2030, 4, 1), "date_to": date(2030, 6, 30)})

    number = sequence.next_by_id(date(2030, 3, 15))
    made = sequence.date_range_ids.filtered(lambda part: part.date_to < date(2030, 4, 1))

    assert number == "2030/1"
    assert (made.date_from, made.date_to) == (date(2030, 1, 1), date(2030, 3, 31))


def test_a_rate_counts_from_its_day_and_the_first_one_before_it(env: Environment) -> None:
    company, euro = env.company, env.ref("base.EUR")
    euro.rate_ids.unlink()
    for day, rate in ((date(2030, 1, 1), 2.0), (date(2030, 2, 1), 4.0)):
        env["res.currency.rate"].create({"currency_id": euro.id, "company_id": company.id, "name": day, "rate": rate})

    found = [euro._get_rates(company, day)[euro.id] for day in (date(2029, 1, 1), date(2030, 1, 31), date(2031, 1, 1))]

    assert found == [2.0, 2.0, 4.0]


def test_contacts_become_one(env: Environment) -> None:
    kept, gone = env["res.partner"].create(
        [{"name": "Andrea", "email": "a@example.com"}, {"name": "Andrea D.", "email": "a@example.com", "city": "Pisa"}]
    )
    child = env["res.partner"].create({"name": "Desk", "type": "other", "parent_id": gone.id})

    env["base.partner.merge.automatic.wizard"]._merge([kept.id, gone.id], kept)

    assert not gone.exists()
    assert (kept.city, child.parent_id) == ("Pisa", kept)


def test_a_contact_does_not_become_one_with_the_company_above_it(env: Environment) -> None:
    company = env["res.partner"].create({"name": "Doria", "is_company": True})
    person = env["res.partner"].create({"name": "Andrea", "parent_id": company.id})

    with pytest.raises(UserError):
        env["base.partner.merge.automatic.wizard"]._merge([company.id, person.id], company)


def test_contacts_of_one_name_are_merged_by_number_or_address_without_asking(env: Environment) -> None:
    make = env["res.partner"].create
    by_number = make([{"name": "Doria", "vat": "IT 1"}, {"name": "doria", "vat": "IT1"}])
    by_address = make([{"name": "Luca", "email": "l@example.com"}, {"name": "Luca", "email": "L@example.com"}])
    alike = make([{"name": "Andrea", "vat": "IT7"}, {"name": "Bianca", "vat": "IT7"}, {"name": "Andrea"}])

    shown = env["base.partner.merge.automatic.wizard"].create({}).action_update_all_process()

    assert (len(by_number.exists()), len(by_address.exists()), len(alike.exists())) == (1, 1, 3)
    assert env[shown["res_model"]].browse(shown["res_id"]).state == "finished"


def test_the_form_for_merging_offers_what_the_wizard_can_do(env: Environment) -> None:
    arch = env["base.partner.merge.automatic.wizard"].get_view(view_type="form")["arch"]

    buttons = set(re.findall(r'<button name="(\w+)"', arch))
    assert buttons == {
        "action_start_manual_process", "action_start_automatic_process", "action_update_all_process",
        "action_merge", "action_skip",
    }  # fmt: skip
