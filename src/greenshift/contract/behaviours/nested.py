"""Transactions inside transactions."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class Nested(Behaviour):
    """What is done inside a nested transaction is committed with the outer one, and undone with it."""

    name = "nested"
    title = "commit a nested transaction, then the outer one; then roll the outer one back"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Once with a commit, once with a rollback."""
        async with scene.session() as session:
            outer = (await scene.insert(session)).key
            async with session.nested():
                inner = (await scene.insert(session)).key
            if await scene.read(inner) is not None:
                raise scene.fail("the end of a nested transaction committed it while the outer one was open")
        for key, which in ((outer, "outer"), (inner, "nested")):
            if await scene.read(key) is None:
                raise scene.fail(f"what the {which} transaction made is lost, though both were committed")
        async with scene.session() as session:
            async with session.nested():
                undone = (await scene.insert(session)).key
            await session.rollback()
        if await scene.read(undone) is not None:
            raise scene.fail("what a nested transaction made is there, though the outer one was rolled back")
        return 2
