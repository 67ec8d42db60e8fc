"""What was sent where the recording keeps only a remark: files by length, bodies too long to write down.

The contents are known by their effect: the answers name the rows that were imported, the sizes are recorded.
"""

from __future__ import annotations

import json
from typing import Any

MEBIBYTE = 1024 * 1024

FILES = {
    "p.csv": b"name,country,color\nORC Imp1,France,1\nORC Imp2,Nowhere,x\n",
    "up \u00e9.txt": b"uploaded",
}

BODIES = {
    "1 MiB login string to common.login": lambda database: json.dumps(
        {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": "common", "method": "login", "args": [database, "x" * MEBIBYTE, "x"]},
        }
    ).encode(),
    "11 MiB urlencoded field": lambda _: b"login=" + b"x" * (11 * MEBIBYTE),
    "params = 100000 nested arrays": lambda _: (
        b'{"jsonrpc": "2.0", "method": "call", "id": 1, "params": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    ),
}


def file_content(file: dict[str, Any], dump: bytes) -> bytes:
    """The content of a recorded upload; an archive is the last dump that was downloaded, or no archive at all."""
    if file["filename"] in FILES:
        content = FILES[file["filename"]]
        if len(content) != file["length"]:
            raise ValueError(f"{file['filename']}: {file['length']} bytes were sent, {len(content)} are known")
        return content
    return dump if file["length"] > len(b"garbage") else b"garbage"


def noted_body(request: dict[str, Any], database: str) -> bytes | None:
    """The body of a request of which the recording keeps a sentence; None if it keeps the body."""
    note = request.get("json_note") or request.get("body_note")
    return BODIES[note](database) if note else None
