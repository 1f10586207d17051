"""Loops that ask again, or wait, or serve what arrives."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from library_models import Author, Book, Job, Tag
from sqlalchemy import exists, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session


def retry_with_the_same_values(session: Session) -> None:
    for attempt in range(5):
        session.expire_all()
        if session.get(Author, 1) is not None and attempt == 4:
            break


def retry_after_an_error(session: Session) -> None:
    for attempt in ("missing_1", "missing_2", "missing_3"):
        try:
            session.execute(text(f"SELECT id FROM {attempt} WHERE id = :id"), {"id": hash(attempt) % 100})
        except (OperationalError, ProgrammingError):
            session.rollback()


def poll(session: Session) -> None:
    polls = 0
    while polls < 4:
        assert session.scalar(select(Job.state).where(Job.id == 1)) == "new"
        polls += 1


def poll_by_the_clock(session: Session) -> None:
    for number in range(4):
        since = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=number)
        assert session.scalars(select(Job).where(Job.updated < since)).all() is not None


def serve_for_ever(session: Session) -> None:
    messages = deque([1, 2, 3])
    while True:
        if not messages:
            break
        assert session.get(Author, messages.popleft())


def look_for_a_free_name(session: Session) -> None:
    for _ in range(5):
        name = secrets.token_hex(4)
        assert session.scalar(select(Tag.id).where(Tag.name == name)) is None


def helper_called_from_three_places(session: Session) -> None:
    assert _named(session, "tag 1")
    assert _named(session, "tag 2")
    assert _named(session, "tag 3")


def _named(session: Session, name: str) -> Tag | None:
    return session.scalars(select(Tag).where(Tag.name == name)).one_or_none()


def helper_called_thrice_in_a_line(session: Session) -> None:
    assert [_named(session, "tag 1"), _named(session, "tag 2"), _named(session, "tag 3")]


def helper_called_from_three_lines_of_a_loop(session: Session) -> None:
    for prefix in ("tag",):
        assert _named(session, f"{prefix} 1")
        assert _named(session, f"{prefix} 2")
        assert _named(session, f"{prefix} 3")


def different_statements_in_a_loop(session: Session) -> None:
    for number, model in enumerate((Author, Book, Tag, Job), 1):
        session.get(model, number)


def tables_in_a_loop(session: Session) -> None:
    for table in ("author", "book", "tag", "job"):
        session.execute(text(f"SELECT count(*) FROM {table} WHERE id < :id"), {"id": len(table)})


def exists_once_a_function(session: Session) -> None:
    for check in (_has_author, _has_book, _has_tag):
        check(session)


def _has_author(session: Session) -> bool | None:
    return session.scalar(select(exists().where(Author.id == 1)))


def _has_book(session: Session) -> bool | None:
    return session.scalar(select(exists().where(Book.id == 11)))


def _has_tag(session: Session) -> bool | None:
    return session.scalar(select(exists().where(Tag.id == 1)))


def get_hits_in_the_identity_map(session: Session) -> None:
    authors = session.scalars(select(Author)).all()
    for number in (1, 2, 3, 1, 2, 3):
        assert session.get(Author, number) in authors


def locks_of_names_in_a_loop(session: Session) -> None:
    for number in (1, 2, 3):
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def sender_and_receiver(session: Session) -> None:
    pair = [session.get(Author, number) for number in (1, 2)]
    assert len(pair) == 2


def query_before_the_loop(session: Session) -> None:
    for number in (1, 2, 3):
        for book in _books_by_author(session)[number]:
            assert book.title


def _books_by_author(session: Session) -> dict[int, list[Book]]:
    found: dict[int, list[Book]] = {}
    for book in session.scalars(select(Book)):
        found.setdefault(book.author_id, []).append(book)
    return found


def context_managers_and_generators(session: Session) -> None:
    with _opened(session) as tags:
        assert sum(1 for _ in tags) == 3


@contextmanager
def _opened(session: Session) -> Iterator[Iterator[Tag]]:
    yield iter(session.scalars(select(Tag).where(Tag.id < 10)))
