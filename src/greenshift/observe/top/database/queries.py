"""What is asked of a server; PostgreSQL 13 to 18 answer all of it, to any user.

Each statement carries a comment by which ``pg_stat_statements`` can leave it out.
"""

from __future__ import annotations

from typing import Final, LiteralString

OWN: Final = "greenshift top"

PATIENCE: Final[LiteralString] = "SET LOCAL /* greenshift top */ statement_timeout = '5s'"

SERVER: Final[LiteralString] = """
SELECT /* greenshift top */
    current_setting('server_version'),
    current_user::text,
    pg_is_in_recovery(),
    extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8,
    current_setting('max_connections')::int,
    current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int,
    current_setting('is_superuser') = 'on' OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
    current_setting('track_activities') = 'on'
"""

# https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
SESSIONS: Final[LiteralString] = """
SELECT /* greenshift top */
    pid, coalesce(datname, ''), coalesce(usename, ''), coalesce(application_name, ''), coalesce(host(client_addr), ''),
    state,
    wait_event_type, wait_event,
    extract(epoch FROM clock_timestamp() - xact_start)::float8,
    extract(epoch FROM clock_timestamp() - query_start)::float8,
    extract(epoch FROM clock_timestamp() - state_change)::float8,
    left(query, 2000)
FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND (backend_type = 'client backend' OR backend_type IS NULL AND datname IS NOT NULL)
ORDER BY xact_start NULLS LAST, state_change
"""

OTHER_PROCESSES: Final[LiteralString] = """
SELECT /* greenshift top */ count(*) FROM pg_stat_activity
WHERE (backend_type = 'client backend' OR backend_type IS NULL AND datname IS NOT NULL) IS NOT TRUE
"""

# pg_locks shows everybody who waits, also to those who may not see their sessions. Only for these pg_blocking_pids is
# asked: it takes the lock manager's own locks.
# https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION
BLOCKED: Final[LiteralString] = """
SELECT /* greenshift top */
    pid, pg_blocking_pids(pid), locktype, mode,
    CASE WHEN database = (SELECT oid FROM pg_database WHERE datname = current_database())
        THEN relation::regclass::text END,
    {since}
FROM pg_locks WHERE NOT granted AND pid IS NOT NULL
ORDER BY 6 DESC NULLS LAST, pid
"""
WAIT_START: Final[LiteralString] = "extract(epoch FROM clock_timestamp() - waitstart)::float8"
NO_WAIT_START: Final[LiteralString] = "NULL::float8"

COUNTERS: Final[LiteralString] = """
SELECT /* greenshift top */
    extract(epoch FROM clock_timestamp())::float8,
    sum(xact_commit)::int8, sum(xact_rollback)::int8, sum(blks_hit)::int8, sum(blks_read)::int8,
    sum(deadlocks)::int8, sum(temp_bytes)::int8
FROM pg_stat_database
"""

STATEMENTS_SCHEMA: Final[LiteralString] = """
SELECT /* greenshift top */ namespace.nspname::text
FROM pg_extension JOIN pg_namespace AS namespace ON namespace.oid = extnamespace
WHERE extname = 'pg_stat_statements'
"""

STATEMENTS: Final[LiteralString] = """
SELECT /* greenshift top */
    CASE WHEN queryid IS NULL THEN NULL ELSE left(query, 2000) END,
    calls, total_exec_time / 1000, mean_exec_time / 1000, max_exec_time / 1000, rows
FROM {view}
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%%greenshift top%%'
ORDER BY total_exec_time DESC
LIMIT %s
"""
