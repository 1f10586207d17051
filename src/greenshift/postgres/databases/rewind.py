"""Rewind a database: bring every row and sequence back to what the template has, in one call to the server."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field

import psycopg

from greenshift.postgres.databases.backends import (
    Backend,
    parse_backends,
    read_prepared,
    roll_back,
    terminate_backends,
)
from greenshift.postgres.databases.keeper import Keeper, RewindAnswer
from greenshift.postgres.errors import DatabaseError

# How often sessions still at work are ended before the database is given up.
ROUNDS = 3


@dataclass
class RewindReport:
    """What a rewind found and did.

    Args:
        seconds: how long it took, the waiting for sessions included.
        dirty_tables: how many tables held rows that they should not, or lacked some.
        recloned: why the database was cloned anew instead, or None.
        terminated: the sessions that were still in a transaction, and the prepared transactions; they were ended.
        restored_tables: how many of the dirty tables hold rows in the template.
        moved_sequences: how many sequences were set back.
        vacuumed: the tables that gave pages back.
        waited_seconds: how much of ``seconds`` was spent waiting for sessions at work.
    """

    seconds: float = 0.0
    dirty_tables: int = 0
    recloned: str | None = None
    terminated: list[Backend] = field(default_factory=list)
    restored_tables: int = 0
    moved_sequences: int = 0
    vacuumed: tuple[str, ...] = ()
    waited_seconds: float = 0.0


def rewind_in_place(keeper: Keeper, environment: str, wait: float, report: RewindReport, version: int) -> str | None:
    """Rewind over the keeper's connection; return why the database has to be cloned anew, or None.

    Args:
        keeper: the database's connection.
        environment: its settings when it was new.
        wait: how long sessions at work may take to finish, in seconds.
        report: is filled in.
        version: the server's ``server_version_num``.

    Raises:
        psycopg.Error: the server refused something.
        DatabaseError: a session could not be ended.
    """
    started = time.perf_counter()
    rounds = 0
    pause = 0.0005
    while True:
        answer = keeper.rewind(environment)
        if answer.outcome != "busy":
            break
        waited = time.perf_counter() - started
        if waited < wait:
            time.sleep(min(pause, wait - waited))
            pause = min(pause * 2, 0.02)
            continue
        report.waited_seconds = waited
        if rounds == ROUNDS:
            raise DatabaseError(
                "sessions keep beginning transactions while the database is rewound",
                "stop what works in the background before the test ends",
            )
        rounds += 1
        _end(keeper, answer, report)
    return _conclude(keeper, answer, report, version)


def _end(keeper: Keeper, answer: RewindAnswer, report: RewindReport) -> None:
    busy = parse_backends(answer.detail)
    report.terminated += busy
    terminate_backends(keeper.connection, [backend.pid for backend in busy])
    prepared = read_prepared(keeper.connection)
    report.terminated += prepared
    roll_back(keeper.connection, prepared)


def _conclude(keeper: Keeper, answer: RewindAnswer, report: RewindReport, version: int) -> str | None:
    if answer.outcome == "reclone":
        return answer.detail or "the database asked for it"
    report.dirty_tables = answer.dirty
    report.restored_tables = answer.restored
    report.moved_sequences = answer.moved
    if answer.bloated:
        # Where somebody is in the way, the next rewind tries again.
        with contextlib.suppress(psycopg.Error):
            keeper.vacuum(answer.bloated, version)
            report.vacuumed = answer.bloated
    return None
