"""GS506: prepared statements through a PgBouncer that gives the connection away after each transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from greenshift.check.facts import Engine, Program, Value
from greenshift.check.rules.rule import Rule
from greenshift.check.rules.server.sample_server import ASYNCPG, BOUNCER, PSYCOPG, asked, server
from greenshift.check.server.engines import engines_of, is_plain, pool_is
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding, Severity

_OLD = replace(BOUNCER, version=(1, 18, 0), keeps_prepared_statements=False)


class PreparedStatements(Rule):
    """asyncpg or psycopg prepare statements, and the PgBouncer that was asked does not keep them."""

    id = "GS506"
    title = "prepared statements through a PgBouncer in transaction mode that does not keep them"
    severity = Severity.ERROR
    why = (
        "In transaction mode PgBouncer gives each transaction any of its connections. A statement that was prepared on "
        'one is missing on the next (`prepared statement "..." does not exist`), or another process has one of that '
        "name there (`already exists`). asyncpg prepares every statement, psycopg each one that it runs for the sixth "
        "time. From PgBouncer 1.21 on, max_prepared_statements above 0 makes both work."
    )
    source = "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer"
    fix = (
        "asyncpg: statement_cache_size=0 and prepared_statement_cache_size=0 in connect_args, and a "
        "prepared_statement_name_func with unique names; psycopg: prepare_threshold=None in connect_args; or "
        "PgBouncer 1.21 with max_prepared_statements"
    )
    bad = (
        asked(ASYNCPG, server(bouncer=_OLD), finds="asyncpg prepares every statement"),
        asked(PSYCOPG, server(bouncer=_OLD), finds="psycopg prepares"),
        asked(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    "postgresql+asyncpg://shop@db.internal/shop",
    connect_args={"prepared_statement_cache_size": 0},
    poolclass=NullPool,
)
""",
            server(bouncer=_OLD),
            finds="asyncpg prepares every statement",
        ),
        asked(
            """\
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://shop@db.internal/shop",
    connect_args={"prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"},
)
""",
            server(bouncer=_OLD),
            finds="keeps prepared statements in a pool",
        ),
    )
    good = (
        asked(ASYNCPG, server(bouncer=BOUNCER)),
        asked(ASYNCPG, server(bouncer=replace(_OLD, pool_mode="session"))),
        asked(ASYNCPG, server(bouncer=replace(_OLD, keeps_prepared_statements=None))),
        asked(ASYNCPG, server()),
        asked(
            """\
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    "postgresql+asyncpg://shop@db.internal/shop",
    poolclass=NullPool,
    connect_args={
        "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
    },
)
""",
            server(bouncer=_OLD),
        ),
        asked(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop@db.internal/shop", connect_args={"prepare_threshold": None})
""",
            server(bouncer=_OLD),
        ),
        asked(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://shop@db.internal/shop")
""",
            server(bouncer=_OLD),
        ),
    )

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at the engines that go through the PgBouncer."""
        bouncer = server.pgbouncer
        if bouncer is None or not bouncer.shares_connections or bouncer.keeps_prepared_statements is not False:
            return
        version = f"PgBouncer {'.'.join(map(str, bouncer.version))}" if bouncer.version else "the pooler"
        for _, engine in engines_of(server, programs):
            what = _prepares(engine)
            if what:
                yield self.found(
                    f"{what}, but {version} at {server.address} is in {bouncer.pool_mode} mode and keeps none: "
                    "`prepared statement ... does not exist`, or `already exists`",
                    engine.place,
                    subject=engine.subject,
                )


def _prepares(engine: Engine) -> str:
    """Return how an engine surely makes use of prepared statements; "" if it is not sure."""
    arguments = engine.connect_arguments
    if arguments is None or engine.open_arguments or engine.argument("async_creator") or engine.argument("creator"):
        return ""
    if engine.driver in ("psycopg", "psycopg_async"):
        threshold = arguments.get("prepare_threshold")
        return (
            "psycopg prepares each statement that it runs often" if threshold is None or _is_number(threshold) else ""
        )
    return _asyncpg_prepares(engine, arguments) if engine.driver == "asyncpg" else ""


def _asyncpg_prepares(engine: Engine, arguments: Mapping[str, Value]) -> str:
    cache = arguments.get("statement_cache_size")
    if "prepared_statement_name_func" not in arguments:
        # With 0 asyncpg prepares without a name, which the next statement replaces.
        is_named = cache is None or (_is_number(cache) and not is_plain(cache, 0))
        return "asyncpg prepares every statement under a name that other processes use too" if is_named else ""
    kept = arguments.get("prepared_statement_cache_size")
    is_kept = kept is None or (_is_number(kept) and not is_plain(kept, 0))
    in_url = any(
        isinstance(option.value, str) and "prepared_statement" in option.value for option in engine.url.options
    )
    if is_kept and not in_url and pool_is(engine, "AsyncAdaptedQueuePool"):
        return "SQLAlchemy keeps prepared statements in a pool of connections"
    return ""


def _is_number(value: Value) -> bool:
    return value.surely(lambda given: isinstance(given, int) and not isinstance(given, bool))
