from sqlalchemy import func, select

from app.models import Author, Book


def test_a_book(session):
    session.add(Author(id=1, name="Ada"))
    session.flush()
    session.add(Book(title="Notes", author_id=1))
    session.commit()
    assert session.scalar(select(Book.title)) == "Notes"


def test_the_next_test_starts_clean(session):
    assert session.scalar(select(func.count()).select_from(Author)) == 0
