"""A fresh installation in a file: what is in it, whether it is what the steps would make here, how it becomes one.

An image lies in the package, beside the code that it was recorded from when the package was built
(`modules/recording.py`), and is as trusted as that code; none is read from anywhere else. It is used where everything
that decides what an installation makes is the same: the content of the files, the modules in their order, what the
list of modules says, the names of time zones, the schema and the extensions of the database. Otherwise, and where the
file is damaged or not there, the installer takes its steps: what comes of both is equal.

What no two databases share is not in it. `MOMENT` and `SECOND` stand for the moment at which the rows are made.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import tzdata

import fondaco
from fondaco.modules import fingerprint
from fondaco.modules.manifest import AddonsPath, Manifest
from fondaco.sql.databases import EXTENSIONS
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.config import Config
    from fondaco.modules.plan import Plan
    from fondaco.sql.connection import Pools
    from fondaco.sql.cursor import Cursor
    from fondaco.storage.filestore import Filestore

_logger = logging.getLogger(__name__)

FILE = Path(fondaco.__file__).parent / "modules" / "first_database.image"
MAGIC = b"fondaco image 1\n"
"""Another number for another form."""
DIGEST_SIZE = hashlib.sha256().digest_size
MOMENT, SECOND = b"\0m", b"\0s"
"""In rows: the moment of the installation, and the same without a fraction. PostgreSQL has no text with a NUL."""
FRESH = ("database.uuid", "database.secret", "database.create_date")
"""Parameters that an image has no values of."""


@dataclass(frozen=True, slots=True)
class Image:
    """about: what it was made of. rows: (table with its columns, what COPY reads). files: {key: content}."""

    about: Mapping[str, Any]
    before: str
    rows: tuple[tuple[str, bytes], ...]
    after: str
    files: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"<Image modules={','.join(self.about['modules'])} tables={len(self.rows)} files={len(self.files)}>"

    def to_bytes(self) -> bytes:
        parts = [
            self.before.encode(), self.after.encode(), *(data for _table, data in self.rows), *self.files.values(),
        ]  # fmt: skip
        names = {
            "tables": [table for table, _data in self.rows],
            "files": list(self.files),
            "sizes": [*map(len, parts)],
        }
        said = json.dumps({"about": self.about, **names}, sort_keys=True).encode()
        body = len(said).to_bytes(8, "big") + said + zlib.compress(b"".join(parts), 9)
        return MAGIC + hashlib.sha256(body).digest() + body

    @classmethod
    def of_bytes(cls, data: bytes) -> Image:
        """ValueError when the bytes are not those that `to_bytes` gave."""
        start = len(MAGIC) + DIGEST_SIZE
        if not data.startswith(MAGIC) or hashlib.sha256(data[start:]).digest() != data[len(MAGIC) : start]:
            raise ValueError("it is damaged, or of another form")
        end = start + 8 + int.from_bytes(data[start : start + 8], "big")
        said, content = json.loads(data[start + 8 : end]), memoryview(zlib.decompress(data[end:]))
        parts, place = [], 0
        for size in said["sizes"]:
            parts.append(bytes(content[place : place + size]))
            place += size
        (before, after), rows = parts[:2], parts[2 : 2 + len(said["tables"])]
        files = parts[2 + len(said["tables"]) :]
        return cls(
            said["about"], before.decode(), tuple(zip(said["tables"], rows, strict=True)), after.decode(),
            dict(zip(said["files"], files, strict=True)),
        )  # fmt: skip


# -- whether it fits ------------------------------------------------------------------------------------------------
def about(addons: AddonsPath, plan: Plan) -> dict[str, Any]:
    """What decides what an installation makes, but for the database itself."""
    modules = [step.module for step in plan.steps]
    return {
        "code": fingerprint.of_contents(addons, modules),
        "modules": modules,
        "listed": listed(addons.manifests().values()),
        "zones": hashlib.sha256(Path(tzdata.__file__).with_name("zones").read_bytes()).hexdigest(),
    }


def listed(manifests: Iterable[Manifest]) -> dict[str, str]:
    """{module: a text that changes with what the list of modules says of it}."""
    return {
        manifest.name: hashlib.sha256(
            repr((sorted(manifest.values.items()), manifest.version, manifest.installable)).encode()
        ).hexdigest()
        for manifest in manifests
    }


def fitting(config: Config, addons: AddonsPath, plan: Plan, *, with_demo: bool) -> Image | None:
    """The image of the package, where the plan would make the same with the files that are there."""
    try:
        found = Image.of_bytes(FILE.read_bytes())
        why = _difference(found, config, addons, plan, with_demo)
    except FileNotFoundError:
        why = "there is none"
    except (OSError, ValueError, KeyError, TypeError, zlib.error) as error:
        why = str(error)
    if why:
        _logger.debug("image of a first database not used: %s", why)
        return None
    return found


def _difference(found: Image, config: Config, addons: AddonsPath, plan: Plan, with_demo: bool) -> str:
    """Why the plan would make something else; empty where it would not."""
    if with_demo or config["unaccent"]:
        return "other data or indexes are asked for"
    modules = {*found.about["modules"], *config["server_wide_modules"]}
    strangers = [name for name in modules if (folder := addons.folder_of(name)) and not _is_own(folder)]
    if strangers:
        return f"{', '.join(sorted(strangers))} is none of the modules of the package"
    wanted = about(addons, plan)
    if different := [key for key in ("modules", "zones", "code") if found.about[key] != wanted[key]]:
        return f"made of other {', '.join(different)}"
    if found.about["listed"].items() - wanted["listed"].items():
        return "the list of modules says something else"
    return ""


def _is_own(folder: Path) -> bool:
    return folder.parent == Path(fingerprint.ADDONS)


def knows_all(image: Image, addons: AddonsPath) -> bool:
    """Whether its list of modules has every module on the addons path."""
    return set(image.about["listed"]) == addons.manifests().keys()


def place(cr: Cursor) -> dict[str, Any]:
    """What of a database that is still empty decides what an installation makes in it."""
    return dict(
        cr.fetch(
            SQL(
                """
                SELECT 'schema', to_jsonb(current_schema()::text)
                 UNION ALL
                SELECT 'extensions', jsonb_agg(extname ORDER BY extname COLLATE "C")
                  FROM pg_extension WHERE extname = ANY(%s)
                 UNION ALL
                SELECT 'tables', to_jsonb(count(*))
                  FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'f')
                """,
                list(EXTENSIONS),
            )
        )
    )


# -- how it becomes a database --------------------------------------------------------------------------------------
def apply(pools: Pools, name: str, store: Filestore, image: Image, *, is_draft: bool) -> bool:
    """Make a database that is empty what the image was recorded from; False, and nothing is done, where it cannot be.

    is_draft: nobody has the database before it is whole; whoever names it waits for the disk.
    """
    with pools.cursor(name) as cr:
        if (found := place(cr)) != image.about["place"]:
            _logger.debug("image of a first database not used: made for %s, found %s", image.about["place"], found)
            return False
        try:
            if is_draft:
                cr.fetch(SQL("SELECT set_config('synchronous_commit', 'off', true)"))
            _fill(cr, image)
            freshen(cr, cr.now())
            for data in image.files.values():
                store.write(data)
            cr.commit()
        except psycopg.Error as error:
            cr.rollback()
            _logger.warning("image of a first database not used db=%s: %s", name, error)
            return False
    _logger.info("database made of the image db=%s tables=%d", name, len(image.rows))
    return True


def _fill(cr: Cursor, image: Image) -> None:
    moment = cr.now()
    words = {MOMENT: str(moment).encode(), SECOND: str(moment.replace(microsecond=0)).encode()}
    cr.execute(image.before, log_exceptions=False)
    for table, data in image.rows:
        for mark, text in words.items():
            data = data.replace(mark, text)
        cr.copy_expert(f"COPY {table} FROM STDIN", BytesIO(data), size=len(data))
    cr.execute(image.after, log_exceptions=False)


def freshen(cr: Cursor, moment: datetime) -> None:
    """Values that no two databases share."""
    values = (str(uuid.uuid1()), str(uuid.uuid4()), f"{moment:%Y-%m-%d %H:%M:%S}")
    for key, value in zip(FRESH, values, strict=True):
        cr.run(SQL("UPDATE ir_config_parameter SET value = %s WHERE key = %s", value, key))
