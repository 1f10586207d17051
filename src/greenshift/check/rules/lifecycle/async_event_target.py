"""GS406: a listener on an asyncio engine or session, which has no events of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.at_import import is_conditional
from greenshift.check.usage.expecting import is_expected_to_fail
from greenshift.check.usage.names import Names
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Edit, Finding, Place, Severity

_CALLS: Final = frozenset(
    f"sqlalchemy.event.{middle}{name}" for middle in ("", "api.") for name in ("listen", "listens_for")
)
_CLASSES: Final = {
    "AsyncEngine": "listen on sqlalchemy.engine.Engine, or on the sync_engine of one engine",
    "AsyncSession": "listen on sqlalchemy.orm.Session, or on the sync_session_class of the sessions",
    "async_sessionmaker": "listen on sqlalchemy.orm.Session, or on the sync_session_class of its sessions",
}


class AsyncEventTarget(Rule):
    """``event.listen(async_engine, ...)`` and ``event.listens_for(AsyncSession, ...)``."""

    id = "GS406"
    title = "an event listener on an asyncio engine or session"
    severity = Severity.ERROR
    why = (
        "AsyncEngine, AsyncSession and async_sessionmaker have no events: they stand before an Engine and a Session, "
        "which have them. `event.listen(engine, ...)` raises NotImplementedError (`asynchronous events are not "
        "implemented at this time`), with AsyncSession and async_sessionmaker InvalidRequestError (`No such event`), "
        "when the module is imported."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-events-with-the-asyncio-extension"
    fix = "listen on `engine.sync_engine`, on `session.sync_session`, or on sqlalchemy.orm.Session"
    bad = (
        code(
            """\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


@event.listens_for(engine, "connect")
def set_time_zone(connection, record):
    connection.cursor().execute("SET TIME ZONE 'UTC'")
""",
            fixed="""\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


@event.listens_for(engine.sync_engine, "connect")
def set_time_zone(connection, record):
    connection.cursor().execute("SET TIME ZONE 'UTC'")
""",
            finds="NotImplementedError",
        ),
        code(
            """\
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
Session = async_sessionmaker(engine, expire_on_commit=False)


def stamp(session, context, instances):
    for one in session.new:
        one.stamp()


listen(AsyncSession, "before_flush", stamp)
""",
            finds="AsyncSession has no event",
        ),
        code(
            """\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
Session = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(Session, "after_commit")
def after_commit(session):
    print("committed")
""",
            finds="async_sessionmaker has no event",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
event.listen(engine.sync_engine, "connect", lambda connection, record: None)
event.listen(engine.pool, "checkout", lambda connection, record, proxy: None)


@event.listens_for(Session, "before_flush")
def stamp(session, context, instances):
    session.info["stamped"] = True


async def watched(session: AsyncSession) -> None:
    event.listen(session.sync_session, "after_commit", print)
"""
        ),
        # For a version that may have such events one day.
        code(
            """\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

for name in ("after_commit", "after_rollback"):
    if hasattr(AsyncSession, name):
        event.listen(AsyncSession, name, print)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine, event
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/shop")
Session = sessionmaker(engine)
event.listen(engine, "connect", lambda connection, record: None)
event.listen(Session, "after_commit", print)
"""
        ),
        code(
            """\
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy import create_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


def prepared(url: str):
    engine = create_engine(url)
    event.listen(engine, "connect", lambda connection, record: None)
    return engine
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at the target of each listener."""
        names = usage_of(program).names
        for file in program.files:
            for call in file.nodes(ast.Call) if "listen" in file.text else ():
                if (
                    call.args
                    and file.name(call.func) in _CALLS
                    and not is_conditional(file, call)
                    and not is_expected_to_fail(file, call)
                ):
                    yield from self._target(names, file, call.args[0])

    def _target(self, names: Names, file: SourceFile, target: ast.expr) -> Iterable[Finding]:
        shown = ast.unparse(target)
        place = file.place(target)
        engines = names.engines(file, target)
        if engines and all(engine.is_async for engine in engines):
            yield self.found(
                f"{shown} is an AsyncEngine, which has no events: this raises NotImplementedError",
                place,
                subject=f"{shown} in {file.path}",
                fix=f"listen on {shown}.sync_engine",
                edits=[
                    Edit(
                        Place(file.path, place.end_line, place.end_column, place.end_line, place.end_column),
                        ".sync_engine",
                    )
                ],
            )
            return
        factories = names.factories(file, target)
        last = (file.name(target) or "").rpartition(".")[2] if _is_class(file, target) else ""
        if factories and all(one.made_by == "async_sessionmaker" for one in factories):
            last = "async_sessionmaker"
        if last in _CLASSES:
            yield self.found(
                f"{last} has no event of this name: this raises "
                + ("AssertionError" if last == "AsyncEngine" else "InvalidRequestError"),
                place,
                subject=f"{shown} in {file.path}",
                fix=_CLASSES[last],
            )
        elif _is_parameter(file, target, "AsyncSession"):
            yield self.found(
                f"{shown} is an AsyncSession, which has no events: this raises NotImplementedError",
                place,
                subject=f"{shown} in {file.path}",
                fix=f"listen on {shown}.sync_session",
            )


def _is_class(file: SourceFile, target: ast.expr) -> bool:
    dotted = file.name(target) or ""
    return dotted.startswith("sqlalchemy.ext.asyncio.") and dotted.rpartition(".")[2] in _CLASSES


def _is_parameter(file: SourceFile, target: ast.expr, kind: str) -> bool:
    """Whether a name is a parameter that is annotated with a class of sqlalchemy.ext.asyncio, and nothing else."""
    function = file.function(target)
    if function is None or not isinstance(target, ast.Name):
        return False
    given = function.args
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs):
        if argument.arg == target.id and argument.annotation is not None:
            dotted = file.name(argument.annotation) or ""
            return dotted.startswith("sqlalchemy.ext.asyncio.") and dotted.endswith(f".{kind}")
    return False
