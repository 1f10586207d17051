"""New objects, expired by their own commit, returned by a service."""

from __future__ import annotations

from library_models import Tag
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "4 statements loaded Tag.id"
FIX = "expire_on_commit=False"


def program(session: Session) -> list[int]:
    tags = [Tag(name=f"new {number}") for number in range(4)]
    session.add_all(tags)
    session.commit()
    return [tag.id for tag in tags]  # where: loaded one by one here
