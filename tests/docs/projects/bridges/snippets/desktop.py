import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.database import Base, User


def write_log(user_id, what, session):
    session.add(User(name=f"{user_id} {what}"))
    session.flush()


async def main():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as db:
        user = User(name="Ada")
        db.add(user)
        await db.flush()
        ...  # here
        assert list(await db.scalars(select(User.name).order_by(User.id))) == ["Ada", f"{user.id} login"]
    await engine.dispose()


asyncio.run(main())
