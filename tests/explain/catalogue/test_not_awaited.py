"""Coroutines taken for results: the call is named, and awaited where it can be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from greenshift.explain import Explanation, explain, explain_text

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")

KIND = "coroutine not awaited"


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)


async def find(session: AsyncSession) -> Any:
    return session


def explained(program: Callable[[Any], Awaitable[object]]) -> Explanation | None:
    async def main() -> object:
        async with AsyncSession() as session:
            return await program(session)

    with pytest.raises(Exception) as raised:
        asyncio.run(main())
    return explain(raised.value)


async def chained(session: Any) -> object:
    return session.get(Account, 1).id


async def iterated(session: Any) -> object:
    return [str(one) for one in session.scalars("q")]


async def subscripted(session: Any) -> object:
    return session.scalars("q")[0]


async def measured(session: Any) -> object:
    return len(session.execute("q"))


async def added(session: Any) -> object:
    return session.scalar("q") + 1


async def compared(session: Any) -> object:
    return session.scalar("q") > 1


async def unpacked(session: Any) -> object:
    first, second = session.execute("q")
    return first, second


async def put(session: Any) -> object:
    return session.add(find(session))


async def in_json(session: Any) -> object:
    return json.dumps(find(session))


async def of_a_generator(session: Any) -> object:
    async for row in session.stream("q"):
        return row
    return None


async def with_block(session: Any) -> object:
    with session.connection() as connection:
        return connection


async def from_a_variable(session: Any) -> object:
    result = session.execute("q")
    return dict(result)


@pytest.mark.parametrize(
    "program",
    [
        chained,
        iterated,
        subscripted,
        measured,
        added,
        compared,
        unpacked,
        put,
        in_json,
        of_a_generator,
        with_block,
        from_a_variable,
    ],
)
def test_the_call_is_found(program: Callable[[Any], Awaitable[object]]) -> None:
    explanation = explained(program)
    assert explanation is not None
    assert explanation.kind == KIND
    assert explanation.where[0].role == "not awaited here"
    assert explanation.edits
    assert program.__code__.co_firstlineno < explanation.where[0].line <= program.__code__.co_firstlineno + 3


class Shown(BaseModel):
    id: int


async def validated(session: Any) -> object:
    return Shown.model_validate(find(session), from_attributes=True)


def test_a_coroutine_in_a_validation_error_is_named() -> None:
    explanation = explained(validated)
    assert explanation is not None
    assert explanation.kind == KIND
    assert explanation.headline.startswith("find() was not awaited")


def test_a_response_that_is_a_coroutine() -> None:
    printed = (
        "Traceback (most recent call last):\n"
        '  File "/srv/.venv/lib/python3.11/site-packages/fastapi/routing.py", line 155, in serialize_response\n'
        "    raise ResponseValidationError(\n"
        "fastapi.exceptions.ResponseValidationError: 1 validation errors:\n"
        "  {'type': 'model_attributes_type', 'loc': ('response',), 'msg': 'Input should be a valid dictionary', "
        "'input': <coroutine object AsyncSession.get at 0x7f3bd30894e0>}\n"
    )
    [explanation] = explain_text(printed)
    assert explanation.kind == KIND
    assert "AsyncSession.get()" in explanation.headline


async def in_lambda(session: Any) -> object:
    return (lambda: session.get(Account, 1).id)()


def test_no_edit_where_nothing_can_be_awaited() -> None:
    explanation = explained(in_lambda)
    assert explanation is not None
    assert explanation.kind == KIND
    assert explanation.edits == ()
    assert "async def" in explanation.fix


async def none_attribute(_: Any) -> object:
    nothing: Any = None
    return nothing.scalars()


async def own_list(_: Any) -> object:
    number: Any = 1
    return list(number)


async def coroutine_as_name(_: Any) -> object:
    coroutine: Any = SimpleNamespace()
    return coroutine.scalars


@pytest.mark.parametrize("program", [none_attribute, own_list, coroutine_as_name])
def test_other_mistakes_are_left_alone(program: Callable[[Any], Awaitable[object]]) -> None:
    explanation = explained(program)
    assert explanation is None or explanation.kind != KIND


def test_a_warning_in_a_log() -> None:
    log = (
        "/srv/app/services.py:12: RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited\n"
        "  session.commit()\n"
        "RuntimeWarning: Enable tracemalloc to get the object allocation traceback\n"
    )
    [explanation] = explain_text(log)
    assert explanation.kind == KIND
    assert [(place.file, place.line) for place in explanation.where] == [("/srv/app/services.py", 12)]
    assert "commit()" in explanation.fix


@pytest.mark.parametrize(
    "warning",
    [
        "/srv/app/.venv/lib/python3.11/site-packages/sqlalchemy/util/concurrency.py:139: RuntimeWarning: "
        "coroutine 'connect' was never awaited\n  awaitable.close()\n",
        "/usr/lib/python3.11/enum.py:538: RuntimeWarning: coroutine 'Connection._cancel' was never awaited\n  x = y\n",
    ],
)
def test_a_drivers_own_coroutine_is_the_consequence_of_something_else(warning: str) -> None:
    assert explain_text(warning) == []


async def awaited_add(session: Any) -> object:
    return await session.add(Account(id=1))


async def awaited_list(session: Any) -> object:
    rows = [1]
    return await rows


async def awaited_own(session: Any) -> object:
    def plain() -> int:
        return 1

    return await plain()  # type: ignore[misc]


def test_an_await_of_what_is_none() -> None:
    explanation = explained(awaited_add)
    assert explanation is not None
    assert explanation.kind == "nothing to await"
    assert explanation.edits


@pytest.mark.parametrize("program", [awaited_list, awaited_own])
def test_awaits_of_the_applications_own_values_are_left_alone(program: Callable[[Any], Awaitable[object]]) -> None:
    explanation = explained(program)
    assert explanation is None or explanation.kind != "nothing to await"
