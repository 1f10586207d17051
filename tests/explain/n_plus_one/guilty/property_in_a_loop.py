"""A property of the model that reads a collection."""

from __future__ import annotations

from library_models import Author
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Author.books"
FIX = "selectinload(Author.books)"
EDITS = True


def program(session: Session) -> list[str]:
    authors = session.scalars(select(Author)).all()  # where: parents loaded here
    titles = []
    for author in authors:  # where: in this loop
        titles.append(_Author.titles(author))
    return titles


class _Author:
    @staticmethod
    def titles(author: Author) -> str:
        return ", ".join(book.title for book in author.books)  # where: loaded one by one here
