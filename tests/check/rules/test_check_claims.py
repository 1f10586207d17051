"""What rules say that SQLAlchemy does, it does: their bad samples are run, and fail as they say."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import (
    ArgumentError,
    InvalidRequestError,
    MissingGreenlet,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.ext.asyncio.exc import AsyncContextNotStarted
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from greenshift.check.asking import findings_of
from greenshift.check.rules.registry import rule_of
from greenshift.check.rules.rule import Sample
from greenshift.check.static.reading import read_program

# Raised when the module is run. ModuleNotFoundError: the driver that the URL names is not installed here.
_MADE: dict[str, tuple[type[Exception], ...]] = {
    "GS101": (ArgumentError,),
    "GS102": (TypeError,),
    "GS109": (TypeError, ArgumentError),
    "GS112": (ArgumentError,),
    "GS201": (InvalidRequestError, ModuleNotFoundError),
    "GS205": (NoSuchModuleError,),
}
# Raised by the first connection, before anything is sent.
_CONNECTED: dict[str, tuple[type[Exception], ...]] = {
    "GS202": (MissingGreenlet,),
    "GS206": (TypeError, ProgrammingError),
    "GS207": (TypeError, ProgrammingError),
}


def _bad(identifiers: dict[str, tuple[type[Exception], ...]]) -> list[Any]:
    found = []
    for identifier in identifiers:
        rule = rule_of(identifier)
        assert rule is not None
        found += [
            pytest.param(identifier, sample, id=f"{identifier}-bad{number}")
            for number, sample in enumerate(rule.bad, 1)
        ]
    return found


def _run(sample: Sample) -> dict[str, Any]:
    source = sample.files["app/database.py"]
    # A driver that is not installed here, where another tells the same.
    source = source.replace("postgresql://app@", "postgresql+psycopg://app@")
    # psycopg looks the host up before it looks at its options.
    source = source.replace("@db/", "@localhost/")
    names: dict[str, Any] = {"__name__": "database"}
    exec(compile(source, "database.py", "exec"), names)
    return names


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PASSWORD", "secret")


@pytest.mark.parametrize(("identifier", "sample"), _bad(_MADE))
def test_bad_sample_raises_when_it_is_run(identifier: str, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://app@db/shop")
    if "os.environ.get" in sample.files["app/database.py"]:
        monkeypatch.delenv("DATABASE_URL")
    if 'f"postgresql://' in sample.files["app/database.py"]:
        # What it loads depends on SQLAlchemy's version; psycopg2 is what 2.0 asks for.
        sample = Sample(
            {path: body.replace("postgresql://", "postgresql+psycopg2://") for path, body in sample.files.items()}
        )
    with pytest.raises(_MADE[identifier]) as raised:
        _run(sample)
    _assert_told(identifier, sample, raised.value)


@pytest.mark.parametrize(("identifier", "sample"), _bad(_CONNECTED))
def test_bad_sample_raises_when_it_connects(identifier: str, sample: Sample) -> None:
    engine = _run(sample)["engine"]
    with pytest.raises(_CONNECTED[identifier]) as raised:
        _connect(engine)
    _assert_told(identifier, sample, raised.value)


def _assert_told(identifier: str, sample: Sample, raised: Exception) -> None:
    """Assert that the finding names the exception that was raised."""
    rule = rule_of(identifier)
    assert rule is not None
    program, _ = read_program(sample.files)
    messages = [finding.message for finding in findings_of([rule], program)]
    assert messages
    if not isinstance(raised, ModuleNotFoundError):
        assert any(type(raised).__name__ in message for message in messages), messages


def _connect(engine: Engine | AsyncEngine) -> None:
    if isinstance(engine, AsyncEngine):
        asyncio.run(_connect_async(engine))
    else:
        engine.connect()


async def _connect_async(engine: AsyncEngine) -> None:
    async with engine.connect():
        pass


def test_pool_attributes_that_do_not_exist() -> None:
    rule = rule_of("GS110")
    assert rule is not None
    for sample in rule.bad[:3]:
        names = _run(sample)
        function = names.get("pool_status") or names["in_use"]
        with pytest.raises(AttributeError):
            asyncio.run(function()) if asyncio.iscoroutinefunction(function) else function()


def test_no_limit_of_connections() -> None:
    for sizes in ({"pool_size": 0, "max_overflow": 1}, {"pool_size": 1, "max_overflow": -1}):
        engine = create_engine("sqlite:///:memory:", poolclass=QueuePool, pool_timeout=0.01, **sizes)
        connections = [engine.connect() for _ in range(20)]
        for connection in connections:
            connection.close()
    engine = create_engine("sqlite:///:memory:", poolclass=QueuePool, pool_timeout=0.01, pool_size=1, max_overflow=0)
    with engine.connect(), pytest.raises(PoolTimeoutError):
        engine.connect()


def test_sessions_and_engines_of_different_kinds() -> None:
    with pytest.raises(AsyncContextNotStarted), pytest.warns(RuntimeWarning):
        sessionmaker(create_async_engine("sqlite+aiosqlite://"))().execute(text("SELECT 1"))
    with pytest.raises(ArgumentError, match="AsyncEngine expected"):
        async_sessionmaker(create_engine("sqlite://"))()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments",
    [{"autocommit": True}, {"future": False}, {"weak_identity_map": True}, {"extension": None}, {"scopefunc": None}],
)
def test_arguments_that_a_session_does_not_take(arguments: dict[str, Any]) -> None:
    factory = sessionmaker(create_engine("sqlite://"), **arguments)
    with pytest.raises((TypeError, ArgumentError)):
        factory()


def test_arguments_that_a_session_takes() -> None:
    Session(create_engine("sqlite://"), autocommit=False, future=True, enable_baked_queries=True).close()


def test_memory_database_for_each_connection() -> None:
    engine = create_engine("sqlite://", poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x int)"))
    with engine.connect() as connection, pytest.raises(OperationalError, match="no such table"):
        connection.execute(text("SELECT * FROM t"))


@pytest.mark.parametrize(("pool", "is_shared"), [(None, False), (StaticPool, True)])
def test_memory_database_for_each_thread(pool: type[StaticPool] | None, is_shared: bool) -> None:
    engine = create_engine("sqlite://", poolclass=pool, connect_args={"check_same_thread": False})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x int)"))
    seen: list[bool] = []

    def look() -> None:
        with engine.connect() as connection:
            try:
                connection.execute(text("SELECT * FROM t"))
            except OperationalError:
                seen.append(False)
            else:
                seen.append(True)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [is_shared]


def test_tasks_that_share_a_session() -> None:
    async def both() -> list[object]:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with async_sessionmaker(engine, expire_on_commit=False)() as session:
            found = await asyncio.gather(
                session.execute(text("SELECT 1")), session.execute(text("SELECT 2")), return_exceptions=True
            )
        await engine.dispose()
        return list(found)

    raised = [type(found) for found in asyncio.run(both()) if isinstance(found, Exception)]
    assert raised == [InvalidRequestError]
