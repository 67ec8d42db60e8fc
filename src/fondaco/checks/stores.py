"""What lies beside PostgreSQL and is missed when it is away: sessions in Redis, files in an object store."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, first_line, passed, skipped
from fondaco.checks.site import Site
from fondaco.errors import ConfigError, StorageError
from fondaco.storage.bucket import Bucket
from fondaco.storage.location import location_of
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import valkey
else:
    valkey = Deferred("valkey")

PATIENCE_S = 3


def sessions(site: Site) -> Finding:
    if not site.config["redis_url"]:
        return skipped("redis_url is not set: sessions are files of this machine")
    if find_spec("valkey") is None:
        return failed("redis_url is set, but the client library is missing", "pip install 'fondaco[redis]'")
    try:
        client = valkey.Valkey.from_url(
            site.config["redis_url"], socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S
        )
        with client:
            client.ping()
    except (valkey.ValkeyError, ValueError) as error:
        return failed(f"Redis does not answer: {first_line(error)}", "start it; see docs/operator/sessions.md")
    return passed("Redis answers")


def files(site: Site) -> Finding:
    """Asked anew: what the server at work remembers of a store that failed is not taken for an answer."""
    try:
        location = location_of(site.config)
        if location is None:
            return skipped("ir_attachment.location names no bucket: files lie in data_dir")
        next(Bucket(location).objects("a name that no file has"), None)
    except (StorageError, ConfigError) as error:
        return failed(f"the object store does not answer: {first_line(error)}", "see docs/operator/storage.md")
    return passed(f"{location} answers")


CHECKS = (
    Check(
        "stores.sessions",
        "4:70-74",
        "The Redis of the sessions answers",
        "People stay logged in for a while without it; nobody new is let in by another machine.",
        sessions,
    ),
    Check(
        "stores.files",
        "4:196-198",
        "The object store of the files answers",
        "New files wait on this machine until it does; old ones cannot be had.",
        files,
    ),
)
