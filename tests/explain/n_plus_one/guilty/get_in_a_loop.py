"""A hand-written loop over keys."""

from __future__ import annotations

from library_models import Author
from sqlalchemy.orm import Session

KIND = "N+1 loop"
HEADLINE = "3 SELECTs of Author were sent by one loop"
FIX = ".in_("


def program(session: Session) -> list[str]:
    names = []
    for number in (1, 2, 3):  # where: in this loop
        names.append(session.get_one(Author, number).name)  # where: sent one by one here
    return names
