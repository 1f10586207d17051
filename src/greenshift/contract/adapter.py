"""What a library of models must offer for the contract to drive it: a small protocol, sync and async."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from greenshift.contract.description import Model

Record = Any
Key = tuple[Any, ...]


class Session(Protocol):
    """A unit of work: what is done in it is committed when its context ends, and undone when that ends in an error.

    The methods are coroutines in both flavours. A sync session's never suspend: the contract runs them to their end
    without an event loop, so that what is called inside is the models' sync API.
    """

    async def insert(self, model: Model, values: Mapping[str, Any]) -> Record:
        """Make a record and send it to the database; columns that are left out get their defaults."""

    async def insert_many(self, model: Model, rows: Sequence[Mapping[str, Any]]) -> Sequence[Record]:
        """Make several records at once."""

    async def get(self, model: Model, key: Key) -> Record | None:
        """Return the record with a primary key, None if there is none."""

    async def get_many(self, model: Model, keys: Sequence[Key]) -> Sequence[Record]:
        """Return the records with these primary keys, in any order."""

    async def list(self, model: Model) -> Sequence[Record]:
        """Return every record."""

    async def find_by(self, model: Model, column: str, value: Any) -> Sequence[Record]:
        """Return the records of which a column has a value."""

    async def update(self, record: Record, values: Mapping[str, Any]) -> Record:
        """Change a record and send the change to the database."""

    async def delete(self, record: Record) -> None:
        """Delete a record."""

    async def values(self, model: Model, record: Record) -> Mapping[str, Any]:
        """Return what a record holds, by column; what the server made is read back."""

    async def computed(self, model: Model, record: Record) -> Mapping[str, Any]:
        """Return what a record's computed attributes (``Model.computed``) say."""

    async def related(self, model: Model, record: Record, relationship: str, load: str) -> Sequence[Record]:
        """Return the records that a relationship leads to, none or one for a scalar.

        Args:
            model: the record's model.
            record: where to begin.
            relationship: its name.
            load: ``lazy``, ``awaitable``, ``eager`` or ``joined``: how it is to be read.
        """

    async def link(self, model: Model, record: Record, relationship: str, others: Sequence[Record]) -> None:
        """Make a relationship that is writable lead to these records (at most one for a scalar), and send that."""

    async def preload(self, model: Model, key: Key, chain: Sequence[str]) -> tuple[Record | None, int]:
        """Return a record with a chain of relationships loaded, and the number of statements that it took."""

    async def to_json(self, model: Model, record: Record) -> str | None:
        """Return a record as JSON by the models' own means; None if they have none."""

    async def from_json(self, model: Model, text: str) -> Mapping[str, Any] | None:
        """Return the values that such JSON holds; None if the models have no means for it."""

    def nested(self) -> AbstractAsyncContextManager[None]:
        """Begin a transaction inside this one, undone alone if its context ends in an error."""

    async def rollback(self) -> None:
        """Undo what was done since the session began."""


class Ground(Protocol):
    """A database on which sessions are opened, in one flavour."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Open a session; sessions of one ground may be open beside each other."""


class Adapter(Protocol):
    """The way to one library's models."""

    def models(self) -> Sequence[Model]:
        """Return the models, each described."""

    def create(self, url: str) -> None:
        """Create the tables in an empty database."""

    def open(self, url: str, *, is_async: bool) -> AbstractAsyncContextManager[Ground]:
        """Open a database.

        Args:
            url: of PostgreSQL, without a driver's name: ``postgresql://...``.
            is_async: whether the models' async API is to be driven; else the sync one, which never suspends.
        """

    def is_refusal(self, error: Exception) -> str | None:
        """Return the SQLSTATE if an error says that the database refused a row; None for other errors."""
