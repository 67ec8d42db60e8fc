"""What processes told of themselves, and when it is taken away."""

from __future__ import annotations

import os
import socket
import time

from fondaco.server import telling
from fondaco.server.telling import Teller

OF_BEFORE = ("gone-12-345.json", "gone-12-345.sock", "gone.ended", ".draft1")
OF_THOSE_WHO_LIVE = ("other-1-2.json", "other-1-2.sock", "other.ended", ".lock", ".draft2")


def test_what_former_containers_left_goes_with_the_next_start(tmp_path) -> None:
    """A container that is made anew has another hostname than the one before."""
    folder = telling.folder_of(str(tmp_path))
    folder.mkdir()
    old = time.time() - 2 * telling.KEPT_S
    for name in (*OF_BEFORE, *OF_THOSE_WHO_LIVE):
        (folder / name).write_text("{}")
        if name not in ("other-1-2.json", ".draft2"):  # sockets and `.ended` of a machine that lives may be old
            os.utime(folder / name, (old, old))

    telling.begin_anew(str(tmp_path))

    assert {path.name for path in folder.iterdir()} == set(OF_THOSE_WHO_LIVE)


def test_a_process_with_nothing_new_to_say_is_seen_to_live(tmp_path) -> None:
    teller = Teller(str(tmp_path), "WorkerHTTP", dict)
    teller.folder.mkdir()
    teller.close()
    (path,) = teller.folder.glob(f"{socket.gethostname()}-*.json")
    os.utime(path, (0, 0))

    teller.close()

    assert path.stat().st_mtime > 0
