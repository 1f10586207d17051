"""Looking for what is not there."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class Missing(Behaviour):
    """A key that no record has gives nothing, and no error."""

    name = "missing"
    title = "look for a record that is not there"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Look for the key of a deleted record."""
        made = await scene.make()
        async with scene.session() as session:
            record = await session.get(scene.model, made.key)
            if record is None:
                raise scene.fail(f"{scene.model.name} {made.key} is not found")
            await session.delete(record)
        async with scene.session() as session:
            found = await session.get(scene.model, made.key)
            several = list(await session.get_many(scene.model, [made.key]))
            by_key = list(await session.find_by(scene.model, scene.model.keys[0], made.key[0]))
        if found is not None or several or [one for one in by_key if len(scene.model.keys) == 1]:
            raise scene.fail(f"{scene.model.name} {made.key} is found though it was deleted")
        return None
