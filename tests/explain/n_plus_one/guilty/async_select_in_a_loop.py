"""A for that awaits a query at each turn."""

from __future__ import annotations

from library_models import Author, Book
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Book were sent by one loop"
FIX = ".in_("


async def program(session: AsyncSession) -> int:
    total = 0
    for author in await session.scalars(select(Author)):  # where: in this loop
        books = await session.scalars(select(Book).where(Book.author_id == author.id))  # where: sent one by one here
        total += len(books.all())
    return total
