"""Rolling back inside a transaction."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class _Wanted(Exception):  # noqa: N818 - no error
    """Ends a nested transaction."""


class NestedRollback(Behaviour):
    """A nested transaction that fails is undone alone."""

    name = "nested_rollback"
    title = "roll back a nested transaction and commit the outer one"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make one before, one inside, one after."""
        async with scene.session() as session:
            before = (await scene.insert(session)).key
            try:
                async with session.nested():
                    inside = (await scene.insert(session)).key
                    raise _Wanted
            except _Wanted:
                pass
            after = (await scene.insert(session)).key
        for key, when in ((before, "before"), (after, "after")):
            if await scene.read(key) is None:
                raise scene.fail(f"what was made {when} a nested transaction was undone with it")
        if inside not in (before, after) and await scene.read(inside) is not None:
            raise scene.fail("what a nested transaction made is there, though it was rolled back")
        return 2
