"""Indexes that are missing are suggested by what was read, and by nothing else."""

from __future__ import annotations

import time

import pytest

from fondaco.checks import indexes
from fondaco.checks.finding import Finding, Verdict
from fondaco.modules import databases
from tests import fix_database
from tests.checks.conftest import Deployment

PATIENCE_S = 60
PEOPLE = """
    INSERT INTO res_partner (name, company_id, parent_id, active)
    SELECT 'Person ' || n, 1, 1, true FROM generate_series(1, 10000) n;
    ANALYZE res_partner
"""
READ_WHOLE = """
    DO $$ BEGIN FOR n IN 1..25 LOOP PERFORM count(*) FROM res_partner WHERE industry_id = 7; END LOOP; END $$
"""


@pytest.fixture
def looked(deployment: Deployment, registries, monkeypatch):
    """looked(): what the check finds in a fresh database of the test's own."""
    monkeypatch.setattr(indexes, "LEAST_READINGS", 20)
    deployment.database = fix_database.create(registries, ())
    yield lambda: indexes.missing_indexes(deployment.site())
    databases.drop(registries, deployment.database)


def change(deployment: Deployment, *statements: str) -> None:
    with deployment.registries.pools.autocommit(deployment.database) as cr:
        for statement in statements:
            cr.execute(statement)


def test_p21_an_index_is_suggested_where_a_large_table_is_read_whole_again_and_again(deployment, looked) -> None:
    assert looked().verdict is Verdict.PASS, looked()
    change(deployment, PEOPLE)
    assert looked().verdict is Verdict.PASS, "large, and hardly read"

    change(deployment, READ_WHOLE)

    found = until_warned(looked)
    assert "res_partner was read whole " in found.evidence and "10000 altogether" not in found.evidence
    assert "without an index on industry_id" in found.evidence
    assert "create_uid" not in found.evidence + found.next_step
    statement = next(step for step in found.next_step.split("; ") if "industry_id" in step)
    assert statement == "CREATE INDEX CONCURRENTLY res_partner_industry_id_idx ON res_partner (industry_id)"
    change(deployment, statement)
    assert "industry_id" not in looked().evidence


def until_warned(looked) -> Finding:
    """PostgreSQL tells what was read within a second of the end of a transaction."""
    end = time.monotonic() + PATIENCE_S
    while (found := looked()).verdict is Verdict.PASS:
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def test_p21_an_index_that_a_module_declares_and_that_is_gone_or_unfinished_is_named(deployment, looked) -> None:
    change(deployment, "DROP INDEX res_partner__parent_id_index")
    gone = looked()
    assert gone.verdict is Verdict.WARN
    assert "the index that is declared on res_partner.parent_id is not there" in gone.evidence

    change(deployment, "CREATE INDEX res_partner_parent_id_idx ON res_partner (parent_id)")
    assert looked().verdict is Verdict.PASS, "any index that begins with the column serves"
    change(deployment, "INSERT INTO res_country (name, code) VALUES ('{}', 'X1')")
    with pytest.raises(Exception, match="could not create unique index"):
        change(deployment, "CREATE UNIQUE INDEX CONCURRENTLY by_length ON res_country (length(code))")

    unfinished = looked()
    assert "by_length did not come to its end" in unfinished.evidence
    assert unfinished.next_step == "REINDEX INDEX CONCURRENTLY by_length"


def test_p21_the_conditions_of_statements_name_the_column_that_people_search_by(env, queries) -> None:
    """As with `create_date` of contacts, which no field declares."""
    with queries() as seen:
        env["res.partner"].search([("create_date", ">=", "2026-01-01"), ("country_id.code", "=", "IT")])
    compared = set().union(*(indexes.conditions(statement.replace("%s", "$1")) for statement in seen))

    assert {("res_partner", "create_date"), ("res_country", "code")} <= compared
    assert not {("res_partner", "ref"), ("res_country", "id")} & compared
    busy = [
        indexes.Unindexed("res_partner", name, 50_000, 4_000, 10**9, False, False) for name in ("ref", "create_date")
    ]
    quiet = indexes.Unindexed("res_partner", "create_date", 50_000, 4, 200_000, False, False)
    assert [column.column for column in indexes.suggested([*busy, quiet], compared)] == ["create_date"]
    assert busy[1].statement == "CREATE INDEX CONCURRENTLY res_partner_create_date_idx ON res_partner (create_date)"
