"""The tests' database."""

import pytest
from fastapi.testclient import TestClient
from pytest_postgresql import factories
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from app.database import get_db
from app.main import app
from app.models import Author, Base

# PostgreSQL must be installed on the machine.
postgresql_proc = factories.postgresql_proc(port=None)
postgresql = factories.postgresql("postgresql_proc")


@pytest.fixture
def engine(postgresql):
    info = postgresql.info
    url = f"postgresql+psycopg://{info.user}:@{info.host}:{info.port}/{info.dbname}"
    engine = create_engine(url, poolclass=NullPool)
    Base.metadata.create_all(engine)
    yield engine
    Base.metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def session(engine):
    maker = sessionmaker(bind=engine)
    session = maker()
    yield session
    session.close()


@pytest.fixture
def client(session):
    def override():
        yield session

    app.dependency_overrides[get_db] = override
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


# This one has nothing to do with the database's making: it stays.
@pytest.fixture
def ada(session):
    author = Author(name="Ada")
    session.add(author)
    session.commit()
    return author
