"""Reading much in pieces."""

from __future__ import annotations

from itertools import islice

from library_models import Author, Book
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session


def pages_by_offset(session: Session) -> None:
    for page in range(3):
        books = session.scalars(select(Book).order_by(Book.id).limit(2).offset(page * 2)).all()
        assert len(books) == 2


def pages_by_offset_until_empty(session: Session) -> None:
    offset = 0
    while books := session.scalars(select(Book).order_by(Book.id).limit(1).offset(offset)).all():
        offset += len(books)
    assert offset == 6


def pages_by_key(session: Session) -> None:
    last = 0
    while True:
        books = session.scalars(select(Book).where(Book.id > last).order_by(Book.id).limit(2)).all()
        if not books:
            break
        last = books[-1].id
    assert last == 32


def pages_by_key_one_row_each(session: Session) -> None:
    last, seen = 0, 0
    book = session.scalars(select(Book).where(Book.id > last).order_by(Book.id).limit(1)).first()
    while book is not None:
        seen += 1
        book = session.scalars(select(Book).where(Book.id > book.id).order_by(Book.id).limit(1)).first()
    assert seen == 6


def pages_in_plain_sql(session: Session) -> None:
    for last in (0, 12, 22):
        statement = text("SELECT id FROM book WHERE id > :last ORDER BY id LIMIT 2")
        assert session.scalars(statement, {"last": last}).all()


def count_and_page(session: Session) -> None:
    for size in (2, 3):
        assert session.scalar(select(func.count()).select_from(Book)) == 6
        assert session.scalars(select(Book).limit(size)).all()


def lists_of_varying_length(session: Session) -> None:
    for numbers in ([11], [11, 12], [11, 12, 21], [11, 12, 21, 22]):
        assert len(session.scalars(select(Book).where(Book.id.in_(numbers))).all()) == len(numbers)


def lists_in_chunks(session: Session) -> None:
    numbers = iter([11, 12, 21, 22, 31, 32, 33])
    found: list[Book] = []
    while chunk := list(islice(numbers, 2)):
        found += session.scalars(select(Book).where(Book.id.in_(chunk)))
    assert len(found) == 6


def lists_in_chunks_by_a_for(session: Session) -> None:
    numbers = [11, 12, 21, 22, 31]
    for start in range(0, len(numbers), 2):
        assert session.scalars(select(Book).where(Book.id.in_(numbers[start : start + 2]))).all()


def arrays_in_chunks(session: Session) -> None:
    for chunk in ([11, 12], [21, 22], [31, 32]):
        statement = text("SELECT id FROM book WHERE id = ANY(:ids)")
        assert len(session.execute(statement, {"ids": chunk}).all()) == 2


def yield_per(session: Session) -> None:
    for book in session.scalars(select(Book).execution_options(yield_per=2)):
        assert book.title


def partitions_of_a_server_side_cursor(session: Session) -> None:
    result = session.execute(select(Author.id, Author.name), execution_options={"stream_results": True})
    assert [len(rows) for rows in result.partitions(2)] == [2, 1]


def two_loops_of_two(session: Session) -> None:
    for number in (1, 2):
        assert session.get(Author, number)
    for number in (11, 12):
        assert session.get(Book, number)
