"""The command that boots a machine follows the page: here only that the page has what it follows."""

from __future__ import annotations

from tests.boot import containers, trial
from tests.kit.conftest import files_of


def test_the_page_has_systemd_read_the_units_before_it_starts_any() -> None:
    installing, starting, look = trial.lines_of_the_page()

    first = next(number for number, line in enumerate(starting) if "systemctl" in line)
    assert installing[0].startswith("apt update")
    assert starting[first].startswith("systemctl daemon-reload && ")
    assert starting[-2].split("#")[0].split() == ["systemctl", "enable", "--now", "erp", *trial.TIMERS]
    assert starting[-1].startswith("systemctl restart fail2ban ")
    assert " check " in look


def test_the_page_has_containers_find_their_database_also_after_a_boot() -> None:
    mine, database, server, own = trial.blocks("Containers")

    assert mine[0].startswith("fondaco kit init && ")
    assert "erp-role.sql" in database[-1]
    assert any("FONDACO_DB_HOST=" in line and line.endswith(" > .env") for line in server)
    assert server[-2].endswith("systemctl enable --now erp-compose")
    assert "docker build" in own[0]
    assert all(
        name in files_of()["srv/erp/Dockerfile"].content + files_of()["srv/erp/compose.yaml"].content
        for name in containers.IMAGES
    )


def test_what_the_trial_shortens_is_in_files_of_the_kit() -> None:
    kit = files_of()
    units = {path.rpartition("/")[2] for path in kit if path.startswith("etc/systemd/system/erp")}

    assert set(trial.SOON) <= units
    assert "WatchdogSec=" in kit["etc/systemd/system/erp.service"].content
