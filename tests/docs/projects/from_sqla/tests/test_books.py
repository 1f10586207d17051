from sqlalchemy import func, select

from app.models import Author, Book


def test_a_book(sqla_session):
    sqla_session.add(Author(id=1, name="Ada"))
    sqla_session.flush()
    sqla_session.add(Book(title="Notes", author_id=1))
    sqla_session.commit()
    assert sqla_session.scalar(select(Book.title)) == "Notes"


def test_the_next_test_starts_clean(sqla_session):
    assert sqla_session.scalar(select(func.count()).select_from(Author)) == 0
