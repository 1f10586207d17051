"""GS508: connections that are older than the server lets them be idle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule
from greenshift.check.rules.server.sample_server import BOUNCER, PSYCOPG, asked, server
from greenshift.check.server.engines import engines_of
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding, Severity

_RECYCLED = """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop@db.internal/shop", pool_recycle={seconds})
"""
_IDLE = replace(BOUNCER, settings={**BOUNCER.settings, "client_idle_timeout": "300"})


class IdleLimit(Rule):
    """``pool_recycle`` against ``idle_session_timeout`` and ``client_idle_timeout``."""

    id = "GS508"
    title = "pool_recycle not below the time after which the server ends idle connections"
    severity = Severity.WARNING
    why = (
        "The server (idle_session_timeout) or the PgBouncer (client_idle_timeout) closes a connection that nobody used "
        "for a while, and the pool does not see it: the next request gets it and fails (`terminating connection due to "
        "idle-session timeout`). pool_recycle below that time replaces the connection before, pool_pre_ping asks "
        "before each use."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#setting-pool-recycle"
    fix = "give the engine pool_pre_ping=True, or a pool_recycle (seconds) below the server's limit"
    bad = (
        asked(PSYCOPG, server(idle_session_timeout=600000), finds="idle_session_timeout is 600 s"),
        asked(_RECYCLED.format(seconds=1800), server(idle_session_timeout=600000), finds="pool_recycle is 1800 s"),
        asked(PSYCOPG, server(bouncer=_IDLE), finds="client_idle_timeout is 300 s"),
    )
    good = (
        asked(PSYCOPG, server()),
        asked(_RECYCLED.format(seconds=300), server(idle_session_timeout=600000)),
        asked(_RECYCLED.format(seconds="1800, pool_pre_ping=True"), server(idle_session_timeout=600000)),
        # The connections to the server are PgBouncer's, which opens new ones.
        asked(PSYCOPG, server(idle_session_timeout=600000, bouncer=BOUNCER)),
        asked(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://shop@db.internal/shop", poolclass=NullPool)
""",
            server(idle_session_timeout=600000),
        ),
    )

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare each engine with the limit that its connections meet first."""
        name, limit = _limit(server)
        if not limit:
            return
        for _, engine in engines_of(server, programs):
            recycle, pings = engine.setting("pool_recycle"), engine.setting("pool_pre_ping")
            if not engine.is_queue or not pings.surely(lambda value: value is False):
                continue
            if recycle.surely(lambda value: isinstance(value, int | float) and (value < 0 or value >= limit)):
                given = "off" if recycle.surely(lambda value: value < 0) else f"{recycle} s"
                yield self.found(
                    f"{name} is {limit:g} s at {server.address}, but pool_recycle is {given} and pool_pre_ping is off: "
                    "the pool hands out connections that were closed",
                    engine.place,
                    subject=engine.subject,
                )


def _limit(server: ServerFacts) -> tuple[str, float]:
    """Return what ends idle connections, and after how many seconds; 0 if nothing does."""
    if server.pgbouncer is not None:
        return "client_idle_timeout", float(server.pgbouncer.number("client_idle_timeout") or 0)
    return "idle_session_timeout", (server.number("idle_session_timeout") or 0) / 1000
