"""Loops that write: slow perhaps, but no N+1, for what they read depends on what they wrote."""

from __future__ import annotations

from library_models import Author, Book, Tag
from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session


def batch_insert(session: Session) -> None:
    session.add_all(Tag(name=f"new {number}") for number in range(50))
    session.commit()


def insert_in_a_loop(session: Session) -> None:
    for number in range(5):
        session.add(Tag(name=f"new {number}"))
        session.flush()


def insert_and_commit_in_a_loop(session: Session) -> None:
    keys = []
    for number in range(5):
        tag = Tag(name=f"new {number}")
        session.add(tag)
        session.commit()
        keys.append(tag.id)
    assert len(set(keys)) == 5


def insert_and_refresh_in_a_loop(session: Session) -> None:
    for number in range(5):
        tag = Tag(name=f"new {number}")
        session.add(tag)
        session.commit()
        session.refresh(tag)
        assert tag.id


def core_insert_in_a_loop(session: Session) -> None:
    for number in range(5):
        session.execute(insert(Tag.__table__), {"name": f"new {number}"})


def look_up_or_create(session: Session) -> None:
    for name in ("a", "b", "c", "d"):
        tag = session.scalars(select(Tag).where(Tag.name == name)).one_or_none()
        if tag is None:
            session.add(Tag(name=name))
    session.commit()


def merge_in_a_loop(session: Session) -> None:
    for number in (1, 2, 3, 4):
        session.merge(Tag(id=number, name=f"merged {number}"))
    session.commit()


def merge_of_what_is_the_same_already(session: Session) -> None:
    for number in (1, 2, 3):
        session.merge(Tag(id=number, name=f"tag {number}"))


def upsert_in_a_loop(session: Session) -> None:
    for number in (1, 2, 3, 4):
        statement = postgresql.insert(Tag).values(id=number, name=f"u {number}")
        session.scalars(
            statement.on_conflict_do_update(index_elements=["id"], set_={"name": f"u {number}"}).returning(Tag)
        ).one()


def update_by_key(session: Session) -> None:
    session.execute(update(Book), [{"id": number, "price": 5} for number in (11, 12, 21)])


def update_and_read_back_in_a_loop(session: Session) -> None:
    for number in (11, 12, 21):
        session.execute(update(Book).where(Book.id == number).values(stock=Book.stock + 1))
        assert session.scalar(select(Book.stock).where(Book.id == number)) == 1


def lock_row_by_row(session: Session) -> None:
    for number in (11, 12, 21):
        book = session.get_one(Book, number, with_for_update=True)
        book.stock -= 1
    session.commit()


def savepoint_in_a_loop(session: Session) -> None:
    failed = 0
    for number in (1, 2, 100, 101):
        try:
            with session.begin_nested():
                session.add(Tag(id=number, name=f"new {number}"))
        except IntegrityError:
            failed += 1
    session.commit()
    assert failed == 2


def nested_transactions_that_read(session: Session) -> None:
    for number in (11, 12, 21):
        with session.begin_nested():
            session.get_one(Book, number).price = number
    session.commit()


def autoflush_before_a_query(session: Session) -> None:
    for number in range(3):
        session.add(Author(name=f"new {number}"))
        assert session.scalars(select(Author).where(Author.name == f"new {number}")).one()


def sequence_values_in_a_loop(session: Session) -> None:
    from sqlalchemy import func

    for start in (5000, 6000, 7000):
        session.execute(select(func.setval("tag_id_seq", start)))
        assert session.scalar(select(func.nextval("tag_id_seq"))) == start + 1


def objects_made_and_then_read(session: Session) -> None:
    tags = [Tag(name=f"new {number}") for number in range(4)]
    session.add_all(tags)
    session.flush()
    assert all(tag.id for tag in tags)
    session.scalars(select(Tag).where(Tag.id.in_([tag.id for tag in tags]))).all()
