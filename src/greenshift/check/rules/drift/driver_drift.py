"""GS704: services with different drivers or databases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Program
from greenshift.check.rules.drift.accidental import PROJECT, accidental, services
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Severity

_ENGINE = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("{url}")
"""
_ASYNCPG = _ENGINE.format(url="postgresql+asyncpg://shop@db.internal/shop")
_PSYCOPG = _ENGINE.format(url="postgresql+psycopg://shop@db.internal/shop")
_DECLARED = PROJECT + 'differs = { driver = "it needs COPY in blocks" }\n'


class DriverDrift(Rule):
    """A driver or a database that differs between services, or between environments."""

    id = "GS704"
    title = "drivers or databases differ between services, and nothing says why"
    severity = Severity.WARNING
    why = (
        "Drivers differ in what they take for a type, in how they prepare statements (and so in what they need behind "
        "a PgBouncer), in their time-outs and in their errors. What one service is tested with is not what the other "
        "runs on. Worse between environments: tests on SQLite say little of PostgreSQL."
    )
    source = "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#dialect-postgresql"
    fix = (
        "use one driver, or declare the difference with its reason in [tool.greenshift.services.NAME]: "
        'differs = { driver = "needs COPY" }'
    )
    bad = (
        services(_ASYNCPG, _PSYCOPG, finds="driver of shop is psycopg, but asyncpg in auth"),
        services(
            _ASYNCPG, _ENGINE.format(url="mysql+aiomysql://shop@db.internal/shop"), finds="dialect of shop is mysql"
        ),
    )
    good = (
        services(_ASYNCPG, _ASYNCPG),
        services(_PSYCOPG, _ENGINE.format(url="postgresql+psycopg_async://shop@db.internal/shop")),
        services(_ASYNCPG, _PSYCOPG, project=_DECLARED),
        services(
            _ASYNCPG,
            """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///shop.db"))
""",
        ),
    )

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare the services' URLs."""
        return accidental(self, programs)
