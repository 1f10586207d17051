"""GS404: a new engine for each request or task."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.connecting import disposes
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity

_SESSIONS: Final = ("Session", "AsyncSession", "sessionmaker", "async_sessionmaker", "scoped_session")
_OFTEN: Final = {Scope.REQUEST: "request", Scope.TASK: "task"}


class EnginePerRequest(Rule):
    """``create_engine`` in a route, a dependency or a task, with a pool, and never disposed of."""

    id = "GS404"
    title = "a new engine for each request or task"
    severity = Severity.WARNING
    why = (
        "An engine is a pool: it is meant to be made once a process. One that is made for each request opens a "
        "connection (and pays for TCP, TLS and authentication) for each, never gives it to another request, and "
        "leaves it open until the garbage collector happens to find the engine: under load the server runs out of "
        "connections (`too many clients already`). Its caches of compiled statements start empty each time, too."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/connections.html#engine-disposal"
    fix = "make the engine once, at module level or in the lifespan; a function that returns it can be cached"
    bad = (
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()


@app.get("/items")
def items():
    engine = create_engine("postgresql+psycopg://localhost/shop")
    with engine.connect() as connection:
        return connection.execute(text("SELECT name FROM items")).scalars().all()
""",
            finds="for each request",
        ),
        code(
            """\
from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

app = FastAPI()


async def get_session():
    engine = create_async_engine("postgresql+asyncpg://localhost/shop", pool_size=5)
    async with AsyncSession(engine) as session:
        yield session


@app.get("/items")
async def items(session: AsyncSession = Depends(get_session)):
    return []
""",
            finds="for each request",
        ),
        code(
            """\
from celery import shared_task
from sqlalchemy import create_engine, text


@shared_task
def clean_up():
    engine = create_engine("postgresql+psycopg://localhost/shop")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM carts WHERE left_at < now() - interval '1 day'"))
""",
            finds="for each task",
        ),
    )
    good = (
        code(
            """\
from functools import cache

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

app = FastAPI()


@cache
def get_engine():
    return create_engine("postgresql+psycopg://localhost/shop")


def get_session():
    with Session(get_engine()) as session:
        yield session


@app.get("/items")
def items(session: Session = Depends(get_session)):
    return []
"""
        ),
        code(
            """\
from celery import shared_task
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool


@shared_task
def clean_up():
    engine = create_engine("postgresql+psycopg://localhost/shop", poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM carts WHERE left_at < now() - interval '1 day'"))


@shared_task
def vacuum():
    engine = create_engine("postgresql+psycopg://localhost/shop", isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text("VACUUM carts"))
    finally:
        engine.dispose()
"""
        ),
        code(
            """\
from fastapi import Depends, FastAPI, Header
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

app = FastAPI()
engines = {}


def get_session(tenant: str = Header()):
    if tenant not in engines:
        engines[tenant] = create_engine(f"postgresql+psycopg://localhost/{tenant}")
    with Session(engines[tenant]) as session:
        yield session


@app.get("/items")
def items(session: Session = Depends(get_session)):
    return []
"""
        ),
        # RQ's worker forks a process for each job, and its end closes the connections.
        code(
            """\
from rq.decorators import job
from sqlalchemy import create_engine, text


@job("low")
def clean_up():
    engine = create_engine("postgresql+psycopg://localhost/shop")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM carts WHERE left_at < now() - interval '1 day'"))
"""
        ),
        code(
            """\
from fastapi import FastAPI, Request
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/shop")


@app.get("/items")
def items(request: Request):
    with engine.connect() as connection:
        return connection.execute(text("SELECT name FROM items")).scalars().all()
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at how often the engine is made, and at what closes its connections."""
        often = _OFTEN.get(engine.scope)
        if often is None or engine.is_live or engine.is_queue is not True:
            return
        file = next((file for file in program.files if file.path == engine.place.file), None)
        if file is None or _is_disposed_of(file, engine, program):
            return
        yield self.found(
            f"a new engine, with a pool of its own, is made for each {often} and never disposed of",
            engine.place,
            subject=engine.subject,
        )


def _is_disposed_of(file: SourceFile, engine: Engine, program: Program) -> bool:
    """Whether the function that makes the engine disposes of something; or it hands the engine on, and others do."""
    for call in file.nodes(ast.Call):
        if file.place(call) == engine.place:
            function = file.function(call)
            if function is None or disposes(function) or usage_of(program).roles.of(function) == "job":
                return True
            if _is_kept(file, call, function):
                return True
            return _is_handed_on(file, call, function) and any(disposes(other.tree) for other in program.files)
    return True


def _is_kept(file: SourceFile, call: ast.Call, function: ast.AST) -> bool:
    """Whether an engine may outlive the request: it is put somewhere, or given to something that is not a session."""
    above = file.parent(call)
    if isinstance(above, ast.keyword):
        above = file.parent(above)
    if isinstance(above, ast.Call):
        return (file.name(above.func) or "").rpartition(".")[2] not in _SESSIONS
    targets = (
        above.targets if isinstance(above, ast.Assign) else [above.target] if isinstance(above, ast.AnnAssign) else []
    )
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    shared = {name for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    return len(names) != len(targets) or bool(names & shared)


def _is_handed_on(file: SourceFile, call: ast.Call, function: ast.AST) -> bool:
    """Whether a function returns the engine, or keeps it somewhere."""
    above = file.parent(call)
    if isinstance(above, ast.Return | ast.Yield | ast.Call | ast.keyword):
        return True
    if not isinstance(above, ast.Assign | ast.AnnAssign):
        return True
    targets = above.targets if isinstance(above, ast.Assign) else [above.target]
    kept = {target.id for target in targets if isinstance(target, ast.Name)}
    if len(kept) != len(targets):
        return True
    return any(
        isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, ast.Name) and node.value.id in kept
        for node in ast.walk(function)
    )
