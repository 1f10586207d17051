"""A hand-written loop in a helper that a route calls."""

from __future__ import annotations

from library_models import Author, Book
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Book were sent by one loop"
FIX = ".in_("


def program(session: Session) -> dict[str, list[str]]:
    return _report(session)


def _report(session: Session) -> dict[str, list[str]]:
    found = {}
    for author in session.scalars(select(Author)).all():  # where: in this loop
        found[author.name] = _titles(session, author.id)
    return found


def _titles(session: Session, number: int) -> list[str]:
    statement = select(Book).where(Book.author_id == number)
    return [book.title for book in session.scalars(statement)]  # where: sent one by one here
