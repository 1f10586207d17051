"""A while that goes through a list."""

from __future__ import annotations

from library_models import Author
from sqlalchemy.orm import Session

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Author"
FIX = ".in_("


def program(session: Session) -> list[str]:
    names, pending = [], [1, 2, 3]
    while pending:  # where: in this loop
        names.append(session.get_one(Author, pending.pop()).name)  # where: sent one by one here
    return names
