"""An import as work of the server: parts that are kept one by one, rows with problems, going on after a death."""

from __future__ import annotations

import csv
import io
import os
import signal
import time

import pytest

from fondaco.errors import AccessError, UserError
from fondaco.orm.environment import SUPERUSER_ID
from fondaco.values.tabular import Workbook
from tests import fix_server
from tests.fix_jobs import Bench
from tests.fix_workbooks import ods, row, table, text, typed

OPTIONS = {"has_headers": True, "separator": "", "quoting": '"', "encoding": ""}
TAG = "res.partner.category"
PATIENCE_S = 60


class ImportBench(Bench):
    """With imports into its database."""

    def begin(
        self, content, name="tags.csv", fields=("name",), columns=("Tag",), uid=SUPERUSER_ID, context=None, **options
    ):
        """Ask for an import; its id."""
        with self.env(uid, context) as env:
            record = env["base_import.import"].create({"res_model": TAG, "file": content, "file_name": name})
            record.start_import(list(fields), list(columns), OPTIONS, **options)
            return record.id

    def ask(self, record_id, method="import_status", *arguments, **options):
        with self.env() as env:
            return getattr(env["base_import.import"].browse(record_id), method)(*arguments, **options)

    def names(self, beginning):
        with self.env() as env:
            return env[TAG].search([("name", "like", f"{beginning} %")], order="id").mapped("name")


@pytest.fixture
def bench(registries, database_with):
    bench = ImportBench(registries, database_with("base_import"))
    bench.clear()
    return bench


def tags(beginning, count, faulty=()):
    """Tags of which some have a colour that is no number."""
    lines = [f"{beginning} {number},{'red' if number in faulty else number % 12}" for number in range(count)]
    return "\n".join(["Tag,Colour", *lines]).encode()


def wait_until(condition):
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def test_a_part_a_job_until_all_rows_are_there_in_their_order(bench):
    record = bench.begin(tags("Whole", 2500))
    assert bench.names("Whole") == []

    bench.run(2)  # cut, and the first part
    assert (bench.ask(record)["state"], bench.ask(record)["at"], len(bench.names("Whole"))) == ("running", 1000, 1000)
    bench.run()

    status = bench.ask(record)
    assert (status["state"], status["imported"], status["faulty"]) == ("done", 2500, 0)
    assert bench.names("Whole") == [f"Whole {number}" for number in range(2500)]


def test_an_ods_workbook_goes_in_by_parts_too(bench):
    lines = [row(text(f"Opened {number}"), typed("float", str(number % 12), "x")) for number in range(1500)]
    content = ods(table("Tags", row(text("Tag"), text("Colour")), *lines, row(text(repeated=16_384), repeated=10**6)))
    record = bench.begin(content, "tags.ods", fields=("name", "color"), columns=("Tag", "Colour"))

    bench.run()

    assert (bench.ask(record)["state"], bench.ask(record)["imported"]) == ("done", 1500)
    assert bench.names("Opened") == [f"Opened {number}" for number in range(1500)]


def test_rows_with_problems_come_back_as_a_file_that_is_mended_and_imported(bench):
    faulty = {3, 1999, *range(1200, 1300)}
    both = {"fields": ("name", "color"), "columns": ("Tag", "Colour")}
    record = bench.begin(tags("Mended", 2500, faulty), **both)

    bench.run()
    rows = list(csv.reader(io.StringIO(bench.ask(record, "faulty_file"))))

    status = bench.ask(record)
    assert (status["state"], status["imported"], status["faulty"]) == ("done", 2398, 102)
    assert status["problems"][0][:2] == [3, "color"]
    assert len(status["problems"]) == 100
    assert rows[0] == ["Tag", "Colour", "Problem"]
    assert rows[1][:2] == ["Mended 3", "red"]
    assert "'red'" in rows[1][2]
    assert len(rows) == 103
    mended = "\n".join(["Tag,Colour,Problem", *(f"{tag},7," for tag, *_rest in rows[1:])])
    bench.begin(mended.encode(), fields=("name", "color", False), columns=("Tag", "Colour", "Problem"))
    bench.run()
    assert sorted(bench.names("Mended")) == sorted(f"Mended {number}" for number in range(2500))


def test_a_trial_keeps_nothing_and_finds_the_problems_of_all_parts(bench):
    record = bench.begin(
        b"\n" + tags("Tried", 2100, {5, 2050}), fields=("name", "color"), columns=("Tag", "Colour"), dryrun=True
    )

    bench.run()

    status = bench.ask(record)
    assert (status["state"], status["is_trial"], status["imported"]) == ("done", True, 0)
    assert [(problem[0], problem[3]) for problem in status["problems"]] == [(5, 8), (2050, 2053)]
    assert bench.names("Tried") == []
    bench.ask(record, "start_import", ["name", False], ["Tag", "Colour"], OPTIONS)
    bench.run()
    assert len(bench.names("Tried")) == 2100


def test_it_pauses_at_problems_where_that_was_wished_and_goes_on_without_them(bench):
    record = bench.begin(
        tags("Strict", 2500, {1500}), fields=("name", "color"), columns=("Tag", "Colour"), skips_faulty=False
    )
    bench.run()
    assert (bench.ask(record)["state"], bench.ask(record)["faulty"], len(bench.names("Strict"))) == ("paused", 1, 1000)

    bench.ask(record, "continue_import", skips_faulty=True)
    bench.run()

    status = bench.ask(record)
    assert (status["state"], status["imported"], status["faulty"]) == ("done", 2499, 1)
    assert bench.names("Strict") == [f"Strict {number}" for number in range(2500) if number != 1500]


def test_it_is_stopped_and_goes_on_where_it_stopped(bench):
    record = bench.begin(tags("Stopped", 2500))
    bench.run(2)

    bench.ask(record, "stop_import")
    bench.run()
    assert len(bench.names("Stopped")) == 1000
    bench.ask(record, "continue_import")
    bench.run()

    assert bench.names("Stopped") == [f"Stopped {number}" for number in range(2500)]
    with pytest.raises(UserError, match="nothing to go on with"):
        bench.ask(record, "continue_import")


def test_it_goes_on_in_the_company_and_language_in_which_it_was_begun(bench):
    with bench.env() as env:
        other = env["res.company"].create({"name": "Other"}).id
        env.user.company_ids = [(4, other)]
    record = bench.begin(tags("Home", 2500), context={"allowed_company_ids": [1], "lang": "en_US"})
    bench.run(2)
    bench.ask(record, "stop_import")
    bench.run()

    with bench.env() as env:
        away = env["base_import.import"].with_context(allowed_company_ids=[other], lang=False, tz="Asia/Tokyo")
        away.browse(record).continue_import()

    with bench.env() as env:
        (job,) = env["ir.job"].search([("state", "=", "waiting")])
        assert job.context == {"allowed_company_ids": [1], "lang": "en_US"}


def test_an_import_that_was_begun_by_earlier_code_goes_on_in_the_company_of_whoever_goes_on(bench):
    record = bench.begin(tags("Earlier", 3), context={"allowed_company_ids": [1], "lang": "en_US"})
    with bench.env(context={"allowed_company_ids": [1], "lang": "en_US"}) as env:
        found = env["base_import.import"].browse(record)
        found.stop_import()
        found.job_id.sudo().unlink()
        found.plan = {key: value for key, value in found.plan.items() if key != "context"}
        found.continue_import()

    with bench.env() as env:
        (job,) = env["ir.job"].search([("state", "=", "waiting")])
        assert job.context == {"allowed_company_ids": [1], "lang": "en_US"}


def test_lines_of_a_record_stay_with_it_across_parts(bench):
    lines = ["Tag,Below"]
    for number in range(40):
        lines.extend([f"Parent {number},Child {number}.0", *(f",Child {number}.{line}" for line in range(1, 40))])
    record = bench.begin("\n".join(lines).encode(), fields=("name", "child_ids/name"), columns=("Tag", "Below"))

    bench.run()

    assert bench.ask(record)["imported"] == 40
    with bench.env() as env:
        parents = env[TAG].search([("name", "like", "Parent %")])
        assert {len(parent.child_ids) for parent in parents} == {40}


def test_what_was_imported_is_found_again(bench):
    record = bench.begin(tags("Found", 20))
    bench.run()

    with bench.env() as env:
        found = env[TAG].search(env["base_import.import"].browse(record).imported_domain()).mapped("name")

    assert sorted(found) == sorted(bench.names("Found"))
    assert len(found) == 20


def test_an_import_belongs_to_whoever_began_it(bench):
    record = bench.begin(tags("Private", 5))
    with bench.env() as env:
        other = env["res.users"].create({
            "name": "Other", "login": "other", "groups_id": [(6, 0, [env.ref("base.group_system").id])],
        }).id  # fmt: skip

    with bench.env(other) as env, pytest.raises(AccessError):
        env["base_import.import"].browse(record).import_status()
    with bench.env(other) as env:
        assert env["base_import.import"].last_import(TAG) is False


def test_no_user_names_a_job_as_his_import_and_is_told_its_end(bench):
    with bench.env() as env:
        user = env["res.users"].create({
            "name": "Curious", "login": "curious", "groups_id": [(6, 0, [env.ref("base.group_user").id])],
        }).id  # fmt: skip
    record = bench.begin(tags("Curious", 1), uid=user)

    with bench.env(user) as env:
        own = env["base_import.import"].browse(record)
        assert own.import_status()["state"] == "running"
        with pytest.raises(AccessError):
            own.job_id = False


def test_a_workbook_of_some_thousand_rows_survives_the_death_of_the_server(bench, fondaco):
    """The third part waits for a record that this test holds, and there the server is killed."""
    with bench.env() as env:
        held = env[TAG].create({"name": "Held"}).id
    book = Workbook("Tags")
    book.add(["Database ID", "Tag"])
    for number in range(4500):
        book.add([held if number == 2200 else "", f"Survivor {number}"])
    record = bench.begin(book.content(), "tags.xlsx", fields=(".id", "name"), columns=("Database ID", "Tag"))
    arguments = ("-d", bench.name, "--workers=0", "--max-cron-threads=1", f"--gevent-port={fix_server.free_port()}")

    with bench.registries.get(bench.name).cursor() as cr:
        cr.execute("SELECT id FROM res_partner_category WHERE id = %s FOR UPDATE", [held])
        with fondaco.started(*arguments) as (process, _port):
            wait_until(lambda: bench.ask(record)["at"] == 2000 and is_waited_for(cr))
            os.kill(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)
    assert bench.ask(record)["at"] == 2000
    with fondaco.started(*arguments):
        wait_until(lambda: bench.ask(record)["state"] == "done")

    assert bench.ask(record)["imported"] == 4500
    assert sorted(bench.names("Survivor")) == sorted(f"Survivor {number}" for number in range(4500))


def is_waited_for(cr):
    """Whether somebody waits for what this transaction holds."""
    cr.execute("SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
    return bool(cr.fetchall())
