"""GS502: no statement_timeout anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Engine, Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.rules.server.sample_server import ASYNCPG, BOUNCER, PSYCOPG, asked, server
from greenshift.check.rules.server.session_timeout import lacking, lacking_on
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding, Severity

# asyncpg's own time-out cancels the statement, too.
_NAMES = ("statement_timeout", "transaction_timeout", "command_timeout")


class StatementTimeout(Rule):
    """Neither server nor role nor engine ends a statement that takes too long."""

    id = "GS502"
    title = "no statement_timeout: a slow statement holds its connection for ever"
    severity = Severity.WARNING
    why = (
        "Without statement_timeout a statement runs until it is done, hours after the user has gone: it holds its "
        "connection, its locks and the pool's place. A few of them and the pool is empty (`QueuePool limit ... "
        "reached`). The default is 0: no limit. PostgreSQL advises against one for the whole server, since that would "
        "end dumps and migrations too; so the application asks for it, or its role has it."
    )
    source = "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT"
    fix = (
        "set it for the application's role (ALTER ROLE shop SET statement_timeout = '30s'), or in connect_args: "
        '{"server_settings": {"statement_timeout": "30000"}} (asyncpg), {"options": "-c statement_timeout=30s"} '
        "(psycopg)"
    )
    bad = (
        asked(ASYNCPG, server(statement_timeout=0), finds="neither the server nor its role nor the engine"),
        asked(PSYCOPG, server(statement_timeout=0), finds="statement_timeout"),
        code(ASYNCPG, finds="the engine asks for no statement_timeout"),
    )
    good = (
        asked(ASYNCPG, server(statement_timeout=30000)),
        asked(ASYNCPG, server(statement_timeout=0, transaction_timeout=60000)),
        asked(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://shop@db.internal/shop",
    connect_args={"server_settings": {"statement_timeout": "30000"}},
)
""",
            server(statement_timeout=0),
        ),
        asked(
            """\
from sqlalchemy import create_engine, event

engine = create_engine("postgresql+psycopg://shop@db.internal/shop")


@event.listens_for(engine, "connect")
def limit(connection, record):
    connection.execute("SET statement_timeout = '30s'")
""",
            server(statement_timeout=0),
        ),
        asked(
            """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
""",
            server(statement_timeout=0),
        ),
        # It does not say whether it ends queries itself.
        asked(PSYCOPG, server(statement_timeout=0, bouncer=type(BOUNCER)((), "transaction"))),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at what one engine asks for."""
        if lacking(engine, program, _NAMES):
            yield self.found(
                "the engine asks for no statement_timeout when it connects: unless its role or the server has one, a "
                "slow statement holds its connection for ever",
                engine.place,
                subject=engine.subject,
                severity=Severity.ADVICE,
            )

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at what the server gives the engines' connections."""
        for engine in lacking_on(server, programs, _NAMES, "query_timeout"):
            yield self.found(
                f"neither the server nor its role nor the engine sets statement_timeout (0 on {server.address}): a "
                "slow statement holds its connection for ever",
                engine.place,
                subject=engine.subject,
            )
