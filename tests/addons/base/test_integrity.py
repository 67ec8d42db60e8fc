"""What the database refuses is told in the words of people: which field, which records, what to do."""

from __future__ import annotations

import psycopg.errors
import pytest

from fondaco.orm.integrity import explain_integrity_error


@pytest.fixture
def refused(env):
    """refused(work): the sentence for what `work` breaks."""

    def refused(work, told=env):
        with pytest.raises(psycopg.errors.IntegrityError) as broken, env.cr.savepoint():
            work()
            env.flush_all()
        env.invalidate_all()
        return str(explain_integrity_error(told, broken.value))

    return refused


@pytest.fixture
def country(env):
    return env["res.country"].create({"name": "Atlantis", "code": "QX"})


def test_a_record_in_use_is_told_with_those_that_use_it(env, refused, country):
    for number in range(5):
        env["res.partner"].create({"name": f"Diver {number}", "country_id": country.id, "active": number > 0})

    sentence = refused(country.unlink)

    assert sentence.startswith("“Atlantis” is still needed by Contact, as “Country”: “Diver ")
    assert sentence.count("“Diver ") == 3 and "…" in sentence
    assert sentence.endswith("Change or delete those first, or archive it instead.")


def test_names_are_told_to_those_who_may_see_them(env, refused, country):
    env["res.partner"].create({"name": "Diver", "country_id": country.id})
    group = [(6, 0, [env.ref("base.group_public").id])]
    stranger = env["res.users"].create({"name": "Stranger", "login": "stranger", "groups_id": group})

    sentence = refused(country.unlink, env(user=stranger.id))

    assert "Diver" not in sentence
    assert "records that you may not see" in sentence


def test_a_link_to_nothing_names_its_field(env, refused):
    partner = env["res.partner"].create({"name": "Diver"})

    sentence = refused(lambda: partner.write({"country_id": 99_999_999}))

    assert "“Country” of Contact names a record that is not there any more (number 99999999)" in sentence


def test_what_is_required_is_told_by_its_label(env, refused):
    assert "“Name” of Partner Tags is required" in refused(lambda: env["res.partner.category"].create({"color": 1}))


def test_a_value_that_is_taken_is_told_with_its_field(env, refused):
    env.cr.execute("CREATE UNIQUE INDEX ON res_partner_category (color, parent_id) NULLS NOT DISTINCT")
    env["res.partner.category"].create({"name": "One", "color": 987_654})

    sentence = refused(lambda: env["res.partner.category"].create({"name": "Two", "color": 987_654}))

    assert "Partner Tags has a record with this “Color”, “Category” already" in sentence
    assert "987654" in sentence and "res_partner_category" not in sentence


def test_a_rule_with_words_of_its_own_is_told_in_them_and_in_the_language_of_the_user(env, refused, country):
    env["res.lang"]._activate_lang("fr_FR")
    rule = env["ir.model.constraint"].search([("name", "=", "res_country_code_uniq")])
    rule.with_context(lang="fr_FR").message = "Ce code est pris."

    def twice():
        env["res.country"].create({"name": "Atlantis II", "code": "QX"})

    assert refused(twice) == f"This cannot be done: {rule.with_context(lang='en_US').message}"
    assert refused(twice, env(context={"lang": "fr_FR"})).endswith("Ce code est pris.")


def test_the_sentence_is_in_the_language_of_the_user(env, refused, country):
    env["res.lang"]._activate_lang("fr_FR")
    env["res.partner"].create({"name": "Diver", "country_id": country.id})

    sentence = refused(country.unlink, env(context={"lang": "fr_FR"}))

    assert "« Atlantis »" in sentence and "Diver" in sentence
