"""Reading every record."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class ListAll(Behaviour):
    """The list holds every record once."""

    name = "list"
    title = "list the records"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make three and list them."""
        made = [await scene.make() for _ in range(3)]
        async with scene.session() as session:
            keys = [await scene.key(session, record) for record in await session.list(scene.model)]
        if missing := [one.key for one in made if one.key not in keys]:
            raise scene.fail(f"the list of {scene.model.name} lacks {missing}")
        if len(keys) != len(set(keys)):
            raise scene.fail(f"the list of {scene.model.name} holds a record twice")
        return len(keys)
