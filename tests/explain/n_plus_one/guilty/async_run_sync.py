"""A sync function run by an async session."""

from __future__ import annotations

from library_models import Author
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Author.books"
FIX = "selectinload(Author.books)"
EDITS = True


async def program(session: AsyncSession) -> int:
    return await session.run_sync(_total)


def _total(session: Session) -> int:
    authors = session.scalars(select(Author)).all()  # where: parents loaded here
    return sum(len(author.books) for author in authors)  # where: loaded one by one here
