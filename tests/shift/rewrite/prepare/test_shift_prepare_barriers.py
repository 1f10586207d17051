"""Database access where nothing can be awaited is listed."""

from __future__ import annotations

from prepare_samples import MODELS

from greenshift.shift.rewrite.prepare.barriers import list_barriers
from greenshift.shift.rewrite.stages import run_stage

CODE = """\
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker
from app.models import Base, User
engine = create_engine("sqlite://")
SessionLocal = sessionmaker(engine)
Base.metadata.create_all(bind=engine)
with SessionLocal() as session:
    NAMES = session.scalars(select(User.name)).all()
class Service:
    def __init__(self, session: Session):
        self.first = session.scalars(select(User)).first()
    def again(self, session: Session):
        return session.scalars(select(User)).first()
if __name__ == "__main__":
    SessionLocal().commit()
"""


def test_places() -> None:
    texts = {"app/__init__.py": "", "app/models.py": MODELS, "app/db.py": CODE}
    left = run_stage("prepare", texts, fixers=[list_barriers]).left
    assert [(one.kind, one.place.line) for one in left] == [("barrier", 7), ("barrier", 8), ("barrier", 11)]
    assert left[2].reason.startswith("Service.__init__ talks to the database")
