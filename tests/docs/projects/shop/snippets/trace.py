import asyncio
from types import SimpleNamespace

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.models import Base, Order


async def transfer(session, order, customer):
    await session.execute(update(Order).where(Order.id == order).values(customer_id=customer))
    await session.commit()


service = SimpleNamespace(transfer=transfer)


async def main():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        ...  # here
    assert [str(statement.origin) for statement in recording.statements] == ["update of Order"]
    await engine.dispose()


asyncio.run(main())
