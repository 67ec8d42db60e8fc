"""A password that is changed while servers connect: which one is tried, and is a refusal final?"""

from __future__ import annotations

from pathlib import Path

import psycopg

from fondaco.config.sources import resolve
from fondaco.sql.passwords import Passwords

REFUSED = psycopg.OperationalError("connection failed: FATAL:  SASL authentication failed")


def passwords(path: Path, lines: str) -> Passwords:
    write(path, lines)
    return Passwords(resolve({"config": str(path)}, {}))


def write(path: Path, lines: str) -> None:
    path.write_text(f"[options]\n{lines}\n")


def test_what_the_file_says_now_is_tried_and_not_what_was_refused(tmp_path: Path) -> None:
    known = passwords(tmp_path / "conf", "db_password = old")
    write(tmp_path / "conf", "db_password = new\ndb_password_before = old")

    assert known.others("old") == ["new"]
    # Another thread has found the new one: whoever set out with the old one may take it.
    known.current = "new"
    assert known.others("old") == ["new"]
    assert known.are_changing(REFUSED)


def test_a_refusal_passes_where_the_change_ended_while_each_was_tried(tmp_path: Path) -> None:
    known = passwords(tmp_path / "conf", "db_password = new\ndb_password_before = old")
    assert known.others("new") == ["old"]
    write(tmp_path / "conf", "db_password = new")

    assert known.are_changing(REFUSED)
    assert known.others("new") == ["old"], "the configuration that was read at the start names it"
    assert not known.are_changing(REFUSED)
    assert not known.are_changing(psycopg.OperationalError("connection refused"))
