"""GS109: an argument that create_engine does not have."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program
from greenshift.check.reference.addresses import texts
from greenshift.check.reference.engine_arguments import ELSEWHERE, REMOVED, all_names, meant, names_of
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Edit, Finding, Place, Severity


class UnknownArgument(Rule):
    """``connect_timeout=5`` given to ``create_engine``."""

    id = "GS109"
    title = "an argument that create_engine does not have"
    severity = Severity.ERROR
    why = (
        "create_engine hands its arguments to the dialect, the pool and the engine, and refuses what none of them "
        "takes: `TypeError: Invalid argument(s) 'connect_timeout' sent to create_engine(), using configuration "
        "PGDialect_psycopg/QueuePool/Engine`. Most are mistyped, belong to the driver (connect_args), or were removed "
        "in SQLAlchemy 1.4 or 2.0 (convert_unicode, encoding, case_sensitive). future=False and a strategy other than "
        '"mock" raise ArgumentError. SQLAlchemy 2.0 and 2.1 are alike in this.'
    )
    source = "https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine"
    fix = "correct the name, move what belongs to the driver into connect_args, or leave the argument out"
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_recyle=300, pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_recycle=300, pool_pre_ping=True)
""",
            finds="did you mean pool_recycle",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", connect_timeout=5, pool_pre_ping=True)
""",
            finds="an argument of the driver",
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

engine = create_engine(
    os.environ["DATABASE_URL"],
    convert_unicode=True,
    encoding="utf-8",
    pool_pre_ping=True,
)
""",
            fixed="""\
import os

from sqlalchemy import create_engine

engine = create_engine(
    os.environ["DATABASE_URL"],
    pool_pre_ping=True,
)
""",
            finds="removed in SQLAlchemy 2.0",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", executemany_mode="values_plus_batch")
""",
            finds="postgresql+asyncpg does not take executemany_mode",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", future=False)
""",
            finds="may only be set to True",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://app@db/shop", strategy="threadlocal")
""",
            finds="unknown strategy",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg2://app@db/shop",
    connect_args={"connect_timeout": 5},
    executemany_mode="values_plus_batch",
    client_encoding="utf8",
    implicit_returning=True,
    future=True,
    hide_parameters=True,
    logging_name="shop",
    echo_pool="debug",
    pool_use_lifo=True,
    json_serializer=str,
    query_cache_size=1200,
    use_insertmanyvalues=True,
    execution_options={"isolation_level": "REPEATABLE READ"},
)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("snowflake://app@account/shop", numpy=True, encoding="utf-8")
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", plugins=["geoalchemy2"], geometry_srid=4326)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], arraysize=1000, credentials_path="/secrets/key.json")
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

from app.drivers import connect

engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("mssql+pyodbc://app@db/shop", fast_executemany=True)
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the names of the arguments."""
        if "plugins" in engine.arguments or any("plugin" in text.query() for text in texts(engine.url)):
            return
        yield from self._values(engine)
        scheme = engine.scheme.replace("postgres+", "postgresql+") if engine.scheme is not None else None
        # postgres:// is a fault of its own.
        scheme = "postgresql" if scheme == "postgres" else scheme
        known = names_of(scheme) if scheme is not None else all_names()
        if known is None:
            return
        if engine.is_async:
            known = known | {"async_creator"}
        for name, given in engine.arguments.items():
            if name in known or given.unknown:
                continue
            advice = REMOVED.get(name) or ELSEWHERE.get(name) or _did_you_mean(name)
            if engine.scheme is None and not advice:
                # A dialect that is not SQLAlchemy's own may take it.
                continue
            who = engine.scheme if name in all_names() else "create_engine"
            yield self.found(
                f"{who} does not take {name}{f' ({advice})' if advice else ''}: TypeError (Invalid argument(s))",
                engine.argument_place(name),
                subject=engine.subject,
                edits=_edits(engine, name),
            )

    def _values(self, engine: Engine) -> Iterable[Finding]:
        future, strategy = engine.arguments.get("future"), engine.arguments.get("strategy")
        if future is not None and future.surely(lambda value: value is False):
            yield self.found(
                "ArgumentError: the 'future' parameter passed to create_engine() may only be set to True",
                engine.argument_place("future"),
                subject=engine.subject,
            )
        if strategy is not None and strategy.surely(lambda value: isinstance(value, str) and value != "mock"):
            yield self.found(
                f"ArgumentError: unknown strategy: {strategy}",
                engine.argument_place("strategy"),
                subject=engine.subject,
            )


def _did_you_mean(name: str) -> str:
    close = meant(name)
    return f"did you mean {close}?" if close else ""


def _edits(engine: Engine, name: str) -> list[Edit]:
    written, close = engine.written.get(name), meant(name)
    if written is None:
        return []
    if name in REMOVED:
        return [written.removed()] if name != "autocommit" else []
    if name in ELSEWHERE or not close or close in engine.arguments:
        return []
    start = written.place
    return [Edit(Place(start.file, start.line, start.column, start.line, start.column + len(name)), close)]
