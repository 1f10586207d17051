"""GS205: ``postgres://``."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program
from greenshift.check.reference.addresses import is_fixed
from greenshift.check.reference.installed import async_driver
from greenshift.check.rules.rule import Rule, code
from greenshift.check.rules.url.literal import replaced_in_url
from greenshift.report.findings import Finding, Severity


class PostgresScheme(Rule):
    """``postgres://`` in place of ``postgresql://``."""

    id = "GS205"
    title = "a URL that begins with postgres://"
    severity = Severity.ERROR
    why = (
        "libpq and many hosting providers write postgres://; SQLAlchemy took that until 1.3. Since 1.4 it raises "
        "`NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres` when the engine is made."
    )
    source = "https://docs.sqlalchemy.org/en/20/changelog/changelog_14.html#change-3687655465c25a39b968b4f5f6e9170b"
    fix = 'write postgresql://; for a variable of the environment: url.replace("postgres://", "postgresql://", 1)'
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgres://app@db/shop", pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy import create_engine

engine = create_engine("postgresql://app@db/shop", pool_pre_ping=True)
""",
            finds="Can't load plugin: sqlalchemy.dialects:postgres",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgres+asyncpg://app@db/shop", pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
""",
            finds="postgres.asyncpg",
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ.get("DATABASE_URL", "postgres://app@db/shop"), pool_pre_ping=True)
""",
            fixed="""\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ.get("DATABASE_URL", "postgresql://app@db/shop"), pool_pre_ping=True)
""",
            finds="NoSuchModuleError",
        ),
    )
    good = (
        code(
            """\
import os

from sqlalchemy import create_engine

url = os.environ.get("DATABASE_URL", "postgres://app@db/shop").replace("postgres://", "postgresql://", 1)
engine = create_engine(url)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

url = os.environ.get("DATABASE_URL", "postgres://app@db/shop")
if url.startswith("postgres://"):
    url = url.replace("postgres://", "postgresql://", 1)
engine = create_engine(url)
"""
        ),
        code(
            """\
import asyncpg


async def connect():
    return await asyncpg.connect("postgres://app@db/shop")
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the URL's beginning."""
        scheme = engine.scheme or ""
        if scheme != "postgres" and not scheme.startswith("postgres+"):
            return
        new = "postgresql" + scheme.removeprefix("postgres")
        if engine.is_async and scheme == "postgres":
            driver = async_driver(program.requirements, "postgresql")
            new = f"postgresql+{driver}" if driver else ""
        yield self.found(
            f"NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:{scheme.replace('+', '.')}",
            engine.argument_place("url"),
            subject=engine.subject,
            severity=Severity.ERROR if is_fixed(engine.url) else Severity.WARNING,
            edits=replaced_in_url(engine, program, f"{scheme}://", f"{new}://") if new else [],
        )
