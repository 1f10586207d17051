"""GS306: a dependency that never closes its session."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.calls import own_nodes
from greenshift.check.usage.sessions import is_scoped, session_kind
from greenshift.check.usage.usage import Usage, usage_of
from greenshift.report.findings import Finding, Severity


class NeverClosed(Rule):
    """``db = SessionLocal(); yield db`` and nothing after it."""

    id = "GS306"
    title = "a generator hands out a session, and does not close it when something is raised"
    severity = Severity.WARNING
    why = (
        "FastAPI throws a request's exception into the dependency at its yield: what stands behind it does not run, "
        "unless it is in a finally. The session then keeps its connection as long as anything refers to it, such as "
        "the traceback in an error reporter, and the pool runs dry (`QueuePool limit of size ... reached`). An asyncio "
        "connection that is only collected as garbage is thrown away, with `The garbage collector is trying to clean "
        "up non-checked-in connection`. Both were tried on SQLAlchemy 2.0 and 2.1."
    )
    source = "https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"
    fix = "with SessionLocal() as session: yield session (async with for asyncio)"
    bad = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(engine)


def get_db():
    db = SessionLocal()
    yield db
""",
            finds="never closed",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def get_db():
    db = SessionLocal()
    yield db
    await db.close()
""",
            finds="closed only if nothing is raised",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)


def get_db():
    db = Session(engine)
    try:
        yield db
        db.commit()
    except Exception:
        db.rollback()
        raise
""",
            finds="never closed",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def get_session():
    with SessionLocal() as session:
        yield session


def in_a_block():
    session = SessionLocal()
    with session:
        yield session
"""
        ),
        code(
            """\
import contextlib

from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
Scoped = scoped_session(sessionmaker(engine))
SessionLocal = sessionmaker(engine)


def get_scoped():
    session = Scoped()
    yield session


def stacked():
    with contextlib.ExitStack() as stack:
        session = SessionLocal()
        stack.callback(session.close)
        yield session


def transaction():
    session = SessionLocal()
    try:
        yield session
        session.commit()
    except Exception:
        session.rollback()
        session.close()
        raise
    else:
        session.close()
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))


def session():
    session = SessionLocal()
    yield session
""",
            path="tests/conftest.py",
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at every generator that yields a session that it made."""
        usage = usage_of(program)
        seen: set[FunctionNode] = set()
        for file in program.files:
            for node in file.nodes(ast.Yield) if not file.is_test else ():
                function = file.function(node)
                if function is not None and isinstance(node.value, ast.Name) and function not in seen:
                    found = list(self._yielded(usage, file, function, node, node.value.id))
                    if found:
                        seen.add(function)
                    yield from found

    def _yielded(
        self, usage: Usage, file: SourceFile, function: FunctionNode, node: ast.Yield, name: str
    ) -> Iterable[Finding]:
        nodes = list(own_nodes(function))
        made = [
            assigned.value
            for assigned in nodes
            if isinstance(assigned, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == name for target in assigned.targets)
        ]
        if len(made) != 1 or session_kind(usage.names, file, made[0]) is None:
            return
        if isinstance(made[0], ast.Call) and is_scoped(usage.names, file, made[0].func):
            return
        how = _closing(file, nodes, node, name)
        if how:
            yield self.found(
                f"{function.name} yields the session {name}, which is {how}",
                file.place(node),
                subject=f"{function.name} in {file.path}",
            )


def _closing(file: SourceFile, nodes: list[ast.AST], yielded: ast.Yield, name: str) -> str:
    """Return what is wrong with how a session is closed, for a message; "" if nothing surely is."""
    mentions = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
    used = {parent.attr for node in mentions if isinstance(parent := file.parent(node), ast.Attribute)}
    is_handed_on = any(isinstance(file.parent(node), ast.Call | ast.withitem | ast.keyword) for node in mentions)
    if is_handed_on:
        # closing(session), with session:, stack.push(session)
        return ""
    if not used & {"close", "aclose", "close_all", "remove", "invalidate", "__exit__", "__aexit__"}:
        return "never closed"
    above = file.parent(yielded)
    while above is not None and not isinstance(above, FunctionNode):
        if isinstance(above, ast.Try | ast.With | ast.AsyncWith):
            return ""
        above = file.parent(above)
    return "closed only if nothing is raised"
