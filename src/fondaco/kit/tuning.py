"""PostgreSQL's settings for a machine: the proportions of seed 3, lines 277 to 283, and room for the pools."""

from __future__ import annotations

from fondaco.kit.description import Description
from fondaco.kit.sizing import Sizing

MOST_SHARED_MB = 16 * 1024
LEAST_WORK_MB, MOST_WORK_MB, WORK_PARTS = 4, 64, 400


def tuned(description: Description, size: Sizing) -> dict[str, str]:
    """{setting: value}: a quarter of the memory for buffers, three quarters as the cache that may be counted on."""
    memory = description.postgresql_mb
    poolers = max(len(description.cluster_servers), 1)
    connections = size.server_connections(description.database_count * poolers)
    work = min(MOST_WORK_MB, max(LEAST_WORK_MB, memory // WORK_PARTS))
    elsewhere = {"ssl": "on"} if description.postgresql_clients else {}
    return {
        **elsewhere,
        "shared_buffers": f"{min(memory // 4, MOST_SHARED_MB)}MB",
        "effective_cache_size": f"{memory * 3 // 4}MB",
        "maintenance_work_mem": f"{min(2048, max(64, memory // 16))}MB",
        "work_mem": f"{work}MB",
        "listen_addresses": f"'{', '.join(('127.0.0.1', *description.postgresql_addresses))}'",
        "port": "5432",
        "max_connections": str(connections),
        "random_page_cost": "1.1",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "600000",
        "log_lock_waits": "on",
        "log_min_duration_statement": "2000",
        "log_checkpoints": "on",
        "log_autovacuum_min_duration": "10000",
        "track_io_timing": "on",
        "shared_preload_libraries": "'pg_stat_statements'",
        "password_encryption": "'scram-sha-256'",
    }
