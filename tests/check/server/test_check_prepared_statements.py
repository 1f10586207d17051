"""What GS506 says of an engine is what happens to it behind a real PgBouncer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from explain.pgbouncer import PROGRAM, pgbouncer, through
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift.check.rules.server.prepared_statements import PreparedStatements
from greenshift.check.server import read_server
from greenshift.check.static import read_program
from greenshift.postgres import Server

SOURCE = """\
from uuid import uuid4

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine({url!r}, {arguments})
"""
UNIQUE = '"prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"'
CASES = [
    pytest.param("asyncpg", "", True, id="asyncpg"),
    pytest.param("asyncpg", f"connect_args={{{UNIQUE}}}", True, id="asyncpg-names-in-a-pool"),
    pytest.param("asyncpg", f"poolclass=NullPool, connect_args={{{UNIQUE}}}", False, id="asyncpg-names"),
    pytest.param("asyncpg", 'connect_args={"statement_cache_size": 0}', False, id="asyncpg-no-cache"),
    pytest.param(
        "asyncpg",
        f'connect_args={{{UNIQUE}, "statement_cache_size": 0, "prepared_statement_cache_size": 0}}',
        False,
        id="asyncpg-as-documented",
    ),
    pytest.param("psycopg", "", True, id="psycopg"),
    pytest.param("psycopg", "poolclass=NullPool", True, id="psycopg-without-pool"),
    pytest.param("psycopg", 'connect_args={"prepare_threshold": None}', False, id="psycopg-as-documented"),
]


@pytest.fixture
def bouncer(server: Server) -> Iterator[Path]:
    """A PgBouncer in transaction mode that keeps no prepared statements."""
    assert PROGRAM is not None, "this needs the program pgbouncer (Debian: apt-get install pgbouncer)"
    with pgbouncer(server.url("postgres", "psycopg")) as folder:
        yield folder


@pytest.mark.parametrize(("driver", "arguments", "fails"), CASES)
def test_the_rule_and_the_engine_agree(server: Server, bouncer: Path, driver: str, arguments: str, fails: bool) -> None:
    url = through(server.url("postgres", driver), bouncer)
    source = SOURCE.format(url=url, arguments=arguments)
    facts = read_server(url)
    assert facts.pgbouncer is not None
    assert facts.pgbouncer.keeps_prepared_statements is False
    program, _ = read_program({"app/database.py": source})
    findings = list(PreparedStatements().server(facts, [program]))
    assert [finding.place.line for finding in findings] == ([6] if fails else [])
    names: dict[str, Any] = {}
    exec(source, names)
    errors = asyncio.run(work(names["engine"]))
    assert bool(errors) is fails, errors


async def work(engine: AsyncEngine) -> list[str]:
    """Use an engine as four users would at a time; return what went wrong."""

    async def one(number: int) -> None:
        for turn in range(12):
            async with engine.connect() as connection:
                for _ in range(7):
                    await connection.execute(text(f"select :number + {turn % 3}::int"), {"number": number})
                await asyncio.sleep(0.001)
                await connection.commit()

    try:
        done = await asyncio.gather(*(one(number) for number in range(4)), return_exceptions=True)
    finally:
        await engine.dispose()
    wrong = [error for error in done if isinstance(error, BaseException)]
    assert all(isinstance(error, DBAPIError) and "prepared statement" in str(error) for error in wrong), wrong
    return [str(error) for error in wrong]
