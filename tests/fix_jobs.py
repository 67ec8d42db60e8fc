"""Background jobs that a test runs when it wants them to be run: its database, and a worker that it calls by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fondaco.jobs.runner import Runner
from fondaco.modules.registries import Registries
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.server.deadlines import Deadlines, Limits


def forget_what_was_made(env: Environment) -> None:
    """Nothing is left of what jobs of other tests, or of this one's first run, have made: in a database of these tests
    alone, as contacts and channels go."""
    env.cr.execute(
        """
        DELETE FROM res_partner
         WHERE id NOT IN (SELECT partner_id FROM res_users UNION SELECT partner_id FROM res_company);
        DELETE FROM ir_job;
        DELETE FROM ir_job_channel
         WHERE id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.job.channel');
        """
    )
    env.invalidate_all()


class Bench:
    """A database and a worker of its jobs; tests add what they put on it."""

    def __init__(self, registries: Registries, name: str) -> None:
        self.registries, self.name = registries, name
        self.runner = self.worker("test")

    def worker(self, owner: str, **limits: Any) -> Runner:
        return Runner(self.registries, Deadlines(Limits(**limits), cancel=self.registries.pools.cancel), owner)

    @contextmanager
    def env(self, uid: int = SUPERUSER_ID, context: dict[str, object] | None = None) -> Iterator[Environment]:
        """An environment whose changes are committed at the end of the block."""
        with self.registries.get(self.name).cursor() as cr:
            yield Environment(cr, uid, context or {})
            cr.commit()

    def run(self, most: int = 1000) -> int:
        """Run what is due, at most so many jobs; how many there were."""
        return next((count for count in range(most) if not self.runner.run_one(self.name, None)), most)

    def clear(self) -> None:
        """Forget the jobs that other tests left behind; what they made is not ours, on a server of many tests."""
        with self.env() as env:
            env.cr.execute("DELETE FROM ir_job")
