"""GS409: an application that connects while it is imported."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.usage.at_import import connections_at_import, loops_at_import
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity


class ImportConnection(Rule):
    """``Base.metadata.create_all(engine)`` and ``asyncio.run(...)`` at module level."""

    id = "GS409"
    title = "a database connection, or an event loop, while a module is imported"
    severity = Severity.ADVICE
    why = (
        "Whatever imports the module needs the database: tests, a command that prints help, Alembic, type checkers' "
        "plugins, and every worker of a deployment at once, each of which may find the others creating the same "
        "tables. If the database is away, the application does not start, and no handler of errors runs. "
        "`asyncio.run` at import raises RuntimeError under servers that import the application inside their own "
        "loop, as uvicorn did for years."
    )
    source = "https://fastapi.tiangolo.com/advanced/events/"
    fix = "do it when the application starts (its lifespan), or in a command of its own, such as a migration"
    bad = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_engine("postgresql+psycopg://localhost/shop")


class Base(DeclarativeBase):
    pass
""",
                "app/main.py": """\
from fastapi import FastAPI

from app.database import Base, engine

Base.metadata.create_all(bind=engine)
app = FastAPI()
""",
            },
            finds="Base.metadata.create_all(...)",
        ),
        code(
            """\
import asyncio

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

app = FastAPI()
engine = create_async_engine("postgresql+asyncpg://localhost/shop")


async def version():
    async with engine.connect() as connection:
        return await connection.scalar(text("SHOW server_version"))


VERSION = asyncio.run(version())
""",
            finds="asyncio.run",
        ),
    )
    good = (
        code(
            """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_engine("postgresql+psycopg://localhost/shop")


class Base(DeclarativeBase):
    pass


@asynccontextmanager
async def lifespan(app: FastAPI):
    Base.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(lifespan=lifespan)
"""
        ),
        code(
            """\
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


async def main():
    async with engine.connect() as connection:
        print(await connection.scalar(text("SHOW server_version")))


if __name__ == "__main__":
    asyncio.run(main())
"""
        ),
        code(
            """\
from sqlalchemy import create_engine, text

engine = create_engine("postgresql+psycopg://localhost/shop")
with engine.begin() as connection:
    connection.execute(text("DELETE FROM carts WHERE left_at < now() - interval '1 day'"))
""",
            path="scripts/remove_old_carts.py",
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at what runs when modules are imported."""
        usage = usage_of(program)
        for use in connections_at_import(usage):
            yield self.found(
                f"{use.shown} connects to the database when {use.file.path} is imported",
                use.file.place(use.node),
                subject=f"{use.shown} in {use.file.path}",
            )
        for file, call in loops_at_import(usage):
            yield self.found(
                f"{file.name(call.func)} runs an event loop when {file.path} is imported",
                file.place(call),
                subject=f"{file.name(call.func)} in {file.path}",
            )
