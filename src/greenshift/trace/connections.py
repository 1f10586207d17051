"""What is known of each pooled database connection: who opened it, who holds it, what it last did."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import AdaptedConnection, Connection, Engine
from sqlalchemy.pool import Pool

from greenshift.trace.call_site import CallSite
from greenshift.trace.checkout import NOTED, Checkout, Held, note_holder
from greenshift.trace.place import running_loop

if TYPE_CHECKING:
    from greenshift.trace.statement import Statement

# The key under which SQLAlchemy's connection_record.info holds our ConnectionInfo.
INFO_KEY: Final = "greenshift"

_test: str | None = None


def set_test(name: str | None) -> None:
    """Name the test that is running; it is noted on checkouts and statements from now on.

    Args:
        name: for example pytest's node id; None between tests.
    """
    global _test
    _test = name


class _PoolEntry(Protocol):
    """The public part that a pool's record and a checked-out connection share."""

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None: ...


class ConnectionInfo:
    """One DBAPI connection in a pool, from its opening to its closing.

    It lies in ``connection_record.info``; a replaced connection gets a new one. All attributes may be read
    from any thread.

    Attributes:
        backend_pid: the server process, or None where the driver does not tell (SQLite).
        driver: ``psycopg``, ``asyncpg``, ``psycopg2``, ``pysqlite``, ``aiosqlite``...
        database: the database's name (SQLite: the file), None while unknown.
        engine_url: the engine's URL without its password, None until its first statement.
        is_async: whether it is an asyncio driver's connection.
        opened: the call site that caused the connection, None when it was open before anybody subscribed.
        opened_at: when it was seen first, in seconds of ``time.perf_counter``.
        opened_in_test: the test that was running then.
        pool_id: the identity of :attr:`pool`, 0 until that is known.
        checkouts: how often it has been taken from its pool while somebody was subscribed.
        in_transaction_since: when SQLAlchemy began the open transaction (``perf_counter``), or None. Transactions
            begun on a raw DBAPI connection are not seen.
        last_statement: the statement that it ran last, or is running.
        previous_statement: the one before it.
        tainted: reasons for which its session state is no longer as after connecting; clear it after a reset.
        closed: whether it has been closed.
        detached: whether it was detached from its pool.
        invalidated: the reason given to :meth:`invalidate`, or None.
    """

    __slots__ = (
        "__weakref__",
        "_bare",
        "_engine",
        "_entry",
        "_held",
        "_loop",
        "_pool",
        "backend_pid",
        "checkouts",
        "closed",
        "database",
        "detached",
        "driver",
        "engine_url",
        "in_transaction_since",
        "invalidated",
        "is_async",
        "last_statement",
        "opened",
        "opened_at",
        "opened_in_test",
        "pool_id",
        "previous_statement",
        "tainted",
    )

    def __init__(self, dbapi_connection: Any, driver_connection: Any, entry: _PoolEntry) -> None:
        self.is_async = isinstance(dbapi_connection, AdaptedConnection)
        self.driver = _driver(driver_connection)
        self.backend_pid = _backend_pid(driver_connection)
        self.database = _database(driver_connection)
        self.engine_url: str | None = None
        self.opened: CallSite | None = None
        self.opened_at = time.perf_counter()
        self.opened_in_test = _test
        self.checkouts = 0
        self.in_transaction_since: float | None = None
        self.last_statement: Statement | None = None
        self.previous_statement: Statement | None = None
        self.tainted: set[str] = set()
        self.closed = False
        self.detached = False
        self.invalidated: str | None = None
        self._loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
        self._engine: weakref.ref[Engine] | None = None
        self._held: Held | None = None
        self._pool: weakref.ref[Pool] | None = None
        self.pool_id = 0
        self._entry: weakref.ref[_PoolEntry] = weakref.ref(entry)
        # Whether SQLAlchemy has begun no transaction in this checkout: what was sent, if anything, was not seen.
        self._bare = False

    @property
    def checkout(self) -> Checkout | None:
        """Who holds it; None while it is idle in its pool."""
        held = self._held
        if held is None:
            return None
        if len(held) == NOTED:
            # Of two threads that ask at once both get what the first has put there.
            held.append(Checkout(held))
        checkout: Checkout = held[NOTED]
        return checkout

    @property
    def checked_out(self) -> bool:
        """Whether somebody holds it."""
        return self._held is not None

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop on which an asyncio connection was opened; None for a sync one, an unknown or a vanished one."""
        return None if self._loop is None else self._loop()

    @property
    def engine(self) -> Engine | None:
        """The engine that ran a statement on it, None until then or when the engine is gone."""
        return None if self._engine is None else self._engine()

    @property
    def pool(self) -> Pool | None:
        """The pool that it was last taken from, None until then or when the pool is gone."""
        return None if self._pool is None else self._pool()

    def _taken_from(self, pool: Pool) -> None:
        self._pool = weakref.ref(pool)
        self.pool_id = id(pool)

    @property
    def loop_is_known(self) -> bool:
        """Whether the loop was noted at connect (it may have vanished since)."""
        return self._loop is not None

    @property
    def usable_here(self) -> bool:
        """Whether the loop running in this thread may use it: the one it was opened on, where that matters."""
        if self._loop is None:
            return True
        loop = self._loop()
        return loop is not None and loop is running_loop()

    def invalidate(self, reason: str = "invalidated by Greenshift") -> None:
        """Have the pool replace it at its next checkout; its present holder may go on using it.

        Safe from any thread, and no matter whether anybody is subscribed.

        Args:
            reason: one line, for SQLAlchemy's log and ``invalidated``.
        """
        entry = self._entry()
        self.invalidated = reason
        if entry is not None and not self.closed:
            entry.invalidate(ConnectionReplacedError(reason), soft=True)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "checked out" if self._held else "idle"
        return f"<ConnectionInfo {self.driver} {self.database} pid={self.backend_pid} {state}>"


class ConnectionReplacedError(Exception):
    """The reason SQLAlchemy logs when a connection is replaced through :meth:`ConnectionInfo.invalidate`."""


def _driver(driver_connection: Any) -> str:
    root = type(driver_connection).__module__.partition(".")[0]
    return {"sqlite3": "pysqlite"}.get(root, root)


def _backend_pid(driver_connection: Any) -> int | None:
    try:
        if hasattr(driver_connection, "get_server_pid"):
            return int(driver_connection.get_server_pid())
        if hasattr(driver_connection, "info"):
            return int(driver_connection.info.backend_pid)
    except Exception:
        return None
    return None


def _database(driver_connection: Any) -> str | None:
    try:
        return str(driver_connection.info.dbname)
    except Exception:
        return None


_lock = threading.Lock()
_known: weakref.WeakSet[ConnectionInfo] = weakref.WeakSet()


def live() -> list[ConnectionInfo]:
    """Return the connections that are open, oldest first.

    These are the connections opened while somebody was subscribed, and older ones that were checked out or
    ran a statement since. A connection that was idle in its pool before the first subscription and has not
    been used since is not known: SQLAlchemy offers no public way to it.
    """
    with _lock:
        known = list(_known)
    alive = [info for info in known if not info.closed and (info.detached or info._entry() is not None)]
    return sorted(alive, key=lambda info: info.opened_at)


def register(info: ConnectionInfo) -> None:
    """Remember a connection for :func:`live`, weakly."""
    with _lock:
        _known.add(info)


def adopt(dbapi_connection: Any, entry: Any) -> ConnectionInfo:
    """Return the information on a connection, making it up where it was opened before anybody subscribed.

    Args:
        dbapi_connection: SQLAlchemy's DBAPI connection.
        entry: the pool's record, or the checked-out pooled connection.
    """
    info: ConnectionInfo | None = entry.info.get(INFO_KEY)
    if info is None:
        info = ConnectionInfo(dbapi_connection, entry.driver_connection, entry)
        entry.info[INFO_KEY] = info
        register(info)
    return info


def info_of(connection: Connection) -> ConnectionInfo:
    """Return the information on the DBAPI connection behind a SQLAlchemy connection in use."""
    info: ConnectionInfo | None = connection.info.get(INFO_KEY)
    if info is None:
        pooled = connection.connection
        info = adopt(pooled.dbapi_connection, pooled)
        info._held = note_holder(sys._getframe(1), _test)
    if info.engine_url is None:
        url = connection.engine.url
        info.engine_url = url.render_as_string(hide_password=True)
        info._engine = weakref.ref(connection.engine)
        info.database = info.database or url.database
    return info
