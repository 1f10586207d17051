"""A database with the programs' rows, cloned for each of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy
from library_models import Base, add_rows
from sqlalchemy.orm import Session

from greenshift.postgres import Server


@pytest.fixture(scope="session")
def library(server: Server) -> str:
    """The name of the database that is cloned."""
    name = f"library_{uuid.uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    engine = sqlalchemy.create_engine(server.url(name, "psycopg"))
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        add_rows(session)
    engine.dispose()
    return name


@pytest.fixture
def library_url(server: Server, library: str) -> Iterator[Callable[[str], str]]:
    """Make a clone and return its URL for a driver."""
    made: list[str] = []

    def make(driver: str) -> str:
        name = f"{library}_{len(made)}_{uuid.uuid4().hex[:6]}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {library}".encode())
        made.append(name)
        return server.url(name, driver)

    yield make
    with server.connect() as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
