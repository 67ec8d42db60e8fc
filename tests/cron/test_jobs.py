"""Jobs taken, run and settled, against PostgreSQL; what the recorded server does is in oracle/limits.json, "cron"."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from fondaco.cron import due, lease
from fondaco.cron.jobs import Runner
from fondaco.cron.worker import served
from fondaco.errors import UserError
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.server.deadlines import Deadlines, Limits
from fondaco.sql import presence
from tests.fix_jobs import forget_what_was_made
from tests.processes import wait_until

LONG_AGO = datetime(2020, 1, 31, 10, 0)


class Bench:
    """A database without jobs of its own, and ways to make, run and read some."""

    def __init__(self, registries, name):
        self.registries, self.name = registries, name
        self.runner = Runner(registries, Deadlines(Limits(), cancel=registries.pools.cancel), "test")

    def env(self):
        cr = self.registries.get(self.name).cursor()
        return Environment(cr, SUPERUSER_ID, {})

    def job(self, code, **values):
        env = self.env()
        with env.cr:
            model = env["ir.model"]._get("res.partner").id
            job = env["ir.cron"].create({
                "name": "test job", "model_id": model, "state": "code", "code": code, "interval_number": 1,
                "interval_type": "days", "nextcall": LONG_AGO, "user_id": SUPERUSER_ID, **values,
            })  # fmt: skip
            return job.id

    def read(self, job_id, *names):
        env = self.env()
        with env.cr:
            job = env["ir.cron"].with_context(active_test=False).browse(job_id)
            return tuple(job[name] for name in names)

    def partners(self, name):
        env = self.env()
        with env.cr:
            return env["res.partner"].search_count([("name", "=", name)])

    def progress(self, job_id):
        env = self.env()
        with env.cr:
            rows = env["ir.cron.progress"].search([("cron_id", "=", job_id)], order="id")
            return [(row.done, row.remaining, row.timed_out_counter) for row in rows]

    def run(self):
        return self.runner.run_one(self.name, None)

    def run_all(self):
        """How many runs it takes until nothing is due."""
        runs = 0
        while self.run():
            runs += 1
            assert runs < 100, "there is always something due"
        return runs


@pytest.fixture
def bench(registries, database):
    bench = Bench(registries, database)
    env = bench.env()
    with env.cr:
        env["ir.cron"].with_context(active_test=False).search([]).active = False
        env["ir.cron.trigger"].search([]).unlink()
        env["ir.config_parameter"].search([("key", "in", ("order", "counted"))]).unlink()
        forget_what_was_made(env)
    return bench


def test_a_due_job_runs_once_and_is_planned_by_whole_intervals(bench):
    job = bench.job("env['res.partner'].create({'name': 'once'})", interval_type="months")

    assert bench.run()
    assert not bench.run()

    nextcall, lastcall, failures = bench.read(job, "nextcall", "lastcall", "failure_count")
    assert bench.partners("once") == 1
    assert (nextcall.hour, failures) == (10, 0)
    assert nextcall > datetime.utcnow() - timedelta(seconds=5)
    assert lastcall is not None


def test_a_job_that_is_switched_off_or_not_due_does_not_run(bench):
    bench.job("raise UserError('never')", active=False)
    bench.job("raise UserError('never')", nextcall=datetime.utcnow().replace(microsecond=0) + timedelta(days=1))

    assert not bench.run()


def test_a_trigger_makes_a_job_due_and_is_used_up(bench):
    job = bench.job("env['res.partner'].create({'name': 'triggered'})", nextcall=datetime(2090, 1, 1))
    env = bench.env()
    with env.cr:
        env["ir.cron"].browse(job)._trigger()

    assert bench.run()
    assert not bench.run()
    assert bench.partners("triggered") == 1
    assert bench.read(job, "nextcall") == (datetime(2090, 1, 1),)


TRIGGERS_ITSELF = """
env['res.partner'].create({'name': 'of a trigger'})
if env['res.partner'].search_count([('name', '=', 'of a trigger')]) < 3:
    env['ir.cron'].browse(env.context['cron_id'])._trigger()
"""


def test_a_job_that_triggers_itself_runs_again(bench):
    job = bench.job(TRIGGERS_ITSELF, nextcall=datetime(2090, 1, 1))
    env = bench.env()
    with env.cr:
        env["ir.cron"].browse(job)._trigger()

    assert bench.run_all() == bench.partners("of a trigger") == 3


IN_ORDER = """
parameters = env['ir.config_parameter']
parameters.set_param('order', (parameters.get_param('order') or '') + '%s ')
"""


def test_jobs_run_in_the_order_of_failures_and_priority(bench):
    for name, priority, failures in (("third", 1, 2), ("second", 9, 0), ("first", 1, 0)):
        bench.job(IN_ORDER % name, priority=priority, failure_count=failures)

    bench.run_all()

    env = bench.env()
    with env.cr:
        assert env["ir.config_parameter"].get_param("order") == "first second third "


def test_a_job_that_fails_is_undone_and_counted(bench):
    job = bench.job("env['res.partner'].create({'name': 'undone'})\nraise UserError('no')")

    assert bench.run()

    active, failures, first = bench.read(job, "active", "failure_count", "first_failure_date")
    assert (bench.partners("undone"), active, failures) == (0, True, 1)
    assert first is not None


@pytest.mark.parametrize(("code", "minutes"), [("raise UserError('no')", 8), ("pass", 0)], ids=["fails", "gets on"])
def test_a_job_that_fails_each_minute_is_tried_less_and_less_often(bench, code, minutes):
    job = bench.job(code, interval_type="minutes", failure_count=3, first_failure_date=LONG_AGO)

    assert bench.run()

    nextcall, lastcall = bench.read(job, "nextcall", "lastcall")
    assert timedelta(minutes=minutes) <= nextcall - lastcall <= timedelta(minutes=minutes + 1)


@pytest.mark.parametrize(("days", "expected"), [(8, (False, 0)), (6, (True, 5))])
def test_a_job_that_fails_five_times_in_a_week_is_switched_off(bench, days, expected):
    first = datetime.utcnow().replace(microsecond=0) - timedelta(days=days)
    job = bench.job("raise UserError('no')", failure_count=4, first_failure_date=first)

    bench.run()

    assert bench.read(job, "active", "failure_count") == expected


def test_a_success_forgets_failures(bench):
    job = bench.job("pass", failure_count=3, first_failure_date=LONG_AGO)

    bench.run()

    assert bench.read(job, "failure_count", "first_failure_date") == (0, False)


COUNTED = """
value = int(env['ir.config_parameter'].get_param('counted') or 0) + 1
env['ir.config_parameter'].set_param('counted', value)
env['ir.cron']._notify_progress(done=1, remaining=25 - value)
"""


def test_a_job_with_more_to_do_is_called_ten_times_then_again_until_it_is_through(bench):
    job = bench.job(COUNTED)

    runs = bench.run_all()

    assert runs == 3
    assert len(bench.progress(job)) == 25
    assert bench.read(job, "failure_count") == (0,)


def test_w16_what_a_batch_committed_stays_when_the_next_fails(bench):
    job = bench.job("""
for number in range(3):
    if number == 2:
        raise UserError('in the middle')
    env['res.partner'].create({'name': 'batch'})
    env['ir.cron']._commit_progress(10, remaining=30 - 10 * (number + 1))
""", nextcall=LONG_AGO)  # fmt: skip

    bench.run()

    done, remaining, _timeouts = bench.progress(job)[0]
    assert (done, remaining) == (20, 10)
    assert bench.partners("batch") == 20
    assert bench.read(job, "failure_count") == (0,)


def test_a_job_may_switch_itself_off(bench):
    job = bench.job("env['ir.cron']._notify_progress(done=1, remaining=0, deactivate=True)")

    bench.run()

    assert bench.read(job, "active") == (False,)


def test_a_job_over_its_time_is_ended_and_begun_again_three_times_then_it_failed(bench, registries):
    limited = Deadlines(Limits(real_s=0.3), cancel=registries.pools.cancel)
    bench.runner = Runner(registries, limited, "test")
    job = bench.job("env.cr.execute('SELECT pg_sleep(20)')")
    registries.get(bench.name)

    for _ in range(3):
        assert bench.run()
        assert bench.read(job, "failure_count", "nextcall") == (0, LONG_AGO)
    assert bench.run()

    assert bench.read(job, "failure_count") == (1,)
    assert bench.read(job, "nextcall")[0] > LONG_AGO
    assert [row[2] for row in bench.progress(job)] == [1, 2, 3, 0]


SHUT = "SELECT pg_advisory_xact_lock(4711)"
WAITS = f"env.cr.execute('{SHUT}')"
"""A job that runs as long as the test keeps this lock."""


def test_while_a_job_runs_nobody_changes_it_or_runs_it_too(bench, registries):
    job = bench.job(WAITS)
    other = Runner(registries, Deadlines(Limits()), "other")
    thread = threading.Thread(target=bench.run, daemon=True)
    with registries.pools.cursor(bench.name) as gate, registries.pools.autocommit(bench.name) as cr:
        gate.execute(SHUT)
        thread.start()
        wait_until(lambda: lease.held(cr, [job]) and bench.progress(job))

        ran_too = other.run_one(bench.name, None)
        env = bench.env()
        with env.cr:
            with pytest.raises(UserError):
                env["ir.cron"].browse(job).priority = 1
            with pytest.raises(UserError):
                env["ir.cron"].browse(job).method_direct_trigger()
            assert not env["ir.cron"].browse(job).try_write({"priority": 1})
    thread.join(60)

    assert not ran_too
    assert len(bench.progress(job)) == 1


def test_a_job_may_change_itself(bench):
    job = bench.job("env['ir.cron'].browse(env.context['cron_id']).write({'priority': 8})")

    bench.run()

    assert bench.read(job, "priority", "failure_count") == (8, 0)


def test_the_lease_of_a_holder_who_died_is_void_at_once(bench, pools):
    job = bench.job("pass")
    session = pools.direct(bench.name)
    with pools.autocommit(bench.name) as cr:
        name = session.execute(presence.SESSION).fetchone()[0]
        assert lease.take(cr, "the dead", name) == job
        assert lease.held(cr, [job]) == [job]
        assert lease.take(cr, "another", None) is None

        session.close()
        wait_until(lambda: not lease.held(cr, [job]))

        assert lease.take(cr, "another", None) == job
        assert not lease.renew(cr, job, "the dead")
        lease.give_back(cr, job, "another")


SLOW_AT_FIRST = f"""
run = env['ir.cron.progress'].search_count([('cron_id', '=', env.context['cron_id'])])
env['res.partner'].create({{'name': 'taken over', 'ref': str(run)}})
if run == 1:
    {WAITS}
"""


def test_w16_a_run_that_was_taken_over_leaves_nothing(bench, pools, registries):
    job = bench.job(SLOW_AT_FIRST)
    thread = threading.Thread(target=bench.run, daemon=True)
    with pools.cursor(bench.name) as gate, pools.autocommit(bench.name) as cr:
        gate.execute(SHUT)
        thread.start()
        wait_until(lambda: lease.held(cr, [job]) and bench.progress(job))
        cr.execute("UPDATE fondaco_cron_lease SET expires = now() - interval '1 second'")

        assert Runner(registries, Deadlines(Limits()), "another").run_one(bench.name, None)
    thread.join(60)

    env = bench.env()
    with env.cr:
        assert env["res.partner"].search([("name", "=", "taken over")]).mapped("ref") == ["2"]
    assert bench.read(job, "failure_count") == (0,)


def test_eight_workers_run_forty_jobs_each_once(bench, registries):
    for number in range(40):
        bench.job(f"env['res.partner'].create({{'name': 'crowd', 'ref': '{number}'}})")

    def work(number):
        runner = Runner(registries, Deadlines(Limits()), f"worker {number}")
        while runner.run_one(bench.name, None):
            pass

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    bench.run_all()

    env = bench.env()
    with env.cr:
        refs = env["res.partner"].search([("name", "=", "crowd")]).mapped("ref")
    assert sorted(refs, key=int) == [str(number) for number in range(40)]


@pytest.mark.parametrize(
    ("dbfilter", "expected"),
    [("", ["shop", "shop_test", "other"]), ("^shop$", ["shop"]), ("shop", ["shop", "shop_test"]),
     ("%d", ["shop", "shop_test", "other"])],
)  # fmt: skip
def test_jobs_of_databases_that_the_filter_hides_do_not_run(dbfilter, expected):
    assert served(["shop", "shop_test", "other"], dbfilter) == expected


class TestAgenda:
    """Which database is looked at when."""

    def test_the_one_due_first_comes_first_and_new_ones_at_once(self):
        agenda = due.Agenda()
        agenda.keep(["a", "b"], 0.0)
        agenda.put("a", 50.0)
        agenda.put("b", 20.0)
        agenda.keep(["a", "b", "c"], 10.0)

        assert agenda.pop(10.0) == "c"
        assert agenda.pop(10.0) is None
        assert agenda.next_at() == 20.0
        assert agenda.pop(60.0) == "b"

    def test_a_database_that_changed_is_looked_at_now(self):
        agenda = due.Agenda()
        agenda.keep(["a"], 0.0)
        agenda.put("a", 500.0)

        agenda.hurry("a", 7.0)
        agenda.hurry("not ours", 7.0)

        assert agenda.pop(7.0) == "a"
        assert agenda.next_at() is None

    def test_a_database_that_is_gone_is_forgotten(self):
        agenda = due.Agenda()
        agenda.keep(["a", "b"], 0.0)

        agenda.keep(["b"], 1.0)

        assert (agenda.pop(2.0), agenda.pop(2.0)) == ("b", None)
