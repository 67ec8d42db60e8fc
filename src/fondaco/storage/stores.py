"""Which store holds the files of a database, by the configuration: a folder of this machine, or a bucket."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.storage import couriers
from fondaco.storage.copies import FOLDER, Copies
from fondaco.storage.filestore import Filestore
from fondaco.storage.location import location_of
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.storage import bucket, objects
else:
    bucket, objects = Postponed("fondaco.storage.bucket"), Postponed("fondaco.storage.objects")

CACHE_SIZE = "filestore_copies_size"
_copies_of = functools.cache(Copies)


def store_of(config: Mapping[str, Any], database: str) -> Filestore:
    """The store of a database; ConfigError when the settings of the bucket cannot be. Nothing is connected yet."""
    files = Filestore.of_database(str(config["data_dir"]), database)
    location = location_of(config)
    if location is None:
        return files
    copies = _copies_of(Path(files.root.parent, FOLDER), int(config.get(CACHE_SIZE) or 0))
    store = objects.ObjectStore(files.root, bucket.bucket_of(location), copies)
    couriers.meet(store)
    return store


def check(config: Mapping[str, Any]) -> None:
    """Refuse settings that cannot be: ConfigError says what is wrong or missing. The object store is not asked."""
    location = location_of(config)
    if location is not None:
        bucket.bucket_of(location)
