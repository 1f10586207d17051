import asyncio

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import object_session

from app.database import Base, User


class Repository:
    def __init__(self, session):
        self.session = session

    def __len__(self):
        return self.session.sync_session.scalar(select(func.count()).select_from(User))


# A property that asks the database, which nobody can await.
User.rank = property(lambda user: object_session(user).scalar(select(func.count()).where(User.id <= user.id)))


def by_price(user):
    return -user.rank


async def main():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all([User(name="Ada"), User(name="Berta")])
        await session.commit()
        rows = (await session.scalars(select(User).order_by(User.id))).all()
        item, repository = rows[1], Repository(session)
        ...  # here
    assert (rank, count, [row.id for row in rows]) == (2, 2, [2, 1])
    await engine.dispose()


asyncio.run(main())
