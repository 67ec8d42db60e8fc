"""How are the machine and the processes of the server: memory, processors, disk, network, open files?"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.monitoring.table import Sheet
from fondaco.server.telling import Facts, named
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import psutil
else:
    psutil = Deferred("psutil")

MODES = ("user", "nice", "system", "iowait", "irq", "softirq", "steal", "idle")


def machine(sheet: Sheet, data_dir: str) -> None:
    """The machine, or what the container sees of it."""
    sheet.put("fondaco_host_load1", os.getloadavg()[0])
    sheet.put("fondaco_host_cpus", os.cpu_count() or 1)
    times = psutil.cpu_times()
    for mode in MODES:
        sheet.put("fondaco_host_cpu_seconds_total", getattr(times, mode, 0.0), mode)
    memory = psutil.virtual_memory()
    sheet.put("fondaco_host_memory_bytes", memory.total, "total")
    sheet.put("fondaco_host_memory_bytes", memory.available, "available")
    sheet.put("fondaco_host_swap_used_bytes", psutil.swap_memory().used)
    disk = psutil.disk_usage(data_dir)
    sheet.put("fondaco_host_disk_bytes", disk.total, "total")
    sheet.put("fondaco_host_disk_bytes", disk.free, "free")
    if (io := psutil.disk_io_counters()) is not None:
        sheet.put("fondaco_host_disk_operations_total", io.read_count, "read")
        sheet.put("fondaco_host_disk_operations_total", io.write_count, "write")
        sheet.put("fondaco_host_disk_seconds_total", io.read_time / 1000, "read")
        sheet.put("fondaco_host_disk_seconds_total", io.write_time / 1000, "write")
    network = psutil.net_io_counters()
    sheet.put("fondaco_host_network_drops_total", network.dropin, "in")
    sheet.put("fondaco_host_network_drops_total", network.dropout, "out")
    with contextlib.suppress(OSError, KeyError):
        sheet.put("fondaco_host_tcp_retransmits_total", _tcp_counts()["RetransSegs"])
    with contextlib.suppress(OSError):
        sheet.put("fondaco_host_open_files", int(Path("/proc/sys/fs/file-nr").read_text().split()[0]))


def processes(sheet: Sheet, told: Sequence[Facts]) -> None:
    """Each process of the server, and the requests it is at."""
    now = time.time()
    for worker, facts in named(told):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(facts["pid"])
            with process.oneshot():
                cpu = process.cpu_times()
                sheet.put("fondaco_process_resident_memory_bytes", process.memory_info().rss, worker)
                sheet.put("fondaco_process_cpu_seconds_total", cpu.user + cpu.system, worker)
                sheet.put("fondaco_process_open_files", process.num_fds(), worker)
                sheet.put("fondaco_process_open_files_limit", process.rlimit(psutil.RLIMIT_NOFILE)[0], worker)
        sheet.put("fondaco_process_age_seconds", now - facts["born"], worker)
    requests = [work for facts in told for work in facts.get("works", ()) if "request" in work]
    for database, number in Counter(str(work.get("db") or "?") for work in requests).items():
        sheet.put("fondaco_requests_in_progress", number, database)
    sheet.put("fondaco_request_longest_seconds", max((work["seconds"] for work in requests), default=0.0))


def _tcp_counts() -> dict[str, int]:
    names, values = (
        line.split()[1:] for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:")
    )
    return dict(zip(names, map(int, values), strict=True))
