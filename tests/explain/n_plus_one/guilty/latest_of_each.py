"""The newest row of each, one query each."""

from __future__ import annotations

from library_models import Author, Book
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Book"
FIX = ".in_("


def program(session: Session) -> list[Book | None]:
    return [
        session.scalars(  # where: sent one by one here
            select(Book).where(Book.author_id == author.id).order_by(Book.id.desc()).limit(1)
        ).first()
        for author in session.scalars(select(Author)).all()  # where: in this loop
    ]
