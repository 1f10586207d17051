"""Relationships one behind the other: one option loads them all."""

from __future__ import annotations

from library_models import Author
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "loaded Author.books and Book.tags, one for each Book"
FIX = "selectinload(Author.books).selectinload(Book.tags)"
EDITS = True


def program(session: Session) -> int:
    total = 0
    authors = session.scalars(select(Author)).all()  # where: parents loaded here
    for author in authors:  # where: in this loop
        for book in author.books:  # where: loaded one by one here
            total += len(book.tags)  # where: loaded one by one here
    return total
