"""Rows O1, O2, O3: `fondaco check` reads what came of the backups and says which is late, unproven or wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fondaco.backup import state
from fondaco.checks.finding import Verdict
from fondaco.checks.run import look
from fondaco.checks.site import Site
from fondaco.checks.table import BY_ID
from fondaco.config import Config
from fondaco.sql.connection import Pools

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
LAST_NIGHT = NOW - timedelta(hours=6)
Judge = Callable[..., tuple[Verdict, str]]


@pytest.fixture
def judge(config: Config, pools: Pools, database: str, tmp_path: Path) -> Judge:
    """judge(check): the verdict and evidence of a check, by what is noted in the folder of the test."""

    def judge(check: str, **options: object) -> tuple[Verdict, str]:
        site = Site(
            config.replace(db_name=[database], **options), NOW, pools=pools, backup_state=state.read_folder(tmp_path)
        )
        found = look(site, BY_ID[check])
        return found.verdict, found.evidence

    return judge


def note_run(folder: Path, database: str, at: datetime, **values: object) -> None:
    figures = {"id": "1234567890", "seconds": 4.0, "size": 1, "added": 1, "rows": 1, "files": 1, "missing": 0}
    state.note(folder, database, state.RUN, at, **figures | values)


def note_verified(folder: Path, database: str, at: datetime, **values: object) -> None:
    figures = {"id": "1234567890", "problems": 0, "seconds": 9.0, "first_problem": ""}
    state.note(folder, database, state.VERIFIED, at, **figures | values)


def test_o1_a_backup_of_last_night_passes_and_an_older_one_fails_with_the_reason(
    judge: Judge, database: str, tmp_path: Path
) -> None:
    assert judge("upkeep.backup") == (Verdict.FAIL, f"no backup of the last day: {database}: none")

    note_run(tmp_path, database, NOW - timedelta(days=2))
    state.note(tmp_path, database, state.FAILED, LAST_NIGHT, reason="the disk is full")
    verdict, evidence = judge("upkeep.backup")
    assert verdict is Verdict.FAIL and evidence.endswith("2026-11-26T08:00 UTC is the latest (the disk is full)")

    note_run(tmp_path, database, LAST_NIGHT)
    assert judge("upkeep.backup") == (Verdict.PASS, f"of the last day: {database} 12345678")

    note_run(tmp_path, database, LAST_NIGHT, missing=2)
    assert judge("upkeep.backup") == (Verdict.WARN, f"rows name files that are not there: {database}: 2")


def test_o1_a_log_that_is_not_brought_up_to_now_fails(judge: Judge, database: str, tmp_path: Path) -> None:
    note_run(tmp_path, database, LAST_NIGHT)
    kept = {"backup_wal_folder": str(tmp_path)}
    off = "archive_mode = off; PostgreSQL's log"
    assert judge("upkeep.wal")[0] is Verdict.SKIP
    assert judge("upkeep.wal", **kept) == (Verdict.FAIL, f"{off} was never kept")

    state.note(tmp_path, state.CLUSTER, state.LOG, NOW - timedelta(minutes=90), id="1", size=1, added=1)
    assert judge("upkeep.wal", **kept) == (Verdict.FAIL, f"{off} is kept until 90 minutes ago")
    assert judge("upkeep.backup", **kept)[0] is Verdict.PASS


def test_o2_a_backup_that_was_not_compared_or_differs_fails(judge: Judge, database: str, tmp_path: Path) -> None:
    note_run(tmp_path, database, LAST_NIGHT)
    assert judge("upkeep.verified") == (Verdict.FAIL, f"{database}: never compared")

    note_verified(tmp_path, database, LAST_NIGHT)
    assert judge("upkeep.verified")[0] is Verdict.PASS

    note_verified(tmp_path, database, LAST_NIGHT, problems=3, first_problem="table public.sale: missing")
    verdict, evidence = judge("upkeep.verified")
    assert verdict is Verdict.FAIL and "3 problems, the first: table public.sale: missing" in evidence

    note_verified(tmp_path, database, NOW - timedelta(days=3), id="before")
    verdict, evidence = judge("upkeep.verified")
    assert verdict is Verdict.FAIL and evidence.endswith("12345678 was not compared, the last that was is before")


def test_o3_a_way_back_that_was_not_rehearsed_for_a_quarter_fails(judge: Judge, database: str, tmp_path: Path) -> None:
    assert judge("upkeep.restore") == (Verdict.FAIL, f"the way back was not rehearsed: {database}: never")

    state.note(tmp_path, database, state.DRILL, NOW - timedelta(days=101), rto_s=12.4, rpo_s=None)
    assert judge("upkeep.restore") == (Verdict.FAIL, f"the way back was not rehearsed: {database}: 101 days ago")

    state.note(tmp_path, database, state.DRILL, NOW - timedelta(days=89), rto_s=12.4, rpo_s=None)
    assert judge("upkeep.restore") == (Verdict.PASS, f"{database}: back in 12 s")


def test_o3_the_figures_are_metrics(tmp_path: Path) -> None:
    note_run(tmp_path, 'sh"op', LAST_NIGHT)
    state.note(tmp_path, 'sh"op', state.DRILL, LAST_NIGHT, rto_s=12.4, rpo_s=None)

    text = (tmp_path / "fondaco_backup.prom").read_text()

    assert f'fondaco_backup_last_success_timestamp_seconds{{database="sh\\"op"}} {LAST_NIGHT.timestamp()}\n' in text
    assert 'fondaco_backup_rto_seconds{database="sh\\"op"} 12.4\n' in text
    assert "fondaco_backup_rpo_seconds" not in text  # nothing was measured
    assert text == state.read_folder(tmp_path).metrics()
