"""Rewind a schema with no more rights than its owner has."""

# ruff: noqa: S608 - the SQL is put together from names that PostgreSQL itself has quoted
from __future__ import annotations

import time

from psycopg import Connection

from greenshift.postgres.databases.backends import roll_back, terminate_backends
from greenshift.postgres.databases.rewind import ROUNDS, RewindReport
from greenshift.postgres.errors import DatabaseError
from greenshift.postgres.schemas.plan import BLOATED_PAGES, PlannedTable, SchemaPlan
from greenshift.postgres.schemas.sessions import read_sessions
from greenshift.postgres.sealing.catalog import SealedSequence


def rewind_schema(
    connection: Connection[tuple[object, ...]], schema: str, plan: SchemaPlan, wait: float, report: RewindReport
) -> str | None:
    """Bring a schema's rows and sequences back; return why it has to be built anew, or None.

    Args:
        connection: a connection to its database, whose search path is ``pg_catalog``.
        schema: its name.
        plan: what it held when it was new.
        wait: how long sessions at work in it may take to finish, in seconds; then they are ended.
        report: is filled in.

    Raises:
        psycopg.Error: the server refused something.
        DatabaseError: a session could not be ended.
    """
    wait_for_sessions(connection, schema, wait, report)
    changes = plan.digest.changes(connection)
    if changes:
        return f"the schema was changed: {', '.join(changes)}"
    return _Change(connection, plan).undo(report)


def wait_for_sessions(
    connection: Connection[tuple[object, ...]], schema: str, wait: float, report: RewindReport
) -> None:
    """Wait until nobody holds locks in a schema, and end those who still do.

    Raises:
        DatabaseError: new ones keep coming, or one could not be ended.
    """
    started = time.perf_counter()
    rounds, pause = 0, 0.0005
    while True:
        sessions = read_sessions(connection, schema)
        if not sessions:
            return
        waited = time.perf_counter() - started
        if waited < wait:
            time.sleep(min(pause, wait - waited))
            pause = min(pause * 2, 0.02)
            continue
        report.waited_seconds = waited
        if rounds == ROUNDS:
            raise DatabaseError(
                "sessions keep beginning transactions while the schema is rewound",
                "stop what works in the background before the test ends",
            )
        rounds += 1
        report.terminated += sessions
        terminate_backends(connection, [session.pid for session in sessions if session.prepared is None])
        roll_back(connection, sessions)


class _Change:
    """What a test left in a schema."""

    def __init__(self, connection: Connection[tuple[object, ...]], plan: SchemaPlan) -> None:
        self._connection = connection
        self._plan = plan
        self._deleted: list[PlannedTable] = []
        self._truncated: list[PlannedTable] = []
        self._moved: list[SealedSequence] = []
        self._reason: str | None = None
        for kind, place, count in connection.execute(plan.finder, prepare=True).fetchall():
            self._note(str(kind), int(str(place)), int(str(count)))

    def undo(self, report: RewindReport) -> str | None:
        if self._reason is None and self._truncated:
            together = self._plan.truncated_with(self._truncated)
            if together is not None:
                self._truncated = together
                self._deleted = [table for table in self._deleted if table not in together]
            else:
                self._delete_instead()
        if self._reason is not None:
            return self._reason
        if not (self._deleted or self._truncated or self._moved):
            return None
        with self._connection.transaction():
            if self._truncated:
                report.dirty_tables += len([table for table in self._truncated if not table.partitioned])
                self._connection.execute(f"TRUNCATE {', '.join(map(_only, self._truncated))}".encode())
            if self._deleted:
                self._delete(report)
            for sequence in self._moved:
                self._connection.execute(
                    "SELECT setval(%s::oid::regclass, %s, %s)", (sequence.oid, sequence.last_value, sequence.is_called)
                )
        report.moved_sequences = len(self._moved)
        return None

    def _note(self, kind: str, place: int, count: int) -> None:
        if kind == "sequence":
            sequence = self._plan.sequences[place]
            self._moved.append(sequence)
            if sequence.cached:
                self._reason = f"the sequence {sequence.name} moved, of which sessions hold values in advance"
        elif kind == "empty":
            table = self._plan.empty[place]
            (self._truncated if table.guarded or count > BLOATED_PAGES else self._deleted).append(table)
        else:
            table = self._plan.seeded[place]
            if kind == "unknown":
                self._reason = f"rows of {table.name} may have changed: {table.guarded}"
            elif kind == "changed":
                self._reason = f"rows of {table.name} were changed"
            elif table.guarded:
                self._reason = f"{table.name} has more rows, and {table.guarded}"
            else:
                self._deleted.append(table)

    def _delete_instead(self) -> None:
        """What is only bloated can be emptied by DELETE as well."""
        for table in self._truncated:
            if table.guarded:
                self._reason = f"rows were added to {table.name}, but {table.guarded}, and it cannot be truncated"
        self._deleted += self._truncated
        self._truncated = []

    def _delete(self, report: RewindReport) -> None:
        # One statement for all: foreign keys, circular ones too, are checked at its end.
        parts, counts = [], []
        for number, table in enumerate(self._deleted):
            condition = f" WHERE {self._plan.young()}" if table.rows else ""
            parts.append(f"d{number} AS (DELETE FROM ONLY {table.name}{condition} RETURNING 1)")
            counts.append(f"(SELECT count(*) FROM d{number})")
        row = self._connection.execute(f"WITH {', '.join(parts)} SELECT {', '.join(counts)}".encode()).fetchone()
        assert row is not None
        for table, count in zip(self._deleted, row, strict=True):
            report.dirty_tables += 1 if count else 0
            report.restored_tables += 1 if count and table.rows else 0


def _only(table: PlannedTable) -> str:
    # TRUNCATE ONLY is refused on a partitioned table.
    return table.name if table.partitioned else f"ONLY {table.name}"
