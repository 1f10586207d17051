"""One PostgreSQL and one SQLite file with a small schema, offered to every driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, create_engine, func, make_url, select
from sqlalchemy.orm import Session
from tree import DRIVERS, POSTGRES, Base, Branch, Driver, Leaf

from greenshift import trace
from greenshift.postgres import ServerSettings, open_server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[URL]:
    server = open_server(ServerSettings())
    try:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE trace_tests")
        yield make_url(server.url("trace_tests", "psycopg"))
    finally:
        server.stop()


@pytest.fixture(scope="session")
def urls(postgres_url: URL, tmp_path_factory: pytest.TempPathFactory) -> dict[str, URL]:
    """The URL for each driver; every database holds the schema with one branch and two leaves."""
    sqlite_url = URL.create("sqlite", database=str(tmp_path_factory.mktemp("trace") / "trace.db"))
    for url in (postgres_url, sqlite_url):
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Branch(id=100, name="first", leaves=[Leaf(id=100), Leaf(id=101)]))
            if url is postgres_url:
                for sequence in ("trace_branch_id_seq", "trace_leaf_id_seq"):
                    session.execute(select(func.setval(sequence, 1_000_000)))
            session.commit()
        engine.dispose()
    return {
        "psycopg": postgres_url,
        "psycopg_async": postgres_url,
        "asyncpg": postgres_url.set(drivername="postgresql+asyncpg"),
        "pysqlite": sqlite_url,
        "aiosqlite": sqlite_url.set(drivername="sqlite+aiosqlite"),
    }


def _driver(name: str, urls: dict[str, URL]) -> Iterator[Driver]:
    driver = Driver(name, urls[name])
    yield driver
    driver.dispose()


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest, urls: dict[str, URL]) -> Iterator[Driver]:
    """Each driver in turn."""
    yield from _driver(request.param, urls)


@pytest.fixture(params=POSTGRES)
def postgres(request: pytest.FixtureRequest, urls: dict[str, URL]) -> Iterator[Driver]:
    """Each PostgreSQL driver in turn."""
    yield from _driver(request.param, urls)


@pytest.fixture
def engine(urls: dict[str, URL]) -> Iterator[Engine]:
    """A sync engine on PostgreSQL."""
    engine = create_engine(urls["psycopg"])
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """A test leaves no subscription behind, so none finds another's."""
    before = trace.active()
    yield
    assert trace.active() == before
