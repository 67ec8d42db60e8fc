"""Fixtures for every test; each file of them has a subject."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# In the order in which they use each other: one that is imported before it is registered tells less when it fails.
pytest_plugins = [
    "tests.fix_garbage",
    "tests.fix_patience",
    "tests.fix_reruns",
    "tests.fix_log",
    "tests.fix_passwords",
    "tests.fix_database",
    "tests.fix_addons",
    "tests.fix_cluster",
    "tests.fix_server",
    "tests.fix_exchange",
    "tests.fix_pgbouncer",
    "tests.fix_postgresql",
    "tests.fix_redis",
    "tests.fix_s3",
    "tests.fix_proxy",
]

# The same examples each time; `--hypothesis-profile long` looks for others, and for more.
settings.register_profile(
    "everyday", derandomize=True, max_examples=25, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("long", max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("everyday")
