"""GS503: no idle_in_transaction_session_timeout anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Engine, Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.rules.server.sample_server import ASYNCPG, PSYCOPG, asked, server
from greenshift.check.rules.server.session_timeout import lacking, lacking_on
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding, Severity

_NAMES = ("idle_in_transaction_session_timeout", "transaction_timeout")


class IdleTransactionTimeout(Rule):
    """Neither server nor role nor engine ends a transaction in which nothing happens."""

    id = "GS503"
    title = "no idle_in_transaction_session_timeout: a forgotten transaction stays open"
    severity = Severity.WARNING
    why = (
        "A session that waits for something else in the middle of a transaction (an HTTP call, a task that was never "
        "awaited, a client that hangs) keeps its row locks and its connection, and keeps VACUUM from removing dead "
        "rows in every table. The default is 0: no limit. With a limit PostgreSQL ends the session, and the pool "
        "replaces its connection."
    )
    source = (
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT"
    )
    fix = (
        "set it for the application's role (ALTER ROLE shop SET idle_in_transaction_session_timeout = '60s'), or in "
        'connect_args: {"server_settings": {"idle_in_transaction_session_timeout": "60000"}} (asyncpg), '
        '{"options": "-c idle_in_transaction_session_timeout=60s"} (psycopg)'
    )
    bad = (
        asked(
            ASYNCPG,
            server(idle_in_transaction_session_timeout=0),
            finds="neither the server nor its role nor the engine",
        ),
        code(PSYCOPG, finds="the engine asks for no idle_in_transaction_session_timeout"),
    )
    good = (
        asked(ASYNCPG, server(idle_in_transaction_session_timeout=1000)),
        asked(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://shop@db.internal/shop",
    connect_args={"options": "-c idle_in_transaction_session_timeout=60s -c statement_timeout=30s"},
)
""",
            server(idle_in_transaction_session_timeout=0),
        ),
        asked(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://shop@db.internal/shop?options=-c%20idle_in_transaction_session_timeout%3D60000"
)
""",
            server(idle_in_transaction_session_timeout=0),
        ),
        code('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///shop.db")\n'),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at what one engine asks for."""
        if lacking(engine, program, _NAMES):
            yield self.found(
                "the engine asks for no idle_in_transaction_session_timeout when it connects: unless its role or the "
                "server has one, a forgotten transaction keeps its locks",
                engine.place,
                subject=engine.subject,
                severity=Severity.ADVICE,
            )

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at what the server gives the engines' connections."""
        for engine in lacking_on(server, programs, _NAMES, "idle_transaction_timeout"):
            yield self.found(
                "neither the server nor its role nor the engine sets idle_in_transaction_session_timeout (0 on "
                f"{server.address}): a forgotten transaction keeps its locks",
                engine.place,
                subject=engine.subject,
            )
