"""Inspectors of engines and connections run inside a connection's ``run_sync``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from infrastructure import flip, flipped, reasons

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.engine import fix_engines
from greenshift.shift.rewrite.flip.inspecting import fix_inspecting

START = """\
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool)


"""


def test_a_statement_is_put_into_a_connection() -> None:
    new = flipped(
        START + "def tables():\n    names = inspect(engine).get_table_names()\n    return names\n",
        fix_inspecting,
        fix_awaiting,
    )
    assert new.endswith(
        "async def tables():\n    async with engine.connect() as connection:\n"
        "        names = await connection.run_sync("
        "lambda sync_connection: inspect(sync_connection).get_table_names())\n    return names\n"
    )


VARIABLE = """\
def tables(wanted):
    inspector = inspect(engine)
    names = inspector.get_table_names()
    if wanted in inspector.get_view_names() or inspector.has_table(wanted):
        return names
    for column in inspector.get_columns("items"):
        names.append(column["name"])
    return [
        *names,
        inspector.default_schema_name_of() if wanted == "?" else wanted,
    ]
"""
LISTED = VARIABLE.replace("default_schema_name_of()", "default_schema_name")
WHOLE = VARIABLE.replace(
    'inspector.default_schema_name_of() if wanted == "?" else wanted', "len(inspector.get_table_names())"
)


def run(code: str, *arguments: str) -> Any:
    """What an async function of the flipped application gives, on a database with one table."""
    names: dict[str, Any] = {}
    exec(flipped(START + code, fix_inspecting, fix_engines, fix_awaiting), names)
    engine, text = names["engine"], names["text"]

    async def call(function: Callable[..., Coroutine[Any, Any, Any]]) -> Any:
        async with engine.begin() as connection:
            await connection.execute(text("create table items (id integer)"))
        return await function(*arguments)

    return asyncio.run(call(names["tables"]))


def test_an_inspector_in_a_variable() -> None:
    assert run(WHOLE, "other") == ["items", "id", 1]
    assert run(WHOLE, "items") == ["items"]
    new = flipped(START + WHOLE, fix_inspecting, fix_awaiting)
    assert "inspector" not in new


def test_what_is_asked_in_a_condition_is_asked_before() -> None:
    code = 'def tables(name):\n    return inspect(engine).has_table(name) and inspect(engine).has_table("items")\n'
    assert run(code, "items") is True
    assert run(code, "other") is False


def test_an_inspector_of_a_connection() -> None:
    code = (
        "def tables():\n    with engine.connect() as connection:\n        inspector = inspect(connection)\n"
        "        return [name.upper() for name in inspector.get_table_names()]\n"
    )
    assert run(code) == ["ITEMS"]


@pytest.mark.parametrize(
    "code",
    [
        LISTED,
        "def tables():\n    inspector = inspect(engine)\n    return show(inspector)\n",
        "def tables():\n    inspector = inspect(engine)\n    return lambda: inspector.get_table_names()\n",
        "def tables(names):\n    return [inspect(engine).has_table(name) for name in names]\n",
        "def tables(name):\n    if name:\n        pass\n    elif inspect(engine).has_table(name):\n        pass\n",
        "def tables():\n    inspector = inspect(engine)\n",
    ],
)
def test_what_cannot_be_followed_is_listed_and_stays(code: str) -> None:
    result = flip(START + code, fix_inspecting, fix_awaiting)
    assert len(reasons(result, "inspect")) == 1
    assert "run_sync" not in result.texts["app.py"]


def test_a_second_run_changes_nothing() -> None:
    once = flipped(START + WHOLE, fix_inspecting, fix_engines, fix_awaiting)
    assert flipped(once, fix_inspecting, fix_engines, fix_awaiting) == once
