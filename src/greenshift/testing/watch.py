"""Ties what `trace` sees to the test that is running: its statements, its connections, its leaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from greenshift import trace
from greenshift.errors import GreenshiftError
from greenshift.testing.environment import ProductionDatabaseError, Target
from greenshift.testing.loops import LoopFollower
from greenshift.testing.record import TestRecord
from greenshift.testing.set_up_fixture import SetUpFixture


class LateWorkError(GreenshiftError):
    """A thread wants the database after its test has ended; its write would land in another test."""


class Watch:
    """Follows the connections to one database, and the test that uses them.

    Args:
        database: the name of the database (for SQLite: the file's path).
        forbidden: databases that nobody may reach while the tests run.
        fixtures: the fixtures that are being set up at the moment, outermost first.
        loops: ends connections in a way that suits their event loop.
        wanted: called before the first connection to the database is opened.
    """

    def __init__(
        self,
        database: str,
        forbidden: frozenset[Target],
        fixtures: list[SetUpFixture],
        loops: LoopFollower,
        wanted: Callable[[], None],
    ) -> None:
        self.database = database
        self.current: TestRecord | None = None
        self._fixtures = fixtures
        self._forbidden = forbidden
        self._loops = loops
        self._wanted = wanted
        self._scopes: WeakKeyDictionary[trace.ConnectionInfo, str] = WeakKeyDictionary()
        self._fenced: WeakSet[threading.Thread] = WeakSet()
        self._subscriptions: list[trace.Subscription] = []

    def install(self) -> None:
        """Start to watch."""
        self._subscriptions = [
            trace.subscribe(self._statement),
            trace.pool.on_checkout(self._checked_out),
            trace.pool.on_connect_arguments(self._connecting),
        ]

    def uninstall(self) -> None:
        """Stop to watch."""
        for subscription in self._subscriptions:
            subscription.close()
        self._subscriptions = []

    def connections(self) -> list[trace.ConnectionInfo]:
        """The connections to the database that pools of this process hold."""
        return [info for info in trace.connections.live() if self._is_ours(info)]

    def leaked(self, test: TestRecord) -> list[trace.ConnectionInfo]:
        """The connections that a test checked out, outside fixtures of a wider scope, and did not give back."""
        return [
            info
            for info in self.connections()
            if info.checked_out
            and info.checkout is not None
            and info.checkout.since >= test.started
            and self._scopes.get(info, "function") == "function"
        ]

    def let_go(self, reason: str) -> None:
        """End every pooled connection to the database; each pool opens new ones when asked."""
        for info in self.connections():
            self._loops.drop(info, reason)

    def fence(self, threads: Iterable[threading.Thread]) -> None:
        """Let these threads take no connection to the database any more: their test has ended without them."""
        for thread in threads:
            self._fenced.add(thread)

    def _is_ours(self, info: trace.ConnectionInfo) -> bool:
        return info.database == self.database

    def _statement(self, statement: trace.Statement) -> None:
        test = self.current
        if test is None or not self._is_ours(statement.connection):
            return
        test.queries.add(statement)
        test.statements += 1
        test.sql_seconds += statement.duration
        test.touched = True
        if self._fixtures:
            self._fixtures[-1].sent(statement.sql)

    def _checked_out(self, info: trace.ConnectionInfo, dbapi_connection: Any) -> None:
        if not self._is_ours(info):
            return
        if self._fenced and threading.current_thread() in self._fenced:
            raise LateWorkError(
                f"thread {threading.current_thread().name} outlived the test that started it, so it gets no connection",
                "wait for the thread in the test that starts it",
            )
        if self.current is not None:
            self.current.touched = True
        self._scopes[info] = self._fixtures[-1].scope if self._fixtures else "function"

    def _connecting(self, dialect: Any, arguments: list[Any], keywords: dict[str, Any]) -> None:
        database = keywords.get("dbname") or keywords.get("database") or (arguments[0] if arguments else None)
        if database == self.database:
            self._wanted()
        else:
            self._refuse_forbidden(keywords, database)

    def _refuse_forbidden(self, keywords: dict[str, Any], database: object) -> None:
        if self._forbidden:
            target = Target.from_parts(keywords.get("host"), keywords.get("port"), database)
            if target in self._forbidden:
                raise ProductionDatabaseError(
                    f"a connection to {target.host}:{target.port}/{target.database} was refused: "
                    "the environment named it before the tests began",
                    "read the URL from the environment when the engine is made, not from a copy made earlier",
                )


def describe_leak(info: trace.ConnectionInfo) -> str:
    """One line on a connection that was not given back: since when, by whom, what it did last."""
    parts = []
    if info.in_transaction_since is not None:
        seconds = time.perf_counter() - info.in_transaction_since
        parts.append(f"connection with a transaction open for {seconds:.2f} s")
    else:
        parts.append("connection")
    if info.checkout is not None and info.checkout.call_site is not None:
        parts.append(f"taken at {info.checkout.call_site}")
    if info.last_statement is not None:
        parts.append(f"last statement: {' '.join(info.last_statement.sql.split())[:200]}")
    return ", ".join(parts)
