"""GS207: connect_args that the driver does not take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.reference.addresses import is_fixed
from greenshift.check.reference.drivers import DEFAULT_DRIVERS, refuses
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity

_ASYNCPG: Final = {
    "connect_timeout": '"timeout"',
    "application_name": '"server_settings": {"application_name": ...}',
    "options": '"server_settings": {...}',
    "sslmode": '"ssl"',
    "prepare_threshold": '"statement_cache_size"',
}
_LIBPQ: Final = {
    "server_settings": '"options": "-c name=value"',
    "timeout": '"connect_timeout"',
    "command_timeout": '"options": "-c statement_timeout=..." (in milliseconds)',
    "ssl": '"sslmode"',
    "statement_cache_size": '"prepare_threshold": None (psycopg)',
    "prepared_statement_cache_size": '"prepare_threshold": None (psycopg)',
}


class ConnectArguments(Rule):
    """``connect_args={"connect_timeout": 5}`` with asyncpg."""

    id = "GS207"
    title = "connect_args that the driver does not take"
    severity = Severity.ERROR
    why = (
        "connect_args go to the driver as they are. asyncpg raises `TypeError: connect() got an unexpected keyword "
        "argument` for libpq's connect_timeout, options, application_name and sslmode; psycopg and psycopg2 raise "
        '`ProgrammingError: invalid connection option "server_settings"` for asyncpg\'s; check_same_thread is '
        "SQLite's alone. The engine is made without complaint: it is the first connection that fails. It is what is "
        "left over when a project changes its driver."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/engines.html#use-the-connect-args-dictionary-parameter"
    fix = "give what the driver in the URL takes"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://app@db/shop",
    connect_args={"connect_timeout": 5, "application_name": "shop"},
    pool_pre_ping=True,
)
""",
            finds="asyncpg does not take connect_timeout, application_name",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://app@db/shop",
    connect_args={"server_settings": {"application_name": "shop"}},
    pool_pre_ping=True,
)
""",
            finds='invalid connection option "server_settings"',
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql://app@db/shop", connect_args={"check_same_thread": False}, pool_pre_ping=True)
""",
            finds="check_same_thread",
        ),
        code(
            """\
from sqlalchemy import create_engine

OPTIONS = {"connect_args": {"sslmode": "require"}}
engine = create_engine("sqlite:///shop.db", **OPTIONS)
""",
            finds="sslmode",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://app@db/shop",
    connect_args={
        "timeout": 5,
        "command_timeout": 30,
        "ssl": "require",
        "server_settings": {"application_name": "shop"},
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
    },
)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://app@db/shop",
    connect_args={"connect_timeout": 5, "options": "-c timezone=utc", "prepare_threshold": None, "keepalives": 1},
)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

URL = os.environ.get("DATABASE_URL", "postgresql://app@db/shop")
connect_args = {"check_same_thread": False} if URL.startswith("sqlite") else {}
engine = create_engine(URL, connect_args=connect_args)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("sqlite:///shop.db", connect_args={"check_same_thread": False, "timeout": 15})
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("mysql+pymysql://app@db/shop", connect_args={"ssl": {"ca": "/ca.pem"}, "connect_timeout": 5})
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

from app.drivers import connect

engine = create_engine("postgresql+psycopg://", creator=connect, connect_args={"timeout": 5})
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the names in ``connect_args``."""
        given, driver, dialect = engine.connect_arguments, engine.driver, engine.dialect
        if not given or driver is None or dialect is None or {"creator", "async_creator"} & set(engine.arguments):
            return
        names = [name for name, value in given.items() if not value.unknown and refuses(dialect, driver, name)]
        if not names or engine.scope is Scope.TEST:
            return
        driver = driver or DEFAULT_DRIVERS.get(dialect, "")
        first = names[0]
        is_libpq = dialect == "postgresql" and driver != "asyncpg"
        raised = (
            f'ProgrammingError: invalid connection option "{first}"'
            if is_libpq
            else f"TypeError: unexpected keyword argument '{first}'"
        )
        instead = (_LIBPQ if is_libpq else _ASYNCPG if driver == "asyncpg" else {}).get(first, "")
        yield self.found(
            f"{driver or dialect} does not take {', '.join(names)}: the first connection fails ({raised})",
            given[first].place or engine.argument_place("connect_args"),
            subject=engine.subject,
            severity=Severity.ERROR if is_fixed(engine.url) else Severity.WARNING,
            fix=f"write {instead} in place of {first}" if instead else "",
        )
