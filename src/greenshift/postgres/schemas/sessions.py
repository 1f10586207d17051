"""Who is at work in a schema: the sessions and prepared transactions that hold locks in it."""

from __future__ import annotations

from psycopg import Connection

from greenshift.postgres.databases.backends import Backend

# A lock on the schema itself is held by whoever has created something in it and not committed yet. Only this role's
# own sessions: others use the database for purposes of their own. A dump by this role reads everything everywhere.
_SESSIONS = """
WITH held AS (
    SELECT DISTINCT l.pid, l.virtualtransaction FROM pg_catalog.pg_locks l, pg_catalog.pg_namespace n
    WHERE n.nspname = %(schema)s
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
        AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
        AND (l.locktype = 'relation'
                AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = l.relation AND c.relnamespace = n.oid)
            OR l.locktype = 'object' AND l.classid = 'pg_catalog.pg_namespace'::regclass AND l.objid = n.oid)
)
SELECT a.pid, coalesce(a.state, 'starting'), a.query, a.application_name,
    extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8,
    extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)::float8, NULL
FROM held JOIN pg_catalog.pg_stat_activity a ON a.pid = held.pid
WHERE a.backend_type = 'client backend' AND a.usename = current_user AND a.application_name <> 'pg_dump'
UNION ALL
SELECT 0, 'prepared', p.gid, '', extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::float8, NULL, p.gid
FROM held
JOIN pg_catalog.pg_locks o ON o.locktype = 'transactionid' AND o.pid IS NULL
    AND held.pid IS NULL AND o.virtualtransaction = held.virtualtransaction
JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = o.transactionid
WHERE p.owner = current_user
ORDER BY 1, 3
"""


def read_sessions(connection: Connection[tuple[object, ...]], schema: str) -> list[Backend]:
    """Return what holds locks in a schema at this moment: this role's sessions and prepared transactions.

    Args:
        connection: a connection to the schema's database; it is left out itself.
        schema: the schema's name.
    """
    return [
        Backend(
            pid=int(str(pid)),
            state=str(state),
            query=str(query or ""),
            application_name=str(name or ""),
            transaction_seconds=_seconds(age),
            query_seconds=_seconds(query_age),
            prepared=None if prepared is None else str(prepared),
        )
        for pid, state, query, name, age, query_age, prepared in connection.execute(
            _SESSIONS, {"schema": schema}
        ).fetchall()
    ]


def own_sessions(connection: Connection[tuple[object, ...]]) -> set[int]:
    """Return the process numbers of this role's other sessions in the connection's database."""
    rows = connection.execute(
        "SELECT pid FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database()"
        " AND usename = current_user AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()"
    ).fetchall()
    return {int(str(row[0])) for row in rows}


def _seconds(value: object) -> float | None:
    return None if value is None else float(str(value))
