"""GS201: a sync driver for an asyncio engine."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program
from greenshift.check.reference.addresses import is_fixed
from greenshift.check.reference.drivers import DEFAULT_DRIVERS, SYNC_ONLY
from greenshift.check.reference.installed import async_driver, brings
from greenshift.check.reference.versions import may_be_2_1, may_be_before_2_1
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.rules.url.literal import replaced_in_url
from greenshift.report.findings import Finding, Severity


class SyncDriver(Rule):
    """``create_async_engine("postgresql+psycopg2://...")``."""

    id = "GS201"
    title = "a URL with a sync driver for an asyncio engine"
    severity = Severity.ERROR
    why = (
        "create_async_engine loads the driver that the URL names, or the dialect's default one, and raises "
        "`InvalidRequestError: The asyncio extension requires an async driver to be used. The loaded 'psycopg2' is "
        "not async.` for a sync one (or ModuleNotFoundError where that is not installed), when the module is "
        "imported. A bare postgresql:// means psycopg2 in SQLAlchemy 2.0; in 2.1 it means psycopg 3, which works if "
        "psycopg is installed. A bare sqlite:// or mysql:// is sync in both."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.create_async_engine"
    fix = "name an asyncio driver in the URL: postgresql+asyncpg, postgresql+psycopg, sqlite+aiosqlite, mysql+aiomysql"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+psycopg2://app@db/shop", pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
""",
            finds="The loaded 'psycopg2' is not async",
        ),
        Sample(
            {
                "app/database.py": """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(f"postgresql://app:{os.environ['PASSWORD']}@db/shop", pool_pre_ping=True)
""",
                "requirements.txt": "sqlalchemy[asyncio]==2.0.41\nasyncpg\n",
            },
            fixed={
                "app/database.py": """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(f"postgresql+asyncpg://app:{os.environ['PASSWORD']}@db/shop", pool_pre_ping=True)
"""
            },
            finds="means psycopg2 in SQLAlchemy 2.0",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

URL = "sqlite:///shop.db"
engine = create_async_engine(URL)
""",
            finds="The loaded 'pysqlite' is not async",
        ),
        code(
            """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ.get("DATABASE_URL", "mysql+pymysql://app@db/shop"), pool_pre_ping=True)
""",
            finds="The loaded 'pymysql' is not async",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+psycopg://app@db/shop")
"""
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql://app@db/shop")
""",
                "requirements.txt": "sqlalchemy[asyncio]>=2.1\npsycopg[binary]\n",
            }
        ),
        code(
            """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

url = os.environ.get("DATABASE_URL", "postgresql://app@db/shop")
engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
"""
        ),
        code(
            """\
import os

from sqlalchemy.ext.asyncio import create_async_engine


def async_url(url: str) -> str:
    if url.startswith("postgresql://"):
        return "postgresql+asyncpg://" + url[len("postgresql://"):]
    return url


engine = create_async_engine(async_url(os.environ.get("DATABASE_URL", "postgresql://app@db/shop")))
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://app@db/shop")
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the driver that the URL means."""
        scheme, dialect, driver = engine.scheme, engine.dialect, engine.driver
        if not engine.is_async or scheme is None or dialect is None or scheme.startswith("postgres+"):
            return
        severity = Severity.ERROR if is_fixed(engine.url) else Severity.WARNING
        if driver in SYNC_ONLY:
            loaded = f"The loaded '{driver}' is not async"
        elif not driver and dialect in DEFAULT_DRIVERS:
            loaded = f"The loaded '{DEFAULT_DRIVERS[dialect]}' is not async"
        elif scheme == "postgresql":
            if not may_be_before_2_1(program.requirements):
                return
            loaded = "postgresql:// means psycopg2 in SQLAlchemy 2.0, which is not async"
            if not self._fails_anyhow(program):
                severity = Severity.WARNING
        else:
            return
        wanted = async_driver(program.requirements, dialect)
        yield self.found(
            f"create_async_engine raises InvalidRequestError for {scheme}:// ({loaded})",
            engine.argument_place("url"),
            subject=engine.subject,
            severity=severity,
            fix=f"{dialect}+{wanted}://..." if wanted else "",
            edits=replaced_in_url(engine, program, f"{scheme}://", f"{dialect}+{wanted}://") if wanted else [],
        )

    def _fails_anyhow(self, program: Program) -> bool:
        """Whether a bare ``postgresql://`` fails in 2.1 too, or 2.1 cannot be installed."""
        requirements = program.requirements
        if not requirements.has("sqlalchemy"):
            return False
        return not may_be_2_1(requirements) or not brings(requirements, "psycopg")
