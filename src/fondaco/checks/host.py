"""The machine under the server, as /proc and the file system show it."""

from __future__ import annotations

import ctypes
import functools
import os
import re
import resource
import shutil
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

KIB = 1024
LISTENING = "0A"
"""The state of a socket in /proc/net/tcp"""
FIRST_FREE_PORT = 1024
ZONES = "zoneinfo/"
"""After it, a path names a time zone"""
SIZE_OF_TIMEX, CLOCK_IS_WRONG = 208, 5
"""adjtimex(2): the bytes of its structure, and TIME_ERROR"""


@dataclass(frozen=True)
class Host:
    """Facts of one machine; `root` is where its file system begins."""

    root: Path = Path("/")
    cpus: int = os.cpu_count() or 1
    account: int = os.geteuid()
    most_open_files: int = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str:
        """The content of a file, nothing where it cannot be read."""
        try:
            return self.path(name).read_text(errors="replace")
        except OSError:
            return ""

    @functools.cached_property
    def memory(self) -> dict[str, int]:
        """/proc/meminfo in bytes: MemTotal, MemAvailable, SwapTotal, SwapFree, ..."""
        return {
            name: int(amount) * KIB
            for name, amount in re.findall(r"^(\w+):\s+(\d+) kB$", self.text("/proc/meminfo"), re.MULTILINE)
        }

    @property
    def load_per_cpu(self) -> float:
        """The load of the last five minutes for each processor."""
        fields = self.text("/proc/loadavg").split()
        return float(fields[1]) / self.cpus if len(fields) > 1 else 0.0

    @property
    def io_wait_share(self) -> float:
        """The share of its time that the machine has waited for disks since it started, 0 to 1."""
        fields = [int(field) for field in self.text("/proc/stat").partition("\n")[0].split()[1:]]
        return fields[4] / total if len(fields) > 4 and (total := sum(fields)) else 0.0

    @property
    def retransmitted_share(self) -> float:
        """The share of TCP segments that had to be sent again, 0 to 1."""
        rows = [line.split() for line in self.text("/proc/net/snmp").splitlines() if line.startswith("Tcp:")]
        if len(rows) != 2:
            return 0.0
        counts = {name: int(value) for name, value in zip(rows[0][1:], rows[1][1:], strict=True)}
        return counts["RetransSegs"] / counts["OutSegs"] if counts["OutSegs"] else 0.0

    @functools.cached_property
    def listeners(self) -> frozenset[tuple[str, int]]:
        """(address, port) of each TCP socket of this machine that listens."""
        found = set()
        for name in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in self.text(name).splitlines()[1:]:
                fields = line.split()
                if len(fields) > 3 and fields[3] == LISTENING:
                    address, port = fields[1].split(":")
                    found.add((_address(address), int(port, 16)))
        return frozenset(found)

    def public_listeners(self, port: int) -> list[str]:
        """The addresses beyond loopback on which a port is open."""
        return sorted(address for address, number in self.listeners if number == port and not is_loopback(address))

    @property
    def first_free_port(self) -> int:
        """The lowest port on which not only root may listen."""
        said = self.text("/proc/sys/net/ipv4/ip_unprivileged_port_start").strip()
        return int(said) if said else FIRST_FREE_PORT

    @functools.cached_property
    def has_exact_clock(self) -> bool:
        """Whether a time service keeps the clock, by what it tells the kernel."""
        ours = ctypes.create_string_buffer(SIZE_OF_TIMEX)  # all zero: asks, and changes nothing
        return ctypes.CDLL(None).adjtimex(ours) not in (-1, CLOCK_IS_WRONG)

    @property
    def time_zone(self) -> str:
        """The name of the machine's time zone."""
        place = os.path.realpath(self.path("/etc/localtime"))
        return place.rpartition(ZONES)[2] if ZONES in place else self.text("/etc/timezone").strip() or "UTC"

    def free_space(self, path: Path) -> int:
        """Bytes that are free on the disk that holds `path`, or would."""
        return shutil.disk_usage(_nearest(path)).free

    def free_share(self, path: Path) -> float:
        """The free part of the disk that holds `path`, 0 to 1."""
        return self.free_space(path) / self.size_of_disk(path)

    def size_of_disk(self, path: Path) -> int:
        """In bytes, of the disk that holds `path`."""
        return shutil.disk_usage(_nearest(path)).total

    def is_encrypted(self, path: Path) -> bool | None:
        """Whether the device below `path`, or one that it is made of, is of dm-crypt; None where nobody can see."""
        device = _nearest(path).stat().st_dev
        found = self.path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
        return _is_crypt(found.resolve()) if found.exists() else None

    def processes(self, name: str) -> list[int]:
        """The numbers of the processes whose program is called so."""
        found = []
        for entry in self.path("/proc").glob("[0-9]*"):
            if self.text(f"/proc/{entry.name}/comm").strip() == name:
                found.append(int(entry.name))
        return found

    def descriptors(self, pid: int) -> tuple[int, int] | None:
        """(open, allowed) file descriptors of a process, None where we may not look."""
        limit = re.search(r"^Max open files\s+(\d+)", self.text(f"/proc/{pid}/limits"), re.MULTILINE)
        try:
            count = len(list(self.path(f"/proc/{pid}/fd").iterdir()))
        except OSError:
            return None
        return (count, int(limit[1])) if limit else None


def _nearest(path: Path) -> Path:
    """The folder that is there, above what may not be."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path


def _is_crypt(device: Path) -> bool:
    mark = device / "dm" / "uuid"
    if mark.is_file() and mark.read_text().startswith("CRYPT-"):
        return True
    below = device / "slaves"
    return below.is_dir() and any(_is_crypt(one.resolve()) for one in below.iterdir())


def is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "localhost")


def _address(written: str) -> str:
    """An address of /proc/net/tcp: hexadecimal, in words of the machine's byte order."""
    words = struct.pack(f"={len(written) // 8}I", *(int(written[at : at + 8], 16) for at in range(0, len(written), 8)))
    return socket.inet_ntop(socket.AF_INET if len(words) == 4 else socket.AF_INET6, words).removeprefix("::ffff:")
