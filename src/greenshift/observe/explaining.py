"""Plans of slow SELECTs: asked for by a thread of its own, on a connection of its own, without a parameter's value.

The plan is the generic one, which names the parameters ``$1``, ``$2``: a plan for their values would show them in its
conditions. ``PREPARE`` and ``EXPLAIN EXECUTE`` under ``plan_cache_mode = force_generic_plan`` give it in every
supported version (PostgreSQL documentation, ``PREPARE``, Notes); EXPLAIN without ANALYZE executes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import re
import threading
import time
import weakref
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift.masking import mask
from greenshift.observe.slow import SlowRecord

logger: Final = logging.getLogger("greenshift.observe")

# Seconds from one EXPLAIN to the next, and until the same statement is explained again.
PAUSE: Final = 1.0
AGAIN: Final = 600.0
_MOST_WAITING: Final = 20
_MOST_REMEMBERED: Final = 1000

_SELECT: Final = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\()*(?:SELECT|WITH)\b", re.IGNORECASE | re.DOTALL)
_NAMED: Final = re.compile(r"%\((?P<name>[^)]+)\)s|%s|%%")
_NUMBERED: Final = re.compile(r"\$(\d+)")
_NAME: Final = "greenshift_explain"

_Request = tuple[weakref.ref[Engine], str, SlowRecord]


def generic(sql: str, paramstyle: str) -> tuple[str, int] | None:
    """Return a SELECT with PostgreSQL's own placeholders and their number, or None for what is not to be explained.

    Args:
        sql: the text as the driver got it.
        paramstyle: of the driver: ``pyformat``, ``format`` or ``numeric_dollar``.
    """
    text = sql.strip().removesuffix(";")
    # Two statements in one text: the second would be executed.
    if _SELECT.match(text) is None or ";" in text:
        return None
    if paramstyle == "numeric_dollar":
        return text, max((int(number) for number in _NUMBERED.findall(text)), default=0)
    if paramstyle not in ("pyformat", "format"):
        return None
    numbers: dict[str, int] = {}

    def placeholder(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        name = found["name"] or f" {len(numbers)}"
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _NAMED.sub(placeholder, text), len(numbers)


class Explainer:
    """Explains slow SELECTs on PostgreSQL, one a second at most, each text once in ten minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, str], float] = {}
        self._waiting: queue.Queue[_Request | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def ask(self, engine: Engine, sql: str, record: SlowRecord) -> None:
        """Have a statement explained, where that is possible and it has not been of late. Returns at once.

        Args:
            engine: its engine.
            sql: its text as the driver got it.
            record: gets the plan.
        """
        if engine.dialect.name != "postgresql" or self._closed.is_set():
            return
        now, key = time.monotonic(), (str(engine.url), sql)
        with self._lock:
            if now - self._asked.get(key, -AGAIN) < AGAIN:
                return
            if len(self._asked) >= _MOST_REMEMBERED:
                self._asked.clear()
            try:
                self._waiting.put_nowait((weakref.ref(engine), sql, record))
            except queue.Full:
                return
            self._asked[key] = now
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="greenshift-explain", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            try:
                self._waiting.put_nowait(None)
            except queue.Full:
                pass
            thread.join(timeout=5)

    def _run(self) -> None:
        while not self._closed.is_set():
            request = self._waiting.get()
            if request is None:
                return
            reference, sql, record = request
            engine = reference()
            if engine is not None:
                _explain_into(record, engine, sql)
            del engine, request
            self._closed.wait(PAUSE)


def _explain_into(record: SlowRecord, engine: Engine, sql: str) -> None:
    asked = generic(sql, engine.dialect.paramstyle)
    if asked is None:
        return
    try:
        record.plan = mask(_plan(engine, *asked))
    except Exception as error:
        logger.info("no plan: %s", mask(str(error).partition("\n")[0]))
        return
    logger.warning("plan of the slow statement at %s\n%s\n%s", record.call_site, record.sql, record.plan)


def _plan(engine: Engine, select: str, parameters: int) -> str:
    # A pool like the engine's own: the same arguments and listeners, which set the search path perhaps.
    apart = Engine(engine.pool.recreate(), engine.dialect, engine.url)
    if not engine.dialect.is_async:
        try:
            with apart.connect() as connection:
                return _ask(connection, select, parameters)
        finally:
            apart.dispose()

    async def ask() -> str:
        asynchronous = AsyncEngine(apart)
        try:
            async with asynchronous.connect() as connection:
                return await connection.run_sync(_ask, select, parameters)
        finally:
            await asynchronous.dispose()

    return asyncio.run(ask())


def _ask(connection: Connection, select: str, parameters: int) -> str:
    # A plain cursor: SQLAlchemy's events, and so the application's counts, have no part in this.
    cursor: Any = connection.connection.cursor()
    values = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    try:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = '2s'")
        cursor.execute("SET LOCAL lock_timeout = '500ms'")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE {_NAME} AS {select}")
        cursor.execute(f"EXPLAIN EXECUTE {_NAME}{values}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        # Behind a proxy the session goes on without us.
        cursor.execute(f"DEALLOCATE {_NAME}")
        return plan
    finally:
        cursor.close()
        connection.connection.rollback()
