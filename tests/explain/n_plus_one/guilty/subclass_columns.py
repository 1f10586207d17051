"""The columns of subclasses, read one by one after a query of their base."""

from __future__ import annotations

from library_models import Employee, Manager
from sqlalchemy import select
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "3 statements loaded Manager.budget"
FIX = "selectin_polymorphic(Employee, [Manager])"


def program(session: Session) -> int:
    total = 0
    everyone = session.scalars(select(Employee)).all()  # where: parents loaded here
    for one in everyone:  # where: in this loop
        if isinstance(one, Manager):
            total += one.budget  # where: loaded one by one here
    return total
