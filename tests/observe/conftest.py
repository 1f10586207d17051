"""One PostgreSQL for what observes, and engines that are disposed of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from observed import Base, Order, OrderLine
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.orm import Session

from greenshift import trace
from greenshift.postgres import ServerSettings, open_server


@pytest.fixture(scope="session")
def observed_url() -> Iterator[URL]:
    """A database with seven orders of two lines each."""
    server = open_server(ServerSettings(provider="embedded"))
    try:
        url = make_url(server.url("postgres", "psycopg"))
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all(Order(id=number, note="x", lines=[OrderLine(), OrderLine()]) for number in range(1, 8))
            session.commit()
        engine.dispose()
        yield url
    finally:
        server.stop()


@pytest.fixture
def make_engine(observed_url: URL) -> Iterator[Callable[..., Engine]]:
    """Make a sync engine, to be disposed of at the end."""
    engines: list[Engine] = []

    def make(**options: Any) -> Engine:
        engines.append(create_engine(observed_url, **options))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """A test leaves no subscription behind."""
    yield
    assert not trace.active()
