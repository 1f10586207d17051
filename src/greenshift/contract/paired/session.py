"""One session for both flavours of models whose methods have the same names."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence, Sized
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from typing import Any

from greenshift import trace
from greenshift.contract.adapter import Key, Record
from greenshift.contract.description import Model
from greenshift.contract.errors import ContractError
from greenshift.contract.paired.contexts import Context, enter


class _Undone(Exception):  # noqa: N818  # a message to a transaction's context, not an error
    """Ends a transaction that is to be undone."""


class PairedSession(ABC):
    """A transaction in either flavour: the methods of ``greenshift.contract.Session``, for subclasses to fill.

    They reach the models by ``call``, which awaits what must be awaited: ``await self.call(self.of(model).get, key)``.

    Args:
        database: what the adapter's ``connect`` gave.
        classes: the models of this flavour, by the contract's names.
        is_async: which flavour.

    Attributes:
        transaction: what the context of ``begin`` gave.
    """

    transaction: Any

    def __init__(self, database: Any, classes: Mapping[str, type[Any]], *, is_async: bool) -> None:
        self.database = database
        self.is_async = is_async
        self._classes = classes
        self._stack = AsyncExitStack()

    @abstractmethod
    def begin(self) -> Context:
        """Return the context of a transaction of its own, committed at its end; others may be open beside it."""

    @abstractmethod
    def savepoint(self) -> Context:
        """Return the context of a transaction inside this one."""

    def inside(self) -> AbstractContextManager[Any]:
        """Return the context in which models use this transaction, where they find theirs by themselves."""
        return nullcontext()

    @abstractmethod
    async def insert(self, model: Model, values: Mapping[str, Any]) -> Record:
        """Make a record and send it to the database."""

    @abstractmethod
    async def insert_many(self, model: Model, rows: Sequence[Mapping[str, Any]]) -> Sequence[Record]:
        """Make several records at once."""

    @abstractmethod
    async def get(self, model: Model, key: Key) -> Record | None:
        """Return the record with a primary key, None if there is none."""

    @abstractmethod
    async def get_many(self, model: Model, keys: Sequence[Key]) -> Sequence[Record]:
        """Return the records with these primary keys, in any order."""

    @abstractmethod
    async def list(self, model: Model) -> Sequence[Record]:
        """Return every record."""

    @abstractmethod
    async def find_by(self, model: Model, column: str, value: Any) -> Sequence[Record]:
        """Return the records of which a column has a value."""

    @abstractmethod
    async def update(self, record: Record, values: Mapping[str, Any]) -> Record:
        """Change a record and send the change to the database."""

    @abstractmethod
    async def delete(self, record: Record) -> None:
        """Delete a record."""

    async def preloaded(self, model: Model, key: Key, chain: Sequence[str]) -> Record | None:
        """Return a record with a chain of relationships loaded; needed where ``Relationship.loads`` has ``eager``."""
        raise ContractError(
            f"{type(self).__name__} has no preloaded(), and {model.name}.{chain[0]} is described as loaded eagerly",
            "write it, or leave 'eager' out of the relationship's loads",
        )

    def statements(self) -> AbstractContextManager[Sized]:
        """Return a context that counts statements; by default those of SQLAlchemy's engines."""
        return trace.record()

    async def to_json(self, model: Model, record: Record) -> str | None:
        """Return a record as JSON by the models' own means; None if they have none."""
        return None

    async def from_json(self, model: Model, text: str) -> Mapping[str, Any] | None:
        """Return the values that such JSON holds; None if the models have no means for it."""
        return None

    async def link(self, model: Model, record: Record, relationship: str, others: Sequence[Record]) -> None:
        """Make a relationship lead to these records; needed where ``Relationship.is_writable``."""
        raise ContractError(
            f"{type(self).__name__} has no link(), and {model.name}.{relationship} is described as writable",
            "write it, or describe the relationship with is_writable=False",
        )

    def of(self, model: Model) -> Any:
        """Return the class of this flavour."""
        return self._classes[model.name]

    async def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call something of the models inside the transaction, and await its result if it must be awaited."""
        with self.inside():
            result = function(*arguments, **options)
            return await result if inspect.isawaitable(result) else result

    async def values(self, model: Model, record: Record) -> Mapping[str, Any]:
        """Return what a record's columns hold."""
        return {name: getattr(record, name) for name in model.columns}

    async def computed(self, model: Model, record: Record) -> Mapping[str, Any]:
        """Return what a record's computed attributes say."""
        return {name: await self.call(getattr, record, name) for name in model.computed}

    async def related(self, model: Model, record: Record, relationship: str, load: str) -> Sequence[Record]:
        """Return the records that a relationship leads to: what its attribute holds, or gives when it is awaited."""
        if load in ("eager", "joined"):
            key = tuple(getattr(record, name) for name in model.keys)
            record = await self.preloaded(model, key, [relationship])
        found = await self.call(getattr, record, relationship)
        if model.relationships[relationship].is_collection:
            return list(found)
        return [] if found is None else [found]

    async def preload(self, model: Model, key: Key, chain: Sequence[str]) -> tuple[Record | None, int]:
        """Return a record with a chain of relationships loaded, and the number of statements that it took."""
        with self.statements() as sent:
            record = await self.preloaded(model, key, chain)
        return record, len(sent)

    def nested(self) -> AbstractAsyncContextManager[None]:
        """Begin a transaction inside this one."""
        return self._nested()

    @asynccontextmanager
    async def _nested(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(self.inside())
            await enter(stack, self.savepoint(), is_async=self.is_async)
            yield

    async def rollback(self) -> None:
        """Undo what was done, and begin anew."""
        with suppress(_Undone):  # most contexts hand on what ends them
            await self._stack.__aexit__(_Undone, _Undone(), None)
        await self._begin()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, database: Any, classes: Mapping[str, type[Any]], *, is_async: bool
    ) -> AsyncIterator[PairedSession]:
        """Open a session, and end its transaction with the context."""
        session = cls(database, classes, is_async=is_async)
        async with AsyncExitStack() as stack:
            stack.push_async_exit(session._end)
            await session._begin()
            yield session

    async def _begin(self) -> None:
        self.transaction = await enter(self._stack, self.begin(), is_async=self.is_async)

    async def _end(self, *error: Any) -> bool | None:
        return await self._stack.__aexit__(*error)
