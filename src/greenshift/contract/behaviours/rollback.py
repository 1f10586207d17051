"""Rolling back."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class _Wanted(Exception):  # noqa: N818 - no error
    """Ends a session."""


class Rollback(Behaviour):
    """Nothing stays of a session that rolled back or ended in an error."""

    name = "rollback"
    title = "roll back, and end a session by an error"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Undo in both ways."""
        keys = []
        async with scene.session() as session:
            keys.append((await scene.insert(session)).key)
            await session.rollback()
        try:
            async with scene.session() as session:
                keys.append((await scene.insert(session)).key)
                raise _Wanted
        except _Wanted:
            pass
        for key, how in zip(keys, ("a rollback", "an error"), strict=True):
            if await scene.read(key) is not None:
                raise scene.fail(f"a {scene.model.name} is there after {how} that should have undone it")
        return len(keys)
