"""awaitable_attrs in a loop."""

from __future__ import annotations

from library_models import Book
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Book.author"
FIX = "selectinload(Book.author)"
EDITS = True


async def program(session: AsyncSession) -> list[str]:
    names = []
    books = await session.scalars(select(Book))  # where: parents loaded here
    for book in books:  # where: in this loop
        author = await book.awaitable_attrs.author  # where: loaded one by one here
        names.append(author.name)
    return names
