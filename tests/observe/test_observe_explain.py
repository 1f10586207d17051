"""Plans of slow statements: which are asked for, how, and that nothing is executed or shown that should not be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from observed import Order, only, until
from sqlalchemy import URL, Engine, event, func, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from greenshift import observe
from greenshift.observe import explaining
from greenshift.observe.explaining import generic

SECRET = "s3cret-value"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "PAUSE", 0.0)


@pytest.mark.parametrize(
    ("sql", "style", "expected"),
    [
        ("SELECT %(a)s, %(b)s, %(a)s", "pyformat", ("SELECT $1, $2, $1", 2)),
        ("SELECT %s, %s;", "format", ("SELECT $1, $2", 2)),
        ("SELECT $2::INTEGER, $1", "numeric_dollar", ("SELECT $2::INTEGER, $1", 2)),
        ("SELECT '50%%' LIKE %(a)s", "pyformat", ("SELECT '50%' LIKE $1", 1)),
        ("-- why\n/* what */ (select 1)", "pyformat", ("-- why\n/* what */ (select 1)", 0)),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "pyformat", ("WITH a AS (SELECT 1) SELECT * FROM a", 0)),
        ("UPDATE a SET b = 1", "pyformat", None),
        ("SELECT 1; DROP TABLE a", "pyformat", None),
        ("SELECT ?", "qmark", None),
    ],
)
def test_what_is_explained(sql: str, style: str, expected: tuple[str, int] | None) -> None:
    assert generic(sql, style) == expected


@pytest.mark.parametrize("driver", ["psycopg", "psycopg_async", "asyncpg"])
def test_the_plan_comes_without_values(observed_url: URL, driver: str, caplog: pytest.LogCaptureFixture) -> None:
    slow = select(Order.id, func.pg_sleep(0.06)).where(Order.note != SECRET, Order.id == 1)

    async def main() -> observe.EngineState:
        name = "psycopg" if driver == "psycopg_async" else driver
        engine = create_async_engine(observed_url.set(drivername=f"postgresql+{name}"), pool_size=1, max_overflow=0)
        with observe.install(engine, slow=0.05, explain=True) as observer:
            async with engine.connect() as connection:
                for _ in range(2):
                    await connection.execute(slow)
                # The connection is still held: EXPLAIN has one of its own, and its thread does not block the loop.
                for _ in range(500):
                    if only(observer).slow[-1].plan:
                        break
                    await asyncio.sleep(0.01)
            state = only(observer)
        await engine.dispose()
        return state

    if driver == "psycopg":
        from sqlalchemy import create_engine

        engine = create_engine(observed_url, pool_size=1, max_overflow=0)
        with observe.install(engine, slow=0.05, explain=True) as observer, engine.connect() as connection:
            for _ in range(2):
                connection.execute(slow)
            until(lambda: only(observer).slow[-1].plan)
            state = only(observer)
        engine.dispose()
    else:
        state = asyncio.run(main())
    newer, older = state.slow
    assert older.plan is not None
    assert "observed_order" in older.plan
    assert "$" in older.plan
    # Once in ten minutes.
    assert newer.plan is None
    assert SECRET not in caplog.text + older.plan
    assert older.plan in caplog.text
    # EXPLAIN and what belongs to it are nobody's statements.
    assert state.statements == 2
    assert state.pool.checkouts == state.pool.connects == 1


def test_nothing_is_executed(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE IF NOT EXISTS observed_counter"))
        before = connection.scalar(text("SELECT nextval('observed_counter')"))
    with observe.install(engine, slow=0.05, explain=True) as observer, engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.06), nextval('observed_counter')"))
        until(lambda: only(observer).slow[0].plan)
        connection.rollback()
        assert connection.scalar(text("SELECT nextval('observed_counter')")) == before + 2


def test_listeners_of_the_pool_set_up_its_connection_too(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS observed_apart"))
        connection.execute(text("CREATE TABLE IF NOT EXISTS observed_apart.hidden (id int)"))

    def search(dbapi_connection: object, record: object) -> None:
        dbapi_connection.execute("SET search_path TO observed_apart")  # type: ignore[attr-defined]
        dbapi_connection.commit()  # type: ignore[attr-defined]

    engine.dispose()
    event.listen(engine, "connect", search)
    with observe.install(engine, slow=0.05, explain=True) as observer, engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.06) FROM hidden UNION ALL SELECT pg_sleep(0.06)"))
        until(lambda: only(observer).slow[0].plan)
        assert "hidden" in str(only(observer).slow[0].plan)


def test_what_cannot_be_explained_is_left(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine, slow=0.0, explain=True) as observer, engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE observed_mine (id int)"))
        # The other connection does not have the table.
        connection.execute(text("SELECT * FROM observed_mine"))
        connection.execute(text("SELECT 1 + :x"), {"x": 1})
        until(lambda: only(observer).slow[0].plan)
        assert [one.plan is None for one in only(observer).slow] == [False, True, True]


def test_closing_does_not_wait_for_what_is_asked(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    observer = observe.install(engine, slow=0.0, explain=True)
    with engine.connect() as connection:
        for number in range(30):
            connection.execute(text(f"SELECT {number}"))
    began = time.monotonic()
    observer.close()
    assert time.monotonic() - began < 5
