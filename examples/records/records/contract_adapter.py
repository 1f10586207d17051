"""Records behind the protocol of Greenshift's contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from greenshift.contract.description import Model

from records import AsyncDatabaseManager, DatabaseManager
from records.contract_description import described
from records.contract_session import RecordsSession, enter


@dataclass
class RecordsGround:
    """A database, as its manager reaches it."""

    manager: Any
    classes: Mapping[str, Any]

    @asynccontextmanager
    async def session(self) -> AsyncIterator[RecordsSession]:
        async with AsyncExitStack() as stack:
            session = RecordsSession(self.manager, self.classes, stack)
            await session.begin()
            yield session


@dataclass
class RecordsAdapter:
    """The way to models that come in pairs.

    Attributes:
        pairs: of a sync and an async model each.
        schema: the file of SQL that creates their tables.
        on_delete: what its foreign keys do with a row when the one that it refers to is deleted.
    """

    pairs: Sequence[tuple[Any, Any]]
    schema: Path
    on_delete: str = ""

    def models(self) -> Sequence[Model]:
        return [described(sync, self.on_delete) for sync, _ in self.pairs]

    def create(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute(self.schema.read_bytes())

    @asynccontextmanager
    async def open(self, url: str, *, is_async: bool) -> AsyncIterator[RecordsGround]:
        classes = {pair[0].__name__: pair[is_async] for pair in self.pairs}
        async with AsyncExitStack() as stack:
            manager = await enter(stack, AsyncDatabaseManager(url) if is_async else DatabaseManager(url))
            for model in classes.values():
                model.bind(manager)
                stack.callback(model.unbind)
            yield RecordsGround(manager, classes)

    def is_refusal(self, error: Exception) -> str | None:
        return error.sqlstate if isinstance(error, (psycopg.IntegrityError, psycopg.DataError)) else None
