"""GS206: parameters in the URL that the driver does not take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Engine, Program, Scope, Text
from greenshift.check.reference.addresses import is_fixed, texts
from greenshift.check.reference.drivers import TAKEN, refuses
from greenshift.check.rules.rule import Rule, code
from greenshift.check.rules.url.literal import replaced_in_url
from greenshift.report.findings import Finding, Severity

# asyncpg wants numbers for these, and a URL's parameters are strings: TypeError.
_NUMBERS: Final = frozenset(
    ("timeout", "statement_cache_size", "max_cached_statement_lifetime", "max_cacheable_statement_size")
)
_INSTEAD: Final = {
    "sslmode": "ssl=",
    "application_name": 'connect_args={"server_settings": {"application_name": ...}}',
    "options": 'connect_args={"server_settings": {...}}',
    "connect_timeout": 'connect_args={"timeout": ...}',
    "sslrootcert": 'connect_args={"ssl": ssl.create_default_context(cafile=...)}',
    "dbname": "database=",
    "ssl": "sslmode=",
    "timeout": "connect_timeout=",
}


class UrlParameters(Rule):
    """``?sslmode=require`` with asyncpg."""

    id = "GS206"
    title = "parameters in the URL that the driver does not take"
    severity = Severity.ERROR
    why = (
        "What stands behind the question mark is handed to the driver. asyncpg is no libpq: sslmode, sslrootcert, "
        "connect_timeout, application_name, options, channel_binding and most others raise `TypeError: connect() got "
        "an unexpected keyword argument 'sslmode'` at the first connection, and numbers such as timeout=5 raise "
        "TypeError because they come as text (tried with asyncpg 0.32; ssl, target_session_attrs, passfile and "
        "prepared_statement_cache_size are taken). psycopg and psycopg2 refuse asyncpg's ssl and timeout with "
        '`invalid connection option "ssl"`. URLs that a provider shows are written for libpq.'
    )
    source = "https://magicstack.github.io/asyncpg/current/api/index.html#connection"
    fix = "write asyncpg's own parameters (ssl=require), and put what has no place in a URL into connect_args"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop?sslmode=require", pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop?ssl=require", pool_pre_ping=True)
""",
            finds="unexpected keyword argument 'sslmode'",
        ),
        code(
            """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    f"postgresql+asyncpg://app:{os.environ['PASSWORD']}@db/shop?application_name=shop&connect_timeout=5",
    pool_pre_ping=True,
)
""",
            finds="application_name, connect_timeout",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop?ssl=require", pool_pre_ping=True)
""",
            finds='invalid connection option "ssl"',
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop?statement_cache_size=0", pool_pre_ping=True)
""",
            finds="wants a number",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://app@/shop?host=/var/run/postgresql&ssl=prefer&prepared_statement_cache_size=0"
    "&target_session_attrs=read-write"
)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop?sslmode=require&application_name=shop&connect_timeout=5")
"""
        ),
        code(
            """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

url = os.environ.get("DATABASE_URL", "postgresql+asyncpg://app@db/shop?sslmode=require")
engine = create_async_engine(url.replace("sslmode=", "ssl="))
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("sqlite:///file:shop?mode=memory&cache=shared&uri=true")
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the names of the URL's parameters."""
        found = texts(engine.url)
        if len(found) != 1 or engine.dialect != "postgresql" or {"creator", "async_creator"} & set(engine.arguments):
            return
        names = _refused(engine, found[0])
        if not names or engine.scope is Scope.TEST:
            return
        first = names[0]
        if first in _NUMBERS and engine.driver == "asyncpg":
            raised = f"asyncpg wants a number for {first}, and gets text: TypeError"
        elif engine.driver == "asyncpg":
            raised = f"TypeError: connect() got an unexpected keyword argument '{first}'"
        else:
            raised = f'ProgrammingError: invalid connection option "{first}"'
        instead = _INSTEAD.get(first, "")
        yield self.found(
            f"{engine.driver or 'the driver'} does not take {', '.join(names)} in the URL: the first connection fails "
            f"({raised})",
            engine.argument_place("url"),
            subject=engine.subject,
            severity=Severity.ERROR if is_fixed(engine.url) else Severity.WARNING,
            fix=f"{instead} in place of {first}=" if instead else "",
            edits=replaced_in_url(engine, program, "sslmode=", "ssl=") if names == ["sslmode"] else [],
        )


def _refused(engine: Engine, url: Text) -> list[str]:
    names = [name for name in url.query() if name != "plugin"]
    if engine.driver == "asyncpg":
        return [name for name in names if name not in TAKEN["asyncpg"] or name in _NUMBERS]
    return [name for name in names if refuses("postgresql", engine.driver or "", name)]
