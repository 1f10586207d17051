"""GS701: services whose pools differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Program
from greenshift.check.rules.drift.accidental import PROJECT, accidental, engines, services
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Severity

_DECLARED = PROJECT + 'differs = { pool_size = "it has few users" }\n'
_FROM_ENVIRONMENT = """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://shop@db.internal/shop", pool_size=int(os.environ.get("POOL_SIZE", "{size}"))
)
"""


class PoolDrift(Rule):
    """Pool settings that differ between services, or between environments, without a reason given."""

    id = "GS701"
    title = "pool settings differ between services, and nothing says why"
    severity = Severity.WARNING
    why = (
        "Services that share a database behave alike under load, and fail alike, only if their pools are alike. Where "
        "one was tuned after an outage and the other was not, the next outage is the other's: a backend that "
        "recycles after 300 s beside an auth service that keeps connections for an hour, a pool class that only one "
        "of them can start with. A difference that is meant has a reason, and that can be written down."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html"
    fix = (
        "make them the same, or declare the difference with its reason in [tool.greenshift.services.NAME]: "
        'differs = { pool_size = "few users" }'
    )
    bad = (
        engines(", pool_size=5", ", pool_size=20", finds="pool_size of shop is 20, but 5 in auth"),
        engines("", ", max_overflow=30", finds="max_overflow of shop is 30, but 10 (default) in auth"),
        engines(", pool_recycle=3600", ", pool_recycle=300", finds="pool_recycle of shop is 300"),
        engines("", ", pool_pre_ping=True", finds="pool_pre_ping of shop is True, but False (default) in auth"),
        services(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine("postgresql+asyncpg://shop@db.internal/shop", poolclass=NullPool)
""",
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://shop@db.internal/shop")
""",
            finds="poolclass of shop is AsyncAdaptedQueuePool (default), but NullPool in auth",
        ),
    )
    good = (
        engines(", pool_size=5", ""),
        engines(", pool_size=5", ", pool_size=20", project=_DECLARED),
        # Each may be given another size where it runs.
        services(_FROM_ENVIRONMENT.format(size=5), _FROM_ENVIRONMENT.format(size=20)),
        services(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

engine = create_engine("postgresql+psycopg://shop@db.internal/shop", poolclass=QueuePool)
""",
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+psycopg://shop@db.internal/shop")
""",
        ),
    )

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare the services' pools."""
        return accidental(self, programs)
