"""GS210: a SQLite database in memory that is another one for each connection."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Symbol
from greenshift.check.reference.addresses import texts
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity

_QUEUES = ("QueuePool", "AsyncAdaptedQueuePool")


class MemoryDatabase(Rule):
    """``sqlite://`` with ``NullPool``."""

    id = "GS210"
    title = "a SQLite database in memory with a pool that opens several connections"
    severity = Severity.WARNING
    why = (
        "Each connection to :memory: is a new, empty database. With NullPool every one is: the tables that were just "
        "created are gone (`no such table`). With a queue of connections, which must be asked for, the second "
        "connection at a time is empty. With the default pool of a sync engine every thread has its own, so that "
        "check_same_thread=False alone does not share it: a web framework's worker threads see no tables. All was "
        "tried on SQLAlchemy 2.0 and 2.1; the default of an asyncio engine, StaticPool, is right."
    )
    source = "https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#using-a-memory-database-in-multiple-threads"
    fix = 'poolclass=StaticPool with connect_args={"check_same_thread": False}, or a file'
    bad = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("sqlite:///:memory:", poolclass=NullPool)
""",
            finds="each connection is a new, empty database",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = create_async_engine("sqlite+aiosqlite://", poolclass=AsyncAdaptedQueuePool)
""",
            finds="the second connection at a time",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("sqlite://", connect_args={"check_same_thread": False})
""",
            finds="each thread",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("sqlite://")
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///:memory:", connect_args={"check_same_thread": False})
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("sqlite:///shop.db", poolclass=NullPool, connect_args={"check_same_thread": False})
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("sqlite:///file:shop?mode=memory&cache=shared&uri=true", poolclass=NullPool)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

url = os.environ.get("DATABASE_URL", "sqlite:///shop.db")
engine = create_engine(url, connect_args={"check_same_thread": False})
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the pool of a database in memory."""
        if not engine.is_memory or any(text.has("cache=shared") for text in texts(engine.url)):
            return
        given = engine.argument("poolclass")
        if {"pool", "creator", "async_creator"} & set(engine.arguments) or (given is not None and given.unknown):
            return
        pool = engine.pool_class.known
        name = pool.last if isinstance(pool, Symbol) else ""
        if name == "NullPool":
            yield self.found(
                "SQLite in memory with NullPool: each connection is a new, empty database",
                engine.argument_place("poolclass"),
                subject=engine.subject,
            )
        elif name in _QUEUES:
            yield self.found(
                f"SQLite in memory with {name}: the second connection at a time is a new, empty database",
                engine.argument_place("poolclass"),
                subject=engine.subject,
            )
        elif name == "SingletonThreadPool" and _is_for_threads(engine):
            yield self.found(
                "SQLite in memory with check_same_thread=False and no poolclass=StaticPool: each thread has its own, "
                "empty database",
                engine.argument_place("connect_args"),
                subject=engine.subject,
            )


def _is_for_threads(engine: Engine) -> bool:
    same = (engine.connect_arguments or {}).get("check_same_thread")
    return same is not None and same.surely(lambda value: value is False)
