"""Cases with usual records in them: quiet mail, a partner, companies, the users Demo and Portal.

from odoo.addons.base.tests.common import BaseCommon
"""

from __future__ import annotations

from fondaco.addon import Command
from fondaco.testing.browser import HttpCase
from fondaco.testing.cases import TransactionCase
from fondaco.testing.words import new_test_user

DISABLED_MAIL_CONTEXT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_reset_password": True,
}
"""Under it, records are created without messages, followers and invitations."""

TEST_USER_GROUPS = ("base.group_user", "base.group_partner_manager")


class BaseCommon(TransactionCase):
    """`env` under DISABLED_MAIL_CONTEXT, `partner`, and the currency and group of the company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **cls.default_env_context()})
        cls.currency = cls.env.company.currency_id
        cls.partner = cls.env["res.partner"].create({"name": "Test Partner"})
        cls.group_portal = cls.quick_ref("base.group_portal")
        cls.group_user = cls.quick_ref("base.group_user")
        cls.group_system = cls.quick_ref("base.group_system")
        cls.company = cls.env.company
        independent = cls.setup_independent_user()
        if independent:
            cls.env = cls.env(user=independent)
            cls.user = cls.env.user
        company = cls.setup_independent_company()
        if company:
            cls.env.user.company_ids |= company
            cls.env.user.company_id = company
            cls.company = company

    @classmethod
    def default_env_context(cls):
        """The context of `env`; override it with {} for tests of messages."""
        return DISABLED_MAIL_CONTEXT

    @classmethod
    def setup_independent_company(cls, **kwargs):
        """Override it to answer a company in which the tests of the class run."""
        return None

    @classmethod
    def setup_independent_user(cls):
        """Override it to answer a user as whom the tests of the class run."""
        return None

    @classmethod
    def setup_main_company(cls, currency_code="USD"):
        """Give the company this currency."""
        cls._use_currency(currency_code)

    @classmethod
    def setup_other_currency(cls, code, **kwargs):
        """The active currency of this code; `rates` is a list of (date, rate)."""
        rates = kwargs.pop("rates", [])
        currency = cls._enable_currency(code)
        currency.rate_ids.unlink()
        currency.write(
            {
                "rate_ids": [
                    Command.create({"name": day, "rate": rate, "company_id": cls.env.company.id}) for day, rate in rates
                ],
                **kwargs,
            }
        )
        return currency

    @classmethod
    def get_default_groups(cls):
        """The groups of users that the helpers below make."""
        groups = cls.env["res.groups"]
        for xmlid in TEST_USER_GROUPS:
            groups |= cls.quick_ref(xmlid)
        return groups

    @classmethod
    def quick_ref(cls, xmlid):
        """The record behind an xmlid, in `env`."""
        return cls.env.ref(xmlid)

    @classmethod
    def _enable_currency(cls, currency_code):
        currency = (
            cls.env["res.currency"].with_context(active_test=False).search([("name", "=", currency_code.upper())])
        )
        currency.action_unarchive()
        return currency

    @classmethod
    def _use_currency(cls, currency_code):
        """Have the company count in this currency."""
        currency = cls._enable_currency(currency_code)
        if cls.env.company.currency_id != currency:
            # what was booked in the other one is not there in a test
            cls.env.company.write({"currency_id": currency.id})
        cls.currency = currency
        return currency

    @classmethod
    def _create_partner(cls, **create_values):
        return cls.env["res.partner"].create({"name": "Test Partner", "company_id": False, **create_values})

    @classmethod
    def _create_company(cls, **create_values):
        """A company that the user of `env` may work in."""
        company = cls.env["res.company"].create({"name": "Test Company", **create_values})
        cls.env.user.company_ids |= company
        return company

    @classmethod
    def _create_new_internal_user(cls, **kwargs):
        return new_test_user(cls.env, **{"login": "internal_user", "groups": "base.group_user", **kwargs})

    @classmethod
    def _create_new_portal_user(cls, **kwargs):
        return new_test_user(cls.env, **{"login": "portal_user", "groups": "base.group_portal", **kwargs})


def user_with(env, xmlid, login, groups, **values):
    """The user of the demonstration data with this xmlid; where there is none, one is made. The password is the
    login."""
    user = env.ref(xmlid, raise_if_not_found=False) or env["res.users"].search([("login", "=", login)], limit=1)
    if not user:
        group_ids = [env.ref(group).id for group in groups]
        user = env["res.users"].create({"login": login, "groups_id": [Command.set(group_ids)], **values})
    user.password = login
    return user


class _WithUserDemo:
    """`user_demo` and `partner_demo`; `user_admin` likewise."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_admin = cls.env.ref("base.user_admin")
        cls.partner_admin = cls.user_admin.partner_id
        cls.user_demo = user_with(
            cls.env,
            "base.user_demo",
            "demo",
            TEST_USER_GROUPS,
            name="Marc Demo",
            email="mark.brown23@example.com",
        )
        cls.partner_demo = cls.user_demo.partner_id


class _WithUserPortal:
    """`user_portal` and `partner_portal`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_portal = user_with(
            cls.env,
            "base.demo_user0",
            "portal",
            ("base.group_portal",),
            name="Joel Willis",
            email="joel.willis63@example.com",
        )
        cls.partner_portal = cls.user_portal.partner_id


class TransactionCaseWithUserDemo(_WithUserDemo, TransactionCase):
    """A TransactionCase with the user Demo."""


class HttpCaseWithUserDemo(_WithUserDemo, HttpCase):
    """An HttpCase with the user Demo."""


class SavepointCaseWithUserDemo(TransactionCaseWithUserDemo):
    """The name that TransactionCaseWithUserDemo had in earlier versions."""


class TransactionCaseWithUserPortal(_WithUserPortal, TransactionCase):
    """A TransactionCase with the user Portal."""


class HttpCaseWithUserPortal(_WithUserPortal, HttpCase):
    """An HttpCase with the user Portal."""
