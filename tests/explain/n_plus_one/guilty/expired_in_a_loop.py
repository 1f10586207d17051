"""What a commit expired, read again row by row."""

from __future__ import annotations

from library_models import Author
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Author.name"
FIX = "expire_on_commit=False"


def program(session: Session) -> list[str]:
    authors = session.scalars(select(Author)).all()  # where: parents loaded here
    for author in authors:
        author.name = author.name.upper()
    session.commit()
    return [author.name for author in authors]  # where: loaded one by one here
