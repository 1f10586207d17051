"""The models' database in tests: a temporary schema that Greenshift makes for the run and clears after each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from greenshift.postgres.schemas.database import SchemaDatabase

from blog.async_models import AsyncBlogModel
from blog.models import BlogModel
from records import AsyncDatabaseManager, DatabaseManager


@pytest.fixture
def database(db: SchemaDatabase) -> Iterator[DatabaseManager]:
    """The database of the sync models."""
    with DatabaseManager(db.url()) as manager:
        BlogModel.bind(manager)
        yield manager
        BlogModel.unbind()


@pytest_asyncio.fixture
async def async_database(db: SchemaDatabase) -> AsyncIterator[AsyncDatabaseManager]:
    """The database of the async models."""
    async with AsyncDatabaseManager(db.url()) as manager:
        AsyncBlogModel.bind(manager)
        yield manager
        AsyncBlogModel.unbind()
