"""Making a record."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class Create(Behaviour):
    """A record that is made and committed is there, with every value."""

    name = "create"
    title = "make a record and read it in a new session"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make one with all its values."""
        made = await scene.make()
        if any(part is None for part in made.key):
            raise scene.fail(f"{scene.model.name} was flushed, and its primary key is {made.key}")
        read = await scene.must_read(made.key)
        scene.compare(made.row.values, read)
        return scene.plain(read, made.row.values)
