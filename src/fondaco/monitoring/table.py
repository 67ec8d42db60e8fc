"""Which numbers are asked for at each scrape, besides what the processes count: name, kind, meaning, labels."""

from __future__ import annotations

from dataclasses import dataclass, field

from fondaco.metrics import MOST_SERIES, OTHER, Labels, Reading, Rows

# A table is read by its columns:
# fmt: off
TABLE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "fondaco_build_info": ("gauge", "1; the version is a label", ("version",)),
    "fondaco_collector_up": ("gauge", "1: this part of the scrape could be asked; 0: see the log", ("part",)),
    # -- processes of the server
    "fondaco_process_resident_memory_bytes": ("gauge", "Memory that a process really uses", ("worker",)),
    "fondaco_process_cpu_seconds_total": ("counter", "Processor time of a process", ("worker",)),
    "fondaco_process_open_files": ("gauge", "Open files and sockets of a process", ("worker",)),
    "fondaco_process_open_files_limit": ("gauge", "How many it may open", ("worker",)),
    "fondaco_process_age_seconds": ("gauge", "Time since a process was started", ("worker",)),
    "fondaco_requests_in_progress": ("gauge", "Requests being answered now", ("database",)),
    "fondaco_request_longest_seconds": ("gauge", "How long the oldest of them has been at it", ()),
    # -- host
    "fondaco_host_load1": ("gauge", "Processes that run or wait for a processor, over a minute", ()),
    "fondaco_host_cpus": ("gauge", "Processors", ()),
    "fondaco_host_cpu_seconds_total": ("counter", "Processor time by what it was spent on (iowait: waiting for a disk)", ("mode",)),
    "fondaco_host_memory_bytes": ("gauge", "Memory of the machine: total, available", ("state",)),
    "fondaco_host_swap_used_bytes": ("gauge", "Swap in use", ()),
    "fondaco_host_disk_bytes": ("gauge", "The disk of data_dir: total, free", ("state",)),
    "fondaco_host_disk_operations_total": ("counter", "Reads and writes of all disks", ("kind",)),
    "fondaco_host_disk_seconds_total": ("counter", "Time they took: over operations, the latency", ("kind",)),
    "fondaco_host_network_drops_total": ("counter", "Packets that were dropped", ("direction",)),
    "fondaco_host_tcp_retransmits_total": ("counter", "TCP segments that were sent again", ()),
    "fondaco_host_open_files": ("gauge", "Open files of the whole machine", ()),
    # -- PostgreSQL
    "fondaco_pg_up": ("gauge", "1: PostgreSQL answers", ()),
    "fondaco_pg_connections": ("gauge", "Connections of all clients", ()),
    "fondaco_pg_connections_limit": ("gauge", "max_connections", ()),
    "fondaco_pg_sessions": ("gauge", "Sessions of a database by state", ("database", "state")),
    "fondaco_pg_longest_transaction_seconds": ("gauge", "Age of the oldest open transaction", ("database",)),
    "fondaco_pg_longest_statement_seconds": ("gauge", "Age of the oldest running statement", ("database",)),
    "fondaco_pg_lock_waiters": ("gauge", "Sessions that wait for a lock", ("database",)),
    "fondaco_pg_deadlocks_total": ("counter", "Deadlocks that PostgreSQL ended", ("database",)),
    "fondaco_pg_transactions_total": ("counter", "Transactions by how they ended", ("database", "outcome")),
    "fondaco_pg_blocks_total": ("counter", "Blocks found in memory (hit) and read from disk (read)", ("database", "result")),
    "fondaco_pg_temporary_bytes_total": ("counter", "Temporary files of sorts and joins that outgrew work_mem", ("database",)),
    "fondaco_pg_database_bytes": ("gauge", "Size of a database", ("database",)),
    "fondaco_pg_autovacuum_workers": ("gauge", "Workers of autovacuum that run", ()),
    "fondaco_pg_table_dead_rows": ("gauge", "Dead rows of the tables that have most of them", ("database", "table")),
    "fondaco_pg_table_vacuum_age_seconds": ("gauge", "Time since these were vacuumed; no row: never", ("database", "table")),
    "fondaco_pg_table_analyze_age_seconds": ("gauge", "Time since these were analysed; no row: never", ("database", "table")),
    # -- PgBouncer
    "fondaco_pgbouncer_up": ("gauge", "1: the console of PgBouncer answers", ()),
    "fondaco_pgbouncer_clients": ("gauge", "SHOW POOLS: clients, active and waiting (cl_waiting)", ("database", "state")),
    "fondaco_pgbouncer_servers": ("gauge", "SHOW POOLS: connections to PostgreSQL", ("database", "state")),
    "fondaco_pgbouncer_longest_wait_seconds": ("gauge", "SHOW POOLS: maxwait", ("database",)),
    "fondaco_pgbouncer_transactions_total": ("counter", "SHOW STATS: transactions", ("database",)),
    "fondaco_pgbouncer_queries_total": ("counter", "SHOW STATS: statements", ("database",)),
    "fondaco_pgbouncer_query_seconds_total": ("counter", "SHOW STATS: time of statements", ("database",)),
    "fondaco_pgbouncer_wait_seconds_total": ("counter", "SHOW STATS: time clients waited for a connection", ("database",)),
    # -- scheduled and background jobs
    "fondaco_cron_due": ("gauge", "Scheduled jobs that are due and have not begun (backlog)", ("database",)),
    "fondaco_cron_overdue_seconds": ("gauge", "How long the first of them has waited", ("database",)),
    "fondaco_cron_running": ("gauge", "Scheduled jobs that run", ("database",)),
    "fondaco_cron_overlapping": ("gauge", "Those of them that are due again already", ("database",)),
    "fondaco_cron_failing": ("gauge", "Scheduled jobs whose last run failed", ("database",)),
    "fondaco_jobs": ("gauge", "Background jobs that wait, run or have failed", ("database", "channel", "state")),
    "fondaco_sessions_active": ("gauge", "Log-ins used within the last hour", ("database",)),
    # -- backups
    "fondaco_backup_last_success_timestamp_seconds": ("gauge", "When the last backup was made", ("database",)),
    "fondaco_backup_duration_seconds": ("gauge", "How long it took", ("database",)),
    "fondaco_backup_size_bytes": ("gauge", "Its size", ("database",)),
    "fondaco_backup_last_failure_timestamp_seconds": ("gauge", "When a backup last failed", ("database",)),
    "fondaco_backup_verified_timestamp_seconds": ("gauge", "When one was last restored and compared", ("database",)),
    "fondaco_backup_problems": ("gauge", "What was not as it had been", ("database",)),
    "fondaco_backup_drill_timestamp_seconds": ("gauge", "When the way back was last rehearsed", ("database",)),
    "fondaco_backup_rto_seconds": ("gauge", "How long the way back took then", ("database",)),
    "fondaco_backup_rpo_seconds": ("gauge", "How old what came back would have been", ("database",)),
}
# fmt: on


@dataclass
class Sheet:
    """The numbers of one scrape."""

    rows_by_name: dict[str, Rows] = field(default_factory=dict)

    def put(self, name: str, value: float, *labels: str) -> None:
        """One number. `KeyError`: no such name in the table."""
        _kind, _text, names = TABLE[name]
        if len(labels) != len(names):
            raise ValueError(f"{name}: labels {labels!r}; expected {names!r}")
        rows = self.rows_by_name.setdefault(name, {})
        if labels not in rows and len(rows) >= MOST_SERIES:
            labels = (OTHER,) * len(names)
        rows[labels] = [float(value)]

    def add(self, other: Sheet) -> None:
        """Take over the numbers of another; where both have one, the other's."""
        for name, rows in other.rows_by_name.items():
            self.rows_by_name.setdefault(name, {}).update(rows)

    def value(self, name: str, *labels: str) -> float | None:
        row = self.rows_by_name.get(name, {}).get(labels)
        return row[0] if row else None

    def readings(self) -> list[Reading]:
        found = []
        for name, (kind, text, labels) in TABLE.items():
            if name in self.rows_by_name:
                rows: dict[Labels, list[float]] = self.rows_by_name[name]
                found.append(Reading(name, kind, text, labels, (), rows))
        return found
