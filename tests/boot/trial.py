"""What the units of the kit promise, asked of a systemd that runs: reloaded, hung, killed, on time, after a boot.

The machine is set up by the lines of docs/operator/install.md themselves, so that the page is tried as well.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fondaco.kit import description
from tests.boot.container import PATIENCE_S, Container
from tests.wheel import ROOT, built, run

PAGE = ROOT / "docs/operator/install.md"
MIRROR, SUITE = "http://deb.debian.org/debian", "bookworm"
NEEDED = "ca-certificates,curl,dbus,iproute2,locales,procps,python3,python3-venv,systemd,systemd-sysv"
BESIDE = "firewalld openssh-server"
UNITS = ("erp", "postgresql", "pgbouncer", "nginx", "redis-server", "fail2ban")
TIMERS = ("erp-check.timer", "erp-backup.timer", "erp-wal.timer", "erp-drill.timer")
SOON = {
    "erp.service": "[Service]\nWatchdogSec=10\n",
    "erp-backup.timer": "[Timer]\nOnCalendar=\nOnCalendar=*-*-* *:*:00\nRandomizedDelaySec=0\n",
}
"""Waits of a minute and of a night are made short; all else is as the kit writes it"""
ADMINISTRATOR, STRANGER, MACHINE = "203.0.113.9", "198.51.100.7", "192.0.2.1"
PORTS = {"ssh": 22, "http": 80, "https": 443, "server": 8069, "PgBouncer": 6432}
VISIT = "curl -ks -o /dev/null -w '%{http_code}' --max-time 60 --resolve erp.example.com:443:127.0.0.1"
LINES = "the lines of the page, one after another"
LOG_IN = f"{VISIT} https://erp.example.com/web/login"
HEALTH = f"{VISIT} 'https://erp.example.com/web/health?db_server_status=1'"
"""Which nginx does not ration, as it does the page to log in"""


@dataclass
class Outcome:
    """Promise -> what was seen, in order; `complaints` are promises that were not kept."""

    seen: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def tell(self, promise: str, found: str, *, is_kept: bool = True) -> None:
        self.seen[promise] = found
        print(f"{'kept  ' if is_kept else 'BROKEN'} {promise}: {found}", flush=True)
        if not is_kept:
            self.complaints.append(f"{promise}: {found}")


# -- the machine --------------------------------------------------------------------------------------------------
def describe(tree: Path, open_files: int) -> None:
    """Lay into a machine what somebody brings there: `editor` with a description, and what the trial shortens."""
    words = {"cpus = 4": "cpus = 2", "memory_gb = 16": "memory_gb = 4", "memory_gb = 4 ": "memory_gb = 1 "}
    text = description.EXAMPLE
    for given, wanted in words.items():
        text = text.replace(given, wanted)
    (tree / "usr/local/bin").mkdir(parents=True)
    (tree / "usr/local/bin/editor").write_text(f"#!/bin/sh\ncat >\"$1\" <<'END'\n{text}END\n")
    (tree / "usr/local/bin/editor").chmod(0o755)
    (tree / "etc").mkdir()
    (tree / "etc/hosts").write_text("127.0.0.1 localhost erp.example.com\n")
    for unit, text in SOON.items():
        drop_in(tree, unit, "soon", text)
    if open_files < 65536:  # of the machine that runs the trial, which may not raise it
        for unit in ("erp.service", "pgbouncer.service", "redis-server.service", "nginx.service"):
            drop_in(tree, unit, "zz-limits", f"[Service]\nLimitNOFILE={open_files}\n")


def drop_in(tree: Path, unit: str, name: str, text: str) -> None:
    folder = tree / f"etc/systemd/system/{unit}.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.conf").write_text(text)


def install(tree: Path) -> None:
    """Debian, what the first lines of the page install into it, and our wheel as it is now.

    A tree that other lines installed is made anew.
    """
    lines, note = "\n".join(lines_of_the_page()[0]), tree / "etc/installed-by"
    if note.exists() and note.read_text() != lines:
        shutil.rmtree(tree)
    debian(tree, SUITE, NEEDED)
    shutil.rmtree(tree / "tmp/source", ignore_errors=True)  # of an earlier trial
    wheel = built(tree / "tmp")
    if not note.exists():
        in_tree(tree, lines.replace("/path/to/fondaco", f"/tmp/{wheel.name}"))
        note.write_text(lines)
    in_tree(tree, f"apt-get -qq install --no-install-recommends {BESIDE}")
    in_tree(tree, f"/opt/erp/bin/pip install -q --force-reinstall --no-deps /tmp/{wheel.name}")


def debian(tree: Path, suite: str, packages: str) -> None:
    """A Debian in a folder, unless it is there, which reaches the network by the ways of this machine."""
    tree.mkdir(parents=True, exist_ok=True)
    if not (tree / "etc/debian_version").exists():
        run("debootstrap", "--variant=minbase", f"--include={packages}", suite, tree, MIRROR)
    for name in ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"):
        shutil.copy(name, tree / name.lstrip("/"))
    (tree / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
    (tree / "etc/dpkg/dpkg.cfg.d/fast").write_text("force-unsafe-io\n")
    (tree / "etc/apt/apt.conf.d/yes").write_text('APT::Get::Assume-Yes "true";\n')


def in_tree(tree: Path, lines: str) -> None:
    """Run lines of a shell among the files of a machine that is not booted: no service starts."""
    no_start = tree / "usr/sbin/policy-rc.d"
    no_start.write_text("#!/bin/sh\nexit 101\n")
    no_start.chmod(0o755)
    enter = 'mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" sh -exc "$1"'
    lines = f"export DEBIAN_FRONTEND=noninteractive\n{lines}"
    run("unshare", "--mount", "--propagation", "private", "sh", "-c", enter, tree, lines)
    no_start.unlink()


def lines_of_the_page() -> tuple[list[str], list[str], str]:
    """What install.md has for pip and systemd: lines that install, lines from `kit init` on, and the last, a look."""
    lines = [line for block in blocks("pip and systemd") for line in block]
    first = next(number for number, line in enumerate(lines) if "kit init" in line)
    return lines[:first], lines[first:-1], lines[-1]


def blocks(section: str) -> list[list[str]]:
    """The blocks of commands below a heading of install.md, each by its lines."""
    text = PAGE.read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.MULTILINE)
    return [[line[4:] for line in block.splitlines() if line] for block in found]


@contextmanager
def machine(tree: Path, folder: Path) -> Iterator[Container]:
    made = Container(tree, folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()


# -- the promises -------------------------------------------------------------------------------------------------
def trial(tree: Path, open_files: int) -> Outcome:
    install(tree)
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="boot-", dir=tree.parent) as name:
        _tried(tree, Path(name), open_files, outcome)
    return outcome


def _tried(tree: Path, folder: Path, open_files: int, outcome: Outcome) -> None:
    (folder / "changes").mkdir()
    describe(folder / "changes", open_files)
    with machine(tree, folder) as it:
        _installing, starting, _look = lines_of_the_page()
        started = it.run("sh", "-exc", "\n".join(["cd /root", "umask 022", *starting]))
        said = f"exit code {started.returncode}"
        if started.returncode:
            outcome.tell(LINES, f"{said}: {started.stderr[-1500:]}{it.log('erp')}", is_kept=False)
            return
        outcome.tell(LINES, said)
        for look in (_active, _reloaded, _watched, _killed, _backed_up, _checked, _hardened, _guarded):
            looked(look, it, outcome)
    # On a busy machine a backup each minute would keep systemd from ever being through with its boot.
    (folder / "changes/etc/systemd/system/erp-backup.timer.d/soon.conf").unlink()
    with machine(tree, folder) as it:
        looked(_active_again, it, outcome)
        looked(_stopped, it, outcome)


def looked(look, it: Container, outcome: Outcome) -> None:
    """One promise; what breaks in it is told and does not keep the others from being looked at."""
    try:
        look(it, outcome)
    except (RuntimeError, ValueError, LookupError, subprocess.TimeoutExpired) as error:
        outcome.tell(look.__name__.strip("_"), str(error)[-3000:], is_kept=False)


def _active(it: Container, outcome: Outcome) -> None:
    states = {unit: it.until(unit, "ActiveState", "active", "failed") for unit in UNITS}
    timers = {unit: it.property(unit, "ActiveState") for unit in TIMERS}
    wrong = [unit for unit, state in {**states, **timers}.items() if state != "active"]
    outcome.tell("every unit and timer is active", ", ".join(wrong) or "all", is_kept=not wrong)
    code = it.say("sh", "-c", LOG_IN)
    outcome.tell("the page to log in, by nginx with TLS", code, is_kept=code == "200")
    jails = it.run("fail2ban-client", "status").stdout.rpartition(":")[2].strip()
    outcome.tell("the jails of fail2ban", jails or "none", is_kept=jails == "erp, sshd")
    said = it.property("erp", "StatusText")
    outcome.tell("systemctl status says where it listens", said, is_kept="8069" in said)


def _reloaded(it: Container, outcome: Outcome) -> None:
    before = it.property("erp", "MainPID")
    script = f"for i in $(seq 60); do {HEALTH}; echo; sleep 0.1; done & sleep 1; systemctl reload erp; wait"
    codes = it.say("sh", "-c", script).split()
    wrong = [code for code in codes if code != "200"]
    told = f" ({', '.join(sorted(set(wrong)))})" if wrong else ""
    after = it.property("erp", "MainPID")
    outcome.tell(
        "systemctl reload under requests",
        f"{len(codes)} requests, {len(wrong)} not answered with 200{told}, "
        f"{'the same process' if before == after else 'another process'}",
        is_kept=not wrong and before == after,
    )


def _watched(it: Container, outcome: Outcome) -> None:
    before = int(it.property("erp", "NRestarts"))
    seconds = _back(it, "STOP", before)
    outcome.tell("a server that hangs (SIGSTOP) is made anew by the watchdog of 10 s, back after", f"{seconds:.0f} s")


def _killed(it: Container, outcome: Outcome) -> None:
    before = int(it.property("erp", "NRestarts"))
    seconds = _back(it, "KILL", before)
    outcome.tell("a server that is killed is back after (RestartSec=5)", f"{seconds:.0f} s")


def _back(it: Container, signal: str, before: int) -> float:
    """Seconds from a signal to the main process until the page is answered by another one."""
    began = time.monotonic()
    it.until("erp", "ActiveState", "active")
    it.say("kill", f"-{signal}", it.property("erp", "MainPID"))
    end = began + PATIENCE_S
    while int(it.property("erp", "NRestarts")) == before:
        if time.monotonic() > end:
            raise RuntimeError(f"SIG{signal}: systemd has not started it again:\n{it.log('erp')}")
        time.sleep(0.2)
    it.until("erp", "ActiveState", "active")
    while (code := it.run("sh", "-c", HEALTH).stdout.strip()) != "200":
        if time.monotonic() > end:
            raise RuntimeError(f"SIG{signal}: the page answers {code}:\n{it.log('erp')}")
        time.sleep(0.2)
    return time.monotonic() - began


def _backed_up(it: Container, outcome: Outcome) -> None:
    end = time.monotonic() + PATIENCE_S * 2
    while it.property("erp-backup.timer", "LastTriggerUSec") in ("", "n/a", "0"):
        if time.monotonic() > end:
            raise RuntimeError("the timer has started nothing")
        time.sleep(1)
    it.say("systemctl", "stop", "erp-backup.timer")
    result = it.until("erp-backup", "Result", "success", "exit-code", "signal", "timeout")
    it.until("erp-backup", "ActiveState", "inactive", "failed")
    result = it.property("erp-backup", "Result")
    listed = it.say("sudo", "-u", "erp", "/opt/erp/bin/fondaco", "backup", "list", "-c", "/etc/fondaco/erp.conf")
    outcome.tell(
        "the timer makes a backup",
        f"{result}; {listed.splitlines()[0] if listed else it.log('erp-backup')}",
        is_kept=result == "success" and "erp" in listed,
    )
    it.run("systemctl", "start", "erp-wal")
    result = it.property("erp-wal", "Result")
    outcome.tell("PostgreSQL's log is brought away", result, is_kept=result == "success")


def _checked(it: Container, outcome: Outcome) -> None:
    it.run("systemctl", "start", "erp-check")
    code = it.property("erp-check", "ExecMainStatus")
    failed = re.findall(r": FAIL +(\S+)", it.log("erp-check"))
    outcome.tell(
        "the checklist is gone through, inside, with a certificate that the machine signed itself",
        f"exit code {code}; FAIL: {', '.join(failed)}",
        is_kept=code in ("0", "10", "20"),
    )


def _hardened(it: Container, outcome: Outcome) -> None:
    said = it.say("systemd-analyze", "security", "--no-pager", "erp.service").splitlines()[-1]
    score = re.search(r"level for erp.service: ([\d.]+)", said)
    outcome.tell(
        "systemd-analyze security", score[1] if score else said, is_kept=score is not None and float(score[1]) <= 2
    )


def _active_again(it: Container, outcome: Outcome) -> None:
    states = {unit: it.until(unit, "ActiveState", "active", "failed") for unit in UNITS}
    code = it.say("sh", "-c", LOG_IN)
    wrong = [unit for unit, state in states.items() if state != "active"]
    outcome.tell(
        "after another boot", f"{', '.join(wrong) or 'all is active'}, {code}", is_kept=not wrong and code == "200"
    )


def _stopped(it: Container, outcome: Outcome) -> None:
    it.say("systemctl", "stop", "erp")
    result = it.property("erp", "Result")
    outcome.tell("systemctl stop", result, is_kept=result == "success")


# -- the firewall -------------------------------------------------------------------------------------------------
def _guarded(it: Container, outcome: Outcome) -> None:
    """firewalld with the kit's zone, seen from an administrator's network and from a stranger's."""
    it.say("systemctl", "start", "ssh", "firewalld")
    it.say("erp-firewall", "firewalld")
    expected = {ADMINISTRATOR: {"ssh", "http", "https"}, STRANGER: {"http", "https"}}
    with _cable(it) as outside:
        found = {address: _reached(outside, address) for address in expected}
    told = "; ".join(f"{name}: {', '.join(sorted(found[address])) or 'nothing'}" for name, address in
                     (("an administrator reaches", ADMINISTRATOR), ("a stranger", STRANGER)))  # fmt: skip
    outcome.tell("firewalld with the kit's zone", told, is_kept=found == expected)
    it.say("systemctl", "stop", "firewalld")


@contextmanager
def _cable(it: Container) -> Iterator[str]:
    """A network namespace with a cable to the machine."""
    outside = it.group.name
    run("ip", "netns", "add", outside)
    try:
        run(
            "ip", "-n", outside, "link", "add", "cable", "type", "veth", "peer", "name", "world", "netns", str(it.first)
        )
        for address in (ADMINISTRATOR, STRANGER):
            run("ip", "-n", outside, "addr", "add", f"{address}/32", "dev", "cable")
        run("ip", "-n", outside, "link", "set", "cable", "up")
        run("ip", "-n", outside, "route", "add", f"{MACHINE}/32", "dev", "cable")
        it.say("ip", "addr", "add", f"{MACHINE}/32", "dev", "world")
        it.say("ip", "link", "set", "world", "up")
        it.say("ip", "route", "add", "default", "dev", "world")
        yield outside
    finally:
        run("ip", "netns", "delete", outside)


def _reached(outside: str, address: str) -> set[str]:
    """The ports that answer somebody who comes from this address."""
    program = (
        "import socket, sys\n"
        "for name, port in zip(sys.argv[3::2], sys.argv[4::2]):\n"
        "    try:\n"
        "        socket.create_connection((sys.argv[2], int(port)), 5, (sys.argv[1], 0)).close()\n"
        "        print(name)\n"
        "    except OSError:\n"
        "        pass\n"
    )
    words = [word for name, port in PORTS.items() for word in (name, str(port))]
    return set(run("ip", "netns", "exec", outside, "python3", "-c", program, address, MACHINE, *words).split())
