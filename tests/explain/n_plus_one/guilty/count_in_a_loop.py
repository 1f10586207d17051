"""A count for each row, in plain SQL."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

KIND = "N+1 loop"
HEADLINE = "3 equal SELECTs were sent by one loop"
FIX = ".in_("


def program(session: Session) -> list[int]:
    keys = session.scalars(text("SELECT id FROM author")).all()
    return [
        session.execute(  # where: sent one by one here
            text("SELECT count(*) FROM book WHERE author_id = :author"), {"author": key}
        ).scalar_one()
        for key in keys  # where: in this loop
    ]
