"""The page of general settings: what it counts and what it switches."""

from __future__ import annotations

import pytest

from fondaco.errors import AccessDenied, AccessError
from fondaco.rpc.call import call_kw


@pytest.fixture
def env(database_with, env_of):
    env = env_of(database_with("base_setup"))
    return env(user=env.ref("base.user_admin").id)


def test_the_page_counts_and_opens_by_its_path(env):
    settings = env["res.config.settings"].create({})
    action = env["ir.actions.act_window"].search([("path", "=", "settings")])

    assert settings.active_user_count == env["res.users"].search_count([("share", "=", False)])
    assert settings.company_count == 1
    assert settings.language_count == 1
    assert settings.company_name == env.company.display_name
    assert action.res_model == "res.config.settings"


def test_the_company_is_described_in_lines(env):
    env.company.write({"street": "Via Roma 1", "zip": "00100", "city": "Roma", "vat": "IT123"})

    lines = env["res.config.settings"].create({}).company_informations.splitlines()

    assert lines[0] == "Via Roma 1"
    assert "00100 Roma" in lines
    assert lines[-1] == "IT123"


def test_new_users_have_the_groups_of_the_template_unless_the_settings_say_otherwise(env):
    template = set(env["res.users"]._default_groups())

    env["res.config.settings"].create({"user_default_rights": False}).execute()

    assert template == set(env.ref("base.default_user").groups_id.ids)
    assert env["res.users"]._default_groups() == env.ref("base.group_user").ids


def test_the_footer_of_documents_is_that_of_the_company(env):
    env["res.config.settings"].create({"report_footer": "<p>IBAN</p>"}).execute()

    assert "IBAN" in env.company.report_footer


def test_the_form_has_a_view(env):
    views = env["res.config.settings"].get_views([(False, "form")])["views"]

    assert "active_user_count" in views["form"]["arch"]


@pytest.mark.parametrize("group", ["base.group_portal", "base.group_user"])
def test_settings_are_for_administrators(env, group):
    """From outside these take no record, so that no right to one was asked."""
    env["ir.config_parameter"].sudo().set_param("base_setup.show_effect", "a secret")
    settings = env["res.config.settings"].sudo()
    user = settings.env["res.users"].create({"name": "U", "login": "u", "groups_id": [(6, 0, [env.ref(group).id])]})
    theirs = env(user=user, su=False)["res.config.settings"]

    for name, args in (("default_get", [["show_effect"]]), ("set_values", [[]]), ("get_values", [[]])):
        with pytest.raises(AccessError):
            call_kw(theirs, name, args, {})
    with pytest.raises(AccessDenied):
        call_kw(theirs.env["ir.module.module"], "update_list", [], {})
    with pytest.raises(AccessError):
        call_kw(env["ir.model.access"], "call_cache_clearing_methods", [], {})
    assert env["ir.config_parameter"].sudo().get_param("base_setup.show_effect") == "a secret"
    assert env["res.config.settings"].default_get(["show_effect"])["show_effect"]
