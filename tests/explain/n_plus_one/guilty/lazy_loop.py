"""A relationship read in a loop."""

from __future__ import annotations

from library_models import Book
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Book.author, one for each Book"
FIX = ".options(selectinload(Book.author))"
EDITS = True


def program(session: Session) -> list[str]:
    names = []
    books = session.scalars(select(Book).order_by(Book.id)).all()  # where: parents loaded here
    for book in books:  # where: in this loop
        names.append(book.author.name)  # where: loaded one by one here
    return names
