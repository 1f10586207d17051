"""GS107: connections are kept for longer than the proxy keeps them."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.pool.stale_connections import pre_ping_added
from greenshift.check.rules.rule import Rule, Sample
from greenshift.report.findings import Finding, Severity

_IDLE = '[tool.greenshift.check]\nproxy = "other"\nproxy_idle_timeout = 600\n'


class PoolRecycle(Rule):
    """``pool_recycle`` not below the proxy's idle timeout."""

    id = "GS107"
    title = "pool_recycle not below the time after which the proxy closes idle connections"
    severity = Severity.WARNING
    why = (
        "The proxy closes a connection that was idle for proxy_idle_timeout seconds; the pool replaces one that is "
        "older than pool_recycle seconds, and with -1 (the default) never. If pool_recycle is not the smaller one, "
        "and pool_pre_ping is off, requests after a quiet time get connections that the proxy has closed, and fail. "
        "With pool_pre_ping=True dead connections are found whatever their age, and this rule has nothing to say."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#setting-pool-recycle"
    fix = "give a pool_recycle below the proxy's idle timeout, or pool_pre_ping=True"
    bad = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_recycle=3600)
""",
                "pyproject.toml": _IDLE,
            },
            fixed={
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_recycle=3600, pool_pre_ping=True)
""",
            },
            finds="pool_recycle is 3600 s, and the proxy closes idle connections after 600 s",
        ),
    )
    good = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_recycle=300)
""",
                "pyproject.toml": _IDLE,
            }
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_recycle=3600, pool_pre_ping=True)
""",
                "pyproject.toml": _IDLE,
            }
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_recycle=3600)
"""
            }
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Compare the two times; a pool that never recycles is GS103's."""
        idle = program.deployment.proxy_idle_timeout
        if idle is None or engine.is_queue is False or engine.dialect == "sqlite":
            return
        if engine.scope in (Scope.SCRIPT, Scope.TEST):
            return
        limit, recycle = idle.known, engine.setting("pool_recycle").known
        if not isinstance(limit, int | float) or not isinstance(recycle, int | float) or 0 <= recycle < limit:
            return
        if recycle < 0 and program.deployment.proxy is not None:
            return
        if not engine.setting("pool_pre_ping").surely(lambda value: not value):
            return
        kept = f"is {recycle:g} s" if recycle >= 0 else "is off"
        yield self.found(
            f"pool_recycle {kept}, and the proxy closes idle connections after {limit:g} s: requests get dead ones",
            engine.argument_place("pool_recycle"),
            subject=engine.subject,
            edits=pre_ping_added(engine),
        )
