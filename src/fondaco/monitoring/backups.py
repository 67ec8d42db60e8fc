"""When was each database last backed up, and when was a backup last restored and compared?

`fondaco backup` keeps what came of its last runs in `state.json` in the folder of the backups; where there is none,
there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from fondaco.monitoring.table import Sheet

STATE = "state.json"
MOMENT = "at"
# Metric, event and value: the names that its own file for the textfile collector has.
VALUES = (
    ("fondaco_backup_last_success_timestamp_seconds", "run", MOMENT),
    ("fondaco_backup_duration_seconds", "run", "seconds"),
    ("fondaco_backup_size_bytes", "run", "size"),
    ("fondaco_backup_last_failure_timestamp_seconds", "failed", MOMENT),
    ("fondaco_backup_verified_timestamp_seconds", "verified", MOMENT),
    ("fondaco_backup_problems", "verified", "problems"),
    ("fondaco_backup_drill_timestamp_seconds", "drill", MOMENT),
    ("fondaco_backup_rto_seconds", "drill", "rto_s"),
    ("fondaco_backup_rpo_seconds", "drill", "rpo_s"),
)


def state(sheet: Sheet, config: Mapping[str, Any]) -> None:
    """What the file says."""
    folder = config.get("backup_folder") or Path(config["data_dir"]) / "backups"
    try:
        events = orjson.loads((Path(folder) / STATE).read_bytes())
    except FileNotFoundError:
        return
    for name, event, key in VALUES:
        for database, kinds in events.items():
            value = kinds.get(event, {}).get(key)
            if value is not None:
                number = datetime.fromisoformat(value).timestamp() if key == MOMENT else float(value)
                sheet.put(name, number, database)
