"""One session of Greenshift's contract for both flavours of records, since their methods have the same names."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from greenshift.contract.description import Model

from records import Record, Rollback, recorded_statements

# The session's methods that are one call of a model or a record.
CALLS: Mapping[str, Callable[..., Any]] = {
    "insert": lambda model, values: model(**values).insert(),
    "insert_many": lambda model, rows: model.insert_many([model(**row) for row in rows]),
    "get": lambda model, key: model.get(key),
    "get_many": lambda model, keys: model.get_many(keys),
    "list": lambda model: model.list(),
    "find_by": lambda model, column, value: model.find_by(**{column: value}),
    "update": lambda record, values: record.update(**values),
    "delete": lambda record: record.delete(),
}


async def enter(stack: AsyncExitStack, context: Any) -> Any:
    """Enter a context of either flavour."""
    return (
        (await stack.enter_async_context(context)) if hasattr(context, "__aenter__") else stack.enter_context(context)
    )


@dataclass
class RecordsSession:
    """A transaction on a connection of its own: sessions may be open beside each other."""

    manager: Any
    classes: Mapping[str, Any]
    stack: AsyncExitStack

    async def begin(self) -> None:
        self.connection = await enter(self.stack, self.manager.transaction(separate=True))

    async def rollback(self) -> None:
        await self.stack.__aexit__(Rollback, Rollback(), None)
        await self.begin()

    @asynccontextmanager
    async def nested(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(self.manager.using(self.connection))
            await enter(stack, self.manager.transaction())
            yield

    async def call(self, function: Callable[..., Any], target: Any, *arguments: Any) -> Any:
        with self.manager.using(self.connection):
            result = function(self.classes[target.name] if isinstance(target, Model) else target, *arguments)
            return await result if inspect.isawaitable(result) else result

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in CALLS:
            raise AttributeError(name)
        return lambda *arguments: self.call(CALLS[name], *arguments)

    async def values(self, model: Model, record: Record) -> Mapping[str, Any]:
        return {name: getattr(record, name) for name in model.columns}

    async def computed(self, model: Model, record: Record) -> Mapping[str, Any]:
        return {}  # records have columns and relationships only

    async def link(self, model: Model, record: Record, relationship: str, others: Sequence[Record]) -> None:
        raise TypeError(f"{relationship} is read only")  # as `is_writable` says

    async def related(self, model: Model, record: Record, relationship: str, load: str) -> Sequence[Any]:
        start = (await self.preload(model, record.key, [relationship]))[0] if load == "eager" else record
        found = await self.call(getattr, start, relationship)
        return found if isinstance(found, list) else [] if found is None else [found]

    async def preload(self, model: Model, key: tuple[Any, ...], chain: Sequence[str]) -> tuple[Any, int]:
        with recorded_statements() as statements:
            record = await self.call(lambda cls: cls.get_with_preload(key, [".".join(chain)]), model)
        return record, len(statements)

    async def to_json(self, model: Model, record: Record) -> str:
        return json.dumps(await self.call(lambda it: it.to_json_dict(), record))

    async def from_json(self, model: Model, text: str) -> Mapping[str, Any]:
        return await self.values(model, self.classes[model.name].from_json_dict(json.loads(text)))
