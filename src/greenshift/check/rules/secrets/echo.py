"""GS601: every statement logged, parameters included, in production."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.usage.at_import import is_conditional, is_script
from greenshift.report.findings import Finding, Severity

DEVELOPMENT: Final = frozenset({"dev", "develop", "development", "local", "debug", "demo", "playground", "sandbox"})


class Echo(Rule):
    """``echo=True`` that nothing turns off."""

    id = "GS601"
    title = "an engine that logs every statement, in production too"
    severity = Severity.WARNING
    why = (
        "`echo=True` writes each statement and its parameters to the log, at level INFO: names, addresses, tokens "
        'and password hashes among them; `echo="debug"` adds the rows that come back. The log grows with every '
        "query, and writing it takes time that the requests wait for. It is meant for a look while developing."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/engines.html#configuring-logging"
    fix = "leave echo out, or let a setting decide that is off in production"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop", echo=True, pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop", pool_pre_ping=True)
""",
            finds="logs every statement",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://localhost/shop",
    echo="debug",
)
""",
            fixed="""\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://localhost/shop",
)
""",
            finds="every row",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://localhost/shop", echo=False)
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine

DEBUG = os.environ.get("DEBUG") == "1"
engine = create_engine("postgresql+psycopg://localhost/shop", echo=DEBUG)
"""
        ),
        Sample(
            {
                "app/settings.py": """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    echo_sql: bool = True


settings = Settings()
""",
                "app/database.py": """\
from sqlalchemy import create_engine

from app.settings import settings

engine = create_engine("postgresql+psycopg://localhost/shop", echo=settings.echo_sql)
""",
            }
        ),
        code(
            """\
from sqlalchemy import create_engine

from app.settings import DEBUG

if DEBUG:
    engine = create_engine("postgresql+psycopg://localhost/shop", echo=True)
else:
    engine = create_engine("postgresql+psycopg://localhost/shop")
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://localhost/shop", echo=True)
""",
            path="scripts/explore.py",
        ),
        code('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite://", echo=True)\n'),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at what ``echo`` surely is."""
        echo = engine.argument("echo")
        if echo is None or engine.scope in (Scope.TEST, Scope.SCRIPT) or engine.is_memory:
            return
        rows = echo.surely(lambda value: value == "debug")
        if not (rows or echo.surely(lambda value: value is True)):
            return
        if not engine.is_live and not _is_production(engine, program):
            return
        shown = '"debug"' if rows else "True"
        written = engine.written.get("echo")
        logged = "every statement and every row" if rows else "every statement and its parameters"
        yield self.found(
            f"echo={shown} logs {logged}, in production too",
            written.place if written is not None else engine.place,
            subject=engine.subject,
            edits=[written.removed()] if written is not None else [],
        )


def _is_production(engine: Engine, program: Program) -> bool:
    """Whether an engine is made in all environments, by an application rather than by a script or an example."""
    if is_for_development(engine.place.file):
        return False
    file = next((file for file in program.files if file.path == engine.place.file), None)
    if file is None or is_script(file):
        return False
    for call in file.nodes(ast.Call):
        if file.place(call) == engine.place:
            return not is_conditional(file, call)
    return False


def is_for_development(path: str) -> bool:
    """Return whether a file is for development alone, by its name or its folders' names.

    Args:
        path: the file's path.
    """
    parts = PurePosixPath(path).with_suffix("").parts
    return any(word in DEVELOPMENT for part in parts for word in part.lower().replace("-", "_").split("_"))
