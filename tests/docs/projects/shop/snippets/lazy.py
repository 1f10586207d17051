from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.models import Base, Customer, Order


async def test_lazy():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add(Customer(name="Ada", orders=[Order(item="tea")]))
        await session.commit()
        customer = (await session.scalars(select(Customer))).one()
        assert customer.orders
