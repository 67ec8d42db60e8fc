"""Section 4 of the checklist: processes, memory and time, so that the server does not eat the machine."""

from __future__ import annotations

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, failed, passed, skipped, warned
from fondaco.checks.site import Site
from fondaco.sql.fragment import SQL

MIB = 2**20
CAUTIOUS_CRON_THREADS = 2
MOST_OF_MEMORY = 0.9
THREADED = "workers = 0: one process with threads"
LONG_JOBS = SQL(
    """
    SELECT cron_name, lastcall
      FROM ir_cron
     WHERE active AND failure_count > 0
     ORDER BY failure_count DESC
     LIMIT 5
    """
)


def workers(site: Site) -> Finding:
    count, cpus = site.config["workers"], site.host.cpus
    most = cpus * 2 + 1
    if count == 0:
        return warned(
            f"{THREADED} uses one of {cpus} processors", f"set workers, up to {most} (processors times 2 plus 1)"
        )
    if count > most:
        return warned(
            f"workers = {count} on {cpus} processors", f"{most} is the usual most; measure before taking more"
        )
    return passed(f"workers = {count} on {cpus} processors (at most {most})")


def cron_threads(site: Site) -> Finding:
    count = site.config["max_cron_threads"]
    if count <= CAUTIOUS_CRON_THREADS:
        return passed(f"max_cron_threads = {count}")
    return warned(f"max_cron_threads = {count}", f"start with {CAUTIOUS_CRON_THREADS} and measure")


def time_cpu(site: Site) -> Finding:
    return _limit(site, "limit_time_cpu", "s")


def time_real(site: Site) -> Finding:
    cpu, real = site.config["limit_time_cpu"], site.config["limit_time_real"]
    if cpu and real and real < cpu:
        return warned(
            f"limit_time_real = {real} s is below limit_time_cpu = {cpu} s", "a request waits longer than it computes"
        )
    return _limit(site, "limit_time_real", "s")


def memory_soft(site: Site) -> Finding:
    return _limit(site, "limit_memory_soft", "MiB")


def memory_hard(site: Site) -> Finding:
    soft, hard = site.config["limit_memory_soft"], site.config["limit_memory_hard"]
    if soft and hard and hard <= soft:
        return failed(
            f"limit_memory_hard = {hard // MIB} MiB is not above limit_memory_soft = {soft // MIB} MiB",
            "the soft limit lets a worker finish its request; the hard one must leave room for that",
        )
    return _limit(site, "limit_memory_hard", "MiB")


def _limit(site: Site, key: str, unit: str) -> Finding:
    value = site.config[key]
    if not value:
        return failed(f"{key} is off", f"set {key}: one request could take the machine")
    return passed(f"{key} = {value // MIB if unit == 'MiB' else value} {unit}")


def overcommit(site: Site) -> Finding:
    total, hard = site.host.memory.get("MemTotal", 0), site.config["limit_memory_hard"] or 0
    if not total:
        return skipped("the size of the memory is not known")
    buffers = int(site.settings.get("shared_buffers", 0)) if site.pools is not None and _is_here(site) else 0
    wanted = site.processes * hard + buffers
    said = f"{site.processes} processes of {hard // MIB} MiB"
    said += f" and shared_buffers of {buffers // MIB} MiB" if buffers else ""
    if wanted <= total * MOST_OF_MEMORY:
        return passed(f"{said}: {wanted // MIB} of {total // MIB} MiB")
    return warned(
        f"{said} may take {wanted // MIB} MiB, and the machine has {total // MIB}",
        "lower workers or limit_memory_hard: the kernel kills at random when memory ends",
    )


def _is_here(site: Site) -> bool:
    host = site.config["db_host"]
    return not host or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1")


def jobs(site: Site) -> Finding:
    if site.pools is None:
        return skipped("PostgreSQL was not asked: see postgresql.answers")
    failing = [f"{name}: {job}" for name in site.databases for job, _when in site.rows(LONG_JOBS, name)]
    if failing:
        return warned(
            f"scheduled jobs fail: {'; '.join(failing[:5])}",
            "read their errors in the log; work in batches (docs/operator/cron.md)",
        )
    return passed(f"no scheduled job fails in {len(site.databases)} databases")


CHECKS = (
    Check(
        "limits.workers",
        "2:27, 0:121, 0:276",
        "Workers are sized by processors and memory",
        "Too few and people wait; too many and they take each other's processor.",
        workers,
    ),
    Check(
        "limits.cron_threads",
        "2:28",
        "Scheduled jobs take a small part",
        "Jobs need the same processors as people.",
        cron_threads,
    ),
    Check("limits.time_cpu", "2:30", "Computing is limited", "An endless loop ends.", time_cpu),
    Check("limits.time_real", "2:31", "Waiting is limited", "A request that waits for ever ends.", time_real),
    Check(
        "limits.memory_soft",
        "2:32",
        "A worker that grew is replaced",
        "After its request, so that nobody notices.",
        memory_soft,
    ),
    Check("limits.memory_hard", "2:33", "A request cannot take all memory", "It fails alone.", memory_hard),
    Check(
        "limits.overcommit",
        "3:13, 3:275, 0:127",
        "All limits together fit the machine",
        "When memory ends, the kernel chooses a process to kill; often PostgreSQL.",
        overcommit,
    ),
    Check(
        "limits.jobs",
        "2:34, 2:98",
        "Scheduled jobs come to their end",
        "A job that fails again and again holds locks, or work that nobody does.",
        jobs,
    ),
)
