"""What was known at the moment of a failure, and would be gone when somebody asks: it travels with the exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.pool import Pool

from greenshift import trace
from greenshift.trace import CallSite

_ATTRIBUTE: Final = "__greenshift_facts__"


@dataclass(frozen=True)
class StatementFact:
    """A statement, without its parameters' values.

    Args:
        sql: its text.
        call_site: the user's line that sent it.
        origin: what asked for it (``trace.Origin``, as text).
        task: the name of the asyncio task, or None.
        thread: the thread's name.
        running: whether it had not ended yet.
        error: the class of the driver's exception if it failed, or None.
        seconds_ago: for how long it had been over; 0 while it ran.
    """

    sql: str
    call_site: CallSite | None
    origin: str
    task: str | None
    thread: str
    running: bool
    error: str | None = None
    seconds_ago: float = 0.0

    @classmethod
    def of(cls, statement: trace.Statement, now: float) -> StatementFact:
        """Return the facts of a traced statement at a moment of ``time.perf_counter``."""
        error = statement.error
        ended = statement.started + statement.duration
        return cls(
            statement.sql,
            statement.call_site,
            str(statement.origin),
            statement.task_name,
            statement.thread,
            not statement.finished,
            # SQLAlchemy 2.0 wraps asyncpg's exceptions in less telling ones.
            None if error is None else type(error.__cause__ or error).__name__,
            now - ended if statement.finished else 0.0,
        )


@dataclass(frozen=True)
class ConnectionFact:
    """A connection that was open at the moment of the failure.

    Args:
        backend_pid: the server process, or None.
        driver: ``asyncpg``, ``psycopg``...
        is_async: whether it is an asyncio driver's.
        engine_url: the engine's URL, its password hidden, or None.
        opened: the line that caused it to be opened.
        loop: tells its event loop apart (``id``); None for a sync connection, or where the loop is gone.
        loop_ended: whether that loop is closed or gone.
        usable_here: whether the loop running at the moment of the failure is the one that it was opened on.
        held_by: the line that took it from the pool; None while idle.
        held_seconds: for how long it had been held.
        checked_out: whether somebody held it.
        task: the name of the task that took it.
        task_ended: whether that task has ended, and so nobody gives it back any more.
        thread: the name of the thread that took it.
        test: the test that took it.
        transaction_seconds: the age of its open transaction, or None.
        last_statement: what it ran last, or was running.
        previous_statement: what it ran before that.
        failed: whether the failure happened on this connection.
        same_pool: whether it belongs to the pool that the failure is about.
    """

    backend_pid: int | None
    driver: str
    is_async: bool
    engine_url: str | None
    opened: CallSite | None
    loop: int | None
    loop_ended: bool
    usable_here: bool
    held_by: CallSite | None
    held_seconds: float | None
    checked_out: bool
    task: str | None
    task_ended: bool
    thread: str | None
    test: str | None
    transaction_seconds: float | None
    last_statement: StatementFact | None
    previous_statement: StatementFact | None
    failed: bool
    same_pool: bool

    @classmethod
    def of(
        cls, info: trace.ConnectionInfo, failing: trace.ConnectionInfo | None, pool: Pool | None, now: float
    ) -> ConnectionFact:
        """Return the facts of a traced connection at a moment of ``time.perf_counter``."""
        checkout, since = info.checkout, info.in_transaction_since
        last, previous = info.last_statement, info.previous_statement
        return cls(
            backend_pid=info.backend_pid,
            driver=info.driver,
            is_async=info.is_async,
            engine_url=info.engine_url,
            opened=info.opened,
            loop=None if info.loop is None else id(info.loop),
            loop_ended=info.loop_is_known and (info.loop is None or info.loop.is_closed()),
            usable_here=info.usable_here,
            held_by=None if checkout is None else checkout.call_site,
            held_seconds=None if checkout is None else now - checkout.since,
            checked_out=checkout is not None,
            task=None if checkout is None else checkout.task_name,
            task_ended=checkout is not None and _has_ended(checkout),
            thread=None if checkout is None else checkout.thread,
            test=None if checkout is None else checkout.test,
            transaction_seconds=None if since is None else now - since,
            last_statement=None if last is None else StatementFact.of(last, now),
            previous_statement=None if previous is None else StatementFact.of(previous, now),
            failed=info is failing,
            same_pool=pool is not None and info.pool is pool,
        )


def _has_ended(checkout: trace.Checkout) -> bool:
    if checkout.task_name is None:
        return False
    task = checkout.task
    return task is None or task.done()


@dataclass(frozen=True)
class Facts:
    """What was known at the moment of a failure.

    Args:
        statement: the statement that failed, or None.
        connections: every connection that was open.
        loop: tells the running event loop apart (``id``); None where none was running.
        task: the name of the running task, or None.
        thread: the name of the running thread.
    """

    statement: StatementFact | None
    connections: tuple[ConnectionFact, ...]
    loop: int | None
    task: str | None
    thread: str | None = None

    @property
    def failing(self) -> ConnectionFact | None:
        """The connection that the statement ran on."""
        return next((one for one in self.connections if one.failed), None)

    @property
    def holders(self) -> tuple[ConnectionFact, ...]:
        """The connections of the failing pool that somebody held, longest first."""
        held = [one for one in self.connections if one.same_pool and one.checked_out]
        return tuple(sorted(held, key=lambda one: -(one.held_seconds or 0.0)))


def attach(error: BaseException, facts: Facts) -> None:
    """Let an exception carry facts; nothing happens where it cannot."""
    try:
        setattr(error, _ATTRIBUTE, facts)
    except AttributeError:
        pass


def facts_of(error: BaseException) -> Facts | None:
    """Return the facts that an exception carries, or None."""
    found = getattr(error, _ATTRIBUTE, None)
    return found if isinstance(found, Facts) else None
