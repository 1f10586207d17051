"""GS102: a queue's arguments for a pool that is no queue."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Symbol
from greenshift.check.reference.engine_arguments import queue_only
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity

_IN_ORDER = ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo")


class PoolArguments(Rule):
    """``pool_size`` with ``NullPool``."""

    id = "GS102"
    title = "pool_size, max_overflow or pool_timeout for a pool that does not take them"
    severity = Severity.ERROR
    why = (
        "NullPool, StaticPool and AssertionPool hold no queue of connections, so create_engine refuses pool_size, "
        "max_overflow, pool_timeout and pool_use_lifo with them: `TypeError: Invalid argument(s) 'pool_size' sent to "
        "create_engine(), using configuration PGDialect_asyncpg/NullPool/Engine`, even if the value is None. "
        "SingletonThreadPool takes pool_size only. It often appears when one module chooses the pool by environment "
        "and another gives the sizes. SQLite in memory gets SingletonThreadPool (asyncio: StaticPool) by itself."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#api-documentation-available-pool-implementations"
    fix = "leave these arguments out, or choose QueuePool (asyncio: AsyncAdaptedQueuePool) by leaving poolclass out"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop",
    poolclass=NullPool,
    pool_size=5,
    max_overflow=10,
    pool_timeout=30,
)
""",
            fixed="""\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop",
    poolclass=NullPool,
)
""",
            finds="NullPool does not take pool_size, max_overflow, pool_timeout",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", pool_size=1, poolclass=StaticPool, max_overflow=0)
""",
            fixed="""\
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool)
""",
            finds="StaticPool does not take pool_size, max_overflow",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("sqlite://", max_overflow=10)
""",
            fixed="""\
from sqlalchemy import create_engine

engine = create_engine("sqlite://")
""",
            finds="SingletonThreadPool does not take max_overflow",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

POOL = {"pool_size": 5, "poolclass": NullPool}
engine = create_engine("postgresql+psycopg://localhost/shop", **POOL)
""",
            finds="TypeError",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop", poolclass=NullPool, pool_pre_ping=True, pool_recycle=300
)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import SingletonThreadPool

engine = create_engine("sqlite://", poolclass=SingletonThreadPool, pool_size=5)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

options = {"poolclass": NullPool} if os.environ.get("TESTING") else {"pool_size": 5, "max_overflow": 10}
engine = create_engine("postgresql+psycopg://localhost/shop", **options)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

URL = os.environ.get("DATABASE_URL", "sqlite://")
options = {} if URL.startswith("sqlite") else {"pool_size": 5, "max_overflow": 10}
engine = create_engine(URL, **options)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("sqlite:///shop.db", pool_size=5, max_overflow=10)
"""
        ),
        code(
            """\
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool


def test_sizes_are_refused():
    with pytest.raises(TypeError):
        create_engine("sqlite:///shop.db", poolclass=NullPool, pool_size=5)
""",
            path="tests/test_pool.py",
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the pool's class beside the arguments."""
        pools = [option.value for option in engine.pool_class.options]
        if not engine.pool_class.surely(lambda value: isinstance(value, Symbol) and bool(queue_only(value.last))):
            return
        if engine.argument("poolclass") is None and not engine.url.surely(lambda url: True):
            # The pool follows from the URL, which the environment replaces.
            return
        refused = frozenset.intersection(*(queue_only(pool.last) for pool in pools))
        if engine.is_async and any(pool.last == "SingletonThreadPool" for pool in pools):
            # Refused for its class already.
            return
        # An argument that is there only in some branches has an unknown part.
        given = [
            name
            for name in _IN_ORDER
            if name in refused and name in engine.arguments and not engine.arguments[name].unknown
        ]
        if not given:
            return
        written = [engine.written[name] for name in given if name in engine.written]
        yield self.found(
            f"{engine.pool_class} does not take {', '.join(given)}: {engine.made_by} raises TypeError "
            "(Invalid argument(s) sent to create_engine())",
            engine.argument_place(given[0]),
            subject=engine.subject,
            edits=[argument.removed() for argument in written] if len(written) == len(given) else [],
        )
