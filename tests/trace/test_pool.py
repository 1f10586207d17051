"""The hooks for those who manage connections."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import AsyncAdaptedQueuePool, Connection, NullPool, QueuePool, StaticPool, exc, text
from sqlalchemy.ext.asyncio import AsyncEngine
from tree import Driver

from greenshift import trace
from greenshift.errors import GreenshiftError

POOLS = {"queue": None, "null": NullPool, "static": StaticPool}


def ask(connection: Connection) -> Any:
    return connection.scalar(text("SELECT 42"))


def identity(connection: Connection) -> trace.ConnectionInfo:
    connection.execute(text("SELECT 1"))
    info: trace.ConnectionInfo = connection.info["greenshift"]
    return info


class Refuse:
    """Refuse the first connections that are offered."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.offered: list[trace.ConnectionInfo] = []

    def __call__(self, info: trace.ConnectionInfo, dbapi_connection: Any) -> None:
        self.offered.append(info)
        if self.left:
            self.left -= 1
            raise exc.DisconnectionError("refused")


@pytest.fixture(params=POOLS)
def pool(request: pytest.FixtureRequest, driver: Driver) -> dict[str, Any]:
    """The options for each kind of pool."""
    chosen = POOLS[request.param]
    return {"poolclass": chosen or (AsyncAdaptedQueuePool if driver.is_async else QueuePool)}


def test_refused_connection_is_replaced(driver: Driver, pool: dict[str, Any]) -> None:
    refuse = Refuse(1)
    closed: list[trace.ConnectionInfo] = []
    with trace.pool.on_checkout(refuse), trace.pool.on_close(closed.append):
        found = driver.connected(identity, engine=driver.engine(**pool))
    assert len(refuse.offered) == 2
    assert found == [refuse.offered[1]]
    assert closed[0] is refuse.offered[0]
    assert refuse.offered[0].closed


def test_refusing_each_time_ends_in_an_error_and_the_pool_goes_on(driver: Driver, pool: dict[str, Any]) -> None:
    refuse = Refuse(1000)
    engine = driver.engine(**pool)

    def once(connection: Connection) -> str:
        return "unreachable"

    with trace.pool.on_checkout(refuse), pytest.raises(exc.InvalidRequestError, match="This connection is closed"):
        driver.connected(once, engine=engine)
    assert len(refuse.offered) == 2
    assert all(info.closed for info in refuse.offered)
    assert driver.connected(ask, engine=engine) == [42]


def test_any_other_exception_of_a_checkout_callback_is_logged(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    def broken(info: trace.ConnectionInfo, dbapi_connection: Any) -> None:
        raise ValueError("a broken callback")

    with trace.pool.on_checkout(broken):
        assert driver.connected(ask, ask) == [42, 42]
    assert caplog.text.count("ValueError: a broken callback") == 1


@pytest.mark.parametrize("when", ["engine first", "subscription first"])
def test_connect_arguments_can_be_changed(driver: Driver, when: str) -> None:
    seen: list[tuple[str, str]] = []
    changed = "changed" if driver.is_postgres else ""

    def change(dialect: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        seen.append((dialect.name, dialect.driver))
        if driver.name == "asyncpg":
            parameters["server_settings"] = {"application_name": "changed"}
        elif driver.is_postgres:
            parameters["application_name"] = "changed"
        else:
            arguments[0] = ":memory:"

    def what(connection: Connection) -> Any:
        if driver.is_postgres:
            return connection.scalar(text("SELECT current_setting('application_name')"))
        return connection.exec_driver_sql("PRAGMA database_list").all()[0][2]

    engine: Any = driver.engine(poolclass=NullPool) if when == "engine first" else None
    if engine is not None:
        assert driver.connected(what, engine=engine) != [changed]
    with trace.pool.on_connect_arguments(change):
        engine = engine or driver.engine(poolclass=NullPool)
        assert driver.connected(what, engine=engine) == [changed]
    assert driver.connected(what, engine=engine) != [changed]
    assert len(seen) == 1


def test_connecting_can_be_refused_with_an_error_of_ours(driver: Driver) -> None:
    class RefusedError(GreenshiftError):
        pass

    def refuse(dialect: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        raise RefusedError("no", "ask elsewhere")

    engine = driver.engine()
    with trace.pool.on_connect_arguments(refuse), pytest.raises(RefusedError):
        driver.connected(ask, engine=engine)
    assert driver.connected(ask, engine=engine) == [42]


def test_any_other_exception_while_connecting_is_logged(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    def broken(dialect: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        raise ValueError("a broken callback")

    with caplog.at_level(logging.ERROR), trace.pool.on_connect_arguments(broken):
        assert driver.connected(ask) == [42]
    assert "a broken callback" in caplog.text


@pytest.mark.parametrize("when", ["engine first", "subscription first"])
def test_opening_and_closing_are_told(driver: Driver, when: str) -> None:
    opened: list[trace.ConnectionInfo] = []
    closed: list[trace.ConnectionInfo] = []
    engine: Any = driver.engine(poolclass=NullPool) if when == "engine first" else None
    if engine is not None:
        driver.connected(ask, engine=engine)
    with (
        trace.pool.on_connect(lambda info, dbapi_connection: opened.append(info)),
        trace.pool.on_close(closed.append),
    ):
        engine = engine or driver.engine(poolclass=NullPool)
        infos = driver.connected(identity, identity, engine=engine)
    assert opened == closed == infos
    assert len(set(opened)) == 2


@pytest.mark.parametrize("when", ["engine first", "subscription first"])
def test_every_checkout_is_told(driver: Driver, when: str) -> None:
    offered: list[trace.ConnectionInfo] = []
    engine: Any = driver.engine() if when == "engine first" else None
    if engine is not None and not isinstance(engine, AsyncEngine):
        driver.connected(ask, engine=engine)
    with trace.pool.on_checkout(lambda info, dbapi_connection: offered.append(info)):
        driver.connected(ask, ask, engine=engine)
    assert len(offered) == 2
    assert offered[0] is offered[1]


def test_subscribers_are_told_in_order(driver: Driver) -> None:
    order: list[str] = []
    with (
        trace.pool.on_checkout(lambda info, dbapi_connection: order.append("first")),
        trace.pool.on_checkout(lambda info, dbapi_connection: order.append("second")),
    ):
        driver.connected(ask)
    assert order == ["first", "second"]
