"""GS202: an asyncio driver for a sync engine."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.reference.addresses import is_fixed, texts
from greenshift.check.reference.drivers import ASYNC_ONLY
from greenshift.check.rules.rule import Rule, code
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity


class AsyncDriver(Rule):
    """``create_engine("postgresql+asyncpg://...")``."""

    id = "GS202"
    title = "a URL with an asyncio driver for a sync engine"
    severity = Severity.ERROR
    why = (
        "create_engine takes the URL without complaint; the first connection raises `MissingGreenlet: greenlet_spawn "
        "has not been called; can't call await_only() here`, in SQLAlchemy 2.0 and 2.1 alike. It is often Alembic's "
        "env.py or a script that shares its settings with an asyncio application. psycopg (3) is the one driver whose "
        "URL serves both."
    )
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-xd2s"
    fix = "use create_async_engine, or give the sync engine a sync driver (postgresql+psycopg serves both)"
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
""",
            finds="MissingGreenlet",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

URL = "sqlite+aiosqlite:///shop.db"
engine = create_engine(URL)
SessionLocal = sessionmaker(engine)
""",
            finds="sqlite+aiosqlite",
        ),
        code(
            """\
import os

from sqlmodel import create_engine

engine = create_engine(os.getenv("DATABASE_URL", "postgresql+asyncpg://app@db/shop"), pool_pre_ping=True)
""",
            finds="MissingGreenlet",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop")
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop")
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import create_engine

engine = AsyncEngine(create_engine("postgresql+asyncpg://app@db/shop", future=True))
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

sync_engine = create_engine("postgresql+asyncpg://app@db/shop", future=True)
engine = AsyncEngine(sync_engine)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

url = os.environ.get("DATABASE_URL", "postgresql+asyncpg://app@db/shop")
engine = create_engine(url.replace("+asyncpg", ""))
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+asyncpg://app@db/shop?async_fallback=true")
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the driver that the URL names."""
        # A test that connects shows it by itself; one that does not need not mind.
        if engine.is_async or engine.driver not in ASYNC_ONLY or engine.scope is Scope.TEST:
            return
        if any("async_fallback" in text.query() for text in texts(engine.url)) or _is_wrapped(engine, program):
            return
        yield self.found(
            f"{engine.made_by} with {engine.scheme}://, an asyncio driver: the first connection raises MissingGreenlet",
            engine.argument_place("url"),
            subject=engine.subject,
            severity=Severity.ERROR if is_fixed(engine.url) else Severity.WARNING,
        )


def _is_wrapped(engine: Engine, program: Program) -> bool:
    """Whether the engine is given to an ``AsyncEngine``, as was done before ``create_async_engine``."""
    names = usage_of(program).names
    return any(
        engine in names.engines(file, argument)
        for file in program.files
        if "AsyncEngine" in file.text
        for call in file.nodes(ast.Call)
        if (file.name(call.func) or "").rpartition(".")[2] == "AsyncEngine"
        for argument in call.args
    )
