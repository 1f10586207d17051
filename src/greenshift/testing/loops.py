"""Connections follow the event loop.

A pooled connection of an async driver belongs to the loop that opened it. When that loop ends, its
connections are ended with it; when another loop checks one out, the pool is made to replace it. So
"attached to a different loop" and "Event loop is closed" cannot happen (pytest-asyncio issues 706, 991;
SQLAlchemy issue 5626).
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DisconnectionError

from greenshift import trace

Loop = asyncio.AbstractEventLoop


class LoopFollower:
    """Watches the connections of async engines, and the ends of the loops that opened them.

    Args:
        before_end: called with a loop that is about to be closed, while it still can run.
    """

    def __init__(self, before_end: Callable[[Loop], None]) -> None:
        self._before_end = before_end
        self._connections: dict[trace.ConnectionInfo, Any] = {}
        self._infos: dict[int, trace.ConnectionInfo] = {}
        self._guarded: WeakSet[Dialect] = WeakSet()
        self._test_loops: WeakSet[Loop] = WeakSet()
        self._followed: WeakSet[Loop] = WeakSet()
        self._close_runner = asyncio.Runner.close
        self._subscriptions: list[trace.Subscription] = []

    def install(self) -> None:
        """Start to watch."""
        follower = self
        original = self._close_runner

        @functools.wraps(original)
        def close(runner: asyncio.Runner) -> None:
            follower._runner_ends(runner)
            original(runner)

        # asyncio offers no hook for the end of a loop; every runner (pytest-asyncio, anyio, asyncio.run) ends here.
        asyncio.Runner.close = close  # type: ignore[method-assign,assignment]
        self._subscriptions = [
            trace.pool.on_connect(self._connected),
            trace.pool.on_checkout(self._checked_out),
            trace.pool.on_close(self._closed),
            trace.pool.on_connect_arguments(self._connecting),
        ]

    def uninstall(self) -> None:
        """Stop to watch."""
        asyncio.Runner.close = self._close_runner  # type: ignore[method-assign]
        for subscription in self._subscriptions:
            subscription.close()
        self._subscriptions = []
        for dialect in self._guarded:
            del dialect.do_ping
        self._guarded.clear()

    def add_test_loop(self, loop: Loop) -> None:
        """Remember a loop in which a test plugin runs tests."""
        self._test_loops.add(loop)
        self._follow(loop)

    def test_loops(self) -> list[Loop]:
        """The loops of test plugins that are still open."""
        return [loop for loop in self._test_loops if not loop.is_closed()]

    def is_test_loop(self, loop: Loop) -> bool:
        """Whether a test plugin runs tests in this loop."""
        return loop in self._test_loops

    def drop(self, info: trace.ConnectionInfo, reason: str) -> None:
        """End a connection, wherever it is, and have its pool replace it."""
        connection = self._forget(info)
        if connection is not None:
            end_connection(connection, info.loop)
        info.invalidate(reason)

    def _forget(self, info: trace.ConnectionInfo) -> Any:
        connection = self._connections.pop(info, None)
        if connection is not None:
            self._infos.pop(id(connection), None)
        return connection

    def _connected(self, info: trace.ConnectionInfo, dbapi_connection: Any) -> None:
        self._connections[info] = dbapi_connection
        self._infos[id(dbapi_connection)] = info
        if info.loop is not None:
            self._follow(info.loop)

    def _closed(self, info: trace.ConnectionInfo) -> None:
        self._forget(info)

    def _checked_out(self, info: trace.ConnectionInfo, dbapi_connection: Any) -> None:
        if not info.usable_here:
            end_connection(dbapi_connection, info.loop)
            raise DisconnectionError("this connection belongs to another event loop; the pool opens a new one")

    def _connecting(self, dialect: Dialect, _arguments: list[Any], _keywords: dict[str, Any]) -> None:
        """Have ``pool_pre_ping`` ask first whose a connection is: it pings before the pool's checkout event."""
        if not dialect.is_async or dialect in self._guarded:
            return
        ping = dialect.do_ping

        def do_ping(dbapi_connection: Any) -> bool:
            info = self._infos.get(id(dbapi_connection))
            if info is not None:
                self._checked_out(info, dbapi_connection)
            return ping(dbapi_connection)

        dialect.do_ping = do_ping  # type: ignore[method-assign]
        self._guarded.add(dialect)

    def _follow(self, loop: Loop) -> None:
        """Notice the end of a loop that no runner closes (pytest-asyncio 1.0, loops made by hand)."""
        if loop in self._followed:
            return
        self._followed.add(loop)
        close = loop.close

        def end_and_close() -> None:
            if not loop.is_closed() and not loop.is_running():
                self._before_end(loop)
                self.end_connections(loop)
            close()

        loop.close = end_and_close  # type: ignore[method-assign]

    def _runner_ends(self, runner: asyncio.Runner) -> None:
        try:
            loop = runner.get_loop()
        except RuntimeError:  # closed already
            return
        if loop.is_closed() or loop.is_running():
            return
        self._before_end(loop)
        self.end_connections(loop)

    def end_connections(self, loop: Loop) -> None:
        """End every connection that a loop opened, while the loop can still notice it."""
        ended = [info for info in list(self._connections) if info.loop is loop]
        for info in ended:
            self.drop(info, "its event loop ended")
        if ended:
            loop.run_until_complete(asyncio.sleep(0))
        self._renew_pools({info.engine for info in ended if info.engine is not None})

    def _renew_pools(self, engines: set[Engine]) -> None:
        """Give engines a new pool: a pool that was once exhausted has a queue that belongs to the loop that waited."""
        in_use = {info.engine for info in list(self._connections) if info.loop is not None}
        for engine in engines - in_use:
            try:
                engine.dispose(close=False)
            except NotImplementedError:  # made by Engine.execution_options(); its pool is another engine's
                pass


def end_connection(dbapi_connection: Any, loop: Loop | None) -> None:
    """End a driver's connection from outside its loop, without waiting and without a word in the log."""
    driver_connection = getattr(dbapi_connection, "driver_connection", dbapi_connection)
    for name in ("terminate", "stop"):  # asyncpg, aiosqlite
        end = getattr(driver_connection, name, None)
        if end is not None:
            break
    else:
        pgconn = getattr(driver_connection, "pgconn", None)  # psycopg
        end = getattr(pgconn, "finish", None)
    if end is None:
        return
    try:
        if loop is not None and loop.is_running():
            loop.call_soon_threadsafe(end)
        else:
            end()
    except Exception:  # noqa: S110 - a dead loop makes this fail in many ways; the pool drops it
        pass
