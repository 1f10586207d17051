"""GS405: a listener for new connections that is added after the first of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Engine, Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.at_import import is_conditional
from greenshift.check.usage.calls import own_nodes
from greenshift.check.usage.connecting import connections
from greenshift.check.usage.names import Names
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity

_LISTEN: Final = frozenset({"sqlalchemy.event.listen", "sqlalchemy.event.listens_for", "sqlalchemy.event.api.listen"})
_EVENTS: Final = ("connect", "first_connect", "do_connect")
_ALL: Final = frozenset({"sqlalchemy.engine.Engine", "sqlalchemy.Engine", "sqlalchemy.engine.base.Engine"})


class LateListener(Rule):
    """``event.listen(engine, "connect", ...)`` behind a statement that has already connected."""

    id = "GS405"
    title = "a connect listener that is added after the first connect"
    severity = Severity.WARNING
    why = (
        "`connect`, `first_connect` and `do_connect` run when a connection is opened. One that is open already stays "
        "in the pool without what the listener sets up (a search path, a codec, PRAGMA foreign_keys, an access "
        "token), and is used as any other: some statements run with the setting and some without, depending on "
        "which connection they get. A listener that is added in a route is added again for each request, too."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.PoolEvents.connect"
    fix = "add the listener right where the engine is made, before anything connects"
    bad = (
        code(
            """\
from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase

engine = create_engine("postgresql+psycopg://localhost/shop")


class Base(DeclarativeBase):
    pass


Base.metadata.create_all(engine)


@event.listens_for(engine, "connect")
def set_search_path(connection, record):
    connection.execute("SET search_path TO shop")
""",
            finds="Base.metadata.create_all(...)",
        ),
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

app = FastAPI()
engine = create_async_engine("postgresql+asyncpg://localhost/shop")


async def start():
    async with engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA IF NOT EXISTS shop"))
    event.listen(engine.sync_engine, "connect", set_search_path)


def set_search_path(connection, record):
    connection.cursor().execute("SET search_path TO shop")
""",
            finds="engine.begin()",
        ),
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import create_engine, event, text

app = FastAPI()
engine = create_engine("postgresql+psycopg://localhost/shop")


@app.get("/items")
def items():
    @event.listens_for(engine, "connect")
    def set_search_path(connection, record):
        connection.execute("SET search_path TO shop")

    with engine.connect() as connection:
        return connection.execute(text("SELECT name FROM items")).scalars().all()
""",
            finds="for each request",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import DeclarativeBase

engine = create_engine("postgresql+psycopg://localhost/shop")


@event.listens_for(engine, "connect")
def set_search_path(connection, record):
    connection.execute("SET search_path TO shop")


class Base(DeclarativeBase):
    pass


Base.metadata.create_all(engine)


# Asked for every statement, so it may come later.
@event.listens_for(engine, "before_cursor_execute")
def count(connection, cursor, statement, parameters, context, many):
    connection.info["count"] = connection.info.get("count", 0) + 1
"""
        ),
        code(
            """\
from sqlalchemy import create_engine, event, text

migrations = create_engine("postgresql+psycopg://localhost/shop")
engine = create_engine("postgresql+psycopg://localhost/shop")

with migrations.begin() as connection:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS shop"))


@event.listens_for(engine, "connect")
def set_search_path(connection, record):
    connection.execute("SET search_path TO shop")
"""
        ),
        code(
            """\
from sqlalchemy import create_engine, event


def make_engine(url: str):
    engine = create_engine(url)
    event.listen(engine, "connect", lambda connection, record: connection.execute("SET search_path TO shop"))
    with engine.connect():
        pass
    return engine


engine = make_engine("postgresql+psycopg://localhost/shop")
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at what ran before each listener is added."""
        usage = usage_of(program)
        for file in program.files:
            if file.is_test or "listen" not in file.text:
                continue
            for call in file.nodes(ast.Call):
                event = _event(file, call)
                if event is None:
                    continue
                unit = usage.names.bindings(file).unit(call)
                for engine in _listened(usage.names, file, call.args[0]):
                    shown = _earlier(usage.names, file, unit, call, engine)
                    often = usage.roles.of(unit) if isinstance(unit, FunctionNode) else None
                    if often in ("route", "dependency") and not _is_made_in(file, engine, unit):
                        shown = "requests before this one, and it is added again for each request"
                    if shown:
                        yield self.found(
                            f"this listener for {event} is added after {shown}: connections that are open already "
                            "are without it",
                            file.place(call),
                            subject=f"{event} of {engine.subject}",
                            related=[(engine.place, "the engine")],
                        )
                        break


def _event(file: SourceFile, call: ast.Call) -> str | None:
    """Return the event that a call adds a listener for, if that comes with a new connection."""
    if file.name(call.func) not in _LISTEN or len(call.args) < 2:
        return None
    event = call.args[1]
    return event.value if isinstance(event, ast.Constant) and event.value in _EVENTS else None


def _listened(names: Names, file: SourceFile, target: ast.expr) -> tuple[Engine, ...]:
    if file.name(target) in _ALL:
        return tuple(engine for engine in names.program.engines if engine.place.file == file.path)
    if isinstance(target, ast.Attribute) and target.attr in ("sync_engine", "pool"):
        target = target.value
    found = names.engines(file, target)
    return found if len(found) == 1 else ()


def _earlier(names: Names, file: SourceFile, unit: ast.AST, call: ast.Call, engine: Engine) -> str:
    """Return what surely connected before, in the same function or module; "" if nothing did."""
    order = {id(node): number for number, node in enumerate(own_nodes(unit))}
    here = order.get(id(call))
    for use in connections(names, file, unit):
        there = order.get(id(use.node))
        is_before = here is not None and there is not None and there < here
        if use.engine is engine and is_before and not is_conditional(file, use.node):
            return use.shown
    return ""


def _is_made_in(file: SourceFile, engine: Engine, unit: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and file.place(node) == engine.place for node in ast.walk(unit))
