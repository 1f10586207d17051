"""The children of one object that get() loaded."""

from __future__ import annotations

from library_models import Author
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "2 statements loaded Book.publisher"
FIX = "selectinload(Author.books).selectinload(Book.publisher)"
EDITS = True


def program(session: Session) -> list[str]:
    names = []
    author = session.get_one(Author, 1)  # where: parents loaded here
    author.books[1].publisher_id = 2
    session.flush()
    for book in author.books:  # where: in this loop
        names.append(str(book.publisher))  # where: loaded one by one here
    return names
