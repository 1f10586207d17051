"""GS101: a pool that an asyncio engine cannot use."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Symbol
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity

_BLOCKING = ("QueuePool", "SingletonThreadPool")


class AsyncPoolClass(Rule):
    """``poolclass=QueuePool`` on an asyncio engine."""

    id = "GS101"
    title = "a pool class that an asyncio engine cannot use"
    severity = Severity.ERROR
    why = (
        "QueuePool waits for a connection by blocking its thread, which in an asyncio program is the event loop. "
        "create_async_engine therefore refuses it (`Pool class QueuePool cannot be used with asyncio engine`) when "
        "the engine is made, in every process that starts. Older versions of SQLAlchemy took it and blocked."
    )
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-pcls"
    fix = "leave poolclass out: create_async_engine chooses AsyncAdaptedQueuePool, which takes the same arguments"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop",
    poolclass=QueuePool,
    pool_size=5,
)
""",
            fixed="""\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop",
    pool_size=5,
)
""",
            finds="Pool class QueuePool cannot be used with asyncio engine",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = create_async_engine("postgresql+asyncpg://localhost/shop", poolclass=AsyncAdaptedQueuePool)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

engine = create_engine("postgresql+psycopg://localhost/shop", poolclass=QueuePool)
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the class that the engine is given."""
        given = engine.argument("poolclass")
        if not engine.is_async or given is None:
            return
        if given.surely(lambda value: isinstance(value, Symbol) and value.last in _BLOCKING):
            written = engine.written.get("poolclass")
            yield self.found(
                f"Pool class {given} cannot be used with asyncio engine: create_async_engine raises ArgumentError",
                written.place if written is not None else engine.place,
                subject=engine.subject,
                edits=[written.removed()] if written is not None else [],
            )
