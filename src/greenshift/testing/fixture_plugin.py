"""The module that pytest reads the fixtures from."""

from __future__ import annotations

from greenshift.testing.async_client import async_client
from greenshift.testing.fixtures import (
    _db_isolation,
    async_db_engine,
    async_db_session,
    async_db_session_factory,
    db,
    db_engine,
    db_queries,
    db_session,
    db_session_factory,
)
from greenshift.testing.item_loop import loop_fixtures

globals().update(loop_fixtures())

__all__ = [
    "_db_isolation",
    "async_client",
    "async_db_engine",
    "async_db_session",
    "async_db_session_factory",
    "db",
    "db_engine",
    "db_queries",
    "db_session",
    "db_session_factory",
]
