"""A deferred column read in a loop."""

from __future__ import annotations

from library_models import Author
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Author.biography"
FIX = "undefer(Author.biography)"
EDITS = True


def program(session: Session) -> list[str]:
    authors = session.scalars(select(Author)).all()  # where: parents loaded here
    return [author.biography for author in authors]  # where: loaded one by one here
