"""GS504: no application_name."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.rules.server.sample_server import ASYNCPG, PSYCOPG
from greenshift.check.server.engines import says
from greenshift.report.findings import Finding, Severity


class ApplicationName(Rule):
    """Connections that do not say whose they are."""

    id = "GS504"
    title = "no application_name: connections do not say whose they are"
    severity = Severity.ADVICE
    why = (
        "When a server is out of connections, or one holds a lock, pg_stat_activity and the log tell who it is by "
        "application_name. Without one all services that share a role look alike."
    )
    source = "https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-APPLICATION-NAME"
    fix = (
        'give it in connect_args: {"server_settings": {"application_name": "shop"}} (asyncpg), '
        '{"application_name": "shop"} (psycopg)'
    )
    bad = (code(ASYNCPG, finds="application_name"), code(PSYCOPG, finds="application_name"))
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://shop@db.internal/shop",
    connect_args={"server_settings": {"application_name": "shop"}},
)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop@db.internal/shop?application_name=shop")
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
"""
        ),
        code('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///shop.db")\n'),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at what one engine tells the server."""
        names = ("application_name", "PGAPPNAME")
        if engine.dialect == "postgresql" and says(engine, program, *names) is False:
            yield self.found(
                "the engine gives no application_name: pg_stat_activity does not tell whose its connections are",
                engine.place,
                subject=engine.subject,
            )
