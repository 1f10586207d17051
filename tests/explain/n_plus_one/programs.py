"""Programs that a detector watches: functions of a file, copied to where it looks like an application's.

A function takes ``session``, or ``factory`` (what makes sessions). A sync one runs on psycopg and, where it takes a
session, inside ``run_sync`` on asyncpg; an ``async`` one runs on asyncpg and on psycopg. Functions whose names begin
with ``_`` are parts of others. A line with the comment ``# where: role`` must be among a finding's places, in that
role.
"""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import re
import shutil
import sys
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

_WHERE = re.compile(r"# where: (?P<role>.+?)\s*$")


def cases(folder: Path) -> list[tuple[str, str, str]]:
    """Return file, function and driver of every program of a folder, without running anything."""
    found = []
    for path in sorted(folder.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                names = [argument.arg for argument in node.args.args]
                if not names or names[0] not in ("session", "factory"):
                    continue
                if isinstance(node, ast.AsyncFunctionDef):
                    drivers = ["asyncpg", "psycopg"]
                else:
                    drivers = ["psycopg", "asyncpg"] if names[0] == "session" else ["psycopg"]
                found += [(path.stem, node.name, driver) for driver in drivers]
    return found


def copied(path: Path, folder: Path) -> Path:
    """Copy a program to a folder of its own, under a name of its own."""
    return Path(shutil.copy(path, folder / f"{path.stem}_{uuid.uuid4().hex[:8]}.py"))


def load(path: Path) -> ModuleType:
    name = f"{path.stem}_{uuid.uuid4().hex[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module


def run(program: Callable[..., Any], url: str, watch: AbstractContextManager[object]) -> None:
    """Run a program while it is watched."""
    takes = program.__code__.co_varnames[0]
    if asyncio.iscoroutinefunction(program) or "asyncpg" in url:
        asyncio.run(_run_async(program, url, watch, takes))
        return
    engine = sqlalchemy.create_engine(url)
    try:
        factory = sessionmaker(engine)
        with watch:
            if takes == "factory":
                program(factory)
            else:
                with factory() as session:
                    program(session)
    finally:
        engine.dispose()


async def _run_async(program: Callable[..., Any], url: str, watch: AbstractContextManager[object], takes: str) -> None:
    engine = create_async_engine(url)
    try:
        factory = async_sessionmaker(engine)
        with watch:
            if takes == "factory":
                await program(factory)
                return
            async with factory() as session:
                if asyncio.iscoroutinefunction(program):
                    await program(session)
                else:
                    await session.run_sync(program)
    finally:
        await engine.dispose()


def marked(path: Path) -> set[tuple[int, str]]:
    """The lines that say ``# where: role``."""
    lines = path.read_text().splitlines()
    return {(number, found["role"]) for number, line in enumerate(lines, 1) if (found := _WHERE.search(line))}
