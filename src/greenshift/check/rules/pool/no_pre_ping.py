"""GS104: connections are not looked at before they are used."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.reference.addresses import managed_by
from greenshift.check.rules.pool.stale_connections import keeps_dead_connections, pre_ping_added
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity


class NoPrePing(Rule):
    """No ``pool_pre_ping`` with a database server."""

    id = "GS104"
    title = "no pool_pre_ping: after the database restarts, every pooled connection fails once"
    severity = Severity.ADVICE
    why = (
        "When the database restarts or fails over, every connection in the pool is dead. Without pool_pre_ping the "
        "first request finds that out and fails; only then does the pool throw away its connections. "
        "pool_pre_ping=True costs one round trip whenever a connection is taken, and no request fails."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic"
    fix = "add pool_pre_ping=True"
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_size=10)
""",
            fixed="""\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_size=10, pool_pre_ping=True)
""",
            finds="pool_pre_ping",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine


def make_engine(database):
    return create_async_engine(f"mysql+aiomysql://app@db/{database}")
""",
            fixed="""\
from sqlalchemy.ext.asyncio import create_async_engine


def make_engine(database):
    return create_async_engine(f"mysql+aiomysql://app@db/{database}", pool_pre_ping=True)
""",
            finds="pool_pre_ping",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("sqlite:///shop.db")
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

from app.settings import settings

engine = create_engine(settings.database_url)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine



def main():
    engine = create_engine("postgresql+psycopg://app@db/shop")
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


if __name__ == "__main__":
    main()
""",
            path="scripts/analyze.py",
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the pool's settings, where nothing is known to close connections."""
        if engine.dialect is None or not keeps_dead_connections(engine) or managed_by(engine, program):
            return
        if engine.scope in (Scope.SCRIPT, Scope.TEST):
            return
        yield self.found(
            "no pool_pre_ping: after the database restarts, the next request fails on a dead connection",
            engine.place,
            subject=engine.subject,
            edits=pre_ping_added(engine),
        )
