"""How an image of a fresh installation is made: by whoever builds the package, of a database that was just installed.

    record(registries, image.FILE)

What was recorded is proved before it is written: a second database made of it is recorded too, and must say the same.
"""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path

from fondaco.errors import DatabaseError
from fondaco.modules import image
from fondaco.modules.image import FRESH, MOMENT, SECOND, Image
from fondaco.modules.plan import Request, make_plan
from fondaco.modules.registries import Registries
from fondaco.sql import databases, structure
from fondaco.sql.cursor import Cursor
from fondaco.sql.fragment import SQL
from fondaco.sql.structure import Table
from fondaco.storage.stores import store_of

_logger = logging.getLogger(__name__)

DRAFT = f"{databases.HIDDEN_PREFIX}image_"
NO_VALUE = b"\\N"


def record(registries: Registries, modules: tuple[str, ...], target: Path) -> Image:
    """Install `modules` into a database that goes again, and write the image of it to `target`."""
    with _passing(registries) as one:
        registries.create(one, modules, from_image=False)
        registries.forget(one)
        made = taken(registries, one, modules)
    with _passing(registries) as two:
        databases.create(registries.pools, two)
        if not image.apply(registries.pools, two, store_of(registries.config, two), made, is_draft=True):
            raise DatabaseError("PostgreSQL does not take the image; the log says why")
        if (again := taken(registries, two, modules)) != made:
            raise DatabaseError(f"a database made of the image is another one: {_first_difference(made, again)}")
    _write(target, made.to_bytes())
    _logger.info("image recorded file=%s modules=%s", target, ",".join(made.about["modules"]))
    return made


@contextmanager
def _passing(registries: Registries) -> Iterator[str]:
    """A name for a database, which is gone afterwards."""
    name = f"{DRAFT}{secrets.token_hex(6)}"
    try:
        yield name
    finally:
        registries.forget(name)
        registries.pools.close_database(name)
        databases.drop(registries.pools, name)
        store_of(registries.config, name).drop()


def taken(registries: Registries, name: str, modules: tuple[str, ...]) -> Image:
    """The image of a database of these modules in which nothing was done since it was installed."""
    if registries.config["unaccent"]:
        raise DatabaseError("an image is made without unaccent: with it, indexes depend on the role of PostgreSQL")
    plan = make_plan(registries.addons.manifests(), {}, Request.of(install=modules))
    about = image.about(registries.addons, plan)
    if not about["code"]:
        raise DatabaseError("files of the code were changed since this process began: record the image in a new one")
    store = store_of(registries.config, name)
    with registries.pools.cursor(name) as cr:
        cr.execute("SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1")
        cr.run(SQL("UPDATE res_users SET password = NULL WHERE password IS NOT NULL"))
        for key in FRESH:
            cr.run(SQL("UPDATE ir_config_parameter SET value = '' WHERE key = %s", key))
        found = structure.read(cr)
        began = cr.fetch(SQL("SELECT min(create_date) FROM ir_module_module"))[0][0]
        rows = [(table, _rows(cr, table, began, cr.now())) for table in found.tables]
        made = Image(
            {**about, "place": {**image.place(cr), "tables": 0}},
            found.before,
            tuple((f"{table.name} ({table.names})", data) for table, data in rows if data),
            found.after + structure.positions(cr),
            {key: store.read(key) for key in list(store.keys())},
        )
        cr.rollback()
    return made


def _rows(cr: Cursor, table: Table, began: datetime, ended: datetime) -> bytes:
    """What COPY says of a table, with marks where a moment of the installation stood."""
    file = BytesIO()
    cr.copy_expert(f"COPY {table.name} ({table.names}) TO STDOUT", file)
    moments = [number for number, (_name, kind) in enumerate(table.columns) if kind == "timestamp without time zone"]
    first, last = (str(moment).encode() for moment in (began.replace(microsecond=0), ended))
    lines = file.getvalue().split(b"\n")
    for number, line in enumerate(lines[:-1]):
        values = line.split(b"\t")
        for place in moments:
            if values[place] != NO_VALUE and first <= values[place] <= last:
                values[place] = MOMENT if b"." in values[place] else SECOND
        lines[number] = b"\t".join(values)
    data = b"\n".join(lines)
    for day in {first[:10], last[:10]}:
        if day in data:
            where = next(line for line in lines if day in line)
            raise DatabaseError(
                f"{table.name}: a row holds the day of the installation where no moment was expected, and would hold "
                f"it in every database: {where.decode(errors='replace')[:200]}"
            )
    return data


def _first_difference(one: Image, other: Image) -> str:
    for mine, theirs in zip(
        f"{one.before}{one.after}".splitlines(), f"{other.before}{other.after}".splitlines(), strict=False
    ):
        if mine != theirs:
            return f"{mine[:300]!r} became {theirs[:300]!r}"
    theirs_of = dict(other.rows)
    tables = [table for table, data in one.rows if theirs_of.get(table) != data]
    return f"rows of {', '.join(tables)[:400] or 'none'}; files {sorted(one.files.keys() ^ other.files.keys())}"


def _write(target: Path, data: bytes) -> None:
    """The file is there when it is whole; everybody who may read the code may read it."""
    descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(descriptor, 0o644)
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise
