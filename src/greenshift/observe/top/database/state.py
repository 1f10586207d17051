"""What a server says of itself at one moment; all times in seconds, by the server's clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionState:
    """A client's session.

    Attributes:
        pid: the server process.
        database: to which it is connected.
        user: its role.
        application: its ``application_name``.
        client: its address; "" for a Unix socket.
        state: ``active``, ``idle``, ``idle in transaction``...; None where the user may not see it.
        wait: ``Lock:transactionid``, ``IO:DataFileRead``...; None where it waits for nothing.
        transaction_seconds: how long its transaction has been open; None without one.
        statement_seconds: since its statement began; None where there was none yet.
        state_seconds: how long it has been in its state; None where that is not known.
        statement: the running statement, or the last; None where it may not be seen, or there was none.
    """

    pid: int
    database: str
    user: str
    application: str
    client: str
    state: str | None
    wait: str | None
    transaction_seconds: float | None
    statement_seconds: float | None
    state_seconds: float | None
    statement: str | None


@dataclass(frozen=True, slots=True)
class BlockedSession:
    """A session that waits for a lock that others have, or wait for before it.

    Attributes:
        pid: the server process.
        by: those before it; 0 is a prepared transaction.
        lock: what is locked: ``transactionid``, ``relation``, ``tuple``, ``advisory``...
        mode: how it wants it: ``ShareLock``...
        relation: the table, where it is one of this database.
        seconds: for how long; None before PostgreSQL 14.
    """

    pid: int
    by: tuple[int, ...]
    lock: str
    mode: str
    relation: str | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class StatementStatistics:
    """What ``pg_stat_statements`` says of a statement of this database, since it was last reset.

    Attributes:
        statement: its text, with placeholders; None where the user may not see it.
        calls: how often it ran.
        total_seconds: how long in all.
        mean_seconds: how long on average.
        max_seconds: how long at most.
        rows: how many it returned or changed in all.
    """

    statement: str | None
    calls: int
    total_seconds: float
    mean_seconds: float
    max_seconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class Counters:
    """What the server has counted, over all databases, since its statistics were last reset.

    Attributes:
        at: when, in seconds, by the server's clock.
        commits: transactions that were committed.
        rollbacks: those that were not.
        blocks_hit: pages found in shared memory.
        blocks_read: pages read from elsewhere.
        deadlocks: found and broken.
        temporary_bytes: written into temporary files.
    """

    at: float
    commits: int
    rollbacks: int
    blocks_hit: int
    blocks_read: int
    deadlocks: int
    temporary_bytes: int


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """A PostgreSQL server, as seen from one of its databases.

    Attributes:
        version: for example ``18.1``.
        user: who asks.
        in_recovery: whether it is a replica.
        uptime: since its start.
        max_connections: its limit.
        reserved: how many of them are for superusers and others with special rights.
        sessions: of clients, without the one that asks.
        other_processes: such as autovacuum, replication and parallel workers.
        blocked: sessions that wait for locks, the longest first.
        statements: those that took most time in all; None where that is not known.
        counters: of the whole server.
        previous: the counters of the reading before; None for the first.
        limits: what cannot be seen, and how it could be; a line each.
    """

    version: str
    user: str
    in_recovery: bool
    uptime: float
    max_connections: int
    reserved: int
    sessions: tuple[SessionState, ...]
    other_processes: int
    blocked: tuple[BlockedSession, ...]
    statements: tuple[StatementStatistics, ...] | None
    counters: Counters
    previous: Counters | None
    limits: tuple[str, ...]
