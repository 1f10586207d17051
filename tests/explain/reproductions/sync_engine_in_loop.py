"""A sync engine waits for a lock that a task of the same loop holds, and that cannot go on meanwhile."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

KIND = "sync engine in a running loop"
DRIVERS = ("asyncpg", "psycopg")
STATIC = False


def audit(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET balance = balance + 1"))  # where: called here


async def pay(engine: AsyncEngine, ledger: Engine) -> None:
    async with engine.begin() as connection:  # where: held here
        await connection.execute(text("UPDATE account SET balance = balance - 1"))
        audit(ledger)


async def create(connection: AsyncConnection) -> None:
    await connection.execute(text("CREATE TABLE account (balance int)"))
    await connection.execute(text("INSERT INTO account VALUES (1)"))


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    ledger = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), connect_args={"options": "-c lock_timeout=200"}
    )
    try:
        async with engine.begin() as connection:
            await create(connection)
        await pay(engine, ledger)
    finally:
        ledger.dispose()
        await engine.dispose()
