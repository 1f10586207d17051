"""GS103: connections that something closes while they are idle, and nothing that notices."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.reference.addresses import managed_by
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.report.findings import Edit, Finding, Severity


class StaleConnections(Rule):
    """Neither ``pool_pre_ping`` nor ``pool_recycle`` behind a proxy or a managed database."""

    id = "GS103"
    title = "neither pool_pre_ping nor pool_recycle behind a proxy or a managed database"
    severity = Severity.WARNING
    why = (
        "Proxies and managed databases close connections that are idle, are moved to another machine or are put to "
        "sleep. The pool does not notice: it hands the dead connection to the next request, which fails with "
        "OperationalError or InterfaceError (`terminating connection due to administrator command`, `connection was "
        "closed in the middle of operation`), typically the first one in the morning. pool_pre_ping=True asks each "
        "connection with a ping when it is taken and replaces it silently if it is dead."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects"
    fix = "add pool_pre_ping=True (or a pool_recycle below the time after which idle connections are closed)"
    bad = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop")
""",
                "pyproject.toml": '[tool.greenshift.check]\nproxy = "pgbouncer-session"\n',
            },
            fixed={
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
"""
            },
            finds="pgbouncer-session",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://app@ep-cool-darkness-123456.eu-central-1.aws.neon.tech/shop",
    pool_size=5,
)
""",
            fixed="""\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://app@ep-cool-darkness-123456.eu-central-1.aws.neon.tech/shop",
    pool_size=5,
    pool_pre_ping=True,
)
""",
            finds="Neon",
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

instance = os.environ["INSTANCE"]
engine = create_engine(f"postgresql+psycopg2://app@/shop?host=/cloudsql/{instance}", pool_pre_ping=False)
""",
            finds="Cloud SQL",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db:6432/shop", pool_pre_ping=True)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db:6432/shop", pool_recycle=240)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://app@db:6432/shop", poolclass=NullPool)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

from app.settings import pool_options

engine = create_engine("postgresql+psycopg://app@db.abcdefgh.supabase.co/shop", **pool_options())
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@localhost:5432/neon")
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the pool's settings, and at what stands before the database."""
        closes = managed_by(engine, program)
        if not closes or not keeps_dead_connections(engine) or engine.scope in (Scope.SCRIPT, Scope.TEST):
            return
        yield self.found(
            f"{closes} may close connections that the pool keeps, and neither pool_pre_ping nor pool_recycle is set: "
            "the next request fails",
            engine.place,
            subject=engine.subject,
            edits=pre_ping_added(engine),
        )


def keeps_dead_connections(engine: Engine) -> bool:
    """Return whether an engine surely keeps connections in a queue, and hands them out without a look at them.

    Args:
        engine: the engine.
    """
    return (
        bool(engine.is_queue)
        and engine.dialect != "sqlite"
        and engine.setting("pool_pre_ping").surely(lambda value: not value)
        and engine.setting("pool_recycle").surely(lambda value: value == -1)
    )


def pre_ping_added(engine: Engine) -> list[Edit]:
    """Return the edit that switches ``pool_pre_ping`` on; none if it is written otherwise.

    Args:
        engine: the engine.
    """
    if engine.addition is None or "pool_pre_ping" in engine.arguments:
        return []
    place, before = engine.addition
    return [Edit(place, f"{before}pool_pre_ping=True")]
