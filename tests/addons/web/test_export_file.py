"""Exports that a job makes, and what an export needs in memory."""

from __future__ import annotations

import csv
import io
import json

import pytest

from fondaco.errors import AccessError
from tests.fix_addons import addon_module
from tests.fix_jobs import Bench

TAG = "res.partner.category"
ROWS = 2 * 1000 + 5  # an export reads a thousand records at a time


@pytest.fixture(scope="module")
def bench(registries, database):
    bench = Bench(registries, database)
    bench.clear()
    with bench.env() as env:
        env[TAG].create([{"name": f"Exported {number}"} for number in range(ROWS)])
    return bench


def wanted(*names, domain=(("name", "like", "Exported %"),)):
    fields = [{"name": name} for name in names]
    return json.dumps(
        {"model": TAG, "fields": fields, "domain": [list(leaf) for leaf in domain], "import_compat": True}
    )


def test_a_file_that_a_job_makes_is_its_askers_alone(bench):
    with bench.env() as env:
        export = env["web.export"].start("csv", wanted("id", "name"))
        assert env["web.export"].browse(export).status()["state"] == "waiting"
        other = env["res.users"].create({
            "name": "Other", "login": "other", "groups_id": [(6, 0, [env.ref("base.group_user").id])],
        }).id  # fmt: skip

    bench.run()

    with bench.env() as env:
        record = env["web.export"].browse(export)
        status = record.status()
        rows = list(csv.reader(io.StringIO(record.attachment_id.raw.decode())))
        file = record.attachment_id.id
    assert (status["state"], status["name"]) == ("done", "Partner Tags (res.partner.category).csv")
    assert status["url"] == f"/web/content/{file}?download=true"
    assert rows[0] == ["id", "name"]
    assert sorted(row[1] for row in rows[1:]) == sorted(f"Exported {number}" for number in range(ROWS))
    assert all(row[0].startswith("__export__.") for row in rows[1:])
    with bench.env(other) as env, pytest.raises(AccessError):
        env["ir.attachment"].browse(file).raw  # noqa: B018
    with bench.env(other) as env, pytest.raises(AccessError):
        env["web.export"].browse(export).status()


def test_who_may_not_export_is_told_so(bench):
    with bench.env() as env:
        user = env["res.users"].create({
            "name": "Weak", "login": "weak", "groups_id": [(6, 0, [env.ref("base.group_user").id])],
        })  # fmt: skip
        user.groups_id -= env.ref("base.group_allow_export")
    with bench.env(user.id) as env:
        export = env["web.export"].start("csv", wanted("name"))

    for _try in range(3):
        with bench.env() as env:
            env.cr.execute("UPDATE ir_job SET eta = '2020-01-01' WHERE state = 'waiting'")
        bench.run()

    with bench.env(user.id) as env:
        record = env["web.export"].browse(export)
        status = record.status()
        with pytest.raises(AccessError):
            record.job_id = False  # or the job of somebody else, whose end he would be told
    assert status["state"] == "failed"
    assert "You may not export data" in status["error"]


def test_no_more_than_some_records_are_in_memory(bench):
    with bench.env() as env:
        records = env[TAG].search([("name", "like", "Exported %")])
        # by the name that the server loads it under: a module of an addon is there once
        export_groups = addon_module("web.models.export_groups")
        rows = export_groups.rows_of(records, ["name"])
        next(rows)
        held = [record for record in records if env.cache.contains(record, records._fields["name"])]
        count = 1 + sum(1 for _row in rows)

    assert count == ROWS
    assert len(held) == export_groups.BATCH
