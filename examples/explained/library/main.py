"""The application. Every route has a mistake, and says which."""

import asyncio
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from library.database import get_session, reports_engine
from library.models import Author, Book

app = FastAPI()
Database = Annotated[AsyncSession, Depends(get_session)]


class AuthorOut(BaseModel):
    """An author as the API shows it."""

    model_config = ConfigDict(from_attributes=True)
    name: str


class BookOut(BaseModel):
    """A book as the API shows it."""

    model_config = ConfigDict(from_attributes=True)
    title: str
    author: AuthorOut


@app.get("/books", response_model=list[BookOut])
async def books(session: Database) -> list[Book]:
    """Mistake: the response reads ``Book.author``, which no option loads."""
    return list(await session.scalars(select(Book)))


@app.post("/books/{number}/borrow")
async def borrow(number: int, session: Database) -> str:
    """Mistake: after the commit the book's attributes are expired."""
    book = await session.get_one(Book, number)
    book.copies -= 1
    await session.commit()
    return f"{book.copies} copies of {book.title} left"


@app.get("/figures")
async def figures(session: Database) -> list[int]:
    """Mistake: two tasks use one session at once. It passes as long as the pool has an idle connection."""
    books = session.scalar(select(func.count()).select_from(Book))
    authors = session.scalar(select(func.count()).select_from(Author))
    return list(await asyncio.gather(books, authors))


@app.post("/books/{number}/return")
async def give_back(number: int, session: Database) -> int:
    """Mistake: ``execute`` is not awaited."""
    result = session.execute(update(Book).where(Book.id == number).values(copies=Book.copies + 1))
    await session.commit()
    return result.rowcount


@app.get("/report")
async def report() -> list[str]:
    """Mistake: a sync engine stops the event loop; only a guard sees it."""
    with Session(reports_engine) as session:
        return list(session.scalars(select(Book.title)))
