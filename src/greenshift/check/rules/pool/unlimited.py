"""GS105: a pool without a limit."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


class UnlimitedPool(Rule):
    """``max_overflow=-1`` or ``pool_size=0``."""

    id = "GS105"
    title = "a pool that opens connections without a limit"
    severity = Severity.WARNING
    why = (
        "With max_overflow=-1 the pool never waits: every request that finds no free connection opens another one. "
        "pool_size=0 means no limit too, not no pool, and max_overflow is then ignored (40 connections at once were "
        "opened with pool_size=0, max_overflow=5 and all 40 kept). Under load the program takes all of "
        "max_connections, and every other client of the database is refused with `too many clients already`."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool.__init__"
    fix = "give a pool_size and a max_overflow whose sum, times processes and instances, fits max_connections"
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_size=5, max_overflow=-1, pool_pre_ping=True)
""",
            finds="max_overflow=-1",
        ),
        code(
            """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=0, max_overflow=5)
""",
            finds="pool_size=0",
        ),
        code(
            """\
from sqlalchemy import create_engine

OPTIONS = {"max_overflow": -1}
engine = create_engine("postgresql+psycopg://app@db/shop", **OPTIONS)
""",
            finds="no limit",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_size=5, max_overflow=0)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", max_overflow=int(os.environ.get("MAX_OVERFLOW", "-1")))
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=NullPool)
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the pool's sizes."""
        if engine.is_queue is False:
            return
        for name, is_unlimited in (
            ("max_overflow", lambda value: _is_number(value) and value < 0),
            ("pool_size", lambda value: _is_number(value) and value == 0),
        ):
            given = engine.argument(name)
            if given is not None and given.surely(is_unlimited):
                yield self.found(
                    f"{name}={given} means no limit: under load the program takes every connection that the database "
                    "allows",
                    engine.argument_place(name),
                    subject=engine.subject,
                )
                return
