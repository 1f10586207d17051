"""A page rendered piece by piece from templates of one's own."""

from __future__ import annotations

from collections.abc import Callable

from library_models import Author
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Author.books"
FIX = "selectinload(Author.books)"
EDITS = True


PIECES: list[Callable[[Author], object]] = [
    lambda author: author.name,
    lambda author: len(author.books),  # where: loaded one by one here
]


def program(session: Session) -> str:
    authors = session.scalars(select(Author).order_by(Author.id)).all()  # where: parents loaded here
    return "".join(_row(author) for author in authors)


def _row(author: Author) -> str:
    return " ".join(str(piece(author)) for piece in PIECES)  # where: in this loop
