"""Two real servers, the second a streaming replica of the first; engines on both; what was sent to which."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from greenshift.postgres import ReplicaServer, ServerSettings, open_server
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from board.models import Article, Author, Base, Comment
from routing import Databases, Position, Replica, RoutingSession

MakeSession = Callable[..., RoutingSession]
# However slow the machine, a replica stays fit while a test takes; test_fitness.py has clocks of its own.
PATIENT = {"lag_limit": 3600.0, "check_every": 3600.0}
EMPTY = "TRUNCATE author, article, comment RESTART IDENTITY"


@pytest.fixture(scope="session")
def replica() -> Iterator[ReplicaServer]:
    """A replica; `replica.primary` is its primary."""
    with open_server(ServerSettings(replication=True)) as primary, primary.replica() as replica:
        engine = create_engine(primary.url(driver="psycopg"))
        Base.metadata.create_all(engine)
        engine.dispose()
        yield replica


@pytest.fixture(scope="session")
def engines(replica: ReplicaServer) -> Iterator[tuple[Engine, Engine]]:
    """A sync engine on the primary, and one on the replica."""
    both = [create_engine(server.url(driver="psycopg")) for server in (replica.primary, replica)]
    yield both[0], both[1]
    for engine in both:
        engine.dispose()


@pytest.fixture(autouse=True)
def article(replica: ReplicaServer, engines: tuple[Engine, Engine]) -> Iterator[int]:
    """The number of the one article there is, by Ada, with one comment; on both servers."""
    with Session(engines[0]) as session, session.begin():
        article = Article(title="First", author=Author(name="Ada"), comments=[Comment(text="Nice")])
        session.add(article)
        session.flush()
        number = article.id
    replica.wait_for()
    yield number
    if replica.is_paused():
        replica.resume()
    with engines[0].begin() as connection:
        connection.exec_driver_sql(EMPTY)


def reached(replica: ReplicaServer) -> Position:
    """How far the primary's log goes now, also what is not written out yet; a later commit is behind it."""
    with replica.primary.connect() as connection:
        ((position,),) = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchall()
    return Position.parse(str(position))


class Sent:
    """The statements that were sent, with the server that got each."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, str]] = []

    def listen(self, engine: Engine, name: str) -> Callable[[], None]:
        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            self.statements.append((name, statement))

        event.listen(engine, "before_cursor_execute", note)
        return lambda: event.remove(engine, "before_cursor_execute", note)

    def __call__(self, word: str = "") -> list[str]:
        """Return the servers that got the statements with a word in them, and forget all; not the router's own."""
        servers = [name for name, text in self.statements if word in text and "_lsn()" not in text]
        self.statements.clear()
        return servers

    def questions(self) -> list[str]:
        """Return the servers that were asked for their position, and forget all."""
        servers = [name for name, text in self.statements if "_lsn()" in text]
        self.statements.clear()
        return servers


@pytest.fixture
def databases(engines: tuple[Engine, Engine]) -> Databases:
    return Databases(engines[0], [Replica(engines[1], **PATIENT)])


@pytest.fixture
def sent(engines: tuple[Engine, Engine]) -> Iterator[Sent]:
    sent = Sent()
    ends = [sent.listen(engine, name) for engine, name in zip(engines, ("primary", "replica"), strict=True)]
    yield sent
    for end in ends:
        end()


@pytest.fixture
def make_session(databases: Databases) -> MakeSession:
    return sessionmaker(class_=RoutingSession, databases=databases)


@pytest.fixture
async def async_engines(replica: ReplicaServer) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    both = [create_async_engine(server.url(driver="asyncpg")) for server in (replica.primary, replica)]
    yield both[0], both[1]
    for engine in both:
        await engine.dispose()


@pytest.fixture
def async_databases(async_engines: tuple[AsyncEngine, AsyncEngine]) -> Databases:
    primary, replica = (engine.sync_engine for engine in async_engines)
    return Databases(primary, [Replica(replica, **PATIENT)])


@pytest.fixture
def async_sent(async_engines: tuple[AsyncEngine, AsyncEngine]) -> Sent:
    sent = Sent()
    for engine, name in zip(async_engines, ("primary", "replica"), strict=True):
        sent.listen(engine.sync_engine, name)
    return sent


@pytest.fixture
def make_async_session(async_databases: Databases) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(sync_session_class=RoutingSession, databases=async_databases, expire_on_commit=False)
