"""GS111: a pool of one connection, or of one for each thread, for a database server."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope, Symbol
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity

_POOLS = {
    "StaticPool": "everybody shares one connection and its transaction",
    "AssertionPool": "the second connection at a time raises AssertionError",
    "SingletonThreadPool": "each thread keeps a connection of its own for good",
}


class OneConnection(Rule):
    """``poolclass=StaticPool`` with PostgreSQL."""

    id = "GS111"
    title = "a pool class that is made for SQLite or for debugging, with a database server"
    severity = Severity.WARNING
    why = (
        "StaticPool has one connection for the whole program: two requests at the same time share its transaction, "
        "so the commit of one makes the other's half-done work permanent (its rollback came too late when it was "
        "tried), and with asyncpg they raise `another operation is in progress`. AssertionPool raises AssertionError "
        "for a second connection at a time. SingletonThreadPool keeps a connection for every thread, without a limit "
        "that holds; SQLAlchemy's documentation calls it not for production."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#api-documentation-available-pool-implementations"
    fix = "leave poolclass out, or use NullPool if connections must not be kept"
    bad = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=StaticPool)
""",
            finds="StaticPool",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import SingletonThreadPool

engine = create_engine("mysql+pymysql://app@db/shop", poolclass=SingletonThreadPool)
""",
            finds="each thread keeps a connection",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AssertionPool

engine = create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=AssertionPool)
""",
            finds="AssertionError",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

engine = create_engine("postgresql+psycopg://app@db/test", poolclass=StaticPool)
""",
            path="tests/conftest.py",
        ),
        code(
            """\
import os

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=StaticPool)
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the class that the engine is given."""
        given = engine.argument("poolclass")
        if given is None or engine.dialect in (None, "sqlite") or engine.scope in (Scope.TEST, Scope.SCRIPT):
            return
        known = given.known
        if not isinstance(known, Symbol) or known.last not in _POOLS:
            return
        if engine.is_async and known.last == "SingletonThreadPool":
            return
        yield self.found(
            f"{known} with {engine.dialect}: {_POOLS[known.last]}",
            engine.argument_place("poolclass"),
            subject=engine.subject,
        )
