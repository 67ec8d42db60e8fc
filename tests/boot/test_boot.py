"""The command that boots a machine follows the page: here only that the page has what it follows."""

from __future__ import annotations

from tests.boot import trial
from tests.kit.conftest import files_of


def test_the_page_has_systemd_read_the_units_before_it_starts_any() -> None:
    lines = trial.lines_of_the_page().splitlines()

    first = next(number for number, line in enumerate(lines) if "systemctl" in line and "tmpfiles" not in line)
    assert lines[0].startswith("cp -a kit/etc kit/usr /")
    assert lines[first].startswith("systemctl daemon-reload && ")
    assert lines[-1].split("#")[0].split() == ["systemctl", "enable", "--now", "erp", *trial.TIMERS]


def test_what_the_trial_shortens_is_in_files_of_the_kit() -> None:
    kit = files_of()
    units = {path.rpartition("/")[2] for path in kit if path.startswith("etc/systemd/system/erp")}

    assert set(trial.SOON) <= units
    assert "WatchdogSec=" in kit["etc/systemd/system/erp.service"].content
