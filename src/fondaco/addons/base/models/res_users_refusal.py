"""Who was refused of late, and how often? Counted in the database: every process and every machine sees it.

An attempt that was refused is a failure; one that succeeds wipes the slate. Whether one comes too early is asked when
it begins and again when it ends: many clients may come at the same moment, and of many guesses at once no more than
those that count as the first ones learn anything.
"""

from __future__ import annotations

import contextlib

import psycopg.errors

from fondaco.addon import SUPERUSER_ID, api, fields, models
from fondaco.errors import AccessDenied
from fondaco.orm.environment import Environment
from fondaco.sql.fragment import SQL

KEPT_HOURS = 24


@contextlib.contextmanager
def attempt(registry, source, check):
    """What happens inside is an attempt of `source`; `check(env, failures, last)` raises where it comes too early."""

    def ask(failures, last):
        if failures:
            with registry.cursor() as cr:
                check(Environment(cr, SUPERUSER_ID, {}), failures, last)

    standing = SQL("SELECT failures, last FROM res_users_refusal WHERE source = %s", source)
    for row in _beside(registry, standing):
        ask(*row)
    try:
        yield
    except AccessDenied:
        for row in _beside(registry, _count(source)):
            ask(*row)
        raise
    for row in _beside(registry, standing):
        ask(*row)
        with contextlib.suppress(psycopg.errors.ReadOnlySqlTransaction):  # an upgrade is under way: the next one does
            _beside(registry, SQL("DELETE FROM res_users_refusal WHERE source = %s RETURNING id", source))


def _count(source):
    """Add a failure; gives how many there were before it, and when the last of these was."""
    return SQL(
        """
        INSERT INTO res_users_refusal AS known (source, failures, last)
        VALUES (%s, 1, clock_timestamp() AT TIME ZONE 'UTC')
        ON CONFLICT (source) DO UPDATE
           SET failures = known.failures + 1, previous = known.last, last = excluded.last
     RETURNING failures - 1, previous
        """,
        source,
    )


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
    last = fields.Datetime(string="Last", required=True)
    previous = fields.Datetime(string="The one before")

    @api.autovacuum
    def _gc_refusals(self):
        self.env.cr.execute(
            SQL(
                "DELETE FROM res_users_refusal WHERE last < now() AT TIME ZONE 'UTC' - make_interval(hours => %s)",
                KEPT_HOURS,
            )
        )
