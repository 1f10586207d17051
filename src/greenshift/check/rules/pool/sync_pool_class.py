"""GS112: an asyncio pool for a sync engine."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Symbol
from greenshift.check.reference.drivers import ASYNC_ONLY
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity


class SyncPoolClass(Rule):
    """``poolclass=AsyncAdaptedQueuePool`` on a sync engine."""

    id = "GS112"
    title = "AsyncAdaptedQueuePool on a sync engine"
    severity = Severity.ERROR
    why = (
        "AsyncAdaptedQueuePool waits for a connection inside an asyncio program's greenlet, which a sync engine does "
        "not have. create_engine refuses it (`Pool class AsyncAdaptedQueuePool cannot be used with non-asyncio "
        "engine`) when the engine is made, in SQLAlchemy 2.0 and 2.1 alike."
    )
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-pcls"
    fix = "leave poolclass out: create_engine chooses QueuePool, which takes the same arguments"
    bad = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=AsyncAdaptedQueuePool, pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy import create_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
""",
            finds="cannot be used with non-asyncio engine",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=AsyncAdaptedQueuePool)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool

engine = AsyncEngine(create_engine("postgresql+asyncpg://app@db/shop", poolclass=AsyncAdaptedQueuePool))
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=QueuePool)
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the class that the engine is given."""
        given = engine.argument("poolclass")
        # Without a URL one cannot tell: an asyncio driver's engine may be wrapped in an AsyncEngine.
        if engine.is_async or given is None or engine.driver is None or engine.driver in ASYNC_ONLY:
            return
        if given.surely(lambda value: isinstance(value, Symbol) and value.last == "AsyncAdaptedQueuePool"):
            written = engine.written.get("poolclass")
            yield self.found(
                f"Pool class {given} cannot be used with non-asyncio engine: create_engine raises ArgumentError",
                engine.argument_place("poolclass"),
                subject=engine.subject,
                edits=[written.removed()] if written is not None else [],
            )
