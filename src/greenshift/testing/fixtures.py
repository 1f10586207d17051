"""The fixtures. A project's own fixture of the same name wins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from greenshift.testing.item_loop import loop_of_test
from greenshift.testing.running import current_suite

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
    from sqlalchemy.orm import Session, sessionmaker

    from greenshift.testing.ground import SuiteDatabase
    from greenshift.testing.isolation import Isolation
    from greenshift.testing.queries import QueryLog


@pytest.fixture
def db(request: pytest.FixtureRequest) -> SuiteDatabase:
    """This worker's database: ``url()``, ``connect()``, ``rewind()``, ``keep()``. The same URL in every test."""
    return current_suite(request.config).database()


@pytest.fixture
def _db_isolation(request: pytest.FixtureRequest) -> Isolation:
    suite = current_suite(request.config)
    assert suite.current is not None
    return suite.isolation(suite.current.isolation)


@pytest.fixture
def db_engine(_db_isolation: Isolation) -> Engine:
    """A sync engine on the test's database."""
    return _db_isolation.engine()


@pytest.fixture
def async_db_engine(_db_isolation: Isolation) -> AsyncEngine:
    """An async engine on the test's database; usable from any event loop."""
    return _db_isolation.async_engine()


@pytest.fixture
def db_session_factory(request: pytest.FixtureRequest, db_engine: Engine) -> sessionmaker[Session]:
    """Makes sync sessions whose commits are real, of the class and with the options of the application's own factory.

    Where the application has none: SQLAlchemy's defaults.
    """
    from sqlalchemy.orm import sessionmaker

    style = current_suite(request.config).app_sessions.style(is_async=False)
    if style is None:
        return sessionmaker(db_engine)
    return sessionmaker(db_engine, class_=style.session_class, **style.options)


@pytest.fixture
def async_db_session_factory(
    request: pytest.FixtureRequest, async_db_engine: AsyncEngine
) -> async_sessionmaker[AsyncSession]:
    """Makes async sessions whose commits are real, of the class and with the options of the application's own factory.

    So ``expire_on_commit`` is what it is in production; where the application has no factory: SQLAlchemy's defaults.
    """
    from sqlalchemy.ext.asyncio import async_sessionmaker

    style = current_suite(request.config).app_sessions.style(is_async=True)
    if style is None:
        return async_sessionmaker(async_db_engine)
    return async_sessionmaker(async_db_engine, class_=style.session_class, **style.options)


@pytest.fixture
def db_session(db_session_factory: sessionmaker[Session]) -> Iterator[Session]:
    """A sync session, closed after the test."""
    with db_session_factory() as session:
        yield session


@pytest.fixture
def async_db_session(
    request: pytest.FixtureRequest, async_db_session_factory: async_sessionmaker[AsyncSession]
) -> Iterator[AsyncSession]:
    """An async session, closed after the test in the event loop that used it."""
    from greenshift.testing.async_sessions import OpenAsyncSession

    loop_of_test(request)  # so that the test's loop, if it has one, ends after this fixture
    suite = current_suite(request.config)
    opened = OpenAsyncSession(async_db_session_factory())
    if suite.current is not None:
        suite.current.async_sessions.append(opened)
    yield opened.session
    opened.close()


@pytest.fixture
def db_queries(request: pytest.FixtureRequest) -> QueryLog:
    """The SQL that this test sent: ``with db_queries.expect(max=3): ...``."""
    suite = current_suite(request.config)
    assert suite.current is not None
    return suite.current.queries


__all__ = [
    "async_db_engine",
    "async_db_session",
    "async_db_session_factory",
    "db",
    "db_engine",
    "db_queries",
    "db_session",
    "db_session_factory",
]
