"""What is asked of SQLAlchemy beyond its documentation holds in each supported line."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.engine.events import ConnectionEvents
from sqlalchemy.pool import (
    AssertionPool,
    AsyncAdaptedQueuePool,
    NullPool,
    Pool,
    QueuePool,
    SingletonThreadPool,
    StaticPool,
)

from greenshift.check.live import internals
from greenshift.check.live.connecting import driver_arguments
from greenshift.check.live.pool_arguments import pool_arguments


@pytest.mark.parametrize("kind", [QueuePool, AsyncAdaptedQueuePool])
def test_recreate_hands_on_all_arguments_of_a_queue(kind: type[Pool]) -> None:
    given: dict[str, Any] = {"pool_size": 3, "max_overflow": 4, "timeout": 5, "use_lifo": True}
    pool = kind(lambda: None, recycle=6, pre_ping=True, reset_on_return="commit", echo="debug", **given)  # type: ignore[arg-type]
    found = dict(pool_arguments(pool) or {})
    assert found.pop("creator")() is None
    assert found == {
        "pool_size": 3,
        "max_overflow": 4,
        "pool_timeout": 5,
        "pool_use_lifo": True,
        "pool_recycle": 6,
        "pool_pre_ping": True,
        "pool_reset_on_return": "commit",
        "echo_pool": "debug",
    }


@pytest.mark.parametrize("kind", [NullPool, StaticPool, AssertionPool, SingletonThreadPool])
def test_recreate_hands_on_all_arguments_of_other_pools(kind: type[Pool]) -> None:
    pool = kind(lambda: None, recycle=6, pre_ping=True, reset_on_return=None)  # type: ignore[arg-type]
    found = dict(pool_arguments(pool) or {})
    assert (found["pool_recycle"], found["pool_pre_ping"], found["pool_reset_on_return"]) == (6, True, None)
    assert ("pool_size" in found) == (kind is SingletonThreadPool)


def test_the_pool_itself_stays_as_it_is() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool)
    before = dict(vars(engine.pool))
    pool_arguments(engine.pool)
    driver_arguments(engine)
    assert vars(engine.pool) == before
    assert type(engine.pool) is QueuePool
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select 1").scalar() == 1


def test_what_the_driver_would_get_is_seen_without_connecting() -> None:
    engine = create_engine(
        "postgresql+psycopg://shop:x@db.internal:6432/shop?connect_timeout=3", connect_args={"options": "-c a=b"}
    )
    handed = driver_arguments(engine)
    assert handed is not None
    assert handed[1]["options"] == "-c a=b"
    assert handed[1]["host"] == "db.internal"


def test_the_isolation_level_that_was_given() -> None:
    assert internals.isolation_level(create_engine("sqlite://", isolation_level="AUTOCOMMIT").dialect) == "AUTOCOMMIT"
    assert internals.isolation_level(create_engine("sqlite://").dialect) is None


def test_listeners_however_they_were_added() -> None:
    engine = create_engine("sqlite://")

    def plain(*arguments: Any) -> None: ...

    def by_name(**named: Any) -> None: ...

    def returning(connection: Any, cursor: Any, statement: Any, *more: Any) -> Any: ...

    def once(*arguments: Any) -> None: ...

    event.listen(engine, "before_cursor_execute", by_name, named=True)
    event.listen(engine, "before_cursor_execute", returning, retval=True)
    event.listen(engine, "after_cursor_execute", plain)
    event.listen(engine, "commit", once, once=True)
    found = list(internals.listeners(engine, ConnectionEvents))
    assert sorted((name, function.__name__) for name, function in found) == [
        ("after_cursor_execute", "plain"),
        ("before_cursor_execute", "by_name"),
        ("before_cursor_execute", "returning"),
        ("commit", "once"),
    ]
