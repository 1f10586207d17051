"""The stack of what is yet to be raised begins with its task, as the traceback will."""

from __future__ import annotations

import asyncio
import sys

from greenshift.explain import Failure, from_exception


def here() -> Failure:
    return from_exception(ValueError(), sys._getframe())


async def task() -> Failure:
    return here()


async def main() -> Failure:
    return await asyncio.create_task(task())


def test_within_a_task() -> None:
    assert [frame.function for frame in asyncio.run(main()).frames] == ["task", "here"]


def test_without_a_loop() -> None:
    functions = [frame.function for frame in here().frames]
    assert functions[-2:] == ["test_without_a_loop", "here"]
    assert len(functions) > 5
