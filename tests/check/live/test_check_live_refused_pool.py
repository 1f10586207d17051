"""The seed's failure: SQLAlchemy refuses the pool class while the application is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenshift.check.live import read_live
from greenshift.check.rules.pool.async_pool_class import AsyncPoolClass

Write = Callable[..., Path]


@pytest.mark.parametrize("pool", ["QueuePool", "SingletonThreadPool"])
def test_it_is_explained_by_the_rule_at_the_failing_call(application: Write, pool: str) -> None:
    folder = application(
        app__database=f"""\
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import {pool}


        def build(url):
            options = {{"poolclass": {pool}, "pool_size": 5}}
            return create_async_engine(url, echo=True, **options)
        """,
        app__main="""\
        from app.database import build

        engine = build("postgresql+asyncpg://shop:hunter2@db.internal/shop")
        """,
    )
    program = read_live(["app.main:engine"], folder)
    (engine,) = program.engines
    (finding,) = AsyncPoolClass().engine(engine, program)
    assert finding.rule == "GS101"
    assert f"Pool class {pool} cannot be used with asyncio engine" in finding.message
    assert (finding.place.file, finding.place.line, finding.place.column) == ("app/database.py", 7, 12)
    assert "AsyncAdaptedQueuePool" in finding.fix
    assert engine.setting("pool_size").known == 5
    assert engine.driver == "asyncpg"
    assert "hunter2" not in repr(program)


def test_other_targets_are_still_read(application: Write) -> None:
    folder = application(
        app__broken="""\
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import QueuePool
        engine = create_async_engine("sqlite+aiosqlite:///shop.db", poolclass=QueuePool)
        """,
        app__fine="""\
        from sqlalchemy.ext.asyncio import create_async_engine
        engine = create_async_engine("sqlite+aiosqlite:///shop.db")
        """,
    )
    program = read_live(["app.broken:engine", "app.fine:engine"], folder)
    found = {engine.place.file: list(AsyncPoolClass().engine(engine, program)) for engine in program.engines}
    assert [len(findings) for findings in found.values()] == [1, 0]
