"""What a behaviour works with: a model, rows, sessions in one flavour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from greenshift.contract.adapter import Adapter, Ground, Key, Record, Session
from greenshift.contract.behaviours.comparison import is_same, plain
from greenshift.contract.behaviours.failure import ContractFailure, error_name
from greenshift.contract.description import Model
from greenshift.contract.errors import RowError
from greenshift.contract.rows import MadeRow, Rows


@dataclass(frozen=True)
class StoredRow:
    """A row that was committed.

    Attributes:
        key: its primary key.
        row: how it was made.
        stored: what its record held when it was made.
    """

    key: Key
    row: MadeRow
    stored: Mapping[str, Any]


class Scene:
    """One model, tried in one flavour on an empty database.

    Args:
        model: the model.
        ground: the database.
        rows: makes rows.
        adapter: the way to the models.
        is_async: which flavour.
        together: runs coroutines at the same time.

    Attributes:
        notes: what people may want to know though nothing is wrong.
    """

    def __init__(
        self,
        model: Model,
        ground: Ground,
        rows: Rows,
        adapter: Adapter,
        *,
        is_async: bool,
        together: Callable[[Sequence[Coroutine[Any, Any, Any]]], Awaitable[None]],
    ) -> None:
        self.model = model
        self.rows = rows
        self.is_async = is_async
        self.together = together
        self.notes: list[str] = []
        self._ground = ground
        self._adapter = adapter

    @property
    def models(self) -> Mapping[str, Model]:
        """All models, by name."""
        return self.rows.models

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Open a session."""
        return self._ground.session()

    def fail(self, problem: str, fix: str = "") -> ContractFailure:
        """Return the error to raise."""
        return ContractFailure(problem, fix)

    async def key(self, session: Session, record: Record, model: Model | None = None) -> Key:
        """Return a record's primary key."""
        model = model or self.model
        values = await session.values(model, record)
        return tuple(values[name] for name in model.keys)

    async def insert(
        self, session: Session, given: Mapping[str, Any] | None = None, model: Model | None = None
    ) -> StoredRow:
        """Make a row in a session, with the rows that it needs."""
        model = model or self.model
        row = await self.rows.insert(session, model, given)
        stored = dict(await session.values(model, row.record))
        return StoredRow(tuple(stored[name] for name in model.keys), row, stored)

    async def make(self, given: Mapping[str, Any] | None = None, model: Model | None = None) -> StoredRow:
        """Make a row in a session of its own, and commit."""
        async with self.session() as session:
            return await self.insert(session, given, model)

    async def read(self, key: Key, model: Model | None = None) -> Mapping[str, Any] | None:
        """Return what a new session reads of a record; None if there is none."""
        model = model or self.model
        async with self.session() as session:
            record = await session.get(model, key)
            return None if record is None else dict(await session.values(model, record))

    async def must_read(self, key: Key, model: Model | None = None) -> Mapping[str, Any]:
        """Return what a new session reads of a record that is there."""
        found = await self.read(key, model)
        if found is None:
            raise self.fail(f"{(model or self.model).name} {key} was committed, and a new session does not find it")
        return found

    def compare(self, written: Mapping[str, Any], read: Mapping[str, Any]) -> None:
        """See that values came back."""
        for name, value in written.items():
            column = self.model.columns[name]
            if column.is_writable and not is_same(column, value, read[name]):
                raise self.fail(f"{self.model.name}.{name} was written as {value!r} and read back as {read[name]!r}")

    def plain(self, values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return values in a form that two runs can compare."""
        return plain(self.model, values, given)

    async def stays(self, written: Mapping[str, Any], *, given: Mapping[str, Any]) -> dict[str, Any]:
        """Make a row with some values, and see that a new session reads them.

        Args:
            written: what is looked at.
            given: what the row is made with; mostly the same.
        """
        made = await self.make(given)
        read = await self.must_read(made.key)
        self.compare(written, read)
        return {name: self.plain(read, made.row.values)[name] for name in written}

    async def refused(
        self, act: Callable[[Session], Awaitable[Any]], state: str, what: str, *, also: Sequence[str] = ()
    ) -> str:
        """See that the database refuses something, and that it still works afterwards.

        Args:
            act: what is to be refused, in the session given or when that commits.
            state: the SQLSTATE that is wanted.
            what: what should not be possible, for people.
            also: other SQLSTATEs that will do.

        Returns:
            The SQLSTATE; ``model`` if the model itself refused before the database was asked.
        """
        try:
            async with self.session() as session:
                await act(session)
        except (RowError, ValueError, TypeError, AttributeError):
            # A validator or a listener of the models, which does not expect it.
            return "model"
        except Exception as error:
            found = self._adapter.is_refusal(error)
            if found is None:
                raise
            if found not in (state, *also):
                first = str(error).splitlines()[0]
                raise self.fail(f"{what}: refused with SQLSTATE {found}, not {state}: {first}") from error
            return found
        raise self.fail(f"{what} was not refused")

    def refusal(self, error: Exception) -> str:
        """Return how an error is known in both flavours: its SQLSTATE, else its class."""
        return self._adapter.is_refusal(error) or error_name(error)
