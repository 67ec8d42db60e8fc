"""What an upgraded module brought once and brings no more: records whose xmlid none of its files named this time."""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

import psycopg

from fondaco.data import xmlid as xmlids
from fondaco.data.xmlid import Target
from fondaco.errors import UserError

log = logging.getLogger(__name__)
T = TypeVar("T")

# Their rows follow the code, not the files (`obsolete.py`), but for those that data files make.
DESCRIPTIONS = frozenset(
    {
        "ir.model",
        "ir.model.constraint",
        "ir.model.fields",
        "ir.model.fields.selection",
        "ir.model.inherit",
        "ir.model.relation",
        "ir.module.category",
        "ir.module.module",
    }
)


def delete(env: Any, modules: Collection[str], loaded: Collection[str]) -> list[str]:
    """Delete the records that `modules` no longer bring; the xmlids deleted, the newest first."""
    gone = {
        xmlid: target
        for xmlid, target in xmlids.of_modules(env.cr, modules).items()
        if not target.noupdate and xmlid not in loaded and not _follows_the_code(env, target)
    }
    for xmlid, target in heirs_first(env, gone.items(), lambda item: item[1].model):
        _delete_one(env, xmlid, target)
    return list(gone)


def heirs_first(env: Any, records: Iterable[T], model_of: Callable[[T], str]) -> list[T]:
    """In their order, but what others hold a part of themselves in (`_inherits`) behind: a job, then its action."""
    records = list(records)
    models = {model_of(record) for record in records}
    parents = {parent for model in models if model in env for parent in env[model]._inherits}
    return sorted(records, key=lambda record: model_of(record) in parents)


def _follows_the_code(env: Any, target: Target) -> bool:
    if target.model not in ("ir.model", "ir.model.fields"):
        return target.model in DESCRIPTIONS
    return bool(env[target.model].browse(target.id).exists().state != "manual")


def _delete_one(env: Any, xmlid: str, target: Target) -> None:
    record = env[target.model].browse(target.id).exists() if target.model in env else None
    if not record or _has_other_names(env, xmlid, target):
        xmlids.forget(env.cr, [xmlid])
        return
    try:
        with env.cr.savepoint():
            record.with_context(_force_unlink=True).unlink()
            env.flush_all()
    except (UserError, psycopg.Error) as error:
        log.warning("record %s is no longer brought by its module and cannot be deleted: %s", xmlid, error)
        return
    xmlids.forget(env.cr, [xmlid])
    log.info("record deleted xmlid=%s model=%s id=%s", xmlid, target.model, target.id)


def _has_other_names(env: Any, xmlid: str, target: Target) -> bool:
    names = xmlids.names_of(env.cr, target.model, [target.id]).get(target.id, [])
    return any(name != xmlid for name in names)
