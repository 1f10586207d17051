"""A query for each row of a stream."""

from __future__ import annotations

from library_models import Author, Book
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Book"
FIX = ".in_("


async def program(factory: async_sessionmaker[AsyncSession]) -> int:
    total = 0
    async with factory() as reader, factory() as session:
        rows = await reader.stream_scalars(select(Author.id))
        async for number in rows:  # where: in this loop
            count = select(func.count(Book.id)).where(Book.author_id == number)
            total += await session.scalar(count) or 0  # where: sent one by one here
    return total
