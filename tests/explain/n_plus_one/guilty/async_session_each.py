"""A repository that opens a session for each call, called in a loop."""

from __future__ import annotations

from library_models import Author
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Author"
FIX = ".in_("


async def program(factory: async_sessionmaker[AsyncSession]) -> list[str]:
    return [await _name(factory, number) for number in (1, 2, 3)]  # where: in this loop


async def _name(factory: async_sessionmaker[AsyncSession], number: int) -> str:
    async with factory() as session:
        return (await session.get_one(Author, number)).name  # where: sent one by one here
