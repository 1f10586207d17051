"""A loop in C: the key of a sort."""

from __future__ import annotations

from library_models import Book
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Book.author"
FIX = "selectinload(Book.author)"
EDITS = True


def program(session: Session) -> list[Book]:
    books = session.scalars(select(Book)).all()  # where: parents loaded here
    return sorted(books, key=lambda book: book.author.name)  # where: loaded one by one here
