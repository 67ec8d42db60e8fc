"""Who was refused of late, and how often? Counted in the database: every process and every machine sees it.

An attempt that was refused is a failure; one that succeeds wipes the slate. Where somebody has failed, attempts that
have not ended yet count as failures too, so that many at once are no way around; where nobody has, many clients may
come at the same moment.
"""

from __future__ import annotations

import contextlib
import ipaddress

from fondaco.addon import SUPERUSER_ID, api, fields, models
from fondaco.errors import AccessDenied
from fondaco.orm.environment import Environment
from fondaco.sql.fragment import SQL

KEPT_HOURS = 24
IPV6_BITS = 64  # what a provider gives to one customer


def network_of(address):
    """The network by which the failures of an address are counted: for IPv6 its neighbours are the same customer."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    if known.version == 4 or known.ipv4_mapped:
        return str(known.ipv4_mapped if known.version == 6 else known)
    return str(ipaddress.ip_network((known, IPV6_BITS), strict=False))


@contextlib.contextmanager
def attempt(registry, source, check):
    """What happens inside is an attempt of `source`; `check(env, failures, last)` raises where it comes too early."""
    standing = _beside(
        registry, SQL("SELECT failures, last, under_way FROM res_users_refusal WHERE source = %s", source)
    )
    if standing and (failures := standing[0][0]):
        with registry.cursor() as cr:
            check(Environment(cr, SUPERUSER_ID, {}), failures + standing[0][2], standing[0][1])
    _beside(
        registry,
        SQL(
            """
            INSERT INTO res_users_refusal AS known (source, failures, under_way, last)
            VALUES (%s, 0, 1, clock_timestamp() AT TIME ZONE 'UTC')
            ON CONFLICT (source) DO UPDATE SET under_way = known.under_way + 1
         RETURNING id
            """,
            source,
        ),
    )
    try:
        yield
    except BaseException as error:
        is_refusal = isinstance(error, AccessDenied)
        _beside(
            registry,
            SQL(
                """
                UPDATE res_users_refusal
                   SET under_way = greatest(under_way - 1, 0), failures = failures + %s,
                       last = CASE WHEN %s THEN clock_timestamp() AT TIME ZONE 'UTC' ELSE last END
                 WHERE source = %s
             RETURNING id
                """,
                int(is_refusal),
                is_refusal,
                source,
            ),
        )
        raise
    _beside(registry, SQL("DELETE FROM res_users_refusal WHERE source = %s RETURNING id", source))


def _beside(registry, statement):
    """The rows of a statement that stays done, whatever becomes of the work at hand."""
    with registry.pools.autocommit(registry.db_name) as cr:
        return list(cr.fetch(statement))


class UsersRefusal(models.Model):
    _name = "res.users.refusal"
    _description = "Refused Log-ins"
    _log_access = False
    _sql_constraints = [("source_key", "UNIQUE (source)", "There is a row for this source.")]

    source = fields.Char(string="Source", required=True)
    failures = fields.Integer(string="Failures", required=True)
    under_way = fields.Integer(string="Under Way", required=True, default=0)
    last = fields.Datetime(string="Last", required=True)

    @api.autovacuum
    def _gc_refusals(self):
        self.env.cr.execute(
            SQL(
                "DELETE FROM res_users_refusal WHERE last < now() AT TIME ZONE 'UTC' - make_interval(hours => %s)",
                KEPT_HOURS,
            )
        )
