"""Records that have names: create those that are new, update those that exist, remember the names.

`load_records` is what `BaseModel._load_records` calls; its two seams are `_load_records_create(vals_list)` on the
model and `_load_records_write(values)` on a record, which addons override.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fondaco.data import xmlid as xmlids
from fondaco.data.unchanged import is_unchanged
from fondaco.data.xmlid import Naming, Target
from fondaco.errors import DataError


@dataclass(frozen=True, slots=True)
class Item:
    """Values for one record; without `xmlid` it is created and stays nameless."""

    xmlid: str
    values: Mapping[str, Any]
    noupdate: bool = False
    forcecreate: bool = True


def load_records(
    model: Any,
    data_list: Sequence[Mapping[str, Any]],
    update: bool = False,
    ignore_duplicates: bool = False,
    known: Mapping[str, Target] | None = None,
) -> Any:
    """The records of `data_list`, in its order: dicts with `xml_id`, `values`, `noupdate`.

    With `update`, records marked noupdate keep their values. `known`: what the xmlids stand for, if the caller knows.
    """
    items = [Item(data.get("xml_id") or "", data["values"], bool(data.get("noupdate"))) for data in data_list]
    found = load_items(model, items, is_update=update, known=known)
    return model.browse([id_ for id_ in found if id_ is not None])


def load_items(
    model: Any, items: Sequence[Item], *, is_update: bool, known: Mapping[str, Target] | None = None
) -> list[int | None]:
    """The id of each item's record; None for one that an update shall not create again."""
    names = [item.xmlid for item in items if item.xmlid]
    targets = xmlids.lookup(model.env.cr, names) if known is None else {n: known[n] for n in names if n in known}
    alive = _alive(model, targets)
    known_records = model.browse(sorted(alive))  # read together
    ids: list[int | None] = []
    new: list[int] = []
    for index, item in enumerate(items):
        target = targets.get(item.xmlid) if item.xmlid else None
        if target is not None and target.model != model._name:
            raise DataError(
                f"xmlid {item.xmlid!r} is a record of {target.model}, the data makes it one of {model._name}; "
                "give one of them another name"
            )
        if target is not None and target.id in alive:
            ids.append(target.id)
            if is_update and target.noupdate:
                continue
            record = model.browse(target.id).with_prefetch(known_records._ids)
            if not (is_update and is_unchanged(record, item.values)):
                record._load_records_write(dict(item.values))
        elif is_update and not item.forcecreate:
            ids.append(None)
        else:
            ids.append(None)
            new.append(index)
    if new:
        created = model._load_records_create([dict(items[index].values) for index in new])
        for index, id_ in zip(new, created.ids, strict=True):
            ids[index] = id_
        remember_created(model, [(items[index], ids[index]) for index in new])
    if any(item.xmlid in targets for item in (items[index] for index in new)):
        model.env.registry.clear_cache()  # answers may still name the record that is gone
    note_loaded(model, names)
    return ids


def remember_created(model: Any, pairs: Iterable[tuple[Item, int | None]]) -> None:
    """Name new records, and with them the records they delegate to (`_inherits`)."""
    namings = []
    parents: list[tuple[str, str, Sequence[Any]]] = []
    named = [(item, id_) for item, id_ in pairs if item.xmlid and id_ is not None]
    for parent_model, field in model._inherits.items():
        parents.append((parent_model, field, model.browse([id_ for _item, id_ in named]).mapped(field).ids))
    for item, id_ in named:
        assert id_ is not None
        namings.append(Naming(item.xmlid, model._name, id_, item.noupdate))
        for parent_model, field, _ids in parents:
            parent = model.browse(id_)[field]
            if field not in item.values:
                name = delegated_name(item.xmlid, parent_model)
                namings.append(Naming(name, parent_model, parent.id, item.noupdate))
    xmlids.remember(model.env.cr, namings, model.env.uid)
    if model._name == "res.groups":
        model.env.registry.clear_cache("groups")


def _alive(model: Any, targets: Mapping[str, Target]) -> set[int]:
    ids = [target.id for target in targets.values() if target.model == model._name]
    return set(model.browse(ids).exists().ids) if ids else set()


def delegated_name(xmlid: str, parent_model: str) -> str:
    """The name of the record that a named one delegates to: `base.user_x_res_partner`."""
    return f"{xmlid}_{parent_model.replace('.', '_')}"


def note_loaded(model: Any, names: Iterable[str]) -> None:
    """Files still name these records, and those they delegate to; an upgrade deletes the others (`leftovers.py`)."""
    loaded: set[str] = model.pool.loaded_xmlids
    for name in names:
        loaded.add(name)
        loaded.update(delegated_name(name, parent) for parent in model._inherits)
