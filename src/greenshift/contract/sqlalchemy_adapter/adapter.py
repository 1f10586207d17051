"""SQLAlchemy's models, driven by Session and by AsyncSession."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, MetaData, create_engine, make_url
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Mapper, registry

from greenshift.contract.adapter import Ground
from greenshift.contract.description import Model
from greenshift.contract.drivers import chosen_driver
from greenshift.contract.errors import ContractError
from greenshift.contract.sqlalchemy_adapter.async_session import AsyncGround
from greenshift.contract.sqlalchemy_adapter.describe import describe
from greenshift.contract.sqlalchemy_adapter.sync_session import SyncGround

_REFUSALS_OF_TYPES: Final = (AttributeError, LookupError, TypeError, ValueError)
_BAD_DATA: Final = "22000"
_ASYNCPG_PARAMETERS: Final = frozenset({"host", "port", "ssl", "passfile", "target_session_attrs"})


class SQLAlchemyAdapter:
    """The models of a declarative base, of ``SQLModel``, or of a registry.

    Args:
        base: what they are mapped with; it has a ``registry`` or a ``metadata``, or is one.
        driver: of the async flavour: ``asyncpg`` or ``psycopg``; None for asyncpg where it is installed.

    Raises:
        ContractError: nothing is mapped with the base, or the driver is not installed.
    """

    def __init__(self, base: Any, driver: str | None = None) -> None:
        mappers = _mappers(base)
        if not mappers:
            raise ContractError(
                f"no model is mapped with {getattr(base, '__name__', base)!s}",
                "name the base through a module that imports the models, for example app.models:Base",
            )
        next(iter(mappers)).registry.configure(cascade=True)
        self._metadata: MetaData = _metadata(base, mappers)
        self._models = describe(mappers)
        self._driver = chosen_driver(driver)

    def models(self) -> Sequence[Model]:
        """Return the models."""
        return self._models

    def create(self, url: str) -> None:
        """Create the tables, where they are not there yet."""
        engine = create_engine(_with_driver(url, "psycopg"))
        try:
            self._metadata.create_all(engine)
        finally:
            engine.dispose()

    def open(self, url: str, *, is_async: bool) -> AbstractAsyncContextManager[Ground]:
        """Open a database."""
        return (
            _async_ground(_with_driver(url, self._driver)) if is_async else _sync_ground(_with_driver(url, "psycopg"))
        )

    def is_refusal(self, error: Exception) -> str | None:
        """Return the SQLSTATE of an error that the database sent, or that of bad data if a column's type refused."""
        if not isinstance(error, DBAPIError):
            refused = isinstance(error, StatementError) and isinstance(error.orig, _REFUSALS_OF_TYPES)
            return _BAD_DATA if refused else None
        state = getattr(error.orig, "sqlstate", None)
        return str(state) if state else None


@asynccontextmanager
async def _sync_ground(url: URL) -> AsyncIterator[Ground]:
    engine = create_engine(url)
    try:
        # The first connection learns of the server's types (hstore): two threads that are first at once would not.
        engine.connect().close()
        yield SyncGround(engine)
    finally:
        engine.dispose()


@asynccontextmanager
async def _async_ground(url: URL) -> AsyncIterator[Ground]:
    engine = create_async_engine(url)
    try:
        yield AsyncGround(engine)
    finally:
        await engine.dispose()


def _with_driver(url: str, driver: str) -> URL:
    found = make_url(url).set(drivername=f"postgresql+{driver}")
    if driver != "asyncpg":
        return found
    # asyncpg refuses libpq's parameters, some of which it has under names of its own.
    query = {{"sslmode": "ssl"}.get(name, name): value for name, value in found.query.items()}
    return found.set(query={name: value for name, value in query.items() if name in _ASYNCPG_PARAMETERS})


def _mappers(base: Any) -> list[Mapper[Any]]:
    found = base if isinstance(base, registry) else getattr(base, "registry", None)
    if not isinstance(found, registry):
        # SQLModel keeps its registry elsewhere.
        found = getattr(base, "_sa_registry", None)
    if not isinstance(found, registry):
        raise ContractError(
            f"{getattr(base, '__name__', base)!s} is no declarative base",
            "name a declarative base, SQLModel or a registry, for example app.models:Base",
        )
    return list(found.mappers)


def _metadata(base: Any, mappers: Sequence[Mapper[Any]]) -> MetaData:
    found = getattr(base, "metadata", None)
    return found if isinstance(found, MetaData) else mappers[0].registry.metadata
