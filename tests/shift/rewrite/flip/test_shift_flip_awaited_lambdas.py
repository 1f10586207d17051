"""A lambda that is awaited where it is called gives a coroutine."""

from __future__ import annotations

import pytest
from infrastructure import flip, reasons

from greenshift.shift.rewrite.flip.awaited_lambdas import fix_awaited_lambdas
from greenshift.shift.rewrite.flip.awaiting import fix_awaiting

HEAD = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(bind=create_engine("sqlite://"))


def timed(function):
    def wrapper(*args):
        return function(*args)
    return wrapper


@timed
def store(db=SessionLocal()):
    db.commit()


"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def test_it():\n    assert timed(lambda: 7)() == 7\n",
            "async def test_it():\n    async def given_19():\n        return 7\n\n"
            "    assert await timed(given_19)() == 7\n",
        ),
        (
            "def test_it():\n    run = timed(lambda a, b=2: a + b)\n    run(1)\n",
            "async def test_it():\n    async def given_19(a, b=2):\n        return a + b\n\n"
            "    run = timed(given_19)\n    await run(1)\n",
        ),
        # What hands on a coroutine stays.
        (
            "def test_it():\n    timed(lambda: store())()\n",
            "async def test_it():\n    await timed(lambda: store())()\n",
        ),
    ],
)
def test_sample(before: str, after: str) -> None:
    assert flip(HEAD + before, fix_awaiting, fix_awaited_lambdas).texts["app.py"].endswith(f"\n\n\n{after}")


def test_without_a_place_for_a_function_it_is_listed() -> None:
    result = flip(
        HEAD + "def test_it():\n    [timed(lambda: i)() for i in (1, 2)]\n", fix_awaiting, fix_awaited_lambdas
    )
    assert reasons(result, "callback") == ["this lambda is awaited now, and gives no coroutine"]
