"""GS208: asyncpg's prepared statements behind a PgBouncer in transaction mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from greenshift.check.facts import Engine, Program, Symbol, Value
from greenshift.check.reference.addresses import texts, transaction_pooling
from greenshift.check.reference.versions import may_be_from
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.report.findings import Finding, Severity

_TRANSACTION = '[tool.greenshift.check]\nproxy = "pgbouncer-transaction"\n'


class TransactionPooling(Rule):
    """asyncpg behind a PgBouncer, without what both of its caches need."""

    id = "GS208"
    title = "asyncpg's prepared statements behind a PgBouncer in transaction mode"
    severity = Severity.WARNING
    why = (
        "A PgBouncer in transaction mode gives each transaction another connection of the server, and prepared "
        'statements stay behind: `prepared statement "__asyncpg_stmt_1__" already exists`, or does not exist. Two '
        "caches prepare them: asyncpg's own (statement_cache_size) and SQLAlchemy's (prepared_statement_cache_size). "
        "Tried with two processes behind PgBouncer 1.18, on SQLAlchemy 2.0 and 2.1: with asyncpg 0.31 and later "
        "statement_cache_size=0 alone is enough; with every asyncpg statement_cache_size=0 together with a "
        "prepared_statement_name_func of unique names is, if the pool is NullPool or prepared_statement_cache_size=0. "
        "A name function without statement_cache_size=0 fails as soon as asyncpg looks up an enum or another type "
        "of the database; one with a queue of connections and SQLAlchemy's cache fails when statements repeat. "
        "prepared_statement_cache_size=0 alone helps nothing. PgBouncer 1.21 and later with max_prepared_statements "
        "keeps track of them itself, and needs none of this."
    )
    source = "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer"
    fix = (
        'connect_args={"statement_cache_size": 0, "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"} '
        "with poolclass=NullPool, or PgBouncer 1.21 or later with max_prepared_statements"
    )
    bad = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
""",
                "pyproject.toml": _TRANSACTION,
            },
            finds="asyncpg's own cache",
        ),
        code(
            """\
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://app@pgbouncer:6432/shop",
    pool_pre_ping=True,
    connect_args={
        "statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
    },
)
""",
            finds="SQLAlchemy's cache",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://app@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?prepared_statement_cache_size=0",
    pool_pre_ping=True,
)
""",
            finds="asyncpg's own cache",
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    "postgresql+asyncpg://app@db/shop",
    poolclass=NullPool,
    connect_args={"statement_cache_size": 0},
)
""",
                "requirements.txt": "sqlalchemy[asyncio]==2.0.41\nasyncpg==0.29.0\n",
                "pyproject.toml": _TRANSACTION,
            },
            finds="before 0.31",
        ),
        code(
            """\
import os
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    os.environ["DATABASE_URL"],
    pool_size=50,
    pool_pre_ping=True,
    connect_args={"prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"},
)
""",
            finds="asyncpg's own cache",
        ),
    )
    good = (
        code(
            """\
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine(
    "postgresql+asyncpg://app@pgbouncer:6432/shop",
    poolclass=NullPool,
    connect_args={
        "statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
    },
)
"""
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://app@db/shop", connect_args={"statement_cache_size": 0, "prepared_statement_cache_size": 0}
)
""",
                "pyproject.toml": _TRANSACTION,
            }
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db:5432/shop")
"""
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db:6432/shop")
""",
                "pyproject.toml": '[tool.greenshift.check]\nproxy = "pgbouncer-session"\n',
            }
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

from app.settings import connect_args

engine = create_async_engine("postgresql+asyncpg://app@db/shop", connect_args=connect_args())
""",
                "pyproject.toml": _TRANSACTION,
            }
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at both caches, the names and the pool."""
        pooling = transaction_pooling(engine, program)
        given = engine.connect_arguments
        if given is None or not engine.is_async:
            return
        cures = {"prepared_statement_name_func", "statement_cache_size"} & set(given)
        # Names are given to statements for nothing else; which PgBouncer it is cannot be told from that.
        is_guess = "prepared_statement_name_func" in given and not pooling and program.deployment.proxy is None
        if engine.driver != "asyncpg" and not (is_guess and engine.driver is None):
            return
        wrong = _wrong(engine, given, program) if pooling or is_guess else ""
        if not wrong:
            return
        # Port 6432 alone does not say that the mode is not session; half of a cure does.
        is_advice = is_guess or (pooling == "possible" and not cures)
        yield self.found(
            f"behind a PgBouncer in transaction mode {wrong}: prepared statements that already exist, or do not",
            engine.argument_place("connect_args"),
            subject=engine.subject,
            severity=Severity.ADVICE if is_advice else None,
        )


def _wrong(engine: Engine, given: Mapping[str, Value], program: Program) -> str:
    """Return what is wrong with an engine's caches, for a message; "" if nothing surely is."""
    names = given.get("prepared_statement_name_func")
    own = given.get("statement_cache_size")
    has_names = names is not None and not names.surely(lambda value: value is None)
    if own is None or own.surely(lambda size: size != 0):
        pool = engine.pool_class
        if has_names and pool.possible(lambda value: isinstance(value, Symbol) and value.last == "NullPool"):
            # SQLAlchemy's documented way; it fails for enums and other types of the database alone.
            return ""
        return "asyncpg's own cache of statements is on (no statement_cache_size=0)"
    if not own.surely(lambda size: size == 0):
        return ""
    if has_names:
        url = [text.query().get("prepared_statement_cache_size", "100") for text in texts(engine.url)]
        cache = given.get("prepared_statement_cache_size")
        is_on = all(size not in ("0", None) for size in url) if cache is None else cache.surely(lambda size: size != 0)
        if is_on and engine.is_queue:
            return "SQLAlchemy's cache of statements is on (no prepared_statement_cache_size=0, nor NullPool)"
        return ""
    if program.requirements.has("asyncpg") and not may_be_from(program.requirements, "asyncpg", (0, 31)):
        return "asyncpg before 0.31 counts the names of statements (no prepared_statement_name_func)"
    return ""
