"""The table of one row that the benchmarks of overheads select from."""

from __future__ import annotations

from sqlalchemy import URL, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "overhead"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None]
    amount: Mapped[int]


def prepare(url: URL) -> None:
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Row(id=1, name="one", note=None, amount=1))
        session.commit()
    engine.dispose()
