"""A relationship read in a list comprehension."""

from __future__ import annotations

from library_models import Book
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Book.publisher"
FIX = "selectinload(Book.publisher)"
EDITS = True


def program(session: Session) -> list[str]:
    books = session.scalars(select(Book).where(Book.id < 40)).all()  # where: parents loaded here
    return [book.publisher.name for book in books if book.publisher]  # where: loaded one by one here
