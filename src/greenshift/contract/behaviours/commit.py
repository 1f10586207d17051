"""Committing."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class Commit(Behaviour):
    """What a session does is seen by others when it has committed, and not before."""

    name = "commit"
    title = "commit, and look from another session before and after"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Look from a second session."""
        async with scene.session() as session:
            made = await scene.insert(session)
            if await scene.read(made.key) is not None:
                raise scene.fail(f"another session sees a {scene.model.name} that is not committed")
        return scene.plain(await scene.must_read(made.key), made.row.values)
