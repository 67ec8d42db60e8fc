"""What is measured around the requests (K1 to K8): starts, new databases, memory, websockets, news, jobs, growth.

`ops.py` of the benchmark programs starts and stops the server by itself; here it learns how.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

REFERENCE = "odoo18"


def measure(
    programs: Path, command: Sequence[str], environ: Mapping[str, str], server: str, dsn: str, given: argparse.Namespace
) -> None:
    """Run the tasks `given.ops`. `command` starts a server with `{workers}` HTTP workers; `server` is its
    NAME=URL,DB,LOGIN,PASSWORD."""
    master = secrets.token_urlsafe(12)
    out = (given.out or Path("ops")).resolve()
    options = {
        "start": shlex.join(command), "server": server, "dsn": dsn, "master-password": master, "sizes": given.sizes,
        "workers": str(given.workers or 2), "out": str(out),
    }  # fmt: skip
    arguments = [f"--{name}={value}" for name, value in options.items()]
    subprocess.run(
        [sys.executable, "ops.py", given.ops, *arguments],
        cwd=programs, env={**os.environ, **environ, "FONDACO_ADMIN_PASSWD": master}, check=True,
    )  # fmt: skip
    print(
        standing(
            json.loads(out.with_suffix(".json").read_text()), json.loads((programs / "reference.json").read_text())
        )
    )


def standing(
    result: Mapping[str, Mapping[str, float]], reference: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> str:
    """Each ratio to the floor beside Odoo 18's."""
    theirs = reference["ops"][REFERENCE]
    lines = [f"{'':28}{'here':>8}{'Odoo 18':>10}"]
    lines += [
        f"{name:28}{ratio:8.2f}{theirs.get(name, float('nan')):10.2f}" for name, ratio in result["ratios"].items()
    ]
    return "\n".join(lines)
