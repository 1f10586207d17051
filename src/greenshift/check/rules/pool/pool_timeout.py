"""GS106: requests are given up before the pool gives up."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.rule import Rule, Sample
from greenshift.report.findings import Finding, Severity

_TIMEOUT = "[tool.greenshift.check]\nrequest_timeout = 30\n"


class PoolTimeout(Rule):
    """``pool_timeout`` not below the request timeout."""

    id = "GS106"
    title = "pool_timeout not below the request timeout"
    severity = Severity.WARNING
    why = (
        "A request that waits for a connection waits pool_timeout seconds, 30 by default. If whoever asked gives up "
        "before, nobody sees `QueuePool limit of size ... reached`: the load balancer reports a timeout, the worker "
        "still waits for a connection that nobody needs any more, and retries make the queue longer. With a shorter "
        "pool_timeout the request fails early, with the true reason in the log."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool.params.timeout"
    fix = "give a pool_timeout well below the request timeout, such as a third of it"
    bad = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_timeout=60, pool_pre_ping=True)
""",
                "pyproject.toml": _TIMEOUT,
            },
            finds="pool_timeout is 60 s, and a request is given up after 30 s",
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop")
""",
                "pyproject.toml": _TIMEOUT,
            },
            finds="30 s (the default)",
        ),
    )
    good = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_timeout=10)
""",
                "pyproject.toml": _TIMEOUT,
            }
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_timeout=60)
"""
            }
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=NullPool)
""",
                "pyproject.toml": _TIMEOUT,
            }
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Compare the two times."""
        request = program.deployment.request_timeout
        if request is None or engine.is_queue is False or engine.scope in (Scope.SCRIPT, Scope.TEST, Scope.TASK):
            return
        # SQLite's locks have a timeout of their own, and its pool is rarely waited for.
        if engine.dialect == "sqlite":
            return
        patience, pool = request.known, engine.setting("pool_timeout").known
        if not _is_number(patience) or not _is_number(pool) or pool < patience:
            return
        default = "" if engine.argument("pool_timeout") is not None else " (the default)"
        yield self.found(
            f"pool_timeout is {pool:g} s{default}, and a request is given up after {patience:g} s: the reason is "
            "never seen",
            engine.argument_place("pool_timeout"),
            subject=engine.subject,
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
