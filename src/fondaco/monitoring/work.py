"""What has a database to do: scheduled jobs due and running, background jobs that wait, people logged in?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.monitoring.table import Sheet
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor


def jobs(sheet: Sheet, cr: Cursor) -> None:
    """Scheduled and background jobs of the cursor's database, and its log-ins."""
    tables = {
        name
        for (name,) in cr.fetch(
            SQL(
                """
                SELECT name FROM unnest(ARRAY['ir_cron', 'fondaco_cron_lease', 'ir_job', 'res_device_log']) AS name
                 WHERE to_regclass(name) IS NOT NULL
                """
            )
        )
    }
    if "ir_cron" in tables:
        _scheduled(sheet, cr, SQL("fondaco_cron_lease") if "fondaco_cron_lease" in tables else NO_LEASES)
    if "ir_job" in tables:
        _background(sheet, cr)
    if "res_device_log" in tables:
        _sessions(sheet, cr)


NO_LEASES = SQL("(SELECT NULL::int AS cron_id, NULL::timestamptz AS expires LIMIT 0)")
"""Of a database in which no process has run a job yet: what is due waits all the same."""


def _scheduled(sheet: Sheet, cr: Cursor, leases: SQL) -> None:
    query = SQL(
        """
        WITH job AS (
            SELECT cron.id, cron.failure_count, held.cron_id IS NOT NULL AS is_running,
                   LEAST(cron.nextcall, (SELECT min(call_at) FROM ir_cron_trigger WHERE cron_id = cron.id))
                       AS due, clock_timestamp() AT TIME ZONE 'UTC' AS now
              FROM ir_cron AS cron
              LEFT JOIN %s AS held ON held.cron_id = cron.id AND held.expires > clock_timestamp()
             WHERE cron.active
        )
        SELECT count(*) FILTER (WHERE due <= now AND NOT is_running),
               COALESCE(max(extract(epoch FROM now - due)) FILTER (WHERE due <= now AND NOT is_running), 0)::float8,
               count(*) FILTER (WHERE is_running),
               count(*) FILTER (WHERE is_running AND EXISTS (
                   SELECT FROM ir_cron AS again
                    WHERE again.id = job.id
                      AND clock_timestamp() AT TIME ZONE 'UTC' > again.nextcall + make_interval(
                          months => CASE again.interval_type WHEN 'months' THEN again.interval_number ELSE 0 END,
                          weeks => CASE again.interval_type WHEN 'weeks' THEN again.interval_number ELSE 0 END,
                          days => CASE again.interval_type WHEN 'days' THEN again.interval_number ELSE 0 END,
                          hours => CASE again.interval_type WHEN 'hours' THEN again.interval_number ELSE 0 END,
                          mins => CASE again.interval_type WHEN 'minutes' THEN again.interval_number ELSE 0 END))),
               count(*) FILTER (WHERE failure_count > 0)
          FROM job
        """,
        leases,
    )
    due, overdue_s, running, overlapping, failing = cr.fetch(query)[0]
    sheet.put("fondaco_cron_due", due, cr.dbname)
    sheet.put("fondaco_cron_overdue_seconds", overdue_s, cr.dbname)
    sheet.put("fondaco_cron_running", running, cr.dbname)
    sheet.put("fondaco_cron_overlapping", overlapping, cr.dbname)
    sheet.put("fondaco_cron_failing", failing, cr.dbname)


def _background(sheet: Sheet, cr: Cursor) -> None:
    query = SQL(
        "SELECT channel, state, count(*) FROM ir_job WHERE state IN ('waiting', 'running', 'failed') GROUP BY 1, 2"
    )
    for channel, state, number in cr.fetch(query):
        sheet.put("fondaco_jobs", number, cr.dbname, channel, state)


def _sessions(sheet: Sheet, cr: Cursor) -> None:
    query = SQL(
        """
        SELECT count(DISTINCT session_identifier) FROM res_device_log
         WHERE last_activity > now() AT TIME ZONE 'UTC' - interval '1 hour' AND revoked IS NOT TRUE
        """
    )
    sheet.put("fondaco_sessions_active", cr.fetch(query)[0][0], cr.dbname)
