"""Loaded by await, read inside run_sync at each turn."""

from __future__ import annotations

from library_models import Author
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Author.books"
FIX = "selectinload(Author.books)"
EDITS = True


async def program(session: AsyncSession) -> int:
    total = 0
    authors = (await session.scalars(select(Author))).all()  # where: parents loaded here
    for author in authors:  # where: in this loop
        total += await session.run_sync(lambda _, one=author: len(one.books))  # where: loaded one by one here
    return total
