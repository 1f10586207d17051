"""Faults in how sessions are opened and ended: each is caught and named."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from contract.behaviours.contract_shop import run, shop

from greenshift.contract.adapter import Ground
from greenshift.contract.behaviours.failure import ContractFailure
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database

_shared: ContextVar[Any] = ContextVar("shared", default=None)


class Changed:
    """A session or a ground with methods of which some are replaced."""

    def __init__(self, inner: Any, **replaced: Any) -> None:
        self._inner = inner
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def commit(session: Any) -> None:
    found = session._session.commit()
    if found is not None:
        await found


@asynccontextmanager
async def commits_when_nested(ground: Any) -> AsyncIterator[Any]:
    async with ground.session() as session:

        @asynccontextmanager
        async def nested() -> AsyncIterator[None]:
            yield
            await commit(session)

        yield Changed(session, nested=nested)


@asynccontextmanager
async def without_savepoints(ground: Any) -> AsyncIterator[Any]:
    async with ground.session() as session:

        @asynccontextmanager
        async def nested() -> AsyncIterator[None]:
            yield

        yield Changed(session, nested=nested)


@asynccontextmanager
async def commits_each_record(ground: Any) -> AsyncIterator[Any]:
    async with ground.session() as session:

        async def insert(*arguments: Any) -> Any:
            record = await session.insert(*arguments)
            await commit(session)
            return record

        yield Changed(session, insert=insert)


@asynccontextmanager
async def of_the_context(ground: Any) -> AsyncIterator[Any]:
    if (session := _shared.get()) is not None:
        yield session
        return
    async with ground.session() as session:
        token = _shared.set(session)
        try:
            yield session
        finally:
            _shared.reset(token)


@asynccontextmanager
async def never_commits(ground: Any) -> AsyncIterator[Any]:
    async with ground.session() as session:
        yield session
        await session.rollback()


class Adapter(SQLAlchemyAdapter):
    """Opens sessions in a way of its own."""

    opened: Callable[[Any], AbstractAsyncContextManager[Any]]

    def open(self, url: str, *, is_async: bool) -> AbstractAsyncContextManager[Ground]:
        return self._open(url, is_async=is_async)

    @asynccontextmanager
    async def _open(self, url: str, *, is_async: bool) -> AsyncIterator[Any]:
        async with super().open(url, is_async=is_async) as ground:
            yield Changed(ground, session=lambda: self.opened(ground))


FAULTS: dict[str, tuple[Callable[[Any], AbstractAsyncContextManager[Any]], str, str]] = {
    "a nested transaction that commits": (
        commits_when_nested,
        "nested-Customer",
        "the end of a nested transaction committed it while the outer one was open",
    ),
    "a nested transaction without a savepoint": (
        without_savepoints,
        "nested_rollback-Customer",
        "what a nested transaction made is there, though it was rolled back",
    ),
    "a commit after each record": (
        commits_each_record,
        "rollback-Customer",
        "a Customer is there after a rollback that should have undone it",
    ),
    "a session that is not committed": (never_commits, "create-Customer", "was committed, and a new session does not"),
    "one session for all that begins inside": (
        of_the_context,
        "concurrent-Customer",
        r"\(async alone\).*a task that is started inside an open session shares its connection",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_and_named(fault: str, database: Database) -> None:
    opened, identifier, said = FAULTS[fault]
    base = shop({}, {})
    adapter = Adapter(base)
    adapter.opened = opened
    with pytest.raises(ContractFailure) as failure:
        run(base, identifier, database, adapter=adapter)
    assert re.search(said, str(failure.value), re.DOTALL), str(failure.value)


@pytest.mark.parametrize("identifier", sorted(identifier for _, identifier, _ in FAULTS.values()))
def test_without_the_fault_it_passes(identifier: str, database: Database) -> None:
    base = shop({}, {})
    adapter = Adapter(base)
    adapter.opened = lambda ground: ground.session()
    run(base, identifier, database, adapter=adapter)
