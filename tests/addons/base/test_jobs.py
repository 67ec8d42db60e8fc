"""Background jobs: put in a transaction, run after it, once; effects on the outside; what goes wrong."""

from __future__ import annotations

import re
import threading
import time
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg.errors
import pytest

from fondaco.errors import AccessError, RetryLater, UserError
from fondaco.jobs import queue, runner, wire
from fondaco.jobs.runner import Runner
from fondaco.orm.environment import SUPERUSER_ID
from fondaco.registry.transact import transact
from fondaco.server.deadlines import Deadlines, Limits
from tests.fix_addons import addon_module
from tests.fix_jobs import Bench, forget_what_was_made


class PartnerBench(Bench):
    """With methods of res.partner to be called from its queue."""

    def put(self, method, *args, _records=None, _outside=False, **options):
        """Ask for a call of the method in a transaction of its own; the id of the job."""
        with self.env() as env:
            records = env["res.partner"].browse(_records or [])
            later = (records.outside if _outside else records.in_background)(**options)
            return getattr(later, method)(*args).id

    def read(self, job_id, *names):
        with self.env() as env:
            job = env["ir.job"].browse(job_id)
            return tuple(job[name] for name in names)

    def count(self, name):
        with self.env() as env:
            return env["res.partner"].search_count([("name", "=", name)])

    def make_due(self, job_id):
        with self.registries.pools.autocommit(self.name) as cr:
            cr.execute("UPDATE ir_job SET eta = '2020-01-01' WHERE id = %s", [job_id])


@pytest.fixture
def bench(registries, database):
    bench = PartnerBench(registries, database)
    with bench.env() as env:
        forget_what_was_made(env)
        env.cr.execute("UPDATE ir_job_channel SET is_paused = false")
    return bench


@pytest.fixture
def method(bench, monkeypatch):
    """method(function): res.partner has it, under its name, for this test."""
    model = bench.registries.get(bench.name)["res.partner"]

    def add(function):
        monkeypatch.setattr(model, function.__name__, function, raising=False)
        return function.__name__

    return add


# -- once, and with the transaction that asked -------------------------------------------------------------------------


def test_m15_a_job_is_there_when_its_transaction_is_committed_and_only_then(bench, method):
    def mark(self, name):
        return self.create({"name": name}).id

    method(mark)
    with bench.env() as env:
        env["res.partner"].in_background().mark("undone")
        env.cr.rollback()
    job = bench.put("mark", "later")
    assert bench.count("later") == 0

    assert bench.run() == 1

    assert (bench.count("undone"), bench.count("later")) == (0, 1)
    assert bench.read(job, "state", "tries", "error") == ("done", 1, False)
    assert int(bench.read(job, "result")[0]) > 0


def test_a_job_knows_records_arguments_user_and_context(bench, method):
    seen = []

    def look(self, *args, **kwargs):
        seen.append((self.ids, args, kwargs, self.env.uid, self.env.su, self.env.lang, self.env.company.id))

    method(look)
    arguments = [1, 2.5, "x", None, True, [date(2026, 1, 2)], {"$a": datetime(2026, 1, 2, 3)}, Decimal("1.10"), b"\0"]
    with bench.env() as env:
        admin = env.ref("base.user_admin")
        partners = env["res.partner"].create([{"name": "One"}, {"name": "Two"}])
        as_admin = partners.with_user(admin).with_context(lang="en_US", cron_id=7, lost=object())
        as_admin.in_background().look(*arguments, more=env.company)
        expected = (partners.ids, admin.id, env.company.id)

    bench.run()

    ((ids, args, kwargs, uid, su, lang, company),) = seen
    assert (ids, uid, company) == expected
    assert (su, lang) == (False, "en_US")
    assert list(args) == arguments
    assert kwargs["more"].id == company and kwargs["more"]._name == "res.company"


def test_what_cannot_wait_is_refused_where_it_is_asked_for(env):
    partner = env["res.partner"]
    with pytest.raises(TypeError, match=r"res\.partner\.write: args\[0\]\['a'\]: found object"):
        partner.in_background().write({"a": object()})
    with pytest.raises(ValueError, match="not saved"):
        partner.new({"name": "x"}).in_background().write({})
    with pytest.raises(AttributeError, match="no method 'wrte'"):
        partner.in_background().wrte({})
    with pytest.raises(ValueError, match="delay or at"):
        partner.in_background(delay=1, at=datetime(2030, 1, 1))


def test_a_serialisation_failure_repeats_the_work_and_its_effect_is_there_once(bench, method):
    attempts = []

    def mark(self):
        attempts.append(1)
        self.create({"name": "repeated"})
        self.flush_model()
        if len(attempts) < 3:
            raise psycopg.errors.SerializationFailure("somebody was faster")

    job = bench.put(method(mark))

    assert bench.run() == 1

    assert (len(attempts), bench.count("repeated")) == (3, 1)
    assert bench.read(job, "tries", "state") == (1, "done")


def test_a_serialisation_failure_of_who_asks_sends_once(bench, method):
    sent, attempts = [], []

    def letter(self, text):
        return lambda: sent.append(text)

    method(letter)

    def work(env):
        attempts.append(1)
        env["res.partner"].outside().letter("hello")
        if len(attempts) < 4:
            raise psycopg.errors.SerializationFailure("somebody was faster")

    transact(bench.registries.get(bench.name), work, uid=SUPERUSER_ID)
    assert sent == []
    bench.run()

    assert (len(attempts), sent) == (4, ["hello"])


def test_a_worker_taken_for_dead_that_comes_back_undoes_what_it_did(bench, method):
    begun, may_end = threading.Event(), threading.Event()

    def slow(self):
        self.create({"name": "slow"})
        if not begun.is_set():
            begun.set()
            may_end.wait(60)

    job = bench.put(method(slow))
    thread = threading.Thread(target=bench.worker("slow one").run_one, args=(bench.name, None), daemon=True)
    thread.start()
    assert begun.wait(60)
    assert bench.run() == 0, "it is leased"
    with bench.registries.pools.autocommit(bench.name) as cr:
        cr.execute("UPDATE _fondaco.job_lease SET expires = now() - interval '1 second'")

    assert bench.run() == 1
    may_end.set()
    thread.join(60)

    assert bench.count("slow") == 1
    assert bench.read(job, "state", "tries") == ("done", 2)


def test_a_job_that_is_cancelled_while_it_runs_is_undone(bench, method):
    def cancelled(self):
        self.create({"name": "cancelled"})
        with bench.env() as other:
            other["ir.job"].browse(self.env.context["job_id"]).action_cancel()

    job = bench.put(method(cancelled))

    bench.run()

    assert bench.count("cancelled") == 0
    assert bench.read(job, "state") == ("cancelled",)


# -- failures ----------------------------------------------------------------------------------------------------------


def test_a_job_that_fails_is_undone_tried_again_later_and_then_left_for_people(bench, method):
    def fail(self):
        self.create({"name": "failed"})
        raise UserError("no such luck")

    job = bench.put(method(fail), tries=2)
    now = datetime.utcnow()

    assert bench.run() == 1, "not before its time"
    state, eta, error = bench.read(job, "state", "eta", "error")
    assert state == "waiting" and eta > now + timedelta(seconds=5)
    assert "no such luck" in error and "Traceback" in error
    bench.make_due(job)
    assert bench.run() == 1

    assert bench.count("failed") == 0
    assert bench.read(job, "state", "tries") == ("failed", 2)


def test_a_failed_job_is_run_again_by_an_administrator(bench, method):
    luck = []

    def lucky(self):
        if not luck:
            raise UserError("not yet")

    job = bench.put(method(lucky), tries=1)
    bench.run()
    luck.append(1)

    with bench.env() as env:
        env["ir.job"].browse(job).with_user(env.ref("base.user_admin")).action_retry()
    bench.run()

    assert bench.read(job, "state", "tries", "error") == ("done", 1, False)
    with bench.env() as env, pytest.raises(UserError, match="Only jobs that failed"):
        env["ir.job"].browse(job).action_retry()


def test_others_than_administrators_neither_see_nor_touch_jobs(bench, method):
    job = bench.put("exists")
    with bench.env() as env:
        clerk = env["res.users"].create({"name": "Clerk", "login": f"clerk of the jobs {uuid.uuid4().hex[:8]}"})
        theirs = env["ir.job"].browse(job).with_user(clerk)
        for action in (theirs.read, theirs.action_cancel, theirs.action_retry, theirs.action_run_now, theirs.unlink):
            with pytest.raises(AccessError):
                action()
        with pytest.raises(AccessError):
            theirs.create({"name": "x", "model": "res.partner", "method": "unlink"})
        with pytest.raises(AccessError):
            env["ir.job"].with_user(env.ref("base.user_admin")).create({"name": "x"})


def test_who_asks_for_a_moment_gets_it(bench, method):
    def later(self):
        raise RetryLater("the other side is busy", seconds=1000)

    job = bench.put(method(later))
    bench.run()

    wait = bench.read(job, "eta")[0] - datetime.utcnow()
    assert timedelta(seconds=950) < wait < timedelta(seconds=1050)
    with bench.registries.pools.autocommit(bench.name) as cr:
        assert 950 < queue.wait_s(cr) < 1050


def test_waits_double_up_to_an_hour():
    job = queue.Job(1, "k", "n", "m", "m", [], {}, {}, 1, False, False, "default", 1, 99)

    def wait(tries):
        at = job._replace(tries=tries)
        return runner.again_s(at, ValueError())

    assert 9 <= wait(1) <= 11
    assert 36 <= wait(3) <= 44
    assert 3240 <= wait(20) <= 3960
    assert wait(99) is None


def test_a_job_over_its_time_is_ended_and_tried_again(bench, method):
    def sleep(self):
        self.env.cr.execute("SELECT pg_sleep(30)")

    job = bench.put(method(sleep))
    bench.runner = bench.worker("impatient", real_s=0.3)

    assert bench.run() == 1

    state, error = bench.read(job, "state", "error")
    assert state == "waiting" and "0.3 seconds" in error


def test_a_job_whose_worker_always_dies_is_given_up(bench):
    job = bench.put("exists", tries=2)
    with bench.registries.pools.autocommit(bench.name) as cr:
        for _ in range(2):
            assert queue.take(cr, "the dead", None).id == job
            cr.execute("UPDATE _fondaco.job_lease SET expires = now() - interval '1 second'")
            assert queue.wait_s(cr) <= 0
            queue.recover(cr)

    assert bench.run() == 0
    state, error = bench.read(job, "state", "error")
    assert state == "failed" and "ended before the job did" in error


def test_jobs_of_one_identity_whose_workers_died_leave_one_that_waits(bench):
    with bench.registries.pools.autocommit(bench.name) as cr:
        jobs = []
        for _ in range(2):
            jobs.append(bench.put("exists", identity="alike"))
            assert queue.take(cr, "the dead", None).id == jobs[-1]
        cr.execute("UPDATE _fondaco.job_lease SET expires = now() - interval '1 second'")

    assert bench.run() == 1

    assert [bench.read(job, "state")[0] for job in jobs] == ["cancelled", "done"]


def test_an_effect_over_its_time_is_ended_and_tried_again(bench, method):
    def hang(self):
        def effect():
            while True:
                time.sleep(0.01)

        return effect

    job = bench.put(method(hang), _outside=True)
    bench.runner = bench.worker("impatient", real_s=0.3)

    assert bench.run() == 1

    state, error = bench.read(job, "state", "error")
    assert state == "waiting" and "0.3 seconds" in error


def test_a_database_without_a_queue_has_nothing_to_do(registries, pools):
    with pools.autocommit("postgres") as cr:
        assert Runner(registries, Deadlines(Limits()), "test").wait_s(cr) is None


def test_a_job_of_a_module_that_is_gone_says_so(bench):
    job = bench.put("exists", tries=1)
    with bench.registries.pools.autocommit(bench.name) as cr:
        cr.execute("UPDATE ir_job SET model = 'no.model'")

    bench.run()

    state, error = bench.read(job, "state", "error")
    assert state == "failed" and "no model 'no.model' any more" in error


# -- turns -------------------------------------------------------------------------------------------------------------


def test_jobs_come_by_priority_then_by_age_and_not_before_their_time(bench, method):
    order = []

    def note(self, text):
        order.append(text)

    method(note)
    bench.put("note", "tomorrow", delay=timedelta(days=1), priority=0)
    bench.put("note", "third", at=datetime(2020, 1, 2))
    bench.put("note", "second", at=datetime(2020, 1, 1))
    bench.put("note", "first", priority=1)

    bench.run()

    assert order == ["first", "second", "third"]


def test_of_one_identity_one_job_waits_and_another_may_while_it_runs(bench, method):
    runs = []

    def work(self):
        runs.append(1)
        if len(runs) == 1:
            bench.put("work", identity="the same")
            raise UserError("this one gives way")

    method(work)
    first = bench.put("work", identity="the same")
    assert bench.put("work", identity="the same") == first
    assert bench.put("work", identity="another") != first

    assert bench.run() == 3

    assert bench.read(first, "state") == ("cancelled",)
    assert len(runs) == 3


def test_an_effect_of_one_identity_happens_once_ever(bench, method):
    sent = []

    def letter(self):
        return lambda: sent.append(1)

    method(letter)
    first = bench.put("letter", _outside=True, identity="invoice 7")
    bench.run()

    assert bench.put("letter", _outside=True, identity="invoice 7") == first
    assert bench.run() == 0
    assert sent == [1]


def test_two_that_ask_for_the_same_identity_at_once_get_one_job(bench):
    registry = bench.registries.get(bench.name)
    meet = threading.Barrier(2, timeout=60)
    ids, attempts = [], []

    def ask():
        def work(env):
            attempts.append(1)
            env.cr.execute("SELECT 1")
            if len(attempts) <= 2:
                meet.wait()
            return env["res.partner"].in_background(identity="both").exists().id

        ids.append(transact(registry, work, uid=SUPERUSER_ID))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(ids) == 2 and len(set(ids)) == 1


def test_a_channel_runs_as_many_jobs_as_it_has_room_for(bench):
    with bench.env() as env:
        env["ir.job.channel"].create({"name": "narrow", "capacity": 2})
    narrow = [bench.put("exists", channel="narrow", priority=1) for _ in range(3)]
    wide = [bench.put("exists") for _ in range(2)]
    with bench.registries.pools.autocommit(bench.name) as cr:
        taken = [queue.take(cr, f"worker {number}", None) for number in range(5)]

        assert [job and job.id for job in taken] == [*narrow[:2], *wide, None]
        cr.execute("SELECT slot FROM _fondaco.job_lease WHERE channel = 'narrow' ORDER BY slot")
        assert [row[0] for row in cr.fetchall()] == [1, 2]
        queue.give_back(cr, taken[0], "worker 0")
        assert queue.take(cr, "worker 5", None).id == narrow[2]


def test_eight_workers_never_fill_a_channel_beyond_its_capacity(bench, method):
    inside, most, lock = [0], [0], threading.Lock()

    def busy(self):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        self.env.cr.execute("SELECT pg_sleep(0.01)")
        with lock:
            inside[0] -= 1

    method(busy)
    with bench.env() as env:
        env["ir.job.channel"].create({"name": "three", "capacity": 3})
    jobs = [bench.put("busy", channel="three") for _ in range(24)]

    def work(number):
        worker = bench.worker(f"worker {number}")
        while worker.run_one(bench.name, None):
            pass

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    bench.run()

    assert 0 < most[0] <= 3
    assert {bench.read(job, "state", "tries") for job in jobs} == {("done", 1)}


def test_a_paused_channel_keeps_its_jobs(bench):
    job = bench.put("exists", channel="mail")
    with bench.env() as env:
        channel = env.ref("base.ir_job_channel_mail")
        channel.is_paused = True
    assert bench.run() == 0
    with bench.registries.pools.autocommit(bench.name) as cr:
        assert queue.wait_s(cr) is None
    with bench.env() as env:
        env["ir.job.channel"].browse(channel.id).is_paused = False

    assert bench.run() == 1
    assert bench.read(job, "state") == ("done",)


# -- effects -----------------------------------------------------------------------------------------------------------


def test_an_effect_happens_while_no_connection_is_held_and_its_key_stays_the_same(bench, method):
    held, keys = [], []

    def letter(self):
        key = self.env.context["job_key"]

        def send():
            held.append(len(bench.registries.pools.lent))
            keys.append(key)
            if len(keys) == 1:
                raise ConnectionError("the line is cut")

        return send

    job = bench.put(method(letter), _outside=True)
    bench.run()
    bench.make_due(job)
    bench.run()

    assert held == [0, 0]
    assert len(set(keys)) == 1 and keys[0] == bench.read(job, "key")[0]
    assert bench.read(job, "state", "tries") == ("done", 2)


def test_an_effect_that_is_none_says_what_was_expected(bench):
    job = bench.put("exists", _outside=True, tries=1)

    bench.run()

    state, error = bench.read(job, "state", "error")
    assert state == "failed" and "answers a function without parameters" in error


def test_a_neutralised_copy_sends_nothing(bench, registries):
    job = bench.put("exists", _outside=True)
    script = Path(addon_module("base").__file__).parent / "data" / "neutralize.sql"
    with registries.get(bench.name).cursor() as cr:
        cr.execute(script.read_text())
        cr.execute("SELECT state FROM ir_job WHERE id = %s", [job])
        assert cr.fetchall() == [("cancelled",)]
        cr.rollback()


def test_jobs_are_asked_for_in_the_code_of_server_actions(bench):
    with bench.env() as env:
        action = env["ir.actions.server"].create({
            "name": "Later", "state": "code", "model_id": env["ir.model"]._get("res.partner").id,
            "code": "records.in_background(priority=1, identity='from code').write({'ref': 'by a job'})",
        })  # fmt: skip
        partner = env["res.partner"].create({"name": "Patient"})
        action.with_context(active_model="res.partner", active_ids=partner.ids, active_id=partner.id).run()
        assert not partner.ref
    bench.run()

    with bench.env() as env:
        assert env["res.partner"].browse(partner.id).ref == "by a job"


def test_administrators_have_views_and_a_menu_for_jobs(env):
    admin = env(user=env.ref("base.user_admin"))
    views = [(False, "list"), (False, "form"), (False, "search")]

    answer = admin["ir.job"].get_views(views)
    menus = admin["ir.ui.menu"].load_menus(True)

    assert answer["views"].keys() == {"list", "form", "search"}
    assert {"action_retry", "action_cancel"} <= set(re.findall(r'name="(action_\w+)"', answer["views"]["form"]["arch"]))
    assert admin["ir.job.channel"].get_views(views)["views"].keys() == {"list", "form", "search"}
    assert {"Background Jobs", "Background Job Channels"} <= {menu["name"] for menu in menus.values()}


def test_old_jobs_are_swept_and_those_that_matter_stay(bench):
    done, failed, waiting = (bench.put("exists") for _ in range(3))
    with bench.env() as env:
        for job, state in ((done, "done"), (failed, "failed"), (waiting, "waiting")):
            env.cr.execute(
                "UPDATE ir_job SET state = %s, ended = now() - interval '8 days' WHERE id = %s", [state, job]
            )
        env["ir.job"]._gc_jobs()
        assert env["ir.job"].search([]).ids == [waiting, failed]


def test_what_waits_comes_back_as_it_was(env):
    value = {"$records": [1], "$$": {"$date": "x", "n": [None, 1.5]}, "$date": date(2026, 2, 3)}

    assert wire.decoded(wire.encoded(value, "value"), env) == value
