"""What is swept once a day: every method marked `@api.autovacuum`."""

from __future__ import annotations

import logging

from fondaco.addon import _, models
from fondaco.errors import AccessDenied

_logger = logging.getLogger(__name__)


class AutoVacuum(models.AbstractModel):
    _name = "ir.autovacuum"
    _description = "Automatic Vacuum"

    def _run_vacuum_cleaner(self):
        """Call every sweeping method; one that fails does not keep the others from running."""
        if not self.env.is_admin() or not self.env.context.get("cron_id"):
            raise AccessDenied
        for name in self.env.registry.models:
            model = self.env[name]
            for method in _sweepers(type(model)):
                # A transaction each, not a savepoint: some sweeps commit, to see or to lock what others committed.
                try:
                    getattr(model, method)()
                    self.env.cr.commit()
                except Exception:  # a sweep is independent of the others
                    _logger.exception("sweep failed model=%s method=%s", name, method)
                    self.env.cr.rollback()


def _sweepers(cls):
    """Names of the methods of a class that sweep."""
    return sorted(
        name
        for name in dir(cls)
        if name.startswith("_")
        and not name.startswith("__")
        and getattr(getattr(cls, name, None), "_autovacuum", False)
    )
