"""A serializer that a loop calls for each row, two functions deep."""

from __future__ import annotations

from library_models import Book
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Book.author"
FIX = "selectinload(Book.author)"
EDITS = True


def program(session: Session) -> list[dict[str, str]]:
    return [_serialized(book) for book in _listed(session)]  # where: in this loop


def _listed(session: Session) -> list[Book]:
    statement = select(Book).order_by(Book.id)
    return list(session.scalars(statement))  # where: parents loaded here


def _serialized(book: Book) -> dict[str, str]:
    return {"title": book.title, "author": _author(book)}


def _author(book: Book) -> str:
    return book.author.name  # where: loaded one by one here
