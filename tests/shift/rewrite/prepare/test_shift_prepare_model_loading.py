"""Relationships whose reads cannot be traced: the model loads them, and each is listed."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from prepare_samples import prepare, service
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

FROM_OUTSIDE = """
    def show(user: User):
        return user.items
"""


def test_an_instance_from_outside() -> None:
    changed, models, left = service(FROM_OUTSIDE)
    assert changed == ""
    assert '+    items: Mapped[list["Item"]] = relationship(back_populates="owner", lazy="selectin")' in models
    assert [(one.kind, one.place.file) for one in left] == [("lazy load", "app/service.py")]
    assert left[0].reason.startswith("User.items is read of an instance whose statement is not known")


def test_an_annotation_adds_nothing_to_what_calls_give() -> None:
    changed, models, left = service("""
        def show(user: User) -> list[Item]:
            return user.items

        def main(session: Session):
            return show(session.scalars(select(User)).one())
    """)
    assert "selectinload(User.items)" in changed
    assert (models, left) == ("", [])


def test_the_policy_model() -> None:
    changed, models, left = service(
        """
        def show(session: Session):
            return [user.items for user in session.scalars(select(User))]
        """,
        loading="model",
    )
    assert changed == ""
    assert 'lazy="selectin"' in models
    assert [one.kind for one in left] == ["lazy load"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('relationship("B")', 'relationship("B", lazy="selectin")'),
        ('relationship("B", lazy="select")', 'relationship("B", lazy="selectin")'),
        ('relationship("B", lazy="joined")', 'relationship("B", lazy="joined")'),
        ('relationship("B", lazy="dynamic")', 'relationship("B", lazy="dynamic")'),
        ('relationship(\n        "B",\n    )', 'relationship(\n        "B",\n        lazy="selectin",\n    )'),
    ],
)
def test_forms(before: str, after: str) -> None:
    text = f"""\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, relationship
Base = declarative_base()
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    bs = {before}
class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
def show(a: A):
    return [b for b in a.bs]
"""
    texts, left = prepare({"a.py": text})
    assert texts["a.py"] == text.replace(before, after)
    # A dynamic one's query is sent where it is read, which the flip bridges.
    assert bool(left) == ("joined" not in before and "dynamic" not in before)


def test_a_backref() -> None:
    text = """\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, relationship
Base = declarative_base()
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    a = relationship("A", backref="bs")
def show(a: A):
    return [b for b in a.bs]
"""
    texts, _ = prepare({"a.py": text})
    assert 'a = relationship("A", backref=backref("bs", lazy="selectin"))' in texts["a.py"]
    assert "from sqlalchemy.orm import declarative_base, relationship, backref" in texts["a.py"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Relationship()", 'Relationship(sa_relationship_kwargs={"lazy": "selectin"})'),
        (
            'Relationship(sa_relationship_kwargs={"order_by": "B.id"})',
            'Relationship(sa_relationship_kwargs={"order_by": "B.id", "lazy": "selectin"})',
        ),
    ],
)
def test_sqlmodel(before: str, after: str) -> None:
    text = f"""\
from sqlmodel import Field, Relationship, SQLModel
class A(SQLModel, table=True):
    id: int = Field(primary_key=True)
    bs: list["B"] = {before}
class B(SQLModel, table=True):
    id: int = Field(primary_key=True)
    a_id: int = Field(foreign_key="a.id")
def show(a: A):
    return a.bs
"""
    texts, _ = prepare({"a.py": text})
    assert texts["a.py"] == text.replace(before, after)


def test_a_relationship_to_itself_gets_a_depth() -> None:
    text = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): ...
class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[list["Node"]] = relationship()
def show(node: Node):
    return node.children
"""
    texts, _ = prepare({"a.py": text})
    assert 'relationship(lazy="selectin", join_depth=10)' in texts["a.py"] or (
        'lazy="selectin"' in texts["a.py"] and "join_depth=10" in texts["a.py"]
    )


RETURNING = """
from sqlalchemy import ForeignKey, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    seats: Mapped[list["Seat"]] = relationship(back_populates="person")

class Club(Base):
    __tablename__ = "club"
    id: Mapped[int] = mapped_column(primary_key=True)
    seats: Mapped[list["Seat"]] = relationship()

class Seat(Base):
    __tablename__ = "seat"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    club_id: Mapped[int] = mapped_column(ForeignKey("club.id"))
    person: Mapped[Person] = relationship(back_populates="seats")

def of_person(session: Session):
    return [seat.person for person in session.scalars(select(Person)) for seat in person.seats]

def of_club(session: Session):
    return [seat.person for club in session.scalars(select(Club)) for seat in club.seats]
"""


def test_what_leads_back_is_loaded_for_all_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # One statement for each of 300 members is what `lazy="immediate"` sent here.
    texts, _ = prepare({"a.py": RETURNING}, loading="model")
    changed = texts["a.py"]
    assert 'relationship(back_populates="seats", lazy="selectin", join_depth=10)' in changed
    module = ModuleType("clubs")
    monkeypatch.setitem(sys.modules, "clubs", module)  # where SQLAlchemy looks for the names in annotations
    exec(compile(changed, "clubs.py", "exec"), module.__dict__)
    engine = create_engine("sqlite://")
    module.Base.metadata.create_all(engine)
    with Session(engine) as session:
        seats = [module.Seat(person=module.Person()) for _ in range(300)]
        session.add(module.Club(seats=seats))
        session.commit()
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    for read in (module.of_club, module.of_person):
        sent.clear()
        with Session(engine) as session:
            assert len(read(session)) == 300
        assert len(sent) <= 4, sent


FILLED = """

def taken(session: Session, club: Club):
    statement = select(Person).join(Person.seats).where(Seat.club_id == club.id)
    statement = statement.options(contains_eager(Person.seats)).execution_options(populate_existing=True)
    return [[seat.id for seat in person.seats] for person in session.scalars(statement).unique()]
"""


def test_what_a_statement_fills_in_is_not_loaded_away(monkeypatch: pytest.MonkeyPatch) -> None:
    # `selectin` hands `populate_existing` on: it would load each person anew, with the seats of no club left out.
    source = RETURNING.replace("mapped_column, relationship", "contains_eager, mapped_column, relationship") + FILLED
    texts, _ = prepare({"a.py": source}, loading="model")
    changed = texts["a.py"]
    assert 'person: Mapped[Person] = relationship(back_populates="seats", lazy="immediate")' in changed
    # Where all reads of the collection are proved, the model does not load it, and nothing fills it again.
    changed = changed.replace(
        'relationship(back_populates="person", lazy="selectin")', "relationship(back_populates='person')"
    )
    module = ModuleType("filled_clubs")
    monkeypatch.setitem(sys.modules, "filled_clubs", module)
    exec(compile(changed, "filled_clubs.py", "exec"), module.__dict__)
    engine = create_engine("sqlite://")
    module.Base.metadata.create_all(engine)
    with Session(engine) as session:
        clubs = [module.Club(), module.Club()]
        session.add_all(clubs)
        session.flush()
        person = module.Person(seats=[module.Seat(club_id=club.id) for club in clubs])
        session.add(person)
        session.flush()
        assert module.taken(session, clubs[0]) == [[person.seats[0].id]]
