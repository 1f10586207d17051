"""Records behind the protocol of Greenshift's contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from greenshift.contract import Column, Model, PairedAdapter, PairedSession, Relationship, completed

from records import AsyncDatabaseManager, DatabaseManager, Record, recorded_statements

# What a LazyAttribute can do.
LAZY: Mapping[str, Any] = {"is_writable": False, "loads": ("lazy", "awaitable", "eager")}


class RecordsSession(PairedSession):
    """A transaction on a connection of its own."""

    statements = staticmethod(recorded_statements)

    def begin(self) -> Any:
        return self.database.transaction(separate=True)

    def savepoint(self) -> Any:
        return self.database.transaction()

    def inside(self) -> Any:
        return self.database.using(self.transaction)

    async def insert(self, model: Model, values: Mapping[str, Any]) -> Any:
        return await self.call(self.of(model)(**values).insert)

    async def insert_many(self, model: Model, rows: Sequence[Mapping[str, Any]]) -> Any:
        return await self.call(self.of(model).insert_many, [self.of(model)(**row) for row in rows])

    async def get(self, model: Model, key: tuple[Any, ...]) -> Any:
        return await self.call(self.of(model).get, key)

    async def get_many(self, model: Model, keys: Sequence[tuple[Any, ...]]) -> Any:
        return await self.call(self.of(model).get_many, keys)

    async def list(self, model: Model) -> Any:
        return await self.call(self.of(model).list)

    async def find_by(self, model: Model, column: str, value: Any) -> Any:
        return await self.call(self.of(model).find_by, **{column: value})

    async def update(self, record: Any, values: Mapping[str, Any]) -> Any:
        return await self.call(record.update, **values)

    async def delete(self, record: Any) -> None:
        await self.call(record.delete)

    async def preloaded(self, model: Model, key: tuple[Any, ...], chain: Sequence[str]) -> Any:
        return await self.call(self.of(model).get_with_preload, key, [".".join(chain)])

    async def to_json(self, model: Model, record: Any) -> str:
        return json.dumps(await self.call(record.to_json_dict))

    async def from_json(self, model: Model, text: str) -> Mapping[str, Any]:
        return await self.values(model, self.of(model).from_json_dict(json.loads(text)))


@dataclass
class RecordsAdapter(PairedAdapter):
    """The way to pairs of models, whose tables a file of SQL creates; rows go with the row that they refer to."""

    schema: Path
    session = RecordsSession

    def describe(self, model: type[Record]) -> Model:
        columns = {column.name: Column(**asdict(column)) for column in model.COLUMNS.values()}
        links = {
            name: Relationship(name, link.target.__name__, link.is_collection, ((link.local, link.remote),), **LAZY)
            for name, link in model.relationships().items()
        }
        described = Model(model.__name__, model, model.TABLE_NAME, columns, links, model.PRIMARY_KEY_DB_NAMES)
        return completed(replace(described, moves_sequence=True, has_json=True), on_delete="CASCADE")

    def create(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute(self.schema.read_bytes())

    def connect(self, url: str, *, is_async: bool) -> Any:
        return AsyncDatabaseManager(url) if is_async else DatabaseManager(url)

    def bind(self, model: Any, database: Any) -> None:
        model.bind(database)

    def unbind(self, model: Any) -> None:
        model.unbind()
