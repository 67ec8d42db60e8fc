"""Whose is a new database? The first user's name, password and language, and the country of the first company."""

from __future__ import annotations

import zoneinfo
from typing import Any, NamedTuple

from babel.core import get_global

from fondaco.errors import ModuleError
from fondaco.modules import listing, terms
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL

FIRST_USER = 2
FIRST_COMPANY = 1
SOURCE = "en_US"


class FirstUser(NamedTuple):
    """Who will log in to a new database."""

    login: str
    password: str
    lang: str
    country: str | None

    @property
    def is_named_alone(self) -> bool:
        """Whether nothing but the login is said."""
        return not self.password and not self.country and self.lang in ("", SOURCE)

    def take_name(self, cr: Cursor) -> None:
        cr.run(SQL("UPDATE res_users SET login = %s WHERE id = %s", self.login, FIRST_USER))

    def settle(self, env: Any) -> None:
        """The first user's name and password, the company's country and everybody's language."""
        if self.lang and self.lang != SOURCE:
            env["res.lang"]._activate_lang(self.lang)
            modules = [name for name, state in listing.states(env.cr).items() if state.is_installed]
            terms.load(env, modules, [self.lang])
            env["res.partner"].with_context(active_test=False).search([]).write({"lang": self.lang})
        if self.country:
            found = env["res.country"].search([("code", "=ilike", self.country)], limit=1)
            if not found:
                raise ModuleError(f"country {self.country!r} is unknown; expected a code of two letters, as in 'FR'")
            currency = {"currency_id": found.currency_id.id} if found.currency_id else {}
            env["res.company"].browse(FIRST_COMPANY).write({"country_id": found.id} | currency)
        values = {"login": self.login, "lang": self.lang or SOURCE}
        if self.country and (zone := _only_time_zone(self.country)):
            values["tz"] = zone
        if self.password:
            values["password"] = self.password
        env["res.users"].browse(FIRST_USER).write(values)


def _only_time_zone(country: str) -> str | None:
    """The time zone of a country that has one; people of others choose theirs."""
    zones = {zone for zone, territory in get_global("zone_territories").items() if territory == country.upper()}
    known = zones & zoneinfo.available_timezones()
    return known.pop() if len(known) == 1 else None
