"""A machine in a folder: Debian's files, namespaces of its own, systemd as its first process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path

PATIENCE_S = 120
PROGRAMS = {
    "units": ("debootstrap", "unshare", "nsenter"),
    "containers": ("debootstrap", "nsenter", "slirp4netns", "unshare"),
}
FIRST = """\
set -e
cd "$0"
mount -t overlay -o lowerdir="$1",upperdir=changes,workdir=work overlay root
cd root
shift
for place; do mkdir -p ".$place" "../kept$place"; mount --bind "../kept$place" ".$place"; done
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do touch dev/$name; mount --bind /dev/$name dev/$name; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
ip link set lo up
mkdir -p .before && pivot_root . .before && cd /
umount --lazy /.before
exec env -i container=namespaces PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
"""
"""Run in new namespaces, with the folder of what changes as $0, what stays as $1, and then the folders that lie on the
disk itself. Not by chroot: in one the kernel makes no namespace of users, and units with PrivateUsers=yes would not
start."""


def missing(kind: str) -> list[str]:
    """What a trial needs and this machine has not."""
    return [name for name in PROGRAMS[kind] if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]


class Container:
    """One machine. `start()` answers when systemd is up; `run()` does something on it; `stop()` ends all of it.

    tree: its files as they were installed, which nothing changes.  folder: what is written, over several boots.
    on_disk: folders that an overlay does not do for, such as Docker's.
    """

    def __init__(self, tree: Path, folder: Path, on_disk: tuple[str, ...] = ()) -> None:
        self.tree, self.folder, self.on_disk = tree, folder, on_disk
        for name in ("changes", "work", "root"):
            (folder / name).mkdir(exist_ok=True)
        self.group = _unified() / f"boot-{uuid.uuid4().hex[:6]}"
        self.process: subprocess.Popen[bytes] | None = None
        self.first = 0

    def start(self) -> None:
        self.group.mkdir()
        unshare = ["unshare", "--mount", "--uts", "--ipc", "--pid", "--net", "--cgroup", "--fork"]
        # Into a group of its own first: that becomes the root of the new cgroup namespace.
        enter = f'echo $$ > "{self.group}/cgroup.procs"; exec "$@"'
        command = [
            "sh",
            "-c",
            enter,
            "sh",
            *unshare,
            "--propagation",
            "private",
            "sh",
            "-c",
            FIRST,
            str(self.folder),
            str(self.tree),
            *self.on_disk,
        ]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.first = self._first_process()
            if self.first and self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.5)
        raise RuntimeError("systemd did not come up")

    def _first_process(self) -> int:
        """The number that this machine gives the first process of that one; 0 before it is systemd."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for number in children:
            if Path(f"/proc/{number}/comm").read_text().strip() == "systemd":
                return int(number)
        return 0

    def run(self, *words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """What a program says there, as root."""
        enter = ["nsenter", "--target", str(self.first), "--all", "--root", "--wd", "--"]
        environ = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        done = subprocess.run(
            [shutil.which("nsenter") or "nsenter", *enter[1:], *words],
            env=environ, capture_output=True, text=True, timeout=PATIENCE_S * 3, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(
                f"{' '.join(words)} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done

    def say(self, *words: str) -> str:
        return self.run(*words, check=True).stdout.strip()

    def property(self, unit: str, name: str) -> str:
        """What systemd says of a unit: ActiveState, MainPID, NRestarts, ..."""
        return self.say("systemctl", "show", "--value", "--property", name, unit)

    def until(self, unit: str, name: str, *values: str) -> str:
        """Wait for a property to have one of these values."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if (found := self.property(unit, name)) in values:
                return found
            time.sleep(0.5)
        raise RuntimeError(f"{unit}: {name} is {found}, not {values}:\n{self.log(unit)}")

    def log(self, unit: str) -> str:
        return self.run("journalctl", "--no-pager", "-n", "60", "-u", unit).stdout

    def stop(self) -> None:
        """End every process of it, by the first one, and take its group away."""
        if self.process is None:
            return
        if self.first:
            os.kill(self.first, signal.SIGKILL)  # with it the kernel ends its whole namespace
        else:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        end = time.monotonic() + PATIENCE_S
        while self.group.exists() and time.monotonic() < end:
            for folder in sorted(self.group.rglob("*/"), reverse=True):
                _remove(folder)
            _remove(self.group)
            time.sleep(0.2)


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # something in it is still ending


def _unified() -> Path:
    """Where the second hierarchy of control groups is mounted."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _device, place, kind, *_options = line.split()
        if kind == "cgroup2":
            return Path(place)
    raise RuntimeError("no cgroup2 is mounted here, which systemd needs")
