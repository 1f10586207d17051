"""The sync flavour: SQLAlchemy's Session behind coroutines that never suspend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from greenshift import trace
from greenshift.contract.adapter import Key, Record
from greenshift.contract.description import Model
from greenshift.contract.sqlalchemy_adapter import building, json_form, reading, statements


class SyncGround:
    """A database on which sync sessions are opened.

    Args:
        engine: a sync one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def session(self) -> AbstractAsyncContextManager[SyncSession]:
        """Open a session."""
        return _opened(self._engine)


@asynccontextmanager
async def _opened(engine: Engine) -> AsyncIterator[SyncSession]:
    with Session(engine) as session:
        yield SyncSession(session)
        session.commit()


class SyncSession:
    """A unit of work on a ``Session``; the methods are those of ``greenshift.contract.adapter.Session``.

    Args:
        session: SQLAlchemy's.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def _build(self, model: Model, values: Mapping[str, Any]) -> Record:
        wanted = building.wanted_relationships(model.model, values)
        related = {name: self._session.get(target, key) for name, (target, key) in wanted.items()}
        return building.build(model.model, values, {name: one for name, one in related.items() if one is not None})

    async def insert(self, model: Model, values: Mapping[str, Any]) -> Record:
        """Make a record and flush it."""
        record = self._build(model, values)
        self._session.add(record)
        self._session.flush()
        return record

    async def insert_many(self, model: Model, rows: Sequence[Mapping[str, Any]]) -> Sequence[Record]:
        """Make several records and flush them at once."""
        with self._session.no_autoflush:
            records = [self._build(model, values) for values in rows]
        self._session.add_all(records)
        self._session.flush()
        return records

    async def get(self, model: Model, key: Key) -> Record | None:
        """Return the record with a primary key."""
        return self._session.get(model.model, key)

    async def get_many(self, model: Model, keys: Sequence[Key]) -> Sequence[Record]:
        """Return the records with these primary keys."""
        return self._session.scalars(statements.by_keys(model, keys)).unique().all()

    async def list(self, model: Model) -> Sequence[Record]:
        """Return every record."""
        return self._session.scalars(statements.every(model)).unique().all()

    async def find_by(self, model: Model, column: str, value: Any) -> Sequence[Record]:
        """Return the records of which a column has a value."""
        return self._session.scalars(statements.by_column(model, column, value)).unique().all()

    async def update(self, record: Record, values: Mapping[str, Any]) -> Record:
        """Change a record and flush it."""
        for name, value in values.items():
            setattr(record, name, value)
        self._session.flush()
        return record

    async def delete(self, record: Record) -> None:
        """Delete a record and flush that."""
        self._session.delete(record)
        self._session.flush()

    async def values(self, model: Model, record: Record) -> Mapping[str, Any]:
        """Return what a record holds; what the server made is read back."""
        if names := reading.not_loaded(model, record):
            self._session.refresh(record, names)
        return reading.values(model, record)

    async def computed(self, model: Model, record: Record) -> Mapping[str, Any]:
        """Return what a record's computed attributes say."""
        if names := reading.computed_not_loaded(model, record):
            self._session.refresh(record, names)
        return reading.computed(model, record)

    async def related(self, model: Model, record: Record, relationship: str, load: str) -> Sequence[Record]:
        """Return the records that a relationship leads to."""
        if load in ("eager", "joined"):
            key = tuple(getattr(record, name) for name in model.keys)
            query = statements.with_chain(model, key, [relationship], joined=load == "joined")
            record = statements.only(self._session.scalars(query).unique().one_or_none())
        found = getattr(record, relationship)
        select = getattr(found, "select", None)
        several = model.relationships[relationship].is_collection
        if several and callable(select):
            found = self._session.scalars(select())
        return reading.as_list(found, is_collection=several)

    async def link(self, model: Model, record: Record, relationship: str, others: Sequence[Record]) -> None:
        """Make a relationship lead to these records; what may not be loaded lazily is loaded first."""
        ways = model.relationships[relationship].loads
        if "eager" in ways and "lazy" not in ways:
            self._session.refresh(record, [relationship])
        reading.put_into(record, model.relationships[relationship], others)
        self._session.flush()

    async def preload(self, model: Model, key: Key, chain: Sequence[str]) -> tuple[Record | None, int]:
        """Return a record with a chain of relationships loaded, and the number of statements that it took."""
        self._session.expunge_all()
        with trace.record() as recording:
            record = self._session.scalars(statements.with_chain(model, key, chain)).unique().one_or_none()
        return record, len(recording)

    async def to_json(self, model: Model, record: Record) -> str | None:
        """Return a record as JSON by its own method."""
        return json_form.to_json(record)

    async def from_json(self, model: Model, text: str) -> Mapping[str, Any] | None:
        """Return the values that such JSON holds."""
        return json_form.from_json(model.model, model.columns, text)

    def nested(self) -> AbstractAsyncContextManager[None]:
        """Begin a savepoint."""
        return self._nested()

    @asynccontextmanager
    async def _nested(self) -> AsyncIterator[None]:
        with self._session.begin_nested():
            yield

    async def rollback(self) -> None:
        """Undo what was done."""
        self._session.rollback()
