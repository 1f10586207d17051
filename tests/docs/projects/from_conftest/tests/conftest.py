"""The tests' database, by hand."""

import os

import pytest

os.environ["DATABASE_URL"] = "postgresql+psycopg://postgres:postgres@localhost:5432/library_test"

from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
from sqlalchemy_utils import create_database, database_exists

from app.database import get_db
from app.main import app
from app.models import Author, Base

TEST_DATABASE_URL = "postgresql+psycopg://postgres:postgres@localhost:5432/library_test"
engine = create_engine(TEST_DATABASE_URL)
TestingSession = sessionmaker(autoflush=False, bind=engine)


@pytest.fixture(scope="session", autouse=True)
def tables():
    if not database_exists(TEST_DATABASE_URL):
        create_database(TEST_DATABASE_URL)
    Base.metadata.drop_all(bind=engine)
    Base.metadata.create_all(bind=engine)
    yield
    Base.metadata.drop_all(bind=engine)


@pytest.fixture(autouse=True)
def clean():
    yield
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE author, book RESTART IDENTITY CASCADE"))


def override_get_db():
    session = TestingSession()
    try:
        yield session
    finally:
        session.close()


app.dependency_overrides[get_db] = override_get_db


@pytest.fixture
def session():
    session = TestingSession()
    yield session
    session.close()


@pytest.fixture
def client():
    return TestClient(app)


# The tests' own rows: they stay.
@pytest.fixture
def ada(session):
    author = Author(name="Ada")
    session.add(author)
    session.commit()
    return author
