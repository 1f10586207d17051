"""Adapters to models in pairs: contexts and calls of both flavours, and the contract on a layer of another kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from contract.paired.explicit_layer import ADAPTER, SCHEMA, Book, LayerAdapter, LayerSession, Shelf
from sqlalchemy.exc import IntegrityError

from greenshift.contract import ContractError, Model, Relationship, run_to_end
from greenshift.contract.behaviours.registry import all_behaviours
from greenshift.contract.paired import PairedAdapter, PairedSession
from greenshift.contract.rows import Rows
from greenshift.contract.running import Case, cases_of, run_case
from greenshift.postgres import Database

RECORDS = Path(__file__).parents[3] / "examples" / "records"
FEWER_LINES_THAN = 100
ROWS = Rows(ADAPTER)
CASES = cases_of(ROWS, ADAPTER.models(), all_behaviours())
MODELS = {model.name: model for model in ADAPTER.models()}


def finish(coroutine: Coroutine[Any, Any, Any], *, is_async: bool) -> Any:
    return asyncio.run(coroutine) if is_async else run_to_end(coroutine)


@pytest.fixture
def layer_database(database: Database) -> Database:
    ADAPTER.create(database.url())
    return database


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_contract_on_a_layer_that_hands_transactions_on(case: Case, layer_database: Database) -> None:
    def rewind() -> None:
        with psycopg.connect(layer_database.url()) as connection:
            connection.execute("DROP TABLE book, shelf")
            connection.execute(SCHEMA)

    run_case(case, ADAPTER, ROWS, layer_database.url(), rewind)


def test_what_is_tried_of_it() -> None:
    wanted = {
        "create-Book",
        "arrays-Book",
        "nested_rollback-Book",
        "concurrent-Shelf",
        "foreign_key-Book.shelf_id",
        "enums-Book.kind",
    }
    assert wanted <= {case.id for case in CASES}


def test_the_examples_adapter_is_one_short_file() -> None:
    files = [path for path in (RECORDS / "records").glob("*.py") if "greenshift" in path.read_text(encoding="utf-8")]
    assert [path.name for path in files] == ["contract_adapter.py"]
    lines = files[0].read_text(encoding="utf-8").splitlines()
    assert len(lines) < FEWER_LINES_THAN
    assert max(map(len, lines)) <= 120


class Log(LayerSession):
    """A session that writes down what becomes of its transactions."""

    swallows = False

    def begin(self) -> Any:
        return self.noted_async() if self.is_async else self.noted()

    def savepoint(self) -> Any:
        return self.begin()

    @contextmanager
    def inside(self) -> Iterator[None]:
        self.database.append("in")
        yield
        self.database.append("out")

    @contextmanager
    def noted(self) -> Iterator[str]:
        self.database.append("begin")
        try:
            yield "transaction"
        except Exception:
            self.database.append("undo")
            if not self.swallows:
                raise
        else:
            self.database.append("commit")

    @asynccontextmanager
    async def noted_async(self) -> AsyncIterator[str]:
        with self.noted() as transaction:
            yield transaction


class Swallowing(Log):
    """Its transactions end quietly when they are undone, as psycopg's do by Rollback."""

    swallows = True


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", [Log, Swallowing])
def test_transactions_begin_and_end(kind: type[Log], *, is_async: bool) -> None:
    log: list[str] = []

    async def act() -> None:
        async with kind.opened(log, {}, is_async=is_async) as session:
            assert session.transaction == "transaction"
            async with session.nested():
                assert log == ["begin", "in", "begin"]
            await session.rollback()
        assert log == ["begin", "in", "begin", "commit", "out", "undo", "begin", "commit"]

    finish(act(), is_async=is_async)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_an_error_undoes_the_transaction_and_goes_on(*, is_async: bool) -> None:
    log: list[str] = []

    async def act() -> None:
        async with Log.opened(log, {}, is_async=is_async):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        finish(act(), is_async=is_async)
    assert log == ["begin", "undo"]


class Both:
    """A context with both ways in."""

    def __enter__(self) -> str:
        return "sync"

    def __exit__(self, *error: object) -> None:
        pass

    async def __aenter__(self) -> str:
        return "async"

    async def __aexit__(self, *error: object) -> None:
        pass


class Noted(PairedAdapter):
    """Classes that know their database, which is open in a context with both ways in."""

    session = Log
    seen: list[Any]

    def describe(self, model: type[Any]) -> Model:
        return ADAPTER.describe(model)

    def create(self, url: str) -> None:
        raise NotImplementedError

    def connect(self, url: str, *, is_async: bool) -> Any:
        return Both() if url else nullcontext("neither")

    def bind(self, model: type[Any], database: Any) -> None:
        self.seen.append((model, database))

    def unbind(self, model: type[Any]) -> None:
        self.seen.append(model)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("url", ["", "postgresql:///both"])
def test_classes_of_the_flavour_are_bound_and_unbound(url: str, *, is_async: bool) -> None:
    class AsyncShelf(Shelf):
        pass

    adapter = Noted([(Shelf, AsyncShelf)])
    adapter.seen = []

    async def act() -> None:
        async with adapter.open(url, is_async=is_async) as ground:
            assert hasattr(ground, "session")

    finish(act(), is_async=is_async)
    flavour = "async" if is_async else "sync"
    one = AsyncShelf if is_async else Shelf
    assert adapter.seen == [(one, flavour if url else "neither"), one]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_calls_are_awaited_where_they_must_be(*, is_async: bool) -> None:
    async def later(value: int) -> int:
        if is_async:
            await asyncio.sleep(0)
        return value

    class Parent:
        children = property(lambda self: later([1, 2]) if is_async else [1, 2])
        parent = None
        size = 3

    several, one = Relationship("children", "Parent", True), Relationship("parent", "Parent", False)
    model = Model("Parent", Parent, "", {}, {"children": several, "parent": one}, computed=("size",))

    async def act() -> list[Any]:
        session = LayerSession(None, {}, is_async=is_async)
        return [
            await session.call(later, value=2),
            await session.call(max, 1, 2),
            await session.related(model, Parent(), "children", "awaitable"),
            await session.related(model, Parent(), "parent", "lazy"),
            await session.computed(model, Parent()),
        ]

    assert finish(act(), is_async=is_async) == [2, 2, [1, 2], [], {"size": 3}]


@pytest.mark.parametrize(
    ("method", "arguments", "said"),
    [
        ("link", ("books", []), "Shelf.books is described as writable"),
        ("related", ("books", "eager"), "Shelf.books is described as loaded eagerly"),
    ],
)
def test_what_a_session_lacks_is_said(method: str, arguments: tuple[Any, ...], said: str) -> None:
    session: PairedSession = LayerSession(None, {}, is_async=False)
    with pytest.raises(ContractError, match=said):
        run_to_end(getattr(session, method)(MODELS["Shelf"], Shelf(1, "x"), *arguments))


def test_json_is_none_by_default() -> None:
    session = LayerSession(None, {}, is_async=False)
    assert run_to_end(session.to_json(MODELS["Shelf"], Shelf(1, "x"))) is None
    assert run_to_end(session.from_json(MODELS["Shelf"], "{}")) is None


def test_refusals_are_told_by_their_class() -> None:
    adapter = LayerAdapter([(Book, Book)])
    assert adapter.is_refusal(psycopg.errors.UniqueViolation()) == "23505"
    assert adapter.is_refusal(psycopg.errors.NumericValueOutOfRange()) == "22003"
    assert adapter.is_refusal(IntegrityError("", {}, psycopg.errors.CheckViolation())) == "23514"
    assert adapter.is_refusal(psycopg.errors.SyntaxError()) is None
    assert adapter.is_refusal(ValueError()) is None
