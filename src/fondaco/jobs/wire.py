"""How does the call of a method wait in a table? As JSON; what JSON has no word for is an object with one key."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fondaco.orm.recordset import Recordset

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment

MARK = "$"
"""What the key of such an object begins with; a key of somebody's mapping that begins so gets another one."""
OWN_TO_A_RUN = ("cron_id", "ir_cron_progress_id", "job_id", "job_key")
"""Keys of a context that say which job is running: they are not for those that it asks for."""


def encoded(value: Any, place: str) -> Any:
    """`value` in JSON's terms; `TypeError` names the place of what cannot wait."""
    if value is None or isinstance(value, bool | int | float | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, list | tuple):
        return [encoded(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, place): encoded(item, f"{place}[{key!r}]") for key, item in value.items()}
    if isinstance(value, Recordset):
        return {MARK + "records": [value._name, saved_ids(value, place)]}
    if isinstance(value, datetime):
        return {MARK + "datetime": value.isoformat()}
    if isinstance(value, date):
        return {MARK + "date": value.isoformat()}
    if isinstance(value, Decimal):
        return {MARK + "decimal": str(value)}
    if isinstance(value, bytes):
        return {MARK + "bytes": base64.b64encode(value).decode()}
    raise TypeError(
        f"{place}: found {type(value).__name__} {value!r:.80}; a job can be given numbers, texts, bytes, dates, "
        "records, and lists and mappings of these"
    )


def decoded(value: Any, env: Environment) -> Any:
    """What was encoded; tuples come back as lists, records in `env`."""
    if isinstance(value, list):
        return [decoded(item, env) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, content),) = value.items()
        if key == MARK + "records":
            return env[content[0]].browse(content[1])
        if key.removeprefix(MARK) in _READERS and key.startswith(MARK):
            return _READERS[key.removeprefix(MARK)](content)
    return {key.removeprefix(MARK): decoded(item, env) for key, item in value.items()}


def context_of(env: Environment) -> dict[str, Any]:
    """What of an environment's context can wait: language, time zone, companies, and all else that is JSON."""
    kept = {}
    for key, value in env.context.items():
        if key in OWN_TO_A_RUN:
            continue
        try:
            kept[key] = encoded(value, key)
        except TypeError:
            continue  # an object of this process; nobody who runs the job later could have it
    return kept


def saved_ids(records: Any, place: str) -> list[int]:
    """The ids; `ValueError` where one is not in the database."""
    ids = list(records._ids)
    if not all(isinstance(id_, int) for id_ in ids):
        raise ValueError(f"{place}: found {records!r}, which is not saved; a job can be given records that have an id")
    return ids


def _key(key: Any, place: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{place}: found the key {key!r}; a job can be given mappings whose keys are texts")
    return MARK + key if key.startswith(MARK) else key


_READERS: Mapping[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "bytes": base64.b64decode,
}
