"""GS407: ``metadata.create_all`` with an asyncio engine or connection."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.connecting import given_engines
from greenshift.check.usage.expecting import is_expected_to_fail
from greenshift.check.usage.names import Names
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity

_SCHEMA: Final = ("create_all", "drop_all", "reflect")
_WORDS: Final = re.compile(r"create_all|drop_all|reflect|inspect|autoload_with")
_INSPECT: Final = ("sqlalchemy.inspect", "sqlalchemy.inspection.inspect")


class SchemaWithAsyncEngine(Rule):
    """``Base.metadata.create_all(async_engine)``, ``inspect(async_engine)``."""

    id = "GS407"
    title = "tables created, or a database inspected, with an asyncio engine"
    severity = Severity.ERROR
    why = (
        "MetaData and Inspector are synchronous. `metadata.create_all(engine)` with an AsyncEngine raises "
        "AttributeError (`'AsyncEngine' object has no attribute '_run_ddl_visitor'`), `inspect(engine)` and "
        "`metadata.reflect(engine)` raise NoInspectionAvailable. An AsyncConnection handed over directly is no better."
    )
    source = (
        "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html"
        "#running-synchronous-methods-and-functions-under-asyncio"
    )
    fix = "`async with engine.begin() as connection: await connection.run_sync(Base.metadata.create_all)`"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


class Base(DeclarativeBase):
    pass


async def create_tables() -> None:
    Base.metadata.create_all(bind=engine)
""",
            finds="_run_ddl_visitor",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


async def create_tables() -> None:
    async with engine.begin() as connection:
        SQLModel.metadata.create_all(connection)
""",
            finds="AsyncConnection",
        ),
        code(
            """\
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


def has_tables() -> bool:
    return bool(inspect(engine).get_table_names())
""",
            finds="NoInspectionAvailable",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


class Base(DeclarativeBase):
    pass


async def create_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(lambda connection: Base.metadata.create_all(connection, checkfirst=True))
        await connection.run_sync(lambda sync: inspect(sync).get_table_names())


def in_a_thread() -> None:
    inspect(engine.sync_engine)
"""
        ),
        code(
            """\
import pytest
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


def test_metadata_is_synchronous():
    with pytest.raises(AttributeError):
        MetaData().create_all(engine)
""",
            path="tests/test_engine.py",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
migrations = create_engine("postgresql+psycopg://localhost/shop")


class Base(DeclarativeBase):
    pass


def create_tables() -> None:
    Base.metadata.create_all(migrations)
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at what is given to the calls that are synchronous."""
        names = usage_of(program).names
        for file in program.files:
            for call in file.nodes(ast.Call) if _WORDS.search(file.text) else ():
                for given, error in _refused(file, call):
                    kind = _kind(names, file, given)
                    if kind and not is_expected_to_fail(file, call):
                        yield self.found(
                            f"{ast.unparse(given)} is an {kind}: this raises {error.format(kind)}",
                            file.place(call),
                            subject=f"{ast.unparse(call.func)} in {file.path}",
                        )


def _refused(file: SourceFile, call: ast.Call) -> Iterator[tuple[ast.expr, str]]:
    """Yield the arguments that may be no asyncio engine, and what is raised if they are."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in _SCHEMA and _is_metadata(file, call.func.value):
        error = (
            "NoInspectionAvailable"
            if call.func.attr == "reflect"
            else "AttributeError: '{}' object has no attribute '_run_ddl_visitor'"
        )
        for given in given_engines(call):
            yield given, error
    elif file.name(call.func) in _INSPECT and call.args:
        yield call.args[0], "NoInspectionAvailable"
    for keyword in call.keywords:
        if keyword.arg == "autoload_with":
            yield keyword.value, "NoInspectionAvailable"


def _is_metadata(file: SourceFile, node: ast.expr) -> bool:
    """Whether an expression is a MetaData by its name: ``Base.metadata``, ``metadata``, ``metadata_obj``."""
    last = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return "metadata" in last.lower()


def _kind(names: Names, file: SourceFile, node: ast.expr) -> str:
    """Return which asyncio class an expression surely is of; "" if it may be something else."""
    engines = names.engines(file, node)
    if engines:
        return "AsyncEngine" if all(engine.is_async for engine in engines) else ""
    if not isinstance(node, ast.Name):
        return ""
    bindings = names.bindings(file)
    owner = bindings.owner(node, node.id)
    if owner is None or len(bindings.of(owner).assigned.get(node.id, [])) != 1:
        return ""
    for statement in ast.walk(owner):
        if isinstance(statement, ast.AsyncWith):
            for item in statement.items:
                if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == node.id:
                    call = item.context_expr
                    if (
                        isinstance(call, ast.Call)
                        and isinstance(call.func, ast.Attribute)
                        and call.func.attr in ("begin", "connect")
                        and names.engines(file, call.func.value)
                    ):
                        return "AsyncConnection"
    return ""
