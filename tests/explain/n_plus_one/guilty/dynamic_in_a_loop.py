"""A dynamic collection of each row."""

from __future__ import annotations

from library_models import Author
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Book were sent by one loop"
FIX = ".in_("


def program(session: Session) -> int:
    total = 0
    for author in session.scalars(select(Author)).all():  # where: in this loop
        total += len(author.dynamic_books.all())  # where: sent one by one here
    return total
