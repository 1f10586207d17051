"""GS401: an asyncio engine that nothing disposes of when the application stops."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.lifecycle.several_loops import LOOP_FREE_DRIVERS
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.at_import import is_script
from greenshift.check.usage.connecting import disposes
from greenshift.check.usage.names import Names
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Place, Severity

_APPLICATIONS: Final = ("FastAPI", "Starlette", "Litestar", "Quart", "APIFlask", "Robyn")
_HOOKS: Final = ("lifespan", "on_startup", "on_shutdown")


_DATABASE = """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
"""


class Disposal(Rule):
    """An engine at module level, an application with a lifespan, and no ``dispose()`` anywhere."""

    id = "GS401"
    title = "an asyncio engine that the application's lifespan does not dispose of"
    severity = Severity.ADVICE
    why = (
        "The engine outlives the event loop that its connections belong to, and they are cut, not closed, when the "
        "process ends: an asyncio engine cannot close them by itself, since that needs `await`. Nothing is lost by "
        "that in production. But where the application starts a second time in one process, as in two tests that "
        "enter the lifespan, it takes a connection of the closed loop from the pool, and asyncpg raises `attached to "
        "a different loop` or `Event loop is closed`."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"
    fix = "call `await engine.dispose()` after the `yield` of the lifespan, or in the shutdown hook"
    bad = (
        Sample(
            {
                "app/database.py": _DATABASE,
                "app/main.py": """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text

from app.database import engine


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    yield


app = FastAPI(lifespan=lifespan)
""",
            },
            finds="app/main.py",
        ),
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

app = FastAPI()
engine = create_async_engine("postgresql+asyncpg://localhost/shop")


@app.on_event("startup")
async def warm_up():
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
""",
            finds="nothing disposes of",
        ),
    )
    good = (
        Sample(
            {
                "app/database.py": _DATABASE,
                "app/main.py": """\
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.database import engine


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
""",
            }
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
app = Starlette(on_shutdown=[engine.dispose])
"""
        ),
        code(
            """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine("postgresql+asyncpg://localhost/shop", poolclass=NullPool)


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)
"""
        ),
        code(
            """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://localhost/shop")


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)
"""
        ),
        Sample(
            {
                "app/database.py": _DATABASE,
                "reports/main.py": """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)
""",
            }
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look for an application with a lifespan that comes to import an engine, and for ``dispose`` anywhere."""
        engines = [engine for engine in program.engines if _must_be_disposed(engine)]
        # What a migration or a script disposes of is its own engine.
        files = [file for file in program.files if not is_script(file)]
        if not engines or any(disposes(file.tree) for file in files):
            return
        usage = usage_of(program)
        for engine in engines:
            for file in files:
                place = next(_lifespans(file), None)
                if place is None or not usage.graph.reaches(file.path, engine.place.file):
                    continue
                if _is_handed_over(usage.names, file, engine):
                    continue
                yield self.found(
                    f"nothing disposes of this engine when the application in {file.path} stops",
                    engine.place,
                    subject=engine.subject,
                    related=[(place, "the application's lifespan")],
                )
                break


def _must_be_disposed(engine: Engine) -> bool:
    return (
        engine.is_async
        and not engine.is_live
        and engine.scope in (Scope.MODULE, Scope.CACHED)
        and engine.is_queue is True
        and engine.driver not in LOOP_FREE_DRIVERS
    )


def _lifespans(file: SourceFile) -> Iterator[Place]:
    """Yield where a file gives an ASGI application something to do at its start or stop."""
    for call in file.nodes(ast.Call):
        last = (file.name(call.func) or "").rpartition(".")[2]
        if last in _APPLICATIONS:
            yield from (file.place(keyword) for keyword in call.keywords if keyword.arg in _HOOKS)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in ("on_event", "add_event_handler") and call.args:
            event = call.args[0]
            if isinstance(event, ast.Constant) and event.value in ("startup", "shutdown"):
                yield file.place(call)


def _is_handed_over(names: Names, file: SourceFile, engine: Engine) -> bool:
    """Whether the application's file gives the engine to something that is not known: that may dispose of it."""
    for call in file.nodes(ast.Call):
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(engine in names.engines(file, argument) for argument in given):
            last = (file.name(call.func) or "").rpartition(".")[2]
            if last not in ("async_sessionmaker", "sessionmaker", "AsyncSession", "create_all"):
                return True
    return False
