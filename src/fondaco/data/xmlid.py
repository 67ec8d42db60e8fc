"""Which record does a name stand for, and which names has a record?

An xmlid is `module.name`; table `ir_model_data` holds (module, name) -> (model, id, noupdate). Everything here is one
statement for any number of names. The answers are not cached here: the door `ir.model.data` keeps single lookups in
its ormcache, a data file keeps those it needs in `Names`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from fondaco.errors import DataError
from fondaco.sql.fragment import SQL


class Target(NamedTuple):
    """What a name stands for. The record may have been deleted by hand since."""

    model: str
    id: int
    noupdate: bool = False


class Naming(NamedTuple):
    """A row to remember: `xmlid` shall stand for record `id` of `model`."""

    xmlid: str
    model: str
    id: int
    noupdate: bool = False


def complete(xmlid: str, module: str) -> str:
    """`xmlid` with its module: `name` in a file of module `sale` is `sale.name`."""
    return xmlid if "." in xmlid else f"{module}.{xmlid}"


def split(xmlid: str) -> tuple[str, str]:
    """Module and name of a complete xmlid. The name may hold further dots."""
    module, dot, name = xmlid.partition(".")
    if not dot or not module or not name:
        raise DataError(f"{xmlid!r} is not an xmlid; expected 'module.name'")
    return module, name


def lookup(cr: Any, xmlids: Iterable[str]) -> dict[str, Target]:
    """The known ones among `xmlids`, with what they stand for."""
    pairs = [split(xmlid) for xmlid in set(xmlids)]
    if not pairs:
        return {}
    rows = cr.fetch(
        SQL(
            """
            SELECT d.module, d.name, d.model, d.res_id, d.noupdate
              FROM ir_model_data d
              JOIN unnest(%s::text[], %s::text[]) AS wanted(module, name)
                ON d.module = wanted.module AND d.name = wanted.name
            """,
            [module for module, _name in pairs],
            [name for _module, name in pairs],
        )
    )
    return {f"{module}.{name}": Target(model, id_, bool(noupdate)) for module, name, model, id_, noupdate in rows}


def remember(cr: Any, namings: Iterable[Naming], uid: int = 1) -> None:
    """Let each name stand for its record. A name that exists keeps its `noupdate`; the last of a repeated name wins."""
    rows = {naming.xmlid: naming for naming in namings}
    if not rows:
        return
    payload = [
        (*split(naming.xmlid), naming.model, naming.id, naming.noupdate)
        for naming in rows.values()
        if naming.id is not None
    ]
    keys = ("module", "name", "model", "res_id", "noupdate")
    cr.run(
        SQL(
            """
            INSERT INTO ir_model_data
                   (module, name, model, res_id, noupdate, create_uid, write_uid, create_date, write_date)
            SELECT r.module, r.name, r.model, r.res_id, r.noupdate, %s, %s, moment, moment
              FROM json_to_recordset(%s::json)
                AS r(module varchar, name varchar, model varchar, res_id int4, noupdate bool),
                   (SELECT now() AT TIME ZONE 'UTC') AS clock(moment)
            ON CONFLICT (module, name) DO UPDATE
               SET model = EXCLUDED.model, res_id = EXCLUDED.res_id,
                   write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
             WHERE (ir_model_data.model, ir_model_data.res_id) IS DISTINCT FROM (EXCLUDED.model, EXCLUDED.res_id)
            """,
            uid,
            uid,
            orjson.dumps([dict(zip(keys, row, strict=True)) for row in payload]).decode(),
        )
    )


def names_of(cr: Any, model: str, ids: Iterable[int]) -> dict[int, list[str]]:
    """The xmlids of each record that has some, the oldest first."""
    rows = cr.fetch(
        SQL(
            """
            SELECT res_id, module || '.' || name
              FROM ir_model_data
             WHERE model = %s AND res_id = ANY(%s)
             ORDER BY id
            """,
            model,
            list(ids),
        )
    )
    names: dict[int, list[str]] = {}
    for id_, xmlid in rows:
        names.setdefault(id_, []).append(xmlid)
    return names


def of_modules(cr: Any, modules: Iterable[str]) -> dict[str, Target]:
    """Every xmlid of `modules`, the newest first, so that what came last goes first."""
    rows = cr.fetch(
        SQL(
            """
            SELECT module || '.' || name, model, res_id, noupdate
              FROM ir_model_data
             WHERE module = ANY(%s)
             ORDER BY id DESC
            """,
            list(modules),
        )
    )
    return {xmlid: Target(model, id_, bool(noupdate)) for xmlid, model, id_, noupdate in rows}


def forget(cr: Any, xmlids: Iterable[str]) -> None:
    """Remove names; the records stay."""
    pairs = [split(xmlid) for xmlid in xmlids]
    cr.run(
        SQL(
            """
            DELETE FROM ir_model_data d
             USING unnest(%s::text[], %s::text[]) AS gone(module, name)
             WHERE d.module = gone.module AND d.name = gone.name
            """,
            [module for module, _name in pairs],
            [name for _module, name in pairs],
        )
    )


class Names:
    """The names that one load needs: fetched together, kept up to date by what it creates."""

    def __init__(self, cr: Any, module: str, *, on_miss: Callable[[str], None] | None = None) -> None:
        self.cr = cr
        self.module = module
        self._known: dict[str, Target | None] = {}
        self._on_miss = on_miss

    def fetch(self, xmlids: Iterable[str]) -> None:
        """Learn what `xmlids` stand for, those not known yet."""
        wanted = {complete(xmlid, self.module) for xmlid in xmlids}
        unknown = [xmlid for xmlid in wanted if xmlid not in self._known]
        if unknown:
            found = lookup(self.cr, unknown)
            self._known.update({xmlid: found.get(xmlid) for xmlid in unknown})

    def find(self, xmlid: str) -> Target | None:
        """What `xmlid` stands for; None when nobody has said so."""
        xmlid = complete(xmlid, self.module)
        if self._on_miss is not None:
            self._on_miss(xmlid)
        # A None may be out of date: hooks and functions create names behind our back.
        if self._known.get(xmlid) is None:
            self._known[xmlid] = lookup(self.cr, [xmlid]).get(xmlid) or self._model_row(xmlid)
        return self._known[xmlid]

    def find_all(self, xmlids: Sequence[str], *, is_current: bool = False) -> dict[str, Target]:
        """Those of the complete `xmlids` that stand for something, with what that is: one statement for all of which
        nothing is known yet. is_current: nothing was done since `fetch`, which found what there is."""
        unknown = [xmlid for xmlid in xmlids if self._known.get(xmlid) is None]
        self._known.update(lookup(self.cr, (name for name in unknown if not (is_current and name in self._known))))
        for xmlid in unknown:
            if self._known.get(xmlid) is None:
                self._known[xmlid] = self._model_row(xmlid)
        return {xmlid: target for xmlid in xmlids if (target := self._known.get(xmlid)) is not None}

    def _model_row(self, xmlid: str) -> Target | None:
        """The row of a model that the file's module names as its own, `model_res_partner`, though others define it."""
        module, name = split(xmlid)
        if module != self.module or not name.startswith("model_"):
            return None
        rows = self.cr.fetch(
            SQL("SELECT res_id FROM ir_model_data WHERE name = %s AND model = 'ir.model' ORDER BY id LIMIT 1", name)
        )
        return Target("ir.model", rows[0][0]) if rows else None

    def peek(self, xmlid: str) -> Target | None:
        """What is known of a complete `xmlid` since `fetch`, without asking again."""
        return self._known.get(xmlid)

    def get(self, xmlid: str) -> Target:
        """What `xmlid` stands for. `DataError` when nothing does."""
        target = self.find(xmlid)
        if target is None:
            raise DataError(f"xmlid {complete(xmlid, self.module)!r} stands for no record; is its file listed before?")
        return target

    def learn(self, targets: Mapping[str, Target]) -> None:
        self._known.update(targets)
